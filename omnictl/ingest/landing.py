"""Export files into one temporary table: every record once, our cells, what becomes of it.

The table lies in memory and, when that is short, in the store's scratch folder. A record's place in its file is the
place of its row: rows are inserted in the order of the file, so `rowid` counts them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from omnictl.connectors.export import Export
from omnictl.connectors.files import ExportFile, check_unchanged
from omnictl.connectors.table import open_table
from omnictl.engines.connection import named, told, transaction
from omnictl.engines.store import Store
from omnictl.errors import SourceError
from omnictl.ingest.mapping import FILTERED, MASK_BITS, USED, Landing, SourceMapping, all_empty
from omnictl.progress import Stage

if TYPE_CHECKING:
    import duckdb


# Files landed in one statement, which takes some 100 ms to plan when there are several columns of local times
BATCH_FILES = 50
BATCH_BYTES = 1 << 26


@dataclass
class LandedFile:
    """One file's records in the landed table: `rows` rows from `first_row` on."""

    number: int
    file: ExportFile
    export: Export
    landing: Landing
    first_row: int
    rows: int

    @property
    def records(self) -> int:
        """The records of the file, those its reader could not parse included."""
        return self.rows + len(self.export.unparsed)


@dataclass
class Landed:
    """The landed files of one source, as `temp.landed`."""

    mapping: SourceMapping
    files: list[LandedFile] = field(default_factory=list)
    rows: int = 0


@dataclass(frozen=True)
class Opened:
    """A file that is opened and not landed yet."""

    number: int
    file: ExportFile
    export: Export


def land(
    connection: duckdb.DuckDBPyConnection,
    mapping: SourceMapping,
    files: list[tuple[int, ExportFile]],
    store: Store,
    stage: Stage,
) -> Landed:
    """Land files, numbered, in the order given.

    Raises:
        SourceError: a file cannot be read.
        DefinitionError: a file lacks a column the mapping names, or an expression does not fit its columns.
        EngineError: the disk is full.
    """
    masks = [(f"_bad{mask}", "ubigint") for mask in range(mapping.masks)]
    own = [("_fate", "usmallint"), ("_blank", "boolean"), ("_file", "integer"), ("_skipped", "integer default 0")]
    shape = ", ".join(f"{named(name)} {kind}" for name, kind in [*mapping.types, *masks, *own])
    connection.execute(f"create or replace temp table landed ({shape})")
    landed = Landed(mapping)
    batch: list[Opened] = []
    for number, file in files:
        stage.advance(0, file.shown)
        opened = Opened(
            number, file, open_table(file, mapping.source.options, mapping.needs, connection, store.scratch)
        )
        if batch and not _fits(batch, opened):
            _land_batch(connection, landed, batch)
            batch = []
        batch.append(opened)
        stage.advance(1)
    _land_batch(connection, landed, batch)
    return landed


def _fits(batch: list[Opened], more: Opened) -> bool:
    """Whether a file may be landed together with others: many small ones of one shape cost one statement."""
    small = len(batch) < BATCH_FILES and sum(opened.file.size for opened in (*batch, more)) < BATCH_BYTES
    return small and list(batch[0].export.columns.items()) == list(more.export.columns.items())


def _land_batch(connection: duckdb.DuckDBPyConnection, landed: Landed, batch: list[Opened]) -> None:
    """Insert the records of files of one shape; where that fails, each alone, and then as the export's slower reader
    gives them."""
    import duckdb

    if not batch:
        return
    mapping = landed.mapping
    columns = ", ".join(named(name) for name, _ in mapping.types)
    masks = "".join(f", _bad{mask}" for mask in range(mapping.masks))
    landing = mapping.landing(connection, batch[0].export.columns)
    select = landing.select([(opened.number, opened.export.select) for opened in batch])
    try:
        with transaction(connection):
            connection.execute(f"insert into landed ({columns}{masks}, _fate, _blank, _file) {select}")
            rows = _rows_since(connection, landed.rows)
            if not all(opened.export.complete(rows.get(opened.number, 0)) for opened in batch):
                raise RecordsLost("the database read fewer records than the file has")
    except (duckdb.Error, RecordsLost) as error:
        if is_of_the_machine(error):
            raise told(error, f"{batch[0].file.shown} could not be read") from error
        for opened in batch:
            again = opened if len(batch) > 1 else _slower(opened, error, mapping.source.name)
            _land_batch(connection, landed, [again])
        return
    for opened in batch:
        check_unchanged(opened.file)
        file = LandedFile(opened.number, opened.file, opened.export, landing, landed.rows, rows.get(opened.number, 0))
        landed.rows += file.rows
        landed.files.append(file)
        if landing.rest:
            _leave_out_blank(connection, file)
        if opened.export.unparsed:
            _count_skipped(connection, file)


