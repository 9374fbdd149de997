"""One export file as connectors see it that yield their rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from omnictl.connectors.contract import RecordPlace
from omnictl.connectors.export import Export
from omnictl.connectors.files import ExportFile
from omnictl.connectors.packing import bytes_of
from omnictl.errors import SourceError

if TYPE_CHECKING:
    import duckdb

FETCHED = 2_000  # records read ahead

Opener = Callable[[ExportFile], Export]


class FileView:
    """One export file as a connector sees it; see `contract.File`."""

    def __init__(self, file: ExportFile, opener: Opener, connection: duckdb.DuckDBPyConnection) -> None:
        self.file = file
        self.opener = opener
        self.connection = connection
        self.placed = 0  # records that were given a place
        self.export: Export | None = None
        self.wanted: dict[int, RecordPlace | None] = {}  # places to be remembered

    @property
    def path(self) -> Path:
        return self.file.path

    @property
    def shown(self) -> str:
        return self.file.shown

    def open(self) -> AbstractContextManager[IO[bytes]]:
        return bytes_of(self.file.path, self.file.packing, self.file.member)

    def place(self, line: int | None = None, raw: str = "") -> RecordPlace:
        self.placed += 1
        place = RecordPlace(self.placed, line, raw)
        if self.placed in self.wanted:
            self.wanted[self.placed] = place
        return place

    def records(self) -> Iterator[tuple[RecordPlace, dict[str, Any]]]:
        import duckdb

        export: Export | None = self.opener(self.file)
        ordinal = 0
        while export is not None:
            self.export = export
            names, gaps = list(export.columns), bool(export.unparsed)
            cursor = self.connection.cursor()
            try:
                result = cursor.execute(export.select)
                while rows := result.fetchmany(FETCHED):
                    for row in rows:
                        self.placed = export.record_of(ordinal) if gaps else ordinal + 1
                        ordinal += 1
                        if not any(row) and all(value is None or value == "" for value in row):
                            continue  # a record of empty cells is filtered, and nobody's business
                        yield RecordPlace(self.placed), dict(zip(names, row))  # noqa: B905
            except duckdb.Error as error:
                export = _slower(export, ordinal, self.file, error)
                continue
            finally:
                cursor.close()
            if export.complete(ordinal):
                return
            export = _slower(export, ordinal, self.file, None)


def _slower(export: Export, given: int, file: ExportFile, error: Exception | None) -> Export:
    """The slower reader of a file of which no record was given yet."""
    slower = export.fallback()
    if slower is None or given:
        words = str(error).split("\n", 1)[0] if error else "the database read fewer records than the file has"
        raise SourceError(words, file=file.shown, hint="part of it was read already; nothing of it is kept")
    return slower
