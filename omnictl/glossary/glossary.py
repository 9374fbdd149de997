"""A glossary: layers of KPI files over each other, and the KPIs they make together."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from omnictl.errors import DefinitionError, Finding, did_you_mean
from omnictl.glossary.address import Address, parse_address
from omnictl.glossary.folders import Entry, KpiFile, Layer, name_of, read_layer, twice
from omnictl.glossary.grammar import KpiReader, overlay, read_kpi, variant_nodes
from omnictl.glossary.kpi import Kpi
from omnictl.glossary.layers import named_folders
from omnictl.glossary.local import Local
from omnictl.glossary.parameters import in_place_of, parameter
from omnictl.glossary.unanswered import refusal_of, unanswered
from omnictl.glossary.window import FORMS, Window, window_of
from omnictl.glossary.written import Written
from omnictl.places import Mapping as MappingNode
from omnictl.places import Scalar
from omnictl.relations.column import CHANNELS

if TYPE_CHECKING:
    from omnictl.referential import Referential


class Glossary:
    """KPIs by name. A KPI is read when it is first wanted; `kpis` reads them all.

    Args:
        layers: from the lowest to the highest; a higher one says `extends` or `replaces`.
        channels: the known channels.
        local: what the workspace, or the asker, says over the KPIs.
    """

    def __init__(self, layers: Sequence[Layer], channels: Collection[str], local: Local | None = None) -> None:
        self.layers = list(layers)
        self.channels = channels
        self.local = local or Local()
        self._read: dict[Address, tuple[Kpi | None, list[Finding]]] = {}
        self._drafts: dict[str, Kpi] = {}
        self._nodes: dict[tuple[str, int], tuple[MappingNode, Entry] | None] = {}

    @cached_property
    def names(self) -> list[str]:
        """Every KPI's name, sorted; of files that cannot be read, none."""
        return sorted({name for layer in self.layers for name in layer.names()})

    @cached_property
    def kpis(self) -> Mapping[str, Kpi]:
        """Every KPI by name.

        Raises:
            DefinitionError: with every fault of every file.
        """
        findings = [finding for finding in self.findings() if finding.severity == "error"]
        if findings:
            raise DefinitionError(findings)
        return MappingProxyType({name: self.resolve(name) for name in self.names})

    def resolve(self, address: str) -> Kpi:
        """The KPI of an address: an id, with a variant and overridden parameters where it names some.

        Raises:
            DefinitionError: there is no such KPI, variant or parameter, or it is written wrongly.
        """
        parsed = parse_address(address)
        if parsed is None or not any(self._entries(parsed.id)):
            told = refusal_of(parsed.id if parsed else address, self.layers)
            if told is not None:
                raise DefinitionError(told)
            hint = did_you_mean(parsed.id if parsed else address, self.names)
            raise DefinitionError(Finding("unknown-kpi", f"there is no KPI `{address}`", hint=hint))
        kpi, findings = self._kpi(Address(parsed.id, parsed.variant))
        if kpi is None:
            raise DefinitionError([finding for finding in findings if finding.severity == "error"])
        if self.local.said:
            self.local.raise_faults()
            kpi = self.local.set_over(kpi, self._of_variant(parsed))
        kpi = _overridden(kpi, parsed) if parsed.parameters else kpi
        return self.local.aimed(kpi, self._of_variant(parsed)) if self.local.targets else kpi

    @property
    def plain(self) -> Glossary:
        """The glossary as its files have it, without what a workspace says over it."""
        return self.under(Local()) if self.local.said else self

    def under(self, local: Local) -> Glossary:
        """The same KPIs under other words of a workspace; what was read of them is shared."""
        found = copy(self)
        found.local = local
        found.__dict__.pop("kpis", None)
        return found

    def _of_variant(self, address: Address) -> frozenset[str]:
        """What a variant says itself of parameters and targets: names of parameters, and `target`."""
        found = self._node(address.id, len(self.layers) - 1) if address.variant else None
        node = variant_nodes(found[0]).get(address.variant) if found is not None else None
        if node is None:
            return frozenset()
        own = node.get("parameters")
        names = own.entries if isinstance(own, MappingNode) else ()
        return frozenset([*names, *(["target"] if "target" in node.entries else [])])

    def findings(self) -> list[Finding]:
        """Every fault and warning of every file, KPI, variant and list as YAML; expressions are not looked at."""
        found: list[Finding] = []
        for layer in self.layers:
            for file in layer.files:
                try:
                    found += [_nameless(entry) for entry in file.entries if not name_of(entry)]
                except DefinitionError as error:
                    found += error.findings
            found += layer.twice()
        for name in self.names:
            try:
                kpi, findings = self._kpi(Address(name))
                found += findings
                for variant in kpi.variants if kpi else ():
                    found += self._kpi(Address(name, variant))[1]
            except DefinitionError as error:
                found += error.findings
        try:
            unanswered(self.layers)
        except DefinitionError as error:
            found += error.findings
        return list(dict.fromkeys(found))

    def node(self, identifier: str) -> MappingNode | None:
        """A KPI as it is written, all layers laid over each other; None when it cannot be read.

        Its places lie in the files of the layers that say each key.
        """
        try:
            found = self._node(identifier, len(self.layers) - 1)
        except DefinitionError:
            return None
        return found[0] if found is not None else None

    def _entries(self, identifier: str) -> list[list[Entry]]:
        return [layer.entries(identifier) for layer in self.layers]

    def _kpi(self, address: Address) -> tuple[Kpi | None, list[Finding]]:
        if address not in self._read:
            self._read[address] = self._build(address)
        return self._read[address]

    def _build(self, address: Address) -> tuple[Kpi | None, list[Finding]]:
        found = self._node(address.id, len(self.layers) - 1)
        if found is None:
            return None, [Finding("unknown-kpi", f"there is no KPI `{address.id}`")]
        node, entry = found
        layer = next(layer.name for layer in reversed(self.layers) if entry in layer.entries(address.id))
        if address.variant:
            variants = variant_nodes(node)
            if address.variant not in variants:
                message = f"`{address.id}` has no variant `{address.variant}`"
                raise DefinitionError(
                    Finding("unknown-variant", message, hint=did_you_mean(address.variant, variants) or "it has none")
                )
            node = _without(overlay(_without(node, "tests"), variants[address.variant]), "variants")
        reader = KpiReader(entry.document, self.lines())
        kpi = read_kpi(reader, node, layer=layer, channels=self.channels, variant=address.variant)
        if reader.draft is not None and not address.variant:
            self._drafts[address.id] = reader.draft
        return kpi, reader.findings

    def draft(self, identifier: str) -> Kpi | None:
        """A KPI with faults as far as it can be read, for telling what else is wrong with it: never for a figure. None
        of one without faults, and where they leave nothing to look at."""
        try:
            self._kpi(Address(identifier))
        except DefinitionError:
            return None
        return self._drafts.get(identifier)

    def lines(self) -> Mapping[str, list[str]]:
        """The lines of every file read so far, by its name."""
        return _Lines(self._files, self.local.lines)

    @cached_property
    def _files(self) -> Mapping[str, KpiFile]:
        return {file.shown: file for layer in self.layers for file in layer.files}

    def _node(self, identifier: str, top: int) -> tuple[MappingNode, Entry] | None:
        """The mapping of a KPI as the layers up to `top` make it, and the entry that has the last word."""
        key = (identifier, top)
        if key not in self._nodes:
            self._nodes[key] = self._merged(identifier, top)
        return self._nodes[key]

    def _merged(self, identifier: str, top: int) -> tuple[MappingNode, Entry] | None:
        if top < 0:
            return None
        entries = self.layers[top].entries(identifier)
        if not entries:
            return self._node(identifier, top - 1)
        if len(entries) > 1:
            raise DefinitionError([twice(entry, entries[0]) for entry in entries[1:]])
        entry = entries[0]
        lower = {layer.name: number for number, layer in enumerate(self.layers[:top]) if layer.entries(identifier)}
        word = next((key for key in ("extends", "replaces") if key in entry.node.entries), None)
        if word is None:
            if lower:
                raise DefinitionError(_taken(entry, identifier, list(lower)[-1]))
            return entry.node, entry
        named = entry.node.entries[word]
        if not isinstance(named, Scalar) or named.text not in lower:
            raise DefinitionError(_nothing_below(entry, word, identifier, list(lower)))
        if word == "replaces":
            return entry.node, entry
        below = self._node(identifier, lower[named.text])
        if below is None:
            raise DefinitionError(_nothing_below(entry, word, identifier, list(lower)))
        return overlay(below[0], entry.node), entry


