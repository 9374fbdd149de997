"""One source of a run: from its files to its committed rows, or the reason why it keeps those it had."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from omnictl.connectors.files import MissingFiles
from omnictl.connectors.registry import Registry
from omnictl.connectors.settings import asks_what_it_completes, read_options
from omnictl.engines.connection import named, told, transaction
from omnictl.engines.store import Store, write_meta
from omnictl.errors import DefinitionError, OmnictlError, PluginError, SourceError
from omnictl.ingest.accounts import accounts_of, correct_accounts, write_accounts
from omnictl.ingest.enforcing import enforce
from omnictl.ingest.fates import fall_with_rejects, fall_with_superseded, fates
from omnictl.ingest.gathering import Gathered, Gathering
from omnictl.ingest.holding import held_sources
from omnictl.ingest.landing import Landed, drop_temporary
from omnictl.ingest.ledger import Corrections, Reading, plan_reading
from omnictl.ingest.messages import describe
from omnictl.ingest.rejects import find_rejects, write_rejects
from omnictl.ingest.repeated import settle_repeated
from omnictl.ingest.rows import Written, hash_landed, write_rows
from omnictl.ingest.rules import SourceRules
from omnictl.ingest.schema import make_held, stored, stored_relations
from omnictl.ingest.secret import Secret
from omnictl.ingest.stamps import drop_stamps, write_stamps
from omnictl.ingest.tallies import promised_anew, refresh_source, refresh_tallies, write_feed
from omnictl.ingest.tombstones import honour
from omnictl.ingest.touched import files_came, rows_go
from omnictl.ingest.traces import without_erased
from omnictl.ingest.versions import settle_versions
from omnictl.progress import Progress
from omnictl.relations.runs import RUN_NUMBER
from omnictl.stages import RunRow, loaded, now_utc, stamp_of, write_run_row
from omnictl.workspace import Source, Workspace

if TYPE_CHECKING:
    import duckdb


@dataclass
class Run:
    """What holds for every source of one run.

    Attributes:
        notes: what the user should know; gathered.
        readings: source → what was read of it; gathered.
        shapes: source → a digest of all that shapes its rows; gathered.
        rules: what the rows of sources are held to; only of those that are held to anything.
    """

    run_id: str
    workspace: Workspace
    store: Store
    registry: Registry
    secret: Secret
    progress: Progress
    corrections: Corrections
    notes: list[str] = field(default_factory=list)
    readings: dict[str, Reading] = field(default_factory=dict)
    shapes: dict[str, str] = field(default_factory=dict)
    rules: SourceRules = field(default_factory=dict)

    @cached_property
    def held(self) -> frozenset[str]:
        """The sources whose rows are held apart, to be completed or to complete others."""
        return held_sources(self.workspace)


def ingest_source(connection: duckdb.DuckDBPyConnection, run: Run, source: Source) -> RunRow:
    """Load what is new of a source, in one transaction; a source that fails keeps the rows it had.

    Raises:
        EngineError: the disk is full, the memory too small.
    """
    import duckdb

    row = RunRow(run.run_id, "ingest", source.name, now_utc())
    try:
        connector = run.registry.connector(source.connector)
        read_options(connector, source)  # what is said to it is checked also when there is nothing to read
        shape = run.workspace.fingerprint(source) + run.registry.offers[source.connector].digest(connector)
        if source.completion is not None and asks_what_it_completes(connector):
            shape += source.completion.of
        if source.name in run.rules:
            shape += stamp_of(run.rules[source.name])
        run.shapes[source.name] = shape
        changed = _fingerprint(connection, source.name) not in (None, shape)
        reading = plan_reading(connection, run.workspace, source, anew=changed, corrections=run.corrections)
        run.readings[source.name] = reading
        if reading.nothing:
            row.status = "unchanged"
            run.notes.extend(f"{source.name}: {note}" for note in reading.notes)
            _load_nothing(connection, run, source, reading)
        else:
            _load(connection, run, source, reading, row)
    except (MissingFiles, SourceError, DefinitionError, PluginError) as error:
        row.status = "missing" if isinstance(error, MissingFiles) else "failed"
        row.message = _with_plugin(run, source, error).text()
    except (duckdb.OperationalError, duckdb.FatalException) as error:
        raise told(error, f"source `{source.name}` could not be loaded") from error
    drop_temporary(connection)
    row.ended_at = now_utc()
    if row.status != "done" and row.status != "too_many_rejects":
        _keep_if_news(connection, row)
    return row


def _with_plugin(run: Run, source: Source, error: OmnictlError) -> OmnictlError:
    """A connector's fault, with the distribution that is to mend it."""
    offer = run.registry.offers.get(source.connector)
    if not isinstance(error, PluginError) or offer is None or offer.plugin.shown in error.message:
        return error
    return PluginError(f"{offer.plugin.shown}: {error.message}", hint=error.hint)


