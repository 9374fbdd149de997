"""`tracking check`: every fault that can be planted is found, as many times as it was planted, and nothing else is."""

from __future__ import annotations

import json
import shutil
import string
import xml.etree.ElementTree as Xml
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tracking.checked import HEAD, NOW, RECEIVED, broken, calls, received, rows
from tracking_plans import event, prop
from workbench import Workbench

from omnictl.findings import tracking as pages
from omnictl.ingest.schema import make_tables
from omnictl.ingest.tallies import refresh_fills
from omnictl.relations import RELATIONS
from omnictl.tracking.checks.carried import carried
from omnictl.tracking.checks.scans import Group, GroupKey, Out, Scan
from omnictl.tracking.checks.words import WORDS

AT = ("--now", NOW)
# code, source, event, column, severity, rows concerned, rows looked at; read off `checked.py`
PLANTED = {
    ("source-not-connected", None, "surveys.nps", None, "error", 0, None),
    ("source-not-connected", None, "decisions", None, "note", 0, None),
    ("source-not-connected", None, "offers", None, "note", 0, None),
    ("property-empty", "faq_steps", "steps.faq.search", "value", "error", 7, 7),
    ("property-empty", "calls", "interactions.phone", "area", "note", 46, 46),  # made of mobile numbers
    ("property-missing", "twin", "interactions.phone", "wait_s", "warning", 11, 11),
    ("property-missing", None, "interactions.phone", "queued_at", "error", 57, 57),
    ("property-missing", None, "interactions.phone", "hold_s", "note", 57, 57),
    ("property-nulls", "calls", "interactions.phone", "outcome", "warning", 3, 46),
    ("value-unplanned", "calls", "interactions.phone", "queue", "error", 3, 43),
    ("value-unplanned", "calls", "interactions.phone", "outcome", "error", 1, 46),
    ("value-out-of-range", "calls", "interactions.phone", "acw_s", "error", 3, 45),
    ("value-unreadable", "calls", "interactions.phone", "started_at", "warning", 1, 48),
    ("event-unplanned", "faq", "interactions.app", None, "warning", 1, 9),
    ("event-unplanned", "faq", "steps.faq.article", None, "warning", 1, 8),
    ("duplicate-rows", "calls", None, None, "note", 1, 48),
    ("duplicate-rows", "twin", None, None, "warning", 11, 11),
    ("clock-drift", "calls", "interactions.phone", "started_at", "warning", 1, 46),
    ("clock-drift", "calls", "interactions.phone", "ended_at", "warning", 1, 45),
    ("clock-drift", "faq", "steps.faq.search", "occurred_at", "warning", 1, 7),
    ("clock-drift", "crm", None, None, "warning", None, 10),
    ("delivery-missing", "calls", None, None, "error", 1, 5),
    ("delivery-late", "calls", None, None, "warning", 1, 4),
    ("delivery-empty", "calls", None, None, "warning", 1, 5),
}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    return broken(Workbench(tmp_path_factory.mktemp("desk")))


@pytest.fixture(scope="module")
def found(desk: Workbench) -> list[dict[str, Any]]:
    return desk.rows("tracking", "check", *AT, expect=1)


def one(found: list[dict[str, Any]], code: str, **of: object) -> dict[str, Any]:
    (row,) = [each for each in found if each["code"] == code and all(each[name] == of[name] for name in of)]
    return row


