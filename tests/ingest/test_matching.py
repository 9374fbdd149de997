"""Matching two sources: compared with a plain greedy over all pairs."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnictl.ingest import matching
from omnictl.ingest.matching import ById, ByIdentifier, Key, match

NOON = datetime(2026, 3, 2, 12)
Their = tuple[str, str, datetime | None]  # id, slot, at
Our = tuple[str, datetime | None, datetime | None]  # id, at, until
Seen = tuple[str, str, int]  # id, kind, value
Pair = tuple[str, str, str, str, float | None]
PHONE = ByIdentifier("phone", 600)


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


def fill(connection: duckdb.DuckDBPyConnection, table: str, shape: str, rows: Sequence[Sequence[Any]]) -> None:
    connection.execute(f"create or replace table {table} ({shape})")
    if rows:
        columns = [list(column) for column in zip(*rows, strict=True)]
        connection.execute(f"insert into {table} select {', '.join(['unnest(?)'] * len(columns))}", columns)


def matched(
    connection: duckdb.DuckDBPyConnection,
    keys: Sequence[Key],
    theirs: Sequence[Their],
    ours: Sequence[Our],
    *,
    their_ids: Sequence[Seen] = (),
    our_ids: Sequence[Seen] = (),
    afterwards: bool = False,
) -> set[Pair]:
    fill(connection, "theirs", 'id varchar, slot varchar, "at" timestamp', theirs)
    fill(connection, "ours", 'id varchar, "at" timestamp, until timestamp', ours)
    fill(connection, "their_ids", "id varchar, kind varchar, value bigint", their_ids)
    fill(connection, "our_ids", "id varchar, kind varchar, value bigint", our_ids)
    number = match(
        connection,
        keys,
        theirs="theirs",
        theirs_ids="their_ids",
        ours="(select * from ours)",
        ours_ids="our_ids",
        into="pairs",
        afterwards=afterwards,
    )
    rows = connection.execute("select slot, their_id, our_id, via, gap_s from pairs").fetchall()
    assert number == len(rows) == len(set(rows))
    left = connection.execute("select table_name from duckdb_tables() where temporary").fetchall()
    assert left == [("pairs",)]
    return set(rows)


def of_phone(*ids: str, value: int = 7) -> list[Seen]:
    return [(id_, "phone", value) for id_ in ids]


def greedy(
    keys: Sequence[Key],
    theirs: Sequence[Their],
    ours: Sequence[Our],
    their_ids: Sequence[Seen],
    our_ids: Sequence[Seen],
    afterwards: bool,
) -> set[Pair]:
    """All pairs of a key in one order; the first is taken, and what touches it is struck out."""
    pairs: set[Pair] = set()
    theirs_taken: set[tuple[str, str]] = set()
    ours_taken: set[tuple[str, str]] = set()
    values = {
        side: {owner: {(kind, value) for id_, kind, value in ids if id_ == owner} for owner, *_ in rows}
        for side, ids, rows in (("theirs", their_ids, theirs), ("ours", our_ids, ours))
    }
    for key in keys:
        candidates = []
        for their_id, slot, at in theirs:
            for our_id, begin, until in ours:
                gap = None
                if at is not None and begin is not None:
                    end = max(begin, until or begin) if afterwards else begin
                    gap = max(0.0, (at - end).total_seconds(), (begin - at).total_seconds())
                if isinstance(key, ById):
                    if their_id == our_id:
                        candidates.append((0.0, begin, our_id, at, their_id, slot, "interaction_id", gap))
                    continue
                if at is None or begin is None or gap is None or gap > key.gap_s or (afterwards and at < begin):
                    continue
                shared = values["theirs"][their_id] & values["ours"][our_id]
                if any(kind == key.kind for kind, _ in shared):
                    candidates.append((gap, begin, our_id, at, their_id, slot, key.kind, gap))
        order = (lambda c: c[4]) if isinstance(key, ById) else (lambda c: c[:5])
        for _, _, our_id, _, their_id, slot, via, gap in sorted(candidates, key=order):
            if (slot, their_id) not in theirs_taken and (slot, our_id) not in ours_taken:
                pairs.add((slot, their_id, our_id, via, gap))
                theirs_taken.add((slot, their_id))
                ours_taken.add((slot, our_id))
    return pairs


def test_the_same_id_matches_whatever_the_times(connection: duckdb.DuckDBPyConnection) -> None:
    theirs = [("a", "", after(86400)), ("b", "", None), ("c", "", NOON)]
    ours = [("a", NOON, None), ("b", NOON, None), ("d", NOON, None)]
    assert matched(connection, [ById()], theirs, ours) == {
        ("", "a", "a", "interaction_id", 86400.0),
        ("", "b", "b", "interaction_id", None),
    }


def test_nearest_first(connection: duckdb.DuckDBPyConnection) -> None:
    """Each call would rather have the record of 12:05; it goes to the nearer, and the other takes what is left."""
    theirs = [("t1", "", after(0)), ("t2", "", after(300))]
    ours = [("o1", after(290), None), ("o2", after(580), None), ("o3", after(-590), None)]
    found = matched(
        connection,
        [PHONE],
        theirs,
        ours,
        their_ids=of_phone("t1", "t2"),
        our_ids=of_phone("o1", "o2", "o3"),
    )
    assert found == {("", "t2", "o1", "phone", 10.0), ("", "t1", "o2", "phone", 580.0)}


def test_the_greatest_gap_is_included(connection: duckdb.DuckDBPyConnection) -> None:
    theirs = [("t1", "", after(0.1)), ("t2", "", after(1000.100001))]
    found = matched(
        connection,
        [ByIdentifier("phone", 0.1)],
        theirs,
        [("o1", NOON, None), ("o2", after(1000), None)],
        their_ids=of_phone("t1", "t2"),
        our_ids=of_phone("o1", "o2"),
    )
    assert found == {("", "t1", "o1", "phone", 0.1)}


def test_a_key_takes_what_the_ones_before_left(connection: duckdb.DuckDBPyConnection) -> None:
    theirs = [("a", "", NOON), ("b", "", NOON), ("c", "", NOON), ("d", "", None)]
    ours = [("a", after(5), None), ("x", after(9), None), ("y", after(1), None)]
    their_ids = [*of_phone("a", "b", "c", "d"), ("c", "email", 1)]
    our_ids = [*of_phone("a", "x", "y"), ("x", "email", 1)]
    found = matched(
        connection,
        [ById(), ByIdentifier("email", 60), PHONE],
        theirs,
        ours,
        their_ids=their_ids,
        our_ids=our_ids,
    )
    assert found == {
        ("", "a", "a", "interaction_id", 5.0),
        ("", "c", "x", "email", 9.0),
        ("", "b", "y", "phone", 1.0),
    }


def test_a_contact_has_one_match_per_slot(connection: duckdb.DuckDBPyConnection) -> None:
    """Two questions of one survey, and a second answer to the first of them."""
    theirs = [("t1", "nps", after(100)), ("t1", "csat", after(100)), ("t2", "nps", after(200))]
    found = matched(
        connection,
        [PHONE],
        theirs,
        [("o1", NOON, after(90))],
        their_ids=of_phone("t1", "t2"),
        our_ids=of_phone("o1"),
        afterwards=True,
    )
    assert found == {("nps", "t1", "o1", "phone", 10.0), ("csat", "t1", "o1", "phone", 10.0)}


def test_a_survey_comes_after_its_contact(connection: duckdb.DuckDBPyConnection) -> None:
    theirs = [("before", "", after(-1)), ("during", "", after(30)), ("late", "", after(1000))]
    ours = [("o1", NOON, after(60)), ("o2", after(900), None)]
    found = matched(
        connection,
        [PHONE],
        theirs,
        ours,
        their_ids=of_phone("before", "during", "late"),
        our_ids=of_phone("o1", "o2"),
        afterwards=True,
    )
    assert found == {("", "during", "o1", "phone", 0.0), ("", "late", "o2", "phone", 100.0)}


def test_nothing_shared_is_nothing_matched(connection: duckdb.DuckDBPyConnection) -> None:
    theirs, ours = [("a", "", NOON)], [("b", NOON, None)]
    assert matched(connection, [ById(), PHONE], theirs, ours, their_ids=of_phone("a")) == set()
    elsewhere = [("b", "email", 7), ("b", "phone", 8)]
    assert matched(connection, [PHONE], theirs, ours, their_ids=of_phone("a"), our_ids=elsewhere) == set()
    assert matched(connection, [PHONE], [], []) == set()


SECONDS = st.one_of(st.none(), st.integers(0, 12), st.integers(0, 900))


@st.composite
def exports(draw: st.DrawFn) -> dict[str, Any]:
    """Two small sources with many equal times, gaps and values."""
    ids = st.sampled_from("abcdefghij")
    slots = st.sampled_from(draw(st.sampled_from([["", "x"], [""]])))

    def time_of(seconds: int | None) -> datetime | None:
        return None if seconds is None else after(seconds)

    theirs = draw(st.lists(st.tuples(ids, slots, SECONDS), max_size=10, unique_by=lambda row: row[:2]))
    ours = draw(st.lists(st.tuples(ids, SECONDS, SECONDS), max_size=10, unique_by=lambda row: row[0]))
    seen = st.lists(st.tuples(ids, st.sampled_from(["phone", "phone", "email"]), st.integers(1, 3)), max_size=16)
    keys = st.sampled_from([ById(), ByIdentifier("phone", 10), ByIdentifier("phone", 600), ByIdentifier("email", 5)])
    return {
        "keys": draw(st.lists(keys, min_size=1, max_size=3)),
        "theirs": [(id_, slot, time_of(at)) for id_, slot, at in theirs],
        "ours": [(id_, time_of(at), time_of(until)) for id_, at, until in ours],
        "their_ids": draw(seen),
        "our_ids": draw(seen),
        "afterwards": draw(st.booleans()),
    }


# in the database to the end, in the database as long as it shrinks, outside it from the start
@pytest.mark.parametrize(("few", "shrinks"), [(0, 1.0), (0, 0.75), (2_000, 0.75)])
def test_it_is_the_plain_greedy(few: int, shrinks: float) -> None:
    with duckdb.connect() as connection, pytest.MonkeyPatch.context() as patch:
        patch.setattr(matching, "FEW", few)
        patch.setattr(matching, "SHRINKS", shrinks)

        @settings(max_examples=80, deadline=None)
        @given(exports())
        def same(case: dict[str, Any]) -> None:
            keys, theirs, ours, rest = case["keys"], case["theirs"], case["ours"], dict(case)
            for name in ("keys", "theirs", "ours"):
                del rest[name]
            assert matched(connection, keys, theirs, ours, **rest) == greedy(**case)

        same()


@pytest.mark.parametrize("afterwards", [False, True])
def test_every_way_gives_the_same_whatever_the_order_of_rows(
    connection: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch, afterwards: bool
) -> None:
    """Enough rows that rounds and the pass over the rest both have work; whole half-minutes, so many gaps are equal."""
    chance = random.Random(5)
    theirs = [(f"t{i}", chance.choice("xy"), after(30 * chance.randrange(300))) for i in range(200)]
    ours = [
        (f"o{i}", at := after(30 * chance.randrange(300)), at + timedelta(seconds=30 * (i % 7))) for i in range(200)
    ]
    their_ids = [(f"t{i % 200}", "phone", chance.randrange(6)) for i in range(300)]
    our_ids = [(f"o{i % 200}", "phone", chance.randrange(6)) for i in range(300)]
    expected = greedy([PHONE], theirs, ours, their_ids, our_ids, afterwards)
    assert len(expected) > 150
    for few, shrinks in ((0, 1.0), (200, 1.0), (0, 0.0), (10_000, 0.75)):
        monkeypatch.setattr(matching, "FEW", few)
        monkeypatch.setattr(matching, "SHRINKS", shrinks)
        for rows in (theirs, ours, their_ids, our_ids):
            chance.shuffle(rows)  # type: ignore[arg-type]
        found = matched(connection, [PHONE], theirs, ours, their_ids=their_ids, our_ids=our_ids, afterwards=afterwards)
        assert found == expected


CHAINS = {
    "one time": ("0", "0"),
    "every minute by turns": ("120 * i", "120 * i + 60"),
    "ever nearer": ("2 * i * (30 - 2 * i * 0.0001)", "(2 * i + 1) * (30 - (2 * i + 1) * 0.0001)"),
}


@pytest.mark.parametrize("chain", CHAINS)
def test_chains_through_one_number_are_no_blow_up(connection: duckdb.DuckDBPyConnection, chain: str) -> None:
    """20,000 rows on either side: all pairs would be 400 million, and rounds alone 20,000."""
    connection.execute("set memory_limit = '200MB'")
    ours, theirs = CHAINS[chain]
    for table, seconds in (("ours", ours), ("theirs", theirs)):
        connection.execute(
            f"""
            create table {table} as select i::varchar as id, '' as slot, null::timestamp as until,
            timestamp '2026-03-02' + to_microseconds((({seconds}) * 1000000)::bigint) as at from range(20000) as r (i)
            """
        )
    connection.execute(
        "create table seen as select i::varchar as id, 'phone' as kind, 7 as value from range(20000) as r (i)"
    )
    begin = time.process_time()
    number = match(connection, [PHONE], theirs="theirs", theirs_ids="seen", ours="ours", ours_ids="seen", into="pairs")
    assert time.process_time() - begin < 10
    assert number == 20_000
    ((apart,),) = connection.execute("select count(*) from pairs where their_id <> our_id").fetchall()
    assert apart == 0
