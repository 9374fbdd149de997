"""A clock that goes back between two runs, and files from the future."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from workbench import Workbench

SCRIPT = Path(__file__).with_name("shifted_run.py")
DAYS = 86_400
WORKSPACE = """
timezone: UTC
country: FR
sources:
  calls:
    connector: table
    path: calls*.csv
    retrieval: {every: 1d, lateness: 1h}
    columns: {interaction_id: id, channel: "'phone'", started_at: begun, version_at: version, queue: queue}
"""


@pytest.fixture
def calls(workbench: Workbench) -> Workbench:
    workbench.workspace(WORKSPACE)
    return workbench


def export(bench: Workbench, name: str, *rows: str, age_s: float = 3 * DAYS) -> None:
    path = bench.write(name, "id,begun,version,queue\n" + "".join(f"{row}\n" for row in rows))
    stamp = time.time() - age_s
    os.utime(path, (stamp, stamp))


def shifted(bench: Workbench, seconds: float, *args: str, expect: int = 0) -> list[dict[str, Any]]:
    """The rows of a command under a clock so many seconds ahead; in this process, whose clock is right, under none."""
    if not seconds:
        return bench.rows(*args, expect=expect)
    command = [sys.executable, str(SCRIPT), str(seconds), "-C", str(bench.folder), *args, "--format", "json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == expect, done.stderr
    assert "Traceback" not in done.stderr
    rows: list[dict[str, Any]] = json.loads(done.stdout)
    return rows


def test_the_last_run_is_the_last_although_the_clock_went_back(calls: Workbench) -> None:
    """It failed under a clock two days ahead and is sound now: what holds is what was done last."""
    export(calls, "calls1.csv", "1,2026-05-01 10:00:00,1,a")
    shifted(calls, 0, "run")
    broken = calls.write("calls2.csv", b"\x1f\x8b broken")
    assert shifted(calls, 2 * DAYS, "run", expect=2)[0]["status"] == "failed"
    broken.unlink()
    export(calls, "calls2.csv", "2,2026-05-02 10:00:00,1,b")
    assert shifted(calls, 0, "run")[0]["status"] == "done"
    (status,) = shifted(calls, 0, "status")
    assert status["state"] in ("done", "late")
    runs = shifted(calls, 0, "show", "runs", "--where", "stage = 'ingest'")
    assert [row["status"] for row in runs] == ["done", "failed", "done"]


def test_figures_do_not_depend_on_the_clock_of_the_runs(calls: Workbench) -> None:
    """Which version of a record holds is said by the record, whichever run read it."""
    export(calls, "calls1.csv", "1,2026-05-01 10:00:00,2,new", "2,2026-05-01 11:00:00,1,old")
    shifted(calls, 400 * DAYS, "run")
    export(calls, "calls2.csv", "1,2026-05-01 10:00:00,1,old", "2,2026-05-01 11:00:00,2,new", age_s=2 * DAYS)
    assert shifted(calls, 0, "run")[0]["used"] == 1
    shown = shifted(calls, 0, "show", "interactions", "--columns", "interaction_id,queue")
    assert shown == [{"interaction_id": "1", "queue": "new"}, {"interaction_id": "2", "queue": "new"}]


def test_a_file_from_the_future_is_read_once_and_again_when_it_changes(calls: Workbench) -> None:
    export(calls, "calls1.csv", "1,2026-05-01 10:00:00,1,a", age_s=-9 * DAYS)
    assert shifted(calls, 0, "run")[0]["status"] == "done"
    assert shifted(calls, 0, "run")[0]["status"] == "unchanged"
    export(calls, "calls1.csv", "1,2026-05-01 10:00:00,1,b", age_s=-9 * DAYS)  # of the same size and time
    assert shifted(calls, 0, "run")[0]["status"] == "done"
    (row,) = shifted(calls, 0, "show", "interactions", "--columns", "queue")
    assert row == {"queue": "b"}


def test_a_file_changed_under_a_clock_gone_back_is_seen(calls: Workbench) -> None:
    """Examined two days ahead, changed now: its time says it is older than when it was looked at."""
    export(calls, "calls1.csv", "1,2026-05-01 10:00:00,1,a", age_s=DAYS)
    shifted(calls, 2 * DAYS, "run")
    export(calls, "calls1.csv", "1,2026-05-01 10:00:00,1,b", age_s=0)
    assert shifted(calls, 0, "run")[0]["status"] == "done"
    (row,) = shifted(calls, 0, "show", "interactions", "--columns", "queue")
    assert row == {"queue": "b"}


def test_records_from_the_future_do_not_make_a_source_complete(calls: Workbench) -> None:
    """One call dated 2099 must not say that all calls until then are there."""
    export(calls, "calls1.csv", "1,2026-05-01 10:00:00,1,a", "2,2099-01-01 00:00:00,1,a", age_s=DAYS)
    shifted(calls, 0, "run")
    (status,) = shifted(calls, 0, "status")
    assert str(status["watermark"]) < f"{time.gmtime().tm_year + 1}"
