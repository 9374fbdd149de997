"""Exports to store: files, mapping, pseudonyms, versions, rejects, accounting."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from omnictl.engines.store import Store
from omnictl.errors import OmnictlError, did_you_mean
from omnictl.progress import Progress, Silent
from omnictl.stages import RunRow, new_run_id
from omnictl.workspace import Workspace

if TYPE_CHECKING:
    import duckdb

    from omnictl.connectors.registry import Registry
    from omnictl.ingest.changes import Change
    from omnictl.ingest.ledger import Corrections
    from omnictl.ingest.rules import SourceRules
    from omnictl.ingest.source import Run

__all__ = ["ingest"]


def ingest(
    workspace: Workspace,
    connection: duckdb.DuckDBPyConnection,
    store: Store,
    *,
    only: Collection[str] = (),
    corrections: Corrections | None = None,
    progress: Progress | None = None,
    notes: list[str] | None = None,
    changes: list[Change] | None = None,
    connectors: Registry | None = None,
    run_id: str = "",
    rules: SourceRules | None = None,
) -> list[RunRow]:
    """Load what is new of a workspace's sources into the work store; each source is committed by itself.

    Args:
        connection: the writer's, from `store.writer()`.
        only: names of sources; empty means all.
        corrections: which files are to be read again or forgotten.
        notes: gets what the user should know, in words.
        changes: gets what happens to which file; of a rehearsal, in a copy of the store.
        connectors, run_id: default: those that are installed, a new one.
        rules: what the rows of sources are held to, by the tracking plan.

    Returns:
        A row per source, in the order of omnictl.yml.

    Raises:
        OmnictlError: `only` names no source.
        EngineError: the secret is missing or another one, the disk full, the memory too small.
    """
    from omnictl.connectors.registry import registry
    from omnictl.ingest.changes import changes_between, file_states
    from omnictl.ingest.ledger import Corrections
    from omnictl.ingest.schema import make_tables
    from omnictl.ingest.secret import secret_of_store
    from omnictl.ingest.source import Run
    from omnictl.plugins import installed

    _check_known(only, workspace)
    make_tables(connection)
    told = notes if notes is not None else []
    secret = secret_of_store(workspace, connection, store, told if changes is None else [])
    before = file_states(connection) if changes is not None else {}
    run = Run(
        run_id=run_id or new_run_id(connection),
        workspace=workspace,
        store=store,
        registry=connectors or registry(installed()),
        secret=secret,
        progress=progress or Silent(),
        corrections=corrections or Corrections(),
        notes=told,
        rules=rules or {},
    )
    rows = _load(connection, run, only)
    if changes is not None:
        changes += changes_between(before, file_states(connection), run.readings)
    return rows


def _check_known(only: Collection[str], workspace: Workspace) -> None:
    for name in only:
        if name not in workspace.sources:
            raise OmnictlError(f"`{name}` is not a source", hint=did_you_mean(name, workspace.sources))


def _load(connection: duckdb.DuckDBPyConnection, run: Run, only: Collection[str]) -> list[RunRow]:
    """Load the sources asked for one by one, then do what takes all of them."""
    from omnictl.engines.connection import transaction
    from omnictl.ingest.completing import coincidences
    from omnictl.ingest.holding import hold
    from omnictl.ingest.ledger import unmet
    from omnictl.ingest.rejects import forget_old
    from omnictl.ingest.settle import settle
    from omnictl.ingest.source import ingest_source, recount
    from omnictl.ingest.undeclared import withdraw_undeclared

    workspace = run.workspace
    suspect = unmet(connection, run.corrections, only or workspace.sources)
    with transaction(connection):
        hold(connection, workspace)
    rows = [
        ingest_source(connection, run, source) for name, source in workspace.sources.items() if not only or name in only
    ]
    met = set().union(*(reading.met for reading in run.readings.values()))
    run.notes.extend(f"{option} {glob} names no file" for option, glob in suspect if glob not in met)
    if not only:
        run.notes.extend(withdraw_undeclared(connection, workspace, run.run_id))
    if settle(connection, workspace, run.run_id):
        run.notes.extend(coincidences(connection, workspace))
    recount(connection, workspace, rows)
    forget_old(run.store.rejects)
    return rows
