"""The tables of the build: the relations it makes, what `followups` is a view of, and its own, which last as long as it
does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from omnictl.engines.connection import named
from omnictl.relations import RELATIONS
from omnictl.relations.families import FAMILIES

if TYPE_CHECKING:
    import duckdb

# What `followups` is a view of: of each interaction its own part and, by family, the other's key, time and offer. How
# far a family is observed is no part of it: a moved watermark changes the view and no row.
FOLLOWUP_ROWS = {
    "source": "VARCHAR",
    "interaction_id": "VARCHAR",
    "key": "BIGINT",
    "person_id": "BIGINT",
    "weight": "DOUBLE",
    "started_at": "TIMESTAMP",
    "end_at": "TIMESTAMP",
    "start_day": "DATE",
    "end_day": "DATE",
    "offer": "INTEGER",
    **{
        f"{family.name}_{what}": shape
        for family in FAMILIES.values()
        for what, shape in (("key", "BIGINT"), ("at", "TIMESTAMP"), ("offer", "INTEGER"))
        if what != "offer" or family.shown
    },
}
# The numbers of offers (channel and solution) in those rows: they stay what they are until all is made anew.
FOLLOWUP_OFFERS = {"offer": "INTEGER", "channel": "VARCHAR", "mode": "VARCHAR", "solution": "VARCHAR"}
BEHIND: Mapping[str, Mapping[str, str]] = {"followup_rows": FOLLOWUP_ROWS, "followup_offers": FOLLOWUP_OFFERS}

VIEWS = ("followups", "followups_probable")  # where there is something to tell; else a table

PASSES = len({(family.same, family.back) for family in FAMILIES.values()})  # a table each, see `passes`
PASSING = (
    "build_counted",
    "build_found",
    "build_offers",
    "build_intents",
    "build_some",
    "build_ordered",
    "build_duplicates",
    "build_relatives",
    "build_apart",
    "build_kin",
    "build_beside",
    "build_stepped",
    "build_weighed",
    "build_candidates",
    "build_links",
    "build_among",
    "build_open",
    "build_lines",
    "build_events",
    "build_stretches",
    "build_quarters",
)


def names_of(relation: str) -> str:
    """SQL: the columns of a relation in order."""
    return ", ".join(map(named, RELATIONS[relation].names))


def empty(connection: duckdb.DuckDBPyConnection, relation: str) -> None:
    """Make a relation's table anew, without rows: rows deleted would stay in the file until it is written anew."""
    shape = {column.name: column.type for column in RELATIONS[relation].columns}
    drop(connection, relation)
    _make(connection, relation, shape)


def empty_behind(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the tables anew that `followups` is a view of, without rows; the view is gone until it is made."""
    drop(connection, "followups")
    for table, shape in BEHIND.items():
        _make(connection, table, shape)


def delete_unbuilt(connection: duckdb.DuckDBPyConnection, table: str, *, people: bool = False) -> None:
    """Delete the rows of `unbuilt_interactions` from a table; with `people` also those of `unbuilt_people`."""
    connection.execute(
        f"delete from {table} where exists (select 1 from unbuilt_interactions as u "
        f"where u.source = {table}.source and u.interaction_id = {table}.interaction_id)"
    )
    if people:
        connection.execute(f"delete from {table} where person_id in (select person_id from unbuilt_people)")


def clear(connection: duckdb.DuckDBPyConnection, relation: str) -> None:
    """Take a relation's rows away; `followups` is a table again, which takes rows that are given."""
    if relation == "followups":
        empty(connection, relation)
    else:
        connection.execute(f"delete from {relation}")


def table_of(connection: duckdb.DuckDBPyConnection, relation: str) -> str:
    """The table that holds a relation's rows: `followups` is one itself until something has been built."""
    return "followup_rows" if relation == "followups" and _is_view(connection, relation) else relation


def drop(connection: duckdb.DuckDBPyConnection, relation: str) -> None:
    """Drop a relation, a table or a view with what is behind it."""
    kind = "view" if relation in VIEWS and _is_view(connection, relation) else "table"
    connection.execute(f"drop {kind} if exists {relation}")
    if relation == "followups":
        for table in BEHIND:
            connection.execute(f"drop table if exists {table}")


def _is_view(connection: duckdb.DuckDBPyConnection, relation: str) -> bool:
    listed = """
        select 1 from information_schema.views
        where table_name = $name and table_schema = 'main' and table_catalog = current_database()
        """
    return bool(connection.execute(listed, {"name": relation}).fetchall())


def _make(connection: duckdb.DuckDBPyConnection, table: str, shape: Mapping[str, str]) -> None:
    columns = ", ".join(f"{named(column)} {kind}" for column, kind in shape.items())
    connection.execute(f"create table {table} ({columns})")


def forget(connection: duckdb.DuckDBPyConnection) -> None:
    """Drop the build's own tables, also those an attempt before left."""
    passes = (f"build_passed_{number}" for number in range(PASSES))
    for table in (*PASSING, *passes):
        connection.execute(f"drop table if exists temp.{table}")
