"""The stage: when it is made again, what it says of people who changed, and what a fault leaves behind."""

from __future__ import annotations

import pytest
from identity_bench import Failing, Linked, Seen, pseudonym, rules

from omnictl.errors import EngineError

A, B = pseudonym("phone", 1), pseudonym("email", 2)
CALL, MAIL = Seen("call", [("phone", 1)]), Seen("mail", [("email", 2)], day=1)
FORM = Seen("form", [("phone", 1), ("email", 2)], day=2)
CHANGES = "select change, was, person_id, interactions from person_changes order by all"


def test_what_has_not_changed_is_not_made_again() -> None:
    store = Linked().given([CALL, MAIL])
    assert (store.link().status, store.link().status) == ("done", "unchanged")
    assert store.link(full=True).status == "done"
    store.identity = rules("email")
    assert store.link().status == "done"
    assert store.people == {"call": None, "mail": B}
    assert store.link().status == "unchanged"


def test_the_first_time_nobody_changes() -> None:
    store = Linked().given([CALL, MAIL, FORM])
    row = store.link()
    assert (row.stage, row.source, row.relation_rows) == ("link", "all", 3)
    assert store.query(CHANGES) == []
    assert store.query("select stage, source, status, relation_rows from runs") == [("link", "all", "done", 3)]


def test_a_merge_and_a_split_are_told() -> None:
    store = Linked().given([CALL, MAIL])
    store.link()
    store.given([CALL, MAIL, FORM]).link()
    assert store.query(CHANGES) == [("merged", B, A, 1)]  # the call came first: it names both
    store.given([CALL, MAIL]).link()
    assert store.query(f"{CHANGES} limit 9")[1:] == [("split", A, B, 1)]
    assert [run for (run,) in store.query("select distinct run_id from person_changes order by all")] == [
        "run-2",
        "run-3",
    ]


def test_renamed_and_lost() -> None:
    store = Linked().given([CALL, MAIL])
    store.link()
    earlier = Seen("older", [("phone", 1), ("customer_id", 5)], day=-3)
    store.given([CALL, MAIL, earlier]).link()
    assert store.query(CHANGES) == [("renamed", A, pseudonym("customer_id", 5), 1)]
    store.identity = rules("email")
    store.link()
    assert [row for row in store.query(CHANGES) if row[0] == "lost"] == [("lost", pseudonym("customer_id", 5), None, 2)]


def test_increments_give_what_one_link_of_all_gives() -> None:
    seen = [Seen(f"i{n}", [("customer_id", n % 5), ("phone", n % 7)], day=(n * 13) % 11) for n in range(40)]
    store = Linked(rules(limits={"phone": 4}))
    for upto in (10, 25, 40):
        store.given(seen[:upto]).link()
    whole = Linked(rules(limits={"phone": 4})).given(seen)
    whole.link()
    assert store.identities == whole.identities


@pytest.mark.parametrize(
    "words", ["temp table hooks", "insert into person_changes", "delete from cut_identifiers", "runs"]
)
def test_a_fault_anywhere_leaves_what_was_there(words: str) -> None:
    store = Linked().given([CALL, MAIL])
    store.link()
    before = store.identities
    connection = store.given([CALL, MAIL, FORM]).connection
    store.connection = Failing(connection, words)  # type: ignore[assignment]
    with pytest.raises(EngineError):
        store.link()
    store.connection = connection
    assert store.identities == before
    assert store.query(CHANGES) == []
    assert store.query("select count(*) from duckdb_tables() where temporary") == [(0,)]
    assert store.link().status == "done"
    assert store.query(CHANGES) == [("merged", B, A, 1)]
