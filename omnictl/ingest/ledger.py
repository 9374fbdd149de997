"""Which files of a source are read in this run, and whose rows are withdrawn. Files are known by content, not by name.

New content is added. A file that holds something else than when it was read is replaced whole: its rows are withdrawn
and it is read again, and with it every file some of whose records a withdrawn one may have replaced. When the mapping
has changed, all files are read again. A file that has vanished keeps its rows until it is told to be forgotten.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from omnictl.connectors.files import (
    ChangingFile,
    ExportFile,
    MissingFiles,
    examine,
    matching,
    on_disk,
    shown_name,
)
from omnictl.connectors.readiness import ready_files
from omnictl.workspace import Source, Workspace

if TYPE_CHECKING:
    import duckdb

# A file changed within this time of being examined may change again without its time showing it.
RACY = timedelta(seconds=2)


@dataclass(frozen=True)
class Corrections:
    """What the user wants put right.

    Attributes:
        full: read every file again.
        replace: globs of files to be read again.
        forget: globs of files whose rows are to be withdrawn.
    """

    full: bool = False
    replace: tuple[str, ...] = ()
    forget: tuple[str, ...] = ()


@dataclass(frozen=True)
class KnownFile:
    """A file the store holds rows of. `first_at` and `last_at` are those of its records, where the connector looks
    back."""

    file_id: int
    path: str
    sha256: str
    bytes: int
    modified: datetime
    examined_at: datetime
    superseded: int
    first_at: datetime | None = None
    last_at: datetime | None = None


@dataclass
class Reading:
    """What to read of a source.

    Attributes:
        files: to be read, in the order that decides ties of versions, and why each: new, changed, replaced, again.
        withdrawn: known files whose rows go, and why each: changed, replaced, again, forgotten.
        kept: vanished files whose rows stay.
        moved: known files that now have another name: (number, path, modified).
        present: the files of known content that are there, by content.
        notes: what the user should know.
    """

    files: list[tuple[ExportFile, str]] = field(default_factory=list)
    withdrawn: list[tuple[KnownFile, str]] = field(default_factory=list)
    kept: list[KnownFile] = field(default_factory=list)
    moved: list[tuple[int, str, datetime]] = field(default_factory=list)
    known: list[KnownFile] = field(default_factory=list)
    present: dict[str, ExportFile] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def nothing(self) -> bool:
        return not self.files and not self.withdrawn

    def read_again(self, known: KnownFile, why: str) -> ExportFile | None:
        """Have a known file withdrawn and read again; None when it has vanished, or is read anyway."""
        file = self.present.get(known.sha256)
        if file is None or any(each.file_id == known.file_id for each, _ in self.withdrawn):
            return None
        whole = complete(file)
        self.withdrawn.append((known, why))
        self.files = _in_order([*self.files, (whole, why)])
        return whole


def plan_reading(
    connection: duckdb.DuckDBPyConnection,
    workspace: Workspace,
    source: Source,
    *,
    anew: bool,
    corrections: Corrections | None = None,
) -> Reading:
    """Compare a source's files with those the store knows.

    Args:
        anew: the mapping has changed: every file is read again.

    Raises:
        MissingFiles: no file is there, and nothing else is asked of the source.
        SourceError: one cannot be read.
        DefinitionError: `path` names a variable that is not set.
    """
    asked = corrections or Corrections()
    known = known_files(connection, source.name)
    forgotten = [file for file in known if _matches(file.path, asked.forget)]
    left: list[str] = []  # files that wait for the next run, and why
    try:
        found = _examined(workspace, source, known, left)
    except MissingFiles:
        if not forgotten:
            raise
        found = []
    reading = Reading(known=known, notes=left)
    _note_forgotten(reading, forgotten, found)
    found = [file for file in found if not _matches(file.shown, asked.forget)]
    by_content = {file.sha256: file for file in reversed(found)}  # of twins, the first in order
    reading.notes += _twins(found, by_content)
    reading.present = by_content
    reading.withdrawn = [(file, "forgotten") for file in forgotten]
    _plan_known(reading, [file for file in known if file not in forgotten], found, anew or asked.full, asked.replace)
    seen = {file.sha256 for file in known if file not in forgotten}
    changed = {file.path for file, why in reading.withdrawn if why == "changed"}
    for sha256, file in by_content.items():
        if sha256 not in seen:
            reading.files.append((complete(file), "changed" if file.shown in changed else "new"))
    reading.files = _in_order(reading.files)
    _bring_back(reading)
    return reading


def _plan_known(
    reading: Reading, known: list[KnownFile], found: list[ExportFile], anew: bool, replace: Sequence[str]
) -> None:
    """Sort out the files the store knows: unchanged, moved, changed, to be read again, vanished."""
    here = {file.shown for file in found}
    in_place = {(file.shown, file.sha256) for file in found}
    for file in known:
        now = reading.present.get(file.sha256)
        if now is None and file.path in here:
            reading.withdrawn.append((file, "changed"))
        elif now is None:
            reading.kept.append(file)
        elif anew or _matches(now.shown, replace):
            reading.read_again(file, "again" if anew else "replaced")
        elif (file.path, file.sha256) not in in_place:
            reading.moved.append((file.file_id, now.shown, now.modified))
    if anew and reading.kept:
        names = ", ".join(file.path for file in reading.kept[:3]) + (" …" if len(reading.kept) > 3 else "")
        reading.notes.append(f"{len(reading.kept)} vanished files ({names}) keep the rows they were read as")


def _bring_back(reading: Reading) -> None:
    """Read again the files some of whose records were replaced, for the newer ones may be those that go."""
    if not reading.withdrawn:
        return
    gone = {file.file_id for file, _ in reading.withdrawn}
    for file in reading.known:
        if file.superseded and file.file_id not in gone and reading.read_again(file, "again") is None:
            words = f"{file.superseded:,} records of {file.path} that newer ones replaced cannot be brought back"
            reading.notes.append(f"{words}: the file is gone")


def _note_forgotten(reading: Reading, forgotten: list[KnownFile], found: list[ExportFile]) -> None:
    here = {file.shown for file in found}
    for file in forgotten:
        if file.path in here:
            reading.notes.append(f"{file.path} is forgotten but still there: the next run loads it; move it away")


def _matches(path: str, globs: Sequence[str]) -> bool:
    """Whether a path meets one of some globs, as a whole or by its name."""
    name = path.rsplit("/", 1)[-1]
    return any(fnmatch.fnmatchcase(path, glob) or fnmatch.fnmatchcase(name, glob) for glob in globs)


def complete(file: ExportFile) -> ExportFile:
    """The file as it is to be read: one known from the ledger has not been looked into yet."""
    return file if file.encoding else examine(file.path, file.shown)


def _in_order(files: list[tuple[ExportFile, str]]) -> list[tuple[ExportFile, str]]:
    return sorted(files, key=lambda each: (each[0].modified, each[0].shown))


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
    return sorted(found, key=lambda file: (file.modified, file.shown))


def _as_recorded(path: Path, recorded: KnownFile) -> bool:
    size, modified = on_disk(path)
    settled = recorded.modified + RACY < recorded.examined_at
    return settled and size == recorded.bytes and modified == recorded.modified


def known_files(connection: duckdb.DuckDBPyConnection, source: str) -> list[KnownFile]:
    """The files of a source the store holds, in the order they were read."""
    rows = connection.execute(
        """
        select file_id, path, sha256, bytes, modified, examined_at, coalesce(superseded, 0), first_at, last_at
        from files where source = $source order by file_id
        """,
        {"source": source},
    ).fetchall()
    return [KnownFile(*row) for row in rows]
