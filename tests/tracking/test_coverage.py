"""What of a plan the data can answer: each code with its share by hand, what breaks, and agreement with `kpi query`."""

from __future__ import annotations

import json
import shutil
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from workbench import Workbench

from omnictl.compiler.answer import answer
from omnictl.compiler.planner import plan
from omnictl.compiler.question import Question
from omnictl.engines.store import Store
from omnictl.findings import REASONS
from omnictl.tracking.coverage.covering import Covering
from omnictl.tracking.coverage.words import REASONS as SENTENCES
from omnictl.workspace import find_workspace, load_workspace

NOW = "2026-03-22"
FIRST = date(2026, 3, 2)  # a Monday
DAYS = [FIRST + timedelta(days=n) for n in range(20) if n != 9]  # the 11th, a Wednesday, is missing

WORKSPACE = """\
workspace: centre
timezone: UTC
glossary: [standard, kpis/]
sources:
  calls:
    connector: table
    path: calls*.csv
    retrieval: {method: sftp, every: 1d, lateness: 2h, owner: telephony}
    columns:
      interaction_id: id
      channel: "'phone'"
      started_at: begun
      ended_at: begun
      wait_s: wait
      talk_s: talk
      outcome: state
    identifiers: {customer_id: customer}
  notes:
    connector: table
    path: notes.csv
    completes: calls
    match: [interaction_id]
    retrieval: {method: sftp, owner: care}
    columns:
      interaction_id: ref
      channel: "'phone'"
      started_at: begun
      acw_s: after_work
  chat:
    connector: table
    path: chat.csv
    retrieval: {method: api, owner: digital}
    columns:
      interaction_id: id
      channel: "'chat'"
      started_at: begun
      wait_s: wait
      queue: skill
  bot:
    connector: table
    path: bot*.csv
    retrieval: {method: api, owner: robots}
    columns: {interaction_id: id, channel: "'chatbot'", started_at: begun}
  web:
    connector: table
    path: web.csv
    retrieval: {method: bucket, owner: digital}
    columns: {interaction_id: id, channel: "'web'", started_at: begun, page_views: pages, action: act}
    identifiers: {cookie: cookie}
  web_steps:
    connector: table
    path: steps.csv
    completes: web
    relation: steps
    retrieval: {method: bucket, owner: digital}
    columns: {step_id: id, interaction_id: visit, occurred_at: at, type: kind, object: page}
  scores:
    connector: table
    path: scores.csv
    relation: surveys
    retrieval: {method: mail, owner: quality}
    where: score <> ''
    columns:
      survey_id: id
      interaction_source: "'calls'"
      interaction_id: call
      question: "'csat'"
      answered_at: begun
      score: score::int
      scale: "'1-5'"
"""
KPI = """\
kpi: {name}
label: {{en: {name}, fr: {name}}}
question: {{en: How many?, fr: Combien ?}}
owner: operations
unit: {unit}
better: neutral
rollup: {rollup}
from: {relation}
at: {at}
{rest}
"""


def kpi(name: str, rest: str, relation: str = "interactions", at: str = "started_at", rollup: str = "sum") -> str:
    unit = "seconds" if "_s)" in rest else "count"
    return KPI.format(name=name, rest=rest, relation=relation, at=at, rollup=rollup, unit=unit)


OWN = [
    kpi("waits", "value: sum(wait_s)"),
    kpi("talks", "value: sum(talk_s)"),
    kpi("holds", "value: sum(hold_s)"),
    kpi("wraps", "value: sum(acw_s)"),
    kpi("lenient", "value: sum(coalesce(hold_s, 0))"),
    kpi("either", "value: sum(coalesce(hold_s, wait_s))"),
    kpi("handled", "where: outcome = 'handled'\nvalue: count(*)"),
    kpi("everything", "value: count(*)"),
    kpi("helped", "where: queue = 'help'\nvalue: count(*)"),
    kpi("callers", "value: count(distinct person_id)", rollup="distinct"),
    kpi("again", "channels: [phone]\nwindow: J+7\nwhere: within(next_contact)\nvalue: count(*)"),
    kpi("paid", "value: sum(paid_s)", "staffing", "interval_start"),
]