class _Lines(Mapping[str, list[str]]):
    """The lines of files, as far as they were read; and those of files that say something over them."""

    def __init__(self, files: Mapping[str, KpiFile], others: Mapping[str, list[str]]) -> None:
        self.files, self.others = files, others

    def __getitem__(self, name: str) -> list[str]:
        if name in self.others:
            return self.others[name]
        file = self.files[name]
        if "entries" not in vars(file) or not file.entries:
            raise KeyError(name)
        return file.entries[0].document.lines

    def __iter__(self) -> Iterator[str]:
        yield from self.others
        yield from (name for name, file in self.files.items() if "entries" in vars(file) and file.entries)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def load_glossary(folders: Sequence[str | Path], referential: Referential | None = None) -> Glossary:
    """Find the KPIs of some glossaries, the lowest first; `standard` is the shipped one.

    Files are found and their names read; a KPI's YAML is read when it is wanted.

    Raises:
        DefinitionError: a folder is missing or a file cannot be read from the disk.
    """
    layers: list[Layer] = []
    for name, folder in named_folders(folders):
        layers.append(read_layer(name, folder))
    return Glossary(layers, set(referential.channels) if referential is not None else set(CHANNELS))


def _without(node: MappingNode, key: str) -> MappingNode:
    entries = {name: each for name, each in node.entries.items() if name != key}
    return MappingNode(node.place, entries, {name: node.keys[name] for name in entries})


