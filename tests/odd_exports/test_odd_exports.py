"""Exports as tools and spreadsheets really write them, end to end: what is loaded, what became of every record."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from workbench import Workbench

HEAD = """\
workspace: odd
timezone: Europe/Paris
country: FR
sources:
  tickets:
    connector: table
    path: {path}
"""
CONTACTS = """\
    columns:
      interaction_id: id
      channel: "'phone'"
      started_at: strptime(begun, '{time}')
"""


def load(bench: Workbench, content: str | bytes, columns: str, *, path: str = "export.csv", extra: str = "") -> None:
    """Write one export and its workspace, and run it."""
    bench.write(path, content)
    bench.workspace(HEAD.format(path=path) + extra + columns)
    bench.call("run")


def counted(**counts: int) -> dict[str, int]:
    return {"records": 0, "used": 0, "rejected": 0, "superseded": 0, "filtered": 0, **counts}


def starts(bench: Workbench) -> dict[str, str]:
    """The start of each contact, in UTC to the minute."""
    rows = bench.sql("select interaction_id as id, strftime(started_at, '%Y-%m-%d %H:%M') as at from interactions")
    return {row["id"]: row["at"] for row in rows}


def test_a_name_twice_in_the_header(workbench: Workbench) -> None:
    text = "id,date,queue,date\n1,2026-03-05 10:00,auto,2026-03-05 10:20\n2,2026-03-06 09:00,auto,\n"
    columns = """\
    columns:
      interaction_id: id
      channel: "'phone'"
      started_at: strptime(date, '%Y-%m-%d %H:%M')
      ended_at: strptime(date_1, '%Y-%m-%d %H:%M')
