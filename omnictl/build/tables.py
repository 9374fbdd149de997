"""The tables of the build: the relations it makes anew, and its own, which last as long as it does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from omnictl.engines.connection import named
from omnictl.relations import RELATIONS

if TYPE_CHECKING:
    import duckdb

PASSING = (
    "build_offers",
    "build_intents",
    "build_ordered",
    "build_duplicates",
    "build_relatives",
    "build_kin",
    "build_stepped",
    "build_spans",
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
    shape = ", ".join(f"{named(column.name)} {column.type}" for column in RELATIONS[relation].columns)
    connection.execute(f"drop table if exists {relation}")
    connection.execute(f"create table {relation} ({shape})")


def forget(connection: duckdb.DuckDBPyConnection) -> None:
    """Drop the build's own tables, also those an attempt before left."""
    for table in PASSING:
        connection.execute(f"drop table if exists temp.{table}")
