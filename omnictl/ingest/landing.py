"""Records of an export into one temporary table per relation: our cells, and what becomes of each.

The tables lie in memory and, when that is short, in the store's scratch folder. Rows are landed straight from the
files when there is one relation, whose rows are its records: then the place of a record in its file is the place of its
row, since rows are inserted in the order of the file and `rowid` counts them. Otherwise they come from staged records,
and carry the number of theirs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from omnictl.connectors.export import Export
from omnictl.connectors.files import ExportFile
from omnictl.engines.connection import named
from omnictl.ingest.feeds import ADDED
from omnictl.ingest.mapping import FILTERED, MASK_BITS, USED, Landing, SourceMapping, all_empty
from omnictl.ingest.opening import Opened, fits, read_in
from omnictl.progress import Stage

if TYPE_CHECKING:
    import duckdb


@dataclass
class LandedFile:
    """One file of a load: its records, and the row or staged record where they begin."""

    number: int
    file: ExportFile
    export: Export
    first_row: int
    rows: int

    @property
    def records(self) -> int:
        """The records of the file, those its reader could not parse included."""
        return self.rows + len(self.export.unparsed)


@dataclass
class Landed:
    """The rows of one relation, as a temporary table.

    Attributes:
        table: its name.
        files: those its rows come from. Of staged rows, the same for every relation.
        landings: file → how its rows were landed.
        staged: whether rows carry the number of their staged record (`_record`); else their place tells it.
        listed: whether rows carry the numbers of several records (`_records`).
    """

    mapping: SourceMapping
    table: str
    files: list[LandedFile] = field(default_factory=list)
    landings: dict[int, Landing] = field(default_factory=dict)
    rows: int = 0
    staged: bool = False
    listed: bool = False

    @property
    def ordinal(self) -> str:
        """The number of a row's record in what was read, from 0, as SQL over the table."""
        return "_record" if self.staged else "rowid"


def land_files(
    connection: duckdb.DuckDBPyConnection, mapping: SourceMapping, files: Iterable[Opened], stage: Stage
) -> Landed:
    """Land the records of files, in the order given, straight from them.

    Raises:
        SourceError: a file cannot be read.
        DefinitionError: a file lacks a column the mapping names, or an expression does not fit its columns.
        EngineError: the disk is full.
    """
    landed = _table(connection, mapping, [("_skipped", "integer default 0")])
    batch: list[Opened] = []
    for opened in files:
        stage.advance(0, opened.file.shown)
        if batch and not fits(batch, opened):
            _land_batch(connection, landed, batch)
            batch = []
        batch.append(opened)
        stage.advance(1)
    if batch:
        _land_batch(connection, landed, batch)
    return landed


def land_staged(
    connection: duckdb.DuckDBPyConnection,
    mapping: SourceMapping,
    origin: str,
    columns: dict[str, str],
    files: list[LandedFile],
    *,
    listed: bool,
) -> Landed:
    """Land the rows of a SELECT over staged records.

    Args:
        origin: gives `columns`, and `"file number"`, `"record number"` (from 0), `"record numbers"` when `listed`.
        columns: names and types of the columns that expressions may name.

    Raises:
        DefinitionError: an expression does not fit the columns.
    """
    own = [("_record", "bigint"), *([("_records", "bigint[]")] if listed else [])]
    landed = _table(connection, mapping, own)
    landing = mapping.landing(connection, columns)
    carried = {"_record": '"record number"'} | ({"_records": '"record numbers"'} if listed else {})
    names = ", ".join([*_columns(landed), *carried])
    connection.execute(f"insert into {landed.table} ({names}) {landing.select(origin, carried)}")
    ((landed.rows,),) = connection.execute(f"select count(*) from {landed.table}").fetchall()
    landed.staged, landed.listed, landed.files = True, listed, files
    landed.landings = {file.number: landing for file in files}
    _leave_out_blank_staged(connection, landed, landing, origin)
    return landed


def _leave_out_blank_staged(
    connection: duckdb.DuckDBPyConnection, landed: Landed, landing: Landing, origin: str
) -> None:
    """Filter the rows of records that are empty also in the columns no expression names."""
    ((blank,),) = connection.execute(f"select count(*) from {landed.table} where _blank").fetchall()
    if not blank:
        return
    rest = [(name, kind) for name, kind in landing.rest if name not in ADDED]
    bare = (
        f"""and _record in (select "record number" from ({origin}) as file where {all_empty(rest)})""" if rest else ""
    )
    connection.execute(f"update {landed.table} set _fate = {FILTERED} where _blank {bare}")