def _fingerprint(connection: duckdb.DuckDBPyConnection, source: str) -> str | None:
    found = connection.execute("select fingerprint from sources where source = $source", {"source": source}).fetchall()
    return found[0][0] if found else None


def _load(connection: duckdb.DuckDBPyConnection, run: Run, source: Source, reading: Reading, row: RunRow) -> None:
    connector = run.registry.connector(source.connector)
    ((first,),) = connection.execute("select coalesce(max(file_id), 0) + 1 from files").fetchall()
    with run.progress.stage(source.name, len(reading.files)) as stage:
        # outside the transaction: a statement that fails in it would take the whole of it along
        gathering = Gathering(connection, source, connector, run.store.scratch, first, stage)
        anything = reading.files or connector.look_back  # what is withdrawn may have been a part of what stays
        gathered = gathering.gather(reading) if anything else Gathered([], [], [])
        with transaction(connection):
            _write(connection, run, source, reading, gathered, row)


def _load_nothing(connection: duckdb.DuckDBPyConnection, run: Run, source: Source, reading: Reading) -> None:
    """Take note of other names or times of files, and of other promises, when no file is read. No row leans on it."""
    now, held = now_utc(), source.name in run.held
    if not (reading.moved or reading.owed or promised_anew(connection, run.workspace, source, now, held=held)):
        return
    with transaction(connection):
        _note_moves(connection, reading)
        of_source = {"source": source.name}
        ((touched,),) = connection.execute("select _touched from sources where source = $source", of_source).fetchall()
        refresh_source(connection, run.workspace, source, run.shapes[source.name], now, held=held)
        connection.execute(
            "update sources set _touched = $touched where source = $source", of_source | {"touched": touched}
        )
        loaded(connection, run.run_id)


def _write(
    connection: duckdb.DuckDBPyConnection,
    run: Run,
    source: Source,
    reading: Reading,
    gathered: Gathered,
    row: RunRow,
) -> None:
    """Bring the source's rows and accounts up to date with what was gathered."""
    held, landed = source.name in run.held, gathered.landed
    if held:
        make_held(connection, [each.mapping.relation.name for each in landed])
    _withdraw(connection, source.name, [file.file_id for file, _ in reading.withdrawn], held=held)
    _enter_files(connection, run, source.name, gathered, reading)
    if not run.registry.connector(source.connector).look_back:  # a log may be cut anywhere, its parts show nothing
        settle_repeated(connection, landed)
    for each in landed:
        hash_landed(connection, run.workspace, each, run.secret)
    left_out = honour(connection, run.workspace, source.name, landed, run.secret)
    rules = run.rules.get(source.name, ())
    broken = enforce(connection, run.workspace, landed, rules, held=held)
    fall_with_rejects(connection, landed)
    replaced = _settle_versions(connection, landed, held=held)
    correct_accounts(connection, replaced[0] if replaced else {})
    written = [
        write_rows(
            connection,
            run.workspace,
            each,
            [other for other in landed if other is not each],
            stored(each.mapping.relation.name, held=held),
            stored("identifiers", held=held),
        )
        for each in landed
    ]
    if not held:
        relations = {each.mapping.relation.name for each in landed}
        files_came(connection, [file.number for file in gathered.files], relations | {"identifiers"})
    stamps = write_stamps(connection, landed, broken)
    rejects = find_rejects(connection, landed, gathered.files, broken)
    rejects = without_erased(connection, run.workspace, run.secret, rejects)
    write_rejects(connection, rejects, source.name, run.run_id, run.store.rejects)
    columns = _account(connection, source, gathered, written, row)
    describe(run, row, source, gathered, written, rejects, columns, reading, left_out, stamps)
    grown_only = not reading.withdrawn and not any(replaced) and not left_out
    added = [file.number for file in gathered.files] if grown_only else None
    _tally(connection, run, source, landed, written, row, added, held=held)
    if not grown_only:
        drop_stamps(connection)


