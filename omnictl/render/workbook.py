"""Excel workbooks for people: one sheet per table, and one that says what the figures mean.

Numbers, days and times are real ones with a number format, so that a reader can go on calculating; Excel shows them in
its own language. A text is always written as a text, never as a formula or a link. What Excel cannot hold exactly
(whole numbers over 15 digits, days before 1900) is written as text rather than altered.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from omnictl import __version__
from omnictl.errors import OmnictlError
from omnictl.render.figures import figure
from omnictl.render.table import Col, Table
from omnictl.render.values import UTC as IN_UTC
from omnictl.render.values import is_number, plain

MOST_ROWS, MOST_COLUMNS, MOST_CHARACTERS = 1_048_576, 16_384, 32_767
EXACT = 10**15  # from here on a double drops digits
NARROWEST, WIDEST, MEASURED = 8, 60, 1000  # widths in characters; rows looked at for them
DEFINITIONS = "definitions"

_FORMATS = {
    "ratio": "0.0%",
    "pt": '+0.0" pt";-0.0" pt";0.0" pt"',
    "count": "#,##0",
    "seconds": '#,##0.0" s"',
    "s": '#,##0.0" s"',
    "eur": '#,##0.00" €"',
    "EUR": '#,##0.00" €"',
    "score": "#,##0.0",
    "index": "#,##0.0",
}
_OTHER = "#,##0.00"
_DAYS = {"en": "yyyy-mm-dd", "fr": "dd/mm/yyyy"}
_FORBIDDEN = re.compile(r"[\[\]:*?/\\\x00-\x1f]")


def write_workbook(
    tables: Sequence[Table], file: Path, lang: str, definitions: Sequence[Mapping[str, Any]] = ()
) -> list[str]:
    """Write the tables, headings in the language given.

    Returns:
        What must be told: texts that were cut because a cell holds no more.

    Raises:
        OmnictlError: a table is larger than a sheet, or the file cannot be written.
    """
    from xlsxwriter import Workbook
    from xlsxwriter.exceptions import XlsxWriterException

    for table in tables:
        _check_size(table)
    book = Workbook(str(file), {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False})
    title = next((table.title for table in tables if table.title), "")
    book.set_properties({"title": _clean(title), "comments": f"omnictl {__version__}"})
    pages = [*tables, *([_defined(definitions, tables)] if definitions else [])]
    sheets = _Sheets(book, lang)
    for table, name in zip(pages, _names(pages), strict=True):
        sheets.write(table, name)
    try:
        book.close()
    except (OSError, XlsxWriterException) as error:
        raise OmnictlError(f"the workbook cannot be written: {error}") from error
    cut = sheets.cut
    return [f"{cut} texts are longer than {MOST_CHARACTERS:,} characters and were cut: a cell holds no more"] * (
        cut > 0
    )


class _Sheets:
    """The sheets of a book, and how many texts had to be cut."""

    def __init__(self, book: Any, lang: str) -> None:
        self.book = book
        self.days = _DAYS.get(lang, _DAYS["en"])
        self.lang = lang
        self.cut = 0
        self._styles: dict[str, Any] = {}

    def write(self, table: Table, name: str) -> None:
        sheet = self.book.add_worksheet(name)
        bold = self.book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        for position, column in enumerate(table.columns):
            self._text(sheet, 0, position, _heading(column), bold)
            sheet.set_column(position, position, self._width(table, position))
        sheet.freeze_panes(1, 0)
        units = [column.unit for column in table.columns]
        for number, row in enumerate(table.rows, 1):
            for position, (value, unit) in enumerate(zip(row, units, strict=True)):
                if value is not None:
                    self._cell(sheet, number, position, value, unit)
        if table.rows and table.columns:
            sheet.autofilter(0, 0, len(table.rows), len(table.columns) - 1)

    def _cell(self, sheet: Any, row: int, column: int, value: Any, unit: str) -> None:
        if isinstance(value, bool):
            sheet.write_boolean(row, column, value)
        elif is_number(value) and math.isfinite(value) and (isinstance(value, float) or abs(value) < EXACT):
            shown = value * 100 if unit == "pt" else value  # of points Excel knows nothing
            sheet.write_number(row, column, float(shown), self._style(_number_format(value, unit)))
        elif isinstance(value, date) and (moment := _moment(value)) is not None:
            shown = self.days + (" hh:mm:ss" if isinstance(value, datetime) else "")
            sheet.write_datetime(row, column, moment, self._style(shown))
        else:
            self._text(sheet, row, column, plain(value, unit), None)

    def _text(self, sheet: Any, row: int, column: int, text: str, style: Any) -> None:
        text = _clean(text)
        if len(text) > MOST_CHARACTERS:
            self.cut += 1
            text = text[: MOST_CHARACTERS - 1] + "…"
        # not `write`, which takes a text that begins with = for a formula
        if text:
            sheet.write_string(row, column, text, style)

    def _style(self, number_format: str) -> Any:
        if not number_format:
            return None
        if number_format not in self._styles:
            self._styles[number_format] = self.book.add_format({"num_format": number_format})
        return self._styles[number_format]

    def _width(self, table: Table, position: int) -> int:
        unit = table.columns[position].unit
        shown = [_heading(table.columns[position])]
        shown += [figure(row[position], unit, self.lang) for row in table.rows[:MEASURED]]
        longest = max(len(line) for text in shown for line in text.split("\n"))
        return min(max(longest + 2, NARROWEST), WIDEST)


def _heading(column: Col) -> str:
    name = column.label or column.name
    return f"{name} ({IN_UTC})" if column.unit == IN_UTC else name


def _number_format(value: Any, unit: str) -> str:
    if not unit or unit == IN_UTC:
        return ""  # an id or a year must not be grouped
    return _OTHER if unit == "count" and value != int(value) else _FORMATS.get(unit, _OTHER)


def _moment(value: date) -> date | None:
    """A day or time that Excel has; it begins with 1900."""
    if isinstance(value, datetime) and value.tzinfo is not None:
        value = value.astimezone(UTC).replace(tzinfo=None)
    return value if value.year >= 1900 else None


def _check_size(table: Table) -> None:
    if len(table.rows) >= MOST_ROWS or len(table.columns) > MOST_COLUMNS:
        size = f"{len(table.rows):,} rows and {len(table.columns):,} columns"
        message = f"{size} are more than a sheet of Excel holds ({MOST_ROWS - 1:,} and {MOST_COLUMNS:,})"
        raise OmnictlError(message, hint="--format parquet or csv has no such limit")


def _defined(definitions: Sequence[Mapping[str, Any]], tables: Sequence[Table]) -> Table:
    """One row per KPI, one column per key of the definitions; then what was said beside the figures."""
    keys = list(dict.fromkeys(key for each in definitions for key in each))
    rows: list[tuple[Any, ...]] = [tuple(_written(each.get(key)) for key in keys) for each in definitions]
    notes = dict.fromkeys(note for table in tables for note in table.notes)
    rows += [(f"note: {note}", *(None,) * (len(keys) - 1)) for note in notes]
    return Table([Col(key) for key in keys], rows, title=DEFINITIONS)


def _written(value: Any) -> str | None:
    """A value of a definition as a person reads it: `short_abandon: 5 s`, `numerator: count_if(…)`, one to a line."""
    if isinstance(value, Mapping):
        if list(value) == ["default"]:  # the same on every channel
            return _written(value["default"])
        return "\n".join(f"{key}: {_written(item)}" for key, item in value.items()) or None
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value)) or None
    return None if value is None else str(value)


def _names(tables: Sequence[Table]) -> list[str]:
    """Names of sheets: at most 31 characters, without those Excel refuses, no two alike."""
    found: list[str] = []
    for table in tables:
        base = _FORBIDDEN.sub(" ", table.title).strip(" '")[:31].rstrip(" '") or "data"
        if base.casefold() == "history":  # Excel keeps this name for itself
            base = f"{base}_"
        name, number = base, 1
        while name.casefold() in {each.casefold() for each in found}:
            number += 1
            name = f"{base[: 31 - len(str(number)) - 1]} {number}"
        found.append(name)
    return found


def _clean(text: str) -> str:
    """Half a surrogate pair, which no file can hold, written out."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