def _table(connection: duckdb.DuckDBPyConnection, mapping: SourceMapping, own: list[tuple[str, str]]) -> Landed:
    landed = Landed(mapping, f"landed_{mapping.relation.name}")
    masks = [(f"_bad{mask}", "ubigint") for mask in range(mapping.masks)]
    common = [("_fate", "usmallint"), ("_blank", "boolean"), ("_file", "integer")]
    shape = ", ".join(f"{named(name)} {kind}" for name, kind in [*mapping.types, *masks, *common, *own])
    connection.execute(f"create or replace temp table {landed.table} ({shape})")
    return landed


def of_stretch(record: str, begins: Sequence[tuple[int, object]]) -> str:
    """What is said of the stretch of records that a record lies in, as SQL: a balanced tree of `case`, since a join by
    order would sort all rows with all they carry.

    Args:
        record: its number, as SQL.
        begins: the first record of each stretch and what is said of it, in order.
    """
    if len(begins) < 2:
        return str(begins[0][1]) if begins else "null"
    middle = len(begins) // 2
    later, earlier = of_stretch(record, begins[middle:]), of_stretch(record, begins[:middle])
    return f"case when {record} >= {begins[middle][0]} then {later} else {earlier} end"


def _columns(landed: Landed) -> list[str]:
    """The columns a landing fills, in the order it gives them."""
    masks = [f"_bad{mask}" for mask in range(landed.mapping.masks)]
    return [*(named(name) for name, _ in landed.mapping.types), *masks, "_fate", "_blank", "_file"]


def _land_batch(connection: duckdb.DuckDBPyConnection, landed: Landed, batch: list[Opened]) -> None:
    """Insert the records of files of one shape."""
    mapping = landed.mapping
    landing = mapping.landing(connection, batch[0].export.columns)
    insert = f"insert into {landed.table} ({', '.join(_columns(landed))})"

    def statement(exports: list[tuple[int, str]]) -> str:
        return f"{insert} {landing.select(landing.numbered(exports))}"

    read = read_in(connection, landed.table, landed.rows, batch, statement, mapping.source.name)
    for opened, rows in read:
        file = LandedFile(opened.number, opened.file, opened.export, landed.rows, rows)
        landed.rows += rows
        landed.files.append(file)
        landed.landings[opened.number] = landing
        if landing.rest:
            _leave_out_blank(connection, landed.table, file, landing)
        if opened.export.unparsed:
            _count_skipped(connection, landed.table, file)


def _leave_out_blank(connection: duckdb.DuckDBPyConnection, table: str, file: LandedFile, landing: Landing) -> None:
    """Filter the records that are empty also in the columns no expression names."""
    ((blank,),) = connection.execute(
        f"select count(*) from {table} where _file = $file and _blank", {"file": file.number}
    ).fetchall()
    if not blank:
        return
    rest = all_empty(landing.rest)
    connection.execute(
        f"""
        update {table} set _fate = {FILTERED} where _blank and _file = $file and rowid in (
            select $first + ordinal
            from (select row_number() over () - 1 as ordinal, {rest} as bare from ({file.export.select}) as file)
            where bare)
        """,
        {"file": file.number, "first": file.first_row},
    )


def _count_skipped(connection: duckdb.DuckDBPyConnection, table: str, file: LandedFile) -> None:
    """Write down for each row how many records before it could not be parsed."""
    # the n-th unparsed record, from 1, at position p has p - n parsed ones before it
    places = sorted(unparsed.record for unparsed in file.export.unparsed)
    connection.execute(
        f"""
        update {table} set _skipped = before.n
        from (
            select rows.row, skips.n
            from (select rowid as row from {table} where _file = $file) rows
            asof join (
                select $first + place - n as since, n
                from (select unnest($places::bigint[]) as place, generate_subscripts($places::bigint[], 1) as n)
            ) skips on rows.row >= skips.since
        ) before
        where {table}.rowid = before.row
        """,
        {"file": file.number, "first": file.first_row, "places": places},
    )


def unreadable(connection: duckdb.DuckDBPyConnection, landed: Landed) -> dict[int, dict[str, int]]:
    """How many cells of each column could not be read and became NULL, of rows that are used, by file."""
    found: dict[int, dict[str, int]] = {}
    for mask in range(landed.mapping.masks):
        rows = connection.execute(
            f"""
            select _file, _bad{mask}, count(*) from {landed.table}
            where _bad{mask} <> 0 and _fate = {USED} group by all
            """
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


def drop_temporary(connection: duckdb.DuckDBPyConnection) -> None:
    """Let go of the landed rows and of all that was made from them; they hold identifiers in the clear."""
    views = connection.execute("select view_name from duckdb_views() where temporary and not internal").fetchall()
    for (name,) in views:
        connection.execute(f"drop view temp.{named(name)}")
    rows = connection.execute("select table_name from duckdb_tables() where temporary").fetchall()
    for (name,) in rows:
        connection.execute(f"drop table temp.{named(name)}")
