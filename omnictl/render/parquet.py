"""Parquet, written by DuckDB itself on a database of its own in memory.

Columns are typed; what must travel with the figures lies in the file's key-value metadata, as JSON:

    omnictl.version       the version that wrote it
    omnictl.columns       name, unit and label of each column; times of unit UTC are UTC, others local
    omnictl.definitions   what each KPI counts, where the table holds KPIs
    omnictl.notes         what was said beside the table
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from omnictl import __version__
from omnictl.errors import OmnictlError
from omnictl.render.table import Table
from omnictl.render.typed import given, type_of
from omnictl.render.values import distinct_names, literal

BATCH = 10_000  # rows handed over at once
PREFIX = "omnictl."


def write_parquet(table: Table, file: Path, definitions: Sequence[Mapping[str, Any]] = ()) -> None:
    """Write one table.

    Raises:
        OmnictlError: the table has no column, or the file cannot be written.
    """
    import duckdb

    if not table.columns:
        raise OmnictlError("a table without columns cannot be written as Parquet")
    names = distinct_names(table.columns, fold=True)
    types = [type_of(column, [row[position] for row in table.rows]) for position, column in enumerate(table.columns)]
    alone: dict[str, Any] = {"autoload_known_extensions": False, "autoinstall_known_extensions": False, "threads": 1}
    with duckdb.connect(":memory:", config=alone) as connection:
        shape = ", ".join(f"c{position} {kind}" for position, kind in enumerate(types))
        connection.execute(f"create table rows ({shape})")
        _fill(connection, table, types)
        chosen = ", ".join(f"c{position} as {_name(name)}" for position, name in enumerate(names))
        said = ", ".join(f"{_text(key)}: {_text(value)}" for key, value in _metadata(table, names, definitions).items())
        try:
            connection.execute(
                f"copy (select {chosen} from rows order by rowid) to {_text(str(file))} "
                f"(format parquet, compression zstd, use_tmp_file false, kv_metadata {{{said}}})"
            )
        except duckdb.IOException as error:
            raise OmnictlError(f"the Parquet file cannot be written: {error}") from error


def _fill(connection: Any, table: Table, types: Sequence[str]) -> None:
    """Hand the rows over column by column, which costs a tenth of doing so row by row."""
    # decimals go as texts, since a list of them would take the type of its first
    marks = ", ".join(
        f"unnest(?::varchar[])::{kind}" if kind.startswith("decimal") else f"unnest(?::{kind}[])" for kind in types
    )
    rows = iter(table.rows)
    while batch := list(islice(rows, BATCH)):
        columns = [
            [given(row[position], kind, table.columns[position].unit) for row in batch]
            for position, kind in enumerate(types)
        ]
        connection.execute(f"insert into rows select {marks}", columns)


def _metadata(table: Table, names: Sequence[str], definitions: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    columns = [
        {"name": name, "unit": column.unit, "label": column.label}
        for name, column in zip(names, table.columns, strict=True)
    ]
    found = {"version": __version__, "columns": literal(columns)}
    if definitions:
        found["definitions"] = literal(list(definitions))
    if table.notes:
        found["notes"] = literal(table.notes)
    return {PREFIX + key: value for key, value in found.items()}


def _name(name: str) -> str:
    return '"' + (name or "column").replace('"', '""') + '"'


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
