"""Exports of a tracking plan against what their formats say: published schemas, linters' rules, and payloads.

ODCS: the schema of release 3.1, as the package `open-data-contract-standard` ships it (MIT). JSON Schema: the
meta-schemas that `jsonschema` ships. Snowplow and RudderStack: the keys and patterns that their command lines check,
written down here in our own words; `igluctl lint`'s six rules.
"""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft4Validator, Draft201909Validator, Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError
from tracking_plans import AWKWARD_EVENT, event, plan_of, prop, source, whole_plan

from omnictl.tracking.exports import export
from omnictl.tracking.plan import Plan

CALL = {
    "interaction_id": "c-1",
    "started_at": "2026-03-02T09:30:00Z",
    "outcome": "abandoned",
    "wait_s": 12.5,
    "transfers": None,
    "recorded": False,
    "day": "2026-03-02",
    "phone": "3f9a",
}
CHAT = {"interaction_id": "t-9", "outcome": None, "wait_s": 900}
ANSWER = {"score": 10, "comment": "", "null": "x", "on": None, "1e3": "y"}
GOOD = {"phone_contact_ended": CALL, "chat_contact_ended": CHAT, "Reponse_a_chaud": ANSWER}
BAD = [
    ("phone_contact_ended", {"started_at": "yesterday"}, "started_at"),
    ("phone_contact_ended", {"day": "02/03/2026"}, "day"),
    ("phone_contact_ended", {"outcome": "deflected"}, "outcome"),
    ("phone_contact_ended", {"recorded": None}, "recorded"),
    ("phone_contact_ended", {"interaction_id": ""}, "interaction_id"),
    ("phone_contact_ended", {"wait_s": 3600.6}, "wait_s"),
    ("phone_contact_ended", {"transfers": -1}, "transfers"),
    ("phone_contact_ended", {"nobody": "planned this"}, ""),
    ("chat_contact_ended", {"wait_s": 901}, "wait_s"),
    ("chat_contact_ended", {"outcome": "abandoned"}, "outcome"),
    ("Reponse_a_chaud", {"score": 3}, "score"),
    ("Reponse_a_chaud", {"score": "10"}, "score"),
]
_ADDRESS = re.compile(r"iglu:[a-zA-Z0-9-_.]+/[a-zA-Z0-9-_]+/jsonschema/[1-9][0-9]*-[0-9]+-[0-9]+\Z")
_UUID4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\Z")
_ID = re.compile(r"[A-Za-z0-9_-]+\Z")


def schemas(form: str = "json-schema", prefix: str = "", **more: Any) -> dict[str, dict[str, Any]]:
    """The JSON documents of an export, by the event's name as it stands in the path."""
    files = export(whole_plan(), form, **more).files
    at = 0 if form == "json-schema" else 2
    chosen = {path: text for path, text in files.items() if path.startswith(prefix)}
    return {path.split("/")[at].removesuffix(".schema.json"): json.loads(text) for path, text in chosen.items()}


def faults(schema: dict[str, Any], payload: dict[str, Any], draft: Any = Draft202012Validator) -> list[ValidationError]:
    return list(draft(schema, format_checker=FormatChecker()).iter_errors(payload))


@pytest.mark.parametrize("extensions", [True, False])
def test_json_schemas_are_of_their_dialect_and_take_good_events(extensions: bool) -> None:
    found = schemas(extensions=extensions)
    assert set(found) == set(GOOD)
    for name, schema in found.items():
        Draft202012Validator.check_schema(schema)
        assert faults(schema, GOOD[name]) == []


@pytest.mark.parametrize(("name", "change", "where"), BAD)
def test_both_kinds_of_schema_refuse_a_bad_event_and_say_where(name: str, change: dict[str, Any], where: str) -> None:
    bad = GOOD[name] | change
    iglu = schemas("snowplow", "schemas/")[name]
    for schema, draft in ((schemas()[name], Draft202012Validator), (iglu, Draft4Validator)):
        assert {".".join(map(str, each.path)) for each in faults(schema, bad, draft)} == {where}


def test_a_key_that_is_required_must_be_there() -> None:
    missing = {key: value for key, value in CALL.items() if key not in ("started_at", "recorded")}
    assert len(faults(schemas()["phone_contact_ended"], missing)) == 2


def published_odcs() -> dict[str, Any]:
    package = importlib.util.find_spec("open_data_contract_standard")
    assert package is not None and package.origin is not None
    schema: dict[str, Any] = json.loads((Path(package.origin).parent / "schema.json").read_text(encoding="utf-8"))
    assert schema["properties"]["apiVersion"]["default"] == "v3.1.0"
    return schema


