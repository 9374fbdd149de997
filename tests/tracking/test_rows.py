"""The flat table of a plan: a row per property and source, keys in English, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal
from pathlib import Path

import duckdb
from hostile_plan import EVIL, hostile_plan
from tracking_plans import event, plan_of, prop, whole_plan

from omnictl.render import write, write_file
from omnictl.tracking.document import narrow_table, plan_table
from omnictl.tracking.document.rows import COLUMNS, degree, listed
from omnictl.tracking.plan import Property


def rows(lang: str = "en") -> list[dict[str, object]]:
    out = io.StringIO()
    write(plan_table(whole_plan(), lang), "json", out)
    found: list[dict[str, object]] = json.loads(out.getvalue())
    return found


def test_there_is_a_row_for_each_source_that_feeds_a_property() -> None:
    plan = whole_plan()
    table = plan_table(plan, "en")
    assert [column.name for column in table.columns] == list(COLUMNS)
    assert len(table.rows) == sum(max(1, len(each.feeds)) for event in plan.events for each in event.properties)
    found = [(row["source"], row["vendor_fields"]) for row in rows() if row["column"] == "interaction_id"]
    assert found == [("switch", "CallId"), ("overflow", "id"), (None, None)]


def test_a_row_has_all_that_an_implementer_needs() -> None:
    (row,) = [row for row in rows() if row["column"] == "outcome" and row["channel"] == "phone"]
    assert row == {
        "event": "phone_contact_ended", "event_id": "interactions.phone", "version": "1.2.0", "channel": "phone",
        "property": "outcome", "column": "outcome", "type": "VARCHAR", "unit": None, "required": "required",
        "allowed_values": "handled, abandoned, no", "looked_for": "abandoned", "min": None, "max": None, "nulls": None,
        "description": "the outcome", "personal_data": None, "purposes": None, "owner": "telephony-team",
        "source": "switch", "vendor_fields": "Result", "expression": "Result", "retrieval_method": "api-pull",
        "frequency": "1 h", "lateness": "90 min", "backfill": "90 d", "target_store": "warehouse.raw_calls",
        "retention": "13 months", "enforcement": "quarantine", "kpis": "abandonment_rate", "helps": None, "cuts": None,
    }  # fmt: skip


def test_a_property_that_nobody_feeds_has_one_row_without_a_source() -> None:
    (row,) = [row for row in rows() if row["column"] == "wait_s" and row["channel"] == "phone"]
    assert row["source"] is row["frequency"] is row["retention"] is None
    assert (row["unit"], row["min"], row["max"], row["nulls"]) == ("s", 0, 3600.5, 0.02)
    assert row["required"] == "needed"


def test_descriptions_are_in_the_language_and_keys_are_not() -> None:
    english, french = rows("en"), rows("fr")
    assert [list(row) for row in english] == [list(row) for row in french]
    assert (english[3]["description"], french[3]["description"]) == ("the outcome", "le champ outcome")
    assert [row["required"] for row in english] == [row["required"] for row in french]


def test_how_much_a_property_is_needed() -> None:
    def of(**more: object) -> Property:
        return prop("x", **more)

    assert degree(of(required=True, kpis=("k",))) == "required"
    assert degree(of(kpis=("k",))) == "needed"
    assert degree(of(helps=("k",), cuts=("c",))) == "optional"
    assert degree(of(unplanned=True)) == "unplanned"


def test_values_with_commas_stay_apart() -> None:
    assert listed(["a", "b c"]) == "a, b c"
    assert listed(["a, b", "c", "", " d", 'e"']) == '"a, b", c, "", " d", "e\\""'
    assert listed([]) is None


def test_the_narrow_table_fits_a_terminal() -> None:
    table = narrow_table(whole_plan(), "en")
    assert [column.name for column in table.columns] == [
        "event", "property", "required", "source", "vendor_fields", "kpis",
    ]  # fmt: skip
    assert table.rows[3] == ("phone_contact_ended", "outcome", "required", "switch", "Result", 1)
    assert len(table.rows) == len(plan_table(whole_plan(), "en").rows)


def test_no_cell_is_a_formula_in_a_spreadsheet() -> None:
    plan, _ = hostile_plan()
    out = io.StringIO(newline="")
    write(plan_table(plan, "en"), "csv", out)
    found = list(csv.reader(io.StringIO(out.getvalue(), newline="")))[1:]
    cells = {cell for row in found for cell in row}
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]
    assert f"'{EVIL}" in cells
    assert len(found) == 3


def test_it_is_a_parquet_file_with_types_even_where_nothing_is_said(tmp_path: Path) -> None:
    file = tmp_path / "plan.parquet"
    write_file([plan_table(plan_of(event("base", None, prop("active", "DECIMAL(18,3)"))), "en")], "parquet", file)
    with duckdb.connect() as connection:
        told = connection.execute(f"describe select min, max, nulls, event, source from '{file}'").fetchall()
        assert [row[1] for row in told] == ["DECIMAL(18,3)"] * 3 + ["VARCHAR"] * 2
    write_file([plan_table(whole_plan(), "en")], "parquet", file)
    with duckdb.connect() as connection:
        high = connection.execute(f"select max(max) from '{file}'").fetchone()
    assert high == (Decimal("3600.5"),)


def test_one_of_several_identifiers_is_told_apart_from_what_only_helps() -> None:
    assert degree(prop("identifier.phone", kpis=("k",), one_of=True)) == "one_of"
    assert degree(prop("identifier.phone", helps=("k",), one_of=True)) == "optional"
    assert degree(prop("identifier.phone", kpis=("k",))) == "needed"
