"""The stages of a run in order, and what is published of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from omnictl.engines.lock import StoreBusy
from omnictl.engines.store import Store, read_meta
from omnictl.ingest import ingest
from omnictl.ingest.changes import Change
from omnictl.ingest.ledger import Corrections
from omnictl.ingest.schema import make_tables
from omnictl.progress import Progress, Silent
from omnictl.stages import STAMP, RunRow, new_run_id
from omnictl.workspace import Workspace

if TYPE_CHECKING:
    import duckdb

STAGES = ("ingest",)
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
        nothing = not self.anything or all(row.status in ("failed", "missing") for row in self.rows)
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
) -> RunReport:
    """Run stages over a workspace and publish what is sound.

    Args:
        only: names of sources; empty means all.
        corrections: which files are to be read again or forgotten.
        dry: do it all, tell what would change, and keep nothing.
        wait_s: seconds to wait for another writer.
        if_busy: what to do when it still writes then.
        command: what others are told who find the store taken.

    Raises:
        StoreBusy: another run is writing, and `if_busy` is `fail`.
        EngineError: the store cannot be written.
        OmnictlError: `only` names no source.
    """
    store = store or Store(workspace.store, memory=workspace.memory, threads=workspace.threads)
    listener = progress or Silent()
    report = RunReport()

    def load(into: Store, connection: duckdb.DuckDBPyConnection, changes: list[Change] | None) -> None:
        report.notes.extend(into.notes)
        make_tables(connection)
        run_id = new_run_id(connection)
        if "ingest" in stages:
            report.rows += ingest(
                workspace,
                connection,
                into,
                only=only,
                corrections=corrections,
                progress=listener,
                notes=report.notes,
                changes=changes,
                run_id=run_id,
            )

    try:
        if dry:
            with store.rehearsal(wait_s=wait_s, command=command) as copy, copy.writer() as connection:
                load(copy, connection, report.changes)
            return report
        with store.writer(wait_s=wait_s, command=command) as connection:
            load(store, connection, None)
            stamp = read_meta(connection, STAMP)
            if stamp is not None and stamp != store.published_stamp():
                with listener.stage("publish"):
                    store.publish(connection)
                report.published = True
    except StoreBusy as busy:
        if if_busy != "skip":
            raise
        report.notes.append(busy.message)
        report.skipped = True
    report.anything = store.published.exists()
    return report
