"""The stages of a run as the store knows them: what each did, and what it was made of.

A stage over the whole store is made anew when its inputs have another stamp than those it was last made of. The stamp
of the store itself is the id of the last run that changed anything; a run is published when it has changed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from omnictl.engines.connection import named
from omnictl.engines.store import read_meta, write_meta
from omnictl.relations import RELATIONS

if TYPE_CHECKING:
    import duckdb

EVERY_SOURCE = "all"  # the source of a stage over all of them, in `runs`
STAMP = "stamp"
INGESTED = "stamp of ingest"  # of the last run that changed what the sources gave
TOUCHED, EVERYTHING = "touched", "all"  # said when what changed since the last link is not logged one by one
UNBUILT = "unbuilt"  # of what `link` touched, for `build`


@dataclass
class RunRow:
    """One row of the relation `runs`; see there for what each figure counts. Times are naive UTC."""

    run_id: str
    stage: str
    source: str
    started_at: datetime
    ended_at: datetime | None = None
    status: str = "done"
    message: str = ""
    files: int = 0
    records: int = 0
    used: int = 0
    rejected: int = 0
    superseded: int = 0
    filtered: int = 0
    relation_rows: int = 0
    unreadable_cells: int = 0


def now_utc() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


def new_run_id(connection: duckdb.DuckDBPyConnection) -> str:
    """A name no run before had: not every run that changes the store leaves a row in `runs`, but each its stamp."""
    ((runs,),) = connection.execute("select count(distinct run_id) from runs").fetchall()
    last = (read_meta(connection, STAMP) or "").rpartition("-")[2]
    return f"{now_utc():%Y-%m-%dT%H:%M:%SZ}-{max(runs, int(last) if last.isdigit() else 0) + 1}"


def write_run_row(connection: duckdb.DuckDBPyConnection, row: RunRow) -> None:
    """Keep a row of `runs`."""
    values = asdict(row)
    names = [column.name for column in RELATIONS["runs"].columns]
    connection.execute(
        f"insert into runs ({', '.join(map(named, names))}) values ({', '.join('$' + name for name in names)})", values
    )


def stamp_of(*inputs: object) -> str:
    """A digest of what a stage is made of: stamps of what comes before it, and the settings it follows."""
    return hashlib.sha256(repr(inputs).encode()).hexdigest()[:16]


def ingested(connection: duckdb.DuckDBPyConnection) -> str:
    """The stamp of what the sources gave; '' when they gave nothing yet."""
    return read_meta(connection, INGESTED) or ""


def loaded(connection: duckdb.DuckDBPyConnection, stamp: str) -> None:
    """Write down that what the sources gave has changed, and with it the store. In the transaction that changes it."""
    write_meta(connection, STAMP, stamp)
    write_meta(connection, INGESTED, stamp)


def made_of(connection: duckdb.DuckDBPyConnection, stage: str) -> str | None:
    """The stamp of the inputs a stage was last made of; None when it never was."""
    return read_meta(connection, f"inputs of {stage}")


def begun(connection: duckdb.DuckDBPyConnection, stage: str, run_id: str, inputs: str, *, full: bool) -> RunRow:
    """The row of a stage that begins; `unchanged`, and ended, where it was last made of the same inputs.

    Args:
        full: it is to be made anew all the same.
    """
    row = RunRow(run_id, stage, EVERY_SOURCE, now_utc())
    if not full and made_of(connection, stage) == inputs:
        row.status, row.ended_at = "unchanged", now_utc()
    return row


def made(connection: duckdb.DuckDBPyConnection, row: RunRow, inputs: str) -> None:
    """Write down that a stage has been made, of which inputs, and that the store has changed. In its transaction."""
    write_meta(connection, f"inputs of {row.stage}", inputs)
    write_meta(connection, STAMP, row.run_id)
    write_run_row(connection, row)


def refill(connection: duckdb.DuckDBPyConnection, relation: str, select: str) -> int:
    """Make a derived relation's rows anew from a SELECT that gives its columns in order; returns how many there are."""
    columns: Sequence[str] = RELATIONS[relation].names
    connection.execute(f"delete from {relation}")
    connection.execute(f"insert into {relation} ({', '.join(map(named, columns))}) {select}")
    ((rows,),) = connection.execute(f"select count(*) from {relation}").fetchall()
    return int(rows)


def is_logged(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether changes are to be logged one by one: people have been linked, and not everything is touched anyway."""
    return made_of(connection, "link") is not None and read_meta(connection, TOUCHED) is None


def forget_touched(connection: duckdb.DuckDBPyConnection) -> None:
    """Empty the log of what changed, in the transaction of `link`."""
    connection.execute("delete from changed_interactions")
    connection.execute("delete from gone_identifiers")
    connection.execute("delete from gone_moments")
    connection.execute(f"delete from meta where key = '{TOUCHED}'")


def forget_unbuilt(connection: duckdb.DuckDBPyConnection) -> None:
    """Write down that everything is built, in the transaction of `build`."""
    connection.execute("delete from unbuilt_interactions")
    connection.execute("delete from unbuilt_people")
    connection.execute(f"delete from meta where key = '{UNBUILT}'")
