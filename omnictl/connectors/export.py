"""What every format gives its reader: one SELECT over the records of one export file.

How the host lands it
    It runs `select` (`create table … as`) and gives the number of rows to `complete`. On a `duckdb.Error`, or when the
    rows are not complete, it takes `fallback()` and starts again with that export, until there is none left: then the
    file cannot be read. A fallback reads more slowly and forgives more. DuckDB aborts the transaction in which a
    statement fails, so this is done outside a transaction that must be kept.

    Rows stand in file order as long as the setting `preserve_insertion_order` is on, which is the default.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from omnictl.connectors.files import ExportFile
from omnictl.engines.connection import quoted

RAW_KEPT = 10_000  # unparsed records whose text is kept in memory; `locate` finds that of the others
UNPARSED_MOST = 1_000_000  # more than these, and the file is not what it is taken for


@dataclass(frozen=True, slots=True)
class Unparsed:
    """A record the reader of the format could not parse.

    Attributes:
        record: its position in the file, from 1, headers not counted.
        line: the line of the file where it begins.
        raw: its text; '' beyond the first 10,000 of a file.
    """

    record: int
    line: int
    reason: str
    raw: str


class Export(Protocol):
    """The records of one export file."""

    @property
    def select(self) -> str:
        """SQL text: one row per parsed record, in file order, columns named as in `columns`."""

    @property
    def columns(self) -> dict[str, str]:
        """Their column name → DuckDB type, in order. CSV and Excel: VARCHAR, and an empty cell is NULL."""

    @property
    def unparsed(self) -> Sequence[Unparsed]:
        """The records that are no row of `select`."""

    @property
    def notes(self) -> Sequence[str]:
        """What was found out or put right, for people: encoding, delimiter, header, padded rows …"""

    @property
    def unreadable(self) -> int:
        """Cells that are NULL in `select` because their bytes are no text, or that hold an error of a spreadsheet."""

    @property
    def absent(self) -> frozenset[str]:
        """Columns the mapping needs that no record of this file has; NULL in `select`. JSON lines only."""

    def complete(self, rows: int) -> bool:
        """Whether so many rows are all there are. If not, DuckDB has lost some without a word: take the fallback."""

    def record_of(self, ordinal: int) -> int:
        """The record number (from 1) of the row at a 0-based place of `select`."""

    def locate(self, records: Collection[int]) -> dict[int, tuple[int, str]]:
        """Record number → the line or row where it begins, and its raw text. A second, slow read of the file."""

    def fallback(self) -> Export | None:
        """What to land instead when `select` raises a `duckdb.Error` or is not complete; None: nothing is left.

        Raises:
            SourceError: the slow read has found why the file cannot be used.
        """


@dataclass
class Gaps:
    """The records of a file that did not become rows, in file order."""

    unparsed: list[Unparsed] = field(default_factory=list)
    _passed: list[int] = field(default_factory=list)  # rows that come before each unparsed record

    def add(self, record: int, line: int, reason: str, raw: str) -> None:
        """One more; records must come in ascending order."""
        self._passed.append(record - 1 - len(self.unparsed))
        self.unparsed.append(Unparsed(record, line, reason, raw if len(self.unparsed) < RAW_KEPT else ""))

    def record_of(self, ordinal: int) -> int:
        return ordinal + 1 + bisect_right(self._passed, ordinal)


def one_file(file: ExportFile | Path) -> str:
    """The path of one file as an SQL literal. DuckDB takes it for a pattern, so its `*`, `?` and `[` are bracketed."""
    path = file.path if isinstance(file, ExportFile) else file
    return quoted("".join(f"[{character}]" if character in "*?[" else character for character in str(path.absolute())))


def without(missing: Sequence[str], column: str) -> str:
    """An SQL expression: the text column `column` (an identifier), NULL where it is one of the `missing` texts."""
    listed = ", ".join(quoted(text) for text in missing)
    return f"case when {column} in ({listed}) then null else {column} end"
