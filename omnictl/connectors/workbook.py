"""Workbooks on disk: their sheets, the values of a sheet's rows, and what to say of one that cannot be read."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import unescape
from itertools import islice
from typing import TYPE_CHECKING, Any

from omnictl.connectors.counting import CHUNK
from omnictl.connectors.files import ExportFile
from omnictl.errors import SourceError, did_you_mean

if TYPE_CHECKING:
    from python_calamine import CalamineSheet, CalamineWorkbook

_ERROR = b' t="e"'  # the type of a cell that holds an error, in the XML of a sheet


@dataclass(frozen=True)
class Sheet:
    """One sheet of a workbook.

    Attributes:
        first_row: the row of the sheet its first used row is, from 1.
        width: the number of used columns; 0 when nothing is used.
    """

    name: str
    first_row: int
    width: int
    cells: CalamineSheet

    def rows(self) -> Iterator[list[Any]]:
        """The values of each used row: text, numbers, booleans, dates, times; '' where a cell is empty."""
        # calamine leaves out the empty columns before the used ones, but not the empty rows
        return islice(self.cells.iter_rows(), self.first_row - 1, None) if self.width else iter(())


class Workbook:
    """An open workbook."""

    def __init__(self, book: CalamineWorkbook, shown: str) -> None:
        self.book = book
        self.shown = shown

    @property
    def sheets(self) -> list[str]:
        """The names of the visible sheets with cells, in order."""
        from python_calamine import SheetTypeEnum, SheetVisibleEnum

        sheets = [sheet for sheet in self.book.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
        visible = [sheet.name for sheet in sheets if sheet.visible == SheetVisibleEnum.Visible]
        return visible or [sheet.name for sheet in sheets]

    def sheet(self, name: str) -> Sheet:
        """The sheet of this name; of no name, the first one that is not empty.

        Raises:
            SourceError: there is none, or nothing stands in it.
        """
        if name and name not in self.book.sheet_names:
            hint = did_you_mean(name, self.book.sheet_names)
            raise SourceError(f"there is no sheet `{name}`", file=self.shown, hint=hint)
        for candidate in [name] if name else self.sheets:
            sheet = self._opened(candidate)
            if sheet.width:
                return sheet
        where = f"the sheet `{name}`" if name else "the workbook"
        raise SourceError(f"{where} is empty", file=self.shown)

    def _opened(self, name: str) -> Sheet:
        cells = self.book.get_sheet_by_name(name)
        if cells.start is None:
            return Sheet(name, 1, 0, cells)
        return Sheet(name, cells.start[0] + 1, cells.width, cells)


@contextmanager
def opened(file: ExportFile) -> Iterator[Workbook]:
    """A workbook, open for as long as the block lasts.

    Raises:
        SourceError: it is none, it is damaged or cut off, or it is protected.
    """
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    try:
        with CalamineWorkbook.from_path(str(file.path)) as book:
            yield Workbook(book, file.shown)
    except PasswordError:
        raise SourceError("the workbook is protected by a password", file=file.shown, hint="save it without") from None
    except (CalamineError, OSError) as error:
        if file.encoding != "binary":
            hint = "it is text: set `format: csv`"
            raise SourceError("this is no Excel workbook", file=file.shown, hint=hint) from None
        raise _damaged(file, error) from None
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # the reader's own fault, met in a damaged file: no Exception
            raise
        raise _damaged(file, error) from None


def _damaged(file: ExportFile, error: BaseException) -> SourceError:
    return SourceError(f"the workbook cannot be read: {error}", file=file.shown, hint="fetch it again")


def error_cells(file: ExportFile, sheet: str) -> int:
    """How many cells of a sheet hold an error. Known for .xlsx and .xlsm only: the others give 0.

    Raises:
        SourceError: the workbook is damaged.
    """
    if not zipfile.is_zipfile(file.path):
        return 0
    count, tail = 0, b""
    try:
        with zipfile.ZipFile(file.path) as parts:
            part = _part_of(parts, sheet)
            if not part:
                return 0
            with parts.open(part) as stream:
                while piece := stream.read(CHUNK):
                    piece = tail + piece
                    count += piece.count(_ERROR)
                    tail = piece[-len(_ERROR) + 1 :]
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError) as error:
        raise _damaged(file, error) from None
    return count


def _part_of(parts: zipfile.ZipFile, sheet: str) -> str:
    """The file inside a workbook that holds a sheet; '' when it cannot be told."""
    names = set(parts.namelist())
    if not {"xl/workbook.xml", "xl/_rels/workbook.xml.rels"} <= names:
        return ""
    book = parts.read("xl/workbook.xml").decode("utf-8", "replace")
    relations = parts.read("xl/_rels/workbook.xml.rels").decode("utf-8", "replace")
    for element in re.findall(r"<(?:\w+:)?sheet\s[^>]*>", book):
        name, key = re.search(r'\sname="([^"]*)"', element), re.search(r'\sr:id="([^"]*)"', element)
        if name and key and unescape(name[1]) == sheet:
            for relation in re.findall(r"<Relationship\s[^>]*>", relations):
                target = re.search(r'\sTarget="([^"]*)"', relation)
                if f'Id="{key[1]}"' in relation and target:
                    part = target[1].removeprefix("/xl/").removeprefix("/")
                    return f"xl/{part}" if f"xl/{part}" in names else ""
    return ""