def _overridden(kpi: Kpi, address: Address) -> Kpi:
    parameters, window = dict(kpi.parameters), kpi.window
    for name, text in address.parameters:
        if name == "window" and window is not None:
            window = _other_window(window, text)
            continue
        old = parameters.get(name)
        if old is None:
            message = f"`{kpi.id}` has no parameter `{name}`"
            raise DefinitionError(
                Finding("unknown-parameter", message, hint=did_you_mean(name, kpi.parameters) or "it has none")
            )
        parameters[name] = in_place_of(old, parameter(name, text, old.place))
    return replace(kpi, parameters=parameters, window=window, overridden=tuple(name for name, _ in address.parameters))


def _other_window(old: Window, text: str) -> Window:
    found = window_of(Written(text, old.written.place, old.written.lines))
    if found is None:
        raise DefinitionError(Finding("wrong-window", f"`{text}` is no window", hint=FORMS))
    return found


def _excerpt(entry: Entry) -> str:
    lines = entry.document.lines
    return lines[entry.place.line - 1] if entry.place.line <= len(lines) else ""


def _nameless(entry: Entry) -> Finding:
    return Finding("missing-key", "a KPI needs `kpi`, its name", entry.place, excerpt=_excerpt(entry))


def _taken(entry: Entry, identifier: str, lower: str) -> Finding:
    hint = f"say `extends: {lower}` (the keys listed here replace) or `replaces: {lower}`, or choose another name"
    message = f"the glossary `{lower}` has a KPI `{identifier}` already"
    return Finding("kpi-exists-below", message, entry.place, hint, excerpt=_excerpt(entry))


def _nothing_below(entry: Entry, word: str, identifier: str, lower: list[str]) -> Finding:
    place = entry.node.entries[word].place
    excerpt = entry.document.lines[place.line - 1]
    hint = f"it is in {', '.join(lower)}" if lower else f"leave `{word}` out"
    message = f"no glossary below of that name has a KPI `{identifier}`"
    return Finding("nothing-below", message, place, hint, excerpt=excerpt)
