"""Parquet files: DuckDB reads them with the types they have."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from omnictl.connectors.export import Export, Unparsed, one_file, without
from omnictl.connectors.files import ExportFile
from omnictl.connectors.names import require
from omnictl.connectors.text import kind_of
from omnictl.engines.connection import named
from omnictl.errors import SourceError

if TYPE_CHECKING:
    import duckdb

    from omnictl.workspace import TableOptions

RECORDS = """select file_row_number + 1, to_json({record})
from read_parquet({path}, file_row_number = true, hive_partitioning = false)
where file_row_number in ({rows})"""


def open_parquet(
    file: ExportFile, options: TableOptions, needs: Collection[str], con: duckdb.DuckDBPyConnection
) -> Export:
    """Open a Parquet file. Arguments and errors as of `open_table`."""
    import duckdb

    if "Parquet" not in kind_of(file):
        hint = "fetch it again" if file.encoding == "binary" else "it is text: set `format: csv`"
        raise SourceError("this is no Parquet file", file=file.shown, hint=hint)
    scan = f"from read_parquet({one_file(file)}, hive_partitioning = false)"
    try:
        described = con.cursor().execute(f"describe select * {scan}").fetchall()
    except duckdb.Error as error:
        raise _damaged(file, str(error).splitlines()[0].split(": ", 1)[-1]) from None
    untyped = [name for name, type_, *_ in described if type_ == '"NULL"']
    columns = {name: "VARCHAR" if name in untyped else type_ for name, type_, *_ in described}
    require(list(columns), needs, file.shown)
    cells = [
        f"{without(options.missing, named(name))} as {named(name)}"
        if type_ == "VARCHAR" and options.missing
        else f"{named(name)}::varchar as {named(name)}"
        if name in untyped
        else named(name)
        for name, type_ in columns.items()
    ]
    return ParquetExport(file, f"select {', '.join(cells)} {scan}", columns, con)


@dataclass
class ParquetExport:
    """A Parquet file as an `Export`. Its records are its rows; they have no text, so JSON stands for it."""

    file: ExportFile
    select: str
    columns: dict[str, str]
    con: duckdb.DuckDBPyConnection
    notes: Sequence[str] = ("Parquet",)
    unparsed: tuple[Unparsed, ...] = ()
    unreadable: int = 0
    absent: frozenset[str] = frozenset()

    def complete(self, rows: int) -> bool:
        return True

    def record_of(self, ordinal: int) -> int:
        return ordinal + 1

    def locate(self, records: Collection[int]) -> dict[int, tuple[int, str]]:
        if not records:
            return {}
        cells = ", ".join(f"{named(name)} := {named(name)}" for name in self.columns)
        rows = ", ".join(str(int(record) - 1) for record in sorted(records))
        found = RECORDS.format(record=f"struct_pack({cells})", path=one_file(self.file), rows=rows)
        return {record: (record, text) for record, text in self.con.cursor().execute(found).fetchall()}

    def fallback(self) -> Export | None:
        raise _damaged(self.file, "some of its pages are damaged")


def _damaged(file: ExportFile, why: str) -> SourceError:
    hint = "it may be cut off: fetch it again"
    return SourceError(f"it cannot be read as Parquet: {why}", file=file.shown, hint=hint)
