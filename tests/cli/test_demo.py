"""`omnictl demo`: one command, and figures."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from click.testing import CliRunner

from omnictl.cli.main import omnictl
from omnictl.plugins import LIMIT


@pytest.fixture
def switch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(LIMIT, "asterisk")


@pytest.mark.usefixtures("switch")
def test_the_demo_runs_to_the_end_and_tells_where_to_look(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    done = CliRunner().invoke(omnictl, ["demo", str(folder), "--interactions", "1500", "--end", "2026-11-20"])
    assert done.exit_code == 0, done.stderr
    titles = ("What became of the records", "Main KPIs by channel", "People, and what happens next", "Rejected records")
    for title in titles:
        assert title in done.stdout
    for label in ("Repeat contact rate", "Phone after web", "First interaction resolution", "Identification rate"):
        assert label in done.stdout
    assert "Contacts received" in done.stdout or "Contacts reçus" in done.stdout
    tried = [line.split()[3:] for line in done.stderr.splitlines() if line.startswith(f"  omnictl -C {folder} ")]
    assert ["status"] in tried
    assert {command[1] for command in tried if command[0] == "journey"} == {"repeat", "matrix", "show"}
    for command in tried:
        asked = CliRunner().invoke(omnictl, ["-C", str(folder), *command])
        assert asked.exit_code == 0, asked.stderr
        assert asked.stdout
    assert (folder / "README.md").is_file()
    answer = CliRunner().invoke(omnictl, ["-C", str(folder), "kpi", "query", "contacts_received", "--format", "csv"])
    (row,) = csv.DictReader(io.StringIO(answer.stdout))
    assert int(row["contacts_received"]) > 500
    again = CliRunner().invoke(omnictl, ["demo", str(folder)])
    assert (again.exit_code, again.stdout) == (2, "")
    assert "is not empty" in again.stderr


def test_a_demo_too_small_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    done = CliRunner().invoke(omnictl, ["demo", str(tmp_path / "demo"), "--interactions", "3"])
    assert done.exit_code == 2
    assert not (tmp_path / "demo").exists()


def test_without_what_reads_the_switch_nothing_is_written(tmp_path: Path) -> None:
    done = CliRunner().invoke(omnictl, ["demo", str(tmp_path / "demo")])
    assert (done.exit_code, done.stdout) == (2, "")
    assert "pip install omnictl-asterisk" in done.stderr
    assert "pip install -e plugins/omnictl-asterisk" in done.stderr
    assert not (tmp_path / "demo").exists()
