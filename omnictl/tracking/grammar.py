"""tracking.yml: the needs, and what a plan says over what is derived from them. YAML in, objects out; no SQL.

Nothing in it is needed: events and properties are derived from KPIs. It says who asks what and why, which purposes
personal data serve, how things are called, and how strictly data are held to the plan.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from collections.abc import Sequence as Listed
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import cast

from omnictl.errors import DefinitionError, Finding, Place, Severity
from omnictl.places import Fields, Node, Reader, Scalar, Sequence, duration, read
from omnictl.referential import LANGUAGES, labels
from omnictl.tracking.naming import DEFAULT_PATTERN, STYLES, Convention, fault_of_pattern
from omnictl.tracking.plan import ENFORCEMENTS, Enforcement, Need, Texts

FILE_NAME = "tracking.yml"  # beside omnictl.yml
EVERY = {  # words for how often, beside durations
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
    "month": timedelta(days=31),
    "quarter": timedelta(days=92),
    "year": timedelta(days=366),
}
NULLS = Decimal("0.05")  # the share of rows that may lack a property that KPIs need
DRIFT = timedelta(minutes=5)
IDENTIFIED = Decimal("0.5")  # the share of rows whose person must be known for KPIs about people

_ID = re.compile(r"[a-z][a-z0-9_-]{0,63}\Z")
_VERSION = re.compile(r"(0|[1-9][0-9]{0,8})\.(0|[1-9][0-9]{0,8})\.(0|[1-9][0-9]{0,8})\Z")


@dataclass(frozen=True)
class PropertyWords:
    """What the plan says over a property. What is empty or None is left as it is derived."""

    place: Place
    name: str = ""
    values: tuple[str, ...] = ()
    low: Decimal | None = None
    high: Decimal | None = None
    nulls: Decimal | None = None
    meaning: Texts = field(default_factory=dict)


@dataclass(frozen=True)
class EventWords:
    """What the plan says over an event. What is empty or None is left as it is derived."""

    place: Place
    name: str = ""
    version: str = ""
    owner: str = ""
    enforcement: Enforcement | None = None
    meaning: Texts = field(default_factory=dict)
    properties: Mapping[str, PropertyWords] = field(default_factory=dict)


@dataclass(frozen=True)
class Purpose:
    """Why personal data are kept, besides KPIs: `columns` are `relation.column` or `identifier.KIND`."""

    place: Place
    text: Texts
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Document:
    """A document of the plan that lies in the repository.

    Attributes:
        path: relative to the workspace.
        kind: its format; '' for what its name says.
        lang: '' for the workspace's.
    """

    place: Place
    path: str
    kind: str = ""
    lang: str = ""


@dataclass(frozen=True)
class TrackingFile:
    """tracking.yml as it is written.

    Attributes:
        channels: those the plan is about; () for all that the workspace has.
        events: by id or name of the event.
        nulls, drift, identified: tolerances of the whole plan.
    """

    id: str = ""
    version: str = "1.0.0"
    title: Texts = field(default_factory=dict)
    owner: str = ""
    channels: tuple[str, ...] = ()
    enforcement: Enforcement = "off"
    convention: Convention = field(default_factory=Convention)
    needs: tuple[Need, ...] = ()
    purposes: Mapping[str, Purpose] = field(default_factory=dict)
    events: Mapping[str, EventWords] = field(default_factory=dict)
    documents: tuple[Document, ...] = ()
    nulls: Decimal = NULLS
    drift: timedelta = DRIFT
    identified: Decimal = IDENTIFIED
    place: Place | None = None
    lines: Listed[str] = ()
    findings: tuple[Finding, ...] = ()  # warnings

    def finding(
        self, code: str, message: str, place: Place | None, hint: str = "", severity: Severity = "error"
    ) -> Finding:
        """A finding at a place of the file."""
        excerpt = self.lines[place.line - 1] if place is not None and place.line <= len(self.lines) else ""
        return Finding(code, message, place, hint, severity, excerpt)


def read_tracking(file: Path, shown_as: str = "") -> TrackingFile:
    """Read a plan file; neither KPIs nor sources are looked at.

    Raises:
        DefinitionError: every fault of the file, each with its place.
    """
    documents = read(file, shown_as=shown_as)
    shown = shown_as or str(file)
    if len(documents) != 1:
        raise DefinitionError(Finding("plan-empty", f"{shown} must hold one YAML document", Place(shown)))
    reader = Reader(documents[0])
    root = reader.root("the plan")
    head = root.fields("plan")
    found = TrackingFile(
        id=_identifier(reader, head, "id"),
        version=_version(reader, head) or "1.0.0",
        title=labels(head, "title"),
        owner=head.text("owner") or "",
        channels=tuple(head.texts("channels")),
        enforcement=cast("Enforcement", head.choice("enforcement", ENFORCEMENTS) or "off"),
        convention=_convention(reader, root),
        needs=_needs(reader, root),
        purposes=_purposes(reader, root),
        events=_events(reader, root),
        documents=_documents(reader, root),
        place=Place(shown),
        lines=documents[0].lines,
    )
    head.done()
    nulls, drift, identified = _tolerances(reader, root)
    root.done()
    reader.finish()
    return replace(found, nulls=nulls, drift=drift, identified=identified, findings=tuple(reader.findings))


def _identifier(reader: Reader, fields: Fields, key: str) -> str:
    text = fields.text(key) or ""
    if text and not _ID.match(text):
        reader.fault("invalid-name", f"`{text}` is no id", fields.key_place(key), "a-z, 0-9, _ and - make an id")
    return text


def _version(reader: Reader, fields: Fields) -> str:
    text = fields.text("version") or ""
    if text and not _VERSION.match(text):
        place = fields.key_place("version")
        reader.fault("wrong-version", f"`{text}` is no version", place, "three numbers, such as 1.4.0")
    return text


def _convention(reader: Reader, root: Fields) -> Convention:
    fields = root.fields("naming")
    pattern = fields.text("events") or DEFAULT_PATTERN
    if fault := fault_of_pattern(pattern):
        reader.fault("wrong-pattern", fault, fields.key_place("events"), f"events: '{DEFAULT_PATTERN}'")
        pattern = DEFAULT_PATTERN
    style = fields.choice("style", STYLES) or "snake_case"
    longest = fields.number("max_length")
    if longest is not None and (longest != int(longest) or not 8 <= longest <= 256):
        message = "`max_length` is a whole number from 8 to 256"
        reader.fault("wrong-type", message, fields.key_place("max_length"))
        longest = None
    fields.done()
    return Convention(pattern, style, int(longest or 64))


def _needs(reader: Reader, root: Fields) -> tuple[Need, ...]:
    found: dict[str, Need] = {}
    for node in root.items("needs"):
        fields = reader.fields(node, "a need")
        name = _identifier(reader, fields, "id")
        fields.take("id", required=True)
        question = labels(fields, "question")
        if not question:
            fields.take("question", required=True)
        need = Need(
            id=name,
            question=question,
            decision=labels(fields, "decision"),
            asked_by=fields.text("asked_by") or "",
            kpis=tuple(fields.texts("kpis", required=True)),
            by=tuple(fields.texts("by")),
            channels=tuple(fields.texts("channels")),
            every=_every(reader, fields),
            place=fields.place,
            places=_places(fields, "kpis", "by", "channels"),
        )
        if not need.decision and question:
            hint = "decision: what is done with the answer"
            message = f"need `{name}` serves no decision that is said"
            reader.fault("need-without-decision", message, fields.place, hint, "warning")
        fields.done()
        if name in found:
            reader.fault("duplicate-key", f"there are two needs `{name}`", fields.key_place("id"))
        found[name] = need
    return tuple(found.values())


def _places(fields: Fields, *keys: str) -> dict[str, Place]:
    """Where each text of some lists stands."""
    found: dict[str, Place] = {}
    for node in (fields.node.get(key) for key in keys):
        items = node.items if isinstance(node, Sequence) else [node] if node is not None else []
        found |= {each.text: each.place for each in items if isinstance(each, Scalar)}
    return found


def _every(reader: Reader, fields: Fields) -> timedelta | None:
    text = fields.text("every")
    if text is None:
        return None
    found = EVERY.get(text) or duration(text)
    if not found:
        message = f"`{text}` is neither a duration nor {', '.join(EVERY)}"
        reader.fault("wrong-type", message, fields.key_place("every"), "every: day")
    return found


def _purposes(reader: Reader, root: Fields) -> dict[str, Purpose]:
    found = {}
    for name, place, node in root.fields("purposes").entries():
        fields = reader.fields(node, f"purpose `{name}`")
        text = labels(fields, "text")
        if not text:
            fields.take("text", required=True)
        found[name] = Purpose(place, text, tuple(fields.texts("columns", required=True)))
        fields.done()
    return found


def _events(reader: Reader, root: Fields) -> dict[str, EventWords]:
    found = {}
    for name, place, node in root.fields("events").entries():
        fields = reader.fields(node, f"event `{name}`")
        chosen = fields.choice("enforcement", ENFORCEMENTS)
        found[name] = EventWords(
            place=place,
            name=fields.text("name") or "",
            version=_version(reader, fields),
            owner=fields.text("owner") or "",
            enforcement=cast("Enforcement | None", chosen),
            meaning=labels(fields, "meaning"),
            properties={
                column: _property(reader, column, where, each)
                for column, where, each in fields.fields("properties").entries()
            },
        )
        fields.done()
    return found


def _property(reader: Reader, column: str, place: Place, node: Node) -> PropertyWords:
    fields = reader.fields(node, f"property `{column}`")
    found = PropertyWords(
        place=place,
        name=fields.text("name") or "",
        values=tuple(fields.texts("values")),
        low=_bound(reader, fields, "min"),
        high=_bound(reader, fields, "max"),
        nulls=_share(reader, fields, "nulls"),
        meaning=labels(fields, "meaning"),
    )
    if found.low is not None and found.high is not None and found.low > found.high:
        reader.fault("wrong-type", f"`min` of `{column}` is above its `max`", fields.key_place("min"))
    fields.done()
    return found


def _documents(reader: Reader, root: Fields) -> tuple[Document, ...]:
    found = []
    for node in root.items("documents"):
        fields = reader.fields(node, "a document")
        path = fields.text("path", required=True) or ""
        kind, lang = fields.text("format") or "", fields.choice("lang", LANGUAGES) or ""
        fields.done()
        found.append(Document(fields.place, path, kind, lang))
    return tuple(found)


def _bound(reader: Reader, fields: Fields, key: str) -> Decimal | None:
    """A number, or a duration as seconds."""
    node = fields.take(key)
    if node is None:
        return None
    span = duration(node.text) if isinstance(node, Scalar) else None
    if span is not None:
        return Decimal(str(span.total_seconds()))
    return reader.number(node, f"`{key}` of {fields.what}")


def _share(reader: Reader, fields: Fields, key: str) -> Decimal | None:
    node = fields.take(key)
    if node is None:
        return None
    text = node.text.strip() if isinstance(node, Scalar) else ""
    shown = text.removesuffix("%").strip()
    if re.match(r"[0-9]{1,3}(\.[0-9]{1,6})?\Z", shown):
        share = Decimal(shown) / (100 if text.endswith("%") else 1)
        if share <= 1:
            return share
    reader.fault("wrong-type", f"`{key}` must be a share such as 5% or 0.05", node.place)
    return None


def _tolerances(reader: Reader, root: Fields) -> tuple[Decimal, timedelta, Decimal]:
    fields = root.fields("tolerances")
    nulls = _share(reader, fields, "nulls")
    drift = fields.duration("clock")
    identified = _share(reader, fields, "identified")
    fields.done()
    return (
        NULLS if nulls is None else nulls,
        DRIFT if drift is None else drift,
        IDENTIFIED if identified is None else identified,
    )
