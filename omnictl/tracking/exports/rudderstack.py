"""A plan for RudderStack's command line, `rudder/v1`: its events, their properties, and the tracking plan of both.

RudderStack keeps properties apart from events, one for each name and type. Where events of a plan share a name and a
type and differ in allowed values or bounds, the one property takes what any of them takes, which is told as a loss.
Other types of the same name are properties of their own, whose ids end in the type.

Sources: RudderStack's documentation, "Data Catalog YAML Reference", and the rules its command line validates with:
lengths of names, characters of descriptions and of the display name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from omnictl.glossary.card import in_language
from omnictl.tracking.exports.facts import description
from omnictl.tracking.exports.losses import Form, Loss, losses, told
from omnictl.tracking.exports.names import plain, told_apart
from omnictl.tracking.exports.shape import Scalar, Shape, shape_of
from omnictl.tracking.exports.written import as_yaml
from omnictl.tracking.plan import Event, Plan, Property

VERSION = "rudder/v1"
LONGEST_EVENT = 64  # bytes of a name
LONGEST_PROPERTY = 65
_DESCRIPTION = re.compile(r"[A-Za-z].{2,1999}\Z", re.DOTALL)
_SHOWN = re.compile(r"[A-Za-z_][ \w,.-]{1,63}[\w,.-]\Z", re.ASCII)
FORM = Form("RudderStack", holds=frozenset(("plan:plan.title", "property:values", "property:low/high")))
Key = tuple[str, tuple[str, ...]]  # the name and the types of a property


@dataclass
class _Shared:
    """One property of RudderStack: all those of the plan's events that have its name and type."""

    members: list[Property] = field(default_factory=list)

    @property
    def shapes(self) -> list[Shape]:
        return [shape_of(each) for each in self.members]

    @property
    def values(self) -> tuple[Scalar, ...]:
        """The values any of them may have; () where one may have any."""
        shapes = self.shapes
        if not all(shape.values for shape in shapes):
            return ()
        return tuple(dict.fromkeys(value for shape in shapes for value in shape.values))

    @property
    def format(self) -> str:
        """The format of all of them; '' where they differ."""
        formats = {shape.format for shape in self.shapes}
        return formats.pop() if len(formats) == 1 else ""

    @property
    def low(self) -> int | float | None:
        bounds = [shape.low for shape in self.shapes]
        return None if None in bounds else min(each for each in bounds if each is not None)

    @property
    def high(self) -> int | float | None:
        bounds = [shape.high for shape in self.shapes]
        return None if None in bounds else max(each for each in bounds if each is not None)


def export(plan: Plan, extensions: bool, language: str) -> tuple[dict[str, str], list[Loss]]:
    """The files, and what they leave out; RudderStack has no place for extensions."""
    shared = _properties(plan)
    ids = told_apart((key, _wanted(key, shared)) for key in shared)
    events = told_apart((event.id, event.name) for event in plan.events)
    files = {
        "events.yaml": _document(plan, "events", [_event(each, events[each.id], language) for each in plan.events]),
        "properties.yaml": _document(
            plan, "properties", [_property(key, ids[key], one, language) for key, one in shared.items()]
        ),
        "tracking-plan.yaml": _plan(plan, events, ids, language),
    }
    lost = losses(plan, FORM, extensions=extensions, language=language)
    return files, [*lost, *_title(plan, language), *_changed(plan, shared, language)]


def _key(one: Property) -> Key:
    shape = shape_of(one)
    return one.name, ((shape.type, "null") if shape.nullable else (shape.type,))


def _properties(plan: Plan) -> dict[Key, _Shared]:
    found: dict[Key, _Shared] = {}
    for event in plan.events:
        for each in event.properties:
            found.setdefault(_key(each), _Shared()).members.append(each)
    return found


def _wanted(key: Key, shared: dict[Key, _Shared]) -> str:
    """The id of a property: its name, and its types where the name has others before."""
    first = next(other for other in shared if other[0] == key[0])
    return key[0] if key == first else "_".join((plain(key[0]), *key[1]))


def _document(plan: Plan, kind: str, entries: list[dict[str, Any]]) -> str:
    metadata = {"name": f"{_id(plan)}-{kind}"}
    return as_yaml({"version": VERSION, "kind": kind, "metadata": metadata, "spec": {kind: entries}})


