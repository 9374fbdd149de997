"""What the store and the plugin door promise in seconds: record connectors, increments, runs with nothing new, and
memory that does not follow the size of a file."""

from __future__ import annotations

import shutil
import statistics
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.children import omnictl, spend
from benchmarks.pairs import Measure
from benchmarks.workspaces import contacts_workspace, export_of, loaded

HERE = Path(__file__).parent
MILLION = 1_000_000
RECORDS = """\
workspace: measured
timezone: Europe/Paris
country: FR
sources:
  contacts: {{connector: measured, path: {export}}}
"""


def records(folder: Path, rows: int, pairs: int) -> Iterator[Measure]:
    """A connector that yields its records one by one, whole `omnictl ingest`; 80,000 records a CPU second at least."""
    count = min(rows, MILLION)
    export = export_of(folder, count, "csv")
    workspace = folder / "records"
    workspace.mkdir(parents=True, exist_ok=True)
    (workspace / "omnictl.yml").write_text(RECORDS.format(export=export), encoding="utf-8")
    child = ["env", f"PYTHONPATH={HERE / 'plugin'}", *omnictl("ingest", "--quiet", workspace=workspace)]
    spent = []
    for _ in range(max(3, pairs // 2)):
        shutil.rmtree(workspace / ".omnictl", ignore_errors=True)
        spent.append(spend(child).cpu_s * MILLION / count)
    yield _many("records yielded one by one, per million", spent, MILLION / 80_000)


def increment(folder: Path, rows: int, pairs: int) -> Iterator[Measure]:
    """A hundredth more rows on a large store, up to the published copy: all new, then half of them newer versions of
    known ones, which must be looked up, withdrawn and all counts made anew; then nothing."""
    large = export_of(folder, rows, "parquet")
    workspace = folder / "increment"
    shutil.rmtree(workspace, ignore_errors=True)
    contacts_workspace(workspace, large)
    loaded(workspace)
    whole = workspace / "whole.duckdb"
    work = workspace / ".omnictl" / "store.work.duckdb"
    shutil.copyfile(work, whole)
    for known, what, target in ((1, "new rows", 3), (2, "rows, half of them known,", 6)):
        _add_increment(workspace, large, rows // 100, known)
        spent = []
        for _ in range(max(3, pairs // 2)):
            shutil.copyfile(whole, work)
            spent.append(spend([sys.executable, HERE / "unpublished.py", workspace]).cpu_s)
        yield _many(f"{rows // 100:,} {what} on {rows:,}, unpublished", spent, target)
    loaded(workspace)
    idle = [spend(omnictl("run", "--quiet", workspace=workspace)).cpu_s for _ in range(max(5, pairs))]
    yield _many(f"run with nothing new, {rows:,} rows", idle, 1)
    whole.unlink()


def flat(folder: Path, rows: int, pairs: int) -> Iterator[Measure]:
    """The greatest memory of ingesting one file, beside that of a file half its size."""
    peaks = []
    for count in (rows // 2, rows):
        workspace = contacts_workspace(folder / f"flat-{count}", export_of(folder, count, "csv"))
        shutil.rmtree(workspace / ".omnictl", ignore_errors=True)
        peaks.append(spend(omnictl("ingest", "--quiet", workspace=workspace)).peak_bytes)
        shutil.rmtree(workspace / ".omnictl")
    against = f"{rows // 2:,} rows"
    yield Measure.once(f"memory of ingest, {rows:,} rows of csv", peaks[1] / peaks[0], "x", against=against, target=1.2)


def _many(name: str, spent: list[float], target: float) -> Measure:
    return Measure(name, statistics.median(spent), min(spent), max(spent), "CPU s", len(spent), "", target)


def _add_increment(workspace: Path, large: Path, rows: int, known: int) -> None:
    """A second file: of `known` = 1 all its rows are new, of 2 every other one is a newer version of a known one."""
    code = f"""
import duckdb
duckdb.execute('''copy (
    select * replace (
        maj + interval 400 day as maj, case when n % {known} = 1 then ticket else 'N' || ticket end as ticket)
    from (select *, row_number() over () as n from read_parquet('{large}') using sample {rows} rows (reservoir, 7))
) to '{workspace / "more.parquet"}' (format parquet)''')
"""
    spend([sys.executable, "-c", code])
    text = (workspace / "omnictl.yml").read_text(encoding="utf-8")
    (workspace / "omnictl.yml").write_text(text.replace(f"path: {large.name}", "path: '*.parquet'"), encoding="utf-8")
