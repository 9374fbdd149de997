"""Records that could not be used: all are counted; the first of each file are listed with their place and raw text.

The list is the relation `rejects`. The raw text may hold anything a customer said, so it lies beside the store, in
`rejects/<source>-<run>.jsonl`, readable by its owner only, and goes after 30 days.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from omnictl.ingest.fates import IS_REJECT
from omnictl.ingest.landing import Landed, LandedFile
from omnictl.ingest.mapping import QUARANTINED

if TYPE_CHECKING:
    import duckdb

    from omnictl.ingest.enforcing import Broken

LISTED = 1_000  # rejects of one file that are listed
KEPT_S = 30 * 86_400


@dataclass(frozen=True)
class Reject:
    """One record that could not be used."""

    file_id: int
    file: str
    record: int
    line: int | None
    column: str | None
    reason: str
    raw: str


def find_rejects(
    connection: duckdb.DuckDBPyConnection,
    landed: Sequence[Landed],
    files: Sequence[LandedFile],
    broken: Mapping[str, Broken],
) -> list[Reject]:
    """The rejects that are listed, by file and record.

    Args:
        broken: by relation, the rules of a plan that rows break.
    """
    return [reject for file in files for reject in _of_file(connection, landed, file, broken)]


def _of_file(
    connection: duckdb.DuckDBPyConnection,
    landed: Sequence[Landed],
    file: LandedFile,
    broken: Mapping[str, Broken],
) -> Iterator[Reject]:
    """The first rejects of a file. What is rejected for several relations is told once, of the first of them."""
    reasons: dict[int, tuple[str | None, str]] = {}
    for each in reversed(landed):
        rows = connection.execute(
            f"""
            select {each.ordinal} - $first as ordinal, _fate from {each.table}
            where _file = $file and {IS_REJECT} order by ordinal limit {LISTED}
            """,
            {"first": file.first_row, "file": file.number},
        ).fetchall()
        zone = each.mapping.source.timezone
        for ordinal, fate in rows:
            if fate != QUARANTINED:
                reasons[file.export.record_of(ordinal)] = each.landings[file.number].reason(fate, zone)
        rules = broken.get(each.mapping.relation.name)
        if rules is not None:
            for ordinal, *told in rules.reasons(connection, each, file.number, file.first_row, LISTED):
                reasons[file.export.record_of(ordinal)] = (told[0], told[1])
    unparsed = {one.record: one for one in file.export.unparsed}
    listed = sorted([*reasons, *unparsed])[:LISTED]
    places = file.export.locate([record for record in listed if record in reasons])
    for record in listed:
        if record in unparsed:
            one = unparsed[record]
            yield Reject(file.number, file.file.shown, record, one.line, None, one.reason, one.raw)
        else:
            line, raw = places.get(record, (None, ""))
            column, reason = reasons[record]
            yield Reject(file.number, file.file.shown, record, line, column, reason, raw)


def write_rejects(
    connection: duckdb.DuckDBPyConnection, rejects: list[Reject], source: str, run_id: str, folder: Path
) -> None:
    """List rejects in the store, and write their raw text beside it.

    Raises:
        OSError: the folder cannot be written.
    """
    if not rejects:
        return
    connection.execute(
        """
        insert into rejects (source, file, record, line, "column", reason, _file)
        select $source, unnest($file::varchar[]), unnest($record::bigint[]), unnest($line::bigint[]),
            unnest($column::varchar[]), unnest($reason::varchar[]), unnest($file_id::integer[])
        """,
        {
            "source": source,
            "file": [reject.file for reject in rejects],
            "record": [reject.record for reject in rejects],
            "line": [reject.line for reject in rejects],
            "column": [reject.column for reject in rejects],
            "reason": [reject.reason for reject in rejects],
            "file_id": [reject.file_id for reject in rejects],
        },
    )
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / f"{source}-{run_id.replace(':', '')}.jsonl"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as writing:
        for reject in rejects:
            told = {
                "file": reject.file,
                "record": reject.record,
                "line": reject.line,
                "column": reject.column,
                "reason": reject.reason,
                "raw": reject.raw,
            }
            writing.write(json.dumps(told, ensure_ascii=False) + "\n")


def forget_old(folder: Path) -> None:
    """Remove raw texts older than 30 days."""
    oldest = time.time() - KEPT_S
    for path in folder.glob("*.jsonl"):
        if path.stat().st_mtime < oldest:
            path.unlink(missing_ok=True)
