"""Records of a delimited text, read one by one: slower than DuckDB, but with the lines of each, and past bad ones."""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from omnictl.connectors.text import LONGEST

LOOKED_AT = 1_000  # lines of a record whose quotes do not add up
NO_QUOTE = ""
_REASONS = {
    "unexpected end of data": "a quote is opened and never closed",
    "expected after": "text after a closing quote, or a quote inside a quoted cell that is not doubled",
    "field limit": "a cell is too long, or a quote is never closed",
    "new-line character": "a carriage return in a cell without quotes",
}


@dataclass(frozen=True)
class Dialect:
    """How cells stand in a line.

    Attributes:
        quote: '' when quotes are characters like others.
        escape: what takes a quote's meaning: the quote itself, doubled, or a backslash.
        blank_before_quote: blanks stand between delimiters and quotes.
    """

    delimiter: str = ","
    quote: str = '"'
    escape: str = '"'
    blank_before_quote: bool = False

    def cells(self, lines: Iterable[str], *, strict: bool, trimmed: bool) -> Iterator[list[str]]:
        """The cells of each record.

        Args:
            strict: raise a `csv.Error` where quotes do not add up.
            trimmed: blanks before a cell go, so that a quote behind them opens a quoted cell, as it does for DuckDB.
        """
        csv.field_size_limit(LONGEST)
        return csv.reader(
            lines,
            delimiter=self.delimiter,
            quoting=csv.QUOTE_MINIMAL if self.quote else csv.QUOTE_NONE,
            quotechar=self.quote or None,
            escapechar="\\" if self.escape == "\\" else None,
            skipinitialspace=trimmed,
            strict=strict,
        )


@dataclass(slots=True)
class Record:
    """One record: its position from 1, the line where it begins, how many lines it has, their text.

    `fault` says why it has no cells.
    """

    number: int
    line: int
    lines: int
    raw: str
    cells: list[str]
    fault: str = ""


class _Lines(Iterator[str]):
    """Lines that remember which ones the present record has taken, and take some back."""

    def __init__(self, source: Iterator[str]) -> None:
        self.source = source
        self.waiting: deque[str] = deque()
        self.taken: list[str] = []

    def __next__(self) -> str:
        line = self.waiting.popleft() if self.waiting else next(self.source)
        self.taken.append(line)
        return line

    def put_back(self, kept: int) -> None:
        """All lines of the present record but the first `kept` will come again."""
        self.waiting.extendleft(reversed(self.taken[kept:]))
        del self.taken[kept:]


def read_records(
    lines: Iterator[str], dialect: Dialect, *, width: int, first_line: int = 1, strict: bool, trimmed: bool = True
) -> Iterator[Record]:
    """The records of a text, numbered as DuckDB numbers the rows of the same text.

    Blank lines are no records, except where there is one column only: there they are empty cells. When a record's
    quotes do not add up over several lines, and a later one of these is a record by itself, only its first line is
    lost and reading goes on behind it: one stray quote does not swallow what follows.

    Args:
        width: the number of columns; 0 when it is not known yet.
        strict: see Dialect.cells; without it, records are split where DuckDB splits those it accepts.
    """
    feed = _Lines(lines)
    reader = dialect.cells(feed, strict=strict, trimmed=trimmed)
    number, line = 0, first_line
    while True:
        feed.taken.clear()
        fault = ""
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            cells, fault = _mended(feed.taken, dialect, trimmed), _reason(error)
            if cells:
                fault = ""
            elif width != 1 and any(_stands_alone(later, dialect, width) for later in feed.taken[1:LOOKED_AT]):
                feed.put_back(1)
            reader = dialect.cells(feed, strict=strict, trimmed=trimmed)
        if any(len(taken) == LONGEST and not taken.endswith(("\n", "\r")) for taken in feed.taken):
            cells, fault = [], f"a line of more than {LONGEST:,} characters"
        begins, count = line, len(feed.taken)
        line += count
        if len(cells) < 2 and not fault and width != 1 and not "".join(feed.taken).strip(" \t\r\n"):
            continue
        number += 1
        yield Record(number, begins, count, "".join(feed.taken), cells, fault)


def _reason(error: csv.Error) -> str:
    return next((reason for words, reason in _REASONS.items() if words in str(error)), str(error))


def _mended(taken: list[str], dialect: Dialect, trimmed: bool) -> list[str]:
    """The cells of a record whose only fault are blanks behind closing quotes; none when that is not the fault."""
    if not dialect.quote:
        return []
    raw = "".join(taken)
    quote, delimiter = re.escape(dialect.quote), re.escape(dialect.delimiter)
    tidied = re.sub(rf"{quote} +(?={delimiter}|[\r\n]|\Z)", dialect.quote, raw)
    if tidied == raw:
        return []
    try:
        (cells,) = dialect.cells([tidied], strict=True, trimmed=trimmed)
    except (csv.Error, ValueError):
        return []
    return cells


def _stands_alone(line: str, dialect: Dialect, width: int) -> bool:
    """Whether a line is a whole record by itself."""
    try:
        cells = next(dialect.cells([line], strict=True, trimmed=True), [])
    except csv.Error:
        return False
    return len(cells) == width if width else len(cells) > 1