class RecordsLost(Exception):
    """DuckDB gave fewer records than the file has, and no error; the slower reader is the cure."""


def _rows_since(connection: duckdb.DuckDBPyConnection, first: int) -> dict[int, int]:
    """How many rows of each file were landed from a row on."""
    counts = connection.execute(
        "select _file, count(*) from landed where rowid >= $first group by all", {"first": first}
    ).fetchall()
    return dict(counts)


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


OF_THE_MACHINE = ("no space left", "out of memory", "file too large", "could not write", "read-only file system")


def _leave_out_blank(connection: duckdb.DuckDBPyConnection, file: LandedFile) -> None:
    """Filter the records that are empty also in the columns no expression names."""
    ((blank,),) = connection.execute(
        "select count(*) from landed where _file = $file and _blank", {"file": file.number}
    ).fetchall()
    if not blank:
        return
    rest = all_empty(file.landing.rest)
    connection.execute(
        f"""
        update landed set _fate = {FILTERED} where _blank and _file = $file and rowid in (
            select $first + ordinal
            from (select row_number() over () - 1 as ordinal, {rest} as bare from ({file.export.select}) as file)
            where bare)
        """,
        {"file": file.number, "first": file.first_row},
    )


def _count_skipped(connection: duckdb.DuckDBPyConnection, file: LandedFile) -> None:
    """Write down for each row how many records before it could not be parsed."""
    # the n-th unparsed record, from 1, at position p has p - n parsed ones before it
    places = sorted(unparsed.record for unparsed in file.export.unparsed)
    connection.execute(
        """
        update landed set _skipped = before.n
        from (
            select rows.row, skips.n
            from (select rowid as row from landed where _file = $file) rows
            asof join (
                select $first + place - n as since, n
                from (select unnest($places::bigint[]) as place, generate_subscripts($places::bigint[], 1) as n)
            ) skips on rows.row >= skips.since
        ) before
        where landed.rowid = before.row
        """,
        {"file": file.number, "first": file.first_row, "places": places},
    )


def fates(connection: duckdb.DuckDBPyConnection) -> dict[int, dict[int, int]]:
    """How many records of each file have each fate: {file: {fate: records}}."""
    found: dict[int, dict[int, int]] = {}
    for file, fate, count in connection.execute(
        "select _file, _fate, count(*) from landed group by all order by all"
    ).fetchall():
        found.setdefault(file, {})[fate] = count
    return found


def unreadable(connection: duckdb.DuckDBPyConnection, landed: Landed) -> dict[int, dict[str, int]]:
    """How many cells of each column could not be read and became NULL, of records that are not rejected, by file."""
    found: dict[int, dict[str, int]] = {}
    for mask in range(landed.mapping.masks):
        rows = connection.execute(
            f"select _file, _bad{mask}, count(*) from landed where _bad{mask} <> 0 and _fate = {USED} group by all"
        ).fetchall()
        for file, bits, count in rows:
            for column in _columns_of(landed, bits, mask):
                of_file = found.setdefault(file, {})
                of_file[column] = of_file.get(column, 0) + count
    return found


def _columns_of(landed: Landed, bits: int, mask: int) -> Iterator[str]:
    for offset, (_, column, _) in enumerate(landed.mapping.cells[mask * MASK_BITS : (mask + 1) * MASK_BITS]):
        if bits >> offset & 1:
            yield column.name