SOUND = """\
timezone: UTC
country: FR
identity: {secret: a key that is long enough, link_on: [phone]}
sources:
  calls:
    connector: table
    path: calls/*.csv
    retrieval: {every: 1 d, lateness: 2 h, owner: telephony}
    columns: {interaction_id: id, channel: "'phone'", started_at: begun, answered_at: answered, ended_at: ended,
              outcome: "'handled'", wait_s: wait, talk_s: talk, queue: queue}
"""
NEEDED = """\
plan: {id: sound, version: 1.0.0}
needs:
  - id: waiting
    question: {en: How long do they wait?}
    decision: {en: how many agents}
    kpis: [average_handle_time]
    by: [queue]
    channels: [phone, chat, email]
"""
PHONE = NEEDED.replace(", chat, email", "")


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    """Five days of calls as they are planned, each delivered the night after."""
    bench = Workbench(tmp_path_factory.mktemp("sound"))
    bench.workspace(SOUND)
    bench.write("tracking.yml", PHONE)
    for day in range(2, 7):
        received(bench, f"calls/2026-03-{day:02}.csv", calls(day), f"{day + 1:02}T01:00")
    bench.call("ingest", "-q")
    return bench


# what is planted


def test_each_planted_fault_is_found_and_nothing_else(found: list[dict[str, Any]]) -> None:
    names = ("code", "source", "event", "column", "severity", "count", "rows")
    told = [tuple(each[name] for name in names) for each in found]
    assert set(told) == PLANTED
    assert len(told) == len(PLANTED)


def test_the_gravest_come_first(found: list[dict[str, Any]]) -> None:
    gravity = [("error", "warning", "note").index(each["severity"]) for each in found]
    assert gravity == sorted(gravity)


def test_a_finding_names_owner_share_example_and_plan(found: list[dict[str, Any]]) -> None:
    queue = one(found, "value-unplanned", column="queue")
    assert (queue["owner"], queue["property"], queue["example"]) == ("telephony", "queue", "TEST (2), old (1)")
    assert queue["share"] == pytest.approx(3 / 43)
    assert (queue["plan"], queue["plan_version"], queue["enforcement"]) == ("help-desk", "1.2.0", "stamp")
    assert one(found, "value-out-of-range")["example"] == "-5.000, 900.000"
    assert one(found, "value-unplanned", column="outcome")["example"] == "XX (1)"
    assert one(found, "clock-drift", column="started_at")["example"] == "2026-03-25 08:00"
    assert "15 min from that of `calls`" in one(found, "clock-drift", source="crm")["message"]
    assert one(found, "delivery-missing")["example"] == "2026-03-04"
    assert one(found, "delivery-empty")["example"] == "calls/2026-03-07.csv"


def test_no_identifier_is_shown(desk: Workbench) -> None:
    said = desk.call("tracking", "check", *AT, "--format", "csv", expect=1).stdout
    assert "336123" not in said and "3-7" not in said


def test_people_read_findings_and_deliveries(desk: Workbench) -> None:
    said = desk.call("tracking", "check", *AT, expect=1)
    assert "Deliveries" in said.stdout and "hold_s" not in said.stdout
    assert (
        "6 events of 5 sources checked against plan help-desk 1.2.0: 7 errors, 12 warnings, 5 notes (-v tells them)"
        in said.stderr
    )
    assert "hold_s" in desk.call("tracking", "check", *AT, "-v", expect=1).stdout


def test_in_french(desk: Workbench) -> None:
    said = desk.call("tracking", "check", *AT, "--lang", "fr", expect=1)
    assert "«\u00a0calls\u00a0» n'a pas de données pour 1 des 5 jours attendus\u00a0: 2026-03-04" in said.stdout
    assert "Responsable" in said.stdout
    assert "6 événements de 5 sources confrontés au plan help-desk 1.2.0 : 7 erreurs, 12 avertissements" in said.stderr


def test_the_grid_shows_zeros_and_what_nobody_promised(desk: Workbench) -> None:
    grid = {each["source"]: each for each in desk.rows("tracking", "check", *AT, "--grid", expect=1)}
    figures = ("expected", "received", "missing", "late", "empty")
    assert [grid["calls"][name] for name in figures] == [5, 4, 1, 1, 1]
    assert [grid["crm"][name] for name in figures] == [1, 1, 0, 0, 0]
    assert [grid["twin"][name] for name in figures] == [None, None, None, None, 0]
    assert grid["calls"]["last_received"] == "2026-03-10T01:00:00Z"


