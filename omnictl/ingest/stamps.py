"""The relation `stamps`: which loaded row breaks which rule of the plan. A stamp goes with its row.

It names the row by its key and its file, as it was read: of a source that completes another, or is completed, that is
the row held apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from omnictl.engines.connection import named, quoted
from omnictl.ingest.landing import Landed
from omnictl.ingest.mapping import USED
from omnictl.ingest.schema import held_tables, stored
from omnictl.relations import RELATIONS, Relation

if TYPE_CHECKING:
    import duckdb

    from omnictl.ingest.enforcing import Broken


def row_id(relation: Relation, alias: str) -> str:
    """What a stamp calls a row, as SQL over a table of the relation."""
    parts = [f"{alias}.{named(name)}::varchar" for name in relation.key if name != "source"]
    return parts[0] if len(parts) == 1 else f"concat_ws('|', {', '.join(parts)})"


def write_stamps(connection: duckdb.DuckDBPyConnection, landed: Sequence[Landed], broken: Mapping[str, Broken]) -> int:
    """Stamp the rows that stand, once it is settled which do; returns how many stamps that takes.

    Args:
        broken: by relation, the rules that its rows break.
    """
    relations = [(each, each.mapping.relation.name) for each in landed]
    return sum(_write(connection, each, broken[name]) for each, name in relations if name in broken)


def _write(connection: duckdb.DuckDBPyConnection, landed: Landed, broken: Broken) -> int:
    rules, relation = broken.rules, landed.mapping.relation
    ((count,),) = connection.execute(
        f"""
        insert into stamps (source, relation, row_id, event, plan, version, rule, "column", value, _file)
        select $source, $relation, {row_id(relation, "l")}, t.event, $plan, $version, t.rule, t."column", b.value,
            l._file
        from {broken.table} b
        join {landed.table} l on l.rowid = b.row
        join (
            select unnest($code::integer[]) as code, unnest($event::varchar[]) as event,
                unnest($rule::varchar[]) as rule, unnest($column::varchar[]) as "column"
        ) t on t.code = b.code
        where l._fate = {USED}
        order by b.row, b.code
        """,
        {
            "source": landed.mapping.source.name,
            "relation": relation.name,
            "plan": rules.plan,
            "version": rules.version,
            "code": list(range(len(broken.breaches))),
            "event": [breach.event for breach in broken.breaches],
            "rule": [breach.rule for breach in broken.breaches],
            "column": [breach.column for breach in broken.breaches],
        },
    ).fetchall()
    return int(count)


def drop_stamps(connection: duckdb.DuckDBPyConnection) -> None:
    """Drop the stamps of rows that have gone; to be called after they have, whatever they went for."""
    stamped = connection.execute(
        """
        select s.source, s.relation, coalesce(bool_or(sources._held), false)
        from stamps s left join sources using (source) group by all order by all
        """
    ).fetchall()
    waiting = held_tables(connection) if stamped else []
    for source, name, held in stamped:
        relation = RELATIONS[name]
        table = stored(name, held=held and name in waiting)
        connection.execute(
            f"""
            delete from stamps s
            where source = {quoted(source)} and relation = {quoted(name)} and not exists (
                select 1 from {table} t
                where t.source = {quoted(source)} and t._file = s._file and {row_id(relation, "t")} = s.row_id)
            """
        )
