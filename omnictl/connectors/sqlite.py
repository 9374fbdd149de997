"""SQLite files: the records of a table or a query, written out as JSON lines, which DuckDB reads.

A SQLite column may hold values of several kinds. One of integers is BIGINT, of integers and reals DOUBLE, of blobs
BLOB, of texts or of a mixture VARCHAR; blobs in a mixture are written in hexadecimal. An empty text is an empty text,
NULL is NULL. A column without values has the type it was declared with.

The file is opened read-only and nothing is written beside it. What a writer has left in a `-wal` or `-journal` file
counts as SQLite says: then database and journal are copied, and the copy is read.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import tempfile
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from omnictl.connectors.database import chosen_table, refused_query
from omnictl.connectors.export import Export, Unparsed, one_file, without
from omnictl.connectors.files import ExportFile, check_unchanged, companions
from omnictl.connectors.names import column_names, require
from omnictl.connectors.text import clean_copy, kind_of
from omnictl.engines.connection import named, quoted
from omnictl.errors import SourceError

if TYPE_CHECKING:
    from omnictl.workspace import TableOptions

BATCH = 10_000  # rows held at a time
EXACT = 2**53  # beyond it, a DOUBLE may not hold an integer
_LONGEST = 1 << 30  # bytes of one record of the copy that DuckDB reads
_READING = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}
_SCAN = """select {cells} from read_json({path}, format = 'newline_delimited', records = true, auto_detect = false,
    compression = 'none', hive_partitioning = false, maximum_object_size = {size}, columns = {{{columns}}})"""


def open_sqlite(file: ExportFile, options: TableOptions, needs: Collection[str], scratch: Path) -> Export:
    """Open a SQLite file. Arguments and errors as of `open_table`."""
    if "SQLite" not in kind_of(file):
        raise SourceError("this is no SQLite file", file=file.shown, hint="fetch it again")
    _check_length(file)
    with _opened(file, scratch) as connection:
        select, found, declared = _records_of(connection, file, options)
        names, rows = _rows(connection, file, select, options)
        require(names, needs, file.shown)
        with clean_copy(scratch, ".jsonl") as (path, out):
            kinds = [_Kinds(declared.get(name, "VARCHAR")) for name in names]
            longest = _write(rows, names, kinds, out)
    unreadable = sum(kind.broken for kind in kinds)
    notes = [f"SQLite, {found}"]
    if unreadable:
        notes.append(f"{unreadable:,} value{'' if unreadable == 1 else 's'} with bytes that are no text")
    types = dict(zip(names, (kind.type() for kind in kinds), strict=True))
    return SqliteExport(
        file, options, scratch, types, _select(path, types, options.missing, longest), notes, unreadable
    )


def _check_length(file: ExportFile) -> None:
    """SQLite itself takes what is missing at the end of a file for zeros (sqlite.org/fileformat2.html, 1.3).

    Raises:
        SourceError: the file is shorter than its header says.
    """
    if companions(file.path):  # pages may still be there
        return
    with file.path.open("rb") as stream:
        header = stream.read(100)
        size = stream.seek(0, 2)
    page = int.from_bytes(header[16:18], "big")
    pages = int.from_bytes(header[28:32], "big")
    told = len(header) == 100 and header[24:28] == header[92:96]  # else an old SQLite wrote last, and no length
    if told and (1 << 16 if page == 1 else page) * pages > size:
        raise SourceError("it cannot be read as SQLite: it is cut off", file=file.shown, hint="fetch it again")


@contextmanager
def _opened(file: ExportFile, scratch: Path) -> Iterator[sqlite3.Connection]:
    """A connection that reads the file and can do nothing else.

    Raises:
        SourceError: it is damaged, or changes meanwhile.
    """
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        path, mode = file.path, "mode=ro&immutable=1"
        beside = companions(file.path)
        if beside:
            path, mode = Path(folder) / "copy.sqlite", "mode=rw"  # SQLite replays the journal into the copy
            for one in (file.path, *beside):
                shutil.copyfile(one, Path(folder) / one.name.replace(file.path.name, path.name, 1))
            check_unchanged(file)
        try:
            with closing(sqlite3.connect(f"file:{quote(str(path.absolute()))}?{mode}", uri=True)) as connection:
                connection.execute("pragma query_only = on")
                connection.execute("select count(*) from sqlite_master")
                yield connection
        except sqlite3.Error as error:
            hint = "it may be cut off, or have been copied while it was written: fetch it again"
            raise SourceError(f"it cannot be read as SQLite: {error}", file=file.shown, hint=hint) from None


def _records_of(
    connection: sqlite3.Connection, file: ExportFile, options: TableOptions
) -> tuple[str, str, dict[str, str]]:
    """The SELECT over the records, in a lasting order; what it reads, for people; types as declared."""
    entries = connection.execute(
        """
        select name, type, coalesce(sql, '') from sqlite_master
        where type in ('table', 'view') and name not like 'sqlite\\_%' escape '\\' order by rowid
        """
    ).fetchall()
    tables = [name for name, type_, _ in entries if type_ == "table"]
    if options.query:
        return options.query.strip().rstrip(";"), "a query", {}
    table = chosen_table(file, options.table, tables, [name for name, type_, _ in entries if type_ == "view"])
    columns = connection.execute(f"select * from pragma_table_info({quoted(table)})").fetchall()
    taken = {name.lower() for _, name, *_ in columns}
    alias = next((name for name in ("rowid", "_rowid_", "oid") if name not in taken), "")
    text = f"select * from {named(table)}"
    if table in tables:
        keys = sorted((position, name) for _, name, _, _, _, position in columns if position)
        ordered = f"{text} order by {alias}" if alias else text
        try:
            connection.execute(f"{ordered} limit 0")
            text = ordered
        except sqlite3.OperationalError:  # a table without rowid
            text += f" order by {', '.join(named(name) for _, name in keys)}" if keys else ""
    return text, f"table {table}", {name: _declared(type_) for _, name, type_, *_ in columns}


def _declared(type_: str) -> str:
    """The type of a column without values, by SQLite's rules of affinity (sqlite.org/datatype3.html, 3.1)."""
    upper = type_.upper()
    if "INT" in upper:
        return "BIGINT"
    return "DOUBLE" if any(word in upper for word in ("REAL", "FLOA", "DOUB")) else "VARCHAR"


