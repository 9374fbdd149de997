"""Exports of a tracking plan: the same bytes as before, what is read back, and what is told to be left out.

`PYTHONPATH=.:tests python tests/tracking/test_exports.py` writes the golden files anew; read the difference before
keeping it.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from tracking_plans import AWKWARD_EVENT, AWKWARD_NAMES, event, plan_of, prop, source, whole_plan

from omnictl.errors import OmnictlError
from omnictl.sources import Retrieval
from omnictl.tracking.exports import FORMS, Loss, export, json_schema, odcs, rudderstack, snowplow
from omnictl.tracking.exports.facts import FACTS, iso_duration
from omnictl.tracking.exports.names import plain, stable_uuid, told_apart
from omnictl.tracking.exports.shape import shape_of
from omnictl.tracking.exports.written import as_yaml
from omnictl.tracking.plan import Event, Feed, Plan, PlannedKpi, Property

GOLDEN = Path(__file__).parent / "golden"
Rows = dict[str, dict[str, tuple[bool, tuple[Any, ...]]]]  # event: property: (required, allowed values)


def golden_texts(form: str) -> dict[str, str]:
    """What an export of the whole plan is, with its losses as one more file."""
    made = export(whole_plan(), form)
    return {**made.files, "losses.txt": "".join(f"{each.text}\n" for each in made.losses)}


def read_back(form: str, files: Mapping[str, str]) -> Rows:
    """The events of an export with their properties, as a reader of the format finds them."""
    return {"odcs": _of_odcs, "json-schema": _of_json, "snowplow": _of_snowplow, "rudderstack": _of_rudder}[form](files)


def _of_odcs(files: Mapping[str, str]) -> Rows:
    found: Rows = {}
    for text in files.values():
        contract = yaml.safe_load(text)
        rows = contract["schema"][0].get("properties", ())
        found[contract["name"]] = {
            each["name"]: (
                each["required"],
                tuple(
                    value
                    for rule in each.get("quality", ())
                    if rule["metric"] == "invalidValues"
                    for value in rule["arguments"]["validValues"]
                ),
            )
            for each in rows
        }
    return found


def _of_json(files: Mapping[str, str]) -> Rows:
    return {schema["title"]: _of_schema(schema) for schema in map(json.loads, files.values())}


def _of_schema(schema: Mapping[str, Any]) -> dict[str, tuple[bool, tuple[Any, ...]]]:
    return {
        name: (name in schema.get("required", ()), tuple(value for value in each.get("enum", ()) if value is not None))
        for name, each in schema["properties"].items()
    }


def _of_snowplow(files: Mapping[str, str]) -> Rows:
    """By the name that the tracking plan gives the structure."""
    structures = [yaml.safe_load(text) for path, text in files.items() if path.startswith("data-structures/")]
    plans = [yaml.safe_load(text) for path, text in files.items() if path.count("/") == 1]
    names = {one["event"]["source"]: one["name"] for one in plans[0]["data"]["eventSpecifications"]}
    found = {}
    for each in structures:
        own = each["data"]["self"]
        address = f"iglu:{own['vendor']}/{own['name']}/jsonschema/{own['version']}"
        found[names[address]] = _of_schema(each["data"])
    return found


def _of_rudder(files: Mapping[str, str]) -> Rows:
    specs = {path: yaml.safe_load(text)["spec"] for path, text in files.items()}
    properties = {f"#property:{each['id']}": each for each in specs["properties.yaml"]["properties"]}
    events = {f"#event:{each['id']}": each for each in specs["events.yaml"]["events"]}
    return {
        events[rule["event"]]["name"]: {
            properties[each["property"]]["name"]: (
                each["required"],
                tuple(
                    value
                    for value in properties[each["property"]].get("config", {}).get("enum", ())
                    if value is not None
                ),
            )
            for each in rule["properties"]
        }
        for rule in specs["tracking-plan.yaml"]["rules"]
    }


def planned(plan: Plan) -> Rows:
    """The events of a plan with their properties."""
    return {
        each.name: {one.name: (one.required, shape_of(one).values) for one in each.properties} for each in plan.events
    }


def lost(plan: Plan, form: str, **more: bool) -> dict[str, Loss]:
    return {each.field: each for each in export(plan, form, **more).losses}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_byte_for_byte_what_it_was(form: str) -> None:
    texts = golden_texts(form)
    kept = {path.relative_to(GOLDEN / form).as_posix(): path for path in (GOLDEN / form).rglob("*") if path.is_file()}
    assert sorted(texts) == sorted(kept)
    for path, text in texts.items():
        assert text.encode() == kept[path].read_bytes(), path


@pytest.mark.parametrize("form", FORMS)
def test_two_exports_are_the_same_bytes(form: str) -> None:
    assert export(whole_plan(), form).files == export(whole_plan(), form).files


@pytest.mark.parametrize("form", FORMS)
def test_lines_end_in_a_line_feed_and_files_in_one(form: str) -> None:
    for text in export(whole_plan(), form).files.values():
        assert "\r" not in text and text.endswith("\n") and not text.endswith("\n\n")


@pytest.mark.parametrize("form", FORMS)
def test_awkward_names_come_back_as_they_were(form: str) -> None:
    found = read_back(form, export(whole_plan(), form).files)
    assert found == planned(whole_plan())
    assert set(found[AWKWARD_EVENT]) >= {name or "empty" for name in AWKWARD_NAMES}


@pytest.mark.parametrize("word", ["null", "on", "y", "No", "1e3", "0o7", "1:30", "2026-03-01", "~", "-", "NaN", ".5"])
def test_words_that_yaml_takes_for_something_else_are_quoted(word: str) -> None:
    assert as_yaml({word: [word]}) == f"'{word}':\n- '{word}'\n"


def test_yaml_has_no_aliases_and_no_wrapped_lines() -> None:
    twice = ["é " * 200 + "fin"]
    assert as_yaml({"a": twice, "b": twice}).count("fin") == 2
    assert len(as_yaml({"a": twice, "b": twice}).splitlines()) == 4


_NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
_TYPES = st.sampled_from(["VARCHAR", "TIMESTAMP", "BOOLEAN", "INTEGER", "DECIMAL(18,3)", "DATE"])


@st.composite
def _plans(draw: st.DrawFn) -> Plan:
    events = []
    for number, name in enumerate(draw(st.lists(_NAMES, max_size=3, unique=True))):
        rows = []
        for column, called in enumerate(draw(st.lists(_NAMES, max_size=4, unique=True))):
            type = draw(_TYPES)
            values = draw(st.lists(_NAMES, max_size=3, unique=True)) if type == "VARCHAR" else ()
            if type == "INTEGER":
                values = [str(each) for each in draw(st.lists(st.integers(-5, 5), max_size=3, unique=True))]
            rows.append(
                prop(f"c{column}", type, name=called, required=draw(st.booleans()), values=tuple(values), meaning={})
            )
        events.append(event("steps", None, *rows, kind=f"k{number}", name=name))
    return plan_of(*events)


@settings(max_examples=30, deadline=None)
@given(_plans(), st.sampled_from(FORMS))
def test_what_is_read_back_is_what_was_planned(plan: Plan, form: str) -> None:
    made = export(plan, form)
    found, wanted = read_back(form, made.files), planned(plan)
    if form == "rudderstack" and any(each.field == "values" for each in made.losses):
        found, wanted = ({k: {n: r for n, (r, _) in v.items()} for k, v in rows.items()} for rows in (found, wanted))
    assert found == wanted


def test_an_event_of_several_sources_tells_the_strictest_and_all() -> None:
    contract = yaml.safe_load(export(whole_plan(), "odcs").files["phone_contact_ended.odcs.yaml"])
    agreed = {each["property"]: (each["value"], each.get("unit")) for each in contract["slaProperties"][:2]}
    assert agreed == {"frequency": (1, "h"), "latency": (90, "min")}
    assert "switch PT1H, overflow P1D" in contract["slaProperties"][0]["description"]
    assert [(each["value"], each.get("unit")) for each in contract["slaProperties"][2:]] == [
        (13, "month"),
        ("as the contract says", None),
    ]
    custom = {each["property"]: each["value"] for each in contract["customProperties"]}
    assert custom["retrievalMethod"] == ["api-pull", "file-drop"]
    assert [each["source"] for each in custom["retrieval"]] == ["switch", "overflow"]


def test_keys_are_unique_where_one_source_gives_them() -> None:
    one = event("interactions", "phone", prop("interaction_id", required=True), sources=("a",))
    both, completed = replace(one, sources=("a", "b")), replace(one, sources=("a", "c"))
    sources = [source("a", one.id), source("b", one.id), replace(source("c", one.id), completes="a")]

    def unique(each: Event) -> tuple[bool, bool]:
        contract = yaml.safe_load(export(plan_of(each, sources=sources), "odcs").files[f"{each.name}.odcs.yaml"])
        column = contract["schema"][0]["properties"][0]
        return "unique" in column, any(rule["metric"] == "duplicateValues" for rule in column["quality"])

    assert (unique(one), unique(both), unique(completed)) == ((True, True), (False, False), (True, True))


def test_rudderstack_has_one_property_for_a_name_and_type_which_takes_what_any_takes() -> None:
    first = event("surveys", None, prop("score", "INTEGER", low=Decimal(0), high=Decimal(5)), prop("a", values=("x",)))
    second = event(
        "offers", None, prop("score", "INTEGER", low=Decimal(1), high=Decimal(10)), prop("a", values=("x", "y"))
    )
    third = event("decisions", None, prop("score", required=True))
    plan = plan_of(first, second, third)
    files = export(plan, "rudderstack").files
    rows = {each["id"]: each.get("config") for each in yaml.safe_load(files["properties.yaml"])["spec"]["properties"]}
    assert rows == {
        "score": {"minimum": 0, "maximum": 10},
        "a": {"enum": ["x", "y", None]},
        "score_string": {"min_length": 1},
    }
    told = lost(plan, "rudderstack")
    assert (told["values"].properties, told["low/high"].properties) == (1, 2)


@pytest.mark.parametrize(
    ("form", "line"),
    [
        ("snowplow", "dropped: retrieval.method of 2 events (Snowplow has no place for it)"),
        ("rudderstack", "dropped: retrieval.every of 1 event (RudderStack has no place for it)"),
        ("json-schema", "dropped: target store of 1 event (JSON Schema has no place for it)"),
        ("rudderstack", "dropped: kpis of 1 event and 3 properties (RudderStack has no place for it)"),
        ("snowplow", "dropped: privacy of 2 properties (Snowplow has no place for it)"),
    ],
)
def test_what_has_no_place_is_told_with_how_many_carry_it(form: str, line: str) -> None:
    assert line in [each.text for each in export(whole_plan(), form).losses]


def test_odcs_with_extensions_holds_the_whole_plan() -> None:
    assert export(whole_plan(), "odcs").losses == ()


@pytest.mark.parametrize("form", FORMS)
def test_only_what_the_plan_says_is_told_as_lost(form: str) -> None:
    bare = plan_of(event("base", None, prop("customers", meaning={"en": "how many"}), meaning={"en": "the base"}))
    bare = replace(bare, naming="", owner="", title={}, version="", id="")
    assert set(lost(bare, form)) <= {"id", "version"}


def test_without_extensions_nothing_of_them_is_written_and_more_is_told() -> None:
    marks = {"json-schema": "x-omnictl", "odcs": "customProperties", "snowplow": "servesKpis"}
    for form, mark in marks.items():
        kept, left = export(whole_plan(), form), export(whole_plan(), form, extensions=False)
        assert any(mark in text for text in kept.files.values())
        assert not any(mark in text for text in left.files.values())
        assert "kpis" in {each.field for each in left.losses}
        assert len(left.losses) > len(kept.losses)
        assert read_back(form, left.files) == read_back(form, kept.files)


def test_personal_properties_are_kept_everywhere_and_flagged_where_there_is_a_place() -> None:
    for form in FORMS:
        assert {"agent", "phone"} <= set(read_back(form, export(whole_plan(), form).files)["phone_contact_ended"])
    flagged = json.loads(export(whole_plan(), "json-schema").files["phone_contact_ended.schema.json"])["properties"]
    assert (flagged["agent"]["x-omnictl-pii"], flagged["phone"]["x-omnictl-pii"]) == ("personal", "pseudonym")
    contract = yaml.safe_load(export(whole_plan(), "odcs").files["phone_contact_ended.odcs.yaml"])
    tags = {each["name"]: each["tags"] for each in contract["schema"][0]["properties"] if "tags" in each}
    assert tags == {"agent": ["pii"], "phone": ["pii-pseudonymous"]}


@pytest.mark.parametrize("form", [odcs.FORM, json_schema.FORM, snowplow.FORM, rudderstack.FORM])
def test_a_form_holds_only_facts_there_are(form: Any) -> None:
    assert form.held(extensions=True) <= {f"{fact.level}:{fact.field}" for fact in FACTS}


def test_every_field_of_a_plan_is_written_or_counted() -> None:
    """A field that is new in the plan must be given its place here, in FACTS or among those that files always have."""
    told = {each.rpartition(".")[2] for fact in FACTS for each in (fact.field, fact.key)}
    always = {
        *("name", "type", "meaning", "required", "properties"),  # in every form
        *("relation", "channel", "kind"),  # in the event's id
        *("low", "high"),  # together
        *(
            "place",
            "findings",
            "feeds",
            "store",
            "address",
            "label",
            "definition",
            "by",
            "referential",
            "channels",  # of a KPI: its events tell theirs
            "connector",
            "source",
        ),
        *("fields", "expression"),  # of feeds, with their source
    }
    for of in (Event, Property, Retrieval, PlannedKpi, Feed):
        assert {each.name for each in fields(of)} - told - always == set()


def test_meanings_are_in_the_language_asked_for_else_in_one_there_is() -> None:
    files = export(whole_plan(), "json-schema", language="fr").files
    assert json.loads(files["phone_contact_ended.schema.json"])["description"] == "Un appel s'est terminé."
    assert json.loads(files["Reponse_a_chaud.schema.json"])["properties"]["on"]["description"] == "on"


def test_values_that_are_none_of_their_type_are_left_out_and_told() -> None:
    odd = prop("score", "INTEGER", values=("1", "2.0", "high", "2.5"), low=Decimal("0.5"), high=Decimal("2.5"))
    shape = shape_of(odd)
    assert (shape.values, shape.strange, shape.low, shape.high) == ((1, 2), ("high", "2.5"), 1, 2)
    worded = prop("label", low=Decimal(1))
    told = lost(plan_of(event("surveys", None, odd, worded)), "odcs")
    assert (told["values of another type"].properties, told["low/high of no number"].properties) == (1, 1)


def test_names_that_would_overwrite_each_other_are_refused() -> None:
    twice = event("interactions", "phone", prop("email"), prop("identifier.email"))
    with pytest.raises(OmnictlError, match=r"properties `email`, `identifier.email` of event `interactions.phone`"):
        export(plan_of(twice), "odcs")
    one, other = event("base", None), event("staffing", None, name="base")
    with pytest.raises(OmnictlError, match=r"events `base`, `staffing` are all called `base`"):
        export(plan_of(one, other), "snowplow")


def test_a_form_there_is_not_is_refused_with_those_there_are() -> None:
    with pytest.raises(OmnictlError) as refused:
        export(whole_plan(), "snowplo")
    assert "snowplow" in refused.value.hint


def test_files_of_names_that_differ_in_marks_only_are_told_apart() -> None:
    assert told_apart([(1, "Été!"), (2, "ete"), (3, "😀")]) == {1: "Ete", 2: "ete_2", 3: "unnamed"}
    assert plain("-rf /", "x") == "rf"


def test_ids_of_snowplow_are_of_the_form_of_version_4_and_stay() -> None:
    made = stable_uuid("help-desk_2", "event", "interactions.phone")
    assert uuid.UUID(made).version == 4 and uuid.UUID(made).variant == uuid.RFC_4122
    renamed = replace(
        whole_plan(), events=tuple(replace(each, name=f"x_{each.kind}_{each.channel}") for each in whole_plan().events)
    )
    assert made in export(renamed, "snowplow").files["data-products/help-desk_2.yaml"]


@pytest.mark.parametrize(("version", "written"), [("1.4.0", "1-4-0"), ("0.3.1", "1-3-1"), ("12.0.7", "12-0-7")])
def test_versions_for_snowplow(version: str, written: str) -> None:
    assert snowplow.schema_ver(version) == written


@pytest.mark.parametrize(
    ("span", "written"),
    [
        (timedelta(hours=1), "PT1H"),
        (timedelta(days=1, minutes=90), "P1DT1H30M"),
        (timedelta(seconds=45), "PT45S"),
        (timedelta(0), "PT0S"),
        (None, ""),
    ],
)
def test_durations(span: timedelta | None, written: str) -> None:
    assert iso_duration(span) == written


if __name__ == "__main__":
    for each in FORMS:
        for path, text in golden_texts(each).items():
            (GOLDEN / each / path).parent.mkdir(parents=True, exist_ok=True)
            (GOLDEN / each / path).write_bytes(text.encode())
