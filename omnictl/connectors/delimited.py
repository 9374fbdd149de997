"""CSV, TSV and their kin: DuckDB reads the file as it lies there, a copy in UTF-8, or what is sound of a bad one."""

from __future__ import annotations

import csv
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from operator import eq
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from omnictl.connectors.counting import CHUNK, LineCount, Lines, filled_lines
from omnictl.connectors.export import UNPARSED_MOST, Export, Gaps, Unparsed
from omnictl.connectors.files import ExportFile
from omnictl.connectors.layout import SAMPLE, Layout, find_layout
from omnictl.connectors.names import require
from omnictl.connectors.packing import bytes_of
from omnictl.connectors.records import Record, read_records
from omnictl.connectors.scan import BUFFER, CLEAN_LINE_END, HEADER, ONE_PIECE, csv_select
from omnictl.connectors.text import (
    REPLACEMENT,
    clean_copy,
    copy_rest,
    encoding_of,
    is_plain_utf_8,
    lines_of,
    text_of,
)
from omnictl.errors import SourceError

if TYPE_CHECKING:
    from omnictl.workspace import TableOptions

MOST_COLUMNS = 10_000  # the database takes some seconds for so many, and ever more time for each


def open_delimited(
    file: ExportFile, options: TableOptions, needs: Collection[str], scratch: Path, delimiters: str
) -> Export:
    """Open a CSV file or its like. Arguments and errors as of `open_table`.

    Args:
        delimiters: those it may have, the likelier first, when the options name none.
    """
    encoding = encoding_of(file, options.encoding)
    with text_of(file, encoding) as text:
        sample = text.read(SAMPLE)
        whole = not text.read(1)
    layout = find_layout(sample, whole=whole, options=options, needs=needs, delimiters=delimiters, shown=file.shown)
    if len(layout.names) > MOST_COLUMNS:
        message = f"it has {len(layout.names):,} columns or more: {MOST_COLUMNS:,} are accepted"
        raise SourceError(message, file=file.shown, hint="is it the right delimiter, and is there a line end?")
    require(layout.names, needs, file.shown, where=f"line {layout.header_line}" if layout.header_line else "")
    text_file = DelimitedText(file, encoding, layout, options.missing, scratch)
    if file.nul_bytes or encoding == "utf-8-broken":
        return text_file.record_by_record()
    if is_plain_utf_8(file, encoding) and layout.plain:
        return text_file.by_duckdb(file.path, file.lines if file.lines.size else text_file.counted())
    return text_file.transcoded()


@dataclass(frozen=True)
class DelimitedText:
    """A delimited text of known encoding and layout, and three ways to read it, the fastest first."""

    file: ExportFile
    encoding: str
    layout: Layout
    missing: tuple[str, ...]
    scratch: Path

    @property
    def encoding_name(self) -> str:
        """The encoding, for people."""
        return "utf-8" if self.encoding.startswith("utf-8") else self.encoding

    def described(self) -> str:
        """What was found out about it."""
        guessed = " because it is not UTF-8" if self.encoding == self.file.encoding == "cp1252" else ""
        return f"{self.encoding_name}{guessed}, {self.layout.described()}"

    def counted(self) -> Lines:
        """The lines of a file that is called JSON and is none."""
        count = LineCount()
        with bytes_of(self.file.path, self.file.packing, self.file.member) as stream:
            while piece := stream.read(CHUNK):
                count.add(piece)
        return count.lines()

    def is_for_duckdb(self, lines: Lines) -> bool:
        """Whether DuckDB can be trusted with it, and with how many records it finds.

        It ends a line at any CR, whatever the file's line end, takes blank lines of a single column for records, and
        drops a record whose quote is never closed. Only doubled double quotes can be counted.
        """
        dialect = self.layout.dialect
        counted = not dialect.quote or (dialect.quote == dialect.escape == '"' and not lines.unclosed)
        return counted and not lines.carriage_returns and len(self.layout.names) > 1

    def by_duckdb(self, path: Path, lines: Lines, *, parallel: bool = True) -> Export:
        """The file itself, or a copy of its records after one header line, as DuckDB reads it.

        Args:
            lines: of this file or copy.
            parallel: read pieces of it at the same time, if that is safe.
        """
        if not self.is_for_duckdb(lines):
            return self.record_by_record()
        quoting = bool(self.layout.dialect.quote)
        copied = path != self.file.path
        packing = "" if copied else self.file.packing
        one_piece = lines.size < ONE_PIECE
        parallel = parallel and (one_piece or not quoting or not lines.quoted)
        header = 1 if copied or self.layout.header_line else 0
        select = csv_select(
            path,
            self.layout.names,
            dialect=self.layout.dialect,
            skip=header,
            missing=self.missing,
            compressed=packing == "gzip",
            parallel=parallel,
            line_feeds=self.layout.newline == "\r\n" and lines.size >= BUFFER,
            ragged=self.layout.ragged and not (quoting and lines.quoted),
            open_ended=self.layout.open_ended,
        )

        def complete(rows: int) -> bool:
            if rows == (lines.outside_quotes if quoting else lines.total) - header:
                return True
            with bytes_of(path, packing) as stream:  # there may be blank lines
                return rows == filled_lines(stream, quoting=quoting) - header

        in_order = partial(self.by_duckdb, path, lines, parallel=False)
        slower = in_order if parallel and not one_piece else self.record_by_record
        return DelimitedExport(self, select, complete, slower=slower)

    def transcoded(self) -> Export:
        """A copy in UTF-8 without what stands before the header, as DuckDB reads it."""
        with self._body() as text, clean_copy(self.scratch, ".csv") as (path, out):
            out.write(HEADER + self.layout.newline)
            damaged, lines = copy_rest(text, out)
        if damaged:
            return self.record_by_record()
        return self.by_duckdb(path, replace(lines, total=lines.total + 1, outside_quotes=lines.outside_quotes + 1))

    def record_by_record(self) -> Export:
        """A copy of the sound records, cells made readable; the others are kept as unparsed.

        Raises:
            SourceError: there are more of these than a file of this kind can have.
        """
        with clean_copy(self.scratch, ".csv") as (path, out):
            copy = _SoundRecords(self, out)
            for record in self.records(strict=True):
                copy.add(record)
        select = csv_select(path, self.layout.names, missing=self.missing, longest=4 * copy.longest)
        return DelimitedExport(
            self, select, partial(eq, copy.written), gaps=copy.gaps, unreadable=copy.unreadable, remarks=copy.remarks()
        )

    def records(self, *, strict: bool) -> Iterator[Record]:
        """The records of the file, with their lines and text.

        Args:
            strict: as `record_by_record` splits them; else as DuckDB splits those of a file it accepts.
        """
        layout = self.layout
        trimmed = layout.dialect.blank_before_quote or not strict
        with self._body() as text:
            yield from read_records(
                lines_of(text),
                layout.dialect,
                width=len(layout.names),
                first_line=layout.body_line,
                strict=strict,
                trimmed=trimmed,
            )

    @contextmanager
    def _body(self) -> Iterator[TextIO]:
        with text_of(self.file, self.encoding, self.layout.line_end) as text:
            for _ in range(self.layout.body_line - 1):
                text.readline()
            yield text


