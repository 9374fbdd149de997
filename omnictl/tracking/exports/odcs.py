"""A plan as data contracts of the Open Data Contract Standard, v3.1.0: one `NAME.odcs.yaml` per event.

It is the one public format with places of its own for how often data come, where they are kept and who answers for
them; how they are fetched, and which KPIs need them, stand in `customProperties`. An event of several sources has one
contract: `slaProperties` say the strictest frequency and latency, `retrieval` in `customProperties` tells each source.

Source: bitol-io.github.io/open-data-contract-standard. From 3.1 unknown keys are refused in most places.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from omnictl.glossary.card import in_language
from omnictl.relations import RELATIONS
from omnictl.relations.column import Type
from omnictl.tracking.exports.facts import Scope, description, iso_duration, needs_of, said
from omnictl.tracking.exports.losses import Form, Loss, losses
from omnictl.tracking.exports.names import plain, told_apart
from omnictl.tracking.exports.shape import NUMBERS, Shape, number, shape_of
from omnictl.tracking.exports.written import as_yaml
from omnictl.tracking.plan import Event, Plan, Property

RELEASE = "v3.1.0"
_LOGICAL: dict[Type, str] = {"TIMESTAMP": "timestamp", "DATE": "date"}
_TAGS = {"personal": "pii", "pseudonym": "pii-pseudonymous"}
_KEPT = re.compile(r"([1-9][0-9]*) ?(hour|day|week|month|year)s?\Z")
_URI = re.compile(r"[a-z][a-z0-9+.-]*://[!-~]+\Z")
_ADDRESS = re.compile(r"[A-Za-z0-9_-]+\Z")  # a name that stands in `element` without ambiguity
_UNITS = (
    (timedelta(days=1), "d"),
    (timedelta(hours=1), "h"),
    (timedelta(minutes=1), "min"),
    (timedelta(seconds=1), "s"),
)
# What `retrieval` in customProperties tells by source, with its keys there.
_RETRIEVAL = {
    "source.connector": "connector",
    "source.paths": "paths",
    "source.completes": "completes",
    "retrieval.method": "method",
    "retrieval.every": "frequency",
    "retrieval.lateness": "lateness",
    "retrieval.owner": "owner",
    "retrieval.backfill": "backfill",
    "target store": "store",
    "retrieval.retention": "retention",
}
# The facts that are entries of customProperties by their own keys.
_CUSTOM = frozenset(
    (
        *("plan:plan.title", "plan:plan.version", "plan:plan.owner", "plan:plan.naming"),
        *("event:id", "event:enforcement", "event:kpis", "event:kpi cards", "event:needs", "event:purposes"),
        *("event:other languages", "property:other languages", "property:unit", "property:purposes"),
        *("property:kpis", "property:helps", "property:cuts", "property:looked_for", "property:vendor fields"),
        *("property:unplanned", "property:one_of"),
    )
)
FORM = Form(
    "ODCS",
    holds=frozenset(
        (
            *("event:version", "event:owner", "event:retrieval.every", "event:retrieval.lateness"),
            *("event:retrieval.owner", "event:retrieval.retention", "event:target store"),
            *("property:column", "property:values", "property:low/high", "property:nulls", "property:privacy"),
        )
    ),
    extended=_CUSTOM | {"event:sources", *(f"event:{field}" for field in _RETRIEVAL)},
)


def export(plan: Plan, extensions: bool, language: str) -> tuple[dict[str, str], list[Loss]]:
    """The files, and what they leave out."""
    names = told_apart((event.id, event.name) for event in plan.events)
    files = {
        f"{names[event.id]}.odcs.yaml": as_yaml(_contract(Scope(plan, language, event), event, names, extensions))
        for event in plan.events
    }
    return files, losses(plan, FORM, extensions=extensions, language=language)


def _contract(scope: Scope, event: Event, names: dict[str, str], extensions: bool) -> dict[str, Any]:
    name = names[event.id]
    contract = {
        "apiVersion": RELEASE,
        "kind": "DataContract",
        "id": f"{plain(scope.plan.id, 'plan')}-{name}",
        "name": event.name,
        "version": event.version,
        "status": "active",
        "description": _why(scope, event),
        "schema": [_object(scope, event, name, extensions)],
        "servers": list(_servers(scope.plan, event)),
        "slaProperties": list(_agreements(scope.plan, event)),
        "team": _team(scope.plan, event),
        "customProperties": _custom(scope, event) if extensions else [],
    }
    return {key: value for key, value in contract.items() if value}


def _why(scope: Scope, event: Event) -> dict[str, str]:
    """What is asked of the data, and decided with them."""
    needs = needs_of(scope.plan, event)
    questions = [text for need in needs if (text := in_language(need.question, scope.language))]
    decisions = [text for need in needs if (text := in_language(need.decision, scope.language))]
    told = {"purpose": " ".join(questions), "usage": " ".join(decisions)}
    return {key: text for key, text in told.items() if text}


def _object(scope: Scope, event: Event, name: str, extensions: bool) -> dict[str, Any]:
    keys = _keys(scope.plan, event)
    ids = told_apart((each.column, each.name) for each in event.properties)
    found: dict[str, Any] = {
        "id": name,
        "name": event.name,
        "logicalType": "object",
        "physicalType": "table",
        "physicalName": event.relation,
        "description": description(event.meaning, scope.language, event.name),
        "properties": [
            _property(Scope(scope.plan, scope.language, event, each), each, ids[each.column], keys, extensions)
            for each in event.properties
        ],
    }
    if len(keys) > 1:
        columns = [each.name for each in event.properties if each.column in keys]
        found["quality"] = [_rule(name, "unique", "duplicateValues", "uniqueness", arguments={"properties": columns})]
    return found


def _keys(plan: Plan, event: Event) -> tuple[str, ...]:
    """The columns by which records of the event are told apart; () where the event lacks one, or sources share it.

    Ids are unique within a source: of several that give records, the same id may come twice and mean two things. A
    source that completes another's records gives none of its own.
    """
    relation = RELATIONS.get(event.relation)
    giving = [name for name in event.sources if name not in plan.sources or not plan.sources[name].completes]
    if relation is None or len(giving) > 1:
        return ()
    columns = tuple(column for column in relation.key if column != "source")
    return columns if all(event.find(column) for column in columns) else ()


def _property(scope: Scope, one: Property, id: str, keys: tuple[str, ...], extensions: bool) -> dict[str, Any]:
    shape = shape_of(one)
    found: dict[str, Any] = {
        "id": id,
        "name": one.name,
        "physicalName": one.column if one.column != one.name else "",
        "logicalType": _LOGICAL.get(one.type, shape.type),
        "physicalType": one.type,
        "description": description(one.meaning, scope.language),
        "logicalTypeOptions": _options(one, shape),
    }
    found = {key: value for key, value in found.items() if value}
    found["required"] = one.required
    if keys == (one.column,):
        found["unique"] = True
    if one.column in keys:
        found |= {"primaryKey": True, "primaryKeyPosition": keys.index(one.column) + 1}
    if one.privacy:
        found |= {"classification": "restricted", "tags": [_TAGS[one.privacy]]}
    if rules := list(_rules(one, shape, id, keys)):
        found["quality"] = rules
    if extensions and (facts := said(scope, "property", _CUSTOM)):
        found["customProperties"] = [{"property": key, "value": value} for key, value in facts.items()]
    return found


def _options(one: Property, shape: Shape) -> dict[str, Any]:
    if one.type == "TIMESTAMP":
        return {"timezone": False, "defaultTimezone": "Etc/UTC"}
    found: dict[str, Any] = {"format": "i64"} if one.type == "BIGINT" else {}  # i32 is what the standard assumes
    if shape.type in NUMBERS:
        bounds = {"minimum": shape.low, "maximum": shape.high}
        found |= {key: value for key, value in bounds.items() if value is not None}
    return found | ({"minLength": 1} if shape.filled else {})


def _rules(one: Property, shape: Shape, id: str, keys: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    if one.required:
        yield _rule(id, "present", "nullValues", "completeness")
    elif one.nulls is not None:
        most = {"mustBeLessOrEqualTo": number(one.nulls * 100), "unit": "percent"}
        yield _rule(id, "nulls", "nullValues", "completeness", severity="warning", bound=most)
    if shape.values:
        yield _rule(id, "allowed", "invalidValues", "conformity", arguments={"validValues": list(shape.values)})
    if keys == (one.column,):
        yield _rule(id, "unique", "duplicateValues", "uniqueness")


def _rule(
    of: str,
    rule: str,
    metric: str,
    dimension: str,
    *,
    severity: str = "error",
    arguments: dict[str, Any] | None = None,
    bound: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """A rule of the standard's library, which counts rows: none may break it unless `bound` says how many may."""
    found: dict[str, Any] = {"id": f"{of}_{rule}", "metric": metric}
    if arguments:
        found["arguments"] = arguments
    return {**found, **(bound or {"mustBe": 0}), "dimension": dimension, "severity": severity}


