"""Which files of a source are read in this run, and whose rows are withdrawn. Files are known by content, not by name.

New content is added. A file that holds something else than when it was read is replaced whole: its rows are withdrawn
and it is read again, and with it every file some of whose records a withdrawn one may have replaced. When the mapping
has changed, all files are read again. A file that has vanished keeps its rows until it is told to be forgotten; it has
vanished, too, when another known file, or what one has grown to, now bears its name.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
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
from omnictl.ingest.growth import grown
from omnictl.stages import now_utc
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
    back. `owed`: it was not there when it was to be read again."""

    file_id: int
    path: str
    sha256: str
    bytes: int
    modified: datetime
    examined_at: datetime
    superseded: int
    first_at: datetime | None = None
    last_at: datetime | None = None
    owed: bool = False


@dataclass
class Reading:
    """What to read of a source.

    Attributes:
        files: to be read, in the order that decides ties of versions, and why each: new, changed, replaced, again.
        withdrawn: known files whose rows go, and why each: changed, replaced, again, forgotten.
        kept: vanished files whose rows stay.
        moved: known files that now have another name or time: (number, path, modified).
        owed: numbers of vanished files that would have been read again, and will be when they come back.
        met: the globs of the corrections that name a file of this source.
        present: the files of known content that are there, by content.
        notes: what the user should know.
    """

    files: list[tuple[ExportFile, str]] = field(default_factory=list)
    withdrawn: list[tuple[KnownFile, str]] = field(default_factory=list)
    kept: list[KnownFile] = field(default_factory=list)
    moved: list[tuple[int, str, datetime]] = field(default_factory=list)
    known: list[KnownFile] = field(default_factory=list)
    present: dict[str, ExportFile] = field(default_factory=dict)
    owed: list[int] = field(default_factory=list)
    met: set[str] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)

    @property
    def nothing(self) -> bool:
        return not self.files and not self.withdrawn

    @property
    def reasons(self) -> dict[str, str]:
        """What happens to each file that is read, withdrawn or kept although it has vanished: path → why."""
        told = {file.path: "kept" for file in self.kept}
        told |= {file.path: why for file, why in self.withdrawn}
        return told | {file.shown: why for file, why in self.files}

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
    waiting: list[str] = []  # files that are left for the next run, and why
    try:
        found = _examined(workspace, source, known, waiting)
    except MissingFiles:
        if not any(matches(file.path, asked.forget) for file in known):
            raise
        found = []
    names: dict[str, set[str]] = {}  # by content
    for there in found:
        names.setdefault(there.sha256, set()).add(there.shown)
    forgotten = [
        file
        for file in known
        if matches(file.path, asked.forget)
        or (file.path not in names.get(file.sha256, {file.path}) and _any(names[file.sha256], asked.forget))
    ]
    reading = Reading(known=known, notes=waiting)
    reading.met = _met(asked, {file.path for file in known} | {file.shown for file in found})
    _note_forgotten(reading, forgotten, found)
    found = [file for file in found if not matches(file.shown, asked.forget)]
    by_content = {file.sha256: file for file in reversed(found)}  # of twins, the first in order
    reading.notes += _twins(found, by_content)
    reading.present = by_content
    reading.withdrawn = [(file, "forgotten") for file in forgotten]
    left = [file for file in known if file not in forgotten]
    seen = {file.sha256 for file in left}
    new = [file for sha256, file in by_content.items() if sha256 not in seen]
    changed = _changed(left, new, by_content)
    replaced = {sha256 for sha256, shown in names.items() if _any(shown, asked.replace)}
    _plan_known(reading, left, changed, replaced, anew=anew or asked.full)
    whys = {file.shown: "changed" for file in changed.values()}
    reading.files += [(complete(file), whys.get(file.shown, "new")) for file in new]
    reading.files = _in_order(reading.files)
    _bring_back(reading, left)
    return reading


def _changed(known: list[KnownFile], new: list[ExportFile], present: Mapping[str, ExportFile]) -> dict[int, ExportFile]:
    """The known files that hold something else now, and the new files that hold it: number → file.

    What goes on from a known file is that file, whatever its name. Of the others, one that bears the name of a known
    file is that one, unless it goes on from another one.
    """
    lost = [file for file in known if file.sha256 not in present]
    changed = dict(grown(lost, new))
    going_on = {file.shown for file in changed.values()}
    by_name = {file.shown: file for file in new if file.shown not in going_on}
    for file in lost:
        if file.file_id not in changed and file.path in by_name:
            changed[file.file_id] = by_name[file.path]
    return changed


