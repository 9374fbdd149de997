"""What has been erased, so that no later load brings it back.

    tombstones  what (value, interaction, survey, decision), name, value, along_with, erased_at

Of a `value`, `name` is the kind of identifier and `value` its pseudonym; `along_with` is the pseudonym of the value
asked for with which it went. Of all else, `name` is the source and `value` a keyed pseudonym of the id. A record that
carries such a value, or tells of such an id, is filtered, whatever file it comes in.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from omnictl.completion import SAME_ID
from omnictl.engines.connection import named, quoted
from omnictl.ingest import removal
from omnictl.ingest.landing import Landed
from omnictl.ingest.mapping import FILTERED, USED, identifier_name
from omnictl.ingest.pseudonyms import DIGEST, FIRST_8_BYTES, table_of
from omnictl.ingest.secret import Secret
from omnictl.ingest.versions import OWNERS
from omnictl.stages import now_utc
from omnictl.workspace import Workspace

if TYPE_CHECKING:
    import duckdb

TOLD = {"interaction": "interactions", "survey": "surveys", "decision": "decisions"}  # whose rows left out are told of


def pseudonym_of_id(owner: str, id_: str) -> str:
    """The keyed pseudonym of the id of an interaction, survey or decision, as SQL; $inner and $outer are the key.

    A kind of identifier cannot begin with the character this begins with, so no value has the same one by design.
    """
    message = f"chr(1) || {owner} || chr(1) || {id_}"
    return FIRST_8_BYTES.format(digest=DIGEST.format(message=message))


def bury(connection: duckdb.DuckDBPyConnection, secret: Secret) -> None:
    """Write down what is in `reached`."""
    connection.execute(
        f"""
        insert into tombstones
        select distinct owner, source, {pseudonym_of_id("owner", "id")}, null::bigint, $now from reached
        except all select what, name, value, null::bigint, $now from tombstones
        """,
        {**secret.pads, "now": now_utc()},
    )


def honour(
    connection: duckdb.DuckDBPyConnection,
    workspace: Workspace,
    source: str,
    landed: Sequence[Landed],
    secret: Secret,
) -> int:
    """Filter the landed rows of what has been erased; stored rows of the same interactions go too.

    Whatever carries an erased value is erased with its id: what other records, later files and completing sources say
    of it is left out as well, in whatever order they come. To be called when identifiers have their pseudonyms.

    Returns:
        How many records of interactions, surveys and decisions were left out.
    """
    ((any_,),) = connection.execute("select count(*) from tombstones").fetchall()
    if not any_ or not landed:
        return 0
    removal.begin(connection)
    for each in landed:
        _reach_carriers(connection, source, each)
    family = same_ids(workspace, source)
    given = {each.mapping.relation.name for each in landed}
    alone = workspace.sources[source].completion is None
    foreign = [owner for owner, relation in TOLD.items() if alone and relation not in given]
    _reach_buried(connection, source, landed, family, secret, foreign)
    _reach_hanging(connection, source, landed)
    left_out = 0
    for each in landed:
        rows = _filter(connection, each)
        left_out += rows if each.mapping.relation.name in TOLD.values() else 0
        _forget_parents(connection, source, each, secret)
    ((anything,),) = connection.execute("select count(*) from reached").fetchall()
    if anything:
        bury(connection, secret)
        _remove_stored(connection, family)
    return left_out


def same_ids(workspace: Workspace, source: str) -> list[str]:
    """The sources whose records of one id are of one contact, this one first."""
    found = {source}
    targets = {source}
    for other in workspace.sources.values():
        if other.name == source and other.completion is not None and _by_id(other.completion.keys):
            targets.add(other.completion.of)
    for other in workspace.sources.values():
        if other.completion is not None and other.completion.of in targets and _by_id(other.completion.keys):
            found |= {other.name, other.completion.of}
    return [source, *sorted(found - {source})]


def _by_id(keys: Collection[tuple[str, object]]) -> bool:
    return any(kind == SAME_ID for kind, _ in keys)


def _reach_carriers(connection: duckdb.DuckDBPyConnection, source: str, landed: Landed) -> None:
    """Reach what carries a value that has been erased."""
    relation = landed.mapping.relation
    erased = "(select value from tombstones where what = 'value' and name = {})"
    if relation.name == "identifiers":
        owner = "owner" if "owner" in {name for name, _ in landed.mapping.types} else "'interaction'"
        connection.execute(
            f"""
            insert into reached
            select distinct {quoted(source)}, coalesce({owner}, 'interaction'), owner_id, false from {landed.table} l
            where _fate = {USED} and (kind, value) in (select name, value from tombstones where what = 'value')
            """
        )
    owner = OWNERS.get(relation.name, "")
    for kind in landed.mapping.feed.identifiers if owner else ():
        connection.execute(
            f"""
            insert into reached
            select distinct {quoted(source)}, {quoted(owner)}, l.{named(relation.key[1])}, false from {landed.table} l
            join {table_of(kind)} p on p.raw = l.{named(identifier_name(kind))}
            where l._fate = {USED} and p.value in {erased.format(quoted(kind))}
            """
        )


def _ids_of(landed: Landed) -> dict[str, str]:
    """The columns of a landed table that name an interaction, a survey or a decision: owner → SQL."""
    names = {name for name, _ in landed.mapping.types}
    relation = landed.mapping.relation.name
    if relation == "identifiers":
        owner = "coalesce(owner, 'interaction')" if "owner" in names else "'interaction'"
        return {each: f"case when {owner} = '{each}' then owner_id end" for each in ("interaction", "survey")}
    found = {"interaction": "interaction_id", "survey": "survey_id", "decision": "decision_id"}
    found = {owner: column for owner, column in found.items() if column in names}
    if relation == "decisions" and "session" in names:
        found["interaction"] = "session"
    return found


def _reach_buried(
    connection: duckdb.DuckDBPyConnection,
    source: str,
    landed: Sequence[Landed],
    family: Sequence[str],
    secret: Secret,
    foreign: Collection[str],
) -> None:
    """Reach the ids that have been erased before.

    Args:
        foreign: what the source tells of without having any of its own: that of whatever source has the only one with
            the id.
    """
    for owner in TOLD:
        of_any = owner in foreign
        of = "true" if of_any else f"name in ({', '.join(map(quoted, family))})"
        buried = f"select value from tombstones where what = '{owner}' and {of}"
        ((any_,),) = connection.execute(f"select count(*) from ({buried})").fetchall()
        told = [
            f"select {_ids_of(each)[owner]} as id from {each.table} where _fate = {USED}"
            for each in landed
            if owner in _ids_of(each)
        ]
        known = f"and id not in (select {owner}_id from {TOLD[owner]})" if of_any else ""
        if any_ and told:
            connection.execute(
                f"""
                insert into reached
                select {quoted(source)}, {quoted(owner)}, id, {of_any}
                from (select distinct id from ({" union all ".join(told)}) where id is not null)
                where {pseudonym_of_id(quoted(owner), "id")} in ({buried}) {known}
                """,
                secret.pads,
            )


def _reach_hanging(connection: duckdb.DuckDBPyConnection, source: str, landed: Sequence[Landed]) -> None:
    """Reach the surveys and decisions of the interactions reached."""
    for each in landed:
        ids = _ids_of(each)
        for owner in ("survey", "decision"):
            if owner in ids and "interaction" in ids:
                connection.execute(
                    f"""
                    insert into reached
                    select distinct {quoted(source)}, '{owner}', {ids[owner]}, false from {each.table}
                    where _fate = {USED} and {ids["interaction"]} in (
                        select id from reached where owner = 'interaction')
                    """
                )
    connection.execute(
        """
        create or replace temp table reached as
        select source, owner, id, bool_or(alone) as alone from reached where id is not null group by all
        """
    )


def _filter(connection: duckdb.DuckDBPyConnection, landed: Landed) -> int:
    """Leave out the landed rows of what is reached; returns how many."""
    rows = 0
    for owner, id_ in _ids_of(landed).items():
        ((count,),) = connection.execute(
            f"""
            update {landed.table} set _fate = {FILTERED}
            where _fate = {USED} and {id_} in (select id from reached where owner = '{owner}')
            """
        ).fetchall()
        rows += int(count)
    return rows


def _forget_parents(connection: duckdb.DuckDBPyConnection, source: str, landed: Landed, secret: Secret) -> None:
    """Let go of the ids of parents that have been erased."""
    names = {name for name, _ in landed.mapping.types}
    if landed.mapping.relation.name != "interactions" or "parent_id" not in names:
        return
    of = f"coalesce(parent_source, {quoted(source)})" if "parent_source" in names else quoted(source)
    parent = pseudonym_of_id("'interaction'", "parent_id")
    connection.execute(
        f"""
        update {landed.table} set parent_id = null
        where _fate = {USED} and parent_id is not null
            and ({of}, {parent}) in (select name, value from tombstones where what = 'interaction')
        """,
        secret.pads,
    )


def _remove_stored(connection: duckdb.DuckDBPyConnection, family: Sequence[str]) -> None:
    """Take out the rows that earlier files gave of what is left out now."""
    for other in family[1:]:
        connection.execute(
            f"insert into reached select {quoted(other)}, owner, id, alone from reached where owner = 'interaction'"
        )
    removal.spread(connection)
    lost = removal.remove(connection)
    connection.execute(
        "update sources set _touched = true where list_contains($lost::varchar[], source)", {"lost": sorted(lost)}
    )