def _servers(plan: Plan, event: Event) -> Iterator[dict[str, Any]]:
    """Where each source is kept. The plan says it in words, so the type is `custom`; an address is one where it is."""
    kept = [(name, retrieval.store) for name, retrieval in plan.retrieval(event) if retrieval.store]
    ids = told_apart((name, name) for name, _ in kept)
    for name, store in kept:
        place = {"location": store} if _URI.match(store) else {}
        yield {"id": ids[name], "server": name, "type": "custom", "description": store, **place}


def _agreements(plan: Plan, event: Event) -> Iterator[dict[str, Any]]:
    names = dict(plan.retrieval(event))
    element = _element(event)
    every = {name: one.every for name, one in names.items() if one.every}
    if every:
        told = "How often the table changes: it does when the source is fetched."
        yield _agreement("retrieval_frequency", "frequency", every, element, told)
    lateness = {name: one.lateness for name, one in names.items() if one.lateness}
    if lateness:
        told = "How long after the end of the time they are about data may come."
        yield _agreement("lateness", "latency", lateness, element, told)
    texts = list(dict.fromkeys(one.retention for one in names.values() if one.retention))
    for position, text in enumerate(texts, 1):
        keeping = [name for name, one in names.items() if one.retention == text]
        yield {
            "id": "retention" if len(texts) == 1 else f"retention_{position}",
            "property": "retention",
            **_kept(text),
            "description": f"Of {', '.join(keeping)}.",
        }


