"""Interactions, surveys and decisions taken out of every table that ingest fills.

What is to go stands in a temporary table:

    reached  source, owner (interaction, survey, decision), id, alone

`alone`: no interaction (or decision) that stays bears this id, in any source. Rows that say of which interaction they
are and are of none of their own source, such as steps from another tool, are then of this one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from omnictl.ingest import bulk
from omnictl.ingest.schema import columns_of, held_tables, stored
from omnictl.ingest.stamps import drop_stamps
from omnictl.ingest.touched import rows_go
from omnictl.relations import RELATIONS, Relation

if TYPE_CHECKING:
    import duckdb

REACHED = "(select source, id from reached where owner = '{}')"
ALONE = "(select id from reached where owner = '{}' and alone)"


def begin(connection: duckdb.DuckDBPyConnection) -> None:
    """Make `reached`, with nothing in it."""
    connection.execute(
        "create or replace temp table reached (source varchar, owner varchar, id varchar, alone boolean)"
    )


def spread(connection: duckdb.DuckDBPyConnection) -> None:
    """Add the surveys about the interactions reached and the decisions shown in them."""
    known = " union all ".join(
        f"select source, interaction_id from {table}"
        for table, relation in _tables(connection)
        if relation.name == "interactions"
    )
    connection.execute(
        f"""
        update reached set alone = true where owner = 'interaction' and id not in (
            select interaction_id from ({known}) k
            where interaction_id in (select id from reached where owner = 'interaction')
                and (source, interaction_id) not in {REACHED.format("interaction")})
        """
    )
    for table, relation in _tables(connection):
        if relation.name == "surveys":
            _reach(
                connection, table, "survey", "survey_id", _of_interaction("coalesce(t.interaction_source, t.source)")
            )
        elif relation.name == "decisions":
            _reach(connection, table, "decision", "decision_id", _of_interaction("t.source", "t.session"))
    connection.execute(
        f"""
        update reached set alone = true where owner = 'decision' and id not in (
            select decision_id from decisions where (source, decision_id) not in {REACHED.format("decision")})
        """
    )


def _reach(connection: duckdb.DuckDBPyConnection, table: str, owner: str, key: str, condition: str) -> None:
    connection.execute(
        f"""
        insert into reached
        select distinct t.source, '{owner}', t.{key}, false from {table} t
        where {condition} and (t.source, t.{key}) not in {REACHED.format(owner)}
        """
    )


def _of_interaction(source: str, id_: str = "t.interaction_id") -> str:
    own, alone = REACHED.format("interaction"), ALONE.format("interaction")
    return f"coalesce(({source}, {id_}) in {own} or {id_} in {alone}, false)"


def condition(relation: Relation) -> str:
    """Which rows of a relation go, as SQL over its table `t`, never NULL; '' where rows are of nobody."""
    if relation.name == "identifiers":
        carried = "(t.source, t.owner, t.owner_id) in (select source, owner, id from reached)"
        return (
            f"({carried} or coalesce(t.owner = 'interaction' and t.owner_id in {ALONE.format('interaction')}, false))"
        )
    if relation.name == "interactions":
        return f"((t.source, t.interaction_id) in {REACHED.format('interaction')})"
    if relation.name == "surveys":
        return f"((t.source, t.survey_id) in {REACHED.format('survey')})"
    if "decision_id" in relation.names:
        own, alone = REACHED.format("decision"), ALONE.format("decision")
        return f"((t.source, t.decision_id) in {own} or t.decision_id in {alone})"
    if relation.owner is not None:
        source, id_ = relation.owner
        return _of_interaction(f"t.{source}", f"t.{id_}")
    return ""


def _tables(connection: duckdb.DuckDBPyConnection) -> Iterator[tuple[str, Relation]]:
    """The tables that hold rows of somebody: those that readers see, and those in which rows wait."""
    held = set(held_tables(connection))
    for relation in RELATIONS.values():
        if relation.written_by == "connector" and condition(relation):
            yield relation.name, relation
            if relation.name in held:
                yield stored(relation.name, held=True), relation


def counted(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """How many rows of each relation that readers see are reached, those of derived relations included."""
    found = {}
    for relation in RELATIONS.values():
        rows = condition(relation) if relation.written_by != "omnictl" else ""
        if rows:
            ((found[relation.name],),) = connection.execute(
                f"select count(*) from {relation.name} t where {rows}"
            ).fetchall()
    return found


def remove(connection: duckdb.DuckDBPyConnection) -> set[str]:
    """Delete the rows of what is reached, count their records as filtered; returns the sources that lost some.

    Records of which several rows were made are counted by the rows; where one row was made of several records, as the
    one that it begins with. Reading their file again counts them all.
    """
    ((anything,),) = connection.execute("select count(*) from reached").fetchall()
    if not anything:
        return set()
    _count_as_filtered(connection)
    lost: set[str] = set()
    for table, relation in _tables(connection):
        _forget_parents(connection, table, relation)
        rows_go(connection, table, condition(relation))
        rows = connection.execute(f"delete from {table} t where {condition(relation)} returning source").fetchall()
        lost |= {source for (source,) in rows}
    drop_stamps(connection)
    return lost


def _count_as_filtered(connection: duckdb.DuckDBPyConnection) -> None:
    """Correct the accounts of the files whose records go. Rows that are held are those that were read."""
    going, staying = [], []
    for table, relation in _tables(connection):
        if "_record" not in columns_of(table):
            continue
        own = "true" if table != relation.name else "t.source not in (select source from sources where _held)"
        select = f"select t._file, t._record from {table} t where {own} and t._record is not null"
        going.append(f"{select} and {condition(relation)}")
        staying.append(f"{select} and not {condition(relation)}")
    connection.execute(
        f"""
        create or replace temp table going as
        select _file, count(*) as n
        from (
            select distinct g._file, g._record from ({" union all ".join(going)}) g
            anti join ({" union all ".join(staying)}) s on s._file = g._file and s._record = g._record
        ) group by _file
        """
    )
    connection.execute(
        """
        update files set used = used - n, _read = _read - n, filtered = filtered + n
        from temp.going g where files.file_id = g._file
        """
    )
    connection.execute("drop table temp.going")


def _forget_parents(connection: duckdb.DuckDBPyConnection, table: str, relation: Relation) -> None:
    """Of what stays, let go of the ids of parents that go; that it had one of some kind is told on."""
    if relation.name != "interactions":
        return
    child = f"({_of_interaction('coalesce(t.parent_source, t.source)', 't.parent_id')})"
    ((children,),) = connection.execute(f"select count(*) from {table} t where {child}").fetchall()
    if children:
        rows_go(connection, table, child)  # and come back without a parent
        bulk.store_columns(connection, table, ["parent_source", "parent_id"])
        connection.execute(f"update {table} t set parent_source = null, parent_id = null where {child}")
