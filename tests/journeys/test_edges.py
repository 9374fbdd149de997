"""The edge cases of docs/journeys.md: what becomes of data that are late, out of order, torn or huge."""

from __future__ import annotations

import json
import random
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from building import PARIS, WEEK, Row, all_of, at, built, regular
from workbench import Workbench

from omnictl.build import derive
from omnictl.referential import Referential

MONDAY = datetime(2026, 5, 4, 8)


def told(rows: list[Row], **how: Any) -> dict[str, dict[str, Any]]:
    """Follow-ups by id, those of others named by their ids."""
    found = all_of(built(rows, **how), "followups")
    names = {cells["key"]: cells["interaction_id"] for cells in found if cells["key"] is not None}
    for cells in found:
        cells |= {name: names.get(cells[name]) for name in cells if name.endswith("_key")}
    return {cells["interaction_id"]: cells for cells in found}


# times


def test_a_contact_that_crosses_midnight_is_judged_from_the_day_of_its_end() -> None:
    rows = [
        Row("late", 1, "phone", at("2026-05-04T23:50", PARIS), at("2026-05-05T00:20", PARIS)),
        Row("next", 1, "phone", at("2026-05-05T18:00", PARIS)),
    ]
    found = told(rows, watermarks={"s": at("2026-05-08T00:00", PARIS)})
    assert found["late"]["next_contact_days"] == 0, "it ended on the day of the next one"
    assert found["late"]["next_contact_observed_days"] == 2, "the rest of the 5th, then the 6th and the 7th"
    assert found["next"]["previous_contact_days"] == 0


def test_the_day_of_25_hours_is_one_day_and_its_hours_are_25() -> None:
    """On 25 October 2026 the clock of Paris shows the hour from two to three twice."""
    rows = [
        Row("a", 1, "phone", at("2026-10-25T00:10", PARIS)),
        Row("b", 1, "phone", datetime(2026, 10, 25, 0, 30)),  # 02:30 in summer time
        Row("c", 1, "phone", datetime(2026, 10, 25, 1, 30)),  # 02:30 again
        Row("d", 1, "phone", at("2026-10-26T00:10", PARIS)),
    ]
    found = told(rows)
    assert [found[id_]["next_days"] for id_ in "abc"] == [0, 0, 1]
    assert found["b"]["next_gap_s"] == 3600
    assert sum(found[id_]["next_gap_s"] for id_ in "abc") == 25 * 3600


def test_interactions_of_the_same_second_are_in_the_order_of_source_and_id() -> None:
    rows = [
        Row("1", 1, "email", MONDAY, source="z"),
        Row("2", 1, "phone", MONDAY, MONDAY + timedelta(minutes=5), source="a"),
        Row("10", 1, "chat", MONDAY, source="a"),
        Row("3", 1, "form", MONDAY, source="a"),
    ]
    for seed in range(2):
        random.Random(seed).shuffle(rows)
        found = told(rows)
        assert [found[id_]["next_key"] for id_ in ("10", "2", "3", "1")] == ["2", "3", "1", None], "texts: 10 before 2"
        assert (found["2"]["next_gap_s"], found["2"]["next_overlap"]) == (0, True)
        assert (found["3"]["next_gap_s"], found["3"]["next_days"], found["3"]["next_overlap"]) == (0, 0, False)


def test_a_visit_of_days_goes_on_while_others_begin() -> None:
    rows = [
        Row("visit", 1, "web", MONDAY, MONDAY + timedelta(days=3), intent="bill"),
        Row("call", 1, "phone", MONDAY + timedelta(days=1), MONDAY + timedelta(days=1, minutes=5), intent="bill"),
        Row("mail", 1, "email", MONDAY + timedelta(days=2), intent="bill"),
    ]
    found = told(rows)
    assert (found["visit"]["next_phone_gap_s"], found["visit"]["next_phone_overlap"]) == (0, True)
    assert found["call"]["next_contact_days"] == 1
    assert (found["call"]["previous_visit_gap_s"], found["call"]["previous_visit_overlap"]) == (0, True)


@pytest.mark.parametrize("end", [None, MONDAY - timedelta(hours=2)])
def test_without_an_end_or_with_one_before_the_start_it_ends_as_it_starts(end: datetime | None) -> None:
    rows = [Row("a", 1, "phone", MONDAY, end), Row("b", 1, "phone", MONDAY + timedelta(hours=3))]
    found = told(rows, watermarks={"s": MONDAY + timedelta(days=2)})
    assert (found["a"]["next_gap_s"], found["a"]["next_overlap"]) == (3 * 3600, False)
    assert found["a"]["next_observed_s"] == 2 * 86400
    assert found["b"]["previous_contact_gap_s"] == 3 * 3600


# what arrives late


