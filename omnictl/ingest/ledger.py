"""Which files of a source are read in this run. Files are known by content, not by name.

New content is added. When a file that is known by its path holds something else, or the mapping has changed, the
source is read anew, whole. A file that has vanished keeps its rows.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from omnictl.connectors.files import ChangingFile, ExportFile, examine, matching, on_disk, shown_name
from omnictl.connectors.readiness import ready_files
from omnictl.workspace import Source, Workspace

if TYPE_CHECKING:
    import duckdb

# A file changed within this time of being examined may change again without its time showing it.
RACY = timedelta(seconds=2)


@dataclass(frozen=True)
class KnownFile:
    """A file the store holds rows of."""

    file_id: int
    path: str
    sha256: str
    bytes: int
    modified: datetime
    examined_at: datetime


@dataclass
class Reading:
    """What to read of a source.

    Attributes:
        files: to be read, in the order that decides ties of versions.
        whole: whether the source's rows are made anew; otherwise the files are added to what is there.
        kept: numbers of vanished files whose rows stay although the rest is made anew.
        moved: known files that now have another name: (number, path, modified).
        notes: what the user should know.
    """

    files: list[ExportFile] = field(default_factory=list)
    whole: bool = False
    kept: list[int] = field(default_factory=list)
    moved: list[tuple[int, str, datetime]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def nothing(self) -> bool:
        return not self.files and not self.whole


def plan_reading(connection: duckdb.DuckDBPyConnection, workspace: Workspace, source: Source, *, anew: bool) -> Reading:
    """Compare a source's files with those the store knows.

    Args:
        anew: read every file, known or not.

    Raises:
        SourceError: no file is there, or one cannot be read.
        DefinitionError: `path` names a variable that is not set.
    """
    known = _known(connection, source.name)
    left: list[str] = []  # files that wait for the next run, and why
    found = _examined(workspace, source, known, left)
    by_content = {file.sha256: file for file in reversed(found)}  # of twins, the first in order
    reading = Reading(notes=[*left, *_twins(found, by_content)])
    here = {file.shown for file in found}
    gone = [file for file in known if file.sha256 not in by_content]
    changed = [file for file in gone if file.path in here]
    vanished = [file for file in gone if file.path not in here]
    reading.whole = bool(known) and (anew or bool(changed))
    unseen = [file for sha256, file in by_content.items() if sha256 not in {file.sha256 for file in known}]
    reading.files = _in_order([_complete(file) for file in (by_content.values() if reading.whole else unseen)])
    if reading.whole and vanished:
        reading.kept = [file.file_id for file in vanished]
        names = ", ".join(file.path for file in vanished[:3]) + (" …" if len(vanished) > 3 else "")
        reading.notes.append(f"{len(vanished)} vanished files ({names}) keep the rows they were read as")
    if not reading.whole:
        in_place = {(file.shown, file.sha256) for file in found}
        reading.moved = [
            (file.file_id, now.shown, now.modified)
            for file in known
            if (file.path, file.sha256) not in in_place and (now := by_content.get(file.sha256)) is not None
        ]
    return reading


def _complete(file: ExportFile) -> ExportFile:
    """The file as it is to be read: one known from the ledger has not been looked into yet."""
    return file if file.encoding else examine(file.path, file.shown)


def _in_order(files: list[ExportFile]) -> list[ExportFile]:
    return sorted(files, key=lambda file: (file.modified, file.shown))


def _twins(found: list[ExportFile], by_content: dict[str, ExportFile]) -> list[str]:
    return [
        f"{file.shown} has the content of {by_content[file.sha256].shown}: it counts once"
        for file in found
        if by_content[file.sha256].shown != file.shown
    ]


def _examined(workspace: Workspace, source: Source, known: list[KnownFile], left: list[str]) -> list[ExportFile]:
    """The source's files in order, with the digest of their content; taken from the ledger where nothing changed."""
    by_path = {file.path: file for file in known}
    found, others = [], []
    for path in matching(workspace.root, source.paths):
        shown = shown_name(workspace.root, path)
        recorded = by_path.get(shown)
        if recorded is not None and _as_recorded(path, recorded):
            found.append(ExportFile(path, shown, recorded.bytes, recorded.sha256, recorded.modified, encoding=""))
        else:
            others.append(path)
    ready, waiting = ready_files(others, source.settle, source.ready, datetime.now(UTC).replace(tzinfo=None))
    left += [f"{shown_name(workspace.root, one.path)} is left for the next run: {one.reason}" for one in waiting]
    for path in ready:
        shown = shown_name(workspace.root, path)
        try:
            found.append(examine(path, shown))
        except ChangingFile as error:
            left.append(f"{shown} is left for the next run: {error.message}")
    return _in_order(found)


def _as_recorded(path: Path, recorded: KnownFile) -> bool:
    size, modified = on_disk(path)
    settled = recorded.modified + RACY < recorded.examined_at
    return settled and size == recorded.bytes and modified == recorded.modified


def _known(connection: duckdb.DuckDBPyConnection, source: str) -> list[KnownFile]:
    rows = connection.execute(
        """
        select file_id, path, sha256, bytes, modified, examined_at from files where source = $source order by file_id
        """,
        {"source": source},
    ).fetchall()
    return [KnownFile(*row) for row in rows]
