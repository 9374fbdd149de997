"""DuckDB files: the records of a table or a query, copied into a Parquet file, which is read like any other.

The file is attached read-only to a database of its own, that can reach nothing but this file and the copy: a query
cannot see the store, other files or the network.
"""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omnictl.connectors.database import chosen_table, refused_query
from omnictl.connectors.export import Export
from omnictl.connectors.files import ExportFile
from omnictl.connectors.parquet import ParquetExport, open_parquet
from omnictl.connectors.text import kind_of
from omnictl.engines.connection import OFFLINE, named, quoted
from omnictl.errors import SourceError

if TYPE_CHECKING:
    import duckdb

    from omnictl.workspace import TableOptions

MEMORY = "192MB"  # beside that of the store; the copy needs no more than a few groups of rows
WHOLE = ("HUGEINT", "UHUGEINT")  # which Parquet has no type for: sums of integers
_CAUSES = {
    "lock on file": ("another program has it open to write", "close it there, or have it exported as Parquet"),
    "version number": ("a newer version of DuckDB has written it", "have it exported as Parquet"),
}


def open_duckdb(
    file: ExportFile,
    options: TableOptions,
    needs: Collection[str],
    con: duckdb.DuckDBPyConnection,
    scratch: Path,
) -> Export:
    """Open a DuckDB file. Arguments and errors as of `open_table`."""
    if "DuckDB" not in kind_of(file):
        raise SourceError("this is no DuckDB file", file=file.shown, hint="fetch it again")
    with tempfile.NamedTemporaryFile(dir=scratch, suffix=".parquet", delete=False) as created:  # mode 0600
        copy = Path(created.name)
    with _attached(file, copy) as database:
        found = _copy(database, file, options, copy)
    export = open_parquet(replace(file, path=copy), options, needs, con)
    return replace(export, notes=(f"DuckDB, {found}",)) if isinstance(export, ParquetExport) else export


@contextmanager
def _attached(file: ExportFile, copy: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database that reads this file, writes this copy, and can do nothing else.

    Raises:
        SourceError: the file is damaged, of a newer version, or open elsewhere.
    """
    import duckdb

    config: dict[str, Any] = {**OFFLINE, "memory_limit": MEMORY, "temp_directory": str(copy.with_suffix(".tmp"))}
    with duckdb.connect(":memory:", config=config) as database:
        try:
            database.execute(f"attach {quoted(str(file.path.absolute()))} as export (read_only, type duckdb)")
            database.execute("use export")
        except duckdb.Error as error:
            words = _words(error)
            causes = [cause for phrase, cause in _CAUSES.items() if phrase in words]
            why, hint = causes[0] if causes else (words, "it may be cut off: fetch it again")
            raise SourceError(f"it cannot be read as DuckDB: {why}", file=file.shown, hint=hint) from None
        database.execute(f"set allowed_paths = [{quoted(str(copy.absolute()))}]")
        database.execute("set TimeZone = 'UTC'; set enable_external_access = false; set lock_configuration = true")
        yield database


def _copy(database: duckdb.DuckDBPyConnection, file: ExportFile, options: TableOptions, copy: Path) -> str:
    """Write the records; what they are, for people."""
    import duckdb

    tables, views = _tables(database)
    if options.query:
        text, found = f"select * from (\n{options.query.strip().rstrip(';')}\n)", "a query"
    else:
        table = chosen_table(file, options.table, list(tables), list(views))
        text, found = f"select * from {(tables | views)[table]}", f"table {table}"
    try:
        described = database.execute(f"describe {text}").fetchall()
        whole = [f"{named(name)}::decimal(38, 0) as {named(name)}" for name, type_, *_ in described if type_ in WHOLE]
        fitted = f"select * replace ({', '.join(whole)}) from ({text})" if whole else text
        database.execute(f"copy ({fitted}) to {quoted(str(copy.absolute()))} (format parquet, use_tmp_file false)")
    except duckdb.Error as error:
        words = _words(error)
        if options.query:
            raise refused_query(file, words, list(tables)) from None
        hint = "leave out what cannot be read by a `query`, or fetch the file again"
        raise SourceError(f"{found} cannot be read: {words}", file=file.shown, hint=hint) from None
    return found


def _tables(database: duckdb.DuckDBPyConnection) -> tuple[dict[str, str], dict[str, str]]:
    """Tables and views, in order: their name, with the schema where it is not `main`, and as an identifier."""
    found: list[dict[str, str]] = []
    for kind in ("table", "view"):
        rows = database.execute(
            f"""
            select schema_name, {kind}_name from duckdb_{kind}s() where database_name = 'export' and not internal
            order by schema_name <> 'main', schema_name, {kind}_oid
            """
        ).fetchall()
        found.append(
            {
                name if schema == "main" else f"{schema}.{name}": f"{named(schema)}.{named(name)}"
                for schema, name in rows
            }
        )
    return found[0], found[1]


def _words(error: Exception) -> str:
    return str(error).splitlines()[0].split(": ", 1)[-1]
