"""The stages of a run in order, and what is published of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from omnictl.engines.connection import told, transaction
from omnictl.engines.lock import StoreBusy
from omnictl.engines.store import ERASED, Store, read_meta, write_meta
from omnictl.errors import OmnictlError
from omnictl.ingest import ingest
from omnictl.ingest.changes import Change
from omnictl.ingest.ledger import Corrections
from omnictl.ingest.rules import SourceRules
from omnictl.ingest.schema import make_tables
from omnictl.progress import Progress, Silent
from omnictl.stages import (
    EVERY_SOURCE,
    STAMP,
    RunRow,
    ingested,
    made_of,
    new_run_id,
    now_utc,
    write_run_row,
)
from omnictl.workspace import Workspace

if TYPE_CHECKING:
    import duckdb

STAGES = ("ingest", "link", "build")
SOUND = ("done", "unchanged")
IfBusy = Literal["fail", "skip"]


@dataclass
class RunReport:
    """What a run did: a row per source and stage, what the user should know, and whether readers see something new."""

    rows: list[RunRow] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)  # of a dry run
    published: bool = False
    skipped: bool = False  # another run was writing
    anything: bool = True  # there is a published state

    @property
    def exit_code(self) -> int:
        """0 done; 1 a source failed, is missing, or has too many rejects; 2 nothing could be published."""
        if self.skipped or all(row.status in SOUND for row in self.rows):
            return 0
        loads = [row for row in self.rows if row.stage == "ingest"] or self.rows
        nothing = not self.anything or all(row.status in ("failed", "missing") for row in loads)
        return 2 if nothing else 1


def run(
    workspace: Workspace,
    store: Store | None = None,
    *,
    stages: Sequence[str] = STAGES,
    only: Collection[str] = (),
    corrections: Corrections | None = None,
    dry: bool = False,
    wait_s: float = 0.0,
    if_busy: IfBusy = "fail",
    progress: Progress | None = None,
    command: str = "omnictl run",
    rules: SourceRules | None = None,
) -> RunReport:
    """Run stages over a workspace and publish what is sound.

    Args:
        only: names of sources; empty means all.
        corrections: which files are to be read again or forgotten.
        dry: do it all, tell what would change, and keep nothing.
        wait_s: seconds to wait for another writer.
        if_busy: what to do when it still writes then.
        command: what others are told who find the store taken.
        rules: what the rows of sources are held to, by the tracking plan.

    Raises:
        StoreBusy: another run is writing, and `if_busy` is `fail`.
        EngineError: the store cannot be written.
        OmnictlError: `only` names no source.
    """
    store = store or Store(workspace.store, memory=workspace.memory, threads=workspace.threads)
    order = _Order(workspace, stages, only, corrections, progress or Silent(), rules or {})
    report = RunReport()
    try:
        if dry:
            with store.rehearsal(wait_s=wait_s, command=command) as copy, copy.writer() as connection:
                order.carry_out(copy, connection, report, report.changes)
            return report
        with store.writer(wait_s=wait_s, command=command) as connection:
            order.carry_out(store, connection, report)
            if store.owes(connection):
                leave_no_trace(workspace, connection, store)
                with order.progress.stage("publish"):
                    store.publish(connection)
                report.published = True
    except StoreBusy as busy:
        if if_busy != "skip":
            raise StoreBusy(busy.message, hint=f"{busy.hint}, or leave with --if-busy skip") from None
        report.notes.append(busy.message)
        report.skipped = True
    report.anything = store.published.exists()
    return report


@dataclass(frozen=True)
class _Order:
    """What is to be run, and who listens."""

    workspace: Workspace
    stages: Sequence[str]
    only: Collection[str]
    corrections: Corrections | None
    progress: Progress
    rules: SourceRules

    def carry_out(
        self,
        store: Store,
        connection: duckdb.DuckDBPyConnection,
        report: RunReport,
        changes: list[Change] | None = None,
    ) -> None:
        """Run the stages into a store's work file; `changes` gets what happens to which file, of a rehearsal."""
        report.notes.extend(store.notes)
        make_tables(connection)
        run_id = new_run_id(connection)
        if "ingest" in self.stages:
            report.rows += ingest(
                self.workspace,
                connection,
                store,
                only=self.only,
                corrections=self.corrections,
                progress=self.progress,
                notes=report.notes,
                changes=changes,
                run_id=run_id,
                rules=self.rules,
            )
        full = self.corrections is not None and self.corrections.full
        report.rows += derived(
            self.workspace,
            connection,
            self.stages,
            run_id=run_id,
            full=full,
            progress=self.progress,
            notes=report.notes,
        )


def derived(
    workspace: Workspace,
    connection: duckdb.DuckDBPyConnection,
    stages: Sequence[str],
    *,
    run_id: str,
    full: bool,
    progress: Progress,
    notes: list[str],
) -> list[RunRow]:
    """Run the stages after ingest; one that fails ends them and leaves what it made the last time."""
    import duckdb

    rows: list[RunRow] = []
    for stage, make in _makers().items():
        if stage not in stages:
            continue
        began = now_utc()
        if made_of(connection, stage) is None and not ingested(connection):  # nothing was ever loaded
            rows.append(RunRow(run_id, stage, EVERY_SOURCE, began, now_utc(), "unchanged"))
            continue
        try:
            row = make(workspace, connection, run_id=run_id, full=full, progress=progress, notes=notes)
        except (OmnictlError, duckdb.OperationalError, duckdb.OutOfMemoryException) as error:
            fault = error if isinstance(error, OmnictlError) else told(error, f"stage `{stage}` could not be done")
            row = RunRow(run_id, stage, EVERY_SOURCE, began, now_utc(), "failed", fault.text())
            _keep(connection, row)
        rows.append(row)
        if row.status == "failed":
            break
    return rows


def _keep(connection: duckdb.DuckDBPyConnection, row: RunRow) -> None:
    """Keep the row of a stage that failed, so that readers learn of it."""
    with transaction(connection):
        write_run_row(connection, row)
        write_meta(connection, STAMP, row.run_id)


def _makers() -> dict[str, Callable[..., RunRow]]:
    """What makes each stage after ingest, in order."""
    from omnictl.build import build
    from omnictl.identity import link

    return {"link": link, "build": build}


def leave_no_trace(workspace: Workspace, connection: duckdb.DuckDBPyConnection, store: Store) -> int:
    """After an erasure, take what names the erased out of raw texts of rejects, earlier people and kept plans.

    To be called before it is published. Returns how many raw texts went.
    """
    from omnictl.ingest.secret import secret_of_store
    from omnictl.ingest.traces import drop_raw_texts, forget_changes

    if read_meta(connection, ERASED) is None:
        return 0
    secret = secret_of_store(workspace, connection, store, [])
    dropped = drop_raw_texts(connection, workspace, secret, store.rejects)
    with transaction(connection):
        forget_changes(connection)
    for plan in (store.folder / "cache").glob("*"):
        plan.unlink(missing_ok=True)
    return dropped


def stale(workspace: Workspace, connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """The stages whose results are not those of what is loaded and said now, and why, in words.

    Args:
        connection: a reader's.
    """
    from omnictl.build.stage import inputs_of as of_build
    from omnictl.identity.stage import inputs_of as of_link

    found = {}
    for stage, inputs in {"link": of_link, "build": of_build}.items():
        before = made_of(connection, stage)
        if before is None and ingested(connection):
            found[stage] = "it has never been done"
        elif before is not None and before != inputs(workspace, connection):
            found[stage] = "what was loaded, or the settings it follows, have changed since"
    return found
