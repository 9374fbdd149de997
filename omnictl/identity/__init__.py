"""Identifiers to people: which interactions are certainly one person's, and how that can be looked into."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

    from omnictl.progress import Progress
    from omnictl.stages import RunRow
    from omnictl.workspace import Workspace

__all__ = ["link"]


def link(
    workspace: Workspace,
    connection: duckdb.DuckDBPyConnection,
    *,
    run_id: str,
    full: bool = False,
    progress: Progress | None = None,
    notes: list[str] | None = None,
) -> RunRow:
    """Make `identities` and `person_changes` of the identifiers in the work store, in one transaction.

    Args:
        connection: the writer's, from `store.writer()`.
        full: make them anew also when nothing they are made of has changed.
        notes: gets what the user should know, in words.

    Returns:
        The stage's row: `done`, or `unchanged` when there was nothing to do.
    """
    from omnictl.identity.stage import make

    return make(workspace, connection, run_id=run_id, full=full, progress=progress, notes=notes)
