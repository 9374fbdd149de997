"""A glossary read whole: every KPI and what it and its variants mean, as the checks look at them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from omnictl.errors import DefinitionError, Finding, Severity
from omnictl.glossary.glossary import Glossary
from omnictl.glossary.kpi import Kpi
from omnictl.glossary.leaves import leaves_of
from omnictl.glossary.meaning import Branch, Meaning, Meanings
from omnictl.places import Mapping as MappingNode
from omnictl.places import Node, excerpt_of


@dataclass(frozen=True)
class Whole:
    """A glossary understood as far as it can be.

    Attributes:
        kpis: by name, those whose YAML is sound, and drafts of others, which have no meaning.
        meanings: by address, those whose expressions are sound; variants stand behind their KPI.
    """

    glossary: Glossary
    kpis: Mapping[str, Kpi]
    meanings: Mapping[str, Meaning]

    def of(self, kpi: Kpi) -> Iterator[tuple[str, Meaning]]:
        """The meanings of a KPI and of its variants, by variant; '' is the KPI itself."""
        for variant in ("", *kpi.variants):
            found = self.meanings.get(f"{kpi.id}@{variant}" if variant else kpi.id)
            if found is not None:
                yield variant, found

    def finding(
        self, code: str, message: str, kpi: Kpi, key: str = "", hint: str = "", severity: Severity = "warning"
    ) -> Finding:
        """A finding at a key of a KPI, `variants.v2` for one within another; or at its name."""
        node: Node | None = self.glossary.node(kpi.id)
        place = kpi.place
        for name in key.split("."):
            if not isinstance(node, MappingNode) or name not in node.keys:
                break
            place, node = node.keys[name], node.entries[name]
        excerpt = excerpt_of(self.glossary.lines().get(place.file, []), place)
        return Finding(code, message, place, hint, severity, excerpt)


def read_whole(glossary: Glossary, meanings: Meanings | None = None) -> Whole:
    """Read every KPI and variant; what has faults is left out, `check_glossary` tells them."""
    meanings = meanings or Meanings(glossary)
    kpis: dict[str, Kpi] = {}
    understood: dict[str, Meaning] = {}
    for name in glossary.names:
        try:
            kpis[name] = glossary.resolve(name)
        except DefinitionError:
            if (draft := glossary.draft(name)) is not None:
                kpis[name] = draft
            continue
        for variant in ("", *kpis[name].variants):
            address = f"{name}@{variant}" if variant else name
            try:
                understood[address] = meanings.of(address)
            except DefinitionError:
                continue
    return Whole(glossary, kpis, understood)


def rows_of(meaning: Meaning) -> list[Branch]:
    """The rows behind a KPI, those of the KPIs it is made of included."""
    return [leaf.branch for leaf in leaves_of(meaning)]
