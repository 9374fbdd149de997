"""Tables for people: aligned text, and Markdown.

A column `x_state` beside a column `x` tells why a figure is empty or not final. People read it in the figure's own
cell: `not_defined`, `8.0% partial`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TextIO

from omnictl.render.figures import figure
from omnictl.render.safe import one_line
from omnictl.render.table import Col, Table
from omnictl.render.values import is_number

STATE = "_state"
_MARKDOWN = re.compile(r"[\\|`*\[\]]")


def write_table(table: Table, out: TextIO, lang: str) -> None:
    """Write aligned columns; numbers stand to the right, cells are never cut."""
    if not table.columns:
        return
    from tabulate import tabulate

    page = _page(table, lang)
    headings = [one_line(heading) for heading in page.headings]
    rows = [[one_line(cell) for cell in row] for row in page.cells]
    align = ["right" if right else "left" for right in page.to_the_right]
    text = tabulate(rows, headings, tablefmt="simple", disable_numparse=True, colalign=align)
    out.write("".join(line.rstrip(" ") + "\n" for line in text.split("\n")))


def write_markdown(table: Table, out: TextIO, lang: str) -> None:
    """Write a table of GitHub's Markdown; what a cell holds is text, neither markup nor HTML."""
    if not table.columns:
        return
    page = _page(table, lang)
    out.write(_line(map(inert, page.headings)))
    out.write(_line("---:" if right else "---" for right in page.to_the_right))
    for row in page.cells:
        out.write(_line(map(inert, row)))


@dataclass(frozen=True)
class _Page:
    """A table as text: what a column is called, which way it is aligned, and its cells."""

    headings: list[str]
    to_the_right: list[bool]
    cells: list[list[str]]


def _page(table: Table, lang: str) -> _Page:
    positions = {column.name: position for position, column in enumerate(table.columns)}
    states = {
        positions[name.removesuffix(STATE)]: position
        for name, position in positions.items()
        if name.endswith(STATE) and name.removesuffix(STATE) in positions
    }
    shown = [position for position in range(len(table.columns)) if position not in states.values()]
    right = _to_the_right(table)

    def cell(row: tuple[Any, ...], position: int) -> str:
        text = figure(row[position], table.columns[position].unit, lang)
        state = row[states[position]] if position in states else None
        return " ".join(part for part in (text, str(state or "")) if part)

    return _Page(
        [table.columns[position].label or table.columns[position].name for position in shown],
        [right[position] for position in shown],
        [[cell(row, position) for position in shown] for row in table.rows],
    )


def _to_the_right(table: Table) -> list[bool]:
    def numeric(position: int, column: Col) -> bool:
        values: list[Any] = [row[position] for row in table.rows if row[position] is not None]
        return all(map(is_number, values)) if values else column.unit not in ("", "UTC")

    return [numeric(position, column) for position, column in enumerate(table.columns)]


def inert(text: str) -> str:
    """A text that Markdown shows as it is."""
    text = _MARKDOWN.sub(lambda found: "\\" + found[0], one_line(text))
    return text.replace("&", "&amp;").replace("<", "&lt;")


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |\n"
