"""What is worth saying of the load of a source, in words: in the message of its run's row, and in notes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from omnictl.ingest.rejects import LISTED, Reject

if TYPE_CHECKING:
    from omnictl.ingest.gathering import Gathered
    from omnictl.ingest.ledger import Reading
    from omnictl.ingest.rows import Written
    from omnictl.ingest.source import Run
    from omnictl.stages import RunRow
    from omnictl.workspace import Source


def describe(
    run: Run,
    row: RunRow,
    source: Source,
    gathered: Gathered,
    written: list[Written],
    rejects: list[Reject],
    columns: dict[str, int],
    reading: Reading,
    left_out: int,
    stamps: int,
) -> None:
    """Say in words what is worth knowing of a load.

    Args:
        columns: the unreadable cells of each column.
        left_out: how many records are left out, of erased people.
        stamps: how many rules of the plan are broken by rows that are loaded all the same.
    """
    said = [f"left out, of erased people: {left_out:,}"] if left_out else []
    if rejects:
        first = rejects[0]
        place = first.file + (f":{first.line}" if first.line else "")
        said.append(f"rejects begin at {place}: {first.reason}")
    if row.rejected > len(rejects):
        said.append(f"{row.rejected - len(rejects):,} rejects beyond {LISTED:,} of a file are counted, not listed")
    if stamps:
        said.append(f"rows that break the plan have {stamps:,} stamps: `omnictl show stamps`")
    if columns:
        worst = sorted(columns.items(), key=lambda item: (-item[1], item[0]))
        said.append("unreadable cells are NULL: " + ", ".join(f"{name} {count:,}" for name, count in worst))
    dropped: dict[str, int] = {}
    for each in written:
        for kind, count in each.dropped.items():
            dropped[kind] = dropped.get(kind, 0) + count
    if dropped:
        told_kinds = ", ".join(f"{kind} {count:,}" for kind, count in dropped.items())
        said.append(f"identifiers that identify nobody were dropped: {told_kinds}")
    told_of = [file.export for file in gathered.files if file.rows]
    absent = frozenset.intersection(*(export.absent for export in told_of)) if told_of else frozenset()
    if absent:
        run.notes.append(f"{source.name}: no record has {', '.join(sorted(absent))}: what is made of it is NULL")
    said += _corrected(reading)
    row.message = "; ".join(said)
    run.notes.extend(f"{source.name}: {note}" for note in reading.notes)
    local = any(landing.local_times for each in gathered.landed for landing in each.landings.values())
    if not source.timezone_given and local:
        run.notes.append(f"{source.name}: times without offset are read as {source.timezone}, the workspace's zone")


def _corrected(reading: Reading) -> list[str]:
    """Which files were replaced or forgotten, in words."""
    said = []
    for why in ("changed", "replaced", "forgotten"):
        paths = [file.path for file, reason in reading.withdrawn if reason == why]
        if paths:
            more = f" and {len(paths) - 3} more" if len(paths) > 3 else ""
            said.append(f"{why}: {', '.join(paths[:3])}{more}")
    return said
