"""Which of several records with the same key stands: the greatest `version_at`, on a tie the later record.

Numbers are compared as numbers, all else as text, and any text is greater than any number: an order of values that
does not depend on which other values there are, so any split of an export gives the same winners. Later means: in the
file modified later, of these the one whose name comes later, further down in it.

Keys are rarely repeated, so repeated hashes are looked for first, and only their records are ranked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from omnictl.engines.connection import named
from omnictl.ingest.mapping import SUPERSEDED, USED
from omnictl.relations import Relation

if TYPE_CHECKING:
    import duckdb

RANK = """
    version_at is not null desc, version_number is null desc, version_number desc,
    case when version_number is null then version_at end desc, modified desc, path desc, place desc
"""


def settle_versions(connection: duckdb.DuckDBPyConnection, relation: Relation, source: str) -> None:
    """Mark landed records that a newer one replaces, and delete stored rows that a landed one replaces.

    The landed table has a column for each column of the key but `source`; the ledger knows every file.
    """
    keys = [name for name in relation.key if name != "source"]
    hashed = f"hash({', '.join(map(named, keys))})"
    connection.execute(
        f"""
        create or replace temp table contested as
        select {hashed} as key from landed where _fate = {USED} group by all having count(*) > 1
        """
    )
    same = " and ".join(f"l.{named(name)} = r.{named(name)}" for name in keys)
    connection.execute(
        f"""
        insert into contested select distinct hash({", ".join(f"l.{named(name)}" for name in keys)})
        from landed l semi join (select * from {relation.name} where source = $source) r on {same}
        where l._fate = {USED}
        """,
        {"source": source},
    )
    ((contested,),) = connection.execute("select count(*) from contested").fetchall()
    if not contested:
        return
    _rank(connection, relation, source, keys, hashed)
    connection.execute(f"update landed set _fate = {SUPERSEDED} where rowid in (select row from replaced where fresh)")
    _withdraw(connection, relation, source)


def _rank(connection: duckdb.DuckDBPyConnection, relation: Relation, source: str, keys: list[str], hashed: str) -> None:
    """Make `replaced`: the rows that another one with the same key replaces."""
    key = ", ".join(map(named, keys))
    landed_columns = {name for (name,) in connection.execute("select column_name from (describe landed)").fetchall()}
    version = "version_at" if relation.column("version_at") is not None else "null::varchar"
    fresh = "coalesce(version_at, _version_time::varchar)"
    landed_version = fresh if "version_at" in landed_columns else "null::varchar"
    connection.execute(
        f"""
        create or replace temp table replaced as
        with entries as (
            select rowid as row, true as fresh, {key}, {landed_version} as version_at, _file, rowid as place
            from landed where _fate = {USED} and {hashed} in (select key from contested)
            union all
            select rowid, false, {key}, {version}, _file, 0
            from {relation.name} where source = $source and {hashed} in (select key from contested)
        ),
        placed as (
            select entries.*, try_cast(version_at as decimal(38, 9)) as version_number, modified, path
            from entries join files on files.file_id = entries._file
        )
        select row, fresh, {key} from placed
        qualify row_number() over (partition by {key} order by {RANK}) > 1
        """,
        {"source": source},
    )


def _withdraw(connection: duckdb.DuckDBPyConnection, relation: Relation, source: str) -> None:
    """Delete stored rows that are replaced, and what hangs on them."""
    ((stored,),) = connection.execute("select count(*) from replaced where not fresh").fetchall()
    if not stored:
        return
    connection.execute(f"delete from {relation.name} where rowid in (select row from replaced where not fresh)")
    owner = OWNERS.get(relation.name)
    if owner is not None:
        connection.execute(
            f"""
            delete from identifiers where source = $source and owner = $owner
            and owner_id in (select {named(relation.key[1])} from replaced where not fresh)
            """,
            {"source": source, "owner": owner},
        )


OWNERS = {"interactions": "interaction", "surveys": "survey"}  # relations whose rows carry identifiers