def _settle_versions(
    connection: duckdb.DuckDBPyConnection, landed: Sequence[Landed], *, held: bool
) -> list[dict[int, int]]:
    """Settle which records stand; how many rows of each earlier file do no longer, for each relation. The first one
    tells what became of the records."""
    names = [each.mapping.relation.name for each in landed]
    dependent = [stored(name, held=held) for name in names if name in ("segments", "steps")]
    hanging = [stored("identifiers", held=held), *dependent]
    replaced = []
    for each in landed:
        table = stored(each.mapping.relation.name, held=held)
        replaced.append(settle_versions(connection, each, table, hanging))
        if each.mapping.relation.name == "interactions":
            fall_with_superseded(connection, landed)
    return replaced


def _withdraw(connection: duckdb.DuckDBPyConnection, source: str, files: list[int], *, held: bool) -> None:
    """Delete the rows of files, and the files from the ledger."""
    if not files:
        return
    fed = stored_relations(connection, source, own=True)
    tables = {stored(name, held=held) for name in (*fed, "identifiers")}
    of_files = "list_contains($files::integer[], _file)"
    for table in sorted(tables | {"rejects"}):
        rows_go(connection, table, of_files, {"files": files})
        connection.execute(f"delete from {table} where {of_files}", {"files": files})
    connection.execute("delete from files where list_contains($files::integer[], file_id)", {"files": files})


def _enter_files(
    connection: duckdb.DuckDBPyConnection, run: Run, source: str, gathered: Gathered, reading: Reading
) -> None:
    """Enter the files read into the ledger; their accounts follow."""
    files = gathered.files
    span = [gathered.spans.get(file.number, (None, None)) for file in files]
    columns = {
        "number": ("file_id", "integer", [file.number for file in files]),
        "path": ("path", "varchar", [file.file.shown for file in files]),
        "sha256": ("sha256", "varchar", [file.file.sha256 for file in files]),
        "bytes": ("bytes", "bigint", [file.file.size for file in files]),
        "modified": ("modified", "timestamp", [file.file.modified for file in files]),
        "notes": ("notes", "varchar", ["; ".join(file.export.notes) for file in files]),
        "first_at": ("first_at", "timestamp", [first for first, _ in span]),
        "last_at": ("last_at", "timestamp", [last for _, last in span]),
    }
    lists = {key: value for key, (_, _, value) in columns.items()}
    names = ", ".join(named(name) for name, _, _ in columns.values())
    values = ", ".join(f"unnest(${key}::{kind}[])" for key, (_, kind, _) in columns.items())
    connection.execute(
        f"insert into files (source, examined_at, loaded_run, {names}) select $source, $now, $run, {values}",
        {"source": source, "now": now_utc(), "run": run.run_id, **lists},
    )
    _note_moves(connection, reading)


def _note_moves(connection: duckdb.DuckDBPyConnection, reading: Reading) -> None:
    """Write down which known files have other names or times now, and which are to be read when they come back."""
    for number, path, modified in reading.moved:
        connection.execute(
            "update files set path = $path, modified = $modified where file_id = $number",
            {"path": path, "modified": modified, "number": number},
        )
    connection.execute(
        "update files set _owed = true where list_contains($files::integer[], file_id)", {"files": reading.owed}
    )


