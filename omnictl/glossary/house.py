"""The glossary of a workspace: its folders, the values that omnictl.yml sets, and the targets of its targets.yml."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from omnictl.errors import DefinitionError, Finding, Place, did_you_mean
from omnictl.glossary.address import Address, parse_address
from omnictl.glossary.glossary import Glossary, load_glossary
from omnictl.glossary.local import AimedAt, Local, Override
from omnictl.glossary.parameters import DETAILS, read_parameter
from omnictl.glossary.targets import read_target
from omnictl.places import Document, Mapping, Node, Reader, excerpt_of, read

if TYPE_CHECKING:
    from omnictl.workspace import Workspace

FORM = "parameters: {short_abandon: 3 s, service_level: {answer_threshold: 30 s}}"


def house_glossary(workspace: Workspace) -> Glossary:
    """The KPIs of a workspace as it uses them.

    What is wrong with omnictl.yml's `parameters` or with targets.yml is in `local.findings`, and raised as soon as a
    KPI is wanted.

    Raises:
        DefinitionError: a folder or file cannot be read.
    """
    glossary = load_glossary(workspace.glossary, workspace.referential)
    readers: list[Reader] = []
    overrides: tuple[Override, ...] = ()
    if workspace.parameters is not None:
        readers.append(Reader(workspace.parameters))
        overrides = tuple(read_overrides(readers[-1], workspace.parameters.root, glossary.channels))
    targets: tuple[AimedAt, ...] = ()
    if workspace.targets is not None:
        readers.append(Reader(_document(workspace.targets)))
        targets = tuple(read_targets(readers[-1], workspace.targets.name, glossary.channels))
    found = [finding for reader in readers for finding in reader.findings]
    found += _named_nowhere(glossary, overrides)
    lines = {reader.document.file: reader.document.lines for reader in readers}
    return glossary.under(Local(overrides, targets, tuple(found), lines))


def read_overrides(reader: Reader, node: Node, channels: Collection[str]) -> Iterator[Override]:
    """The values that `parameters` of omnictl.yml sets: by the name of a parameter, for every KPI that has it, or by a
    KPI's. A mapping with `value` is a parameter's, any other a KPI's."""
    for name, place, each in reader.fields(node, "`parameters`").entries():
        if not isinstance(each, Mapping) or any(key in each.entries for key in DETAILS):
            yield from _override(reader, Address(""), None, (name, place, each), channels)
            continue
        address = parse_address(name)
        if address is None or address.parameters:
            reader.fault("wrong-type", f"`{name}` is neither a parameter nor a KPI", place, FORM)
            continue
        for own, where, value in reader.fields(each, f"`parameters` of {name}").entries():
            yield from _override(reader, address, place, (own, where, value), channels)


def _override(
    reader: Reader, address: Address, owner: Place | None, entry: tuple[str, Place, Node], channels: Collection[str]
) -> Iterator[Override]:
    name, place, node = entry
    found = read_parameter(reader, name, node, channels)
    if found is not None:
        excerpt = excerpt_of(reader.document.lines, place)
        origin = Path(place.file).name
        yield Override(address.id, address.variant, replace(found, origin=origin), place, excerpt, owner)


def read_targets(reader: Reader, origin: str, channels: Collection[str]) -> Iterator[AimedAt]:
    """The targets of a targets.yml: by a KPI's address."""
    root = reader.document.root
    seen: dict[Address, Place] = {}
    for name, place, node in reader.fields(root, origin).entries():
        address = parse_address(name)
        if address is None:
            hint = "service_level: 0.8, service_level@v5: 0.75, service_level:answer_threshold=30s: 0.85"
            reader.fault("wrong-type", f"`{name}` is no address of a KPI", place, hint)
            continue
        if address in seen:
            reader.fault("target-twice", f"`{name}` has a target already", place, f"first at {seen[address]}")
        seen.setdefault(address, place)
        target = read_target(reader, node, f"the target of {name}", channels, origin)
        if target is not None:
            yield AimedAt(address, target, place, excerpt_of(reader.document.lines, place))


def _document(path: Path) -> Document:
    try:
        shown = path.absolute().relative_to(Path.cwd()).as_posix()
    except ValueError:
        shown = str(path)
    if not path.is_file():
        raise DefinitionError(Finding("file-missing", f"no such file: {shown}"))
    documents = read(path, shown_as=shown)
    if not documents:
        return Document(shown, Mapping(Place(shown), {}, {}))
    if len(documents) != 1:
        raise DefinitionError(Finding("wrong-type", f"{shown} must hold one YAML document", Place(shown)))
    return documents[0]


def _named_nowhere(glossary: Glossary, overrides: Sequence[Override]) -> Iterator[Finding]:
    """Overrides of KPIs that are not there, and of parameters whose name stands in no file of the glossary."""
    contents = [file.content for layer in glossary.layers for file in layer.files] if overrides else []
    for override in overrides:
        name = override.parameter.name
        if override.kpi and override.kpi not in glossary.names:
            message, hint = f"there is no KPI `{override.kpi}`", did_you_mean(override.kpi, glossary.names)
            yield Finding("unknown-kpi", message, override.owner or override.place, hint, excerpt=override.excerpt)
        elif not override.kpi and not any(re.search(rb"\b%b\b" % re.escape(name.encode()), each) for each in contents):
            yield no_such_parameter(glossary, override)


def no_such_parameter(glossary: Glossary, override: Override) -> Finding:
    """That no KPI has the parameter that is set for all."""
    name = override.parameter.name
    known: set[str] = set()
    for each in glossary.names:
        with contextlib.suppress(DefinitionError):  # a KPI that cannot be read is told of elsewhere
            known |= glossary.plain.resolve(each).parameters.keys()
    message = f"no KPI has a parameter `{name}`"
    return Finding("unknown-parameter", message, override.place, did_you_mean(name, known), excerpt=override.excerpt)