def _plan_known(
    reading: Reading,
    known: list[KnownFile],
    changed: Mapping[int, ExportFile],
    replaced: Collection[str],
    *,
    anew: bool,
) -> None:
    """Sort out the files the store knows: unchanged, moved, changed, to be read again, vanished.

    Args:
        replaced: digests of what is to be read again because the user says so.
    """
    for file in known:
        now = reading.present.get(file.sha256)
        if now is None and file.file_id in changed:
            reading.withdrawn.append((file, "changed"))
        elif now is None:
            reading.kept.append(file)
        elif anew or file.sha256 in replaced:
            reading.read_again(file, "replaced" if file.sha256 in replaced else "again")
        elif file.owed:
            reading.read_again(file, "again")
        elif (file.path, file.modified) != (now.shown, now.modified):
            reading.moved.append((file.file_id, now.shown, now.modified))
    if anew:
        reading.owed += [file.file_id for file in reading.kept]
    if anew and reading.kept:
        names = ", ".join(file.path for file in reading.kept[:3]) + (" …" if len(reading.kept) > 3 else "")
        files = f"{len(reading.kept)} vanished files" if len(reading.kept) > 1 else "1 vanished file"
        reading.notes.append(f"{files} ({names}): the rows stay as they were read; --forget withdraws them")


def _bring_back(reading: Reading, known: list[KnownFile]) -> None:
    """Read again the files some of whose records were replaced, for the newer ones may be those that go, or are newer
    no longer: the later of two files decides between equal versions."""
    if not reading.withdrawn and not _reordered(reading, known):
        return
    gone = {file.file_id for file, _ in reading.withdrawn}
    for file in known:
        if file.superseded and file.file_id not in gone and reading.read_again(file, "again") is None:
            reading.owed.append(file.file_id)
            words = f"{file.path} is gone: of its {file.superseded:,} records that newer ones had replaced, none"
            reading.notes.append(f"{words} can be brought back")
    again = {file.file_id for file, _ in reading.withdrawn}
    reading.moved = [move for move in reading.moved if move[0] not in again]


def _reordered(reading: Reading, known: list[KnownFile]) -> bool:
    """Whether known files follow each other otherwise now that some have other names or times."""
    now = {number: (modified, path) for number, path, modified in reading.moved}
    before = sorted(known, key=lambda file: (file.modified, file.path))
    after = sorted(known, key=lambda file: now.get(file.file_id, (file.modified, file.path)))
    return before != after


def _met(asked: Corrections, names: Collection[str]) -> set[str]:
    """The globs that name one of some files."""
    return {glob for glob in (*asked.replace, *asked.forget) if any(matches(name, [glob]) for name in names)}


def _any(names: Collection[str], globs: Sequence[str]) -> bool:
    return any(matches(name, globs) for name in names)


def _note_forgotten(reading: Reading, forgotten: list[KnownFile], found: list[ExportFile]) -> None:
    here = {file.shown for file in found}
    for file in forgotten:
        if file.path in here:
            reading.notes.append(f"{file.path} is forgotten but still there: the next run loads it; move it away")


def matches(path: str, globs: Sequence[str]) -> bool:
    """Whether a path meets one of some globs, as a whole or by its name."""
    name = path.rsplit("/", 1)[-1]
    return any(fnmatch.fnmatchcase(path, glob) or fnmatch.fnmatchcase(name, glob) for glob in globs)


def unmet(connection: duckdb.DuckDBPyConnection, asked: Corrections, sources: Collection[str]) -> list[tuple[str, str]]:
    """The globs of the corrections, with their options, that name no file the store holds rows of."""
    globs = [("--replace", glob) for glob in asked.replace] + [("--forget", glob) for glob in asked.forget]
    held = connection.execute(
        "select path from files where list_contains($sources::varchar[], source)", {"sources": list(sources)}
    ).fetchall()
    return [(option, glob) for option, glob in globs if not any(matches(path, [glob]) for (path,) in held)]


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
    ready, waiting = ready_files(others, source.settle, source.ready, now_utc())
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
        select file_id, path, sha256, bytes, modified, examined_at, coalesce(superseded, 0), first_at, last_at,
            coalesce(_owed, false)
        from files where source = $source order by file_id
        """,
        {"source": source},
    ).fetchall()
    return [KnownFile(*row) for row in rows]