def _rows(
    connection: sqlite3.Connection, file: ExportFile, select: str, options: TableOptions
) -> tuple[list[str], sqlite3.Cursor]:
    """The names of the columns, and the rows.

    Raises:
        SourceError: the query is none, or does more than read.
    """
    tables = [name for (name,) in connection.execute("select name from sqlite_master where type = 'table'")]
    connection.text_factory = _text
    connection.set_authorizer(
        lambda action, *_: sqlite3.SQLITE_OK if action in _READING else sqlite3.SQLITE_DENY  # no attach, no pragma
    )
    try:
        cursor = connection.execute(select)
    except (sqlite3.Error, sqlite3.Warning) as error:
        if options.query:
            raise refused_query(file, str(error), tables) from None
        raise
    if cursor.description is None:
        raise refused_query(file, "it is no SELECT", tables)
    return column_names([name for name, *_ in cursor.description]), cursor


class _Broken:
    """A text whose bytes are none."""


_BROKEN = _Broken()


def _text(stored: bytes) -> Any:
    try:
        return stored.decode("utf-8")
    except UnicodeDecodeError:
        return _BROKEN


@dataclass
class _Kinds:
    """The kinds of values a column has."""

    declared: str
    seen: set[type] = field(default_factory=set)
    large: bool = False  # integers a DOUBLE may not hold
    broken: int = 0

    def type(self) -> str:
        seen = self.seen - {type(None), _Broken}
        if not seen:
            return self.declared
        if seen == {int}:
            return "BIGINT"
        if seen <= {int, float} and not (self.large and len(seen) > 1):
            return "DOUBLE"
        return "BLOB" if seen == {bytes} else "VARCHAR"


def _write(rows: sqlite3.Cursor, names: list[str], kinds: list[_Kinds], out: Any) -> int:
    """Write the records as JSON lines; the characters of the longest."""
    longest = 0
    encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_odd).encode
    while True:
        batch = list(islice(rows, BATCH))
        if not batch:
            return longest
        for column, kind in zip(zip(*batch, strict=True), kinds, strict=True):
            found = set(map(type, column))
            kind.seen |= found
            if int in found and not kind.large:
                kind.large = any(type(value) is int and abs(value) > EXACT for value in column)
            if _Broken in found:
                kind.broken += sum(value is _BROKEN for value in column)
        lines = [encode(dict(zip(names, row, strict=True))) for row in batch]
        longest = max(longest, *map(len, lines))
        out.write("\n".join(lines) + "\n")


def _odd(value: Any) -> str | None:
    return None if value is _BROKEN else value.hex().upper()


def _select(path: Path, types: dict[str, str], missing: tuple[str, ...], longest: int) -> str:
    cells = []
    for name, type_ in types.items():
        cell = named(name)
        if type_ == "BLOB":
            cell = f"unhex({cell})"
        elif type_ == "VARCHAR" and missing:
            cell = without(missing, cell)
        cells.append(f"{cell} as {named(name)}")
    read = {name: "VARCHAR" if type_ == "BLOB" else type_ for name, type_ in types.items()}
    return _SCAN.format(
        cells=", ".join(cells),
        path=one_file(path),
        size=min(_LONGEST, max(1 << 24, 4 * longest)),
        columns=", ".join(f"{quoted(name)}: {quoted(type_)}" for name, type_ in read.items()),
    )


@dataclass
class SqliteExport:
    """Records of a SQLite file as an `Export`. They have no text, so JSON stands for it."""

    file: ExportFile
    options: TableOptions
    scratch: Path
    columns: dict[str, str]
    select: str
    notes: list[str]
    unreadable: int
    unparsed: tuple[Unparsed, ...] = ()
    absent: frozenset[str] = frozenset()

    def complete(self, rows: int) -> bool:
        return True

    def record_of(self, ordinal: int) -> int:
        return ordinal + 1

    def locate(self, records: Collection[int]) -> dict[int, tuple[int, str]]:
        if not records:
            return {}
        wanted, last = set(records), max(records)
        found: dict[int, tuple[int, str]] = {}
        with _opened(self.file, self.scratch) as connection:
            select, _, _ = _records_of(connection, self.file, self.options)
            names, rows = _rows(connection, self.file, select, self.options)
            for record, row in enumerate(rows, start=1):
                if record > last:
                    break
                if record in wanted:
                    cells = dict(zip(names, row, strict=True))
                    found[record] = (record, json.dumps(cells, ensure_ascii=False, default=_odd))
        return found

    def fallback(self) -> Export | None:
        return None
