"""What rows of several sources say together, after each source has been loaded: intents of visits from their steps,
channels of surveys from their interactions, and the stamp of the whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from omnictl.engines.connection import quoted, transaction
from omnictl.ingest import bulk
from omnictl.ingest.completing import complete, to_complete
from omnictl.ingest.holding import WITHOUT_STEPS
from omnictl.ingest.meanings import PAGE_TYPES
from omnictl.ingest.tallies import refresh_tallies
from omnictl.ingest.touched import BY_STEP, compared
from omnictl.stages import loaded
from omnictl.workspace import Workspace

if TYPE_CHECKING:
    import duckdb


def settle(connection: duckdb.DuckDBPyConnection, workspace: Workspace, stamp: str) -> bool:
    """Bring what depends on several sources up to date. Says whether anything had changed since the last time."""
    ((touched,),) = connection.execute("select count(*) from sources where _touched").fetchall()
    if not touched:
        return False
    with transaction(connection):
        settle_touched(connection, workspace, stamp)
    return True


def settle_touched(connection: duckdb.DuckDBPyConnection, workspace: Workspace, stamp: str) -> None:
    """Bring what depends on the sources that have changed up to date, in the transaction that is open."""
    rows = connection.execute("select relation from feeds semi join (from sources where _touched) s using (source)")
    relations = {relation for (relation,) in rows.fetchall()}
    by_target = to_complete(connection, workspace)
    again = {name for target, sources in by_target.items() for name in (target, *(one.name for one in sources))}
    with compared(connection, again):
        complete(connection, workspace, by_target)
        if {"interactions", "steps"} & relations:
            again |= _intents_from_steps(connection)
    if {"interactions", "surveys"} & relations:
        again |= _sources_of(connection, "surveys")
    for source in sorted(again):
        refresh_tallies(connection, workspace, source)
    connection.execute("update sources set _touched = false")
    loaded(connection, stamp)


def _sources_of(connection: duckdb.DuckDBPyConnection, relation: str) -> set[str]:
    rows = connection.execute("select source from feeds where relation = $relation", {"relation": relation})
    return {source for (source,) in rows.fetchall()}


def _intents_from_steps(connection: duckdb.DuckDBPyConnection) -> set[str]:
    """Give visits without intent those of the first page or article seen that has one; returns the sources changed.

    A step belongs to the visit of its own source with its id, else to the only one of any source with that id.
    """
    changed = _withdraw(connection)
    seen = f"type in ({', '.join(map(quoted, PAGE_TYPES))}) and (intent is not null or _solution is not null)"
    ((matched,),) = connection.execute(f"select count(*) from (from steps where {seen} limit 1)").fetchall()
    if not matched:
        return changed
    connection.execute(
        f"""
        create or replace temp table first_seen as
        with visits as (
            select rowid as row, source, interaction_id from interactions where kind = 'visit' and intent is null
        ),
        ids as (
            select interaction_id, count(*) as interactions from interactions
            where interaction_id in (select interaction_id from visits) group by all
        )
        select visits.row, steps.intent, steps._solution as solution
        from steps join visits using (interaction_id) join ids using (interaction_id)
        where {seen.replace("intent is", "steps.intent is")} and (visits.source = steps.source or ids.interactions = 1)
        qualify row_number() over (
            partition by visits.row order by steps.occurred_at, steps.seq, steps.source, steps.step_id) = 1
        """
    )
    bulk.store_columns(connection, "interactions", WITHOUT_STEPS)
    connection.execute(
        """
        update interactions set
            _intent_by_step = first.intent is not null,
            _solution_by_step = first.solution is not null and interactions.solution is null,
            intent = first.intent,
            intent_source = case when first.intent is not null then 'page' end,
            solution = coalesce(interactions.solution, first.solution)
        from temp.first_seen first where interactions.rowid = first.row
        """
    )
    connection.execute("drop table temp.first_seen")
    return changed | _by_step(connection)


def _by_step(connection: duckdb.DuckDBPyConnection) -> set[str]:
    rows = connection.execute(f"select distinct source from interactions where {BY_STEP}").fetchall()
    return {source for (source,) in rows}


def _withdraw(connection: duckdb.DuckDBPyConnection) -> set[str]:
    """Take back what steps gave earlier."""
    sources = _by_step(connection)
    if sources:
        without = ", ".join(f"{column} = {sql}" for column, sql in WITHOUT_STEPS.items())
        connection.execute(f"update interactions set {without} where {BY_STEP}")
    return sources
