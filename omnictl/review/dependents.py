"""Who depends on a KPI: the KPIs that are made of it, and the files of a workspace that name it (targets, the lock,
scenarios, tracking plans: whatever YAML lies there)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from omnictl.errors import DefinitionError
from omnictl.glossary.address import parse_address
from omnictl.glossary.folders import SUFFIXES
from omnictl.glossary.glossary import Glossary
from omnictl.workspace import Workspace

LOCK = ".lock"
MOST_BYTES = 4 * 2**20  # of one file: what is larger is data, not a definition
MOST_FILES = 2_000
DATA = ("data", "truth")

_KPI = re.compile(r"\bkpi\s*\(\s*['\"]?([a-z][a-z0-9_@:=. ]*)", re.I)
_NAMED = re.compile(r"[a-z][a-z0-9_]*(?:@[a-z0-9][a-z0-9_]*)?")
_COMMENT = re.compile(r"(?:^|\s)#.*$")


@dataclass(frozen=True)
class Use:
    """One line of a file that names a KPI."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


def made_of(glossary: Glossary) -> dict[str, set[str]]:
    """Address → the addresses of the KPIs and variants that are made of it, directly or through others.

    KPIs that cannot be read are left out.
    """
    direct: dict[str, set[str]] = {}
    holding = [file for layer in glossary.layers for file in layer.files if names_kpis(file.content)]
    read = {name for file in holding for name in (glossary.names if file.names is None else file.names)}
    for name in sorted(read):
        for address in _addresses(glossary, name):
            for used in _named_by(glossary, address):
                direct.setdefault(used, set()).add(address)
    return {used: _all_above(used, direct) for used in direct}


def names_kpis(content: bytes) -> bool:
    """Whether a text may hold KPIs that are made of others."""
    return b"kpi(" in content.replace(b" ", b"").lower()


def _addresses(glossary: Glossary, name: str) -> Iterator[str]:
    try:
        kpi = glossary.resolve(name)
    except DefinitionError:
        return
    yield name
    for variant in kpi.variants:
        yield f"{name}@{variant}"


def _named_by(glossary: Glossary, address: str) -> Iterator[str]:
    try:
        kpi = glossary.resolve(address)
    except DefinitionError:
        return
    for part in kpi.parts.values():
        for written in part.values():
            for text in _KPI.findall(written.text):
                parsed = parse_address(text.strip())
                if parsed is not None:
                    yield f"{parsed.id}@{parsed.variant}" if parsed.variant else parsed.id


def _all_above(used: str, direct: Mapping[str, set[str]]) -> set[str]:
    found: set[str] = set()
    waiting = [used]
    while waiting:
        further = direct.get(waiting.pop(), set()) - found
        found |= further
        waiting += further
    return found


def named_in(workspace: Workspace, addresses: Collection[str], apart: Path | None = None) -> dict[str, list[Use]]:
    """Address → where the YAML files and the lock of a workspace name it, outside of its glossaries.

    A variant is named as such: a line about `service_level` is no use of `service_level@v5`.

    Args:
        apart: a folder that is not looked at.
    """
    wanted = set(addresses)
    found: dict[str, list[Use]] = {}
    for file in _files(workspace, apart):
        shown = file.relative_to(workspace.root).as_posix()
        try:
            lines = file.read_text(encoding="utf-8-sig").splitlines()
        except (OSError, UnicodeDecodeError):
            continue
        for number, line in enumerate(lines, 1):
            for address in {*_NAMED.findall(_COMMENT.sub("", line))} & wanted:
                uses = found.setdefault(address, [])
                if not (file.suffix == LOCK and any(use.file == shown for use in uses)):  # one line tells of the lock
                    uses.append(Use(shown, number))
    return found


def _files(workspace: Workspace, apart: Path | None) -> Iterator[Path]:
    """The YAML files and locks of a workspace: not its glossaries, its store, hidden files or data."""
    root = workspace.root.resolve()
    glossaries = [Path(each).resolve() for each in workspace.glossary if str(each) != "standard"]
    left_out = [workspace.store.resolve(), *glossaries, *(root / name for name in DATA)]
    left_out += [apart.resolve()] if apart is not None else []
    count = 0
    waiting = [root]
    while waiting:
        folder = waiting.pop(0)
        for path in sorted(folder.iterdir()) if folder not in left_out else ():
            if path.name.startswith(".") or path.is_symlink():
                continue
            if path.is_dir():
                waiting.append(path)
            elif path.suffix.lower() in (*SUFFIXES, LOCK) and path.stat().st_size <= MOST_BYTES:
                count += 1
                if count > MOST_FILES:
                    return
                yield path