def _account(
    connection: duckdb.DuckDBPyConnection, source: Source, gathered: Gathered, written: list[Written], row: RunRow
) -> dict[str, int]:
    """Fill in the figures of a run's row; returns the unreadable cells by column."""
    counts = fates(connection, gathered.landed, gathered.files, gathered.read)
    accounts, columns = accounts_of(connection, gathered.landed, gathered.files, counts)
    write_accounts(connection, accounts)
    row.files = len(accounts)
    for name in ("records", "used", "rejected", "superseded", "filtered", "unreadable_cells"):
        setattr(row, name, sum(getattr(account, name) for account in accounts))
    row.relation_rows = sum(each.rows for each in written)
    _judge(source, row)
    return columns


def recount(connection: duckdb.DuckDBPyConnection, workspace: Workspace, rows: Sequence[RunRow]) -> None:
    """Correct the rows of a run whose records were found to complete no contact, once all sources are loaded."""
    for row in rows:
        source = workspace.sources[row.source]
        if source.completion is None or source.completion.unmatched == "keep" or row.status in ("failed", "missing"):
            continue
        ((used, rejected, filtered),) = connection.execute(
            """
            select coalesce(sum(used), 0), coalesce(sum(rejected), 0), coalesce(sum(filtered), 0)
            from files where source = $source and loaded_run = $run
            """,
            {"source": row.source, "run": row.run_id},
        ).fetchall()
        if row.files and (row.used, row.rejected, row.filtered) != (used, rejected, filtered):
            alone = row.used - int(used)
            what = f"{alone:,} records: no contact of `{source.completion.of}` matches them"
            row.message = "; ".join(filter(None, [row.message, what]))
            row.used, row.rejected, row.filtered = int(used), int(rejected), int(filtered)
            _judge(source, row)
            with transaction(connection):
                known = {"run": row.run_id, "source": row.source}
                connection.execute(
                    "delete from runs where run_id = $run and source = $source and stage = 'ingest'", known
                )
                write_run_row(connection, row)


def _judge(source: Source, row: RunRow) -> None:
    """Whether a source has more rejects than it may."""
    limit = source.max_rejects
    nothing_left = limit is None and row.rejected > 0 and row.used == 0
    if nothing_left or (limit is not None and row.rejected > limit * row.records):
        row.status = "too_many_rejects"


def _tally(
    connection: duckdb.DuckDBPyConnection,
    run: Run,
    source: Source,
    landed: list[Landed],
    written: list[Written],
    row: RunRow,
    added: list[int] | None,
    *,
    held: bool,
) -> None:
    """Bring up to date what the store knows of the source besides its rows.

    Args:
        added: the files that have come, when no row has gone.
    """
    for each, columns in zip(landed, written, strict=True):
        write_feed(connection, source.name, each.mapping.relation, columns.columns)
    if not held:  # what is held gets its figures when it has found its contacts
        refresh_tallies(connection, run.workspace, source.name, added)
    refresh_source(connection, run.workspace, source, run.shapes[source.name], now_utc(), held=held)
    row.ended_at = now_utc()
    write_run_row(connection, row)


def _keep_if_news(connection: duckdb.DuckDBPyConnection, row: RunRow) -> None:
    """Keep the row of a run that loaded nothing, if it says something else than the last one kept of its source."""
    last = connection.execute(
        f"""
        select status, message from runs where source = $source and stage = 'ingest'
        order by {RUN_NUMBER} desc limit 1
        """,
        {"source": row.source},
    ).fetchall()
    quiet = row.status == "unchanged" and (not last or last[0][0] in ("done", "unchanged", "too_many_rejects"))
    if not quiet and (not last or last[0] != (row.status, row.message)):
        with transaction(connection):
            write_run_row(connection, row)
            write_meta(connection, "stamp", row.run_id)
