"""What became of every record: used, rejected, superseded or filtered; the four add up to the records read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from omnictl.ingest.fates import Counts
from omnictl.ingest.landing import Landed, LandedFile, unreadable
from omnictl.ingest.mapping import FILTERED, SUPERSEDED, USED, WHERE_FAILED

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True)
class FileAccount:
    """The records of one file."""

    file_id: int
    records: int
    used: int
    rejected: int
    superseded: int
    filtered: int
    unreadable_cells: int


def accounts_of(
    connection: duckdb.DuckDBPyConnection, landed: Sequence[Landed], files: Sequence[LandedFile], counts: Counts
) -> tuple[list[FileAccount], dict[str, int]]:
    """The account of each landed file, and the unreadable cells of each column. Asked after versions are settled.

    Args:
        counts: how many records of each file have each fate.
    """
    cells: dict[int, dict[str, int]] = {}
    for each in landed:
        for number, of_file in unreadable(connection, each).items():
            mine = cells.setdefault(number, {})
            for name, count in of_file.items():
                mine[name] = mine.get(name, 0) + count
    accounts = []
    columns: dict[str, int] = {}
    for file in files:
        of_fate = counts.get(file.number, {})
        of_file = cells.get(file.number, {})
        for name, count in of_file.items():
            columns[name] = columns.get(name, 0) + count
        accounts.append(
            FileAccount(
                file_id=file.number,
                records=file.records,
                used=of_fate.get(USED, 0),
                rejected=sum(n for fate, n in of_fate.items() if fate >= WHERE_FAILED) + len(file.export.unparsed),
                superseded=of_fate.get(SUPERSEDED, 0),
                filtered=of_fate.get(FILTERED, 0),
                unreadable_cells=sum(of_file.values()) + file.export.unreadable,
            )
        )
    return accounts, columns


def write_accounts(connection: duckdb.DuckDBPyConnection, accounts: list[FileAccount]) -> None:
    """Put the accounts of this run's files into the ledger."""
    figures = [field.name for field in fields(FileAccount)]
    unnested = ", ".join(f"unnest(${name}::bigint[]) as {name}" for name in figures)
    assigned = (
        ", ".join(f"{name} = new.{name}" for name in figures if name != "file_id")
        + ", _read = new.used, _refused = new.rejected"
    )
    connection.execute(
        f"update files set {assigned} from (select {unnested}) new where files.file_id = new.file_id",
        {name: [getattr(account, name) for account in accounts] for name in figures},
    )


def correct_accounts(connection: duckdb.DuckDBPyConnection, replaced: Mapping[int, int]) -> None:
    """Correct the accounts of earlier files, so many records of which newer ones have replaced."""
    if replaced:
        connection.execute(
            """
            update files set
                used = used - gone.rows, _read = _read - gone.rows, superseded = superseded + gone.rows
            from (select unnest($files::integer[]) as file_id, unnest($rows::bigint[]) as rows) gone
            where files.file_id = gone.file_id
            """,
            {"files": list(replaced), "rows": list(replaced.values())},
        )