def csv(header: str, rows: list[tuple[Any, ...]]) -> str:
    return header + "\n" + "".join(",".join("" if cell is None else str(cell) for cell in row) + "\n" for row in rows)


def fill(bench: Workbench) -> None:
    """19 calls on 20 days: 5 without a wait, none with a talk, 4 with a state that is no outcome, 5 with a customer."""
    calls = [
        (f"c{n}", f"{day} 10:00", None if n < 5 else n, None, "ok" if n in (6, 7, 8, 9) else "handled",
         f"u{n}" if n % 4 == 0 and n < 17 else None)
        for n, day in enumerate(DAYS)
    ]  # fmt: skip
    bench.workspace(WORKSPACE)
    bench.write("kpis/own.yml", "---\n".join(OWN))
    for day, row in zip(DAYS, calls, strict=True):  # a file a day: that of the 11th did not come
        bench.write(f"calls-{day}.csv", csv("id,begun,wait,talk,state,customer", [row]))
    bench.write("notes.csv", csv("ref,begun,after_work", [(f"c{n}", f"{day} 10:00", 30) for n, day in enumerate(DAYS)]))
    bench.write(
        "chat.csv", csv("id,begun,wait,skill", [(f"t{n}", f"2026-03-{n} 11:00", 7, "help") for n in (18, 19, 20, 21)])
    )
    bench.write(
        "web.csv",
        csv("id,begun,pages,act,cookie", [(f"w{n}", f"2026-03-0{n} 09:00", n, None, f"k{n}") for n in (3, 4)]),
    )
    bench.write("steps.csv", csv("id,visit,at,kind,page", [("s1", "w3", "2026-03-03 09:01", "page", "/claims")]))
    bench.write("scores.csv", csv("id,call,begun,score", [("a1", "c3", "2026-03-06 12:00", None)]))


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    bench = Workbench(tmp_path_factory.mktemp("centre"))
    fill(bench)
    bench.try_("run", "-q")  # `bot` has nothing to fetch
    KNOWN[bench.folder] = bench.rows("tracking", "coverage", *TOLD, "--now", NOW)
    return bench


TOLD = (*(text.split()[1] for text in OWN), "csat", "identification_rate")
KNOWN: dict[Path, list[dict[str, Any]]] = {}  # folder → the rows of TOLD, asked for once


def reasons(bench: Workbench, *args: str, channel: str = "phone", cut: str = "") -> list[dict[str, Any]]:
    """The lines of one KPI on a channel; '' for all of them."""
    folder = bench.folder
    if len(args) == 1 and folder in KNOWN and not (folder / "tracking.yml").exists():
        found = [row for row in KNOWN[folder] if row["kpi"] == args[0]]
    else:
        found = bench.rows("tracking", "coverage", *args, "--now", NOW)
    return [row for row in found if row["channel"] == channel and row["cut"] == cut]


def the(bench: Workbench, code: str, *args: str, **where: str) -> dict[str, Any]:
    found = [row for row in reasons(bench, *args, **where) if row["code"] == code]
    assert len(found) == 1, found
    return found[0]


def state(bench: Workbench, *args: str, **where: str) -> str:
    found = {row["state"] for row in reasons(bench, *args, **where)}
    assert len(found) == 1
    return str(found.pop())


# each code


def test_an_event_that_nobody_gives(centre: Workbench) -> None:
    row = the(centre, "C02", "paid", channel="")
    assert (row["state"], row["event"], row["rows"]) == ("not_computable", "staffing", 0)


def test_an_event_that_was_received_with_no_row(centre: Workbench) -> None:
    row = the(centre, "C03", "csat", channel="phone")
    assert (row["state"], row["source"], row["rows"], row["owner"]) == ("not_computable", "scores", 0, "quality")
    assert "0 rows of `surveys.csat` were received" in row["reason"]


def test_an_event_that_was_never_retrieved(centre: Workbench) -> None:
    row = the(centre, "C03", "everything", channel="chatbot")
    assert (row["state"], row["source"], row["owner"]) == ("not_computable", "bot", "robots")
    assert "never retrieved" in row["reason"] and row["rows"] == 0


