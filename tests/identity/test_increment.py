"""What an increment makes of people is what a full link makes of them, and nobody else is touched."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from identity_bench import Failing, Linked, Seen, expected, moved, pseudonym, rules

from omnictl.errors import EngineError
from omnictl.identity import increment
from omnictl.ingest import touched
from omnictl.stages import forget_unbuilt
from omnictl.workspace import Identity

KINDS = ("customer_id", "email", "token", "cookie", "phone")
A, B = pseudonym("phone", 1), pseudonym("email", 2)
CALL, MAIL = Seen("call", [("phone", 1)]), Seen("mail", [("email", 2)], day=1)
FORM = Seen("form", [("phone", 1), ("email", 2)], day=2)
CHANGES = "select run_id, change, was, person_id, interactions from person_changes order by all"
CUTS = "from cut_identifiers order by all"


@pytest.fixture(scope="module", autouse=True)
def _however_much_changes() -> Iterator[None]:
    """A few interactions are most of a small store."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(touched, "PART", 0)
        patch.setattr(increment, "PART", 0)
        yield


@pytest.fixture(scope="module")
def store() -> Linked:
    return Linked()


def begun(store: Linked, seen: list[Seen], identity: Identity) -> Linked:
    store.identity = identity
    store.given(seen).link(full=True)
    store.connection.execute("delete from person_changes")
    forget_unbuilt(store.connection)
    return store


def incremented(store: Linked, seen: list[Seen]) -> Linked:
    """Link what differs from before, and see that not all was linked."""
    assert store.given(seen).link().status == "done"
    assert store.query("from meta where key in ('unbuilt', 'touched')") == []
    return store


SEEN = st.builds(
    lambda ids, day, source, kind, consent, excluded: Seen("", ids, day * 5.0, source, kind, consent, excluded),
    st.lists(st.tuples(st.sampled_from((*KINDS, "ip")), st.integers(0, 4)), max_size=4),
    st.integers(0, 12),
    st.sampled_from("ab"),
    st.sampled_from(("contact", "contact", "visit")),
    st.sampled_from((None, None, True, False)),
    st.sampled_from(("", "", "", "robot")),
)


@st.composite
def histories(draw: Any) -> list[list[Seen]]:
    """States of a store: each one the last with a few interactions that came, went, or are others now."""
    keys = [f"i{n}" for n in range(draw(st.integers(4, 20)))]
    state = {key: moved(draw(SEEN), key=key) for key in keys if draw(st.booleans())}
    states = [list(state.values())]
    for _ in range(draw(st.integers(1, 3))):
        for key in draw(st.lists(st.sampled_from(keys), min_size=1, max_size=4, unique=True)):
            if key in state and draw(st.booleans()):
                del state[key]
            else:
                state[key] = moved(draw(SEEN), key=key)
        states.append(list(state.values()))
    return states


SETTINGS = st.builds(
    lambda kinds, limits, busy, consent: rules(*kinds, limits=limits, busy=busy, consent=consent),
    st.lists(st.sampled_from(KINDS), min_size=2, max_size=5, unique=True),
    st.dictionaries(st.sampled_from(KINDS), st.integers(1, 3), max_size=4),
    st.dictionaries(st.sampled_from(KINDS), st.integers(1, 3), max_size=3),
    st.sampled_from(("required", "unless_refused")),
)

Identities = dict[tuple[str, str], tuple[int | None, str, str | None]]


def changes_between(was: Identities, now: Identities) -> list[tuple[Any, ...]]:
    """The rows of person_changes, by counting."""
    went = Counter((was[key][0], now[key][0]) for key in was.keys() & now.keys() if was[key][0] is not None)
    came, became = defaultdict(set), defaultdict(set)
    for old, new in went:
        if new is not None:
            came[new].add(old)
            became[old].add(new)
    return [
        (
            "lost"
            if new is None
            else "merged"
            if len(came[new]) > 1
            else "split"
            if len(became[old]) > 1
            else "renamed",
            old,
            new,
            count,
        )
        for (old, new), count in went.items()
        if old != new
    ]


