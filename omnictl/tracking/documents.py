"""Where the documents of a plan may be written: in the workspace, each at a place of its own, over nothing that is
read."""

from __future__ import annotations

import fnmatch
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from omnictl.errors import DefinitionError, Finding, OmnictlError
from omnictl.tracking.grammar import FILE_NAME, Document, TrackingFile
from omnictl.tracking.publish import KINDS, kind_of

if TYPE_CHECKING:
    from omnictl.workspace import Workspace

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_LONGEST = 240  # bytes of a name: file systems end at 255, and the name of the half-written file is longer


@dataclass(frozen=True)
class Target:
    """A document that tracking.yml names: the file or folder, and which of KINDS it is."""

    document: Document
    path: Path
    kind: str


def targets(workspace: Workspace, file: TrackingFile) -> list[Target]:
    """The documents of a plan, in the order of the file.

    Raises:
        DefinitionError: every document that has no format, or may not be written where the file says.
    """
    found: dict[Path, Target] = {}
    faults: list[Finding] = []
    for each in file.documents:
        path = workspace.root / each.path
        kind = each.kind or ("" if _fault(each.path) else kind_of(path))
        faults += _faults(workspace, file, each, kind)
        real = path if _fault(each.path) else Path(os.path.realpath(path))
        if real in found:
            faults.append(file.finding("duplicate-key", f"two documents are written to `{each.path}`", each.place))
        found[real] = Target(each, path, kind)
    if faults:
        raise DefinitionError(faults)
    return list(found.values())


def refuse(workspace: Workspace, path: Path) -> None:
    """Raise where a file or folder at a path would take the place of what omnictl reads.

    Raises:
        OmnictlError: it would.
    """
    if what := _read_there(workspace, path):
        raise OmnictlError(f"{path} is {what}: it is not written over", hint="name another file")


def _faults(workspace: Workspace, file: TrackingFile, each: Document, kind: str) -> Iterator[Finding]:
    """What is wrong with a document."""
    if kind not in KINDS:
        message = f"`{each.kind or each.path}` names no format of a document"
        yield file.finding("unknown-value", message, each.place, f"format: one of {', '.join(KINDS)}")
    if fault := _fault(each.path) or _fault_of_place(workspace, each.path):
        yield file.finding("document-path", f"`{each.path}` {fault}", each.place, "path: plan/plan.html")


def _fault_of_place(workspace: Workspace, path: str) -> str:
    """Why nothing may be written at a path; '' when it may."""
    if not _inside(workspace.root, path):
        return "lies outside of the workspace; --out writes anywhere"
    what = _read_there(workspace, workspace.root / path)
    return f"is {what}: it is not written over" if what else ""


def _fault(path: str) -> str:
    """Why a text is no path; '' when it is one."""
    if _CONTROL.search(path) or not path.strip():
        return "is no path"
    return "has a name that is too long" if any(len(os.fsencode(part)) > _LONGEST for part in Path(path).parts) else ""


def _inside(root: Path, path: str) -> bool:
    real = Path(os.path.realpath(root / path))
    return real.is_relative_to(os.path.realpath(root))


def _read_there(workspace: Workspace, path: Path) -> str:
    """What of the workspace a path would take the place of; '' for nothing."""
    real = Path(os.path.realpath(path))
    files = (*workspace.definition_files, workspace.events, workspace.targets, workspace.root / FILE_NAME)
    own = {Path(os.path.realpath(each)) for each in files if each is not None}
    if real in own or any(each in own for each in real.parents):
        return "a definition of the workspace"
    if any(real.is_relative_to(os.path.realpath(each)) for each in workspace.glossary if isinstance(each, Path)):
        return "in a folder of KPIs"
    if real.is_relative_to(os.path.realpath(workspace.store)):
        return "in the store"
    root = Path(os.path.realpath(workspace.root))
    for source in workspace.sources.values():
        for pattern in source.path_texts:
            if "${" not in pattern.text and _matches(real, root / pattern.text):
                return f"data of `{source.name}`"
    return ""


def _matches(path: Path, pattern: Path) -> bool:
    """Whether a path is one a source reads: it, or what its pattern takes in."""
    if "**" in pattern.parts:
        return fnmatch.fnmatchcase(path.as_posix(), pattern.as_posix())
    parts = list(zip(path.parts, pattern.parts, strict=False))
    return len(path.parts) == len(pattern.parts) and all(fnmatch.fnmatchcase(one, glob) for one, glob in parts)
