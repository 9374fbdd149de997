"""A plan as JSON Schema, draft 2020-12: one `NAME.schema.json` per event, for validators of its payload.

`required` says that a key is there, `null` in `type` that its value may be null. `format` only annotates unless the
validator is told to assert it. Facts beyond the payload stand in `x-omnictl-…` keywords, which validators pass over.

Source: json-schema.org, draft 2020-12, core and validation.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from omnictl.tracking.exports.facts import Scope, description, kebab, said
from omnictl.tracking.exports.losses import Form, Loss, losses
from omnictl.tracking.exports.names import told_apart
from omnictl.tracking.exports.shape import Shape, shape_of
from omnictl.tracking.exports.written import as_json
from omnictl.tracking.plan import Plan, Property

DIALECT = "https://json-schema.org/draft/2020-12/schema"
FORM = Form(
    "JSON Schema",
    holds=frozenset(("event:version", "property:values", "property:low/high")),
    extended=frozenset(
        (
            *("plan:plan.version", "plan:plan.owner", "event:id", "event:owner", "event:enforcement"),
            *("event:kpis", "event:kpi cards", "event:needs", "event:purposes", "event:other languages"),
            "property:other languages",
            *("property:column", "property:unit", "property:nulls", "property:privacy", "property:purposes"),
            *("property:kpis", "property:helps", "property:cuts", "property:looked_for", "property:unplanned"),
            "property:one_of",
        )
    ),
)


def export(plan: Plan, extensions: bool, language: str) -> tuple[dict[str, str], list[Loss]]:
    """The files, and what they leave out."""
    names = told_apart((event.id, event.name) for event in plan.events)
    files = {}
    for event in plan.events:
        scope = Scope(plan, language, event)
        document: dict[str, Any] = {
            "$schema": DIALECT,
            "$id": f"urn:omnictl:plan:{_urn(plan.id)}:event:{_urn(event.name)}:{_urn(event.version)}",
            "title": event.name,
            "description": description(event.meaning, language, event.name),
            "type": "object",
            "required": [each.name for each in event.properties if each.required],
            "additionalProperties": False,
            "properties": {each.name: _property(scope, each, extensions) for each in event.properties},
        }
        if extensions:
            document |= _annotations(said(scope, "plan", FORM.extended) | said(scope, "event", FORM.extended))
        files[f"{names[event.id]}.schema.json"] = as_json(document)
    return files, losses(plan, FORM, extensions=extensions, language=language)


def payload(shape: Shape) -> dict[str, Any]:
    """The keywords that all drafts share: type, format, allowed values, bounds, no empty strings."""
    found: dict[str, Any] = {"type": [shape.type, "null"] if shape.nullable else shape.type}
    if shape.format:
        found["format"] = shape.format
    if shape.values:
        found["enum"] = [*shape.values, None] if shape.nullable else list(shape.values)
    if shape.low is not None:
        found["minimum"] = shape.low
    if shape.high is not None:
        found["maximum"] = shape.high
    if shape.filled:
        found["minLength"] = 1
    return found


def _property(scope: Scope, one: Property, extensions: bool) -> dict[str, Any]:
    found = payload(shape_of(one))
    if told := description(one.meaning, scope.language):
        found["description"] = told
    if extensions:
        found |= _annotations(said(Scope(scope.plan, scope.language, scope.event, one), "property", FORM.extended))
    return found


def _annotations(facts: dict[str, Any]) -> dict[str, Any]:
    return {f"x-omnictl-{kebab(key)}": value for key, value in facts.items()}


def _urn(text: str) -> str:
    return quote(text, safe="") or "unnamed"
