"""CSV in two styles, both safe to open in a spreadsheet.

    plain      RFC 4180 with lines that end in LF, as Unix pipes want them; ISO times, decimal points
    excel-fr   as Excel in French opens it by a double click: semicolons, decimal commas, days before months, byte-order
               mark, CR LF

A text that a spreadsheet would take for a formula is prefixed with an apostrophe; numbers stay numbers, negative
ones too. So is what follows a semicolon, a tab or a line's end inside a text: a spreadsheet that takes another
character for the separator would begin a cell there. NULL is an empty cell, an empty text is a quoted empty cell.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, TextIO

from omnictl.render.table import Col, Table
from omnictl.render.values import UTC as IN_UTC
from omnictl.render.values import is_number, plain

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_INSIDE = re.compile(r"([;\t\r\n])(?=[=+\-@])")
_INSIDE_FR = re.compile(r"([,\t\r\n])(?=[=+\-@])")


@dataclass(frozen=True)
class Style:
    """How cells are written and told apart."""

    separator: str
    ends: str
    cell: Callable[[Any, str], str]
    heading: Callable[[Col], str]
    inside: re.Pattern[str]
    mark: str = ""


def write_csv(table: Table, out: TextIO, style: str = "plain") -> None:
    """Write a header of names and one line per row. `out` must not translate line ends."""
    chosen = STYLES[style]
    separator, ends = chosen.separator, chosen.ends
    out.write(chosen.mark + separator.join(_text(chosen.heading(column), chosen) for column in table.columns) + ends)
    alone = len(table.columns) == 1
    units = [column.unit for column in table.columns]
    for row in table.rows:
        line = separator.join(_cell(value, unit, chosen) for value, unit in zip(row, units, strict=True))
        # a lone empty cell would be an empty line, which readers skip
        out.write((line or '""' if alone else line) + ends)


def _cell(value: Any, unit: str, style: Style) -> str:
    if value is None:
        return ""
    text = style.cell(value, unit)
    holds_text = isinstance(value, (str, list, tuple, dict))
    return _text(text, style) if holds_text else _quoted(text, style)


def _text(text: str, style: Style) -> str:
    if text.startswith(FORMULA_STARTS):
        text = "'" + text
    return _quoted(style.inside.sub(r"\1'", text), style)


def _quoted(text: str, style: Style) -> str:
    if not text or any(character in text for character in (style.separator, '"', "\r", "\n")):
        return '"' + text.replace('"', '""') + '"'
    return text


def _french(value: Any, unit: str) -> str:
    """A value as Excel in French takes it for a number, a day, a time or a truth; what is none of them stays text."""
    if isinstance(value, bool):
        return "VRAI" if value else "FAUX"
    if is_number(value):
        # Excel has no infinity: -inf would be a formula to it
        return plain(value).replace(".", ",") if math.isfinite(value) else f"'{plain(value)}"
    if isinstance(value, datetime):
        moment = value if value.tzinfo is None else value.astimezone(UTC)
        part = f",{moment.microsecond // 1000:03}" if moment.microsecond >= 1000 else ""
        return f"{_day(moment)} {moment:%H:%M:%S}{part}"
    if isinstance(value, date):
        return _day(value)
    return plain(value, unit).replace(".", ",") if isinstance(value, timedelta) else plain(value, unit)


def _day(value: date) -> str:
    return f"{value.day:02}/{value.month:02}/{value.year:04}"


def _zoned(column: Col) -> str:
    """Excel takes a time with a Z for text, so the heading says that times are UTC."""
    return f"{column.name} ({IN_UTC})" if column.unit == IN_UTC else column.name


STYLES = {
    "plain": Style(",", "\n", plain, lambda column: column.name, _INSIDE),
    "excel-fr": Style(";", "\r\n", _french, _zoned, _INSIDE_FR, mark="\ufeff"),
}
