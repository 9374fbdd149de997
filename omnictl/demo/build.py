"""Writes a demo workspace: the year's exports, what they mean, and what to try next."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from omnictl.connectors.registry import registry
from omnictl.demo import truth
from omnictl.demo.account import Account, accounts
from omnictl.demo.calendar import Year
from omnictl.demo.exports import EXPORTS, prepare
from omnictl.demo.world import TIMEZONE, make_world
from omnictl.errors import OmnictlError
from omnictl.plugins import LIMIT, installed
from omnictl.progress import Progress, Silent

if TYPE_CHECKING:
    import duckdb

PLUGIN, SWITCH = "omnictl-asterisk", ("asterisk_queue_log", "asterisk_cdr")
FEWEST = 1000  # below this one planted fault is more than the sources accept
MEMORY = "2GB"  # the world spills to disk beyond it
DEFINITIONS = ("omnictl.yml", "referential.yml", "tracking.yml", "kpis/claim_call_share.yml", "README.md")


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
    story: str  # an interaction, as SOURCE/ID, of somebody who came on many channels


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
        OmnictlError: the folder is not empty, the number is too small, or what reads the switch's files is missing.
    """
    if interactions < FEWEST:
        raise OmnictlError(f"a demo of {interactions} interactions is too small", hint=f"take {FEWEST} or more")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise OmnictlError(f"{folder} is not empty", hint="give a new folder: a demo never writes over anything")
    _check_plugin()
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
        found, story = accounts(con), truth.story(con)
    _write_definitions(folder, year, story)
    storm = sorted(year.storm())
    return DemoSummary(
        folder=folder,
        first=year.first,
        last=year.last,
        storm=(storm[0], storm[-1]),
        files=tuple(files),
        size=sum(path.stat().st_size for path in files),
        accounts=found,
        story=story,
    )


def _check_plugin() -> None:
    """Refuse to write what could not be read afterwards."""
    found = registry(installed())
    if all(name in found.offers for name in SWITCH):
        return
    broken = [each.error.message for each in found.plugins.broken if PLUGIN in (each.distribution, each.name)]
    hint = f"pip install {PLUGIN}, or from a checkout: pip install -e plugins/{PLUGIN}"
    if LIMIT in os.environ:
        hint += f"; {LIMIT} is set: it must name {PLUGIN} too"
    state = f"cannot be loaded: {broken[0]}" if broken else "is not there"
    raise OmnictlError(f"the demo's telephone is read by the plugin {PLUGIN}, which {state}", hint=hint)


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


def _write_definitions(folder: Path, year: Year, story: str) -> None:
    """Copy the definitions; `{storm_first}` and the like in the README become this year's days."""
    storm = sorted(year.storm())
    after = storm[-1] + timedelta(days=1)
    days = {"first": year.first, "last": year.last, "storm_first": storm[0], "storm_after": after}
    known = {"story": story, **{name: day.isoformat() for name, day in days.items()}}
    for name in DEFINITIONS:
        text = resources.files("omnictl.demo").joinpath("workspace", *name.split("/")).read_text(encoding="utf-8")
        if name == "README.md":
            for key, value in known.items():
                text = text.replace(f"{{{key}}}", value)
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
