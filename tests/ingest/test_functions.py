"""local_time, seconds, row_id, outcome: nothing gives NULL, what is odd is counted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from connector_bench import ConnectorBench, connector_of

from omnictl.connectors import Csv
from omnictl.ingest.functions import define


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        define(connection, {"OK": "handled", "it's": "abandoned"}, "Europe/Paris")
        yield connection


def value(con: duckdb.DuckDBPyConnection, sql: str, **given: Any) -> Any:
    ((found,),) = con.execute(f"select {sql}", given).fetchall()
    return found


UNREADABLE = "unreadable"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("90", 90),
        (" 90 ", 90),
        ("1,5", 1.5),
        ("1.5", 1.5),
        ("0", 0),
        ("01:30", 90),
        ("1:5", 65),
        ("90:00", 5400),
        ("00:01:30", 90),
        ("26:00:00", 93_600),
        ("00:01:30,5", 90.5),
        ("00:01:30.25", 90.25),
        ("-5", -5),
        ("-00:05", -5),
        ("-00:01:30", -90),
        ("-1:30", -90),
        ("", None),
        ("   ", None),
        (None, None),
        ("soon", UNREADABLE),
        ("1:2:3:4", UNREADABLE),
        (":30", UNREADABLE),
        ("1:", UNREADABLE),
        ("a:b", UNREADABLE),
        ("1.234,5", UNREADABLE),
        ("1 234", UNREADABLE),
        ("12s", UNREADABLE),
        ("nan", UNREADABLE),
        ("inf", UNREADABLE),
        ("1e400", UNREADABLE),
        ("1:75", UNREADABLE),
        ("1:75:00", UNREADABLE),
        ("1:30:75", UNREADABLE),
    ],
)
def test_seconds(con: duckdb.DuckDBPyConnection, text: str | None, expected: Any) -> None:
    found = value(con, "seconds($text::varchar)", text=text)
    if expected == UNREADABLE:
        assert found is not None and (found != found or abs(found) == float("inf")), found
    else:
        assert found == expected


@pytest.mark.parametrize(("sql", "expected"), [("90", 90), ("1.5", 1.5), ("1.5::decimal(5,2)", 1.5), ("null", None)])
def test_seconds_of_numbers(con: duckdb.DuckDBPyConnection, sql: str, expected: Any) -> None:
    assert value(con, f"seconds({sql})") == expected


def test_seconds_reads_what_a_clock_writes(con: duckdb.DuckDBPyConnection) -> None:
    """Every second of a day and a half, written in each of the three ways."""
    ((wrong,),) = con.execute(
        """
        select count(*)
        from (select n, n // 3600 as h, n // 60 % 60 as m, n % 60 as s from range(0, 129_600) t(n))
        where seconds(format('{:02d}:{:02d}:{:02d}', h, m, s)) <> n
            or seconds(format('{:d}:{:02d}', h * 60 + m, s)) <> n or seconds(n::varchar) <> n
        """
    ).fetchall()
    assert wrong == 0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("02/11/2026 09:00:00", datetime(2026, 11, 2, 9)),
        (" 02/11/2026 09:00:00 ", datetime(2026, 11, 2, 9)),
        ("29/02/2028 23:59:59", datetime(2028, 2, 29, 23, 59, 59)),
        ("", None),
        (None, None),
        ("31/02/2026 09:00:00", datetime.max),
        ("2026-11-02 09:00:00", datetime.max),
        ("02/11/2026", datetime.max),
        ("02/11/2026 25:00:00", datetime.max),
        ("02/11/2026 09:00:00 PM", datetime.max),
    ],
)
def test_local_time(con: duckdb.DuckDBPyConnection, text: str | None, expected: Any) -> None:
    assert value(con, "local_time($text::varchar, '%d/%m/%Y %H:%M:%S')", text=text) == expected


def test_local_time_by_several_formats_and_by_none(con: duckdb.DuckDBPyConnection) -> None:
    formats = "['%d/%m/%Y %H:%M:%S', '%d/%m/%Y %H:%M', '%d/%m/%Y']"
    for text, expected in (
        ("02/11/2026 09:00:05", datetime(2026, 11, 2, 9, 0, 5)),
        ("02/11/2026 09:00", datetime(2026, 11, 2, 9)),
        ("02/11/2026", datetime(2026, 11, 2)),
        ("2/11", datetime.max),
    ):
        assert value(con, f"local_time($text, {formats})", text=text) == expected
    assert value(con, "local_time('2026-11-02 09:00:00')") == datetime(2026, 11, 2, 9)
    assert value(con, "local_time('2026-11-02T09:00:00')") == datetime(2026, 11, 2, 9)
    assert value(con, "local_time('noon')") == datetime.max
    assert value(con, "local_time('')") is None
    assert value(con, "local_time(timestamp '2026-11-02 09:00:00')") == datetime(2026, 11, 2, 9)


def test_a_local_time_with_an_offset_is_not_taken_for_one_without(con: duckdb.DuckDBPyConnection) -> None:
    """A cast would silently drop the offset."""
    assert value(con, "local_time('2026-11-02 09:00:00+05:00')") == datetime.max
    assert value(con, "local_time('2026-11-02T09:00:00Z')") == datetime.max


def test_row_id_tells_columns_apart(con: duckdb.DuckDBPyConnection) -> None:
    calls = [
        "row_id('a', 'b')",
        "row_id('ab', '')",
        "row_id('ab', null)",
        "row_id('ab')",
        "row_id('b', 'a')",
        "row_id('a,b')",
        "row_id(null)",
        "row_id('')",
        "row_id('a\"', 'b')",
        "row_id('a', '\"b')",
    ]
    found = [value(con, call) for call in calls]
    assert len(set(found)) == len(calls)
    assert all(len(one) == 20 for one in found)


def test_row_id_is_the_same_for_ever(con: duckdb.DuckDBPyConnection) -> None:
    """Ids of a store must not change with a version of omnictl: the digest of the JSON of the values."""
    import hashlib

    expected = hashlib.sha256(b'["a",null,"1"]').hexdigest()[:20]
    assert value(con, "row_id('a', null, 1)") == expected
    assert value(con, f"row_id({', '.join(map(str, range(16)))})")


def test_outcome(con: duckdb.DuckDBPyConnection) -> None:
    assert value(con, "outcome('OK')") == "handled"
    assert value(con, "outcome('it''s')") == "abandoned"
    assert value(con, "outcome('ok')") == "ok"  # no outcome of ours: NULL and counted when it becomes a cell
    assert value(con, "outcome(null)") is None
    assert value(con, "outcome(7)") == "7"


def test_a_code_that_is_named_like_an_outcome_must_be_listed(tmp_path: Path) -> None:
    """`abandoned` may mean something else to the vendor: only what is listed is mapped."""
    bench = ConnectorBench(
        tmp_path,
        connector_of(
            reads=Csv(),
            outcomes={"OK": "handled"},
            relations={
                "interactions": "select id as interaction_id, 'phone' as channel, t as started_at,"
                " outcome(code) as outcome from file"
            },
        ),
    )
    bench.write("data/a.csv", "id,t,code\na,2026-11-02 09:00:00,abandoned\nb,2026-11-02 09:00:00,OK\n")
    bench.ingest()
    assert bench.query("select outcome, outcome_detail from interactions order by interaction_id") == [
        (None, "abandoned"),
        ("handled", "OK"),
    ]


def test_a_part_keeps_its_code_as_a_contact_does(tmp_path: Path) -> None:
    part = "select id || '/1' as segment_id, id as interaction_id, 'queue' as kind, t as started_at,"
    for outcomes, filled in (({"FULL": "blocked"}, "outcome(code)"), ({}, "code")):
        bench = ConnectorBench(
            tmp_path / filled,
            connector_of(
                reads=Csv(),
                outcomes=outcomes,
                relations={
                    "interactions": "select id as interaction_id, 'phone' as channel, t as started_at from file",
                    "segments": f"{part} {filled} as outcome from file",
                },
            ),
        )
        bench.write("data/a.csv", "id,t,code\na,2026-11-02 09:00:00,FULL\nb,2026-11-02 09:00:00,RONA\n")
        bench.ingest()
        assert bench.query("select outcome, outcome_detail from segments order by segment_id") == [
            ("blocked" if outcomes else None, "FULL"),
            (None, "RONA"),
        ]


def test_odd_values_are_counted_and_not_stored(tmp_path: Path) -> None:
    bench = ConnectorBench(
        tmp_path,
        connector_of(
            reads=Csv(delimiter=";"),
            relations={
                "interactions": "select id as interaction_id, 'phone' as channel,"
                " local_time(t, '%d/%m/%Y %H:%M') as started_at, local_time(e, '%d/%m/%Y %H:%M') as ended_at,"
                " seconds(w) as wait_s from file"
            },
        ),
    )
    bench.write(
        "data/a.csv",
        "id;t;e;w\na;02/11/2026 09:00;02/11/2026 9h;soon\nb;02/11/2026 09:00;;\nc;2/11;;\nd;29/03/2026 02:30;;1\n"
        "e;25/10/2026 02:30;;1\n",
    )
    row = bench.ingest()
    assert (row.used, row.rejected, row.unreadable_cells) == (3, 2, 2)
    assert bench.query(
        "select interaction_id, ended_at, wait_s from interactions where interaction_id in ('a', 'b') order by 1"
    ) == [
        ("a", None, None),
        ("b", None, None),
    ]
    reasons = [reason for (reason,) in bench.query("select reason from rejects order by record")]
    assert reasons[0] == "started_at: it cannot be read as TIMESTAMP"
    assert "the clock skipped it" in reasons[1]
