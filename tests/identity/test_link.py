"""Who is one person: cases made by hand, and random ones beside a union-find."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from identity_bench import Linked, Seen, expected, linked, pseudonym, rules

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


@settings(max_examples=50, deadline=None)
@given(seen=interactions(), identity=settings_drawn())
def test_the_people_are_those_of_a_union_find(store: Linked, seen: list[Seen], identity: Identity) -> None:
    store.identity = identity
    store.given(seen).link(full=True)
    assert store.identities == expected(seen, identity)


@settings(max_examples=20, deadline=None)
@given(seen=interactions(), identity=settings_drawn(), order=st.randoms(use_true_random=False))
def test_neither_the_order_of_rows_nor_threads_matter(
    store: Linked, seen: list[Seen], identity: Identity, order: Any
) -> None:
    store.identity = identity
    store.connection.execute("set threads = 1")
    store.given(seen).link(full=True)
    before, cut = store.identities, store.query("from cut_identifiers order by all")
    shuffled = list(seen)
    order.shuffle(shuffled)
    store.connection.execute("set threads = 4")
    store.given([]).given([replace(one, ids=order.sample(list(one.ids), len(one.ids))) for one in shuffled]).link(
        full=True
    )
    assert store.identities == before
    assert store.query("from cut_identifiers order by all") == cut


def sets(*groups: str) -> set[frozenset[str]]:
    return {frozenset(group.split()) for group in groups}


def test_people_are_joined_through_others_and_named_after_their_earliest_identifier() -> None:
    found = linked(
        [
            Seen("call", [("phone", 1)], day=3),
            Seen("form", [("phone", 1), ("email", 2)], day=2),
            Seen("visit", [("cookie", 4), ("email", 2)], day=1, kind="visit"),
            Seen("other", [("phone", 7)], day=0),
            Seen("nobody", [], day=0),
        ]
    )
    assert found.groups == sets("call form visit", "other")
    assert found.people["call"] == pseudonym("email", 2)  # of the visit, the earliest: its strongest identifier
    via = {key: (link, via) for (_, key), (_, link, via) in found.identities.items()}
    assert via["call"] == ("certain", "phone")
    assert via["visit"] == ("certain", "email")
    assert via["nobody"] == ("none", None)
    assert found.people["nobody"] is None


def test_of_two_earliest_interactions_the_first_by_source_and_id_names_the_person() -> None:
    both = [("phone", 1)]
    seen = [
        Seen("b", [*both, ("email", 1)], source="s"),
        Seen("a", [*both, ("email", 2)], source="t"),
        Seen("c", [*both, ("email", 3)], source="s"),
    ]
    assert set(linked(seen).people.values()) == {pseudonym("email", 1)}


def test_a_number_shared_by_too_many_owners_is_neither_hub_nor_leaf() -> None:
    """A switchboard: six customers and thirty calls that carry nothing else. Cut as a leaf only, it would make the
    thirty one person; cut as a hub only, the six."""
    customers = [Seen(f"c{n}", [("customer_id", n), ("phone", 0)]) for n in range(6)]
    anonymous = [Seen(f"a{n}", [("phone", 0)], day=n) for n in range(30)]
    found = linked([*customers, *anonymous], rules(limits={"phone": 5}))
    assert found.groups == sets(*(f"c{n}" for n in range(6)))
    assert all(found.people[f"a{n}"] is None for n in range(30))
    assert found.query("select kind, reason, amount from cut_identifiers") == [("phone", "limit", 6)]
    allowed = linked([*customers, *anonymous], rules(limits={"phone": 6}))
    assert len(allowed.groups) == 1


def test_when_the_strongest_identifier_is_cut_the_next_one_is_the_hub() -> None:
    """Five customers write from one mailbox; without their numbers the mail of others must not join anybody."""
    customers = [Seen(f"c{n}", [("customer_id", n), ("email", 0)]) for n in range(3)]
    mails = [
        Seen("x1", [("email", 0), ("cookie", 1), ("phone", 8)]),
        Seen("x2", [("email", 0), ("cookie", 2), ("phone", 8)]),
        Seen("y", [("email", 0), ("phone", 9)]),
        Seen("z", [("email", 0)]),
    ]
    found = linked([*customers, *mails], rules(limits={"email": 2}))
    assert found.groups == sets("c0", "c1", "c2", "x1 x2", "y")
    assert found.identities["s", "x1"][2] == "cookie"
    assert found.identities["s", "y"][2] == "phone"
    assert found.identities["s", "z"] == (None, "none", None)


def test_an_owner_is_told_by_the_strongest_identifier_and_counted_once() -> None:
    """Two customers, each with an address of their own: two owners of the number, not four."""
    seen = [Seen(f"i{n}", [("customer_id", n % 2), ("email", n % 2), ("phone", 0)]) for n in range(8)]
    assert len(linked(seen, rules(limits={"phone": 2})).groups) == 1
    assert len(linked(seen, rules(limits={"phone": 1})).groups) == 2


def test_tokens_own_nothing() -> None:
    """Somebody who clicks to call every week has one number and many tokens."""
    calls = [Seen(f"c{n}", [("token", n), ("phone", 0)], day=7.0 * n) for n in range(9)]
    visits = [Seen(f"v{n}", [("token", n), ("cookie", 0)], day=7.0 * n, kind="visit") for n in range(9)]
    found = linked([*calls, *visits], rules(limits={"phone": 2, "cookie": 2}))
    assert len(found.groups) == 1


def test_limits_count_before_anything_is_cut() -> None:
    """The number has two owners, the mailbox and the customer, although the mailbox is cut itself."""
    owners = [Seen(f"o{n}", [("customer_id", n), ("email", 0)]) for n in range(3)]
    seen = [*owners, Seen("m", [("email", 0), ("phone", 1)]), Seen("c", [("customer_id", 9), ("phone", 1)])]
    assert linked(seen, rules(limits={"email": 2, "phone": 1})).people["m"] is None
    assert linked(seen, rules(limits={"email": 2, "phone": 2})).groups == sets("o0", "o1", "o2", "m c")


@pytest.mark.parametrize(("apart", "links"), [(29.0, False), (30.0, True)])
def test_busy_is_any_thirty_days(apart: float, links: bool) -> None:
    """Three contacts where two are allowed: within 30 days of the first one, or not; whatever the month."""
    seen = [
        Seen("a", [("phone", 1)], day=10),
        Seen("b", [("phone", 1)], day=20),
        Seen("c", [("phone", 1)], day=10 + apart),
    ]
    found = linked(seen, rules(busy={"phone": 2}))
    assert found.groups == (sets("a b c") if links else set())


def test_busy_counts_contacts_that_may_link() -> None:
    """Neither visits nor robots make a number busy."""
    calls = [Seen(f"c{n}", [("phone", 1)], day=n) for n in range(2)]
    visits = [Seen(f"v{n}", [("phone", 1)], day=n, kind="visit") for n in range(5)]
    robots = [Seen(f"r{n}", [("phone", 1)], day=n, excluded="robot") for n in range(5)]
    found = linked([*calls, *visits, *robots], rules(busy={"phone": 2}))
    assert found.groups == {frozenset([one.key for one in (*calls, *visits)])}


def test_a_shared_caller_id_with_thousands_of_contacts() -> None:
    """A gateway's number on 4,000 calls, 12 of which tell the customer too, is nobody; calls with more are theirs."""
    gateway = [Seen(f"g{n}", [("phone", 0)], day=n / 100) for n in range(4000)]
    known = [Seen(f"k{n}", [("phone", 0), ("customer_id", n % 2)], day=n / 10) for n in range(12)]
    found = linked([*gateway, *known], Identity())
    assert len(found.groups) == 2
    assert sum(person is None for person in found.people.values()) == 4000
    assert found.query("select reason, amount from cut_identifiers") == [("busy", 4012)]


