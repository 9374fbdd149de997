"""Exports to store: files, mapping, pseudonyms, versions, rejects, accounting."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from omnictl.engines.store import Store, read_meta, write_meta
from omnictl.errors import EngineError, OmnictlError, did_you_mean
from omnictl.progress import Progress, Silent
from omnictl.stages import RunRow, new_run_id
from omnictl.workspace import Workspace

if TYPE_CHECKING:
    import duckdb

    from omnictl.connectors.registry import Registry
    from omnictl.ingest.changes import Change
    from omnictl.ingest.ledger import Corrections
    from omnictl.ingest.secret import Secret

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
) -> list[RunRow]:
    """Load what is new of a workspace's sources into the work store; each source is committed by itself.

    Args:
        connection: the writer's, from `store.writer()`.
        only: names of sources; empty means all.
        corrections: which files are to be read again or forgotten.
        notes: gets what the user should know, in words.
        changes: gets what happens to which file; of a rehearsal, in a copy of the store.
        connectors: default: those that are installed.
        run_id: default: a new one.

    Returns:
        A row per source, in the order of omnictl.yml.

    Raises:
        OmnictlError: `only` names no source.
        EngineError: the secret is missing or another one, the disk full, the memory too small.
    """
    from omnictl.connectors.registry import registry
    from omnictl.engines.connection import transaction
    from omnictl.ingest.changes import changes_between, file_states
    from omnictl.ingest.completing import coincidences
    from omnictl.ingest.holding import held_sources, hold
    from omnictl.ingest.ledger import Corrections
    from omnictl.ingest.rejects import forget_old
    from omnictl.ingest.schema import make_tables
    from omnictl.ingest.settle import settle
    from omnictl.ingest.source import Run, ingest_source, recount
    from omnictl.ingest.undeclared import withdraw_undeclared
    from omnictl.plugins import installed

    unknown = [name for name in only if name not in workspace.sources]
    if unknown:
        raise OmnictlError(f"`{unknown[0]}` is not a source", hint=did_you_mean(unknown[0], workspace.sources))
    told = notes if notes is not None else []
    make_tables(connection)
    secret = _secret(workspace, connection, store, told if changes is None else [])
    before = file_states(connection) if changes is not None else {}
    asked = corrections or Corrections()
    unmet = _unmet(connection, asked, only or workspace.sources)
    run = Run(
        run_id=run_id or new_run_id(connection),
        workspace=workspace,
        store=store,
        registry=connectors or registry(installed()),
        secret=secret,
        progress=progress or Silent(),
        corrections=asked,
        notes=told,
        held=held_sources(workspace),
    )
    with transaction(connection):
        hold(connection, workspace)
    rows = [
        ingest_source(connection, run, source) for name, source in workspace.sources.items() if not only or name in only
    ]
    met = set().union(*(reading.met for reading in run.readings.values()))
    told.extend(f"{option} {glob} names no file" for option, glob in unmet if glob not in met)
    if not only:
        told.extend(withdraw_undeclared(connection, workspace, run.run_id))
    if settle(connection, workspace, run.run_id):
        told.extend(coincidences(connection, workspace))
    recount(connection, workspace, rows)
    forget_old(store.rejects)
    if changes is not None:
        changes += changes_between(before, file_states(connection), run.readings)
    return rows


def _unmet(
    connection: duckdb.DuckDBPyConnection, asked: Corrections, sources: Collection[str]
) -> list[tuple[str, str]]:
    """The globs of the corrections, with their options, that name no file the store holds rows of."""
    from omnictl.ingest.ledger import matches

    globs = [("--replace", glob) for glob in asked.replace] + [("--forget", glob) for glob in asked.forget]
    held = connection.execute(
        "select path from files where list_contains($sources::varchar[], source)", {"sources": list(sources)}
    ).fetchall()
    return [(option, glob) for option, glob in globs if not any(matches(path, [glob]) for (path,) in held)]


def _secret(workspace: Workspace, connection: duckdb.DuckDBPyConnection, store: Store, notes: list[str]) -> Secret:
    """The workspace's secret, the one this store was filled with; a new store without one gets one made."""
    from omnictl.ingest.secret import find_secret, make_secret

    secret = find_secret(workspace)
    fingerprint = read_meta(connection, "key")
    if fingerprint is None:
        if secret is None:
            secret = make_secret(store.folder)
            notes.append(f"a secret for the pseudonyms of identifiers was made: {secret.origin}; keep a copy of it")
        write_meta(connection, "key", secret.fingerprint)
        return secret
    hint = "give back the one it was filled with, or remove the store's folder and load the exports anew"
    if secret is None:
        raise EngineError("the secret this store was filled with is gone", hint=hint)
    if secret.fingerprint != fingerprint:
        raise EngineError(f"the secret from {secret.origin} is not the one this store was filled with", hint=hint)
    return secret
