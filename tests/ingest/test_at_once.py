"""Several processes at one store: two that write, and readers while it is written."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from workbench import Workbench

from omnictl.engines.store import Store

WORKSPACE = """
timezone: UTC
country: FR
identity: {secret: said to every store}
sources:
  calls:
    connector: table
    path: calls*.csv
    columns: {interaction_id: id, channel: "'phone'", started_at: begun, queue: queue}
    identifiers: {customer_id: customer}
  votes:
    connector: table
    path: votes*.csv
    relation: surveys
    columns: {survey_id: id, question: "'nps'", score: score, interaction_source: "'calls'", interaction_id: id}
"""
ROWS = 400
HOLDER = """
import sys
from pathlib import Path
from omnictl.engines.store import Store
with Store(Path(sys.argv[1])).writer(command="omnictl run --full"):
    print("held", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def bench(workbench: Workbench) -> Workbench:
    workbench.workspace(WORKSPACE)
    deliver(workbench, 1)
    return workbench


def deliver(bench: Workbench, number: int) -> None:
    """As many calls as votes, in two files."""
    ids = range(number * ROWS, (number + 1) * ROWS)
    lines = "".join(f"{n},2026-05-01 10:{n % 60:02},q{number},K{n}\n" for n in ids)
    bench.write(f"calls{number}.csv", "id,begun,queue,customer\n" + lines)
    bench.write(f"votes{number}.csv", "id,score\n" + "".join(f"{n},{n % 11}\n" for n in ids))


def command(bench: Workbench, *args: str) -> list[str]:
    script = "from omnictl.cli.main import main; main()"
    return [sys.executable, "-c", script, "-C", str(bench.folder), *args]


@contextmanager
def held(bench: Workbench) -> Iterator[subprocess.Popen[str]]:
    """Another process writes to the store."""
    line = [sys.executable, "-c", HOLDER, str(bench.folder / ".omnictl")]
    with subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.communicate("\n", timeout=60)


def test_who_holds_the_store_is_said(bench: Workbench) -> None:
    with held(bench) as holder:
        said = bench.call("run", expect=2)
        assert f"process {holder.pid} (`omnictl run --full`) since 20" in said.stderr
        assert "--wait" in said.stderr
        skipped = bench.call("run", "--if-busy", "skip")
        assert f"process {holder.pid}" in skipped.stderr
        began = time.monotonic()
        bench.call("run", "--wait", "0.5 s", expect=2)
        assert 0.4 < time.monotonic() - began < 20
    bench.call("run")


def test_a_run_waits_for_another_and_then_does_its_part(bench: Workbench) -> None:
    with held(bench) as holder:
        waiting = subprocess.Popen(command(bench, "run", "--wait", "1 min"), stdout=subprocess.PIPE, text=True)
        time.sleep(1)
        assert waiting.poll() is None
        assert holder.poll() is None
    waiting.communicate(timeout=60)
    assert waiting.returncode == 0
    assert bench.sql("select count(*) as n from interactions") == [{"n": ROWS}]


def test_writers_at_once_give_what_one_gives(bench: Workbench) -> None:
    runs = [subprocess.Popen(command(bench, "run", "--wait", "1 min"), stdout=subprocess.DEVNULL) for _ in range(3)]
    for run in runs:
        assert run.wait(timeout=120) == 0
    assert bench.sql("select count(*) as n, count(distinct interaction_id) as ids from interactions") == [
        {"n": ROWS, "ids": ROWS}
    ]
    assert bench.accounting("calls")["used"] == ROWS
    assert {row["run_id"] for row in bench.rows("show", "runs")} == {bench.rows("show", "runs")[0]["run_id"]}


def test_readers_while_it_is_written_see_whole_states_only(bench: Workbench) -> None:
    """Calls and votes come together, in two transactions: no reader sees the one without the other."""
    bench.call("run")
    store = Store(bench.folder / ".omnictl")
    seen, reads = [], 0
    for number in (2, 3):
        deliver(bench, number)
        writing = subprocess.Popen(command(bench, "run"), stdout=subprocess.DEVNULL)
        while writing.poll() is None or not reads:
            reads += 1
            seen.append(counted(store))
            time.sleep(0.02)
        assert writing.returncode == 0
    seen.append(counted(store))
    whole = [(ROWS * number, ROWS * number, ROWS * number) for number in (1, 2, 3)]
    assert set(seen) <= set(whole)
    assert seen == sorted(seen)
    assert seen[0] == whole[0]
    assert seen[-1] == whole[-1]
    assert reads > 10


def counted(store: Store) -> tuple[int, ...]:
    reader = store.reader()
    try:
        selects = [f"(select count(*) from {table})" for table in ("interactions", "surveys", "identifiers")]
        (row,) = reader.execute("select " + ", ".join(selects)).fetchall()
        return tuple(row)
    finally:
        reader.close()


def test_a_reader_opened_before_a_run_keeps_its_rows(bench: Workbench) -> None:
    bench.call("run")
    early = Store(bench.folder / ".omnictl").reader()
    for number in (2, 3):
        deliver(bench, number)
        bench.call("run")
        assert early.execute("select count(*), max(queue) from interactions").fetchall() == [(ROWS, "q1")]
    early.close()
    assert bench.sql("select count(*) as n from interactions") == [{"n": 3 * ROWS}]


# file systems that refuse


@contextmanager
def mounted(folder: Path, size: str) -> Iterator[None]:
    """A small file system of its own in a folder."""
    folder.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        pytest.skip(f"a small file system takes the right to mount one: {done.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.parametrize("megabytes", [1, 4, 6])
def test_a_full_disk_is_said_and_leaves_what_was_published(bench: Workbench, megabytes: int) -> None:
    """However far the run comes before the disk is full: what was published stands, and room mends it."""
    store = bench.folder / ".omnictl"
    with mounted(store, "40m"):
        bench.call("run")
        before = counted(Store(store))
        bench.write("calls9.csv", "id,begun,queue,customer\n" + many(100_000))
        filler = store / "filler"
        free = int(subprocess.check_output(["stat", "-f", "-c", "%a*%S", str(store)]).decode().split("*")[0]) * 4096
        filler.write_bytes(bytes(free - (megabytes << 20)))
        said = bench.call("run", expect=2)
        assert "free some space" in said.stderr or "its disk not full" in said.stderr, said.stderr
        assert counted(Store(store)) == before
        filler.unlink()
        bench.call("run")
        assert bench.sql("select count(*) as n from interactions") == [{"n": ROWS + 100_000}]
        assert not [path.name for path in store.iterdir() if path.suffix in (".new", ".wal") or path.name == "tmp"]


def many(rows: int) -> str:
    return "".join(f"x{n},2026-05-02 10:{n % 60:02},{n * 7919 % 99991},K{n}\n" for n in range(rows))


def test_a_folder_that_cannot_be_written_is_said_and_can_be_read(bench: Workbench) -> None:
    store = bench.folder / ".omnictl"
    with mounted(store, "40m"):
        bench.call("run")
        deliver(bench, 2)
        subprocess.run(["mount", "-o", "remount,ro", str(store)], check=True)
        said = bench.call("run", expect=2)
        assert "cannot be written: Read-only file system" in said.stderr
        assert "the folder must be writable" in said.stderr
        assert bench.sql("select count(*) as n from interactions") == [{"n": ROWS}]
        assert bench.rows("kpi", "query", "contacts_received")
        assert bench.rows("status")[0]["state"] == "done"
        subprocess.run(["mount", "-o", "remount,rw", str(store)], check=True)
        bench.call("run")


def test_a_folder_of_somebody_else_is_said(bench: Workbench) -> None:
    """A path on which no folder can be made."""
    bench.write("taken", "a file")
    bench.workspace("store: taken/here\n" + WORKSPACE)
    said = bench.call("run", expect=2)
    assert "cannot be written: Not a directory" in said.stderr
