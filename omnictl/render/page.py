"""Tables for people: aligned text, and Markdown."""

from __future__ import annotations

import re
from typing import Any, TextIO

from omnictl.render.figures import figure
from omnictl.render.safe import one_line
from omnictl.render.table import Col, Table
from omnictl.render.values import is_number

_MARKDOWN = re.compile(r"[\\|`*\[\]]")


def write_table(table: Table, out: TextIO, lang: str) -> None:
    """Write aligned columns; numbers stand to the right, cells are never cut."""
    if not table.columns:
        return
    from tabulate import tabulate

    headings = [one_line(column.label or column.name) for column in table.columns]
    rows = [[one_line(cell) for cell in row] for row in _cells(table, lang)]
    align = ["right" if right else "left" for right in _to_the_right(table)]
    text = tabulate(rows, headings, tablefmt="simple", disable_numparse=True, colalign=align)
    out.write("".join(line.rstrip(" ") + "\n" for line in text.split("\n")))


def write_markdown(table: Table, out: TextIO, lang: str) -> None:
    """Write a table of GitHub's Markdown; what a cell holds is text, neither markup nor HTML."""
    if not table.columns:
        return
    headings = [_inert(column.label or column.name) for column in table.columns]
    out.write(_line(headings))
    out.write(_line(["---:" if right else "---" for right in _to_the_right(table)]))
    for row in _cells(table, lang):
        out.write(_line([_inert(cell) for cell in row]))


def _cells(table: Table, lang: str) -> list[list[str]]:
    return [
        [figure(value, column.unit, lang) for value, column in zip(row, table.columns, strict=True)]
        for row in table.rows
    ]


def _to_the_right(table: Table) -> list[bool]:
    def numeric(position: int, column: Col) -> bool:
        values: list[Any] = [row[position] for row in table.rows if row[position] is not None]
        return all(map(is_number, values)) if values else column.unit not in ("", "UTC")

    return [numeric(position, column) for position, column in enumerate(table.columns)]


def _inert(text: str) -> str:
    text = _MARKDOWN.sub(lambda found: "\\" + found[0], one_line(text))
    return text.replace("&", "&amp;").replace("<", "&lt;")


def _line(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |\n"
