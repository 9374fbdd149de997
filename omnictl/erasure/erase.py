"""People erased from the store: told first, in one transaction, published without a trace of their bytes.

Killed at any point, what is published stands, and the same command, or any run, completes what was begun: `meta` says
that an erasure is under way until the store has been written anew.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from omnictl.engines.connection import transaction
from omnictl.engines.store import ERASED, Store, write_meta
from omnictl.erasure.given import Given, hash_given
from omnictl.erasure.reach import bury_values, forget, reach
from omnictl.errors import EngineError
from omnictl.ingest import removal
from omnictl.ingest.holding import hold
from omnictl.ingest.schema import make_tables
from omnictl.ingest.secret import secret_of_store
from omnictl.ingest.settle import settle, settle_touched
from omnictl.ingest.tallies import refresh_tallies
from omnictl.ingest.tombstones import bury
from omnictl.progress import Progress, Silent
from omnictl.run import derived, leave_no_trace
from omnictl.stages import STAMP, new_run_id, now_utc
from omnictl.workspace import Workspace

if TYPE_CHECKING:
    import duckdb


@dataclass
class Erased:
    """What an erasure takes, or took.

    Attributes:
        rows: relation → rows of it.
        people: how many people.
        values: how many values of theirs get a tombstone, those given included.
        raw: how many raw texts of rejects went.
        done: it has been done, and published.
    """

    rows: dict[str, int] = field(default_factory=dict)
    people: int = 0
    values: int = 0
    raw: int = 0
    done: bool = False
    notes: list[str] = field(default_factory=list)


def erase(
    workspace: Workspace,
    store: Store,
    given: Sequence[Given],
    *,
    only_value: bool = False,
    shared: bool = False,
    dry: bool = False,
    confirm: Callable[[Erased], bool] = lambda told: True,
    wait_s: float = 0.0,
    progress: Progress | None = None,
) -> Erased:
    """Erase the people that values lead to, and let no later load bring them back.

    Args:
        only_value: what carries the values, and nothing else of their people.
        shared: their people also where it is uncertain that they are one.
        dry: tell what would go, in a copy of the store.
        confirm: is told what goes, while the store is held, and says whether it is to be done.

    Raises:
        StoreBusy: another process writes.
        OmnictlError: a value cannot be read, or it is uncertain whose it is.
        EngineError: the secret is gone or another one; the store cannot be written.
    """
    if not (store.work.exists() or store.published.exists()):
        raise EngineError(f"there is no data yet: {store.published} does not exist", hint="`omnictl run` makes it")
    if dry and store.published.exists():
        store.reader().close()  # an error names the store's own file, not that of its copy
    with ExitStack() as stack:
        command = "omnictl identity erase"
        at = stack.enter_context(store.rehearsal(wait_s=wait_s, command=command)) if dry else store
        connection = stack.enter_context(at.writer(wait_s=0 if dry else wait_s, command=command))
        meter = progress or Silent()
        told = Erased(notes=list(at.notes))
        make_tables(connection)
        secret = secret_of_store(workspace, connection, at, [])
        run_id = new_run_id(connection)
        _bring_up_to_date(connection, workspace, run_id, ("link",), meter)
        hash_given(connection, workspace, secret, given)
        reach(connection, workspace, only_value=only_value, shared=shared)
        told.rows = removal.counted(connection)
        told.people = _count(connection, "reached_people")
        told.values = _count(connection, "reached_values")
        if dry or not confirm(told):
            return told
        with meter.stage("erase"), transaction(connection):
            write_meta(connection, ERASED, run_id)
            write_meta(connection, STAMP, run_id)
            bury_values(connection, now_utc())
            bury(connection, secret)
            _remove(connection, workspace, run_id)
        _bring_up_to_date(connection, workspace, run_id, ("link", "build"), meter)
        told.raw = leave_no_trace(workspace, connection, at)
        with meter.stage("publish"):
            at.publish(connection)
        told.done = True
        return told


def forget_tombstones(workspace: Workspace, store: Store, given: Sequence[Given], *, wait_s: float = 0.0) -> int:
    """Let later records with these values be loaded again; returns how many values have no tombstone any more.

    What was erased or left out until now does not come back.

    Raises:
        StoreBusy: another process writes.
        OmnictlError: a value cannot be read.
    """
    with store.writer(wait_s=wait_s, command="omnictl identity erase") as connection:
        make_tables(connection)
        secret = secret_of_store(workspace, connection, store, [])
        hash_given(connection, workspace, secret, given)
        with transaction(connection):
            count = forget(connection)
            if count:
                write_meta(connection, STAMP, new_run_id(connection))
        if count and store.published.exists():
            leave_no_trace(workspace, connection, store)
            store.publish(connection)
        return count


def _bring_up_to_date(
    connection: duckdb.DuckDBPyConnection, workspace: Workspace, run_id: str, stages: Sequence[str], meter: Progress
) -> None:
    """Have people be those of what is loaded and said now.

    Raises:
        EngineError: a stage could not be done.
    """
    with transaction(connection):
        hold(connection, workspace)
    settle(connection, workspace, run_id)
    for row in derived(workspace, connection, stages, run_id=run_id, full=False, progress=meter, notes=[]):
        if row.status == "failed":
            raise EngineError(f"stage `{row.stage}` could not be done: {row.message}", hint="erase again when it can")


def _remove(connection: duckdb.DuckDBPyConnection, workspace: Workspace, run_id: str) -> None:
    """Delete what is reached, and bring what ingest makes of the rest up to date."""
    lost = removal.remove(connection)
    if not lost:
        return
    for source in sorted(lost):
        refresh_tallies(connection, workspace, source)
    connection.execute(
        "update sources set _touched = true where list_contains($lost::varchar[], source)", {"lost": sorted(lost)}
    )
    settle_touched(connection, workspace, run_id)


def _count(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    ((count,),) = connection.execute(f"select count(*) from {table}").fetchall()
    return int(count)