def test_a_property_that_no_source_gives(centre: Workbench) -> None:
    row = the(centre, "C04", "holds")
    assert (row["state"], row["event"], row["property"]) == ("not_computable", "interactions.phone", "hold_s")
    assert (row["rows"], row["of"], row["share"], row["owner"]) == (19, 19, 1, "telephony")
    assert row["fix"].startswith("fill `hold_s` in source `calls`: ") and row["fix"].endswith("omnictl.yml:6")


def test_a_property_that_is_always_empty(centre: Workbench) -> None:
    row = the(centre, "C05", "talks")
    assert (row["state"], row["property"], row["source"], row["rows"]) == ("not_computable", "talk_s", "calls", 19)
    assert "`talk`" in row["fix"] and "telephony" in row["fix"]


def test_a_property_that_is_mostly_empty(centre: Workbench) -> None:
    row = the(centre, "C06", "waits")
    assert (row["state"], row["property"], row["rows"], row["of"]) == ("degraded", "wait_s", 5, 19)
    assert row["share"] == pytest.approx(5 / 19)
    assert state(centre, "waits", channel="chat") == "computable"


def test_values_that_are_none_of_those_planned(centre: Workbench) -> None:
    row = the(centre, "C07", "handled")
    assert (row["state"], row["property"], row["rows"], row["of"]) == ("degraded", "outcome", 4, 19)


LISTED = """\
needs:
  - {id: help, question: Who is helped?, decision: How many people., kpis: [helped]}
events:
  interactions.chat: {properties: {queue: {values: [sales, claims]}}}
"""


def test_values_that_the_plan_does_not_list(centre: Workbench) -> None:
    centre.write("tracking.yml", LISTED)
    try:
        row = the(centre, "C07", channel="chat")
    finally:
        (centre.folder / "tracking.yml").unlink()
    assert (row["property"], row["rows"], row["of"], row["owner"]) == ("queue", 4, 4, "digital")


def test_a_source_that_is_late(centre: Workbench) -> None:
    assert not [row for row in reasons(centre, "everything") if row["code"] == "C08"]
    found = centre.rows("tracking", "coverage", "everything", "--now", "2099-01-01")
    (row,) = [row for row in found if row["code"] == "C08" and row["channel"] == "phone"]
    assert (row["state"], row["source"], row["rows"], row["owner"]) == ("degraded", "calls", 19, "telephony")


def test_a_day_without_rows(centre: Workbench) -> None:
    row = the(centre, "C09", "everything")
    assert row["state"] == "degraded" and "1 of 20 days" in row["reason"] and "2026-03-11" in row["reason"]


def test_the_check_tells_the_same_day(centre: Workbench) -> None:
    """Both go by the habits of the source."""
    said = centre.try_("tracking", "check", "--grid", "--format", "json", "--now", NOW)  # `bot` cannot be reached
    (calls,) = [row for row in json.loads(said.stdout) if row["source"] == "calls"]
    assert (calls["expected"], calls["received"], calls["missing"]) == (20, 19, 1)


def test_too_few_people_known(centre: Workbench) -> None:
    row = the(centre, "C10", "callers")
    assert (row["state"], row["rows"], row["of"]) == ("degraded", 14, 19)
    assert the(centre, "C04", "callers", channel="chat")["property"] == "identifier.*"
    assert state(centre, "callers", channel="chat") == "not_computable"


def test_the_floor_of_people_is_the_plans(centre: Workbench) -> None:
    centre.write("tracking.yml", "tolerances: {identified: 25%}\n")
    try:
        assert not [row for row in reasons(centre, "callers") if row["code"] == "C10"]
    finally:
        (centre.folder / "tracking.yml").unlink()


def test_a_window_that_is_not_over(centre: Workbench) -> None:
    row = the(centre, "C11", "again")  # complete up to the 21st: J+7 is over of what ended before the 14th
    assert (row["effect"], row["rows"], row["of"], row["from"]) == ("degraded", 2, 5, "2026-03-29")


