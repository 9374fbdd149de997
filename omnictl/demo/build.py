"""Writes a demo workspace: the year's exports, what they mean, and what to try next."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from omnictl.demo import truth
from omnictl.demo.account import Account, accounts
from omnictl.demo.calendar import Year
from omnictl.demo.exports import EXPORTS, prepare
from omnictl.demo.world import TIMEZONE, make_world
from omnictl.errors import OmnictlError
from omnictl.progress import Progress, Silent

if TYPE_CHECKING:
    import duckdb

FEWEST = 1000  # below this one planted fault is more than the sources accept
MEMORY = "2GB"  # the world spills to disk beyond it
DEFINITIONS = ("omnictl.yml", "referential.yml", "kpis/claim_call_share.yml", "README.md")


@dataclass(frozen=True)
class DemoSummary:
    """What was written. `first` and `last` are the year's local days, `storm` those of its storm."""

    folder: Path
    first: date
    last: date
    storm: tuple[date, date]
    files: tuple[Path, ...]  # the exports, in the order of their sources
    size: int  # bytes of the exports
    accounts: tuple[Account, ...]  # what ingest must find in them, source by source


def build_demo(
    folder: Path,
    *,
    interactions: int = 100_000,
    seed: int = 1,
    end: date | None = None,
    progress: Progress | None = None,
) -> DemoSummary:
    """Write one year of a fictional French insurer as a workspace.

    The same number, seed and end give the same files byte for byte, with the same version of DuckDB.

    Args:
        folder: a new or empty folder.
        interactions: contacts and visits in the year, within a few per cent.
        seed: another seed, another year.
        end: the last local day; yesterday in Paris when None.

    Raises:
        OmnictlError: the folder is not empty, or the number is too small.
    """
    if interactions < FEWEST:
        raise OmnictlError(f"a demo of {interactions} interactions is too small", hint=f"take {FEWEST} or more")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise OmnictlError(f"{folder} is not empty", hint="give a new folder: a demo never writes over anything")
    year = Year.ending(end or datetime.now(ZoneInfo(TIMEZONE)).date() - timedelta(days=1))
    progress = progress or Silent()
    folder.mkdir(parents=True, exist_ok=True)
    with _scratch() as con:
        with progress.stage("drawing a year of contacts"):
            make_world(con, year, interactions, seed)
            prepare(con, year)
            truth.prepare(con)
        files = []
        with progress.stage("writing exports", len(EXPORTS)) as stage:
            for export in EXPORTS:
                target = folder / "data" / export.FOLDER
                target.mkdir(parents=True)
                files += export.write(con, target, year)
                stage.advance(note=f"data/{export.FOLDER}")
        truth.write(con, folder)
        found = accounts(con)
    _write_definitions(folder, year)
    storm = sorted(year.storm())
    return DemoSummary(
        folder=folder,
        first=year.first,
        last=year.last,
        storm=(storm[0], storm[-1]),
        files=tuple(files),
        size=sum(path.stat().st_size for path in files),
        accounts=found,
    )


@contextmanager
def _scratch() -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in memory that may spill to a folder removed afterwards."""
    import duckdb

    with tempfile.TemporaryDirectory(prefix="omnictl-demo-") as spill:
        con = duckdb.connect(config={"memory_limit": MEMORY, "temp_directory": spill})
        try:
            yield con
        finally:
            con.close()


def _write_definitions(folder: Path, year: Year) -> None:
    """Copy the definitions; `{storm_first}` and the like in the README become this year's days."""
    storm = sorted(year.storm())
    after = storm[-1] + timedelta(days=1)
    days = {"first": year.first, "last": year.last, "storm_first": storm[0], "storm_after": after}
    for name in DEFINITIONS:
        text = resources.files("omnictl.demo").joinpath("workspace", *name.split("/")).read_text(encoding="utf-8")
        if name == "README.md":
            for key, day in days.items():
                text = text.replace(f"{{{key}}}", day.isoformat())
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