def test_a_delivery_that_is_due_and_has_not_come(desk: Workbench) -> None:
    found = desk.rows("tracking", "check", "--now", "2026-03-11T04:00:00", expect=1)
    due = one(found, "delivery-late", severity="error")
    assert due["source"] == "calls" and due["example"] == "2026-03-10 01:00"
    grid = desk.rows("tracking", "check", "--grid", "--now", "2026-03-11T04:00:00", expect=1)
    assert grid[0]["late"] == 2 and grid[0]["state"] == "late"


# what is asked


def test_one_source(desk: Workbench) -> None:
    found = desk.rows("tracking", "check", *AT, "--source", "faq", expect=1)
    assert {(each["code"], each["source"]) for each in found} == {
        ("property-empty", "faq_steps"),
        ("event-unplanned", "faq"),
        ("clock-drift", "faq"),
    }
    said = desk.call("tracking", "check", "--source", "fax", expect=2)
    assert "`fax` is not a source" in said.stderr


def test_a_kpi_is_a_plan_of_its_own(desk: Workbench) -> None:
    found = desk.rows("tracking", "check", "search_no_result_rate", *AT, expect=1)
    assert one(found, "property-empty", event="steps.faq.search")["severity"] == "error"
    assert not [each for each in found if each["code"] == "event-unplanned" or each["event"] == "interactions.phone"]


def test_recent_rows_only(desk: Workbench) -> None:
    found = desk.rows("tracking", "check", *AT, "--since", "2026-03-05", "--source", "calls", expect=1)
    codes = {each["code"] for each in found}
    assert "value-unplanned" not in codes and "value-out-of-range" not in codes and "delivery-missing" not in codes
    future = one(found, "clock-drift", column="started_at")
    assert (future["count"], future["rows"]) == (1, 23 + 1)
    assert desk.rows("tracking", "check", *AT, "--since", "5d", "--source", "calls", expect=1) != found
    assert "[unknown-period]" in desk.call("tracking", "check", "--since", "soon", expect=2).stderr


@pytest.mark.parametrize(
    ("fail_on", "code"),
    [("error", 1), ("never", 0), ("delivery-empty", 1), ("value-unreadable,note", 1), ("baseline-gone", 0)],
)
def test_what_fails(desk: Workbench, fail_on: str, code: int) -> None:
    desk.call("tracking", "check", *AT, "--fail-on", fail_on, expect=code)


def test_a_baseline_holds_although_figures_move(desk: Workbench) -> None:
    known = str(desk.folder / "known.yml")
    desk.call("tracking", "check", *AT, "--baseline", known, "--write-baseline")
    assert desk.call("tracking", "check", *AT, "--baseline", known, "--fail-on", "warning").stdout
    recent = desk.rows("tracking", "check", *AT, "--baseline", known, "--since", "2026-03-03", expect=1)
    assert {each["event"] for each in recent if each["severity"] == "error"} == {"interactions.faq", "steps.faq.search"}
    gone = " ".join(each["message"] for each in recent if each["code"] == "baseline-gone")
    assert "`value-out-of-range` of omnictl.yml" in gone and "delivery-missing" not in gone
    text = (desk.folder / "known.yml").read_text(encoding="utf-8")
    assert len(text.splitlines()) == 1 + len([each for each in PLANTED if each[4] != "note"])
    said = desk.call("tracking", "check", "--baseline", known, "--write-baseline", "--source", "faq", expect=2)
    assert "the whole plan" in said.stderr


def test_for_continuous_integration(desk: Workbench) -> None:
    lines = desk.call("tracking", "check", *AT, "--format", "github", expect=1).stdout.splitlines()
    assert any(line.startswith("::error file=") and "title=delivery-missing::" in line for line in lines)
    sarif = json.loads(desk.call("tracking", "check", *AT, "--format", "sarif", expect=1).stdout)
    results = sarif["runs"][0]["results"]
    assert len(results) == len(PLANTED) and {each["ruleId"] for each in results} == {each[0] for each in PLANTED}
    assert all(rule["help"]["text"] for rule in sarif["runs"][0]["tool"]["driver"]["rules"])
    suites = Xml.fromstring(desk.call("tracking", "check", *AT, "--format", "junit", expect=1).stdout.encode())
    assert suites.attrib["failures"] == str(len([each for each in PLANTED if each[4] == "error"]))


