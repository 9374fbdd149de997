"""Which KPIs there are: the files of each glossary, and the KPIs written in them.

A file is looked at only as far as needed: the names of its KPIs are found by their `kpi:` lines, and the YAML of a
file is read when one of its KPIs is wanted. So asking for one KPI of two hundred reads one file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from omnictl.errors import DefinitionError, Finding, Place
from omnictl.places import Document, Mapping, Scalar, excerpt_of, kind_of, parse
from omnictl.places.faults import decoded

SUFFIXES = (".yml", ".yaml")
LISTS = ("not_by_rows.yml", "not_by_rows.yaml")  # of names that rows cannot answer: no KPIs

_KPI_LINE = re.compile(rb"^kpi:[ \t]*[\"']?([A-Za-z0-9_.-]+)[\"']?[ \t]*(?:#[^\n]*)?\r?$", re.M)
_PLAIN = re.compile(rb"\A(?:\xef\xbb\xbf)?(?:[ \t]*(?:#[^\n]*)?\r?\n|---[ \t]*\r?\n)*[A-Za-z_]+:")
_BREAK = re.compile(rb"^---", re.M)


@dataclass(frozen=True)
class Entry:
    """One KPI as written: its document, its root, and the lines of its file."""

    document: Document
    node: Mapping

    @property
    def place(self) -> Place:
        return self.node.keys.get("kpi", self.node.place)


@dataclass
class KpiFile:
    """One YAML file of a glossary."""

    path: Path
    shown: str
    content: bytes = field(repr=False)

    @cached_property
    def names(self) -> list[str] | None:
        """The KPIs it holds, found without reading YAML; None when only reading can tell."""
        if not _PLAIN.match(self.content):
            return None
        found = [name.decode() for name in _KPI_LINE.findall(self.content)]
        breaks = [found for found in _BREAK.finditer(self.content) if self.content[: found.start()].strip()]
        return found if found and len(found) == len(breaks) + 1 else None

    @cached_property
    def entries(self) -> list[Entry]:
        """Its KPIs.

        Raises:
            DefinitionError: it is not the YAML of KPIs.
        """
        entries = []
        for document in parse(decoded(self.content, self.shown), self.shown):
            root = document.root
            if isinstance(root, Mapping):
                entries.append(Entry(document, root))
            elif not (isinstance(root, Scalar) and root.value is None):  # an empty document holds nothing
                excerpt = excerpt_of(document.lines, root.place)
                message = f"a KPI is a mapping, not {kind_of(root)}"
                raise DefinitionError(Finding("wrong-type", message, root.place, excerpt=excerpt))
        return entries


@dataclass
class Layer:
    """One glossary: its name, and its files in the order of their paths."""

    name: str
    folder: Path
    files: list[KpiFile]

    def entries(self, identifier: str) -> list[Entry]:
        """What is written under a name; more than one entry is a fault.

        Raises:
            DefinitionError: a file that may hold it cannot be read.
        """
        by_name, others = self._index
        files = sorted([*by_name.get(identifier, ()), *others])
        return [each for file in files for each in self.files[file].entries if name_of(each) == identifier]

    def twice(self) -> list[Finding]:
        """Names that are written more than once; of files that cannot be read, none."""
        first: dict[str, Entry] = {}
        found = []
        for file in self.files:
            try:
                entries = file.entries
            except DefinitionError:
                continue
            for entry in entries:
                name = name_of(entry)
                if name and first.setdefault(name, entry) is not entry:
                    found.append(twice(entry, first[name]))
        return found

    @cached_property
    def _index(self) -> tuple[dict[str, list[int]], list[int]]:
        """The files that name each KPI, by number; and those that only reading can tell."""
        by_name: dict[str, list[int]] = {}
        for number, file in enumerate(self.files):
            for name in dict.fromkeys(file.names or ()):
                by_name.setdefault(name, []).append(number)
        return by_name, [number for number, file in enumerate(self.files) if file.names is None]

    def names(self) -> list[str]:
        """Every KPI of the glossary, in the order of its files. Files that cannot be read are left out."""
        found: list[str] = []
        for file in self.files:
            names = file.names
            if names is None:
                try:
                    names = [name_of(entry) for entry in file.entries]
                except DefinitionError:
                    names = []
            found += [name for name in names if name]
        return list(dict.fromkeys(found))


def twice(entry: Entry, first: Entry) -> Finding:
    """That a name is written again in one glossary."""
    message = f"KPI `{name_of(entry)}` is written twice"
    excerpt = excerpt_of(entry.document.lines, entry.place)
    return Finding("kpi-twice", message, entry.place, f"first written at {first.place}", excerpt=excerpt)


def name_of(entry: Entry) -> str:
    """The name a KPI is written under, '' when it has none."""
    node = entry.node.entries.get("kpi")
    return node.text if isinstance(node, Scalar) else ""


def read_layer(name: str, folder: Path) -> Layer:
    """A glossary's files: every `.yml` and `.yaml` below its folder; hidden files and folders are left out,
    and so are lists of names that rows cannot answer.

    Raises:
        DefinitionError: the folder is missing, or a file cannot be read from the disk.
    """
    if not folder.is_dir():
        raise DefinitionError(Finding("folder-missing", f"no such folder: {folder}"))
    files = []
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder)
        if (
            path.suffix.lower() in SUFFIXES
            and path.name not in LISTS
            and not any(part.startswith(".") for part in relative.parts)
            and path.is_file()
        ):
            try:
                files.append(KpiFile(path, _shown(path), path.read_bytes()))
            except OSError as error:
                raise DefinitionError(Finding("file-unreadable", f"{path}: {error.strerror}")) from None
    return Layer(name, folder, files)


def _shown(path: Path) -> str:
    """The path as a message shows it: relative to where the user stands when it lies below."""
    try:
        return path.absolute().relative_to(Path.cwd()).as_posix()
    except ValueError:
        return str(path)
