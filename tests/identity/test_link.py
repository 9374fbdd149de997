"""Who is one person: cases made by hand, and random ones beside a union-find."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from identity_bench import Linked, Seen, expected, rules

from omnictl.workspace import Identity

KINDS = ("customer_id", "email", "token", "cookie", "phone")


@st.composite
def interactions(draw: Any) -> list[Seen]:
    """Few values and many interactions, so that they meet; some with several values of a kind, some with none."""
    found = []
    for number in range(draw(st.integers(1, 22))):
        ids = draw(st.lists(st.tuples(st.sampled_from((*KINDS, "ip")), st.integers(0, 5)), max_size=4))
        found.append(
            Seen(
                key=f"i{number}",
                ids=ids,
                day=draw(st.integers(0, 12)) * 5.0,
                source=draw(st.sampled_from("ab")),
                kind=draw(st.sampled_from(("contact", "contact", "visit"))),
                consent=draw(st.sampled_from((None, None, True, False))),
                excluded=draw(st.sampled_from(("", "", "", "robot"))),
            )
        )
    return found


@st.composite
def settings_drawn(draw: Any) -> Identity:
    kinds = draw(st.permutations(KINDS))[: draw(st.integers(1, 5))]
    amounts = st.dictionaries(st.sampled_from(KINDS), st.integers(1, 4), max_size=4)
    return rules(
        *kinds, limits=draw(amounts), busy=draw(amounts), consent=draw(st.sampled_from(("required", "unless_refused")))
    )


@pytest.fixture(scope="module")
def store() -> Linked:
    """One store for all examples: making the tables takes longer than linking."""
    return Linked()


@settings(max_examples=100, deadline=None)
@given(seen=interactions(), identity=settings_drawn())
def test_the_people_are_those_of_a_union_find(store: Linked, seen: list[Seen], identity: Identity) -> None:
    store.identity = identity
    store.given(seen).link(full=True)
    assert store.identities == expected(seen, identity)