# what is sound, and what cannot be looked at


def test_sound_data_give_no_finding(sound: Workbench) -> None:
    now = ("--now", "2026-03-07T02:00:00")
    assert sound.rows("tracking", "check", *now, "--fail-on", "warning") == [
        each for each in sound.rows("tracking", "check", *now) if each["severity"] == "note"
    ]
    said = sound.call("tracking", "check", *now)
    assert "Findings" not in said.stdout and ": 0 errors, 0 warnings" in said.stderr
    (grid,) = sound.rows("tracking", "check", *now, "--grid")
    assert [grid[name] for name in ("expected", "received", "missing", "late", "empty")] == [5, 5, 0, 0, 0]
    suites = Xml.fromstring(sound.call("tracking", "check", *now, "--format", "junit").stdout.encode())
    assert {suite.attrib["name"] for suite in suites} >= {"interactions.phone", "source calls"}


def test_the_whole_glossary_is_not_asked_of_anybody(sound: Workbench, tmp_path: Path) -> None:
    bench = Workbench(shutil.copytree(sound.folder, tmp_path / "whole"))
    (bench.folder / "tracking.yml").unlink()
    found = bench.rows("tracking", "check", "--now", "2026-03-07T02:00:00")
    assert {each["severity"] for each in found} == {"warning", "note"}
    assert {each["severity"] for each in found if each["code"] == "source-not-connected"} == {"note"}


@pytest.mark.parametrize("format", ["parquet", "xlsx", "csv", "jsonl", "md"])
def test_it_is_written_to_files(sound: Workbench, tmp_path: Path, format: str) -> None:
    file = tmp_path / f"found.{format}"
    sound.call("tracking", "check", "--now", "2026-03-07T02:00:00", "--out", str(file))
    assert file.stat().st_size > 100


def test_a_store_that_cannot_be_read(sound: Workbench, tmp_path: Path) -> None:
    bench = Workbench(shutil.copytree(sound.folder, tmp_path / "spoilt"))
    (bench.folder / ".omnictl" / "store.duckdb").write_bytes(b"no store")
    assert "cannot be opened" in bench.call("tracking", "check", "--fail-on", "never", expect=2).stderr


def test_without_a_store_nothing_was_checked(workbench: Workbench) -> None:
    workbench.workspace(SOUND)
    workbench.write("tracking.yml", NEEDED)
    received(workbench, "calls/a.csv", calls(2), RECEIVED[2])
    assert "there is no data yet" in workbench.call("tracking", "check", expect=2).stderr


def test_a_plan_with_faults(workbench: Workbench) -> None:
    workbench.workspace(SOUND)
    workbench.write("tracking.yml", NEEDED.replace("average_handle_time", "average_walk_time"))
    assert "tracking.yml:6:12: error[unknown-kpi]" in workbench.call("tracking", "check", expect=2).stderr


