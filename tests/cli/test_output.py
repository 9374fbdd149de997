"""Where data goes: stdout, a file that is whole or not there, and nothing else on stdout."""

from __future__ import annotations

import io
import json
import os
import pty
import stat
import subprocess
import sys
from pathlib import Path

import duckdb
import openpyxl
import pytest
from click.testing import CliRunner
from workbench import Workbench

from omnictl.cli.base import Session
from omnictl.cli.main import omnictl
from omnictl.cli.output import Output, replacing
from omnictl.errors import OmnictlError
from omnictl.render import Col, Table

TABLE = Table([Col("a"), Col("b", "ratio", "Taux")], [("x", 0.5)], title="Title", notes=["mind the gap"])


def test_one_table_has_no_title_and_its_notes_go_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    Output("csv", None, Session()).write(TABLE, lang="fr")
    told = capsys.readouterr()
    assert told.out == "a,b\nx,0.5\n"
    assert told.err == "note: mind the gap\n"


def test_several_tables_stand_under_their_titles(capsys: pytest.CaptureFixture[str]) -> None:
    Output("md", None, Session(quiet=True)).write(TABLE, TABLE, lang="fr")
    told = capsys.readouterr()
    assert told.out.count("## Title\n\n| a | Taux |\n") == 2
    assert "50,0\u202f%" in told.out
    assert told.err == ""


def test_a_file_appears_whole(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "answer.csv"
    Output("csv", target, Session(quiet=True)).write(TABLE, lang="en")
    assert target.read_bytes() == b"a,b\nx,0.5\n"
    assert capsys.readouterr().out == ""
    assert os.listdir(tmp_path) == ["answer.csv"]


def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    target = tmp_path / "answer.csv"
    target.write_text("old")

    def interrupted() -> None:
        with replacing(target) as out:
            out.write("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert target.read_text() == "old"
    assert os.listdir(tmp_path) == ["answer.csv"]


def test_a_replaced_file_keeps_its_rights_and_a_link_stays_a_link(tmp_path: Path) -> None:
    real = tmp_path / "real.csv"
    real.write_text("old")
    real.chmod(0o640)
    link = tmp_path / "link.csv"
    link.symlink_to(real)
    with replacing(link) as out:
        out.write("new")
    assert link.is_symlink()
    assert real.read_text() == "new"
    assert stat.S_IMODE(real.stat().st_mode) == 0o640


def test_a_new_file_gets_the_rights_of_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        with replacing(tmp_path / "new.csv") as out:
            out.write("x")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "new.csv").stat().st_mode) == 0o640


def test_a_device_is_written_as_it_is() -> None:
    with replacing(Path(os.devnull)) as out:
        out.write("x")
    assert stat.S_ISCHR(os.stat(os.devnull).st_mode)


@pytest.mark.parametrize("name", ["", "no/such/folder.csv"])
def test_a_place_that_cannot_be_written_is_an_error(tmp_path: Path, name: str) -> None:
    with pytest.raises(OmnictlError), replacing(tmp_path / name):
        pass


CALLS = "id,begun,result,wait,queue\n1,2026-03-01T10:00:00Z,handled,10,=2+5\n2,2026-03-02T23:30:00Z,handled,2.5,\n"
WORKSPACE = """\
timezone: Europe/Paris
sources:
  calls:
    connector: table
    path: calls.csv
    columns:
      {interaction_id: id, channel: "'phone'", direction: "'inbound'", started_at: begun, queued_at: begun,
       ended_at: begun, outcome: result, wait_s: wait, queue: queue}
"""


@pytest.fixture
def centre(workbench: Workbench) -> Workbench:
    workbench.workspace(WORKSPACE)
    workbench.write("calls.csv", CALLS)
    workbench.call("run")
    return workbench


def test_the_name_of_the_file_chooses_parquet_with_the_types_of_the_store(centre: Workbench) -> None:
    file = centre.folder / "calls.parquet"
    columns = "interaction_id,started_at,wait_s,in_hours,queue,resolved_at"
    assert centre.call("show", "interactions", "--columns", columns, "--out", str(file)).stdout == ""
    shape = {row[0]: row[1] for row in duckdb.sql(f"describe from '{file}'").fetchall()}
    assert shape == {
        "interaction_id": "VARCHAR",
        "started_at": "TIMESTAMP",
        "wait_s": "DECIMAL(18,3)",
        "in_hours": "BOOLEAN",
        "queue": "VARCHAR",
        "resolved_at": "TIMESTAMP",  # empty in every row
    }
    assert duckdb.sql(f"select queue from '{file}' order by interaction_id").fetchall() == [("=2+5",), (None,)]


