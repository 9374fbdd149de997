"""Excel workbooks: one sheet is written out as clean CSV, which DuckDB reads.

Every cell becomes text: numbers without `.0`, dates as 2026-03-05, moments as 2026-03-05 14:02:11, times of day and
durations as 14:02:11 (a duration may have more than 24 hours), booleans as true and false. Seconds are whole. Formulas
give the value last computed; errors (#N/A, #DIV/0! …) are empty and counted. Rows that are wholly empty are records
like others.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from omnictl.connectors import workbook
from omnictl.connectors.export import Export, Unparsed
from omnictl.connectors.files import ExportFile
from omnictl.connectors.layout import SAMPLE_RECORDS, find_header, usual_width
from omnictl.connectors.names import column_names, missing_from, require
from omnictl.connectors.scan import CLEAN_LINE_END, HEADER, csv_select
from omnictl.connectors.text import clean_copy
from omnictl.engines.connection import named, quoted
from omnictl.errors import SourceError

if TYPE_CHECKING:
    from omnictl.workspace import TableOptions

BATCH = 2_000  # rows held at a time
DATE_MARK = "chr(31)"  # behind a date without time: a character that XML, and so a workbook, cannot hold
# Excel counts days from the last one of 1899, and a 29 February 1900 that was not.
_DAY_ZERO = datetime(1899, 12, 31)
_FEBRUARY_ENDS = datetime(1900, 3, 1)


def open_excel(file: ExportFile, options: TableOptions, needs: Collection[str], scratch: Path) -> Export:
    """Open one sheet of a workbook. Arguments and errors as of `open_table`."""
    with workbook.opened(file) as book:
        sheet = book.sheet(options.sheet)
        table = _find_table(sheet, options.header, needs, file.shown)
        if missing_from(table.names, needs):
            where = f"row {table.header_row} of the sheet `{sheet.name}`" if table.header_row else ""
            require(table.names, needs, file.shown, where=where, hint=_other_sheet(book, sheet, needs))
        with clean_copy(scratch, ".csv") as (path, out):
            records, longest, expressions = _write(sheet, table, out)
        found = f"sheet {sheet.name}" + (f" (of {len(book.sheets)})" if len(book.sheets) > 1 else "")
    notes = [f"{found}, {f'header on row {table.header_row}' if table.header_row else 'no header'}"]
    errors = workbook.error_cells(file, sheet.name)
    if errors:
        notes.append(f"{errors:,} cell{'' if errors == 1 else 's'} with an error such as #N/A, read as empty")
    select = csv_select(path, table.names, missing=options.missing, longest=4 * longest, expressions=expressions)
    return ExcelExport(file, sheet.name, table, records, select, notes, errors)


@dataclass(frozen=True)
class Table:
    """Where a table stands in its sheet.

    Attributes:
        header_row: from 1; 0 when there is none.
        first_row: the row of the first record, from 1.
        skipped: used rows of the sheet before that one.
    """

    names: list[str]
    header_row: int
    first_row: int
    skipped: int


@dataclass
class ExcelExport:
    """A sheet as an `Export`. Every row under the header is a record."""

    file: ExportFile
    sheet: str
    table: Table
    records: int
    select: str
    notes: list[str]
    unreadable: int
    absent: frozenset[str] = frozenset()
    unparsed: tuple[Unparsed, ...] = ()

    @property
    def columns(self) -> dict[str, str]:
        return dict.fromkeys(self.table.names, "VARCHAR")

    def complete(self, rows: int) -> bool:
        return rows == self.records

    def record_of(self, ordinal: int) -> int:
        return ordinal + 1

    def locate(self, records: Collection[int]) -> dict[int, tuple[int, str]]:
        if not records:
            return {}
        wanted, last = set(records), max(records)
        found: dict[int, tuple[int, str]] = {}
        with workbook.opened(self.file) as book:
            rows = islice(book.sheet(self.sheet).rows(), self.table.skipped, self.table.skipped + last)
            for record, row in enumerate(rows, start=1):
                if record in wanted:
                    text = io.StringIO()
                    csv.writer(text, lineterminator=CLEAN_LINE_END).writerow(map(cell_text, row))
                    line = self.table.first_row + record - 1
                    found[record] = (line, text.getvalue().removesuffix(CLEAN_LINE_END))
        return found

    def fallback(self) -> Export | None:
        return None


def _find_table(sheet: workbook.Sheet, header: bool | int | None, needs: Collection[str], shown: str) -> Table:
    """The header by the needed names, else by its shape, and so where the records begin."""
    rows = [[cell_text(value) for value in row] for row in islice(sheet.rows(), SAMPLE_RECORDS)]
    place: int | None
    if header is not None and not isinstance(header, bool):
        place = header - sheet.first_row
        if not 0 <= place < len(rows):
            hint = f"the first row that is not empty is {sheet.first_row}; leave `header` out to have it found"
            raise SourceError(f"nothing stands on row {header}, where the header should be", file=shown, hint=hint)
    else:
        filled = {place: _trimmed(row) for place, row in enumerate(rows) if any(cell.strip() for cell in row)}
        found = find_header(list(filled.values()), usual_width(list(filled.values())), header, needs)
        place = None if found is None else list(filled)[found]
    if place is None:
        return Table(column_names([""] * sheet.width), 0, sheet.first_row, 0)
    row = sheet.first_row + place
    return Table(column_names(rows[place]), row, row + 1, place + 1)


def _trimmed(row: list[str]) -> list[str]:
    """A row without the empty cells at its end."""
    last = max((place for place, cell in enumerate(row) if cell.strip()), default=-1)
    return row[: last + 1]


def _other_sheet(book: workbook.Workbook, sheet: workbook.Sheet, needs: Collection[str]) -> str:
    """A hint when another sheet has the columns this one lacks."""
    for name in book.sheets:
        if name == sheet.name:
            continue
        try:
            table = _find_table(book.sheet(name), None, needs, book.shown)
        except SourceError:  # an empty sheet
            continue
        if not missing_from(table.names, needs):
            return f"the sheet `{name}` has all of them: set `sheet: {name}`"
    return ""


def _write(sheet: workbook.Sheet, table: Table, out: TextIO) -> tuple[int, int, dict[str, str]]:
    """Write the records as CSV: how many there are, how many characters the longest takes, expressions of columns.

    A moment at midnight comes out of the workbook as a date. Where a column holds moments, its dates are moments too,
    so that one format fits them all. This is known at the end only: dates are marked until then.
    """
    write = csv.writer(out, lineterminator=CLEAN_LINE_END).writerow
    records, longest = 0, write([HEADER])
    kinds: list[set[type]] = [set() for _ in table.names]
    rows = islice(sheet.rows(), table.skipped, None)
    while batch := list(islice(rows, BATCH)):
        for column, kind in zip(zip(*batch, strict=True), kinds, strict=True):
            kind.update(map(type, column))
        longest = max(longest, *map(write, map(_texts, batch)))
        records += len(batch)
    expressions = {
        name: f"replace({named(name)}, {DATE_MARK}, {quoted(' 00:00:00' if datetime in kind else '')})"
        for name, kind in zip(table.names, kinds, strict=True)
        if date in kind
    }
    return records, longest, expressions


def _texts(row: list[Any]) -> list[str]:
    """The cells as they are written: their texts, and the mark behind dates."""
    return [value if (kind := type(value)) is str else WRITTEN.get(kind, str)(value) for value in row]


def cell_text(value: Any) -> str:
    """The text of a cell."""
    return TEXTS.get(type(value), str)(value)


def _number_text(value: float) -> str:
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else f"{Decimal(repr(value)):f}"


def _moment_text(value: datetime) -> str:
    """A moment; but one of the year 1900 is a duration of more than a day in a cell formatted as a time of day."""
    if value.year > _FEBRUARY_ENDS.year:
        if value.microsecond:
            value = (value + timedelta(microseconds=500_000)).replace(microsecond=0)
        return str(value)
    days = 1 if value >= _FEBRUARY_ENDS else 0
    return _clock_text(value - _DAY_ZERO + timedelta(days=days))


def _clock_text(value: timedelta) -> str:
    seconds = round(abs(value.total_seconds()))
    sign = "-" if value < timedelta(0) else ""
    return f"{sign}{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def _time_text(value: time) -> str:
    return _clock_text(datetime.combine(date.min, value) - datetime.min)


TEXTS: dict[type, Callable[[Any], str]] = {
    float: _number_text,
    bool: lambda value: "true" if value else "false",
    datetime: _moment_text,
    date: date.isoformat,
    time: _time_text,
    timedelta: _clock_text,
}
WRITTEN: dict[type, Callable[[Any], str]] = {**TEXTS, date: lambda value: f"{value}\x1f"}