@pytest.fixture(scope="module")
def once_loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sound calls of one day, and a chat that was loaded from an export without records."""
    workbench = Workbench(tmp_path_factory.mktemp("loaded"))
    chat = SOUND.partition("  calls:")[2].replace("calls/*.csv", "chat.csv").replace("'phone'", "'chat'")
    workbench.workspace(f"{SOUND}  chat:{chat}")
    workbench.write("tracking.yml", NEEDED)
    received(workbench, "calls/a.csv", calls(2), RECEIVED[2])
    received(workbench, "chat.csv", HEAD + "\n", RECEIVED[2])
    workbench.call("ingest", "-q")
    return workbench.folder


@pytest.fixture
def loaded(once_loaded: Path, tmp_path: Path) -> Workbench:
    return Workbench(shutil.copytree(once_loaded, tmp_path / "loaded"))


def test_nothing_came_of_a_source_that_was_loaded(loaded: Workbench) -> None:
    found = loaded.rows("tracking", "check", "--now", "2026-03-03T02:00:00", expect=1)
    missing = one(found, "event-missing")
    assert (missing["source"], missing["event"], missing["count"], missing["rows"]) == (
        "chat",
        "interactions.chat",
        0,
        0,
    )
    assert missing["message"] == "`chat` was loaded and holds no row at all"


def test_a_source_that_was_never_loaded_is_no_sound_one(loaded: Workbench) -> None:
    text = (loaded.folder / "omnictl.yml").read_text(encoding="utf-8")
    mail = SOUND.partition("  calls:")[2].replace("'phone'", "'email'")
    loaded.workspace(f"{text}  mail:{mail}")
    found = loaded.rows("tracking", "check", "--fail-on", "never", expect=2)
    assert one(found, "source-unreachable")["message"] == "`mail` has never been loaded"
    assert "has never been loaded" in one(found, "event-missing", source="mail")["message"]


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_files_that_are_gone_are_no_sound_source(loaded: Workbench, lang: str) -> None:
    (loaded.folder / "chat.csv").unlink()
    found = loaded.rows("tracking", "check", "--lang", lang, "--fail-on", "never", expect=2)
    assert "no file matches `chat.csv`" in one(found, "source-unreachable", source="chat")["message"]
    assert loaded.rows("tracking", "check", "--source", "calls", "--fail-on", "never") is not None


def test_a_source_whose_last_load_failed(loaded: Workbench) -> None:
    loaded.write("chat.csv", "name\nnobody\n")
    loaded.try_("ingest", "-q")
    found = loaded.rows("tracking", "check", expect=2)
    assert one(found, "source-unreachable", source="chat")["message"].startswith("`chat`: its last load failed: ")
    assert "the last load of `chat` failed" in one(found, "event-missing")["message"]


# days on which data are expected


@pytest.mark.parametrize(
    ("days", "every", "missing"),
    [
        ([2, 3, 4, 5, 6, 9, 10, 11, 12, 13, 16, 17, 18, 19, 20, 23], "1 d", []),  # three week-ends: nobody works
        ([2, 3, 4, 5, 6, 9], "1 d", ["2026-03-07", "2026-03-08"]),  # one alone may be a fault
        ([2, 3, 5, 6], "1 h", ["2026-03-04"]),
        ([2, 3, 4, 20], "7 d", ["2026-03-09"]),
        ([2], "1 d", []),
    ],
)
def test_days_without_data(workbench: Workbench, days: list[int], every: str, missing: list[str]) -> None:
    workbench.workspace(SOUND.replace("1 d,", f"{every},"))
    workbench.write("tracking.yml", PHONE)
    received(workbench, "calls/all.csv", "".join([HEAD + "\n", *(calls(day).partition("\n")[2] for day in days)]),
             f"{days[-1] + 1:02}T01:00")  # fmt: skip
    workbench.call("ingest", "-q")
    found = workbench.rows("tracking", "check", "--now", f"2026-03-{days[-1] + 1:02}T02:00:00", expect=bool(missing))
    told = [each for each in found if each["code"] == "delivery-missing"]
    assert ", ".join(each["example"] for each in told) == ", ".join(missing)


def test_what_comes_on_monday_after_a_week_end_is_not_late(workbench: Workbench) -> None:
    """Files come the next working day at 01:00: the last Friday's on a Monday that has no data yet."""
    days = [day for day in range(2, 28) if day % 7 not in (0, 1)]  # 7 March 2026 is a Saturday
    workbench.workspace(SOUND)
    workbench.write("tracking.yml", PHONE)
    for day, after in zip(days, [*days[1:], 30], strict=True):
        received(workbench, f"calls/{day}.csv", calls(day), f"{after:02}T01:00")
    workbench.call("ingest", "-q")
    (grid,) = workbench.rows("tracking", "check", "--grid", "--now", "2026-03-30T02:00:00")
    assert [grid[name] for name in ("expected", "received", "missing", "late", "empty")] == [20, 20, 0, 0, 0]


