"""Logs whose lines have as many cells as their event has parameters, tables prepared for several relations, and times
to count with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from connector_bench import ConnectorBench, connector_of, four

from omnictl.connectors import Connector, Csv
from omnictl.connectors.registry import faults_of

NAMES = ("moment", "call", "event", "p1", "p2")
LOG = Csv(columns=NAMES, needs=NAMES[:3], optional=NAMES[3:])
CALLS = """
    select call as interaction_id, 'phone' as channel, to_timestamp(try_cast(moment as bigint)) as started_at,
        p1 as queue, p2 as agent
    from file where event = 'ENTER'
"""
SELECT = "select interaction_id, queue, agent from interactions order by 1"


def made(folder: Path, content: str | bytes, **attributes: Any) -> ConnectorBench:
    attributes = {"reads": LOG, "relations": {"interactions": CALLS}} | attributes
    bench = ConnectorBench(folder, connector_of(**attributes), "")
    bench.write("data/calls.log", content)
    return bench


def test_lines_have_fewer_and_more_cells(tmp_path: Path) -> None:
    bench = made(tmp_path, '1793606400|a|ENTER|q1|x|more|and more\n1793606401|b|ENTER\n1793606402|c|ENTER|"q|y"|\n')
    assert four(bench.ingest()) == (3, 0, 0, 0)
    assert bench.query(SELECT) == [("a", "q1", "x"), ("b", None, None), ("c", '"q', 'y"')]


def test_the_last_line_needs_no_end(tmp_path: Path) -> None:
    bench = made(tmp_path, "1793606400|a|ENTER|q1|x\n1793606401|b|ENTER|q2")
    bench.ingest()
    assert bench.query(SELECT) == [("a", "q1", "x"), ("b", "q2", None)]


def test_damaged_bytes_are_replaced_and_said(tmp_path: Path) -> None:
    whole = "1793606400|a|ENTER|réclamations|é|x\n".encode()
    bench = made(tmp_path, whole + b"1793606401|b|ENTER|d\xe9bord\n")
    bench.ingest()
    assert bench.query(SELECT) == [("a", "réclamations", "é"), ("b", "d\ufffdbord", None)]


def test_a_table_with_a_header_is_read_by_the_same_select(tmp_path: Path) -> None:
    bench = made(tmp_path, 'id;event;call;moment;p1\n1;ENTER;a;1793606400;"q;1"\n')
    bench.ingest()
    assert bench.query(SELECT) == [("a", "q;1", None)]


def test_a_header_that_lacks_a_name_is_told(tmp_path: Path) -> None:
    bench = made(tmp_path, "id;event;call;began\n1;ENTER;a;1793606400\n")
    row = bench.ingest()
    assert row.status == "failed"
    assert "there is no column `moment`" in row.message


def test_a_word_of_a_line_makes_no_header(tmp_path: Path) -> None:
    bench = made(tmp_path, "1793606400|a|ENTER|event|x\n")
    bench.ingest()
    assert bench.query(SELECT) == [("a", "event", "x")]


def test_a_prepared_table_feeds_several_relations(tmp_path: Path) -> None:
    bench = made(
        tmp_path,
        "1793606400|a|ENTER|q1|0612345678\n1793606401|b|ENTER|q2\n",
        prepared={
            "entries": "select *, to_timestamp(moment::bigint) as entered_at from file where event = 'ENTER'",
            "known": "select * from entries where p2 is not null",
        },
        relations={
            "interactions": """
                select call as interaction_id, 'phone' as channel, entered_at as started_at, record from entries
            """,
            "identifiers": "select call as owner_id, 'phone' as kind, p2 as value, record from known",
        },
    )
    for name in ("more", "still more"):  # files that are read each by itself have tables of their own
        bench.write(f"data/{name}.log", f"1793606500|{name}|ENTER|q1|0612345679\n")
    assert four(bench.ingest()) == (4, 0, 0, 0)
    assert bench.query("select owner_id from identifiers order by 1") == [("a",), ("more",), ("still more",)]


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("select * from interactions", "there is `file`, and nothing else"),
        ("select nothing from file", "table entries"),
        ("select from from", "table entries"),
    ],
)
def test_a_prepared_table_that_cannot_be_made(tmp_path: Path, sql: str, words: str) -> None:
    relations = {"interactions": "select distinct call as interaction_id, 'phone' as channel, record from entries"}
    row = made(tmp_path, "1793606400|a|ENTER\n", prepared={"entries": sql}, relations=relations).ingest()
    assert row.status == "failed"
    assert words in row.message


@pytest.mark.parametrize("name", ["interactions", "file", "No name"])
def test_names_of_prepared_tables(name: str) -> None:
    attributes = {"name": "named", "reads": LOG, "prepared": {name: "select 1"}, "relations": {"interactions": CALLS}}
    named = type("Named", (Connector,), attributes)
    assert [fault for fault in faults_of(named) if "prepared table" in fault]


def test_time_passes_over_a_change_of_the_clock(tmp_path: Path) -> None:
    """From 01:59:30 to 03:00:30 on a night in March is a minute; 02:30 is no time at all."""
    bench = made(
        tmp_path,
        "1793606400|a|ENTER|2026-03-29 01:59:30|2026-03-29 03:00:30\n"
        "1793606400|b|ENTER|2026-03-29 02:30:00|2026-03-29 03:00:30\n",
        relations={
            "interactions": """
                select call as interaction_id, 'phone' as channel, begun as started_at, epoch(ended - begun) as wait_s,
                    record
                from (select call, record, utc(p1::timestamp) as begun, utc(p2::timestamp) as ended from file)
            """
        },
    )
    assert four(bench.ingest()) == (1, 1, 0, 0)
    assert bench.query("select started_at::varchar, wait_s::integer from interactions") == [("2026-03-29 00:59:30", 60)]
