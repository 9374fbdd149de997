"""One source of a run: from its files to its committed rows, or the reason why it keeps those it had."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from omnictl.connectors.files import ExportFile, MissingFiles
from omnictl.engines.connection import named, told, transaction
from omnictl.engines.store import Store, write_meta
from omnictl.errors import DefinitionError, SourceError
from omnictl.ingest.accounts import RunRow, accounts_of, write_accounts, write_run_row
from omnictl.ingest.landing import Landed, land
from omnictl.ingest.ledger import Reading, plan_reading
from omnictl.ingest.mapping import read_mapping
from omnictl.ingest.rejects import LISTED, Reject, find_rejects, write_rejects
from omnictl.ingest.rows import Written, hash_landed, write_rows
from omnictl.ingest.secret import Secret
from omnictl.ingest.tallies import refresh_fills, refresh_source, refresh_unmapped
from omnictl.ingest.versions import settle_versions
from omnictl.progress import Progress
from omnictl.relations import RELATIONS, Relation
from omnictl.relations.runs import RUN_NUMBER
from omnictl.workspace import Source, Workspace

if TYPE_CHECKING:
    import duckdb


@dataclass
class Run:
    """What holds for every source of one run. `notes` gathers what the user should know."""

    run_id: str
    workspace: Workspace
    store: Store
    secret: Secret
    progress: Progress
    full: bool = False
    notes: list[str] = field(default_factory=list)


def now_utc() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


def ingest_source(connection: duckdb.DuckDBPyConnection, run: Run, source: Source) -> RunRow:
    """Load what is new of a source, in one transaction; a source that fails keeps the rows it had.

    Raises:
        EngineError: the disk is full, the memory too small.
    """
    import duckdb

    row = RunRow(run.run_id, "ingest", source.name, now_utc())
    try:
        changed = _fingerprint(connection, source.name) != run.workspace.fingerprint(source)
        reading = plan_reading(connection, run.workspace, source, anew=run.full or changed)
        if reading.nothing:
            row.status = "unchanged"
        else:
            _load(connection, run, source, reading, row)
    except (MissingFiles, SourceError, DefinitionError) as error:
        row.status = "missing" if isinstance(error, MissingFiles) else "failed"
        row.message = error.text()
    except (duckdb.OperationalError, duckdb.FatalException) as error:
        raise told(error, f"source `{source.name}` could not be loaded") from error
    _drop_temporary(connection)
    row.ended_at = now_utc()
    if row.status != "done" and row.status != "too_many_rejects":
        _keep_if_news(connection, row)
    return row


def _fingerprint(connection: duckdb.DuckDBPyConnection, source: str) -> str | None:
    found = connection.execute("select fingerprint from sources where source = $source", {"source": source}).fetchall()
    return found[0][0] if found else None


def _load(connection: duckdb.DuckDBPyConnection, run: Run, source: Source, reading: Reading, row: RunRow) -> None:
    mapping = read_mapping(connection, source)
    ((first,),) = connection.execute("select coalesce(max(file_id), 0) + 1 from files").fetchall()
    numbered = list(enumerate(reading.files, start=first))
    with run.progress.stage(source.name, len(numbered)) as stage:
        # outside the transaction: a statement that fails in it would take the whole of it along
        landed = land(connection, mapping, numbered, run.store, stage)
        with transaction(connection):
            if reading.whole:
                _withdraw(connection, mapping.relation, source.name, reading.kept)
            _enter_files(connection, run, source.name, numbered, landed, reading)
            stage.advance(0, "identifiers")
            hash_landed(connection, run.workspace, landed, run.secret)
            settle_versions(connection, mapping.relation, source.name)
            stage.advance(0, "rows")
            written = write_rows(connection, run.workspace, landed)
            rejects = find_rejects(connection, landed)
            write_rejects(connection, rejects, source.name, run.run_id, run.store.rejects)
            columns = _account(connection, run, source, landed, written, row)
            _describe(run, row, landed, written, rejects, columns, reading)
            _tally(connection, run, source, written, row)


def _withdraw(connection: duckdb.DuckDBPyConnection, relation: Relation, source: str, kept: list[int]) -> None:
    """Delete a source's rows, but those of vanished files."""
    for table in {relation.name, "identifiers", "rejects"}:
        connection.execute(
            f"delete from {table} where source = $source and not list_contains($kept::integer[], _file)",
            {"source": source, "kept": kept},
        )
    connection.execute(
        "delete from files where source = $source and not list_contains($kept::integer[], file_id)",
        {"source": source, "kept": kept},
    )