def test_a_day_without_any_of_few_is_chance(workbench: Workbench) -> None:
    few = [line for day in (2, 3, 5) for line in calls(day).splitlines()[1:5]]
    workbench.workspace(SOUND)
    workbench.write("tracking.yml", PHONE)
    received(workbench, "calls/all.csv", rows(HEAD, few), "06T01:00")
    workbench.call("ingest", "-q")
    (grid,) = workbench.rows("tracking", "check", "--grid", "--now", "2026-03-06T02:00:00")
    assert (grid["expected"], grid["received"], grid["missing"]) == (3, 3, 0)


# counts, against those made one by one

ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "source": st.sampled_from(["a", "b"]),
            "channel": st.sampled_from(["phone", "chat"]),
            "started_at": st.integers(0, 3),
            "ended_at": st.none() | st.integers(0, 3),
            "outcome": st.sampled_from([None, "handled", "abandoned"]),
            "queue": st.sampled_from([None, "", "sales", "care", "o'hara"]),
            "agent": st.sampled_from([None, "x"]),
            "wait_s": st.none() | st.integers(-2, 5),
        }
    ),
    max_size=30,
)
PLANNED = [
    event(
        "interactions",
        channel,
        prop("queue", values=("sales", "o'hara"), kpis=("k",)),
        prop("agent", kpis=("k",)),
        prop("wait_s", "DECIMAL(18,3)", low=Decimal(0), high=Decimal(4), kpis=("k",)),
        prop("outcome", kpis=("k",)),
    )
    for channel in ("phone", "chat")
]
MIDNIGHT = datetime(2026, 3, 1)


@pytest.fixture(scope="module")
def store() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        make_tables(connection)
        yield connection


@settings(max_examples=20, deadline=None)
@given(rows=ROWS, tallied=st.booleans(), since=st.none() | st.integers(0, 3))
def test_counts_are_those_of_the_rows(
    store: duckdb.DuckDBPyConnection, rows: list[dict[str, Any]], tallied: bool, since: int | None
) -> None:
    store.execute("delete from interactions; delete from fills")
    names = ("source", "channel", "started_at", "ended_at", "outcome", "queue", "agent", "wait_s")
    lines = [(str(number), *(_cell(row, name) for name in names)) for number, row in enumerate(rows)]
    for line in lines:
        store.execute(
            f"insert into interactions (interaction_id, {', '.join(names)}) values ({', '.join('?' * 9)})", line
        )
    moment = None if since is None else MIDNIGHT + timedelta(hours=since)
    scan = Scan(store, timedelta(minutes=5), moment)
    known = _tallied(store) if tallied and since is None else None
    found = scan.groups("interactions", PLANNED, known)
    looked = [row for row in rows if since is None or row["started_at"] >= since]
    assert set(found) == {GroupKey(row["source"], row["channel"], "") for row in looked}
    for key, group in found.items():
        _by_hand(group, [row for row in looked if (row["source"], row["channel"]) == key[:2]])


def _cell(row: dict[str, Any], name: str) -> Any:
    hour = row[name]
    return MIDNIGHT + timedelta(hours=hour) if name.endswith("_at") and hour is not None else hour


def _tallied(connection: duckdb.DuckDBPyConnection) -> dict[GroupKey, Group]:
    found: dict[GroupKey, Group] = {}
    for source in ("a", "b"):
        refresh_fills(connection, RELATIONS["interactions"], source, RELATIONS["interactions"].names)
    for source, channel, name, count, filled in connection.execute(
        "select source, channel, column_name, row_count, filled from fills"
    ).fetchall():
        found.setdefault(GroupKey(source, channel, ""), Group(count)).filled[name] = filled
    return found


