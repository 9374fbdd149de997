"""Writing export files: periods, texts by DuckDB, encodings, and the time a file was fetched."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from omnictl.demo.calendar import Year, following
from omnictl.demo.world import TIMEZONE

if TYPE_CHECKING:
    import duckdb

FETCHED = time(1, 15)  # local time of the night after a file's last day
# The unit separator as delimiter, and no quote: DuckDB then writes each line as it is.
UNTOUCHED = "(format csv, header false, quote '', escape '', delimiter e'\\x1f')"

# Texts as tools write them. NULL is an empty cell: `concat_ws` would leave it out.
MACROS = """
create macro cell(x) as coalesce(x::varchar, '');
create macro quoted(x) as case when x is null then '' else '"' || replace(x, '"', '""') || '"' end;
create macro two(x) as lpad(x::varchar, 2, '0');
create macro hms(s) as (s // 3600) || ':' || two(s // 60 % 60) || ':' || two(s % 60);
create macro day_first(utc) as strftime(local_of(utc), '%d/%m/%Y %H:%M:%S');
create macro zulu(utc) as strftime(utc, '%Y-%m-%dT%H:%M:%SZ');
create macro with_offset(utc) as
    strftime(local_of(utc), '%Y-%m-%dT%H:%M:%S+0') || ((epoch(local_of(utc)) - epoch(utc)) // 3600)::integer || ':00';
"""


@dataclass(frozen=True)
class Span:
    """The part of a year one file holds: from `since` to `until` (excluded), local days."""

    name: str
    since: date
    until: date

    def between(self, column: str) -> str:
        """The condition that a UTC column falls inside."""
        return f"{column} >= utc_of(timestamp '{self.since}') and {column} < utc_of(timestamp '{self.until}')"


def months(year: Year) -> Iterator[Span]:
    """One span a month, named 2026-03."""
    for first in year.months:
        yield _cut(f"{first:%Y-%m}", first, following(first, 1), year)


def quarters(year: Year) -> Iterator[Span]:
    """One span a quarter, named 2026-T1."""
    for first in year.quarters:
        yield _cut(f"{first:%Y}-T{(first.month + 2) // 3}", first, following(first, 3), year)


def _cut(name: str, since: date, until: date, year: Year) -> Span:
    return Span(name, max(since, year.first), min(until, year.last + timedelta(days=1)))


def write_lines(
    con: duckdb.DuckDBPyConnection,
    select: str,
    path: Path,
    *,
    header: str = "",
    encoding: str = "utf-8",
    newline: str = "\n",
) -> None:
    """Write the one text column of a query, in its order, as the lines of a file.

    DuckDB writes UTF-8 only; the file is recoded in blocks.
    """
    draft = path.with_name(path.name + ".draft")
    con.execute(f"copy ({select}) to '{_literal(draft)}' {UNTOUCHED}")
    with (
        draft.open(encoding="utf-8", newline="") as source,
        path.open("w", encoding=encoding, newline=newline) as target,
    ):
        if header:
            target.write(header + "\n")
        shutil.copyfileobj(source, target, 1 << 20)
    draft.unlink()


def write_parquet(con: duckdb.DuckDBPyConnection, select: str, path: Path) -> None:
    """Write a query, in its order, as Parquet."""
    con.execute(f"copy ({select}) to '{_literal(path)}' (format parquet, compression zstd)")


def stamp(path: Path, span: Span) -> Path:
    """Date a file as fetched in the night after its last day, or now when that night is still to come."""
    night = datetime.combine(span.until, FETCHED, ZoneInfo(TIMEZONE))
    seconds = min(night, datetime.now(UTC)).timestamp()
    os.utime(path, (seconds, seconds))
    return path


def _literal(path: Path) -> str:
    return str(path).replace("'", "''")