def test_an_address_as_the_only_identifier() -> None:
    """Any kind links when it is named; a kind that is not named is evidence and no more."""
    seen = [Seen("a", [("address", 1)]), Seen("b", [("address", 1)]), Seen("c", [("address", 2)])]
    assert linked(seen, rules("address")).groups == sets("a b", "c")
    assert linked(seen).groups == set()


def test_visits_without_consent_belong_to_nobody_and_join_nobody() -> None:
    def seen(*consents: bool | None) -> list[Seen]:
        return [
            *(Seen(f"v{n}", [("cookie", 1)], kind="visit", consent=consent) for n, consent in enumerate(consents)),
            Seen("chat", [("cookie", 1), ("phone", 1)], consent=False),
        ]

    refused = linked(seen(True, None, False))
    assert refused.groups == sets("v0 v1 chat")
    assert refused.people["v2"] is None
    required = linked(seen(True, None, False), rules(consent="required"))
    assert required.groups == sets("v0 chat")


def test_a_refused_visit_is_no_bridge_and_no_owner() -> None:
    bridge = Seen("v", [("cookie", 1), ("phone", 1)], kind="visit", consent=False)
    assert linked([bridge, Seen("a", [("cookie", 1)]), Seen("b", [("phone", 1)])]).groups == sets("a", "b")
    owners = [Seen(f"v{n}", [("customer_id", n), ("cookie", 1)], kind="visit", consent=n == 0) for n in range(4)]
    assert linked(owners, rules(limits={"cookie": 1})).query("select count(*) from cut_identifiers") == [(0,)]


def test_several_values_of_a_kind_on_one_interaction_are_one_persons() -> None:
    seen = [
        Seen("thread", [("email", 1), ("email", 2), ("email", 3), ("phone", 1)]),
        *(Seen(f"m{n}", [("email", n)], day=n) for n in (1, 2, 3)),
        Seen("call", [("phone", 1)], day=-1),
    ]
    found = linked(seen)
    assert len(found.groups) == 1
    assert found.people["m3"] == pseudonym("phone", 1)


def test_a_long_chain_is_one_person() -> None:
    """A thousand interactions, each sharing one cookie with the next: what a walk from neighbour to neighbour is slow
    at."""
    chain = [Seen(f"i{n:04}", [("customer_id", n), ("cookie", n), ("cookie", n + 1)], day=n / 10) for n in range(1000)]
    found = linked(chain, rules())
    assert len(found.groups) == 1
    assert set(found.people.values()) == {pseudonym("customer_id", 0)}


def test_surveys_and_evidence_join_nobody() -> None:
    store = Linked().given([Seen("a", [("phone", 1), ("ip", 5)]), Seen("b", [("email", 1), ("ip", 5)])])
    for kind in ("phone", "email"):
        store.connection.execute(
            "insert into identifiers (source, owner, owner_id, kind, value) values ('s', 'survey', 'a', ?, ?)",
            [kind, pseudonym(kind, 1)],
        )
    store.link()
    assert store.groups == sets("a", "b")
