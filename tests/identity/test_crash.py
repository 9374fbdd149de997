"""Killed anywhere in a run that links and builds, the next run gives the people of a run never killed."""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from ingest_bench import Bench

from omnictl.run import STAGES

SCRIPT = Path(__file__).parents[1] / "ingest" / "killed_run.py"
SOURCES = """
    calls:
      connector: table
      path: calls*.csv
      columns: {interaction_id: id, channel: ch, started_at: begun}
      identifiers: {phone: phone, customer_id: customer}
"""
PLACES = 4


def calls(*ids: int) -> str:
    def customer(n: int) -> str:
        return f"c{n % 5}" if n % 7 == 0 else ""

    rows = (f"{n},phone,2026-05-01 10:{n % 60:02},06120000{n % 61:02},{customer(n)}\n" for n in ids)
    return "id,ch,begun,phone,customer\n" + "".join(rows)


def run_killed_at(bench: Bench, place: int) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SCRIPT), str(bench.folder), str(place)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def published(bench: Bench) -> dict[str, list[tuple[Any, ...]]]:
    texts = {
        "identities": "from identities",
        "cuts": "from cut_identifiers",
        "changes": "select change, was, person_id, interactions from person_changes",
        "followups": "from followups",
        "needs": "from needs",
    }
    return bench.answers(texts)


def test_killed_while_linking_or_building(tmp_path: Path) -> None:
    start = Bench(tmp_path / "start")
    start.folder.mkdir()
    start.sources(SOURCES)
    (start.folder / ".omnictl").mkdir(mode=0o700)
    start.write(".omnictl/secret", "the same secret in every folder\n")
    start.write("calls1.csv", calls(*range(120)))
    start.run(stages=STAGES)
    before = published(start)
    start.write("calls2.csv", calls(*range(124, 128)), minutes=1)
    whole = Bench(Path(shutil.copytree(start.folder, tmp_path / "whole")))
    steps = int(run_killed_at(whole, 0).stdout)
    after = published(whole)
    assert after != before
    assert after["changes"], "the increment joins people"
    for place in sorted(random.Random(4).sample(range(steps // 3, steps), PLACES)):
        bench = Bench(Path(shutil.copytree(start.folder, tmp_path / str(place))))
        assert run_killed_at(bench, place).returncode == -signal.SIGKILL
        assert published(bench) in (before, after), place
        assert bench.run(stages=STAGES).exit_code == 0
        assert published(bench) == after, place
