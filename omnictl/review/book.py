"""The glossary as a whole: each KPI with what it is made of, what uses it and where it is written; who owns what."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from omnictl.glossary.glossary import Glossary
from omnictl.glossary.kpi import Kpi
from omnictl.glossary.leaves import leaves_of
from omnictl.glossary.meaning import Meanings
from omnictl.glossary.sheet import family, in_order
from omnictl.glossary.unanswered import Unanswered, unanswered


@dataclass(frozen=True)
class Entry:
    """One KPI in the book.

    Attributes:
        family: of KPIs; its folder's name.
        file: where it is written, from its glossary's folder.
        variants: by name, each as a KPI of its own.
        made_of: KPIs that it or a variant of it refers to, by address; a variant's own ones after the KPI's.
        relations: whose rows stand behind it, through other KPIs too.
    """

    kpi: Kpi
    family: str
    file: str
    variants: Mapping[str, Kpi]
    made_of: tuple[str, ...]
    relations: tuple[str, ...]

    @property
    def made_of_ids(self) -> tuple[str, ...]:
        """What it is made of, variants aside; itself left out."""
        ids = dict.fromkeys(address.partition("@")[0].partition(":")[0] for address in self.made_of)
        return tuple(each for each in ids if each != self.kpi.id)


@dataclass(frozen=True)
class Book:
    """Entries by family and id, and the names that rows cannot answer."""

    entries: Mapping[str, Entry]
    unanswered: Mapping[str, Unanswered]

    @cached_property
    def families(self) -> dict[str, list[Entry]]:
        """The entries of each family, both in order."""
        found: dict[str, list[Entry]] = defaultdict(list)
        for entry in self.entries.values():
            found[entry.family].append(entry)
        return dict(found)

    @cached_property
    def owners(self) -> dict[str, list[Entry]]:
        """The entries of each owner; those of nobody under ''."""
        found: dict[str, list[Entry]] = defaultdict(list)
        for entry in self.entries.values():
            found[entry.kpi.owner].append(entry)
        return dict(sorted(found.items()))

    @cached_property
    def used_by(self) -> dict[str, tuple[str, ...]]:
        """By KPI, those that are made of it."""
        found: dict[str, list[str]] = defaultdict(list)
        for entry in self.entries.values():
            for below in entry.made_of_ids:
                found[below].append(entry.kpi.id)
        return {name: tuple(sorted(users)) for name, users in found.items()}

    @cached_property
    def depth(self) -> dict[str, int]:
        """How many KPIs lie one upon the other below each; 0 for those made of rows alone."""
        found: dict[str, int] = {}

        def of(name: str) -> int:
            if name not in found:
                found[name] = 0
                below = self.entries[name].made_of_ids if name in self.entries else ()
                found[name] = 1 + max(map(of, below)) if below else 0
            return found[name]

        return {name: of(name) for name in self.entries}


def book_of(glossary: Glossary) -> Book:
    """Read a glossary through.

    Raises:
        DefinitionError: with the faults of its files, or of a KPI.
    """
    meanings = Meanings(glossary)
    folders = {layer.name: layer.folder for layer in glossary.layers}
    entries = {kpi.id: _entry(kpi, glossary, meanings, folders) for kpi in in_order(glossary.kpis.values())}
    return Book(entries, unanswered(glossary.layers))


def _entry(kpi: Kpi, glossary: Glossary, meanings: Meanings, folders: Mapping[str, Path]) -> Entry:
    variants = {name: glossary.resolve(f"{kpi.id}@{name}") for name in kpi.variants}
    read = [meanings.of(each.address) for each in (kpi, *variants.values())]
    made_of = dict.fromkeys(address for meaning in read for address in meaning.kpis)
    relations = {leaf.branch.reach.relation.name for leaf in leaves_of(read[0])}
    return Entry(kpi, family(kpi), _file(kpi, folders), variants, tuple(made_of), tuple(sorted(relations)))


def _file(kpi: Kpi, folders: Mapping[str, Path]) -> str:
    """The file from its glossary's folder: the same wherever that lies."""
    file, folder = Path(kpi.place.file).absolute(), folders[kpi.layer].absolute()
    return file.relative_to(folder).as_posix() if file.is_relative_to(folder) else file.name
