"""Sources that hold the same contacts without saying so."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import duckdb
import pytest

from omnictl.ingest.coinciding import Coincidence, coinciding, worded
from omnictl.ingest.schema import make_tables

NOON = datetime(2026, 3, 2, 12)


class Store:
    """The tables of a store, to be filled."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection
        make_tables(connection)

    def add(
        self,
        source: str,
        number: int,
        *,
        first: int = 0,
        ids: str = "c",
        late_s: int = 0,
        channel: str = "phone",
        kind: str = "",
        value: str = "i",
    ) -> None:
        """Contacts every ten minutes from the first-th on, with identifiers of a kind."""
        values = {"source": source, "ids": ids, "first": first, "last": first + number, "noon": NOON}
        self.connection.execute(
            """
            insert into interactions by name
            select $source as source, $ids || i as interaction_id, 'contact' as kind, $channel as channel,
            $noon::timestamp + to_minutes(10 * i) + to_seconds($late_s) as started_at from range($first, $last) as r (i)
            """,
            values | {"channel": channel, "late_s": late_s},
        )
        if kind:
            self.connection.execute(
                f"""
                insert into identifiers by name
                select $source as source, 'interaction' as owner, $ids || i as owner_id, $kind as kind, {value} as value
                from range($first, $last) as r (i)
                """,
                {name: value for name, value in values.items() if name != "noon"} | {"kind": kind},
            )

    def found(self, *skipped: frozenset[str], sample: int = 20_000) -> list[Coincidence]:
        found = coinciding(self.connection, skipped, sample=sample)
        temporary = self.connection.execute("select count(*) from duckdb_tables() where temporary").fetchall()
        assert temporary == [(0,)]
        return found


@pytest.fixture
def store() -> Iterator[Store]:
    with duckdb.connect() as connection:
        yield Store(connection)


@pytest.mark.parametrize(("late_s", "found"), [(-3600, True), (3600, True), (3601, False)])
def test_same_ids_within_the_hour(store: Store, late_s: int, found: bool) -> None:
    """30 of the 40 rows of the smaller one are in the other."""
    store.add("calls", 100)
    store.add("cdr", 40, first=70, late_s=late_s)
    assert store.found() == [Coincidence("cdr", "calls", 40, 30, "interaction_id")] * found


@pytest.mark.parametrize(("late_s", "found"), [(-60, True), (60, True), (61, False)])
def test_same_identifiers_within_the_minute(store: Store, late_s: int, found: bool) -> None:
    store.add("calls", 100, kind="phone")
    store.add("cdr", 40, ids="x", late_s=late_s, kind="phone")
    assert store.found() == [Coincidence("cdr", "calls", 40, 40, "phone")] * found


def test_half_is_not_enough(store: Store) -> None:
    store.add("calls", 100)
    store.add("cdr", 40, first=80)
    assert store.found() == []


def test_few_rows_say_nothing(store: Store) -> None:
    store.add("calls", 100)
    store.add("cdr", 9)
    assert store.found() == []
    store.add("cdr", 1, first=9)
    assert store.found() == [Coincidence("cdr", "calls", 10, 10, "interaction_id")]


def test_it_takes_the_same_channel_kind_and_owner(store: Store) -> None:
    store.add("calls", 100, kind="phone")
    store.add("chats", 40, channel="chat", kind="phone")
    store.add("cards", 40, ids="x", kind="customer_id")
    store.add("forms", 40, ids="y", kind="phone")
    store.connection.execute("update identifiers set owner = 'survey' where source = 'forms'")
    assert store.found() == []


def test_sources_of_other_times_are_passed_over(store: Store) -> None:
    """Ids begin anew each year: no statement is spent on them."""
    store.add("2025", 100)
    store.add("2026", 100, late_s=366 * 86400)
    assert store.found() == []


def test_both_keys_count_and_the_one_that_finds_more_is_named(store: Store) -> None:
    """10 rows by id, 16 others by phone, 14 not at all."""
    store.add("calls", 100, kind="phone")
    store.add("cdr", 10)
    store.add("cdr", 16, first=10, ids="x", kind="phone")
    store.add("cdr", 14, first=26, ids="x")
    assert store.found() == [Coincidence("cdr", "calls", 40, 26, "phone")]


def test_on_a_tie_the_id_is_named(store: Store) -> None:
    store.add("calls", 40, kind="email")
    store.add("cdr", 40, kind="email")
    assert store.found() == [Coincidence("cdr", "calls", 40, 40, "interaction_id")]


def test_every_pair_is_told_but_those_that_say_so(store: Store) -> None:
    store.add("b", 40)
    store.add("a", 40)
    store.add("c", 30)
    by_id = "interaction_id"
    rest = [Coincidence("c", "a", 30, 30, by_id), Coincidence("c", "b", 30, 30, by_id)]
    assert store.found() == [Coincidence("b", "a", 40, 40, by_id), *rest]
    assert store.found(frozenset({"a", "b"})) == rest
    assert store.found(frozenset({"a", "b"}), frozenset({"b", "c"}), frozenset({"a", "c"})) == []


def test_a_switchboard_tells_no_contact_from_another(store: Store) -> None:
    """Both are busy all the time, through one number each minute."""
    store.add("calls", 1000, kind="phone", value="7")
    store.add("sales", 900, ids="x", kind="phone", value="7")
    assert store.found() == []


def test_a_sample_is_the_same_every_time(store: Store) -> None:
    store.add("calls", 30_000, kind="phone")
    store.add("cdr", 20_000, ids="x", late_s=7, kind="phone")
    (found,) = store.found(sample=1_000)
    assert 800 < found.rows < 1_200
    assert found == Coincidence("cdr", "calls", found.rows, found.rows, "phone")
    store.connection.execute("create or replace table interactions as from interactions order by hash(interaction_id)")
    assert store.found(sample=1_000) == [found]


def test_an_empty_store_has_none(store: Store) -> None:
    assert store.found() == []


@pytest.mark.parametrize(
    ("coincide", "key", "share", "line"),
    [
        (925, "interaction_id", "92 %", "`match: [interaction_id]`"),
        (999, "phone", "99 %", "`match: [{phone: 1 min}]`"),
        (1000, "phone", "100 %", "`match: [{phone: 1 min}]`"),
    ],
)
def test_the_finding_says_what_to_add(coincide: int, key: str, share: str, line: str) -> None:
    assert worded(Coincidence("cdr", "calls", 1000, coincide, key)) == (
        f"`cdr` and `calls`: {share} of the contacts of `cdr` stand in `calls` too, and count twice; "
        f"add to source `cdr`: `completes: calls`, {line}"
    )


def test_a_row_found_twice_counts_once(store: Store) -> None:
    """Each contact stands in the other source under two ids, a few seconds apart."""
    store.add("calls", 40, kind="phone")
    store.add("calls", 40, ids="again", late_s=5, kind="phone")
    store.add("cdr", 40, ids="x", kind="phone")
    store.connection.execute(
        "update interactions set started_at = $1 where interaction_id = 'x0'", [NOON - timedelta(1)]
    )
    assert store.found() == [Coincidence("cdr", "calls", 40, 39, "phone")]


def test_times_beyond_those_of_python_are_compared(store: Store) -> None:
    store.add("calls", 20)
    store.add("cdr", 20, late_s=30)
    store.connection.execute("update interactions set started_at = '290000-01-01' where interaction_id = 'c3'")
    assert [(found.source, found.coincide) for found in store.found()] == [("cdr", 20)]