def _enter_files(
    connection: duckdb.DuckDBPyConnection,
    run: Run,
    source: str,
    numbered: list[tuple[int, ExportFile]],
    landed: Landed,
    reading: Reading,
) -> None:
    """Enter the files read into the ledger; their accounts follow."""
    notes = ["; ".join(file.export.notes) for file in landed.files]
    columns = {
        "number": ("file_id", "integer", [number for number, _ in numbered]),
        "path": ("path", "varchar", [file.shown for _, file in numbered]),
        "sha256": ("sha256", "varchar", [file.sha256 for _, file in numbered]),
        "bytes": ("bytes", "bigint", [file.size for _, file in numbered]),
        "modified": ("modified", "timestamp", [file.modified for _, file in numbered]),
        "notes": ("notes", "varchar", notes),
    }
    lists = {key: value for key, (_, _, value) in columns.items()}
    names = ", ".join(named(name) for name, _, _ in columns.values())
    values = ", ".join(f"unnest(${key}::{kind}[])" for key, (_, kind, _) in columns.items())
    connection.execute(
        f"insert into files (source, examined_at, loaded_run, {names}) select $source, $now, $run, {values}",
        {"source": source, "now": now_utc(), "run": run.run_id, **lists},
    )
    for number, path, modified in reading.moved:
        connection.execute(
            "update files set path = $path, modified = $modified where file_id = $number",
            {"path": path, "modified": modified, "number": number},
        )


def _account(
    connection: duckdb.DuckDBPyConnection, run: Run, source: Source, landed: Landed, written: Written, row: RunRow
) -> dict[str, int]:
    """Fill in the figures of a run's row; returns the unreadable cells by column."""
    accounts, columns = accounts_of(connection, landed)
    write_accounts(connection, accounts, landed.mapping.relation, source.name)
    row.files = len(accounts)
    for name in ("records", "used", "rejected", "superseded", "filtered", "unreadable_cells"):
        setattr(row, name, sum(getattr(account, name) for account in accounts))
    row.relation_rows = written.rows
    limit = source.max_rejects
    nothing_left = limit is None and row.rejected > 0 and row.used == 0
    if nothing_left or (limit is not None and row.rejected > limit * row.records):
        row.status = "too_many_rejects"
    return columns


def _describe(
    run: Run,
    row: RunRow,
    landed: Landed,
    written: Written,
    rejects: list[Reject],
    columns: dict[str, int],
    reading: Reading,
) -> None:
    """Say in words what is worth knowing of a load."""
    source = landed.mapping.source
    said = []
    if rejects:
        first = rejects[0]
        place = first.file + (f":{first.line}" if first.line else "")
        said.append(f"rejects begin at {place}: {first.reason}")
    if row.rejected > len(rejects):
        said.append(f"{row.rejected - len(rejects):,} rejects beyond {LISTED:,} of a file are counted, not listed")
    if columns:
        worst = sorted(columns.items(), key=lambda item: (-item[1], item[0]))
        said.append("unreadable cells are NULL: " + ", ".join(f"{name} {count:,}" for name, count in worst))
    if written.dropped:
        dropped = ", ".join(f"{kind} {count:,}" for kind, count in written.dropped.items())
        said.append(f"identifiers that identify nobody were dropped: {dropped}")
    row.message = "; ".join(said)
    run.notes.extend(f"{source.name}: {note}" for note in reading.notes)
    if not source.timezone_given and any(file.landing.local_times for file in landed.files):
        run.notes.append(f"{source.name}: times without offset are read as {source.timezone}, the workspace's zone")


def _tally(connection: duckdb.DuckDBPyConnection, run: Run, source: Source, written: Written, row: RunRow) -> None:
    relation = RELATIONS[source.relation]
    asked = "select columns from sources where source = $source"
    before = connection.execute(asked, {"source": source.name}).fetchall()
    # rows of vanished files may fill columns that the mapping no longer does
    kept = set(before[0][0]) if before else set()
    filled = [name for name in relation.names if name in kept | written.columns]
    refresh_fills(connection, relation, source.name, filled)
    refresh_unmapped(connection, run.workspace, source)
    refresh_source(connection, run.workspace, source, filled, now_utc())
    row.ended_at = now_utc()
    write_run_row(connection, row)


def _keep_if_news(connection: duckdb.DuckDBPyConnection, row: RunRow) -> None:
    """Keep the row of a run that loaded nothing, if it says something else than the last one kept of its source."""
    last = connection.execute(
        f"select status, message from runs where source = $source order by {RUN_NUMBER} desc limit 1",
        {"source": row.source},
    ).fetchall()
    quiet = row.status == "unchanged" and (not last or last[0][0] in ("done", "unchanged", "too_many_rejects"))
    if not quiet and (not last or last[0] != (row.status, row.message)):
        with transaction(connection):
            write_run_row(connection, row)
            write_meta(connection, "stamp", row.run_id)


def _drop_temporary(connection: duckdb.DuckDBPyConnection) -> None:
    """Let go of the landed rows and of all that was made from them; they hold identifiers in the clear."""
    rows = connection.execute("select table_name from duckdb_tables() where temporary").fetchall()
    for (name,) in rows:
        connection.execute(f"drop table temp.{named(name)}")