def _agreement(id: str, about: str, spans: dict[str, timedelta], element: dict[str, str], told: str) -> dict[str, Any]:
    strictest = min(spans.values())
    if len(spans) > 1:
        each = ", ".join(f"{name} {iso_duration(span)}" for name, span in spans.items())
        told = f"{told} The strictest of its sources: {each}."
    return {"id": id, "property": about, **_measured(strictest), **element, "description": told}


def _element(event: Event) -> dict[str, str]:
    """The column that places a row in time, where the standard can name it: `event.column`."""
    relation = RELATIONS.get(event.relation)
    one = event.find(relation.at) if relation else None
    if one and _ADDRESS.match(event.name) and _ADDRESS.match(one.name):
        return {"element": f"{event.name}.{one.name}"}
    return {}


def _measured(span: timedelta) -> dict[str, Any]:
    """A duration in the largest unit of which it is a whole number."""
    unit, written = next((each for each in _UNITS if span % each[0] == timedelta(0)), _UNITS[-1])
    return {"value": span // unit, "unit": written}


def _kept(text: str) -> dict[str, Any]:
    """`13 months` as value and unit; other words as they are."""
    found = _KEPT.match(text)
    return {"value": int(found[1]), "unit": found[2]} if found else {"value": text}


def _team(plan: Plan, event: Event) -> dict[str, Any]:
    members = [{"username": event.owner, "role": "owner"}] if event.owner else []
    for name, retrieval in plan.retrieval(event):
        if retrieval.owner:
            told = f"Answers for source {name}."
            members.append({"username": retrieval.owner, "role": "owner of a source", "description": told})
    if not members:
        return {}
    return {**({"name": event.owner} if event.owner else {}), "members": members}


def _custom(scope: Scope, event: Event) -> list[dict[str, Any]]:
    facts = said(scope, "plan", _CUSTOM) | said(scope, "event", _CUSTOM)
    found = [{"property": key, "value": value} for key, value in facts.items()]
    methods = list(dict.fromkeys(one.method for _, one in scope.plan.retrieval(event) if one.method))
    if methods:
        told = "How omnictl's sources are fetched."
        value = methods[0] if len(methods) == 1 else methods
        found.append({"property": "retrievalMethod", "value": value, "description": told})
    if sources := _retrieval(scope, event):
        told = "All sources of the event, each with how it is fetched; slaProperties say the strictest."
        found.append({"property": "retrieval", "value": sources, "description": told})
    return found


def _retrieval(scope: Scope, event: Event) -> list[dict[str, Any]]:
    by_field = {key: said(scope, "event", frozenset((f"event:{field}",))) for field, key in _RETRIEVAL.items()}
    told = []
    for name in event.sources:
        entry: dict[str, Any] = {"source": name}
        for key, found in by_field.items():
            for values in found.values():
                if name in values:
                    entry[key] = values[name]
        told.append(entry)
    return told
