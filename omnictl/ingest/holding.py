"""Which sources have their rows held apart, to be completed or to complete others, as omnictl.yml says it now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from omnictl.engines.connection import quoted
from omnictl.engines.store import read_meta, write_meta
from omnictl.ingest import bulk
from omnictl.ingest.contactless import restore_accounts
from omnictl.ingest.schema import make_held, stored, stored_relations
from omnictl.ingest.tallies import refresh_tallies
from omnictl.ingest.touched import touch_everything
from omnictl.workspace import Workspace

if TYPE_CHECKING:
    import duckdb

COMPLETIONS = "completions"  # what the store says of who completed whom at the last run
WITHOUT_STEPS = {  # columns of interactions that steps may have given, without what they gave
    "intent": "case when not coalesce(_intent_by_step, false) then intent end",
    "intent_source": "case when not coalesce(_intent_by_step, false) then intent_source end",
    "solution": "case when not coalesce(_solution_by_step, false) then solution end",
    "_intent_by_step": "null::boolean",
    "_solution_by_step": "null::boolean",
}


def held_sources(workspace: Workspace) -> frozenset[str]:
    """The sources that complete another one or are completed."""
    pairs = [(name, each.completion.of) for name, each in workspace.sources.items() if each.completion is not None]
    return frozenset(name for pair in pairs for name in pair)


def hold(connection: duckdb.DuckDBPyConnection, workspace: Workspace) -> None:
    """Have rows held apart of the sources that need it since omnictl.yml was changed, and no others.

    Whoever completes whom otherwise than before is put together anew.
    """
    arrangement = [
        (source.name, completion.of, completion.keys, completion.unmatched)
        for source in workspace.sources.values()
        if (completion := source.completion) is not None
    ]
    told = repr(arrangement)
    before = read_meta(connection, COMPLETIONS) or "[]"
    if told == before:
        return
    touch_everything(connection)
    wanted = held_sources(workspace)
    completing = {name for name, *_ in arrangement}
    rows = connection.execute("select source, coalesce(_held, false) from sources order by source").fetchall()
    for source, held in rows:
        if held and source not in completing:
            restore_accounts(connection, source)
        if held != (source in wanted):
            _move(connection, source, held=held)
        if held and source not in wanted:
            _show(connection, workspace, source)
    connection.execute(
        "update sources set _touched = true where _held or list_contains($all::varchar[], source)",
        {"all": [source for source, held in rows if held]},
    )
    write_meta(connection, COMPLETIONS, told)


def _move(connection: duckdb.DuckDBPyConnection, source: str, *, held: bool) -> None:
    """Move the rows of a source to where they wait, or, when they are `held`, back."""
    own = sorted({*stored_relations(connection, source, own=True), "identifiers"})
    known = {"source": source}
    make_held(connection, own)
    if held:
        for relation in {*own, *stored_relations(connection, source)}:
            connection.execute(f"delete from {relation} where source = $source", known)
    for relation in own:
        away, to = stored(relation, held=held), stored(relation, held=not held)
        # what steps gave is given anew, after contacts have been filled
        changes = WITHOUT_STEPS if relation == "interactions" else {}
        bulk.copy_rows(connection, f"(from {away} where source = {quoted(source)})", to, changes)
        connection.execute(f"delete from {away} where source = $source", known)
    connection.execute("update sources set _held = not _held where source = $source", known)


def _show(connection: duckdb.DuckDBPyConnection, workspace: Workspace, source: str) -> None:
    """Bring up to date what the store knows of a source whose rows are no longer held."""
    connection.execute("delete from feeds where source = $source and _by is not null", {"source": source})
    connection.execute("delete from fills where source = $source", {"source": source})
    refresh_tallies(connection, workspace, source)