@settings(max_examples=10, deadline=None)
@given(states=histories(), identity=SETTINGS)
def test_increments_give_what_a_full_link_gives(store: Linked, states: list[list[Seen]], identity: Identity) -> None:
    begun(store, states[0], identity)
    for state in states[1:]:
        was, held = store.identities, {(one.source, one.key): one for one in store.held.values()}
        incremented(store, state)
        now = store.identities
        assert now == expected(state, identity)
        told = [row[1:] for row in store.query(CHANGES) if row[0] == f"run-{store.runs}"]
        assert sorted(told, key=repr) == sorted(changes_between(was, now), key=repr)
        present = {(one.source, one.key): one for one in state}
        other = {key for key in was | now if was.get(key) != now.get(key) or held.get(key) != present.get(key)}
        assert set(store.query("from unbuilt_interactions")) == other
        people = {found[key][0] for key in other for found in (was, now) if key in found} - {None}
        assert {person for (person,) in store.query("from unbuilt_people")} == people
        forget_unbuilt(store.connection)
    identities, cuts = store.identities, store.query(CUTS)
    store.link(full=True)
    assert (store.identities, store.query(CUTS)) == (identities, cuts)


def owners(count: int, value: int = 0) -> list[Seen]:
    """Customers seen with one number."""
    return [Seen(f"o{n}", [("customer_id", n), ("phone", value)], day=n) for n in range(count)]


def test_a_merge_and_a_split_are_told_of_those_they_touch(store: Linked) -> None:
    """The form joins two people: the mail goes to the call's, the earlier. Without it, it goes back. A third person,
    whom nothing touches, is told of nowhere."""
    other = [Seen("x", [("phone", 7)]), Seen("y", [("phone", 7)], day=3)]
    begun(store, [CALL, MAIL, *other], rules())
    incremented(store, [CALL, MAIL, FORM, *other])
    merging = f"run-{store.runs}"
    assert store.query(CHANGES) == [(merging, "merged", B, A, 1)]
    assert set(store.query("from unbuilt_interactions")) == {("s", "form"), ("s", "mail")}
    assert sorted(store.query("from unbuilt_people")) == sorted([(A,), (B,)])
    incremented(store, [CALL, MAIL, *other])
    assert store.query(CHANGES)[1:] == [(f"run-{store.runs}", "split", A, B, 1)]
    assert store.people == {"call": A, "mail": B, "x": pseudonym("phone", 7), "y": pseudonym("phone", 7)}


def test_a_value_crosses_its_limit_and_comes_back(store: Linked) -> None:
    """With a third customer the number links nobody, its anonymous calls included; without, it does again."""
    calls = [Seen(f"c{n}", [("phone", 0)], day=20 + n) for n in range(3)]
    begun(store, [*owners(2), *calls], rules(limits={"phone": 2}))
    assert len(store.groups) == 1
    incremented(store, [*owners(3), *calls])
    assert store.query("select kind, reason, amount from cut_identifiers") == [("phone", "limit", 3)]
    assert store.groups == {frozenset([f"o{n}"]) for n in range(3)}
    assert {store.people[call.key] for call in calls} == {None}
    of_run = f"select change, interactions from person_changes where run_id = 'run-{store.runs}' order by all"
    assert store.query(of_run) == [("lost", 3), ("split", 1)]  # the calls have nobody; the later customer is apart
    incremented(store, [*owners(4), *calls])
    assert store.query("select amount from cut_identifiers") == [(4,)]
    incremented(store, [*owners(2), *calls])
    assert store.query(CUTS) == []
    assert len(store.groups) == 1


def test_a_number_becomes_busy_and_is_no_longer(store: Linked) -> None:
    calls = [Seen(f"c{n}", [("phone", 0)], day=n * 10.0) for n in range(4)]
    begun(store, calls[:3], rules(busy={"phone": 3}))
    assert len(store.groups) == 1
    late = moved(calls[3], day=5.0)
    incremented(store, [*calls[:3], late])
    assert store.query("select reason, amount from cut_identifiers") == [("busy", 4)]
    assert store.groups == set()
    incremented(store, [*calls[:3], moved(late, day=31.0)])
    assert len(store.groups) == 1