def _event(event: Event, id: str, language: str) -> dict[str, Any]:
    told_as = _described(description(event.meaning, language))
    return {"id": id, "name": event.name, "event_type": "track", **told_as}


def _property(key: Key, id: str, shared: _Shared, language: str) -> dict[str, Any]:
    name, types = key
    found: dict[str, Any] = {"id": id, "name": name}
    found |= {"type": types[0]} if len(types) == 1 else {"types": list(types)}
    found |= _described(description(shared.members[0].meaning, language))
    config = _config(shared, nullable="null" in types)
    return {**found, "config": config} if config else found


def _config(shared: _Shared, nullable: bool) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if shared.format:
        found["format"] = shared.format
    if values := shared.values:
        found["enum"] = [*values, None] if nullable else list(values)
    if shared.low is not None:
        found["minimum"] = shared.low
    if shared.high is not None:
        found["maximum"] = shared.high
    if all(shape.filled for shape in shared.shapes):
        found["min_length"] = 1
    return found


def _plan(plan: Plan, events: dict[str, str], ids: dict[Key, str], language: str) -> str:
    rules = []
    for event in plan.events:
        used = [{"property": f"#property:{ids[_key(one)]}", "required": one.required} for one in event.properties]
        rules.append(
            {
                "type": "event_rule",
                "id": f"{events[event.id]}_rule",
                "event": f"#event:{events[event.id]}",
                "additional_properties": False,
                "properties": used,
            }
        )
    spec = {"id": _id(plan), "display_name": _shown(plan, language), "rules": rules}
    return as_yaml({"version": VERSION, "kind": "tracking-plan", "metadata": {"name": _id(plan)}, "spec": spec})


def _id(plan: Plan) -> str:
    return plain(plan.id, "plan")


def _shown(plan: Plan, language: str) -> str:
    """The plan's title where RudderStack can show it, else its id."""
    title = in_language(plan.title, language)
    return title if _SHOWN.match(title) else _id(plan)


def _title(plan: Plan, language: str) -> list[Loss]:
    title = in_language(plan.title, language)
    why = "RudderStack shows names of 3 to 65 letters without accents, digits, spaces and _,.-"
    return [Loss("plan.title", why)] if title and title != _shown(plan, language) else []


def _described(text: str) -> dict[str, str]:
    return {"description": text} if _DESCRIPTION.match(text) else {}


def _changed(plan: Plan, shared: dict[Key, _Shared], language: str) -> list[Loss]:
    """What stands in the files otherwise than in the plan, or not at all."""
    one = "RudderStack has one property of a name and type: it takes what any of them takes"
    first = "RudderStack has one property of a name and type: the first meaning is written"
    begins = "RudderStack's descriptions begin with a letter from A to Z and have 3 to 2000 characters"
    longest = f"RudderStack's names have at most {LONGEST_EVENT} bytes, those of properties {LONGEST_PROPERTY}"

    def said(each: Event | Property) -> str:
        return description(each.meaning, language)

    def unsaid(each: Event | Property) -> bool:
        return bool(said(each)) and not _described(said(each))

    def other(_: Event, each: Property) -> bool:
        return bool(said(each)) and said(each) != said(shared[_key(each)].members[0])

    def bounds(_: Event, each: Property) -> bool:
        kept, shape = shared[_key(each)], shape_of(each)
        return (shape.low, shape.high) != (kept.low, kept.high) and shape.bounded

    def values(_: Event, each: Property) -> bool:
        own = shape_of(each).values
        return bool(own) and set(own) != set(shared[_key(each)].values)

    def format(_: Event, each: Property) -> bool:
        return shape_of(each).format != shared[_key(each)].format

    return [
        *told(plan, "format", one, properties=format),
        *told(plan, "values", one, properties=values),
        *told(plan, "low/high", one, properties=bounds),
        *told(plan, "meaning", begins, events=unsaid, properties=lambda _, each: unsaid(each)),
        *told(plan, "meaning", first, properties=other),
        *told(
            plan,
            "name",
            longest,
            events=lambda event: len(event.name.encode()) > LONGEST_EVENT,
            properties=lambda _, each: len(each.name.encode()) > LONGEST_PROPERTY,
        ),
    ]
