"""Rows into a relation's table, at the least cost.

DuckDB pays for every cell it stores, an empty one included, and a relation has many columns that a source leaves empty.
While a column holds nothing, or what another column of its row tells, it is therefore not stored: it is a generated
column of the table, which readers cannot tell from another and which costs them nothing either. It becomes a stored
one when rows with another value come.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING

from omnictl.engines.connection import named
from omnictl.ingest.schema import DERIVED, HELD, columns_of

if TYPE_CHECKING:
    import duckdb


def insert(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    origin: str,
    varying: Mapping[str, str],
    constant: Mapping[str, str],
    derivable: Collection[str] = (),
) -> int:
    """Insert rows and say how many.

    Args:
        origin: the rows: what follows FROM.
        varying: the SQL of columns over the origin.
        constant: columns with one value in all rows, as literals; a column that is in neither is NULL.
        derivable: those varying columns whose values are what `schema.DERIVED` makes of the rest of the row.
    """
    ((filled,),) = connection.execute(f"select count(*) from (from {table} limit 1)").fetchall()
    prepare = _store_what_differs if filled else _make_anew
    generated = prepare(connection, table, varying, constant, derivable)
    values = {name: sql for name, sql in {**varying, **constant}.items() if name not in generated}
    names = ", ".join(map(named, values))
    statement = f"insert into {table} ({names})\nselect {', '.join(values.values())}\nfrom {origin}"
    return int(connection.execute(statement).fetchall()[0][0])


def store_columns(connection: duckdb.DuckDBPyConnection, table: str, names: Iterable[str]) -> None:
    """Have columns stored that are to be updated."""
    _store(connection, table, names, _generated(connection, table))


def _store(
    connection: duckdb.DuckDBPyConnection, table: str, names: Iterable[str], generated: Mapping[str, str]
) -> None:
    types = columns_of(table)
    for name in names:
        if name not in generated:
            continue
        derived = _is_derived(table, name, generated[name])
        default = "" if derived else f" default {generated[name]}"  # gives it to the rows there are
        connection.execute(f"alter table {table} drop column {named(name)}")
        connection.execute(f"alter table {table} add column {named(name)} {types[name]}{default}")
        if derived:
            connection.execute(f"update {table} set {named(name)} = {generated[name]}")
        else:
            connection.execute(f"alter table {table} alter column {named(name)} drop default")


def _make_anew(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    varying: Mapping[str, str],
    constant: Mapping[str, str],
    derivable: Collection[str],
) -> Collection[str]:
    """Make an empty table whose columns without any value, or that others tell, are generated; returns which."""
    columns = []
    generated: list[str] = []
    for name, kind in columns_of(table).items():
        column = f"{named(name)} {kind}"
        if name in derivable:
            column += f" generated always as ({DERIVED[table.removeprefix(HELD)][name]}) virtual"
            generated.append(name)
        elif name not in varying and constant.get(name, "null") == "null":
            column += f" generated always as (null::{kind}) virtual"
            generated.append(name)
        # One value throughout is stored: DuckDB evaluates what is generated above an outer join, where the row may be
        # missing, and plans badly what it has no statistics of.
        columns.append(column)
    connection.execute(f"drop table {table}")
    connection.execute(f"create table {table} ({', '.join(columns)})")
    return generated


def _store_what_differs(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    varying: Mapping[str, str],
    constant: Mapping[str, str],
    derivable: Collection[str],
) -> Collection[str]:
    """Have those generated columns stored that would not give the rows to come their values; returns the others."""
    types = columns_of(table)
    generated = _generated(connection, table)
    differing: list[str] = []
    constants: dict[str, str] = {}
    for name, expression in generated.items():
        if _is_derived(table, name, expression):
            differing += [name] if name not in derivable and name in {**varying, **constant} else []
        elif name in varying:
            differing.append(name)
        else:
            literal = constant.get(name, "null")
            constants[name] = f"({expression}) is not distinct from ({literal}::{types[name]})"
    if constants:
        (same,) = connection.execute(f"select {', '.join(constants.values())}").fetchall()
        differing += [name for name, alike in zip(constants, same, strict=True) if not alike]
    _store(connection, table, differing, generated)
    return generated.keys() - set(differing)


def _is_derived(table: str, name: str, expression: str) -> bool:
    """Whether a generated column is made from another of its row, and not one value throughout."""
    made_from = DERIVED.get(table.removeprefix(HELD), {}).get(name, "").split("::")[0]
    return bool(made_from) and made_from in expression


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


def copy_rows(connection: duckdb.DuckDBPyConnection, origin: str, target: str, replaced: Mapping[str, str]) -> int:
    """Insert rows of one table of a relation into another one of the same relation, and say how many.

    Args:
        origin: what follows FROM; its columns are those of the target.
        replaced: the SQL of columns that are to be other than they are.
    """
    names = list(columns_of(target))
    values = {name: replaced.get(name, named(name)) for name in names}
    counts = ", ".join(f"count({sql})" for sql in values.values())
    (found,) = connection.execute(f"select count(*), {counts} from {origin}").fetchall()
    if not found[0]:
        return 0
    varying = {name: values[name] for name, count in zip(names, found[1:], strict=True) if count}
    return insert(connection, target, origin, varying, {})
