"""A plan for Snowplow: a data structure per event, the same for an Iglu registry, and the tracking plan around them.

    data-structures/VENDOR/NAME.yaml          one event, for Snowplow's command line
    schemas/VENDOR/NAME/jsonschema/VERSION    the same as self-describing JSON, for any Iglu registry
    data-products/source-apps/SOURCE.yaml     a source of the plan; its application ids are not the plan's to know
    data-products/PLAN.yaml                   the tracking plan, which names both

The dialect is draft-04. All that `igluctl lint` asks for is filled in: a description of every property, a length or
allowed values for strings, both bounds for numbers (those of the column's type where the plan has none), null for what
is optional. `resourceName` must stay what it was for ever: it is made of the plan's id and the id of the event or the
name of the source.

Sources: Snowplow's documentation of its command line, of versions (SchemaVer) and of igluctl.
"""

from __future__ import annotations

import re
from typing import Any

from omnictl.glossary.card import in_language
from omnictl.tracking.exports.facts import Scope, description, said
from omnictl.tracking.exports.json_schema import payload
from omnictl.tracking.exports.losses import Form, Loss, losses, told
from omnictl.tracking.exports.names import plain, stable_uuid, told_apart
from omnictl.tracking.exports.shape import LIMITS, NUMBERS, shape_of
from omnictl.tracking.exports.written import as_json, as_yaml
from omnictl.tracking.plan import Event, Plan, Property

SELF_DESCRIBING = "http://iglucentral.com/schemas/com.snowplowanalytics.self-desc/schema/jsonschema/1-0-0#"
LONGEST = 65535  # characters of a string: what the widest column of a warehouse that Snowplow loads can hold
_LENGTHS = {"date-time": 35, "date": 10}
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+\Z")
FORM = Form(
    "Snowplow",
    holds=frozenset(("plan:plan.title", "event:version", "event:sources", "property:values", "property:low/high")),
    extended=frozenset(
        (
            *(
                "plan:plan.version",
                "plan:plan.owner",
                "event:id",
                "event:owner",
                "event:enforcement",
                "event:kpis",
                "event:sources",
            ),
            *("event:retrieval.every", "event:retrieval.lateness", "event:retrieval.retention"),
        )
    ),
)


def export(plan: Plan, extensions: bool, language: str) -> tuple[dict[str, str], list[Loss]]:
    """The files, and what they leave out."""
    vendor = vendor_of(plan)
    names = told_apart((event.id, event.name) for event in plan.events)
    files = {}
    for event in plan.events:
        name = names[event.id]
        schema = _schema(event, vendor, name, language)
        meta = {"hidden": False, "schemaType": "event", "customData": _custom(plan, event, language, extensions)}
        structure = {"apiVersion": "v1", "resourceType": "data-structure", "meta": meta, "data": schema}
        files[f"data-structures/{vendor}/{name}.yaml"] = as_yaml(structure)
        files[f"schemas/{vendor}/{name}/jsonschema/{schema_ver(event.version)}"] = as_json(schema)
    files |= _around(plan, vendor, names, language)
    lost = losses(plan, FORM, extensions=extensions, language=language)
    kept = [each for each in lost if each.field != "plan.owner" or not _owner(plan.owner)]
    return files, [*kept, *_changed(plan, names)]


def vendor_of(plan: Plan) -> str:
    """The vendor of the plan's schemas."""
    return f"com.{plain(plan.id, 'omnictl')}"


def schema_ver(version: str) -> str:
    """`1.4.0` as MODEL-REVISION-ADDITION, which begins at 1: a version 0 is written 1."""
    model, *rest = version.split(".")
    return "-".join((str(max(1, int(model))), *rest))


def _schema(event: Event, vendor: str, name: str, language: str) -> dict[str, Any]:
    return {
        "$schema": SELF_DESCRIBING,
        "self": {"vendor": vendor, "name": name, "format": "jsonschema", "version": schema_ver(event.version)},
        "description": description(event.meaning, language, event.name),
        "type": "object",
        "properties": {each.name: _property(each, language) for each in event.properties},
        **_required([each.name for each in event.properties if each.required]),
        "additionalProperties": False,
    }