def test_a_breakdown_that_lacks(centre: Workbench) -> None:
    row = the(centre, "C12", "everything", "--by", "queue", cut="queue")
    assert (row["state"], row["property"], row["rows"], row["owner"]) == ("partial", "queue", 19, "telephony")
    assert state(centre, "everything", "--by", "queue", channel="chat", cut="queue") == "computable"
    assert state(centre, "everything", "--by", "queue", channel="phone") == "degraded"  # the value, by its gap


PLAN = """\
plan: {channels: [phone]}
needs:
  - {id: volume, question: How many?, decision: How many people., kpis: [everything]}
"""


def test_an_event_that_the_plan_does_not_hold(centre: Workbench) -> None:
    centre.write("tracking.yml", PLAN)
    try:
        row = the(centre, "C01", channel="chat")
        assert (row["state"], row["event"], row["source"], row["rows"]) == ("degraded", "interactions.chat", "chat", 4)
        row = the(centre, "C01", "paid", channel="")
        assert (row["state"], row["event"], row["rows"]) == ("not_computable", "staffing", 0)
        assert not [row for row in reasons(centre) if row["code"] == "C01"]
    finally:
        (centre.folder / "tracking.yml").unlink()


NEED = """\
needs:
  - {id: volume, question: How many?, decision: How many people., kpis: [waits], channels: [phone, web], by: [queue]}
"""


def test_a_need_names_its_channels_and_cuts(centre: Workbench) -> None:
    centre.write("tracking.yml", NEED)
    try:
        found = centre.rows("tracking", "coverage", "--now", NOW)
    finally:
        (centre.folder / "tracking.yml").unlink()
    states = {(row["kpi"], row["cut"], row["channel"]): row["state"] for row in found}
    assert states == {
        ("waits", "", ""): "degraded", ("waits", "", "phone"): "degraded", ("waits", "", "web"): "not_computable",
        ("waits", "queue", ""): "partial", ("waits", "queue", "phone"): "partial",
        ("waits", "queue", "web"): "not_computable",
    }  # fmt: skip
    assert the(centre, "C02", "paid", channel="")["owner"] == "operations"  # nobody gives it: who owns the KPI


TWO = """\
timezone: UTC
glossary: [standard, kpis/]
sources:
  one:
    connector: table
    path: one.csv
    retrieval: {owner: north}
    columns:
      interaction_id: id
      channel: "'phone'"
      started_at: begun
      outcome: case state when 1 then 'handled' when 2 then 'abandoned' end
  other:
    connector: table
    path: other.csv
    retrieval: {owner: south}
    columns: {interaction_id: id, channel: "'phone'", started_at: begun, outcome: "'abandoned'"}
"""


def test_two_sources_that_mean_different_things(workbench: Workbench) -> None:
    workbench.workspace(TWO)
    workbench.write("kpis/own.yml", "---\n".join(OWN))
    row = the(workbench, "C13", "handled")
    assert (row["state"], row["property"], row["source"], row["owner"]) == (
        "degraded",
        "outcome",
        "other",
        "south, north",
    )
    assert "`handled`" in row["reason"]
    workbench.workspace(TWO.replace("\"'abandoned'\"", "state"))  # of what the export says nothing is known
    assert state(workbench, "handled") == "computable"


def test_every_code_is_explained_in_two_languages(workbench: Workbench) -> None:
    codes = [f"C{number:02}" for number in range(1, 14)]
    assert list(REASONS) == codes
    assert {key[:3] for key in SENTENCES["en"]} == set(codes) and SENTENCES["en"].keys() == SENTENCES["fr"].keys()
    assert "no source gives the property" in workbench.call("explain", "c04").stdout


# what stands in


def test_what_stands_in_degrades_or_does_not(centre: Workbench) -> None:
    assert the(centre, "C04", "lenient")["state"] == "degraded"  # a constant is taken
    assert not [row for row in reasons(centre, "either") if row["code"] == "C04"]  # another column is
    assert state(centre, "either") == "degraded"


def test_people_who_are_only_counted_are_not_needed(centre: Workbench) -> None:
    row = the(centre, "C04", "identification_rate", channel="chat")
    assert (row["state"], row["effect"]) == ("degraded", "degraded")  # nobody is known there, and 0 % says so


