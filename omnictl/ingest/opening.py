"""Opened files into a table: at DuckDB's speed where it can read them, else as their slower readers give them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from omnictl.connectors.export import Export
from omnictl.connectors.files import ExportFile, check_unchanged
from omnictl.engines.connection import told, transaction
from omnictl.errors import SourceError

if TYPE_CHECKING:
    import duckdb

# Files read in one statement, which takes some 100 ms to plan when there are several columns of local times
BATCH_FILES = 50
BATCH_BYTES = 1 << 26

OF_THE_MACHINE = ("no space left", "out of memory", "file too large", "could not write", "read-only file system")


@dataclass(frozen=True)
class Opened:
    """A file that is opened and not read yet."""

    number: int
    file: ExportFile
    export: Export

    @property
    def numbered(self) -> tuple[int, str]:
        return self.number, self.export.select


class RecordsLost(Exception):
    """DuckDB gave fewer records than the file has, and no error; the slower reader is the cure."""


def fits(batch: Sequence[Opened], more: Opened) -> bool:
    """Whether a file may be read together with others: many small ones of one shape cost one statement."""
    small = len(batch) < BATCH_FILES and sum(opened.file.size for opened in (*batch, more)) < BATCH_BYTES
    return small and list(batch[0].export.columns.items()) == list(more.export.columns.items())


def read_in(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    first: int,
    batch: Sequence[Opened],
    statement: Callable[[list[tuple[int, str]]], str],
    source: str,
) -> list[tuple[Opened, int]]:
    """Insert the records of files of one shape into a table with a column `_file`, in order.

    Where that fails, each file is read alone, and then as its slower reader gives it.

    Args:
        first: the `rowid` of the first row to come.
        statement: the INSERT for exports given as file number and SELECT.

    Returns:
        The files as they were read in the end, and how many rows each gave.

    Raises:
        SourceError: a file cannot be read.
        EngineError: the disk is full.
    """
    import duckdb

    try:
        with transaction(connection):
            connection.execute(statement([opened.numbered for opened in batch]))
            counts = connection.execute(
                f"select _file, count(*) from {table} where rowid >= $first group by all", {"first": first}
            ).fetchall()
            rows: dict[int, int] = dict(counts)
            if not all(opened.export.complete(rows.get(opened.number, 0)) for opened in batch):
                raise RecordsLost("the database read fewer records than the file has")
    except (duckdb.Error, RecordsLost) as error:
        if is_of_the_machine(error):
            raise told(error, f"{batch[0].file.shown} could not be read") from error
        read: list[tuple[Opened, int]] = []
        for opened in batch:
            again = opened if len(batch) > 1 else _slower(opened, error, source)
            since = first + sum(count for _, count in read)
            read += read_in(connection, table, since, [again], statement, source)
        return read
    for opened in batch:
        check_unchanged(opened.file)
    return [(opened, rows.get(opened.number, 0)) for opened in batch]


def _slower(opened: Opened, error: Exception, source: str) -> Opened:
    slower = opened.export.fallback()
    if slower is None:
        words = str(error).split("\n", 1)[0]
        raise SourceError(words, source=source, file=opened.file.shown) from error
    return Opened(opened.number, opened.file, slower)


def is_of_the_machine(error: Exception) -> bool:
    """Whether an error of the database is of the disk or the memory and not of what was read."""
    words = str(error).lower()
    return any(cause in words for cause in OF_THE_MACHINE)
