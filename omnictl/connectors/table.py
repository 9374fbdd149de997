"""The `table` connector, whose columns omnictl.yml gives, and how a file of any tabular format is opened."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from omnictl.connectors.contract import Connector
from omnictl.connectors.export import Export
from omnictl.connectors.files import ExportFile
from omnictl.connectors.packing import inner_name, unpacked
from omnictl.connectors.text import encoding_of, kind_of, text_of
from omnictl.errors import SourceError

if TYPE_CHECKING:
    import duckdb

    from omnictl.workspace import TableOptions


class Table(Connector):
    """Any table: CSV, TSV, JSON, Parquet, Excel and more. What its columns mean stands in omnictl.yml."""

    name = "table"


FORMATS = {
    "csv": "csv",
    "txt": "csv",
    "tsv": "tsv",
    "tab": "tsv",
    "jsonl": "jsonl",
    "ndjson": "jsonl",
    "json": "json",
    "parquet": "parquet",
    "pq": "parquet",
    "xlsx": "excel",
    "xlsm": "excel",
    "xlsb": "excel",
    "xls": "excel",
    "ods": "excel",
    "sqlite": "sqlite",
    "sqlite3": "sqlite",
    "duckdb": "duckdb",
    "ddb": "duckdb",
}
KINDS = {"Parquet": "parquet", "Excel": "excel", "SQLite": "sqlite", "DuckDB": "duckdb"}  # by the first bytes


def open_table(
    file: ExportFile,
    options: TableOptions,
    needs: Collection[str],
    con: duckdb.DuckDBPyConnection,
    scratch: Path,
) -> Export:
    """Open one export file.

    Args:
        options: how it is to be read; what they leave open is found out.
        needs: the names of the columns the mapping refers to. They tell the delimiter and the header; capitals do not
            matter. Empty: any columns will do.
        con: a connection to ask about the file on; nothing is changed by it.
        scratch: a folder for clean copies, which hold the same personal data as the file. They must outlive the
            reading of `select`, and of packed files and databases `locate` too.

    Raises:
        SourceError: the file is empty, cut off, not of its format, or lacks a needed column.
    """
    if not file.size and not options.is_log:
        raise SourceError("it is empty", file=file.shown)
    format_ = options.format or format_of(file)
    if format_ in ("csv", "tsv"):
        from omnictl.connectors.delimited import open_delimited

        return open_delimited(file, options, needs, scratch, "\t" if format_ == "tsv" else ",;\t|")
    if format_ in ("json", "jsonl"):
        from omnictl.connectors.json_document import open_json

        return open_json(file, options, needs, con, scratch, lines=format_ == "jsonl")
    file = unpacked(file, scratch)  # the others are read here and there, not from end to end
    if format_ == "parquet":
        from omnictl.connectors.parquet import open_parquet

        return open_parquet(file, options, needs, con)
    if format_ == "excel":
        from omnictl.connectors.excel import open_excel

        return open_excel(file, options, needs, scratch)
    if format_ == "sqlite":
        from omnictl.connectors.sqlite import open_sqlite

        return open_sqlite(file, options, needs, scratch)
    from omnictl.connectors.duckdb_file import open_duckdb

    return open_duckdb(file, options, needs, con, scratch)


def format_of(file: ExportFile) -> str:
    """The format by the file's name; where its ending says nothing, by its first bytes."""
    known = FORMATS.get(inner_name(file).suffix.removeprefix("."), "")
    if known:
        return known
    kind = kind_of(file)
    for word, format_ in KINDS.items():
        if word in kind:
            return format_
    with text_of(file, encoding_of(file, "")) as text:
        return "json" if text.read(1000).lstrip().startswith(("{", "[")) else "csv"