def test_a_column_that_a_completing_source_gives(centre: Workbench) -> None:
    assert {row["code"] for row in reasons(centre, "wraps")} == {"C09"}


# without data


def test_without_a_store_mappings_tell(workbench: Workbench) -> None:
    fill(workbench)
    said = workbench.call("tracking", "coverage", "holds", "waits", "--format", "json")
    assert "nothing has been loaded yet" in said.stderr
    row = the(workbench, "C04", "holds")
    assert (row["state"], row["rows"], row["owner"]) == ("not_computable", None, "telephony")
    assert state(workbench, "waits") == "computable"
    assert the(workbench, "C02", "paid", channel="")["rows"] is None


# what breaks


def broken(bench: Workbench, *without: str, kpis: tuple[str, ...] = ()) -> dict[tuple[str, str, str], tuple[str, str]]:
    line = [part for each in without for part in ("--without", each)]
    found = bench.rows("tracking", "coverage", *kpis, *line, "--now", NOW)
    return {(row["kpi"], row["cut"], row["channel"]): (row["before"], row["after"]) for row in found}


NAMES = ("waits", "talks", "wraps", "either", "everything", "callers", "lenient")


def test_what_a_column_carries(centre: Workbench) -> None:
    found = broken(centre, "calls.wait_s", kpis=NAMES)
    assert found == {
        ("waits", "", "phone"): ("degraded", "not computable"),
        ("either", "", "phone"): ("degraded", "not computable"),
    }
    assert broken(centre, "calls.wait", kpis=NAMES) == found  # by the vendor's name
    everywhere = broken(centre, "wait_s", kpis=NAMES)
    assert everywhere["waits", "", ""] == ("degraded", "not computable")
    assert everywhere["waits", "", "chat"] == ("computable", "not computable")


def test_what_a_completing_source_carries(centre: Workbench) -> None:
    rows = centre.rows("tracking", "coverage", *NAMES, "--without", "notes", "--now", NOW)
    (row,) = [row for row in rows if row["channel"] == "phone"]
    assert (row["kpi"], row["code"], row["source"], row["owner"]) == ("wraps", "C04", "notes", "care")


def test_what_a_source_and_an_identifier_carry(centre: Workbench) -> None:
    rows = centre.rows("tracking", "coverage", "everything", "--without", "chat", "--now", NOW)
    (row,) = [row for row in rows if row["channel"] == "chat"]
    assert (row["before"], row["after"], row["source"], row["owner"]) == (
        "computable",
        "not computable",
        "chat",
        "digital",
    )
    found = broken(centre, "calls.identifier.customer_id", kpis=NAMES)
    assert found["callers", "", "phone"] == ("degraded", "not computable")
    assert {key[0] for key in found} == {"callers"}


def test_what_nobody_gives_cannot_go(centre: Workbench) -> None:
    said = centre.call("tracking", "coverage", "--without", "calls.wait_z", expect=2)
    assert "no source gives `calls.wait_z`" in said.stderr and "calls.wait_s" in said.stderr


@pytest.fixture
def own(centre: Workbench, tmp_path: Path) -> Workbench:
    """The same to be changed."""
    shutil.copytree(centre.folder, tmp_path, dirs_exist_ok=True)
    return Workbench(tmp_path)


SOME = (
    *NAMES,
    "handled",
    "holds",
    "again",
    "contacts_received",
    "average_talk_time",
    "csat",
    "reiteration_rate",
    "visits",
)


def states(bench: Workbench) -> dict[tuple[str, str, str], str]:
    found = bench.rows("tracking", "coverage", *SOME, "--now", NOW)
    return {(row["kpi"], row["cut"], row["channel"]): row["state"] for row in found}


