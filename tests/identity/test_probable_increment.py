"""Candidates after increments are those of a whole pass with the same weights; of whom there is nothing to say anew,
nothing is written."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from identity_bench import Linked, Seen, moved
from portable import Listening, faults

from omnictl.identity import increment, probable
from omnictl.identity.probable import cast, learning, rules, weights
from omnictl.ingest import touched
from omnictl.stages import forget_unbuilt
from omnictl.workspace import Identity

RULES = Identity(link_on=("customer_id", "phone", "cookie"), limits={}, busy={})
STORE_KEEPS = ("insert or replace into meta", "insert into runs", "select value from meta")
CANDIDATES = "select source, interaction_id, person_id, probability, pattern from candidates"


@pytest.fixture(scope="module", autouse=True)
def _few() -> Iterator[None]:
    """Few interactions are enough to learn from, and a few of a small store are an increment."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(touched, "PART", 0)
        patch.setattr(increment, "PART", 0)
        for module, name, value in (
            (probable, "MATCHES", 1),
            (learning, "MATCHES", 1),
            (learning, "OTHERS", 1),
            (weights, "GROWN", 100),
        ):
            patch.setattr(module, name, value)
        patch.setattr("omnictl.identity.probable.likely.LEAST", 0)
        yield


def drawn(key: str, draw: random.Random) -> Seen:
    """A visit or a contact: somebody's in one case of two, of one of few addresses and moments."""
    visit = draw.random() < 0.6
    ids = [("ip", draw.randrange(14))] * (draw.random() < 0.7) + [("zip", draw.randrange(3))] * (draw.random() < 0.6)
    ids += [("ip", draw.randrange(14))] * (draw.random() < 0.1)
    ids += [("customer_id", draw.randrange(12))] * (draw.random() < 0.5)
    ids += [("phone", draw.randrange(25))] * (not visit and draw.random() < 0.3)
    ids += [("cookie", draw.randrange(40))] * (draw.random() < 0.35)
    day = draw.randrange(6) + draw.randrange(40) / 480
    consent = None if draw.random() < 0.9 else False
    return Seen(key, ids, day=day, kind="visit" if visit else "contact", consent=consent)


def with_intents(store: Linked) -> Linked:
    """One intent of two, by the moment; some have none. What comes is given it before it is linked."""
    store.connection.execute(
        "update interactions set intent = case minute(started_at) % 4 when 0 then null else "
        "case when hour(started_at) % 2 = 0 then 'pay' else 'move' end end"
    )
    return store


def whole(store: Linked) -> list[tuple[object, ...]]:
    """What a whole pass with the weights that were learned last says."""
    identity, connection = store.identity, store.connection
    fields = cast.fields_of(connection, identity)
    probable.weigh(connection, identity, fields, {}, rules.Rows())
    found: list[tuple[object, ...]] = connection.execute("from likely order by all").fetchall()
    tables = connection.execute("select table_name from duckdb_tables() where temporary").fetchall()
    for (table,) in tables:
        connection.execute(f"drop table temp.{table}")
    return found


