"""SQL over files: a SELECT taken apart cell by cell, one that runs as it stands, options, and odd SQL."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from connector_bench import ConnectorBench, connector_of, four

from omnictl.connectors import Connector, Csv, Excel, JsonLines, Option, Parquet

HEADER = "ref;begun;wait;result;ani;queue\n"
GOOD = HEADER + "a;2026-11-02 09:00:00;12;OK;0612345678;q1\nb;2026-11-02 10:00:00;7,5;KO;;q2\n"
BASE = "ref as interaction_id, 'phone' as channel, begun as started_at"


def sql(select: str, **attributes: Any) -> type[Connector]:
    return connector_of(reads=Csv(delimiter=";"), relations={"interactions": select}, **attributes)


def bench(folder: Path, connector: type[Connector], content: str | bytes = GOOD, settings: str = "") -> ConnectorBench:
    made = ConnectorBench(folder, connector, settings)
    made.write("data/calls.csv", content)
    return made


def test_a_plain_select_loses_cells_and_not_records(tmp_path: Path) -> None:
    made = bench(
        tmp_path,
        sql(f"select {BASE}, wait as wait_s, queue from file"),
        HEADER + "a;2026-11-02 09:00:00;soon;OK;;q1\nb;never;1;OK;;q1\n;2026-11-02 09:00:00;1;;;\n;;;;;\n"
        "c;2026-11-02 10:00:00;3;OK;;q2\n",
    )
    row = made.ingest()
    assert four(row) == (2, 2, 0, 1)
    assert row.unreadable_cells == 1
    assert made.query("select interaction_id, wait_s::varchar from interactions order by 1") == [
        ("a", None),
        ("c", "3.000"),
    ]
    assert made.query('select record, line, "column", reason from rejects order by 1') == [
        (2, 3, "started_at", "started_at: it cannot be read as TIMESTAMP"),
        (3, 4, "interaction_id", "interaction_id: it is empty"),
    ]


def test_a_where_filters_and_a_failing_one_rejects(tmp_path: Path) -> None:
    made = bench(
        tmp_path,
        sql(f"select {BASE} from file where wait::integer > 5 and queue <> 'q2'"),
        HEADER + "a;2026-11-02 09:00:00;12;;;q1\nb;2026-11-02 09:00:00;1;;;q1\nc;2026-11-02 09:00:00;soon;;;q1\n"
        "d;2026-11-02 09:00:00;12;;;q2\ne;2026-11-02 09:00:00;;;;q1\n",
    )
    assert four(made.ingest()) == (1, 1, 0, 3)
    assert made.query("select record, reason from rejects") == [(3, "`where` cannot be evaluated")]


def test_the_vendors_code_is_kept(tmp_path: Path) -> None:
    made = bench(
        tmp_path, sql(f"select {BASE}, outcome(upper(result)) as outcome from file", outcomes={"OK": "handled"})
    )
    made.ingest()
    assert made.query("select outcome, outcome_detail from interactions order by interaction_id") == [
        ("handled", "OK"),
        (None, "KO"),
    ]
    assert made.query("select value, row_count from unmapped where kind = 'outcome'") == [("KO", 1)]


def test_an_own_detail_wins_over_the_code(tmp_path: Path) -> None:
    select = f"select {BASE}, outcome(result) as outcome, queue as outcome_detail from file"
    made = bench(tmp_path, sql(select, outcomes={"OK": "handled"}))
    made.ingest()
    assert made.query("select outcome_detail from interactions order by interaction_id") == [("q1",), ("q2",)]


def test_a_code_of_several_columns_and_a_quoted_one(tmp_path: Path) -> None:
    outcomes = {"OK-q1": "handled", "it's": "abandoned", "": "dropped"}
    made = bench(
        tmp_path,
        sql(f"select {BASE}, outcome(concat_ws('-', result, queue)) as outcome from file", outcomes=outcomes),
        GOOD + "c;2026-11-02 10:00:00;1;it's;;\n",
    )
    made.ingest()
    assert made.query("select outcome, outcome_detail from interactions order by interaction_id") == [
        ("handled", "OK-q1"),
        (None, "KO-q2"),
        ("abandoned", "it's"),
    ]


WHOLE = {  # SELECTs that are not taken apart give the same rows
    "a window": f"select {BASE}, queue, row_number() over (order by ref) as transfers, record from file",
    "a group": "select ref as interaction_id, 'phone' as channel, min(begun) as started_at, any_value(queue) as queue,"
    " min(record) as record from file group by ref",
    "a list": "select ref as interaction_id, 'phone' as channel, min(begun) as started_at, any_value(queue) as queue,"
    " list(record) as record from file group by ref",
    "a subquery": f"select {BASE}, queue, record from (from file)",
    "a cte": f"with f as (select * from file) select {BASE}, queue, record from f",
    "a join": "select f.ref as interaction_id, 'phone' as channel, f.begun as started_at, f.queue, f.record"
    " from file f join file g on f.ref = g.ref",
    "a union": f"select {BASE}, queue, record from file where ref = 'a' union all select {BASE}, queue, record"
    " from file where ref <> 'a'",
    "an alias": f"select {BASE}, queue, record from file as f",
    "an order": f"select {BASE}, queue, record from file order by ref desc",
    "a limit": f"select {BASE}, queue, record from file limit 10",
    "distinct": f"select distinct {BASE}, queue, record from file",
    "distinct on": f"select distinct on (ref) {BASE}, queue, record from file order by record",
    "star": f"select {BASE}, * exclude (ref, begun, wait, result, ani, path) from file",
    "unnest": f"select {BASE}, unnest([queue]) as queue, record from file",
    "a semicolon and a comment": f"select {BASE}, queue, record from (from file); -- that is all",
    "from first": f"from (from file) select {BASE}, queue, record",
    "qualify": f"select {BASE}, queue, record from file"
    " qualify row_number() over (partition by ref order by record) = 1",
}


@pytest.mark.parametrize("kind", WHOLE)
def test_a_select_that_runs_as_it_stands_gives_the_same_rows(tmp_path: Path, kind: str) -> None:
    made = bench(tmp_path, sql(WHOLE[kind]))
    row = made.ingest()
    assert row.status == "done", row.message
    assert four(row) == (2, 0, 0, 0)
    assert made.query("select interaction_id, started_at, queue from interactions order by 1") == [
        ("a", datetime(2026, 11, 2, 8), "q1"),
        ("b", datetime(2026, 11, 2, 9), "q2"),
    ]


def test_a_bad_cell_of_a_whole_select_is_null_and_counted(tmp_path: Path) -> None:
    made = bench(
        tmp_path,
        sql(f"select {BASE}, wait as wait_s, record from (from file)"),
        HEADER + "a;2026-11-02 09:00:00;soon;OK;;q1\nb;never;1;OK;;q1\n",
    )
    row = made.ingest()
    assert four(row) == (1, 1, 0, 0)
    assert row.unreadable_cells == 1
    assert made.query("select line, reason from rejects") == [(3, "started_at: it cannot be read as TIMESTAMP")]


FAULTY = {
    "a syntax error": (
        "select ref as interaction_id,\nfrom from file where",
        "relation interactions: line 2: syntax error",
    ),
    "no select": ("drop table interactions", "connector vocalia, relation interactions"),
    "two statements": ("select 1; select 2", "one SELECT is expected, not 2 statements"),
    "nothing": ("", "one SELECT is expected"),
    "an unknown column of ours": (f"select {BASE}, queue as que from file", "`que` is not a column of interactions"),
    "the source": (f"select {BASE}, 'x' as source from file", "`source` is not a column of interactions"),
    "no key": ("select 'phone' as channel, begun as started_at from file", "there is no `interaction_id`"),
    "an unknown option": (f"select {BASE}, $sit as site from file", "`$sit` is not an option"),
    "an unknown option of a whole one": (f"select {BASE}, $sit as site, record from (from file)", "`$sit` is not"),
    "an unknown column of theirs": (f"select {BASE}, quee as queue from file", "quee"),
    "an unknown column of a whole one": (f"select {BASE}, quee as queue, record from (from file)", "quee"),
    "no record": (f"select {BASE} from (from file)", "rows must tell which `record` they are made of"),
    "a cast that fails": (
        "select ref as interaction_id, 'phone' as channel, begun::date as started_at, ref::integer as transfers, record"
        " from (from file)",
        "cells are text: try_cast(…)",
    ),
    "a column twice": (f"select {BASE}, queue, result as queue from file", "`queue` is given twice"),
    "a column twice of a whole one": (f"select {BASE}, queue, result as queue, record from (from file)", "queue"),
    "a column without a name": (f"select {BASE}, 1 + 1 from file", "`(1 + 1)` has no name"),
    "another table": ("select * from interactions", "`interactions` cannot be read"),
    "another table in a subquery": (
        f"select {BASE} from file where ref in (select interaction_id from interactions)",
        "`interactions` cannot be read",
    ),
    "a file of the machine": (
        f"select {BASE}, record from (from file), read_csv('/etc/passwd')",
        "read_csv() cannot be used",
    ),
}


@pytest.mark.parametrize("fault", FAULTY)
def test_faulty_sql_is_told_with_connector_and_relation(tmp_path: Path, fault: str) -> None:
    text, words = FAULTY[fault]
    row = bench(tmp_path, sql(text)).ingest()
    assert row.status == "failed", row
    assert words in row.message
    assert "vocalia" in row.message or "data/calls.csv" in row.message
    assert "Traceback" not in row.message


OPTIONS = [
    Option("site", str, None, "a text"),
    Option("most", int, 3, "a number"),
    Option("factor", float, 1.5, "another"),
    Option("night", bool, False, "yes or no"),
    Option("grace", timedelta, timedelta(seconds=90), "a duration"),
    Option("mode", str, "a", "one of", ("a", "b")),
    Option("must", str, ..., "what must be said"),
]
TOLD = """select ref as interaction_id, 'phone' as channel, begun as started_at, $site as site, $must as team,
    $most as transfers, $factor as talk_s, $night as resolved, $grace as wait_s, $mode as area{record} from {file}"""


@pytest.mark.parametrize("whole", [False, True], ids=["plain", "whole"])
@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ("must: x", (None, "x", 3, 1.5, False, 90, "a")),
        (
            "must: 'it''s $night -- no', site: \"Évry; drop table x\", most: 0, factor: 2, night: true, grace: 2 min,"
            " mode: b",
            ("Évry; drop table x", "it's $night -- no", 0, 2, True, 120, "b"),
        ),
        ("must: 0644, most: -1, factor: 0.25", (None, "0644", -1, 0.25, False, 90, "a")),
        ("must: '', site: ''", (None, None, 3, 1.5, False, 90, "a")),
    ],
)
def test_options_reach_sql_with_their_types(
    tmp_path: Path, whole: bool, settings: str, expected: tuple[Any, ...]
) -> None:
    text = TOLD.format(file="(from file)" if whole else "file", record=", record" if whole else "")
    made = bench(tmp_path, sql(text, options=OPTIONS), settings=settings)
    row = made.ingest()
    assert row.status == "done", row.message
    found = made.query(
        "select site, team, transfers, talk_s::double, resolved, wait_s::double, area from interactions limit 1"
    )
    assert found == [expected]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ("", "connector `vocalia` needs `must`: what must be said"),
        ("must: x, sit: y", "connector `vocalia` has no option `sit`"),
        ("must: x, most: many", "`most` of source `s` must be a whole number"),
        ("must: x, most: 1.5", "`most` of source `s` must be a whole number"),
        ("must: x, most: true", "`most` of source `s` must be a whole number"),
        ("must: x, factor: much", "`factor` of source `s` must be a number"),
        ("must: x, factor: .nan", "`factor` of source `s` must be a number"),
        ("must: x, night: perhaps", "`night` of source `s` must be true or false"),
        ("must: x, grace: soon", "`grace` of source `s` must be a duration: 10 min"),
        ("must: x, mode: c", "`mode` of source `s` cannot be `c`"),
        ("must: null", "`must` of source `s` must be a text"),
    ],
)
def test_a_wrong_option_is_told_with_its_place(tmp_path: Path, settings: str, words: str) -> None:
    row = bench(tmp_path, sql(f"select {BASE} from file", options=OPTIONS), settings=settings).ingest()
    assert row.status == "failed"
    assert words in row.message
    assert "omnictl.yml:6:" in row.message


def test_all_wrong_options_are_told_at_once(tmp_path: Path) -> None:
    row = bench(tmp_path, sql(f"select {BASE} from file", options=OPTIONS), settings="most: x, mod: y").ingest()
    for words in ("needs `must`", "`most` of source", "no option `mod`"):
        assert words in row.message


def test_the_host_adds_record_and_path(tmp_path: Path) -> None:
    made = bench(tmp_path, sql(f"select {BASE}, path || ':' || record as queue from file"))
    made.write("data/more.csv", GOOD.replace("a;", "c;").replace("b;", "d;"))
    made.ingest()
    assert made.query("select queue from interactions order by interaction_id") == [
        ("data/calls.csv:1",),
        ("data/calls.csv:2",),
        ("data/more.csv:3",),
        ("data/more.csv:4",),
    ]


def test_columns_of_theirs_named_like_the_hosts(tmp_path: Path) -> None:
    """An export may have a column `record` of its own; a SELECT taken apart means that one."""
    made = bench(
        tmp_path,
        sql("select id as interaction_id, 'phone' as channel, t as started_at, record as queue from file"),
        "id;t;record\na;2026-11-02 09:00:00;r77\n",
    )
    assert four(made.ingest()) == (1, 0, 0, 0)
    assert made.query("select queue from interactions") == [("r77",)]


def test_optional_columns_are_null_where_they_are_missing(tmp_path: Path) -> None:
    select = f"select {BASE}, agent, TEAM as team from file"
    made = ConnectorBench(
        tmp_path, connector_of(reads=Csv(delimiter=";", optional=["agent", "Team"]), relations={"interactions": select})
    )
    made.write("data/old.csv", GOOD)
    made.write("data/new.csv", "ref;Agent;begun\nc;martin;2026-11-02 11:00:00\n", minutes=1)
    assert four(made.ingest()) == (3, 0, 0, 0)
    assert made.query("select interaction_id, agent, team from interactions order by 1") == [
        ("a", None, None),
        ("b", None, None),
        ("c", "martin", None),
    ]


def test_a_file_without_a_needed_column_is_refused_by_name(tmp_path: Path) -> None:
    reads = Csv(delimiter=";", needs=["ref", "no_such"])
    made = bench(tmp_path, connector_of(reads=reads, relations={"interactions": f"select {BASE} from file"}))
    row = made.ingest()
    assert row.status == "failed"
    assert "no_such" in row.message
    assert "data/calls.csv" in row.message


def test_the_workspace_may_say_how_a_file_is_read(tmp_path: Path) -> None:
    made = bench(
        tmp_path,
        connector_of(
            reads=Csv(delimiter=";", encoding="utf-8"), relations={"interactions": f"select {BASE}, queue from file"}
        ),
        GOOD.replace(";", "|").replace("q1", "é").encode("cp1252"),
        settings="delimiter: '|', encoding: cp1252",
    )
    assert four(made.ingest()) == (2, 0, 0, 0)
    assert made.query("select queue from interactions order by interaction_id") == [("é",), ("q2",)]


def test_json_lines_with_nested_columns(tmp_path: Path) -> None:
    made = ConnectorBench(
        tmp_path,
        connector_of(
            reads=JsonLines(),
            relations={
                "interactions": "select id as interaction_id, 'chat' as channel, begun as started_at,"
                " who.team as team from file",
                "steps": "select id || n as step_id, id as interaction_id, begun as occurred_at, 'message' as type,"
                " said.n as object, record from (select id, begun, record, unnest(turns) as said,"
                " generate_subscripts(turns, 1) as n from file)",
            },
        ),
    )
    made.write(
        "data/a.jsonl",
        '{"id": "a", "begun": "2026-11-02T09:00:00Z", "who": {"team": "x"}, "turns": [{"n": "1"}, {"n": "2"}]}\n'
        '{"id": "b", "begun": "2026-11-02T09:00:00Z", "who": null, "turns": []}\n',
    )
    assert four(made.ingest()) == (2, 0, 0, 0)
    assert made.query("select interaction_id, team from interactions order by 1") == [("a", "x"), ("b", None)]
    assert made.query("select step_id, object from steps order by 1") == [("a1", "1"), ("a2", "2")]


def test_parquet_and_excel(tmp_path: Path) -> None:
    import duckdb
    from openpyxl import Workbook

    select = "select id as interaction_id, 'phone' as channel, begun as started_at, wait as wait_s from file"
    made = ConnectorBench(tmp_path / "p", connector_of(reads=Parquet(needs=["id"]), relations={"interactions": select}))
    target = made.folder / "data" / "a.parquet"
    duckdb.sql(f"copy (select 'a' as id, timestamp '2026-11-02 09:00:00' as begun, 1.5 as wait) to '{target}'")
    assert four(made.ingest()) == (1, 0, 0, 0)
    assert made.query("select started_at, wait_s::double from interactions") == [(datetime(2026, 11, 2, 8), 1.5)]

    made = ConnectorBench(tmp_path / "x", connector_of(reads=Excel(sheet="calls"), relations={"interactions": select}))
    book = Workbook()
    book.active.title = "notes"
    sheet = book.create_sheet("calls")
    sheet.append(["id", "begun", "wait"])
    sheet.append(["a", datetime(2026, 11, 2, 9), 1.5])
    book.save(made.folder / "data" / "a.xlsx")
    assert four(made.ingest()) == (1, 0, 0, 0)
    assert made.query("select started_at, wait_s::double from interactions") == [(datetime(2026, 11, 2, 8), 1.5)]
