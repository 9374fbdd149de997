"""What an increment makes of people is what a full link makes of them, and nobody else is touched."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from identity_bench import Linked, Seen, expected, moved, pseudonym, rules

from omnictl.identity import increment
from omnictl.identity.unbuilt import built
from omnictl.ingest import touched
from omnictl.workspace import Identity

KINDS = ("customer_id", "email", "token", "cookie", "phone")
A, B, C = pseudonym("phone", 1), pseudonym("email", 2), pseudonym("customer_id", 3)
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
    built(store.connection)
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


@settings(max_examples=25, deadline=None)
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
        built(store.connection)
    identities, cuts = store.identities, store.query(CUTS)
    store.link(full=True)
    assert (store.identities, store.query(CUTS)) == (identities, cuts)
