"""A glossary checked without data: its YAML, its expressions, its roll-ups, and whether the database takes them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from omnictl.errors import DefinitionError, Finding
from omnictl.glossary.glossary import Glossary, load_glossary
from omnictl.glossary.kpi import Kpi
from omnictl.glossary.meaning import Meaning, Meanings
from omnictl.places import excerpt_of

if TYPE_CHECKING:
    from omnictl.referential import Referential


def check(folders: Sequence[str | Path], referential: Referential | None = None) -> list[Finding]:
    """Every fault and warning of some glossaries, the lowest first, in the order of their places.

    Args:
        folders: `standard` for the shipped one, and folders of KPI files.
    """
    try:
        glossary = load_glossary(folders, referential)
    except DefinitionError as error:
        return list(error.findings)
    found = glossary.findings()
    broken = {finding.place.file for finding in found if finding.place and finding.severity == "error"}
    meanings = Meanings(glossary)
    for name in glossary.names:
        found += _understood(glossary, meanings, name, broken)
    unique = dict.fromkeys(found)
    return sorted(unique, key=lambda finding: (finding.place is None, finding.place or 0, finding.code))


def _understood(glossary: Glossary, meanings: Meanings, name: str, broken: set[str]) -> list[Finding]:
    """The faults of a KPI's expressions and of its variants'; a KPI whose YAML is wrong has told its faults."""
    found: list[Finding] = []
    try:
        kpi = glossary.resolve(name)
    except DefinitionError:
        return []
    used: set[str] = set()
    for variant in ("", *kpi.variants):
        try:
            meaning = meanings.of(f"{name}@{variant}" if variant else name)
            used |= meaning.used
            found += _surplus_channels(meaning)
        except DefinitionError as error:
            found += error.findings
    if not any(finding.severity == "error" for finding in found):
        found += _unused(glossary, kpi, used)
    return found


def _unused(glossary: Glossary, kpi: Kpi, used: set[str]) -> list[Finding]:
    lines = glossary.lines()
    return [
        Finding(
            "unused-parameter",
            f"no expression names `:{parameter.name}`",
            parameter.place,
            "leave it out",
            "warning",
            excerpt_of(lines.get(parameter.place.file, []), parameter.place),
        )
        for parameter in kpi.parameters.values()
        if parameter.name not in used
    ]


def _surplus_channels(meaning: Meaning) -> list[Finding]:
    """Expressions for channels the KPI is not about."""
    kpi = meaning.kpi
    if kpi.channels is None:
        return []
    found = []
    for by_channel in (*kpi.parts.values(), kpi.where, kpi.at, kpi.relation):
        for channel, written in by_channel.items():
            if channel != "default" and channel not in kpi.channels:
                message = f"`channels` does not name {channel}: this is never used"
                found.append(Finding("unused-channel", message, written.place, "", "warning", written.excerpt()))
    return found
