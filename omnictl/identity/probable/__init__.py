"""Probable links: whom an interaction nobody is certain of may be of, with a probability, and never merged.

cast      who is asked about, and who plays so that something can be learned
meetings  which people an interaction may be of, and how well each agrees
learning  what agreement is worth
likely    the probabilities, and what is kept
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from omnictl.engines.store import write_meta
from omnictl.identity.probable.cast import gather
from omnictl.identity.probable.learning import learn
from omnictl.identity.probable.likely import forget, judge, keep
from omnictl.identity.probable.meetings import meet
from omnictl.identity.probable.rules import MATCHES, VERSION, Field, listed, named_kinds
from omnictl.identity.probable.told import LEFT_OUT
from omnictl.workspace import Identity, Workspace

if TYPE_CHECKING:
    import duckdb


TEMPORARY = (
    *("words", "traces", "crowd", "faces", "asked", "met", "places", "looks", "close", "pairs", "coded", "patterns"),
    *("classes", "worths", "odds", "lessons", "judged", "described"),
)


def settings_of(workspace: Workspace) -> tuple[object, ...]:
    """What of the workspace decides on candidates."""
    return VERSION, workspace.identity.probable, sorted(parents_of(workspace).items())


def parents_of(workspace: Workspace) -> Mapping[str, str | None]:
    """Each intent's parent."""
    return {name: intent.parent for name, intent in workspace.referential.intents.items()}


def find_candidates(workspace: Workspace, connection: duckdb.DuckDBPyConnection) -> str:
    """Replace `candidates`, of the `identities` that are there, in the transaction of who calls; says in words why
    there are none for some, '' when there is nothing to say."""
    forget(connection)
    write_meta(connection, LEFT_OUT, "")
    if not workspace.identity.probable:
        return ""
    if unknown := _too_few(connection, workspace.identity):
        return unknown
    fields: list[Field] = []
    try:
        fields = gather(connection, workspace.identity, parents_of(workspace))
        left_out = meet(connection, fields)
        learn(connection, fields)
        judge(connection)
        keep(connection, fields)
        write_meta(connection, LEFT_OUT, "\n".join(left_out))
    finally:
        evidence = [
            name for field in fields if field.evidence for name in (f"carried_{field.column}", f"shared_{field.column}")
        ]
        for table in (*TEMPORARY, *evidence):
            connection.execute(f"drop table if exists temp.{table}")
    return _unlearned(connection)


def _too_few(connection: duckdb.DuckDBPyConnection, identity: Identity) -> str:
    """Why nothing can be learned whatever pairs there are, '' when something may."""
    ((unlinked, named),) = connection.execute(
        f"""
        select coalesce(sum(case when person_id is null then 1 else 0 end), 0),
            coalesce(sum(case when via in ({listed(named_kinds(identity))}) then 1 else 0 end), 0)
        from identities
        """
    ).fetchall()
    if named >= 2 * MATCHES:
        return ""
    return f"no candidates: {named:,} interactions of known people are too few to learn from" * bool(unlinked)


def _unlearned(connection: duckdb.DuckDBPyConnection) -> str:
    """The ways that nothing could be learned of, though somebody is asked about, in words."""
    rows = connection.execute("select kind from learned_kinds where not learned and asked > 0 order by kind").fetchall()
    if not rows:
        return ""
    silent = ", ".join(kind for (kind,) in rows)
    return f"no candidates of {silent}: known people have fewer than {MATCHES} such pairs to learn from"