def odd_plan() -> Plan:
    """What the whole plan lacks: a key of two columns, a store that is an address, an event without properties."""
    offer = event(
        "offers",
        "web",
        prop("decision_id", required=True),
        prop("solution", required=True),
        sources=("site",),
        owner="web@example.com",
    )
    fetched = source("site", offer.id, store="s3://bucket/raw/offers", retention="2 years", owner="web@example.com")
    return plan_of(event("base", None, name="b"), offer, sources=[fetched], id="")


def test_a_key_of_two_columns_is_one_rule_of_the_table() -> None:
    contract = yaml.safe_load(export(odd_plan(), "odcs").files["offers_web.odcs.yaml"])
    table = contract["schema"][0]
    assert [each["primaryKeyPosition"] for each in table["properties"]] == [1, 2]
    assert [(each["metric"], each["arguments"]) for each in table["quality"]] == [
        ("duplicateValues", {"properties": ["decision_id", "solution"]})
    ]
    assert contract["servers"][0]["location"] == "s3://bucket/raw/offers"
    assert [(each["value"], each["unit"]) for each in contract["slaProperties"]] == [(2, "year")]


@pytest.mark.parametrize("extensions", [True, False])
@pytest.mark.parametrize("plan", [whole_plan(), odd_plan()], ids=["whole", "odd"])
def test_contracts_are_valid_odcs(plan: Plan, extensions: bool) -> None:
    check = Draft201909Validator(published_odcs(), format_checker=FormatChecker())
    for text in export(plan, "odcs", extensions=extensions).files.values():
        contract = yaml.safe_load(text)
        assert [each.message for each in check.iter_errors(contract)] == []
        for ids in _ids(contract):
            assert len(ids) == len(set(ids))


def test_a_contract_with_a_key_of_ours_is_not_valid_odcs() -> None:
    contract = yaml.safe_load(export(whole_plan(), "odcs").files["phone_contact_ended.odcs.yaml"])
    contract["schema"][0]["properties"][0]["kpis"] = ["x"]
    assert list(Draft201909Validator(published_odcs()).iter_errors(contract))


def _ids(node: Any) -> Iterator[list[str]]:
    """The ids of each array, which must differ."""
    if isinstance(node, list):
        yield [each["id"] for each in node if isinstance(each, dict) and "id" in each]
    for each in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from _ids(each)


# resource: (keys it must have, keys it may have) of its `data`, of all three.
SNOWPLOW = {
    "source-application": ({"name", "entities", "appIds"}, {"domain", "description", "owner"}),
    "data-product": ({"name"}, {"domain", "description", "owner", "sourceApplications", "eventSpecifications"}),
}
SPECIFICATION = {"resourceName", "name", "sourceApplications", "triggers", "event", "entities"}


def test_snowplow_resources_have_the_keys_and_ids_its_command_line_wants() -> None:
    files = export(whole_plan(), "snowplow").files
    resources = {path: yaml.safe_load(text) for path, text in files.items() if path.startswith("data-products/")}
    ids = []
    for each in resources.values():
        assert set(each) == {"apiVersion", "resourceType", "resourceName", "data"} and each["apiVersion"] == "v1"
        must, may = SNOWPLOW[each["resourceType"]]
        assert must <= set(each["data"]) <= must | may
        ids.append(each["resourceName"])
    plan = resources["data-products/help-desk_2.yaml"]["data"]
    for each in plan["eventSpecifications"]:
        assert {"resourceName", "name"} <= set(each) <= SPECIFICATION
        assert _ADDRESS.match(each["event"]["source"])
        assert each["event"]["source"].replace("iglu:", "schemas/") in files
        ids.append(each["resourceName"])
    assert all(map(_UUID4.match, ids)) and len(ids) == len(set(ids))
    for reference in plan["sourceApplications"]:
        assert reference["$ref"].replace("./", "data-products/") in files


def test_owners_with_an_address_stand_where_snowplow_wants_one() -> None:
    files = {
        path: yaml.safe_load(text) for path, text in export(odd_plan(), "snowplow").files.items() if "." in path[-5:]
    }
    assert "owner" not in files["data-products/plan.yaml"]["data"]
    assert files["data-products/source-apps/site.yaml"]["data"]["owner"] == "web@example.com"
    named = plan_of(*whole_plan().events, sources=list(whole_plan().sources.values()), owner="cx@example.com")
    made = export(named, "snowplow")
    assert yaml.safe_load(made.files["data-products/help-desk.yaml"])["data"]["owner"] == "cx@example.com"
    assert "plan.owner" not in {each.field for each in made.losses}


