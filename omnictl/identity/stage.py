"""The stage `link`: whether it must be made again, and what it writes in its transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from omnictl.engines.connection import quoted, transaction
from omnictl.identity.bundles import bundle, loosen
from omnictl.identity.changes import write_changes
from omnictl.identity.components import connect
from omnictl.identity.cuts import find_cuts
from omnictl.identity.people import find_edges, identities_of, name_people
from omnictl.identity.rules import Rank, ranks_of, settings_of
from omnictl.progress import Progress, Silent
from omnictl.stages import RunRow, begun, ingested, made, made_of, now_utc, refill, stamp_of
from omnictl.workspace import Identity, Workspace

if TYPE_CHECKING:
    import duckdb

STAGE = "link"
TEMPORARY = ("bundles", "found", "loose", "candidates", "cuts", "edges", "hooks", "further", "components", "people")


def inputs_of(workspace: Workspace, connection: duckdb.DuckDBPyConnection) -> str:
    """The stamp of what people are made of: what was loaded, and the settings of `identity:` that decide."""
    return stamp_of(ingested(connection), settings_of(workspace.identity))


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
    with (progress or Silent()).stage(STAGE):
        ranks = ranks_of(workspace.identity)
        try:
            gather(connection, workspace.identity)
            with transaction(connection):
                if before is not None:
                    changes = write_changes(connection, ranks, row)
                    told.extend([f"link: {changes:,} changes of people: see person_changes"] if changes else [])
                row.relation_rows = refill(connection, "identities", identities_of(ranks))
                _keep_cuts(connection, ranks)
                row.message = _said(connection)
                row.ended_at = now_utc()
                made(connection, row, inputs)
        finally:
            _drop(connection)
    return row


def gather(connection: duckdb.DuckDBPyConnection, identity: Identity) -> int:
    """Make the temporary tables `identities_of` reads; returns how many rounds the components took."""
    ranks = ranks_of(identity)
    bundle(connection, identity, ranks)
    find_cuts(connection, ranks)
    loosen(connection, ranks)
    find_edges(connection, ranks)
    rounds = connect(connection)
    name_people(connection, ranks)
    return rounds


def _keep_cuts(connection: duckdb.DuckDBPyConnection, ranks: list[Rank]) -> None:
    """Keep which values were cut and why, for those who ask."""
    names = " ".join(f"when {rank.number} then {quoted(rank.kind)}" for rank in ranks)
    connection.execute("delete from cut_identifiers")
    connection.execute(f"insert into cut_identifiers select case rank {names} end, value, reason, amount from cuts")


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
