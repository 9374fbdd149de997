"""Probable links: whom an interaction nobody is certain of may be of, with a probability, and never merged.

cast      who is asked about, and who plays so that something can be learned
meetings  which people an interaction may be of, and how well each agrees
learning  what agreement is worth
likely    the probabilities, and what is kept
weights   what was learned, for the links to come
touched   whose candidates an increment can have changed
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from omnictl.engines.store import write_meta
from omnictl.identity.probable import touched
from omnictl.identity.probable.cast import fields_of, gather
from omnictl.identity.probable.learning import apply, learn
from omnictl.identity.probable.likely import describe, forget, judge, keep, keep_learned
from omnictl.identity.probable.meetings import meet
from omnictl.identity.probable.rules import MATCHES, VERSION, Field, Rows, listed, named_kinds
from omnictl.identity.probable.told import LEFT_OUT
from omnictl.identity.probable.touched import SOME, find_again
from omnictl.identity.probable.weights import (
    LEARNED,
    anything_learned,
    keep_crowds,
    keep_weights,
    use_weights,
    weights_hold,
)
from omnictl.identity.unbuilt import add_unbuilt_interactions
from omnictl.workspace import Identity, Workspace

if TYPE_CHECKING:
    import duckdb


TEMPORARY = (
    *("words", "traces", "crowd", "faces", "asked", "met", "places", "looks", "close", "pairs", "coded", "patterns"),
    *("classes", "worths", "odds", "lessons", "judged", "described", "likely", "otherwise"),
    *touched.TEMPORARY,
)


def settings_of(workspace: Workspace) -> tuple[object, ...]:
    """What of the workspace decides on candidates."""
    return VERSION, workspace.identity.probable, sorted(parents_of(workspace).items())


def parents_of(workspace: Workspace) -> Mapping[str, str | None]:
    """Each intent's parent."""
    return {name: intent.parent for name, intent in workspace.referential.intents.items()}


def find_candidates(workspace: Workspace, connection: duckdb.DuckDBPyConnection, *, some: bool = False) -> str:
    """Bring `candidates` up to date with the `identities` that are there, in the transaction of who calls; says in
    words why there are none, '' when there is nothing to say.

    Args:
        some: only some people were linked anew: the tables of the increment tell which, and the log of ingest, which
            is read. What was learned is used again while it holds.
    """
    identity = workspace.identity
    if not identity.probable:
        return _nothing(connection, "")
    if (named := _known(connection, identity)) < 2 * MATCHES:
        told = f"no candidates: {named:,} interactions of known people are too few to learn from"
        return _nothing(connection, told * _has_evidence(connection, identity))
    parents = parents_of(workspace)
    fields = fields_of(connection, identity)
    try:
        if some and weights_hold(connection, fields, parents):
            if anything_learned(connection):
                find_again(connection, identity, fields)
                weigh(connection, identity, fields, parents, SOME)
                keep(connection, again=True)
        else:
            _learn_anew(connection, identity, fields, parents)
    finally:
        made = [f"{name}_{field.column}" for field in fields if field.evidence for name in ("carried", "shared")]
        for table in (*TEMPORARY, *made):
            connection.execute(f"drop table if exists temp.{table}")
    told = f"no candidates: known people give fewer than {MATCHES} pairs to learn from"
    return told * (not anything_learned(connection) and any(field.evidence for field in fields))


def weigh(
    connection: duckdb.DuckDBPyConnection,
    identity: Identity,
    fields: list[Field],
    parents: Mapping[str, str | None],
    rows: Rows,
) -> None:
    """Make `likely` of those rows, by what was learned before."""
    gather(connection, identity, fields, parents, rows)
    meet(connection, fields, rows)
    use_weights(connection)
    apply(connection, fields)
    judge(connection)
    describe(connection, fields)


def _learn_anew(
    connection: duckdb.DuckDBPyConnection, identity: Identity, fields: list[Field], parents: Mapping[str, str | None]
) -> None:
    gather(connection, identity, fields, parents, Rows())
    left_out = meet(connection, fields, Rows())
    learn(connection, fields)
    judge(connection)
    describe(connection, fields)
    keep(connection)
    forget(connection)
    keep_learned(connection, fields)
    keep_weights(connection, fields, parents)
    keep_crowds(connection, fields)
    write_meta(connection, LEFT_OUT, "\n".join(left_out))


def _nothing(connection: duckdb.DuckDBPyConnection, told: str) -> str:
    """There are no candidates, and nothing is learned."""
    add_unbuilt_interactions(connection, "candidates")
    connection.execute("delete from candidates")
    forget(connection)
    for key in (LEFT_OUT, LEARNED):
        write_meta(connection, key, "")
    return told


def _known(connection: duckdb.DuckDBPyConnection, identity: Identity) -> int:
    """How many interactions an identifier names somebody of."""
    counted = f"select count(*) from identities where via in ({listed(named_kinds(identity))})"
    ((named,),) = connection.execute(counted).fetchall()
    return int(named)


def _has_evidence(connection: duckdb.DuckDBPyConnection, identity: Identity) -> bool:
    """Whether identifiers of kinds that link nobody were given at all: who gave them expects candidates."""
    seen = connection.execute("select distinct kind from identifiers where owner = 'interaction'").fetchall()
    return any(kind not in identity.link_on for (kind,) in seen)