DESK = "id,customer,channel,began\n"
WORKSPACE = """\
workspace: edges
timezone: Europe/Paris
country: FR
sources:
  calls:
    connector: table
    path: calls*.csv
    timezone: UTC
    columns: {interaction_id: id, channel: channel, outcome: "'handled'", started_at: began, ended_at: began}
    identifiers: {customer_id: customer}
  mails:
    connector: table
    path: mails*.csv
    timezone: UTC
    columns: {interaction_id: id, channel: channel, outcome: "'handled'", started_at: began, ended_at: began}
    identifiers: {customer_id: customer}
identity: {link_on: [customer_id]}
"""
EARLY = ["1,A,phone,2026-03-02 10:00:00", "2,A,phone,2026-03-09 10:00:00", "3,B,phone,2026-03-20 10:00:00"]
LATE = ["4,A,phone,2026-03-04 10:00:00", "5,B,phone,2026-03-01 10:00:00"]
MAILS = ["6,A,email,2026-03-03 10:00:00", "7,C,email,2026-03-10 10:00:00"]


def test_what_arrives_late_and_out_of_order_counts_as_if_it_had_been_there(tmp_path: Path) -> None:
    late, whole = Workbench(tmp_path / "late"), Workbench(tmp_path / "whole")
    for bench in (late, whole):
        bench.folder.mkdir()
        bench.workspace(WORKSPACE)
        bench.write("mails.csv", DESK + "\n".join(MAILS) + "\n")
    late.write("calls1.csv", DESK + "\n".join(EARLY) + "\n")
    late.call("run")
    asked = ("journey", "repeat", "--within", "J+1,J+3,J+7")
    late.write("calls2.csv", DESK + "\n".join(LATE) + "\n")
    late.call("run")
    whole.write("calls9.csv", DESK + "\n".join(reversed(EARLY + LATE)) + "\n")
    whole.call("run")
    after = late.rows(*asked)
    assert after == whole.rows(*asked)
    (judged,) = (row for row in after if row["window"] == "J+3")
    # mails are known up to the morning of the 10th: what ended up to the 6th is judged, and 1 and 6 are followed
    assert (judged["numerator"], judged["denominator"], judged["immature"]) == (2, 4, 3)
    said = late.call("journey", "repeat", "--within", "J+3", "--backward").stderr
    assert "known from 2026-03-03 11:00" in said, "mails begin later than calls"
    said = late.call("journey", "repeat", "--within", "J+3").stderr
    assert "known up to 2026-03-10 11:00; the first to end: mails" in said


def test_lists_and_stories_take_no_end_before_the_start(workbench: Workbench) -> None:
    workbench.workspace(WORKSPACE.replace("ended_at: began", "ended_at: ended"))
    torn = "1,A,phone,2026-03-02 10:00:00,2026-03-02 08:00:00\n2,A,phone,2026-03-02 12:00:00,\n"
    workbench.write("calls.csv", DESK.replace("began", "began,ended") + torn + "3,,phone,2026-03-20 10:00:00,\n")
    workbench.write("mails.csv", DESK.replace("began", "began,ended") + "4,,email,2026-03-20 10:00:00,\n")
    workbench.call("run")
    (pair,) = workbench.rows("journey", "repeat", "--within", "J+7", "--list")
    assert (pair["ended_at"], pair["gap_s"]) == ("2026-03-02T11:00:00", 7200), "as it starts, in Paris"
    _, last = workbench.rows("journey", "show", "--interaction", "calls/2")
    assert (last["interaction_id"], last["gap_s"]) == ("2", 7200)


# people with thousands of interactions


class Weighed:
    """A connection that adds up the rows which the steps of each statement hand on."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection, self.rows, self.statements = connection, 0, 0

    def execute(self, sql: str, *given: Any) -> Any:
        self.statements += 1
        if not re.match(r"\s*(create (temp|temporary) table|insert)\b", sql, re.I):
            return self.connection.execute(sql, *given)
        ((_, plan),) = self.connection.execute(f"explain (analyze, format json) {sql}", *given).fetchall()
        self.rows += sum(map(_handed_on, json.loads(plan)["operator"]))
        return self.connection.execute("select 0 as count")

    def __getattr__(self, name: str) -> Any:
        return getattr(self.connection, name)


def _handed_on(operator: dict[str, Any]) -> int:
    return int(operator["intermediate_rows"]) + sum(map(_handed_on, operator.get("children", ())))


def weighed(person: str, parent: str, apart: int, many: int) -> Weighed:
    """What the build of so many calls hands on; person and parent are SQL over their number `n`."""
    con = regular(many, person, parent, apart=apart, begin=MONDAY, threads=1)
    found = Weighed(con)
    derive(found, timezone=PARIS, silence=WEEK, referential=Referential())  # type: ignore[arg-type]
    return found


@pytest.mark.parametrize(
    ("parent", "apart"),
    [("null", 3600), ("case when n > 0 then 'i0' end", 3600), ("null", 30)],
    ids=["one after the other", "children of one", "each repeats the one before"],
)
def test_a_person_of_ten_thousand_interactions_costs_ten_times_one_of_a_thousand(parent: str, apart: int) -> None:
    few, many = weighed("1", parent, apart, 1_000), weighed("1", parent, apart, 10_000)
    assert many.statements == few.statements
    assert many.rows <= 10.5 * few.rows, "rows are handed on in proportion"