def _by_hand(group: Group, rows: list[dict[str, Any]]) -> None:
    assert group.rows == len(rows)
    for name in ("queue", "agent", "wait_s", "outcome"):
        assert group.filled[name] == len([row for row in rows if row[name] is not None])
    handled = [row for row in rows if row["outcome"] == "handled"]
    assert group.expected["agent"] == len(handled)
    assert group.lacking["agent"] == len([row for row in handled if row["agent"] is None])
    ended = [row for row in rows if row["outcome"] is not None]
    assert group.expected["wait_s"] == len(ended)
    assert group.lacking["wait_s"] == len([row for row in ended if row["wait_s"] is None])
    listed = Out("queue", None, None, ("sales", "o'hara"))
    ranged = Out("wait_s", Decimal(0), Decimal(4), ())
    assert group.out[listed] == len([row for row in rows if row["queue"] in ("", "care")])
    assert group.out[ranged] == len([row for row in rows if row["wait_s"] is not None and not 0 <= row["wait_s"] <= 4])
    early = [row for row in rows if row["ended_at"] is not None and row["ended_at"] < row["started_at"]]
    assert group.before["ended_at", "started_at"] == len(early)


@pytest.mark.parametrize("sample", [1, 20_000])
@pytest.mark.parametrize("since", [None, MIDNIGHT + timedelta(hours=1)])
def test_identifiers_are_told_by_channel(
    store: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch, sample: int, since: datetime | None
) -> None:
    monkeypatch.setattr("omnictl.tracking.checks.carried.SAMPLE", sample)
    store.execute("delete from interactions; delete from identifiers")
    for number in range(60):  # every other one a call; the first half an hour before the others
        channel, at = ("phone", "web")[number % 2], MIDNIGHT + timedelta(hours=number // 30)
        store.execute(
            "insert into interactions (source, interaction_id, channel, started_at) values ('a', ?, ?, ?)",
            (str(number), channel, at),
        )
    carries = [(n, "phone", value) for n in range(0, 20, 2) for value in (n, n + 100)]  # ten calls, two numbers each
    carries += [(n, "cookie", n) for n in range(1, 60, 2)] + [(n, "email", n) for n in range(30, 60)]
    for owner, kind, value in carries:
        store.execute(
            "insert into identifiers (source, owner, owner_id, kind, value) values ('a', 'interaction', ?, ?, ?)",
            (str(owner), kind, value),
        )
    number = prop("identifier.phone", kpis=("k",))
    others = [prop(f"identifier.{kind}", helps=("k",), one_of=True) for kind in ("cookie", "email")]
    planned = [event("interactions", channel, number, *others) for channel in ("phone", "web")]
    found = carried(Scan(store, timedelta(minutes=5), since, {"a": ("phone", "web")}), planned)
    phone = found[GroupKey("a", "phone", "")].filled if GroupKey("a", "phone", "") in found else {}
    web = found[GroupKey("a", "web", "")].filled
    if since is None:
        assert phone.pop("identifier.phone") == 10
    assert set(phone) == {"identifier.email"}
    assert set(web) == {"identifier.cookie", "identifier.email"}
    if since is not None:
        assert (phone["identifier.email"], web["identifier.cookie"]) == (15, 15)


# words


def test_every_message_names_the_same_things_in_both_languages() -> None:
    for code, cases in WORDS.items():
        for said, texts in cases.items():
            names = [{name for _, name, _, _ in string.Formatter().parse(texts[lang]) if name} for lang in ("en", "fr")]
            assert names[0] == names[1], (code, said)


def test_every_page_is_of_a_fault_that_these_tests_plant() -> None:
    raised = {each[0] for each in PLANTED} | {"event-missing", "source-unreachable"}
    assert raised == {page.code for page in pages.PAGES if page.code in WORDS} == set(WORDS) - {"baseline-gone"}
