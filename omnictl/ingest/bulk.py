"""Rows into a relation's table, at the least cost.

DuckDB pays for every cell it stores, an empty one included, and a relation has many columns that a source leaves empty
or fills with one value. While a column holds one value throughout, it is therefore not stored: it is a generated
column of the table, which readers cannot tell from another and which costs them nothing either. It becomes a stored
one when rows with another value come.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from omnictl.engines.connection import named
from omnictl.ingest.schema import columns_of

if TYPE_CHECKING:
    import duckdb


def insert(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    origin: str,
    varying: Mapping[str, str],
    constant: Mapping[str, str],
) -> int:
    """Insert rows and say how many.

    Args:
        origin: the rows: what follows FROM.
        varying: the SQL of columns over the origin.
        constant: columns with one value in all rows, as literals; a column that is in neither is NULL.
    """
    ((filled,),) = connection.execute(f"select count(*) from (from {table} limit 1)").fetchall()
    if filled:
        _store_what_differs(connection, table, varying, constant)
    else:
        _make_anew(connection, table, varying, constant)
    generated = _generated(connection, table)
    values = {name: sql for name, sql in {**varying, **constant}.items() if name not in generated}
    names = ", ".join(map(named, values))
    statement = f"insert into {table} ({names})\nselect {', '.join(values.values())}\nfrom {origin}"
    return int(connection.execute(statement).fetchall()[0][0])


def store_columns(connection: duckdb.DuckDBPyConnection, table: str, names: Iterable[str]) -> None:
    """Have columns stored that are to be updated."""
    generated = _generated(connection, table)
    types = columns_of(table)
    for name in names:
        if name in generated:
            column = f"{named(name)} {types[name]} default {generated[name]}"
            connection.execute(f"alter table {table} drop column {named(name)}")
            connection.execute(f"alter table {table} add column {column}")  # gives it to the rows there are
            connection.execute(f"alter table {table} alter column {named(name)} drop default")


def _make_anew(
    connection: duckdb.DuckDBPyConnection, table: str, varying: Mapping[str, str], constant: Mapping[str, str]
) -> None:
    """Make an empty table whose columns with one value are generated."""
    columns = [
        f"{named(name)} {kind}"
        + ("" if name in varying else f" generated always as ({constant.get(name, 'null')}::{kind}) virtual")
        for name, kind in columns_of(table).items()
    ]
    connection.execute(f"drop table {table}")
    connection.execute(f"create table {table} ({', '.join(columns)})")


def _store_what_differs(
    connection: duckdb.DuckDBPyConnection, table: str, varying: Mapping[str, str], constant: Mapping[str, str]
) -> None:
    """Have those generated columns stored whose one value is not that of the rows to come."""
    generated = _generated(connection, table)
    types = columns_of(table)
    differing = [name for name in generated if name in varying]
    alike = [name for name in generated if name not in varying]
    if alike:
        asked = ", ".join(
            f"({generated[name]}) is not distinct from ({constant.get(name, 'null')}::{types[name]})" for name in alike
        )
        (answers,) = connection.execute(f"select {asked}").fetchall()
        differing += [name for name, same in zip(alike, answers, strict=True) if not same]
    store_columns(connection, table, differing)


def _generated(connection: duckdb.DuckDBPyConnection, table: str) -> dict[str, str]:
    """The generated columns of a table, and what generates them."""
    rows = connection.execute(
        """
        select column_name, generation_expression from duckdb_columns()
        where table_name = $table and is_generated and database_name = current_database()
        """,
        {"table": table},
    ).fetchall()
    return dict(rows)
