"""Which of several records with the same key stands: the greatest `version_at`, on a tie the later record.

Numbers are compared as numbers, all else as text, and any text is greater than any number: an order of values that
does not depend on which other values there are, so any split of an export gives the same winners. Later means: in the
file modified later, of these the one whose name comes later, further down in it.

Keys are rarely repeated, so repeated hashes are looked for first, and only their records are ranked.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from omnictl.engines.connection import named, quoted
from omnictl.ingest.landing import Landed
from omnictl.ingest.mapping import SUPERSEDED, USED
from omnictl.ingest.touched import rows_go
from omnictl.relations import Relation

if TYPE_CHECKING:
    import duckdb

RANK = """
    version_at is not null desc, version_number is null desc, version_number desc,
    case when version_number is null then version_at end desc, modified desc, path desc, place desc
"""


def settle_versions(
    connection: duckdb.DuckDBPyConnection, landed: Landed, table: str, hanging: Sequence[str]
) -> dict[int, int]:
    """Mark landed rows that a newer one replaces, and delete stored rows that a landed one replaces.

    The landed table has a column for each column of the key but `source`; the ledger knows every file.

    Args:
        table: the store's table of the relation.
        hanging: the store's tables whose rows go with an interaction of theirs.

    Returns:
        How many stored rows of each earlier file were replaced.
    """
    relation, source = landed.mapping.relation, landed.mapping.source.name
    keys = [name for name in relation.key if name != "source"]
    hashed = f"hash({', '.join(map(named, keys))})"
    connection.execute(
        f"""
        create or replace temp table contested as
        select {hashed} as key from {landed.table} where _fate = {USED} group by all having count(*) > 1
        """
    )
    same = " and ".join(f"l.{named(name)} = r.{named(name)}" for name in keys)
    version = "r.version_at" if relation.column("version_at") is not None else "null::varchar"
    connection.execute(
        f"""
        create or replace temp table stored as
        select r.rowid as row, {", ".join(f"r.{named(name)}" for name in keys)}, {version} as version_at, r._file
        from {table} r semi join (select * from {landed.table} where _fate = {USED}) l on {same}
        where r.source = $source
        """,
        {"source": source},
    )
    connection.execute(f"insert into contested select distinct {hashed} from stored")
    ((contested,),) = connection.execute("select count(*) from contested").fetchall()
    if not contested:
        return {}
    _rank(connection, landed, keys, hashed)
    connection.execute(
        f"update {landed.table} set _fate = {SUPERSEDED} where rowid in (select row from replaced where fresh)"
    )
    counts = connection.execute("select _file, count(*) from replaced where not fresh group by all").fetchall()
    if counts:
        _withdraw(connection, relation, source, table, hanging)
    return dict(counts)


def _rank(connection: duckdb.DuckDBPyConnection, landed: Landed, keys: list[str], hashed: str) -> None:
    """Make `replaced`: the rows that another one with the same key replaces."""
    key = ", ".join(map(named, keys))
    columns = connection.execute(f"select column_name from (describe {landed.table})").fetchall()
    landed_columns = {name for (name,) in columns}
    fresh = "coalesce(version_at, _version_time::varchar)"
    landed_version = fresh if "version_at" in landed_columns else "null::varchar"
    connection.execute(
        f"""
        create or replace temp table replaced as
        with entries as (
            select rowid as row, true as fresh, {key}, {landed_version} as version_at, _file, rowid as place
            from {landed.table} where _fate = {USED} and {hashed} in (select key from contested)
            union all
            select row, false, {key}, version_at, _file, 0 from stored
        ),
        placed as (
            select entries.*, try_cast(version_at as decimal(38, 9)) as version_number, modified, path
            from entries join files on files.file_id = entries._file
        )
        select row, fresh, {key}, _file from placed
        qualify row_number() over (partition by {key} order by {RANK}) > 1
        """
    )


def _withdraw(
    connection: duckdb.DuckDBPyConnection, relation: Relation, source: str, table: str, hanging: Sequence[str]
) -> None:
    """Delete stored rows that are replaced, and what hangs on them."""
    replaced = "rowid in (select row from replaced where not fresh)"
    rows_go(connection, table, replaced)
    connection.execute(f"delete from {table} where {replaced}")
    owner = OWNERS.get(relation.name)
    if owner is None:
        return
    gone = f"(select {named(relation.key[1])} from replaced where not fresh)"
    for other in hanging:
        of_owner = f"owner = {quoted(owner)} and owner_id" if other.endswith("identifiers") else "interaction_id"
        condition = f"source = $source and {of_owner} in {gone}"
        rows_go(connection, other, condition, {"source": source})
        connection.execute(f"delete from {other} where {condition}", {"source": source})


OWNERS = {"interactions": "interaction", "surveys": "survey"}  # relations whose rows carry identifiers
