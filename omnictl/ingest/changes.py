"""What a run does to each file: its records and rows before and after, told by a dry run, which does it all on a copy
of the store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from omnictl.ingest.ledger import Reading
from omnictl.relations import RELATIONS

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True)
class Change:
    """One file: what happens to it, what becomes of its records, and the rows that readers see of it.

    `change` is new, changed, replaced, again (read again because the mapping is another one, `--full` asks for it, or
    its records are compared anew), renamed, affected (not read, but other files replace or free some of its records,
    or the contacts it tells of come or go), forgotten or kept (it has vanished). The records of a file that goes are
    None.
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


@dataclass(frozen=True)
class FileState:
    """A file in the ledger, and the rows that come of it, of whatever source they are now."""

    source: str
    path: str
    records: int | None
    used: int | None
    rejected: int | None
    superseded: int | None
    filtered: int | None
    rows: int


def file_states(connection: duckdb.DuckDBPyConnection) -> dict[int, FileState]:
    """Every file the store knows, by number."""
    tables = [name for name, each in RELATIONS.items() if each.written_by == "connector"]
    counted = " union all ".join(f"select _file, count(*) as n from {name} group by all" for name in tables)
    rows = connection.execute(
        f"""
        select file_id, source, path, records, used, rejected, superseded, filtered, coalesce(total, 0)::bigint
        from files left join (select _file, sum(n) as total from ({counted}) group by all) c on c._file = file_id
        """
    ).fetchall()
    return {number: FileState(*state) for number, *state in rows}


def changes_between(
    before: Mapping[int, FileState], after: Mapping[int, FileState], readings: Mapping[str, Reading]
) -> list[Change]:
    """What a run did to the files, by source in the order of the run, and by path."""
    gone = {number: file for number, file in before.items() if number not in after}
    changes = []
    for number, file in after.items():
        if number in before:
            why = _unread(number, before[number], file, readings.get(file.source))
            rows = before[number].rows
        else:
            why = readings[file.source].reasons[file.path]
            same = [each for each, was in gone.items() if (was.source, was.path) == (file.source, file.path)]
            rows = sum(gone.pop(each).rows for each in same)
        if why:
            changes.append(_change(file, why, rows))
    for number, file in gone.items():
        reading = readings.get(file.source)
        whys = {known.file_id: why for known, why in reading.withdrawn} if reading else {}
        changes.append(_change(file, whys.get(number, "forgotten"), file.rows, gone=True))
    order = list(readings)
    return sorted(changes, key=lambda each: (_place(order, each.source), each.file))


def _change(file: FileState, why: str, before: int, *, gone: bool = False) -> Change:
    return Change(
        source=file.source,
        file=file.path,
        change=why,
        records=None if gone else file.records,
        used=None if gone else file.used,
        rejected=None if gone else file.rejected,
        superseded=None if gone else file.superseded,
        filtered=None if gone else file.filtered,
        rows_before=before,
        rows_after=0 if gone else file.rows,
    )


def _unread(number: int, before: FileState, after: FileState, reading: Reading | None) -> str:
    """What happens to a file that is not read; '' for nothing."""
    if before.path != after.path:
        return "renamed"
    if reading is not None and any(file.file_id == number for file in reading.kept):
        return "kept"
    return "affected" if before != after else ""


def _place(order: list[str], source: str) -> tuple[int, str]:
    return (order.index(source), "") if source in order else (len(order), source)
