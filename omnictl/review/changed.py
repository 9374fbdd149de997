"""What a branch changes of a glossary: the files that git says differ, and the KPIs that depend on theirs."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from omnictl.errors import Finding, OmnictlError
from omnictl.glossary.folders import SUFFIXES, KpiFile, name_of
from omnictl.glossary.glossary import Glossary
from omnictl.review import git

_KPI = re.compile(r"\bkpi\s*\(\s*['\"]?([a-z][a-z0-9_]*)", re.I)


@dataclass(frozen=True)
class Changed:
    """What differs from a revision.

    Attributes:
        files: resolved paths, those that are gone included.
        kpis: whose definition stands, or stood, in one of them, and all that depend on these.
    """

    files: frozenset[Path]
    kpis: frozenset[str]


def changed_files(folder: Path, revision: str) -> tuple[dict[Path, bytes], Path]:
    """The files that differ between the state in which the branch of a folder left a revision and the working tree,
    new ones included, with what they held then (b'' for new ones); and the top of the repository.

    Raises:
        OmnictlError: there is no git, no repository, no such revision, or too little history.
    """
    top = Path(git.told(folder, "rev-parse", "--show-toplevel"))
    base = git.left(folder, revision)
    differing = git.told(top, "diff", "--name-only", "--no-renames", "--no-ext-diff", "-z", base, "--").split("\0")
    new = git.told(top, "ls-files", "--others", "--exclude-standard", "-z", "--").split("\0")
    found = {}
    for name in filter(None, dict.fromkeys([*differing, *new])):
        yaml = name.lower().endswith(SUFFIXES)
        found[(top / name).resolve()] = _content(top, base, name) if yaml and name in differing else b""
    return found, top


def _content(top: Path, commit: str, name: str) -> bytes:
    try:
        return git.answered(top, "cat-file", "blob", f"{commit}:{name}")
    except OmnictlError:  # it was not there
        return b""


def changed_since(glossary: Glossary, folder: Path, revision: str, shared: Collection[Path]) -> Changed:
    """What a glossary differs in from a revision.

    Args:
        folder: of the workspace, inside of a repository.
        shared: files that all KPIs lean on, such as omnictl.yml: when one changed, every KPI has.

    Raises:
        OmnictlError: what changed cannot be told.
    """
    files, _ = changed_files(folder, revision)
    if any(path.resolve() in files for path in shared):
        return Changed(frozenset(files), frozenset(glossary.names))
    names: set[str] = set()
    for layer in glossary.layers:
        for file in layer.files:
            if file.path.resolve() in files:
                names |= _names(file)
    folders = [layer.folder.resolve() for layer in glossary.layers]
    for path, content in files.items():
        if content and any(path.is_relative_to(each) for each in folders):
            names |= _names(KpiFile(path, str(path), content))
    return Changed(frozenset(files), frozenset(_dependent(glossary, names)))


def _names(file: KpiFile) -> set[str]:
    """The KPIs of a file as far as its lines tell them; its YAML may be at fault."""
    return set(
        file.names or re.findall(r"(?m)^kpi:\s*[\"']?([A-Za-z0-9_.-]+)", file.content.decode("utf-8", "replace"))
    )


def _dependent(glossary: Glossary, names: set[str]) -> set[str]:
    """The KPIs, and all that are made of them: found by their texts, since one that is gone can still be named."""
    users: dict[str, set[str]] = {}
    for layer in glossary.layers:
        for file in layer.files:
            if b"kpi(" in file.content.replace(b" ", b"").lower():
                own = _names(file)
                for used in _KPI.findall(file.content.decode("utf-8", "replace")):
                    users.setdefault(used, set()).update(own)
    found, waiting = set(names), list(names)
    while waiting:
        further = users.get(waiting.pop(), set()) - found
        found |= further
        waiting += further
    return found


def concerning(findings: Sequence[Finding], glossary: Glossary, changed: Changed) -> Iterator[Finding]:
    """The findings that stand in a changed file, in the definition of a changed KPI, or nowhere."""
    where = _definitions(glossary)
    for finding in findings:
        place = finding.place
        if place is None or Path(place.file).resolve() in changed.files:
            yield finding
            continue
        above = [name for line, name in where.get(place.file, ()) if line <= place.line]
        if (above and above[-1] in changed.kpis) or place.file not in where:
            yield finding


def _definitions(glossary: Glossary) -> Mapping[str, list[tuple[int, str]]]:
    """The KPIs of each file by the line they begin at."""
    found: dict[str, list[tuple[int, str]]] = {}
    for layer in glossary.layers:
        for file in layer.files:
            if "entries" in vars(file):
                found[file.shown] = [(entry.node.place.line, name_of(entry)) for entry in file.entries]
    return found