def _required(names: list[str]) -> dict[str, list[str]]:
    """The keyword, which draft-04 does not let be an empty list."""
    return {"required": names} if names else {}


def _property(one: Property, language: str) -> dict[str, Any]:
    shape = shape_of(one)
    found = payload(shape)
    if shape.type in NUMBERS:
        low, high = LIMITS[one.type]
        found.setdefault("minimum", low)
        found.setdefault("maximum", high)
    elif shape.type == "string" and not shape.values:
        found["maxLength"] = _LENGTHS.get(shape.format, LONGEST)
    return {"type": found.pop("type"), "description": description(one.meaning, language, one.name), **found}


def _custom(plan: Plan, event: Event, language: str, extensions: bool) -> dict[str, str]:
    """customData: strings only, lists joined by commas, what each source says as `source=text`."""
    if not extensions:
        return {}
    scope = Scope(plan, language, event)
    facts = said(scope, "plan", FORM.extended) | said(scope, "event", FORM.extended)
    return {key: _joined(value) for key, value in facts.items()}


def _joined(value: Any) -> str:
    if isinstance(value, dict):
        return ",".join(f"{key}={text}" for key, text in value.items())
    return ",".join(value) if isinstance(value, list) else str(value)


def _around(plan: Plan, vendor: str, names: dict[str, str], language: str) -> dict[str, str]:
    """Source applications, and the tracking plan, which Snowplow's files still call a data product."""
    giving = [name for name in plan.sources if any(name in event.sources for event in plan.events)]
    apps = told_apart((name, name) for name in giving)
    files = {f"data-products/source-apps/{file}.yaml": _application(plan, name) for name, file in apps.items()}
    references = {name: {"$ref": f"./source-apps/{file}.yaml"} for name, file in apps.items()}
    specifications = []
    for event in plan.events:
        entry: dict[str, Any] = {"resourceName": stable_uuid(plan.id, "event", event.id), "name": event.name}
        if given := [references[name] for name in event.sources if name in references]:
            entry["sourceApplications"] = given
        source = f"iglu:{vendor}/{names[event.id]}/jsonschema/{schema_ver(event.version)}"
        specifications.append({**entry, "event": {"source": source}})
    title = in_language(plan.title, language) or plan.id or "Tracking plan"
    data: dict[str, Any] = {"name": title, **_owner(plan.owner)}
    if references:
        data["sourceApplications"] = list(references.values())
    data["eventSpecifications"] = specifications
    files[f"data-products/{plain(plan.id, 'plan')}.yaml"] = _resource("data-product", (plan.id, "plan"), data)
    return files


def _application(plan: Plan, name: str) -> str:
    owner = plan.sources[name].retrieval.owner
    data = {"name": name, "appIds": [], **_owner(owner), "entities": {"tracked": [], "enriched": []}}
    return _resource("source-application", (plan.id, "source", name), data)


def _resource(kind: str, parts: tuple[str, ...], data: dict[str, Any]) -> str:
    head = {"apiVersion": "v1", "resourceType": kind, "resourceName": stable_uuid(*parts)}
    return as_yaml({**head, "data": data})


def _owner(owner: str) -> dict[str, str]:
    """An owner, who must be an e-mail address here."""
    return {"owner": owner} if _EMAIL.match(owner) else {}


def _changed(plan: Plan, names: dict[str, str]) -> list[Loss]:
    """What stands in the files otherwise than in the plan."""
    letters = "Snowplow's names are of letters, digits, _ and -"
    begins = "SchemaVer begins at 1-0-0, as which version 0 is written"
    return [
        *told(plan, "name", letters, events=lambda event: names[event.id] != event.name),
        *told(plan, "version 0", begins, events=lambda event: event.version.startswith("0.")),
    ]