def test_figures_carry_their_definitions(centre: Workbench) -> None:
    for suffix in ("parquet", "xlsx"):
        centre.call("kpi", "query", "answer_rate", "visits", "--parts", "--out", str(centre.folder / f"a.{suffix}"))
    found = duckdb.execute("select key, value from parquet_kv_metadata(?)", [str(centre.folder / "a.parquet")])
    told = {key.decode(): json.loads(value) for key, value in found.fetchall() if key != b"omnictl.version"}
    rate, visits = told["omnictl.definitions"]
    assert (rate["kpi"], rate["parameters"], visits["kpi"]) == ("answer_rate", {"short_abandon": "5 s"}, "visits")
    assert rate["expressions"]["numerator"] == {"default": "count_if(outcome = 'handled')"}
    assert rate["digest"]
    book = openpyxl.load_workbook(centre.folder / "a.xlsx")
    assert book.sheetnames == ["data", "definitions"]
    assert [row[0] for row in book["definitions"].iter_rows(values_only=True)][:3] == ["kpi", "answer_rate", "visits"]
    heads = {cell.value: cell for cell in book["data"][1]}
    value = book["data"].cell(2, heads["Answer rate"].column)
    assert (value.value, value.number_format) == (1, "0.0%")


def test_a_pipe_takes_a_file_too(centre: Workbench) -> None:
    done = CliRunner().invoke(omnictl, ["-C", str(centre.folder), "show", "interactions", "--format", "xlsx"])
    assert done.exit_code == 0
    sheet = openpyxl.load_workbook(io.BytesIO(done.stdout_bytes)).active
    assert sheet is not None and sheet["C1"].value == "kind"
    done = CliRunner().invoke(omnictl, ["-C", str(centre.folder), "sql", "select 1 as a", "--format", "parquet"])
    assert done.stdout_bytes.startswith(b"PAR1") and done.stdout_bytes.endswith(b"PAR1")


@pytest.mark.parametrize("format", ["parquet", "xlsx"])
def test_a_terminal_gets_no_file(tmp_path: Path, format: str) -> None:
    ours, theirs = pty.openpty()
    code = "from omnictl.cli.main import main; main()"
    line = [sys.executable, "-c", code, "explain", "--format", format]
    done = subprocess.run(line, cwd=tmp_path, stdout=theirs, stderr=subprocess.PIPE, text=True, check=False)
    os.close(theirs)
    os.close(ours)
    assert done.returncode == 2
    assert f"{format} is not for a terminal" in done.stderr and f"--out FILE.{format}" in done.stderr


def test_several_tables_are_several_sheets(centre: Workbench) -> None:
    file = centre.folder / "status.xlsx"
    Output("xlsx", file, Session(quiet=True)).write(TABLE, TABLE, lang="en")
    assert openpyxl.load_workbook(file).sheetnames == ["Title", "Title 2"]


def test_a_file_that_fails_leaves_the_old_one_and_no_other(tmp_path: Path) -> None:
    target = tmp_path / "answer.parquet"
    target.write_text("old")
    with pytest.raises(OmnictlError):
        Output("parquet", target, Session(quiet=True)).write(TABLE, TABLE, lang="en")
    assert target.read_text() == "old"
    assert os.listdir(tmp_path) == ["answer.parquet"]


def test_csv_for_excel_in_french_is_said_by_one_option(centre: Workbench) -> None:
    line = [
        "-C",
        str(centre.folder),
        "show",
        "interactions",
        "--columns",
        "queue,wait_s,started_at",
        "--csv",
        "excel-fr",
    ]
    done = CliRunner().invoke(omnictl, line)
    assert done.stdout_bytes.decode() == (
        "\ufeffqueue;wait_s;started_at (UTC)\r\n'=2+5;10,000;01/03/2026 10:00:00\r\n;2,500;02/03/2026 23:30:00\r\n"
    )
    file = centre.folder / "calls.txt"
    centre.call(*line, "--out", str(file))
    assert file.read_bytes() == done.stdout_bytes


def test_csv_and_another_format_contradict_each_other(centre: Workbench) -> None:
    told = centre.call("show", "--csv", "excel-fr", "--format", "json", expect=2)
    assert "--format json does not" in told.stderr
