"""JSON: a list of row objects, or one object per line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TextIO

from omnictl.render.table import Table
from omnictl.render.values import distinct_names, literal


def write_json(table: Table, out: TextIO) -> None:
    """Write a list of row objects, one to a line."""
    opening = "[\n"
    for row in _objects(table):
        out.write(opening + row)
        opening = ",\n"
    out.write("[]\n" if not table.rows else "\n]\n")


def write_jsonl(table: Table, out: TextIO) -> None:
    """Write one row object per line."""
    for row in _objects(table):
        out.write(row + "\n")


def _objects(table: Table) -> Iterator[str]:
    keys = [f"{literal(name)}: " for name in distinct_names(table.columns)]
    units = [column.unit for column in table.columns]
    for row in table.rows:
        cells = (key + literal(value, unit) for key, value, unit in zip(keys, row, units, strict=True))
        yield "{" + ", ".join(cells) + "}"
