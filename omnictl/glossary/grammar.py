"""The keys of a KPI: a YAML mapping in, a `Kpi` out, every fault noted with its place. No SQL is looked at here."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Mapping
from decimal import Decimal
from functools import partial
from typing import cast

from omnictl.errors import Finding, Place, Severity, did_you_mean
from omnictl.glossary.cases import read_cases
from omnictl.glossary.kpi import DEFAULT, ROLLUPS, ByChannel, Kpi, Rollup, Texts
from omnictl.glossary.layers import STANDARD
from omnictl.glossary.parameters import DETAILS, FORM, Parameter, read_parameter
from omnictl.glossary.stock import read_dimensions, read_open, read_over_time
from omnictl.glossary.targets import Target, read_bound, read_target
from omnictl.glossary.vendors import read_vendors
from omnictl.glossary.window import read_window
from omnictl.glossary.written import Written
from omnictl.places import Document, Fields, Node, Reader, Scalar, Sequence, excerpt_of, kind_of, plain
from omnictl.places import Mapping as MappingNode
from omnictl.relations import RELATIONS

ID = re.compile(r"[a-z][a-z0-9_]{0,79}\Z")  # names of files and columns are made of them
VARIANT = re.compile(r"[a-z0-9][a-z0-9_]{0,79}\Z")
PART = re.compile(r"[a-z][a-z0-9_]{0,79}\Z")
LANGUAGE = re.compile(r"[a-z]{2}\Z")
SHIPPED_LANGUAGES = ("en", "fr")
PARTS = ("value", "numerator", "denominator", "parts", "formula")
LEANT_ON = frozenset({
    *PARTS, "rollup", "from", "at", "where", "channels", "parameters", "open", "over_time", "window", "by",
    "denominator_over", "extends", "replaces",
})  # fmt: skip
NOT_IN_VARIANTS = ("kpi", "variants", "extends", "replaces")


class KpiReader(Reader):
    """A `Reader` of one KPI whose keys may come from several files, each with its own lines."""

    def __init__(self, document: Document, lines: Mapping[str, list[str]]) -> None:
        super().__init__(document)
        self.lines = lines
        self.draft: Kpi | None = None  # what was read in spite of faults, none of which its expressions lean on

    def fault(self, code: str, message: str, place: Place, hint: str = "", severity: Severity = "error") -> None:
        excerpt = excerpt_of(self.lines.get(place.file, []), place)
        finding = Finding(code, message, place, hint, severity, excerpt)
        if finding not in self.findings:
            self.findings.append(finding)

    def written(self, node: Node, what: str) -> Written | None:
        text = self.text(node, what)
        return None if text is None else Written(text, node.place, self.lines.get(node.place.file, []))

    @property
    def sound(self) -> bool:
        return not any(finding.severity == "error" for finding in self.findings)

    def leans_on_faults(self, node: MappingNode) -> bool:
        """Whether a fault lies in a key that the expressions of the KPI `node` cannot be looked at without."""
        places = sorted((place, key) for key, place in node.keys.items())
        for fault in self.findings:
            at = fault.place
            above = [key for place, key in places if at is not None and place.file == at.file and place <= at]
            if fault.severity == "error" and (not above or above[-1] in LEANT_ON):
                return True
        return False

    def judged(self, kpi: Kpi, node: MappingNode, *, whole: bool) -> Kpi | None:
        """The KPI where it is sound; else None, and a draft of it is kept where its expressions can be looked at."""
        if self.sound:
            return kpi
        self.draft = kpi if whole and not self.leans_on_faults(node) else None
        return None


def overlay(below: MappingNode, above: MappingNode) -> MappingNode:
    """The keys of `above` over those of `below`; `key: null` removes one. Parameters are laid over by name."""
    entries, keys = dict(below.entries), dict(below.keys)
    for key, node in above.entries.items():
        if isinstance(node, Scalar) and node.value is None:
            entries.pop(key, None)
            keys.pop(key, None)
            continue
        under = entries.get(key)
        if key == "parameters" and isinstance(node, MappingNode) and isinstance(under, MappingNode):
            node = overlay(under, node)
        entries[key], keys[key] = node, above.keys[key]
    return MappingNode(above.place, entries, keys)


def read_kpi(
    reader: KpiReader, node: MappingNode, *, layer: str, channels: Collection[str], variant: str = ""
) -> Kpi | None:
    """Read one KPI, or one variant of it.

    Args:
        node: its mapping; for a variant already laid over the KPI's own.
        layer: the glossary it belongs to; labels in both languages are required of the shipped one.
        channels: the known channels.

    Returns:
        None when there are faults; they are in `reader.findings`.
    """
    root = Fields(reader, node, f"KPI `{_text(node, 'kpi')}`" if "kpi" in node.entries else "a KPI")
    identifier = _identifier(reader, root)
    texts = {key: _texts(reader, root, key) for key in ("label", "question", "definition", "note")}
    _languages(reader, root, texts, layer)
    synonyms = {language: tuple(reader.texts(each, "a synonym")) for language, _, each in _by_language(reader, root)}
    wording = _wording(reader, root, channels)
    rollup = root.choice("rollup", ROLLUPS, required=True)
    parts = _parts(reader, root, rollup, channels)
    since, until = read_open(reader, root, rollup, lambda node, key: _expressions(reader, node, key, channels))
    kpi = Kpi(
        id=identifier,
        place=root.key_place("kpi"),
        layer=layer,
        label=texts["label"],
        question=texts["question"],
        definition=texts["definition"],
        note=texts["note"],
        synonyms=synonyms,
        wording=wording,
        owner=root.text("owner") or "",
        unit=_unit(reader, root),
        rollup=cast(Rollup, rollup or "sum"),
        better=_better(reader, root),
        relation=_relation(reader, root, channels),
        at=_by_channel(reader, root, "at", channels),
        where=_by_channel(reader, root, "where", channels),
        channels=_channels(reader, root, channels),
        parameters=_parameters(reader, root, channels),
        parts=parts,
        formula=_formula(reader, root),
        target=_target(reader, root, channels),
        sources=tuple(root.texts("source")),
        vendors=read_vendors(reader, root, partial(_texts, reader)),
        cases=read_cases(reader, root, _variant_names(node)),
        variants=_variants(reader, root) if not variant else {},
        digest=_digest(node, variant),
        since=since,
        until=until,
        over_time=read_over_time(reader, root, rollup),
        window=read_window(reader, root),
        by=read_dimensions(reader, root, "by"),
        denominator_over=read_dimensions(reader, root, "denominator_over", rollup),
        variant=variant,
    )
    _done(root)
    return reader.judged(kpi, node, whole=rollup is not None)


def _done(root: Fields) -> None:
    for key in ("extends", "replaces"):  # what they say has been done where the layers were laid over each other
        root.text(key)
    root.done()


def _identifier(reader: KpiReader, root: Fields) -> str:
    found = root.text("kpi", required=True)
    if found is not None and not ID.match(found):
        reader.fault(
            "invalid-name", f"{kind_of(root.node.entries['kpi'])} is no name of a KPI", root.key_place("kpi"), _NAMES
        )
    return found or ""


def _unit(reader: KpiReader, root: Fields) -> str:
    unit = root.text("unit", required=True) or ""
    if not re.match(r"[A-Za-z][A-Za-z_]*\Z", unit or "x"):
        hint = "ratio, count, seconds, eur, score …"
        reader.fault("wrong-type", f"`{unit}` is no unit", root.key_place("unit"), hint)
    return unit


_NAMES = "small letters, digits and `_`, a letter first, at most 80 characters"


def _text(node: MappingNode, key: str) -> str:
    found = node.entries.get(key)
    return found.text if isinstance(found, Scalar) else ""


def _digest(node: MappingNode, variant: str) -> str:
    said = {key: plain(value) for key, value in sorted(node.entries.items()) if key not in ("tests", "variants")}
    return hashlib.sha256(repr((said, variant)).encode()).hexdigest()[:12]


def _texts(reader: KpiReader, root: Fields, key: str) -> Texts:
    """A text per language; one text alone is taken as English."""
    node = root.take(key)
    if node is None:
        return {}
    if not isinstance(node, MappingNode):
        text = reader.text(node, f"`{key}`")
        return {"en": text.strip()} if text else {}
    found = {}
    for language, place, each in reader.fields(node, f"`{key}`").entries():
        _language(reader, language, place)
        text = reader.text(each, f"`{key}` in {language}")
        if text is not None:
            found[language] = text.strip()
    return found


def _language(reader: KpiReader, language: str, place: Place) -> None:
    if not LANGUAGE.match(language):
        reader.fault("unknown-value", f"`{language}` is no language", place, "en, fr …")


def _languages(reader: KpiReader, root: Fields, texts: Mapping[str, Texts], layer: str) -> None:
    for key in ("label", "question"):
        missing = [language for language in SHIPPED_LANGUAGES if not texts[key].get(language)]
        if missing:
            severity: Severity = "error" if layer == STANDARD else "warning"
            words = f"`{key}` is missing in {' and '.join(missing)}"
            reader.fault("missing-language", words, root.key_place(key), f"{key}: {{en: …, fr: …}}", severity)


def _by_language(reader: KpiReader, root: Fields) -> list[tuple[str, Place, Node]]:
    found = list(root.fields("synonyms").entries())
    for language, place, _ in found:
        _language(reader, language, place)
    return found


def _wording(reader: KpiReader, root: Fields, channels: Collection[str]) -> dict[str, Texts]:
    found: dict[str, Texts] = {}
    for channel, place, node in root.fields("wording").entries():
        _known_channel(reader, channel, place, channels)
        fields = reader.fields(node, f"`wording` of {channel}")
        texts = {}
        for language, where, each in fields.entries():
            _language(reader, language, where)
            texts[language] = reader.text(each, f"`wording` of {channel}") or ""
        found[channel] = texts
    return found


def _known_channel(reader: KpiReader, channel: str, place: Place, channels: Collection[str]) -> None:
    if channel not in channels:
        hint = did_you_mean(channel, channels)
        reader.fault("unknown-channel", f"`{channel}` is no known channel", place, hint, "warning")


def _channels(reader: KpiReader, root: Fields, channels: Collection[str]) -> tuple[str, ...] | None:
    node = root.take("channels")
    if node is None:
        return None
    items = [node] if isinstance(node, Scalar) else reader.items(node, "`channels`")
    found = []
    for item in items:
        channel = reader.text(item, "a channel")
        if channel is not None:
            _known_channel(reader, channel, item.place, channels)
            found.append(channel)
    if not found and isinstance(node, Sequence):
        reader.fault("wrong-type", "`channels` must name a channel", node.place, "leave it out for all channels")
    return tuple(dict.fromkeys(found))


def _by_channel(reader: KpiReader, root: Fields, key: str, channels: Collection[str]) -> dict[str, Written]:
    node = root.take(key)
    return {} if node is None else _expressions(reader, node, key, channels)


def _expressions(reader: KpiReader, node: Node, key: str, channels: Collection[str]) -> dict[str, Written]:
    """An expression, or one per channel."""
    if not isinstance(node, MappingNode):
        written = reader.written(node, f"`{key}`")
        return {} if written is None else {DEFAULT: written}
    found: dict[str, Written] = {}
    for channel, place, each in reader.fields(node, f"`{key}`").entries():
        if ")" in channel or "'" in channel:
            message = f"`{channel}` is no channel: inside {{…}} a comma ends an entry"
            reader.fault("comma-in-braces", message, place, "write one channel to a line, or the expression in quotes")
            continue
        if channel != DEFAULT:
            _known_channel(reader, channel, place, channels)
        written = reader.written(each, f"`{key}` of {channel}")
        if written is not None:
            found[channel] = written
    if not found:
        reader.fault("wrong-type", f"`{key}` must hold an expression", node.place)
    return found


def _relation(reader: KpiReader, root: Fields, channels: Collection[str]) -> dict[str, Written]:
    found = _by_channel(reader, root, "from", channels)
    known = [name for name, relation in RELATIONS.items() if relation.written_by != "omnictl"]
    for written in found.values():
        if written.text not in known:
            message = f"there is no relation `{written.text}`"
            reader.fault("unknown-relation", message, written.place, did_you_mean(written.text, known))
    return found


def _parts(reader: KpiReader, root: Fields, rollup: str | None, channels: Collection[str]) -> dict[str, ByChannel]:
    """The expressions of a KPI by part; which there must be follows from the roll-up."""
    given = [key for key in PARTS if root.take(key) is not None]
    if rollup is not None:
        wanted = ROLLUPS[rollup]
        opened = rollup == "stock" and "open" in root.node.entries  # `value`: what each open row counts for, else 1
        for key in given:
            if key not in wanted:
                made_of = " and ".join(wanted)
                message = f"rollup `{rollup}` is made of {made_of}: it has no `{key}`"
                reader.fault("rollup-contradicts", message, root.key_place(key), _fitting(given))
        for key in () if opened else wanted:
            if key not in given:
                reader.fault("missing-key", f"rollup `{rollup}` needs `{key}`", root.key_place("rollup"))
    found: dict[str, ByChannel] = {}
    for key in ("value", "numerator", "denominator"):
        node = root.take(key)
        if node is not None:
            found[key] = _expressions(reader, node, key, channels)
    for name, place, node in root.fields("parts").entries():
        if not PART.match(name):
            reader.fault("invalid-name", f"`{name}` is no name of a part", place, _NAMES)
        written = reader.written(node, f"part `{name}`")
        if written is not None:
            found[name] = {DEFAULT: written}
    return found


def _fitting(given: Collection[str]) -> str:
    fitting = [name for name, parts in ROLLUPS.items() if set(parts) == set(given)]
    return f"{', '.join(given)}: rollup {' or '.join(fitting)}" if fitting else ""


def _formula(reader: KpiReader, root: Fields) -> Written | None:
    node = root.take("formula")
    return None if node is None else reader.written(node, "`formula`")


def _parameters(reader: KpiReader, root: Fields, channels: Collection[str]) -> dict[str, Parameter]:
    found = {}
    for name, place, node in root.fields("parameters").entries():
        if not PART.match(name):
            reader.fault("invalid-name", f"`{name}` is no name of a parameter", place, _NAMES)
        if name in DETAILS:
            message = f"`{name}` is no name of a parameter: it is a key of one"
            reader.fault("invalid-name", message, place, f"answer_threshold: {FORM}")
        read = read_parameter(reader, name, node, channels)
        if read is not None:
            found[name] = read
    return found


def _better(reader: KpiReader, root: Fields) -> str | tuple[Decimal | None, Decimal | None]:
    node = root.take("better")
    if node is None:
        return "neutral"
    if not isinstance(node, Sequence):
        return reader.choice(node, "`better`", ("higher", "lower", "neutral")) or "neutral"
    bounds = [read_bound(reader, item, "`better`") for item in node.items]
    if len(bounds) != 2 or bounds == [None, None]:
        reader.fault("wrong-type", "`better` is higher, lower, neutral, or [lowest, highest]", node.place)
        return "neutral"
    return bounds[0], bounds[1]


def _target(reader: KpiReader, root: Fields, channels: Collection[str]) -> Target | None:
    node = root.take("target")
    return None if node is None else read_target(reader, node, "`target`", channels)


def variant_nodes(node: MappingNode) -> dict[str, MappingNode]:
    """The variants written in a KPI, those that are mappings."""
    variants = node.entries.get("variants")
    if not isinstance(variants, MappingNode):
        return {}
    return {name: each for name, each in variants.entries.items() if isinstance(each, MappingNode)}


def _variant_names(node: MappingNode) -> list[str]:
    return list(variant_nodes(node))


def _variants(reader: KpiReader, root: Fields) -> dict[str, Texts]:
    """The variants' notes; what a variant changes is read when it is asked for."""
    found: dict[str, Texts] = {}
    for name, place, node in root.fields("variants").entries():
        if not VARIANT.match(name) or name == DEFAULT:
            reader.fault(
                "invalid-name", f"`{name}` is no name of a variant", place, _NAMES.replace(", a letter first", "")
            )
        fields = reader.fields(node, f"variant `{name}`")
        for key in NOT_IN_VARIANTS:
            if key in fields.node.keys:
                reader.fault("not-in-a-variant", f"a variant has no `{key}` of its own", fields.node.keys[key])
        found[name] = _texts(reader, fields, "note")
    return found
