"""Probable links: what is learned, by hand; what a probability is made of; and whom it never touches."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from identity_bench import Linked, Seen, pseudonym
from portable import Listening, faults

from omnictl.identity import probable
from omnictl.identity.probable import learning
from omnictl.identity.probable.told import calibration, levels, patterns, thresholds
from omnictl.workspace import Identity

RULES = Identity(link_on=("customer_id", "cookie", "phone"), limits={}, busy={})
STORE_KEEPS = ("insert or replace into meta", "insert into runs", "select value from meta")
ALONE, TWOS = 150, 50
LEARNED = ("learned_kinds", "learned_levels", "learned_patterns", "learned_held")


def visit(key: str, person: int | None, ip: int | None, day: float, *, cookie: int | None = None, **more: Any) -> Seen:
    ids = [("customer_id", person), ("ip", ip), ("cookie", cookie)]
    given_ids = [(kind, value) for kind, value in ids if value is not None]
    return Seen(key, given_ids, day=day, kind="visit", **more)


def neighbours() -> list[Seen]:
    """Each of ALONE people visits twice from an address of theirs, ten days apart; TWOS pairs of people share one."""
    seen = [visit(f"a{p}.{n}", p, p, p / 100 + 10 * n) for p in range(ALONE) for n in (0, 1)]
    for home in range(TWOS):
        for n in (0, 1):
            seen.append(visit(f"t{home}.{n}", 1000 + 2 * home + n, 1000 + home, home / 100 + 10 * n))
    return seen


ASKED = [
    visit("alone", None, 3, 20.03, cookie=1),
    visit("two", None, 1004, 20.04, cookie=2),
    visit("nowhere", None, 9999, 20.0, cookie=3),
    visit("refused", None, 4, 20.04, cookie=4, consent=False),
    visit("robot", None, 5, 20.05, cookie=5, excluded="robot"),
    visit("named", 77777, 8888, 20.06, cookie=6),
    replace(visit("chat", None, 7, 20.07), kind="contact"),
]


def linked_by(seen: Sequence[Seen], identity: Identity = RULES, **intents: str) -> Linked:
    store = Linked(identity).given(seen)
    for key, intent in intents.items():
        store.connection.execute("update interactions set intent = $intent where interaction_id like $key || '%'", {
            "intent": intent, "key": key,
        })  # fmt: skip
    store.link(full=True)
    return store


@pytest.fixture(scope="module")
def store() -> Linked:
    return linked_by([*neighbours(), *ASKED])


def candidates(store: Linked) -> dict[str, dict[int, float]]:
    found: dict[str, dict[int, float]] = defaultdict(dict)
    for key, person, probability in store.query("select interaction_id, person_id, probability from candidates"):
        found[key][person] = probability
    return found


def learned_people() -> Counter[bool]:
    """How many of those who visited twice, and of those who share an address, were not held back."""
    apart = [pseudonym("customer_id", p) % 5 != 0 for p in range(ALONE)]
    shared = [pseudonym("customer_id", 1000 + p) % 5 != 0 for p in range(2 * TWOS)]
    return Counter({True: 2 * sum(apart), False: sum(shared)})


def test_the_figures_are_those_worked_out_by_hand(store: Linked) -> None:
    # A visit of somebody alone meets the other one, one of a shared address its neighbour's: one known person each.
    matches, others = learned_people()[True], learned_people()[False]
    m, u = (matches + 0.5) / (matches + 3), (others + 0.5) / (others + 3)  # `ip` and `time` have six levels each
    told = store.query("select field, level, pairs, matches, m, u from learned_levels order by place")
    assert [row[:4] for row in told] == [
        ("time", "within 30 days", matches + others, matches),
        ("ip", "one person's", matches + others, matches),
    ]
    assert [row[4:] for row in told] == [pytest.approx((m, u))] * 2
    odds = matches / others * (m / u) ** 2
    share = (matches + 5 * odds / (1 + odds)) / (matches + others + 5)
    ((pattern, of_m, of_u, probability),) = store.query("select pattern, m, u, probability from learned_patterns "
        "where pairs > 0")  # fmt: skip
    assert pattern == "time within 30 days, ip one person's"
    assert (of_m, of_u, probability) == pytest.approx((m**2, u**2, share))
    # the odds are scaled until 1 / (1 + odds) of them is the share, which it is at once with one candidate each
    assert candidates(store)["alone"] == {pseudonym("customer_id", 3): pytest.approx(share, abs=2e-6)}


def test_two_people_share_what_there_is(store: Linked) -> None:
    # 2 to 3 people's was never seen: the product of fields, prior included, and the two of them with nobody
    matches, others = learned_people()[True], learned_people()[False]
    two = candidates(store)["two"]
    assert set(two) == {pseudonym("customer_id", 1000 + 2 * 4 + n) for n in (0, 1)}
    time = ((matches + 0.5) / (matches + 3)) / ((others + 0.5) / (others + 3))
    ip = (0.5 / (matches + 3)) / (0.5 / (others + 3))
    odds = matches / others * time * ip
    assert list(two.values()) == [pytest.approx(odds / (1 + 2 * odds), abs=2e-6)] * 2


def test_who_is_asked_about(store: Linked) -> None:
    found = candidates(store)
    assert {"alone", "two"} == set(found)
    asked = dict(store.query("select kind, asked from learned_kinds"))
    assert asked == {"visit by evidence": 3, "visit by time": 3, "contact by evidence": 1, "contact by time": 1}


def test_nobody_is_merged(store: Linked) -> None:
    without = linked_by([*neighbours(), *ASKED], replace(RULES, probable=False))
    assert store.identities == without.identities
    assert without.query("select count(*) from candidates") == [(0,)]
    assert all(without.query(f"select count(*) from {table}") == [(0,)] for table in LEARNED)


def test_the_order_of_rows_changes_nothing(store: Linked) -> None:
    other = linked_by([*neighbours(), *ASKED][::-1])
    for table in ("candidates", *LEARNED):
        assert store.query(f"from {table} order by all") == other.query(f"from {table} order by all")


def test_what_was_held_back_is_told_in_tables(store: Linked) -> None:
    held = [p for p in range(ALONE) if pseudonym("customer_id", p) % 5 == 0]
    strangers = [p for p in range(2 * TWOS) if pseudonym("customer_id", 1000 + p) % 5 == 0]
    pairs = 2 * len(held) + len(strangers)
    share = store.query("select probability from learned_patterns where pairs > 0")[0][0]
    (row,) = calibration(store.connection).rows
    assert row[0] == "visit by evidence"
    assert row[2:4] == (pairs, 2 * len(held))
    assert row[4:] == pytest.approx((share, 2 * len(held) / pairs), rel=1e-3)
    half = next(row for row in thresholds(store.connection).rows if row[0] == "visit")
    # "named" is the one other interaction of a known person that could have played
    others = int(pseudonym("customer_id", 77777) % 5 == 0)
    assert half[:4] == ("visit", 0.5, pairs, 2 * len(held))
    assert half[4:] == pytest.approx((2 * len(held) / pairs, 2 * len(held) / (pairs + others)), rel=1e-3)
    assert len(patterns(store.connection).rows) == 2
    assert len(levels(store.connection).rows) == 2
    assert "contact by evidence: no candidates, 0 pairs of one person are fewer than 50" in " ".join(
        levels(store.connection).notes
    )


def test_a_call_without_number_after_a_visit() -> None:
    seen, day = [], 0.0
    for p in range(120):
        day += 1
        seen.append(visit(f"v{p}", p, None, day))
        # every fourth time it is somebody else who calls three minutes later
        caller = 500 + p if p % 4 == 0 else p
        seen.append(Seen(f"c{p}", [("customer_id", caller)], day=day + 3 / 1440))
    asked = [visit("v-last", 3, None, 200), Seen("withheld", day=200 + 2 / 1440), Seen("late", day=200.2)]
    asked += [visit("v-other", 4, None, 201), Seen("y-other", day=201 + 2 / 1440)]
    store = linked_by([*seen, *asked], v="pay", c="pay", withheld="pay", late="pay", y="move")
    (found,) = store.query("from candidates")
    assert found[:3] == ("s", "withheld", pseudonym("customer_id", 3))
    assert 0.65 < found[3] < 0.85
    assert found[4] == "time within 5 min, intent same"


def test_too_few_known_people_are_said() -> None:
    store = Linked(RULES).given([visit("a", 1, 1, 0), Seen("nobody")])
    assert "no candidates: 1 interactions of known people are too few to learn from" in store.link().message
    assert "nothing was learned" in " ".join(levels(store.connection).notes)
    store = Linked(RULES).given([*neighbours()[: 2 * ALONE], visit("alone", None, 3, 20.03, cookie=1)])
    assert "known people give fewer than 50 pairs" in store.link().message  # all agree: nothing to tell them from
    assert store.query("select count(*) from candidates") == [(0,)]


def test_probable_links_run_on_portable_sql() -> None:
    store = Linked(RULES).given([*neighbours(), *ASKED])
    store.connection.execute("update interactions set intent = 'i' || (day(started_at) % 3), device = 'phone'")
    listening = Listening(store.connection)
    store.connection = listening  # type: ignore[assignment]
    store.link(full=True)
    texts = [text for text in listening.heard if not text.startswith(STORE_KEEPS)]
    assert any("learned_held" in text for text in texts)
    assert {fault for text in texts for fault in faults(text)} == set()


@pytest.fixture(scope="module")
def few() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for module, name, value in ((probable, "MATCHES", 2), (learning, "MATCHES", 2), (learning, "OTHERS", 2)):
            patch.setattr(module, name, value)
        patch.setattr("omnictl.identity.probable.likely.LEAST", 0)
        yield


@pytest.mark.usefixtures("few")
@settings(max_examples=6, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 12), st.integers(0, 9), st.integers(0, 40)), min_size=40, max_size=60),
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 40)), min_size=5, max_size=15),
)
def test_probabilities_are_shared_with_nobody(known: list[tuple[int, int, int]], asked: list[tuple[int, int]]) -> None:
    seen = [visit(f"k{n}", person, ip, day) for n, (person, ip, day) in enumerate(known)]
    seen += [visit(f"q{n}", None, ip, day, cookie=n) for n, (ip, day) in enumerate(asked)]
    store = linked_by(seen)
    odds = dict(store.query("select pattern, odds from learned_patterns"))
    found: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for key, probability, pattern in store.query("select interaction_id, probability, pattern from candidates"):
        found[key].append((probability, odds[pattern]))
    assert all(key.startswith("q") for key in found)
    for shares in found.values():
        total = 1 + sum(weight for _, weight in shares)
        assert sum(share for share, _ in shares) <= 1
        assert [share for share, _ in shares] == pytest.approx([weight / total for _, weight in shares], abs=2e-6)