class _SoundRecords:
    """Writes the sound records of a file into a clean copy and keeps the others."""

    def __init__(self, source: DelimitedText, out: TextIO) -> None:
        self.source = source
        self.width = len(source.layout.names)
        self.gaps = Gaps()
        self.written = 0  # records
        self.padded = 0  # records with fewer cells than the header
        self.unreadable = 0  # cells
        self.longest = 0  # characters of a written record
        self._writer = csv.writer(out, lineterminator=CLEAN_LINE_END)
        self._writer.writerow([HEADER])

    def add(self, record: Record) -> None:
        fault = record.fault or self._fault(record)
        if fault:
            raw = record.raw.removesuffix("\n").removesuffix("\r")
            self.gaps.add(record.number, record.line, fault, raw)
            if len(self.gaps.unparsed) > UNPARSED_MOST:
                message = f"more than {UNPARSED_MOST:,} records cannot be parsed, the first on line {{}}: {{}}"
                first = self.gaps.unparsed[0]
                raise SourceError(message.format(first.line, first.reason), file=self.source.file.shown)
            return
        cells = record.cells
        if REPLACEMENT in record.raw:
            self.unreadable += sum(REPLACEMENT in cell for cell in cells)
            if not self.source.layout.open_ended:  # in a log, what is damaged is still the name of something
                cells = ["" if REPLACEMENT in cell else cell for cell in cells]
        if len(cells) < self.width:
            self.padded += bool(cells) and not self.source.layout.open_ended
            cells = cells + [""] * (self.width - len(cells))
        self.written += 1
        self.longest = max(self.longest, self._writer.writerow(cells[: self.width]))

    def _fault(self, record: Record) -> str:
        cells = record.cells
        if "\0" in record.raw:
            return "NUL bytes: the record is damaged"
        if any(cell.strip() for cell in cells[self.width :]) and not self.source.layout.open_ended:
            return f"{len(cells)} cells where the header has {self.width}"
        layout = self.source.layout
        if len(cells) < self.width and not layout.ragged and not record.raw.endswith(layout.line_end):
            return f"the file ends inside this record: {len(cells)} of {self.width} cells"
        return ""

    def remarks(self) -> list[str]:
        """What was put right, and what could not be."""
        remarks = []
        if self.gaps.unparsed:
            remarks.append(f"{_count(len(self.gaps.unparsed), 'record')} could not be parsed")
        if self.padded:
            remarks.append(f"{_count(self.padded, 'record')} shorter than the header, filled up with empty cells")
        if self.unreadable:
            hint = "" if self.source.encoding == "cp1252" else "; if it is another encoding, say so: `encoding: cp1252`"
            remarks.append(
                f"{_count(self.unreadable, 'cell')} with bytes that are not {self.source.encoding_name}{hint}"
            )
        return remarks


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


@dataclass
class DelimitedExport:
    """A delimited text as an `Export`. Without `slower` it is the last resort."""

    source: DelimitedText
    select: str
    complete: Callable[[int], bool]
    slower: Callable[[], Export] | None = None
    gaps: Gaps = field(default_factory=Gaps)
    unreadable: int = 0
    remarks: list[str] = field(default_factory=list)
    absent: frozenset[str] = frozenset()

    @property
    def columns(self) -> dict[str, str]:
        return dict.fromkeys(self.source.layout.names, "VARCHAR")

    @property
    def unparsed(self) -> list[Unparsed]:
        return self.gaps.unparsed

    @property
    def notes(self) -> list[str]:
        return [self.source.described(), *self.remarks]

    def record_of(self, ordinal: int) -> int:
        return self.gaps.record_of(ordinal)

    def locate(self, records: Collection[int]) -> dict[int, tuple[int, str]]:
        wanted, last = set(records), max(records, default=0)
        found: dict[int, tuple[int, str]] = {}
        for record in self.source.records(strict=self.slower is None):
            if record.number > last:
                break
            if record.number in wanted:
                found[record.number] = (record.line, record.raw.removesuffix("\n").removesuffix("\r"))
        return found

    def fallback(self) -> Export | None:
        return self.slower() if self.slower else None