@pytest.mark.parametrize(("crowd", "people"), [(10, 5), (2, 2)])
@settings(max_examples=3, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_an_increment_gives_what_a_whole_pass_gives(crowd: int, people: int, seed: int) -> None:
    draw = random.Random(seed)
    with pytest.MonkeyPatch.context() as patch:
        for module in ("touched", "weights"):
            patch.setattr(f"omnictl.identity.probable.{module}.CROWD", crowd)
        patch.setattr("omnictl.identity.probable.meetings.PEOPLE", people)
        patch.setattr("omnictl.identity.probable.rules.SHARERS", (1, 1, crowd))
        state = {key: drawn(key, draw) for key in (f"i{n}" for n in range(110))}
        store = with_intents(Linked(RULES).given(list(state.values())))
        store.link(full=True)
        forget_unbuilt(store.connection)
        assert store.query(f"{CANDIDATES} order by all") == whole(store)
        for _ in range(3):
            for _ in range(draw.randrange(1, 7)):
                key = f"i{draw.randrange(130)}"
                if key in state and draw.random() < 0.4:
                    del state[key]
                else:
                    state[key] = drawn(key, draw)
            was = store.query(f"{CANDIDATES} order by all")
            with_intents(store.given(list(state.values()))).link()
            assert store.query("from meta where key = 'unbuilt'") == []
            now = store.query(f"{CANDIDATES} order by all")
            assert now == whole(store)
            other = {row[:2] for row in set(was) ^ set(now)}
            assert other <= set(store.query("from unbuilt_interactions"))
            forget_unbuilt(store.connection)


def neighbours(people: int) -> list[Seen]:
    """Each visits twice from an address of their own, and every third shares one with the next."""
    seen = []
    for p in range(people):
        home = p - 1 if p % 3 == 1 else p
        for n in (0, 1):
            ids = [("customer_id", p), ("ip", home)]
            seen.append(Seen(f"a{p}.{n}", ids, day=p / 100 + 10 * n, kind="visit"))
    return seen


def asked(key: str, ip: int, day: float = 20.5) -> Seen:
    return Seen(key, [("ip", ip)], day=day, kind="visit")


def test_who_is_asked_anew() -> None:
    """Somebody new at an address is met by those who were there; nobody else is told of."""
    seen = [*neighbours(30), asked("near", 5), asked("far", 8)]
    store = Linked(RULES).given(seen)
    store.link(full=True)
    forget_unbuilt(store.connection)
    before = dict(store.query("select interaction_id, count(*) from candidates group by 1"))
    assert before == {"near": 1, "far": 1}
    more = Seen("more", [("customer_id", 500), ("ip", 5)], day=19, kind="visit")
    store.given([*seen, more]).link()
    assert dict(store.query("select interaction_id, count(*) from candidates group by 1")) == {"near": 2, "far": 1}
    assert set(store.query("select interaction_id from unbuilt_interactions")) == {("more",), ("near",)}
    named = replace(asked("near", 5), ids=[("ip", 5), ("customer_id", 77)])
    store.given([*seen[:-2], named, seen[-1], more]).link()
    assert store.query("select distinct interaction_id from candidates") == [("far",)]


def test_a_person_becomes_known_and_nobody_again() -> None:
    """A browser's visits are nobody's in particular until a call of it gives a number: then all of them are met."""
    browser = Seen("browser", [("cookie", 1), ("ip", 5)], day=15, kind="visit")
    seen = [*neighbours(30), asked("near", 5), browser]
    store = Linked(RULES).given(seen)
    store.link(full=True)
    candidates = "select count(*) from candidates where interaction_id = 'near'"
    assert store.query(candidates) == [(1,)]
    before = store.people["browser"]
    store.given([*seen, Seen("chat", [("cookie", 1), ("phone", 3)], day=18)]).link()
    assert store.people["browser"] == before
    assert store.query(candidates) == [(2,)]
    store.given(seen).link()
    assert store.query(candidates) == [(1,)]


def test_a_crowd_grows_and_melts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is looked for by an address of many; when few of them are left, they are."""
    monkeypatch.setattr("omnictl.identity.probable.touched.CROWD", 6)
    monkeypatch.setattr("omnictl.identity.probable.weights.CROWD", 6)
    house = [Seen(f"h{n}", [("customer_id", 700 + n), ("ip", 900)], day=n / 50, kind="visit") for n in range(7)]
    seen = [*neighbours(30), asked("near", 900)]
    store = Linked(RULES).given([*seen, *house[:6]])
    store.link(full=True)
    candidates = "select count(*) from candidates where interaction_id = 'near'"
    for people, found in ((7, 0), (6, 0), (4, 4), (7, 0), (5, 5)):
        store.given([*seen, *house[:people]]).link()
        assert store.query("select people from learned_crowds where people > 6") == [(7,)] * (people > 6)
        assert store.query(candidates) == [(found,)]


def test_an_increment_runs_on_portable_sql() -> None:
    seen = [*neighbours(30), asked("near", 5)]
    store = with_intents(Linked(RULES).given(seen))
    store.link(full=True)
    forget_unbuilt(store.connection)
    call = Seen("call", [("customer_id", 5)], day=20.51)
    with_intents(store.given([*seen[1:], call, asked("next", 5)]))
    listening = Listening(store.connection)
    store.connection = listening  # type: ignore[assignment]
    store.link()
    texts = [text for text in listening.heard if not text.startswith(STORE_KEEPS)]
    assert any("met_interactions" in text for text in texts)
    assert {fault for text in texts for fault in faults(text)} == set()


def test_when_weights_are_learned_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "GROWN", 0.1)
    seen = [*neighbours(50), asked("near", 5)]
    store = Linked(RULES).given(seen)
    store.link(full=True)
    learned = "select sum(pairs) from learned_kinds"
    first = store.query(learned)
    more = [moved(one, key=f"b{one.key}", day=one.day + 1) for one in neighbours(12)]
    store.given([*seen, *more[:8]]).link()
    assert store.query(learned) == first
    store.given([*seen, *more]).link()
    assert store.query(learned) != first
    second = store.query(learned)
    store.given([*seen, *more[:-8]]).link()
    assert store.query(learned) == second
    store.link(full=True)
    assert store.query(learned) != second
