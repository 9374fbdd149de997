"""Killed anywhere, the published state stands, and the next run gives what a run never killed gives."""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from ingest_bench import Bench

SOURCES = """
    calls:
      connector: table
      path: calls*.csv
      columns:
        interaction_id: id
        channel: ch
        started_at: begun
        version_at: version
        queue: queue
      identifiers: {phone: phone}
    votes:
      connector: table
      path: votes*.csv
      relation: surveys
      columns: {survey_id: id, question: "'nps'", score: score, interaction_source: "'calls'", interaction_id: id}
"""
SCRIPT = Path(__file__).with_name("killed_run.py")
KILLS = 3  # places tried of each scenario


def calls(*ids: int, version: int) -> str:
    lines = (f"{n},phone,2026-05-01 10:{n % 60:02},{version},q{version},06{n:08}\n" for n in ids)
    return "id,ch,begun,version,queue,phone\n" + "".join(lines) + "x,,never,,,\n"


def votes(*ids: int) -> str:
    return "id,score\n" + "".join(f"{n},{n % 11}\n" for n in ids)


def first_load(folder: Path) -> Bench:
    folder.mkdir()
    bench = Bench(folder)
    bench.sources(SOURCES)
    (folder / ".omnictl").mkdir(mode=0o700)
    bench.write(".omnictl/secret", "the same secret in every folder\n")
    bench.write("calls1.csv", calls(*range(40), version=1))
    bench.write("votes1.csv", votes(*range(30)))
    return bench


def increment(bench: Bench) -> None:
    bench.write("calls2.csv", calls(*range(20, 60), version=2), minutes=1)
    bench.write("votes1.csv", votes(*range(10, 50)), minutes=1)


def run_killed_at(bench: Bench, place: int) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SCRIPT), str(bench.folder), str(place)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def published(bench: Bench) -> dict[str, Any] | None:
    return bench.contents() if bench.store.published.exists() else None


@pytest.mark.parametrize("scenario", ["first load", "increment"])
def test_killed_at_any_statement(tmp_path: Path, scenario: str) -> None:
    start = first_load(tmp_path / "start")
    if scenario == "increment":
        start.run()
        increment(start)
    before = published(start)
    whole = Bench(Path(shutil.copytree(start.folder, tmp_path / "whole")))
    unharmed = run_killed_at(whole, 0)
    assert unharmed.returncode == 0, unharmed.stderr
    steps, after = int(unharmed.stdout), published(whole)
    assert steps > 60
    assert after != before
    drawn = random.Random(scenario).sample(range(1, steps), KILLS)
    for place in sorted({*drawn, steps - 3, steps - 1}):  # the last ones publish
        bench = Bench(Path(shutil.copytree(start.folder, tmp_path / str(place))))
        killed = run_killed_at(bench, place)
        assert killed.returncode == -signal.SIGKILL, killed.stderr
        assert published(bench) in (before, after), place
        report = bench.run()
        assert report.exit_code == 0
        assert published(bench) == after, place
        assert not (bench.folder / ".omnictl" / "tmp").exists()


def test_killed_at_any_time_while_loading(tmp_path: Path) -> None:
    """By the clock, in the middle of statements: a load large enough to write to the file before it commits."""
    start = first_load(tmp_path / "start")
    start.write("calls1.csv", calls(*range(150_000), version=1))
    whole = Bench(Path(shutil.copytree(start.folder, tmp_path / "whole")))
    began = time.monotonic()
    assert run_killed_at(whole, 0).returncode == 0
    took, asked = (
        time.monotonic() - began,
        "select count(*), sum(hash(queue, started_at)), max(_record) from interactions",
    )
    expected = whole.query(asked)
    draw = random.Random(7)
    for place in range(2):
        bench = Bench(Path(shutil.copytree(start.folder, tmp_path / str(place))))
        command = [sys.executable, str(SCRIPT), str(bench.folder), "0"]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
            time.sleep(took * draw.uniform(0.4, 0.95))
            process.kill()
        bench.run()
        assert bench.query(asked) == expected


def test_an_interrupted_run_leaves_the_published_state(tmp_path: Path) -> None:
    """Ctrl-C."""
    bench = first_load(tmp_path / "start")
    bench.run()
    before = published(bench)
    bench.write("calls2.csv", calls(*range(100, 100_000), version=2), minutes=1)
    command = [sys.executable, str(SCRIPT), str(bench.folder), "0"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        while not (bench.folder / ".omnictl" / "tmp").exists():  # it has begun to write
            assert process.poll() is None
            time.sleep(0.005)
        time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) != 0
    assert published(bench) == before
    assert not (bench.folder / ".omnictl" / "tmp").exists()
    bench.run()
    assert bench.value("select count(*) from interactions where source = 'calls'") == 40 + 100_000 - 100


def test_a_full_disk_while_loading(tmp_path: Path) -> None:
    """A limit on the size of files stands in for it: an error that says so, and a later run that succeeds."""
    bench = first_load(tmp_path / "start")
    bench.run()
    before = published(bench)
    bench.write("calls2.csv", calls(*range(100, 100_000), version=2), minutes=1)
    script = """
import resource, sys
from pathlib import Path
from omnictl.errors import EngineError
from omnictl.run import run
from omnictl.workspace import load_workspace
resource.setrlimit(resource.RLIMIT_FSIZE, (1_500_000, 1_500_000))
try:
    run(load_workspace(Path(sys.argv[1]) / "omnictl.yml"))
except EngineError as error:
    sys.stdout.write(error.text())
"""
    command = [sys.executable, "-c", script, str(bench.folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert "source `calls` could not be loaded" in done.stdout, done
    assert "larger files" in done.stdout
    assert published(bench) == before
    bench.run()
    assert bench.value("select count(*) from interactions where source = 'calls'") == 40 + 100_000 - 100
