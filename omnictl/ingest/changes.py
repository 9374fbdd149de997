"""What a run does to each file's rows, told by a dry run, which does it all and keeps nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from omnictl.ingest.gathering import Gathered
from omnictl.ingest.ledger import Reading
from omnictl.ingest.schema import stored, stored_relations

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True)
class Change:
    """One file: what happens to it, its records as they would be read, and its rows before and after.

    `change` is new, changed, replaced, again (its records are compared anew), forgotten or kept (it has vanished).
    """

    source: str
    file: str
    change: str
    records: int | None
    used: int | None
    rejected: int | None
    superseded: int | None
    filtered: int | None
    rows_before: int
    rows_after: int


@dataclass
class Changes:
    """What is about to happen to a source, and the rows its files have."""

    source: str
    reading: Reading
    held: bool
    before: dict[str, int] = field(default_factory=dict)  # path: rows

    def finished(self, connection: duckdb.DuckDBPyConnection, gathered: Gathered) -> list[Change]:
        """The changes, once they are done and before they are undone."""
        reasons = {file.shown: why for file, why in self.reading.files}
        accounts = connection.execute(
            """
            select path, file_id, records, used, rejected, superseded, filtered from files
            where source = $source and list_contains($read::integer[], file_id) order by path
            """,
            {"source": self.source, "read": [file.number for file in gathered.files]},
        ).fetchall()
        after = _rows(connection, self.source, held=self.held)
        changes = [self._change(path, reasons.get(path, "again"), counts, after) for path, _, *counts in accounts]
        gone = [(file.path, "forgotten") for file, why in self.reading.withdrawn if why == "forgotten"]
        gone += [(file.path, "kept") for file in self.reading.kept]
        changes += [self._change(path, why, [None] * 5, after) for path, why in gone]
        return changes

    def _change(self, path: str, why: str, counts: list[int | None], after: dict[str, int]) -> Change:
        records, used, rejected, superseded, filtered = counts
        return Change(
            source=self.source,
            file=path,
            change=why,
            records=records,
            used=used,
            rejected=rejected,
            superseded=superseded,
            filtered=filtered,
            rows_before=self.before.get(path, 0),
            rows_after=after.get(path, 0),
        )


def changes_of(connection: duckdb.DuckDBPyConnection, source: str, reading: Reading, *, held: bool) -> Changes:
    """The rows a source has, before anything is done."""
    return Changes(source, reading, held, _rows(connection, source, held=held))


def _rows(connection: duckdb.DuckDBPyConnection, source: str, *, held: bool) -> dict[str, int]:
    """How many rows of all relations each file of a source has, by path."""
    tables = {stored(name, held=held) for name in (*stored_relations(connection, source), "identifiers")}
    counted = " union all ".join(f"select _file from {table}" for table in sorted(tables))
    rows = connection.execute(
        f"""
        select path, count(*) from ({counted}) r join files on files.file_id = r._file
        where files.source = $source group by all
        """,
        {"source": source},
    ).fetchall()
    return dict(rows)