def test_a_column_that_goes_turns_the_right_kpis_and_no_other(own: Workbench) -> None:
    before, told = states(own), broken(own, "calls.wait_s", kpis=SOME)
    text = (own.folder / "omnictl.yml").read_text()
    own.workspace(text.replace("      wait_s: wait\n", "", 1))
    unloaded = states(own)  # the mapping is changed, the rows are still as they were loaded
    own.try_("run", "-q")
    after = states(own)
    turned = {key: (before[key], after[key]) for key in before if before[key] != after[key]}
    assert {key: tuple(each.replace("_", " ") for each in pair) for key, pair in turned.items()} == told
    assert unloaded == after
    assert {key[0] for key in turned} >= {"waits", "either"} and "everything" not in {key[0] for key in turned}
    assert the(own, "C04", "waits")["owner"] == "telephony"


def test_a_field_that_goes_from_the_export(own: Workbench) -> None:
    before = states(own)
    for file in own.folder.glob("calls-*.csv"):
        rows = file.read_text().splitlines()
        own.write(file.name, "\n".join(",".join(row.split(",")[:2] + row.split(",")[3:]) for row in rows) + "\n")
    own.try_("run", "-q")
    after = states(own)
    lost = {key[0] for key in before if after[key] == "not_computable" != before[key]}
    assert {"waits", "either"} <= lost and not {"everything", "handled", "callers", "wraps"} & lost
    row = the(own, "C04", "waits")
    assert (row["source"], row["owner"]) == ("calls", "telephony") and "`wait`" in row["reason"]


# agreement with `kpi query`


def test_coverage_and_kpi_query_agree_on_every_kpi(centre: Workbench) -> None:
    workspace = load_workspace(find_workspace(centre.folder))
    connection = Store(workspace.store).reader(seconds=60)
    try:
        covering = Covering(workspace, connection, datetime(2026, 3, 22))
        lines = {line.key: line for line in covering.coverage().lines}
        names = tuple(kpi.address for kpi in covering.plan.kpis if not covering.glossary.resolve(kpi.address).by)
        question = Question(kpis=names, by=("channel",), long=True)
        assert covering.held is not None
        table = answer(plan(question, covering.glossary, workspace, covering.held.catalog), connection)
    finally:
        connection.close()
    place = {column.name: number for number, column in enumerate(table.columns)}
    compared = 0
    for row in table.rows:
        name, channel, judged, told = (row[place[each]] for each in ("kpi", "channel", "n", "state"))
        line = lines.get((name, "", channel))
        if line is None:  # the KPI is not about the channel, or its rows know none
            continue
        compared += 1
        if line.state == "not_computable":
            assert told in ("not_measured", "no_rows", "immature") or not judged, (name, channel, row, line.reasons)
        else:
            assert told in (None, "no_rows", "undefined", "partial"), (name, channel, told, line.reasons)
    assert compared > 100


# the command


def test_people_are_shown_a_line_per_kpi_and_cut(centre: Workbench) -> None:
    said = centre.call("tracking", "coverage", "holds", "everything", "--by", "queue", "--now", NOW).stdout
    assert len(said.strip().splitlines()) == 2 + 4 and "phone" in said
    french = centre.call("tracking", "coverage", "holds", "--now", NOW, "--lang", "fr").stdout
    assert "non calculable" in french and "aucune source ne fournit" in french
    by_channel = centre.call("tracking", "coverage", "holds", "--by", "channel", "--now", NOW).stdout
    assert len(by_channel.strip().splitlines()) > 2 + 4


def test_states_are_filtered_counted_and_failed_on(centre: Workbench) -> None:
    rows = centre.rows("tracking", "coverage", "holds", "waits", "--state", "not_computable", "--now", NOW)
    assert {row["state"] for row in rows} == {"not_computable"} and "waits" in {row["kpi"] for row in rows}
    (whole, *owners) = centre.rows("tracking", "coverage", "holds", "waits", "--summary", "--now", NOW)
    assert (whole["not_computable"], whole["degraded"], whole["computable"]) == (1, 1, 0)
    assert {row["owner"] for row in owners} == {"telephony"}
    centre.call("tracking", "coverage", "holds", "--fail-on", "degraded", "--now", NOW, "-q", expect=1)
    centre.call("tracking", "coverage", "waits", "--fail-on", "not_computable", "--now", NOW, "-q")
    centre.call("tracking", "coverage", "no_such_kpi", expect=2)
    assert "`quue`" in centre.call("tracking", "coverage", "holds", "--by", "quue", expect=2).stderr