"""
    load(workbench, text, columns)
    assert workbench.accounting("tickets") == counted(records=2, used=2)
    rows = workbench.sql(
        "select interaction_id as id, date_diff('minute', started_at, ended_at) as minutes from interactions order by 1"
    )
    assert rows == [{"id": "1", "minutes": 20}, {"id": "2", "minutes": None}]


def test_a_question_mark_means_nothing_is_known(workbench: Workbench) -> None:
    text = (
        "id;begun;wait;caller\n"
        "1;2026-03-05 10:00;12;06 12 34 56 78\n2;2026-03-05 10:05;?;?\n?;2026-03-05 10:06;1;06 12 34 56 78\n"
    )
    columns = CONTACTS.format(time="%Y-%m-%d %H:%M") + "      wait_s: wait\n    identifiers: {phone: caller}\n"
    load(workbench, text, columns, extra='    missing: ["?"]\n')
    assert workbench.accounting("tickets") == counted(records=3, used=2, rejected=1)
    assert workbench.sql("select count(*) as n, count(wait_s) as waits from interactions") == [{"n": 2, "waits": 1}]
    assert workbench.sql("select count(*) as n from identifiers") == [{"n": 1}]


def test_day_first_dates_are_not_guessed_month_first(workbench: Workbench) -> None:
    text = "id;begun\n1;05/03/2026 14:02\n2;31/12/2026 23:30\n3;29/02/2026 10:00\n4;03/31/2026 10:00\n"
    load(workbench, text, CONTACTS.format(time="%d/%m/%Y %H:%M"))
    assert workbench.accounting("tickets") == counted(records=4, used=2, rejected=2)
    assert starts(workbench) == {"1": "2026-03-05 13:02", "2": "2026-12-31 22:30"}
    rejects = workbench.rows("show", "rejects")
    assert [(row["record"], row["line"], row["column"]) for row in rejects] == [
        (3, 4, "started_at"),
        (4, 5, "started_at"),
    ]


def test_two_digit_years_and_twelve_hour_clocks(workbench: Workbench) -> None:
    text = "id,begun\na,03/11/26 02:15 PM\nb,03/11/26 12:05 AM\nc,12/31/25 12:00 PM\n"
    load(workbench, text, CONTACTS.format(time="%m/%d/%y %I:%M %p"))
    assert workbench.accounting("tickets") == counted(records=3, used=3)
    assert starts(workbench) == {"a": "2026-03-11 13:15", "b": "2026-03-10 23:05", "c": "2025-12-31 11:00"}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_is_no_part_of_the_first_name(workbench: Workbench, encoding: str) -> None:
    text = "id;begun;queue\n1;2026-03-05 10:00;Santé – prévoyance\n"
    load(workbench, text.encode(encoding), CONTACTS.format(time="%Y-%m-%d %H:%M") + "      queue: queue\n")
    assert workbench.accounting("tickets") == counted(records=1, used=1)
    assert workbench.sql("select queue from interactions") == [{"queue": "Santé – prévoyance"}]


def test_line_feeds_inside_quotes(workbench: Workbench) -> None:
    text = (
        'id,begun,note\r\n1,2026-03-05 10:00,"first line\r\nsecond line\n\nfourth, with a comma"\r\n'
        '2,never,"said ""hello""\nand left"\r\n3,2026-03-05 11:00,plain\r\n'
    )
    load(workbench, text, CONTACTS.format(time="%Y-%m-%d %H:%M") + "      outcome_detail: note\n")
    assert workbench.accounting("tickets") == counted(records=3, used=2, rejected=1)
    (note,) = workbench.sql("select outcome_detail as note from interactions where interaction_id = '1'")
    assert note["note"].splitlines() == ["first line", "second line", "", "fourth, with a comma"]
    (reject,) = workbench.rows("show", "rejects")
    assert (reject["record"], reject["line"]) == (2, 6)


def test_twenty_thousand_blank_rows_at_the_end(workbench: Workbench) -> None:
    body = "".join(f"{number};2026-03-05 10:{number:02d};12\n" for number in range(10))
    load(workbench, "id;begun;wait\n" + body + ";;\n" * 20_000, CONTACTS.format(time="%Y-%m-%d %H:%M"))
    assert workbench.accounting("tickets") == counted(records=20_010, used=10, filtered=20_000)


def test_blank_rows_of_a_workbook(workbench: Workbench) -> None:
    """A sheet whose formatting reaches far below its rows: blank cells are records of nothing, not rejects."""
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["id", "begun", "wait"])
    for number in range(10):
        sheet.append([f"t{number}", f"2026-03-05 10:{number:02d}", number])
    for row in range(12, 20_012):
        sheet.cell(row, 2, "").number_format = "@"
    book.save(workbench.folder / "export.xlsx")
    workbench.workspace(
        HEAD.format(path="export.xlsx") + CONTACTS.format(time="%Y-%m-%d %H:%M") + "      wait_s: wait\n"
    )
    workbench.call("run")
    counts = workbench.accounting("tickets")
    assert (counts["used"], counts["rejected"], counts["superseded"]) == (10, 0, 0)
    assert workbench.sql("select sum(wait_s) as waits from interactions") == [{"waits": 45}]


def test_bytes_that_are_no_utf_8(workbench: Workbench) -> None:
    """Two bytes of a thousand rows are broken: the rest of the file, and of these rows, is as it was."""
    lines = [f"{number};2026-03-05 10:{number % 60:02d};Prévoyance {number}\n".encode() for number in range(1000)]
    lines[500] = b"500;2026-03-05 10:20;Pr\xe9voyance 500\n"
    lines[700] = b"700;2026-03-05 10:40;\xff\n"
    load(
        workbench,
        b"id;begun;queue\n" + b"".join(lines),
        CONTACTS.format(time="%Y-%m-%d %H:%M") + "      queue: queue\n",
    )
    counts = workbench.accounting("tickets")
    assert counts["records"] == 1000
    assert counts["used"] + counts["rejected"] == 1000
    assert counts["used"] >= 998
    (row,) = workbench.sql("select count(*) as n from interactions where queue = 'Prévoyance ' || interaction_id")
    assert row == {"n": 998}


def test_a_file_in_windows_encoding(workbench: Workbench) -> None:
    text = "id;begun;queue\n1;2026-03-05 10:00;Prévoyance – été €\n"
    load(workbench, text.encode("cp1252"), CONTACTS.format(time="%Y-%m-%d %H:%M") + "      queue: queue\n")
    assert workbench.sql("select queue from interactions") == [{"queue": "Prévoyance – été €"}]


def test_one_row_per_update(workbench: Workbench) -> None:
    """The newest update of a ticket wins wherever it stands; of two equally new ones, the later record."""
    text = (
        "id,begun,updated,state\n"
        "1,2026-03-05 10:00,2026-03-05 10:00:00,new\n"
        "1,2026-03-05 10:00,2026-03-05 12:00:00,closed\n"
        "1,2026-03-05 10:00,2026-03-05 11:00:00,open\n"
        "2,2026-03-05 10:30,2026-03-05 10:30:00,first\n"
        "2,2026-03-05 10:30,2026-03-05 10:30:00,second\n"
        "3,2026-03-05 10:45,,only\n"
        "4,2026-03-05 10:50,2026-03-05 10:50:00,dated\n"
        "4,2026-03-05 10:50,,undated\n"
    )
    columns = CONTACTS.format(time="%Y-%m-%d %H:%M") + "      version_at: updated\n      outcome_detail: state\n"
    load(workbench, text, columns)
    assert workbench.accounting("tickets") == counted(records=8, used=4, superseded=4)
    rows = workbench.sql("select interaction_id as id, outcome_detail as state from interactions order by 1")
    assert rows == [
        {"id": "1", "state": "closed"},
        {"id": "2", "state": "second"},
        {"id": "3", "state": "only"},
        {"id": "4", "state": "dated"},
    ]


def test_updates_spread_over_files_and_runs(workbench: Workbench) -> None:
    """Yesterday's file holds the newest update of a ticket that today's file repeats as it was before."""
    columns = CONTACTS.format(time="%Y-%m-%d %H:%M") + "      version_at: updated\n      outcome_detail: state\n"
    workbench.write("day-2.csv", "id,begun,updated,state\n1,2026-03-05 10:00,2026-03-06 09:00,closed\n")
    workbench.workspace(HEAD.format(path="day-*.csv") + columns)
    workbench.call("run")
    workbench.write(
        "day-3.csv", "id,begun,updated,state\n1,2026-03-05 10:00,2026-03-05 18:00,open\n2,2026-03-06 10:00,,new\n"
    )
    workbench.call("run")
    rows = workbench.sql("select interaction_id as id, outcome_detail as state from interactions order by 1")
    assert rows == [{"id": "1", "state": "closed"}, {"id": "2", "state": "new"}]


def test_figures_do_not_depend_on_how_a_log_is_cut(workbench: Workbench, tmp_path: Path) -> None:
    """One file, or the same records in three: the same figures."""
    records = [
        f"{number % 40},2026-03-{1 + number % 28:02d} 10:00,2026-04-01 {number % 24:02d}:00:00,"
        f"{'handled' if number % 3 else 'abandoned'},{number % 50}"
        for number in range(300)
    ]
    columns = (
        CONTACTS.format(time="%Y-%m-%d %H:%M")
        + "      queued_at: strptime(begun, '%Y-%m-%d %H:%M')\n      version_at: updated\n"
        + "      outcome: state\n      wait_s: wait\n"
    )
    header = "id,begun,updated,state,wait\n"
    answers: list[Any] = []
    for name, cuts in (("whole", [300]), ("parts", [70, 71, 300])):
        bench = Workbench(tmp_path / name)
        begin = 0
        for end in cuts:
            bench.write(f"log-{end:03d}.csv", header + "".join(line + "\n" for line in records[begin:end]))
            begin = end
        bench.workspace(HEAD.format(path="log-*.csv") + columns)
        bench.call("run")
        counts = bench.accounting("tickets")
        assert (counts["records"], counts["used"], counts["superseded"]) == (300, 40, 260)
        answers.append(bench.rows("kpi", "query", "abandonment_rate", "average_speed_of_answer", "--every", "day"))
    assert json.dumps(answers[0]) == json.dumps(answers[1])
