"""Every fault of a glossary at once: its YAML, its expressions, its roll-ups. No data, store or secret is needed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from omnictl.errors import DefinitionError, Finding
from omnictl.glossary.folders import KpiFile, Layer, read_layer
from omnictl.glossary.glossary import Glossary
from omnictl.glossary.meaning import Meaning, Meanings


def check_glossary(glossary: Glossary) -> list[Finding]:
    """What is wrong with the KPIs and variants of a glossary, each fault once, errors and warnings."""
    found = glossary.findings()
    meanings = Meanings(glossary)
    for address in _addresses(glossary):
        try:
            found += _unused(meanings.of(address))
        except DefinitionError as error:
            found += error.findings
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
    return Glossary(layers, glossary.channels)


def _file(path: Path) -> KpiFile:
    try:
        return KpiFile(path, path.as_posix(), path.read_bytes())
    except OSError as error:
        raise DefinitionError(Finding("file-unreadable", f"{path}: {error.strerror}")) from None


def _addresses(glossary: Glossary) -> Iterator[str]:
    """Every KPI and variant that can be read; what cannot has told its faults."""
    for name in glossary.names:
        try:
            kpi = glossary.resolve(name)
        except DefinitionError:
            continue
        yield name
        yield from (f"{name}@{variant}" for variant in kpi.variants)


def _unused(meaning: Meaning) -> Iterator[Finding]:
    """Parameters that change nothing; variants are left out, they may drop the use of one."""
    if meaning.kpi.variant:
        return
    for name, parameter in meaning.kpi.parameters.items():
        if name not in meaning.used:
            message = f"the parameter `{name}` of `{meaning.kpi.id}` is used by no expression"
            hint = f"write :{name} in an expression, or remove it"
            yield Finding("unused-parameter", message, parameter.place, hint, "warning")
