"""`omnictl demo`: one command, and figures."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from click.testing import CliRunner

from omnictl.cli.main import omnictl


def test_the_demo_runs_to_the_end_and_tells_where_to_look(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    done = CliRunner().invoke(omnictl, ["demo", str(folder), "--interactions", "1500", "--end", "2026-11-20"])
    assert done.exit_code == 0, done.stderr
    for title in ("What became of the records", "Main KPIs by channel", "Rejected records"):
        assert title in done.stdout
    assert "Contacts received" in done.stdout or "Contacts reçus" in done.stdout
    assert f"omnictl -C {folder} status" in done.stderr
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
