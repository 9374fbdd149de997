"""CSV: RFC 4180 with lines that end in LF, as Unix pipes want them, and safe to open in a spreadsheet.

A text that a spreadsheet would take for a formula is prefixed with an apostrophe; numbers stay numbers, negative
ones too. NULL is an empty cell, an empty text is a quoted empty cell.
"""

from __future__ import annotations

from typing import Any, TextIO

from omnictl.render.table import Table
from omnictl.render.values import plain

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def write_csv(table: Table, out: TextIO) -> None:
    """Write a header of names and one line per row."""
    out.write(",".join(_cell(column.name, "") for column in table.columns) + "\n")
    alone = len(table.columns) == 1
    units = [column.unit for column in table.columns]
    for row in table.rows:
        line = ",".join(_cell(value, unit) for value, unit in zip(row, units, strict=True))
        # a lone empty cell would be an empty line, which readers skip
        out.write((line or '""' if alone else line) + "\n")


def _cell(value: Any, unit: str) -> str:
    if value is None:
        return ""
    text = plain(value, unit)
    if isinstance(value, str) and text.startswith(FORMULA_STARTS):
        text = "'" + text
    if not text or any(character in text for character in ',"\r\n'):
        return '"' + text.replace('"', '""') + '"'
    return text
