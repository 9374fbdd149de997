"""What became of every record: used, rejected, superseded or filtered; the four add up to the records read."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import TYPE_CHECKING

from omnictl.engines.connection import named
from omnictl.ingest.landing import Landed, fates, unreadable
from omnictl.ingest.mapping import FILTERED, SUPERSEDED, USED, WHERE_FAILED
from omnictl.relations import RELATIONS, Relation

if TYPE_CHECKING:
    import duckdb

RAISING = ("failed", "missing", "too_many_rejects")  # statuses that make a run exit with 1


@dataclass
class RunRow:
    """One row of the relation `runs`; see there for what each figure counts. Times are naive UTC."""

    run_id: str
    stage: str
    source: str
    started_at: datetime
    ended_at: datetime | None = None
    status: str = "done"
    message: str = ""
    files: int = 0
    records: int = 0
    used: int = 0
    rejected: int = 0
    superseded: int = 0
    filtered: int = 0
    relation_rows: int = 0
    unreadable_cells: int = 0


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


def accounts_of(connection: duckdb.DuckDBPyConnection, landed: Landed) -> tuple[list[FileAccount], dict[str, int]]:
    """The account of each landed file, and the unreadable cells of each column. Asked after versions are settled."""
    by_file = fates(connection)
    cells = unreadable(connection, landed)
    accounts = []
    columns: dict[str, int] = {}
    for file in landed.files:
        counts = by_file.get(file.number, {})
        of_file = cells.get(file.number, {})
        for name, count in of_file.items():
            columns[name] = columns.get(name, 0) + count
        accounts.append(
            FileAccount(
                file_id=file.number,
                records=file.records,
                used=counts.get(USED, 0),
                rejected=sum(n for fate, n in counts.items() if fate >= WHERE_FAILED) + len(file.export.unparsed),
                superseded=counts.get(SUPERSEDED, 0),
                filtered=counts.get(FILTERED, 0),
                unreadable_cells=sum(of_file.values()) + file.export.unreadable,
            )
        )
    return accounts, columns


def write_accounts(
    connection: duckdb.DuckDBPyConnection, accounts: list[FileAccount], relation: Relation, source: str
) -> None:
    """Put the accounts of this run's files into the ledger, and correct those of files whose rows were replaced."""
    figures = [field.name for field in fields(FileAccount)]
    unnested = ", ".join(f"unnest(${name}::bigint[]) as {name}" for name in figures)
    assigned = ", ".join(f"{name} = new.{name}" for name in figures if name != "file_id")
    connection.execute(
        f"update files set {assigned} from (select {unnested}) new where files.file_id = new.file_id",
        {name: [getattr(account, name) for account in accounts] for name in figures},
    )
    ((stored,),) = connection.execute(
        "select count(*) from duckdb_tables() where table_name = 'replaced' and temporary"
    ).fetchall()
    if not stored:
        return
    connection.execute(
        f"""
        update files set used = now.rows, superseded = records - rejected - filtered - now.rows
        from (
            select file_id, count(r._file) as rows
            from files left join (select _file from {relation.name} where source = $source) r on r._file = file_id
            where files.source = $source group by all
        ) now
        where files.file_id = now.file_id
        """,
        {"source": source},
    )


def write_run_row(connection: duckdb.DuckDBPyConnection, row: RunRow) -> None:
    """Keep a row of `runs`."""
    values = asdict(row)
    names = [column.name for column in RELATIONS["runs"].columns]
    connection.execute(
        f"insert into runs ({', '.join(map(named, names))}) values ({', '.join('$' + name for name in names)})", values
    )
