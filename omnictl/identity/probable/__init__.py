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
    there are none, '' when there is nothing to say."""
    forget(connection)
    write_meta(connection, LEFT_OUT, "")
    if not workspace.identity.probable:
        return ""
    if (named := _known(connection, workspace.identity)) < 2 * MATCHES:
        told = f"no candidates: {named:,} interactions of known people are too few to learn from"
        return told * _has_evidence(connection, workspace.identity)
    fields: list[Field] = []
    try:
        fields = gather(connection, workspace.identity, parents_of(workspace))
        left_out = meet(connection, fields)
        learn(connection, fields)
        judge(connection)
        keep(connection, fields)
        write_meta(connection, LEFT_OUT, "\n".join(left_out))
    finally:
        made = [f"{name}_{field.column}" for field in fields if field.evidence for name in ("carried", "shared")]
        for table in (*TEMPORARY, *made):
            connection.execute(f"drop table if exists temp.{table}")
    ((learned,),) = connection.execute("select count(*) from learned_kinds where learned").fetchall()
    told = f"no candidates: known people give fewer than {MATCHES} pairs to learn from"
    return told * (not learned and any(field.evidence for field in fields))


def _known(connection: duckdb.DuckDBPyConnection, identity: Identity) -> int:
    """How many interactions an identifier names somebody of."""
    counted = f"select count(*) from identities where via in ({listed(named_kinds(identity))})"
    ((named,),) = connection.execute(counted).fetchall()
    return int(named)


def _has_evidence(connection: duckdb.DuckDBPyConnection, identity: Identity) -> bool:
    """Whether identifiers of kinds that link nobody were given at all: who gave them expects candidates."""
    seen = connection.execute("select distinct kind from identifiers where owner = 'interaction'").fetchall()
    return any(kind not in identity.link_on for (kind,) in seen)
