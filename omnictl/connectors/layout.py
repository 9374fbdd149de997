"""How a delimited text is laid out: delimiter, quote, line ends, and where its header stands. Found from a sample."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from omnictl.connectors.names import column_names, folded
from omnictl.connectors.records import NO_QUOTE, Dialect, Record, read_records
from omnictl.errors import SourceError

if TYPE_CHECKING:
    from omnictl.workspace import TableOptions

SAMPLE = 1 << 19  # characters looked at
SAMPLE_RECORDS = 200
UNQUOTED = "\t|"  # delimiters of databases' dumps, in which quotes may be characters like others
HEADER_WITHIN = 30  # the header is one of the first so many records
_DELIMITER_NAMES = {"\t": "tab", " ": "blank"}
_SAID_BY_EXCEL = re.compile(r'"?sep=(.)"?\s*\Z', re.IGNORECASE)  # the first line Excel writes and reads
_VALUE = re.compile(r"[+-]?\d[\d.,:/%\s+TZ-]*\Z")  # a number, a date, a time: what a header does not hold
_UNNAMED = re.compile(r"column(\d+)\Z", re.IGNORECASE)


@dataclass(frozen=True)
class Layout:
    """Where things stand in a delimited text.

    Attributes:
        names: of the columns.
        header_line: where the header begins, 1-based; 0 when there is none.
        body_line: the first line after the header, 1-based.
        newline: the line end of the file: LF, CR LF or CR.
        ragged: a line may have fewer cells than there are columns.
        open_ended: what a line has beyond them is left out.
    """

    dialect: Dialect
    names: tuple[str, ...]
    header_line: int
    body_line: int
    newline: str
    ragged: bool = False
    open_ended: bool = False

    @property
    def line_end(self) -> str:
        """The last character of a line end, for `open`: in a file of LF or CR LF a lone CR ends no line."""
        return self.newline[-1]

    @property
    def plain(self) -> bool:
        """Whether the header, where there is one, is the first line and no more."""
        return self.body_line == (2 if self.header_line else 1)

    def described(self) -> str:
        """Delimiter, quote and header, in words."""
        dialect = self.dialect
        delimiter = _DELIMITER_NAMES.get(dialect.delimiter, dialect.delimiter)
        parts = [f"delimiter {delimiter}"] if len(self.names) > 1 else ["one column"]
        if not dialect.quote:
            parts.append("no quoting")
        elif dialect.quote != '"':
            parts.append(f"quote {dialect.quote}")
        if dialect.escape == "\\":
            parts.append("quotes escaped by a backslash")
        return ", ".join([*parts, f"header on line {self.header_line}" if self.header_line else "no header"])


@dataclass(frozen=True)
class Reading:
    """A sample as one dialect reads it.

    Attributes:
        rows: the sound records.
        faults: how many others there are.
        place: that of the dialect among the candidates.
    """

    dialect: Dialect
    rows: list[Record]
    faults: int
    place: int

    @property
    def width(self) -> int:
        """The number of cells most records have."""
        return usual_width([row.cells for row in self.rows])

    def evenness(self, width: int) -> tuple[float, int, int]:
        """How much this looks like a table of so many columns, to be compared with other readings."""
        share = sum(_fits(row.cells, width) for row in self.rows) / (len(self.rows) + self.faults)
        return share, width, -self.place

    def looks(self) -> tuple[float, int, int]:
        """The same for the usual width; one column is what every text has, so it counts for nothing."""
        share, width, place = self.evenness(self.width)
        return (share if width > 1 else 0.0), width, place


def find_layout(
    sample: str, *, whole: bool, options: TableOptions, needs: Collection[str], delimiters: str, shown: str
) -> Layout:
    """Find out how a text is laid out.

    The delimiter and the header are those under which one record holds every needed name; without needs, or when no
    record holds any, those under which most records have the same number of cells.

    Args:
        sample: the beginning of the text, line ends as they are.
        whole: whether the sample is the whole text.
        delimiters: the candidates, the likelier first.

    Raises:
        SourceError: there is nothing but blanks; no record begins on the given header line.
    """
    if not sample.strip("\ufeff\x00 \t\r\n"):
        if options.is_log:
            return _nothing_yet(options)
        raise SourceError("it holds nothing but blanks", file=shown)
    newline = _line_end(sample)
    end = newline[-1]
    lines = re.findall(f"[^{end}]*{end}|[^{end}]+\\Z", sample)
    said = _SAID_BY_EXCEL.match(lines[0])
    first_line = 2 if said else 1
    readings = []
    for place, dialect in enumerate(_dialects(lines, options, said[1] if said else delimiters)):
        records = _first_records(lines[first_line - 1 :], dialect, first_line, whole=whole)
        rows = [record for record in records if not record.fault]
        if rows:
            readings.append(Reading(dialect, rows, len(records) - len(rows), place))
    if not readings:
        raise SourceError("no record of it can be read as delimited text", file=shown)
    reading, header = _choose(readings, options.header, needs, shown)
    if options.columns and (header is None or 2 * _held(header.cells, needs) < len(needs)):
        unquoted = Dialect(reading.dialect.delimiter, NO_QUOTE, NO_QUOTE)
        return Layout(unquoted, options.columns, 0, first_line, newline, ragged=True, open_ended=True)
    if header is None:
        names = column_names([""] * max(reading.width, options.width or 0))
        return Layout(reading.dialect, tuple(names), 0, first_line, newline, ragged=bool(options.width))
    names = column_names(header.cells)
    body_line = header.line + header.lines
    return Layout(reading.dialect, tuple(names), header.line, body_line, newline, ragged=bool(options.columns))


def _nothing_yet(options: TableOptions) -> Layout:
    """That of a log without a line: one that was rotated and has not been written to."""
    names = options.columns or tuple(column_names([""] * (options.width or 0)))
    dialect = Dialect(options.delimiter or ",", NO_QUOTE, NO_QUOTE)
    return Layout(dialect, names, 0, 1, "\n", ragged=True, open_ended=bool(options.columns))


def find_header(
    rows: Sequence[Sequence[str]], width: int, header: bool | int | None, needs: Collection[str]
) -> int | None:
    """The place of the header among the first records; None: there is none.

    It is the record that holds most of the needed names; when none holds any, the first one of the usual width, unless
    it holds values rather than names.
    """
    if header is False:
        return None
    held = [_held(row, needs) for row in rows[:HEADER_WITHIN]]
    if max(held, default=0):
        return held.index(max(held))
    if header is None and needs and all(_is_unnamed(need, width) for need in needs):
        return None
    usual = (place for place, row in enumerate(rows[:HEADER_WITHIN]) if len(row) >= width)
    first = next(usual, 0)
    if header is None and not needs and any(_VALUE.match(cell.strip()) for cell in rows[first]):
        return None
    return first


def usual_width(rows: Sequence[Sequence[str]]) -> int:
    """The number of cells most records have; of two, the greater."""
    counts = Counter(len(row) for row in rows)
    return max(counts, key=lambda width: (counts[width], width))


def _choose(
    readings: list[Reading], header: bool | int | None, needs: Collection[str], shown: str
) -> tuple[Reading, Record | None]:
    """The reading that fits best, and its header."""
    if header is not None and not isinstance(header, bool):
        starts = [(reading, row) for reading in readings for row in reading.rows if row.line == header]
        if not starts:
            hint = f"the header must be one of the first {SAMPLE_RECORDS} records; leave `header` out to have it found"
            raise SourceError(f"no record begins on line {header}, where the header should be", file=shown, hint=hint)
        return max(starts, key=lambda start: (_held(start[1].cells, needs), *start[0].evenness(len(start[1].cells))))

    found: list[tuple[tuple[float, ...], Reading, Record | None]] = []
    for reading in readings:
        place = find_header([row.cells for row in reading.rows], reading.width, header, needs)
        row = None if place is None else reading.rows[place]
        held = _held(row.cells, needs) if row else 0
        fit = reading.evenness(len(row.cells)) if row and held else reading.looks()
        found.append(((held, *fit), reading, row))
    _, best, best_row = max(found, key=lambda candidate: candidate[0])
    return best, best_row


def _held(cells: Sequence[str], needs: Collection[str]) -> int:
    return len({folded(need) for need in needs} & {folded(name) for name in column_names(cells)}) if needs else 0


def _fits(cells: Sequence[str], width: int) -> bool:
    return len(cells) == width or (len(cells) > width and not any(cell.strip() for cell in cells[width:]))


def _is_unnamed(name: str, width: int) -> bool:
    found = _UNNAMED.match(name)
    return found is not None and int(found[1]) < width


def _dialects(lines: Sequence[str], options: TableOptions, delimiters: str) -> Iterator[Dialect]:
    """The candidates: the plain ones first, so that they win when others fit as well."""
    delimiters = options.delimiter or delimiters
    if options.quote.lower() == "none":
        yield from (Dialect(delimiter, NO_QUOTE, NO_QUOTE) for delimiter in delimiters)
        return
    cells = {d: [cell for line in lines[:HEADER_WITHIN] for cell in line.strip().split(d)] for d in delimiters}
    if not options.quote:
        apostrophes = (d for d in delimiters if 2 * sum(map(_in_apostrophes, cells[d])) > len(cells[d]))
        yield from (Dialect(d, "'", "'") for d in apostrophes)
    quote = options.quote or '"'
    loose = {d: _has_blank_before_quote(Dialect(d, quote, quote), lines) for d in delimiters}
    yield from (Dialect(d, quote, quote, loose[d]) for d in delimiters)
    if options.quote:
        return
    if any('\\"' in line for line in lines):
        yield from (Dialect(d, quote, "\\", loose[d]) for d in delimiters)
    for d in (d for d in delimiters if d in UNQUOTED):
        opened = [cell for line in lines[:SAMPLE_RECORDS] for cell in line.strip().split(d) if cell.startswith('"')]
        if 2 * sum(len(cell) > 1 and cell.endswith('"') for cell in opened) < len(opened):
            yield Dialect(d, NO_QUOTE, NO_QUOTE)  # most quotes that begin a cell do not end one


def _in_apostrophes(cell: str) -> bool:
    return len(cell) > 1 and cell.startswith("'") and cell.endswith("'")


def _has_blank_before_quote(dialect: Dialect, lines: Sequence[str]) -> bool:
    """Whether cells begin with blanks and a quote when blanks are taken for text."""
    records = read_records(iter(lines), dialect, width=0, strict=False, trimmed=False)
    cells = (cell for record in islice(records, SAMPLE_RECORDS) for cell in record.cells)
    return any(cell.startswith(" ") and cell.lstrip(" ").startswith(dialect.quote) for cell in cells)


def _line_end(sample: str) -> str:
    """The line end: that of the first line; but a lone CR only when there are more of them than line feeds."""
    first = re.search(r"\r\n|\r|\n", sample)
    if first is None or first[0] != "\r":
        return first[0] if first else "\n"
    return "\r" if sample.count("\r") - sample.count("\r\n") > sample.count("\n") else "\n"


def _first_records(lines: Sequence[str], dialect: Dialect, first_line: int, *, whole: bool) -> list[Record]:
    """The first records of a sample. The last one of a cut sample is left out: it is cut too."""
    records = read_records(iter(lines), dialect, width=0, first_line=first_line, strict=True)
    first = list(islice(records, SAMPLE_RECORDS + 1))
    if (not whole and len(first) > 1) or len(first) > SAMPLE_RECORDS:
        first.pop()
    return first
