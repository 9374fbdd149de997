"""Every fault of a glossary at once: its YAML, its expressions, its roll-ups. No data, store or secret is needed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from omnictl.errors import DefinitionError, Finding
from omnictl.glossary.check_words import check_values, check_words
from omnictl.glossary.folders import KpiFile, Layer, read_layer
from omnictl.glossary.glossary import Glossary
from omnictl.glossary.kpi import DEFAULT, Kpi
from omnictl.glossary.meaning import Meaning, Meanings
from omnictl.glossary.rollups import sums_a_level
from omnictl.places import excerpt_of


def check_glossary(glossary: Glossary, meanings: Meanings | None = None) -> list[Finding]:
    """What is wrong with the KPIs and variants of a glossary, each fault once, errors and warnings.

    Args:
        meanings: where what was understood is kept, for those who go on from here.
    """
    found = glossary.findings()
    plain = glossary.plain
    meanings = meanings or Meanings(plain)
    for name in glossary.names:
        found += _understood(plain, meanings, name)
    found += check_words(glossary, meanings)
    return list(dict.fromkeys(found))


def with_paths(glossary: Glossary, paths: Sequence[Path]) -> Glossary:
    """The glossary with the files and folders given on top of it, as far as it does not hold them already.

    Raises:
        DefinitionError: a file cannot be read from the disk.
    """
    known = {file.path.resolve() for layer in glossary.layers for file in layer.files}
    layers = list(glossary.layers)
    for path in paths:
        found = read_layer(path.name, path).files if path.is_dir() else [_file(path)]
        further = [file for file in found if file.path.resolve() not in known]
        known.update(file.path.resolve() for file in further)
        if further:
            layers.append(Layer(path.name, path, further))
    return Glossary(layers, glossary.channels, glossary.local)


def _file(path: Path) -> KpiFile:
    try:
        return KpiFile(path, path.as_posix(), path.read_bytes())
    except OSError as error:
        raise DefinitionError(Finding("file-unreadable", f"{path}: {error.strerror}")) from None


def _understood(glossary: Glossary, meanings: Meanings, name: str) -> list[Finding]:
    """The faults of the expressions of a KPI and of its variants; what cannot be read has told its faults, and of its
    expressions are told those that are wrong beside them."""
    try:
        kpi = glossary.resolve(name)
    except DefinitionError:
        draft = glossary.draft(name)
        return meanings.faults_of(draft) if draft is not None else []
    found: list[Finding] = []
    used: set[str] = set()
    sound = True
    for variant in ("", *kpi.variants):
        try:
            meaning = meanings.of(f"{name}@{variant}" if variant else name)
            used |= meaning.used
            found += _never_used(meaning.kpi)
            found += _unbound(meaning.kpi)
            found += check_values(meaning, glossary.lines())
            found += _levels_summed(meaning)
        except DefinitionError as error:
            found += error.findings
            sound = False
    return found + (list(_unused(glossary, kpi, used)) if sound else [])


def _unused(glossary: Glossary, kpi: Kpi, used: set[str]) -> Iterator[Finding]:
    """Parameters that no expression of the KPI or of a variant names."""
    lines = glossary.lines()
    for name, parameter in kpi.parameters.items():
        if name not in used:
            message = f"the parameter `{name}` of `{kpi.id}` is used by no expression"
            excerpt = excerpt_of(lines.get(parameter.place.file, []), parameter.place)
            hint = f"write :{name} in an expression, or remove it"
            yield Finding("unused-parameter", message, parameter.place, hint, "warning", excerpt)


def _levels_summed(meaning: Meaning) -> Iterator[Finding]:
    """Sums of what holds at an instant: right for one period, wrong over several."""
    for branch in meaning.branches if meaning.kpi.rollup == "sum" else ():
        if any(sums_a_level(part, branch.reach.relation.name) for part in branch.parts.values()):
            written = next(iter(meaning.kpi.parts["value"].values()))
            message = "a level does not add up over periods: a year would hold its customers twelve times"
            yield Finding("level-summed", message, written.place, "rollup: stock", "warning", written.excerpt())


def _unbound(kpi: Kpi) -> Iterator[Finding]:
    """Channels that `channels` names and for which a mapping without `default` says nothing."""
    for key, by_channel in kpi.expressions().items() if kpi.channels is not None else ():
        missing = [channel for channel in kpi.channels or () if channel not in by_channel]
        if missing and DEFAULT not in by_channel and by_channel:
            written = next(iter(by_channel.values()))
            message = f"`channels` of `{kpi.id}` names {', '.join(missing)}, and `{key}` says nothing for it"
            hint = f"write `{key}` for {missing[0]} or a `default`, or take it out of `channels`"
            yield Finding("unbound-channel", message, written.place, hint, "error", written.excerpt())


def _never_used(kpi: Kpi) -> Iterator[Finding]:
    """Expressions for channels that `channels` does not name."""
    for by_channel in kpi.expressions().values() if kpi.channels is not None else ():
        for channel, written in by_channel.items():
            if channel != DEFAULT and channel not in (kpi.channels or ()):
                message = f"`channels` of `{kpi.id}` does not name {channel}: this is never used"
                hint = f"add {channel} to `channels`, or remove it"
                yield Finding("unused-channel", message, written.place, hint, "warning", written.excerpt())
