"""How each source stands: what the store holds of it, up to when, what is late, missing, rejected or unmapped.

What is read comes through a `Reading` of the published store, and goes out as tables; `concerns` tells what a job may
want to stop for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from omnictl.reading import Reading
from omnictl.relations.runs import RUN_NUMBER
from omnictl.render.table import Col, Table
from omnictl.sources import Source
from omnictl.workspace import Workspace

if TYPE_CHECKING:
    import duckdb

CONCERNS = ("late", "rejects", "missing", "unmapped", "stale")

_SOURCES = f"""
    with last as (
        select source, status, message, row_number() over (partition by source order by {RUN_NUMBER} desc) as newest
        from runs
        where stage = 'ingest'
    ),
    held as (
        select source, count(*) as files, sum(records)::bigint as records, sum(used)::bigint as used,
          sum(rejected)::bigint as rejected, sum(superseded)::bigint as superseded, sum(filtered)::bigint as filtered,
          sum(unreadable_cells)::bigint as unreadable_cells
        from files
        group by source
    )
    select last.source, last.status, last.message, sources.received_at, sources.newest_at, sources.watermark,
      held.* exclude (source)
    from last
    left join sources using (source)
    left join held using (source)
    where newest = 1
"""
_UNMAPPED = """
    select unmapped.source, kind, value, unmapped.row_count, unmapped.row_count / nullif(held.used, 0)
    from unmapped
    left join (select source, sum(used) as used from files group by source) as held using (source)
    order by unmapped.row_count desc, source, kind, value
"""
_REASONS = """
    select source, "column", reason, count(*) as records
    from rejects
    group by all
    order by records desc, source, "column", reason
"""


@dataclass(frozen=True)
class Standing:
    """One source: its state and its figures. `source` is None when omnictl.yml no longer names it.

    States: done, unchanged, late, failed, missing, too_many_rejects; never (not loaded yet), undeclared (its rows are
    kept though no longer named).
    """

    name: str
    source: Source | None
    state: str
    figures: dict[str, Any]


def standings(workspace: Workspace, reading: Reading | None, now: datetime) -> list[Standing]:
    """Every source of the workspace, loaded or not, in the order it is written.

    Args:
        reading: None when nothing has been published yet.
        now: the present moment, naive UTC; decides what is late.
    """
    held: dict[str, dict[str, Any]] = {}
    if reading is not None:
        table, _ = reading.answer(_SOURCES)
        names = [column.name for column in table.columns]
        held = {row[0]: dict(zip(names, row, strict=True)) for row in table.rows}
    return _standings(workspace, held, now)


def standings_of(workspace: Workspace, connection: duckdb.DuckDBPyConnection, now: datetime) -> list[Standing]:
    """The same of a store that is open already."""
    cursor = connection.execute(_SOURCES)
    names = [str(column[0]) for column in cursor.description]
    held = {row[0]: dict(zip(names, row, strict=True)) for row in cursor.fetchall()}
    return _standings(workspace, held, now)


def _standings(workspace: Workspace, held: Mapping[str, dict[str, Any]], now: datetime) -> list[Standing]:
    named = [_standing_of(name, source, held.get(name, {}), now) for name, source in workspace.sources.items()]
    kept = [name for name, figures in held.items() if name not in workspace.sources and figures["files"]]
    return named + [Standing(name, None, "undeclared", held[name]) for name in sorted(kept)]


def _standing_of(name: str, source: Source, figures: dict[str, Any], now: datetime) -> Standing:
    """How one source stands by its figures: `status` and `message` of its last load, `received_at`; {} when it was
    never loaded."""
    return Standing(name, source, _state(source, figures, now), figures)


def _state(source: Source, figures: dict[str, Any], now: datetime) -> str:
    if not figures:
        return "never"
    status = str(figures["status"])
    if status in ("done", "unchanged") and _late(source, figures["received_at"], now):
        return "late"
    return status


def _late(source: Source, received_at: datetime | None, now: datetime) -> bool:
    """Whether the next delivery should have come: one interval and the usual lateness after the last one."""
    retrieval = source.retrieval
    if retrieval is None or retrieval.every is None or received_at is None:
        return False
    if source.until is not None and now.date() > source.until:
        return False
    return now > received_at + retrieval.every + (retrieval.lateness or timedelta(0))


def sources_table(found: list[Standing]) -> Table:
    """One row per source: its state, up to when it is complete, and what became of the records it holds."""
    figures = ("files", "records", "used", "rejected", "superseded", "filtered", "unreadable_cells")
    columns = [
        Col("source"),
        Col("state"),
        Col("newest_at", "UTC"),
        Col("watermark", "UTC"),
        *(Col(name, "count") for name in figures),
        Col("message"),
    ]
    names = ("newest_at", "watermark", *figures, "message")
    rows = [(standing.name, standing.state, *(standing.figures.get(name) for name in names)) for standing in found]
    return Table(columns, rows, "Sources")


def unmapped_table(reading: Reading, limit: int | None = None) -> Table:
    """Queues, pages, menu nodes and codes that no match rule knows, and channels and outcomes that are none of ours,
    the most frequent first. `share` is that of the rows of the source's relation."""
    table, more = reading.answer(_UNMAPPED, limit)
    columns = [Col("source"), Col("kind"), Col("value"), Col("rows", "count"), Col("share", "ratio")]
    notes = [f"there are more than {limit} unmapped values"] if more else []
    return Table(columns, table.rows, "Unmapped values", notes)


def reasons_table(reading: Reading, limit: int | None = None) -> Table:
    """Why records were rejected, the most frequent reason first."""
    table, more = reading.answer(_REASONS, limit)
    columns = [Col("source"), Col("column"), Col("reason"), Col("records", "count")]
    notes = [f"there are more than {limit} reasons"] if more else []
    return Table(columns, table.rows, "Rejected records", notes)


def concerns(
    found: list[Standing], unmapped: Table | None, stale: Mapping[str, str] | None = None
) -> dict[str, list[str]]:
    """What a job may want to stop for, in words, by concern: late, rejects, missing, unmapped, stale.

    Args:
        stale: the stages that are, and why.
    """
    told: dict[str, list[str]] = {name: [] for name in CONCERNS}
    for standing in found:
        name = standing.name
        if standing.state == "late":
            told["late"].append(f"{name}: the delivery after {standing.figures['received_at']} UTC has not come")
        if standing.state in ("missing", "failed", "never"):
            reason = standing.figures.get("message") or "it has never been loaded"
            told["missing"].append(f"{name}: {standing.state}: {reason}")
        records, rejected = standing.figures.get("records") or 0, standing.figures.get("rejected") or 0
        allowed = (standing.source.max_rejects if standing.source else None) or Decimal(0)
        if rejected > records * allowed:
            told["rejects"].append(f"{name}: {rejected:,} of {records:,} records rejected, {allowed:.1%} allowed")
    for source, kind, value, rows, _ in unmapped.rows if unmapped else ():
        told["unmapped"].append(f"{source}: {kind} `{value}`: {rows:,} rows")
    told["stale"] += [f"{stage}: {reason}" for stage, reason in (stale or {}).items()]
    return told