def test_data_structures_are_what_snowplows_command_line_wants() -> None:
    files = export(whole_plan(), "snowplow").files
    structures = {path: yaml.safe_load(text) for path, text in files.items() if path.startswith("data-structures/")}
    assert len(structures) == 3
    for path, each in structures.items():
        assert set(each) == {"apiVersion", "resourceType", "meta", "data"}
        assert (each["apiVersion"], each["resourceType"]) == ("v1", "data-structure")
        assert set(each["meta"]) == {"hidden", "schemaType", "customData"}
        assert all(isinstance(value, str) for value in each["meta"]["customData"].values())
        own = each["data"]["self"]
        assert set(own) == {"vendor", "name", "format", "version"}
        assert _ADDRESS.match(f"iglu:{own['vendor']}/{own['name']}/{own['format']}/{own['version']}")
        assert path == f"data-structures/{own['vendor']}/{own['name']}.yaml"
        iglu = files[f"schemas/{own['vendor']}/{own['name']}/jsonschema/{own['version']}"]
        assert json.loads(iglu) == each["data"]


def test_schemas_for_iglu_follow_its_linters_rules() -> None:
    for schema in schemas("snowplow", "schemas/").values():
        Draft4Validator.check_schema(schema)
        assert schema["$schema"].startswith("http://iglucentral.com/schemas/com.snowplowanalytics.self-desc/schema/")
        assert schema["type"] == "object" and schema["properties"]
        for name, each in schema["properties"].items():
            types = {each["type"]} if isinstance(each["type"], str) else set(each["type"])
            assert each["description"]
            assert ("null" in types) is (name not in schema.get("required", ()))
            if types & {"integer", "number"} and "enum" not in each:
                assert {"minimum", "maximum"} <= set(each)
            if "string" in types:
                assert {"maxLength", "enum"} & set(each)
            assert each.get("format", "date") in ("date", "date-time")


CONFIG = {  # of a type: the settings RudderStack's command line takes
    "string": {"enum", "min_length", "max_length", "pattern", "format"},
    "integer": {"enum", "minimum", "maximum", "exclusive_minimum", "exclusive_maximum", "multiple_of"},
    "number": {"enum", "minimum", "maximum", "exclusive_minimum", "exclusive_maximum", "multiple_of"},
    "boolean": {"enum"},
}


def test_rudderstack_files_are_what_its_command_line_wants() -> None:
    files = {path: yaml.safe_load(text) for path, text in export(whole_plan(), "rudderstack").files.items()}
    for path, kind in (
        ("events.yaml", "events"),
        ("properties.yaml", "properties"),
        ("tracking-plan.yaml", "tracking-plan"),
    ):
        assert set(files[path]) == {"version", "kind", "metadata", "spec"}
        assert (files[path]["version"], files[path]["kind"]) == ("rudder/v1", kind)
    for each in files["events.yaml"]["spec"]["events"]:
        assert {"id", "name", "event_type"} <= set(each) <= {"id", "name", "event_type", "description"}
        assert _ID.match(each["id"]) and each["event_type"] == "track" and 1 <= len(each["name"].encode()) <= 64
    rows = files["properties.yaml"]["spec"]["properties"]
    for each in rows:
        assert {"id", "name"} <= set(each) <= {"id", "name", "type", "types", "description", "config"}
        assert _ID.match(each["id"]) and ("type" in each) is not ("types" in each)
        types = [each["type"]] if "type" in each else each["types"]
        assert types[0] in CONFIG and types[1:] in ([], ["null"])
        assert set(each.get("config", {})) <= CONFIG[types[0]]
        assert re.match(r"[a-zA-Z].{2,1999}\Z", each.get("description", "none"))
    named = [(each["name"], each.get("type"), *each.get("types", ())) for each in rows]
    assert len(named) == len(set(named))


def test_rudderstacks_references_are_to_what_there_is() -> None:
    files = {path: yaml.safe_load(text) for path, text in export(whole_plan(), "rudderstack").files.items()}
    events = [f"#event:{each['id']}" for each in files["events.yaml"]["spec"]["events"]]
    properties = [f"#property:{each['id']}" for each in files["properties.yaml"]["spec"]["properties"]]
    plan = files["tracking-plan.yaml"]["spec"]
    assert re.match(r"[A-Z_a-z][ \w,.-]{1,63}[\w,.-]\Z", plan["display_name"], re.ASCII)
    assert len(properties) == len(set(properties))
    assert [rule["event"] for rule in plan["rules"]] == events
    for rule in plan["rules"]:
        assert set(rule) == {"type", "id", "event", "additional_properties", "properties"}
        assert (rule["type"], rule["additional_properties"]) == ("event_rule", False)
        assert {each["property"] for each in rule["properties"]} <= set(properties)
    used = {each["property"] for rule in plan["rules"] for each in rule["properties"]}
    assert used == set(properties)


def test_a_title_rudderstack_cannot_show_gives_way_to_the_id_and_is_told() -> None:
    made = export(plan_of(event("base", None), title={"en": AWKWARD_EVENT}), "rudderstack")
    assert yaml.safe_load(made.files["tracking-plan.yaml"])["spec"]["display_name"] == "help-desk"
    assert "plan.title" in {each.field for each in made.losses}