def test_consent_that_is_withdrawn_takes_a_visit_away(store: Linked) -> None:
    visit = Seen("v", [("cookie", 1), ("phone", 1)], kind="visit", consent=True, day=-1)
    chat = Seen("chat", [("cookie", 1)], day=4)
    begun(store, [CALL, visit, chat], rules())
    assert len(store.groups) == 1
    incremented(store, [CALL, moved(visit, consent=False), chat])
    assert store.groups == {frozenset(["call"]), frozenset(["chat"])}
    assert store.people["v"] is None


def test_an_identifier_seen_twice_changes_nothing(store: Linked) -> None:
    begun(store, [CALL, MAIL], rules(limits={"phone": 1}))
    incremented(store, [moved(CALL, ids=[("phone", 1), ("phone", 1)]), MAIL])
    assert store.people == {"call": A, "mail": B}
    assert store.query(CHANGES) == []


def test_who_is_not_touched_is_not_written(store: Linked) -> None:
    """A thousand others, and a number cut for them: the increment looks at those it touches, and rewrites those only
    of whom it has something else to say."""
    crowd = [Seen(f"x{n}", [("customer_id", 100 + n), ("phone", 5)], day=n / 100) for n in range(300)]
    begun(store, [*crowd, CALL, MAIL], rules(limits={"phone": 5}))
    written: list[str] = []
    plain = store.connection

    class Listening:
        def execute(self, sql: str, *args: Any) -> Any:
            found = plain.execute(sql, *args)
            if "temp table now" in sql:
                written.extend(key for (key,) in plain.execute("select interaction_id from now").fetchall())
            return found

        def __getattr__(self, name: str) -> Any:
            return getattr(plain, name)

    store.connection = Listening()  # type: ignore[assignment]
    incremented(store, [*crowd, CALL, MAIL, FORM, Seen("more", [("customer_id", 101), ("phone", 5)], day=9)])
    store.connection = plain
    assert sorted(written) == ["call", "form", "mail", "more", "x1"]
    assert store.query("select reason, amount from cut_identifiers") == [("limit", 300)]


@pytest.mark.parametrize("change", ["settings", "full", "all"])
def test_when_everybody_is_linked_anew(store: Linked, change: str) -> None:
    begun(store, [CALL, MAIL], rules())
    store.given([CALL, MAIL, FORM])
    if change == "settings":
        store.identity = rules("phone", "email")
    elif change == "all":
        touched.touch_everything(store.connection)
    store.link(full=change == "full")
    assert len(store.groups) == 1
    assert store.query("select value from meta where key = 'unbuilt'") == [("all",)]
    assert store.query("from unbuilt_interactions") == store.query("from changed_interactions") == []
    assert store.query("from meta where key = 'touched'") == []


def test_a_large_increment_is_a_full_link(store: Linked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(increment, "PART", 5)
    begun(store, owners(10, value=1), rules())
    store.given(owners(12, value=1)).link()
    assert store.query("select value from meta where key = 'unbuilt'") == [("all",)]
    assert len(store.groups) == 1


def test_a_log_that_grows_too_long_says_all(store: Linked, monkeypatch: pytest.MonkeyPatch) -> None:
    begun(store, owners(8), rules())
    monkeypatch.setattr(touched, "PART", 4)
    store.given(owners(10))
    assert len(store.query("from changed_interactions")) == 2
    store.given(owners(12))
    assert store.query("from changed_interactions") == []
    assert store.query("select value from meta where key = 'touched'") == [("all",)]
    store.link()
    assert len(store.groups) == 1


@pytest.mark.parametrize("words", ["temp table some_identifiers", "delete from identities", "unbuilt_people", "runs"])
def test_a_fault_in_an_increment_leaves_all_as_it_was(store: Linked, words: str) -> None:
    begun(store, [CALL, MAIL], rules())
    store.given([CALL, MAIL, FORM])
    tables = ("identities", "cut_identifiers", "person_changes", "changed_interactions", "unbuilt_people")
    before = {table: store.query(f"from {table} order by all") for table in tables}
    plain = store.connection
    store.connection = Failing(plain, words)  # type: ignore[assignment]
    with pytest.raises(EngineError):
        store.link()
    store.connection = plain
    assert {table: store.query(f"from {table} order by all") for table in tables} == before
    assert store.query("select count(*) from duckdb_tables() where temporary") == [(0,)]
    assert store.link().status == "done"
    assert store.people == {"call": A, "mail": A, "form": A}
