"""The stage `link`: whether it must be made again, and what it writes in its transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from omnictl.engines.connection import transaction
from omnictl.engines.store import read_meta, write_meta
from omnictl.identity import increment, probable
from omnictl.identity.bundles import bundle, loosen
from omnictl.identity.changes import write_changes
from omnictl.identity.components import connect
from omnictl.identity.cuts import find_cuts
from omnictl.identity.people import find_edges, identities_of, name_people
from omnictl.identity.rules import Rank, kind_of, ranks_of, settings_of
from omnictl.identity.unbuilt import add_unbuilt, everything_unbuilt
from omnictl.progress import Progress, Silent
from omnictl.stages import RunRow, begun, forget_touched, ingested, is_logged, made, made_of, now_utc, refill, stamp_of
from omnictl.workspace import Identity, Workspace

if TYPE_CHECKING:
    import duckdb

STAGE = "link"
SETTINGS = "settings of link"  # what of them people were last made by
TEMPORARY = (
    *("bundles", "found", "loose", "suspects", "cuts", "edges", "hooks", "further", "components", "people"),
    *increment.TEMPORARY,
)


def inputs_of(workspace: Workspace, connection: duckdb.DuckDBPyConnection) -> str:
    """The stamp of what people are made of: what was loaded, and the settings of `identity:` that decide."""
    return stamp_of(ingested(connection), settings_of(workspace.identity), probable.settings_of(workspace))


def make(
    workspace: Workspace,
    connection: duckdb.DuckDBPyConnection,
    *,
    run_id: str,
    full: bool = False,
    progress: Progress | None = None,
    notes: list[str] | None = None,
) -> RunRow:
    """See `omnictl.identity.link`."""
    inputs = inputs_of(workspace, connection)
    row = begun(connection, STAGE, run_id, inputs, full=full)
    if row.status == "unchanged":
        return row
    before = made_of(connection, STAGE)
    told = notes if notes is not None else []
    settings = stamp_of(settings_of(workspace.identity))
    with (progress or Silent()).stage(STAGE):
        ranks = ranks_of(workspace.identity)
        try:
            some = not full and is_logged(connection) and read_meta(connection, SETTINGS) == settings
            some = some and increment.gather_touched(connection, workspace.identity, ranks)
            if not some:
                gather(connection, workspace.identity, ranks)
            join(connection, ranks)
            with transaction(connection):
                changes = _keep_some(connection, ranks, row) if some else _keep_all(connection, ranks, row, before)
                told.extend([f"link: {changes:,} changes of people: see person_changes"] if changes else [])
                unsaid = probable.find_candidates(workspace, connection, some=some)
                forget_touched(connection)
                write_meta(connection, SETTINGS, settings)
                row.message = "; ".join(filter(None, [_said(connection), unsaid]))
                row.ended_at = now_utc()
                made(connection, row, inputs)
        finally:
            _drop(connection)
    return row


def gather(connection: duckdb.DuckDBPyConnection, identity: Identity, ranks: list[Rank]) -> None:
    """Make `bundles`, `found`, `suspects` and `cuts` of everybody."""
    bundle(connection, identity, ranks)
    find_cuts(connection, ranks)


def join(connection: duckdb.DuckDBPyConnection, ranks: list[Rank]) -> None:
    """Make the other temporary tables `identities_of` reads."""
    loosen(connection, ranks)
    find_edges(connection, ranks)
    connect(connection)
    name_people(connection, ranks)


def _keep_all(connection: duckdb.DuckDBPyConnection, ranks: list[Rank], row: RunRow, before: str | None) -> int:
    """Replace all that was said of people; returns how many changes of people there are."""
    now = identities_of(ranks)
    changes = write_changes(connection, row, "identities", f"({now})") if before is not None else 0
    row.relation_rows = refill(connection, "identities", now)
    names = kind_of("rank", ranks)
    connection.execute("delete from cut_identifiers")
    connection.execute(f"insert into cut_identifiers select {names}, value, reason, amount from cuts")
    everything_unbuilt(connection)
    return changes


def _keep_some(connection: duckdb.DuckDBPyConnection, ranks: list[Rank], row: RunRow) -> int:
    """Replace what was said of those who were linked anew; returns how many changes of people there are."""
    connection.execute(f"create or replace temp table now as {identities_of(ranks)}")
    changes = write_changes(connection, row, "was", "now")
    row.relation_rows = increment.keep_touched_identities(connection)
    increment.keep_touched_cuts(connection, ranks)
    add_unbuilt(connection)
    return changes


def _said(connection: duckdb.DuckDBPyConnection) -> str:
    """How many values were cut, in words."""
    found = connection.execute(
        "select kind, count(*) from cut_identifiers group by kind order by count(*) desc, kind"
    ).fetchall()
    told = ", ".join(f"{kind} {values:,}" for kind, values in found)
    return f"values that stopped linking, shared by too many or too busy: {told}" if told else ""


def _drop(connection: duckdb.DuckDBPyConnection) -> None:
    for table in TEMPORARY:
        connection.execute(f"drop table if exists temp.{table}")
