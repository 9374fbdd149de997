"""Rules of a plan with connectors of every speed, sources that complete others, erasure, and the command line."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow
import pytest
from connector_bench import SECRET, ConnectorBench, connector_of, four
from ingest_bench import HEAD, Bench
from workbench import Workbench

from omnictl.connectors import Connector, Csv
from omnictl.ingest.rules import Action, Bounds, EventRules, Rules

# One record is one contact with one step and one number.
LOG = """\
id;channel;begun;queue;page;customer
a;web;2026-11-02 09:00:00;x;/a;C1
b;web;2026-11-02 09:01:00;x;/shop;C2
c;app;2026-11-02 09:02:00;x;/shop;C3
d;web;2026-11-02 09:03:00;y;/a;C4
e;web;2026-11-02 09:04:00;x;/a;
"""
STEP = {"occurred_at": "begun", "type": "'page'", "object": "page"}


def of_sql() -> type[Connector]:
    return connector_of(
        reads=Csv(delimiter=";"),
        relations={
            "interactions": "select id as interaction_id, channel, begun as started_at, queue from file",
            "steps": "select id || '1' as step_id, id as interaction_id, begun as occurred_at, 'page' as type, "
            "page as object from file",
            "identifiers": "select id as owner_id, 'customer_id' as kind, customer as value from file "
            "where customer is not null",
        },
    )


def _rows(record: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    known = {key: record[key] for key in ("id", "channel", "begun", "queue", "page", "customer")}
    contact = {"interaction_id": known["id"], "started_at": known["begun"]}
    yield "interactions", contact | {"channel": known["channel"], "queue": known["queue"]}
    of_contact = {"interaction_id": known["id"], "occurred_at": known["begun"]}
    yield "steps", of_contact | {"step_id": known["id"] + "1", "type": "page", "object": known["page"]}
    if known["customer"]:
        yield "identifiers", {"owner_id": known["id"], "kind": "customer_id", "value": known["customer"]}


def of_rows() -> type[Connector]:
    def rows(self: Any, file: Any, options: Any) -> Iterator[Any]:
        for _, record in file.records():
            yield from _rows(record)

    return connector_of(rows=rows, reads=Csv(delimiter=";"))


def of_batches() -> type[Connector]:
    def batches(self: Any, file: Any, options: Any) -> Iterator[Any]:
        found: dict[str, list[dict[str, Any]]] = {}
        for number, (_, record) in enumerate(file.records(), start=1):
            for relation, row in _rows(record):
                found.setdefault(relation, []).append({**row, "record": number})
        for relation, rows in found.items():
            yield relation, pyarrow.Table.from_pylist(rows)

    return connector_of(batches=batches, reads=Csv(delimiter=";"))


def held_to(action: Action) -> tuple[Rules, ...]:
    queue = (Bounds("queue", ("x",)), Bounds("identifier.customer_id", needed=True))
    visits = tuple(EventRules(f"interactions.{each}", each, "", False, action, queue) for each in ("web", "app"))
    pages = tuple(
        EventRules(f"steps.{channel}.page", channel, "page", False, action, (Bounds("object", values),))
        for channel, values in (("web", ("/a",)), ("app", ("/a", "/shop")))
    )
    return (
        Rules("interactions", "small", "1.0.0", "", visits, ("web", "app"), action),
        Rules("steps", "small", "1.0.0", "type", pages, ("page",), action),
    )


@pytest.mark.parametrize("connector", [of_sql, of_rows, of_batches])
def test_connectors_of_every_speed(tmp_path: Path, connector: Any) -> None:
    bench = ConnectorBench(tmp_path, connector(), "max_rejects: 100%")
    bench.write("data/log.csv", LOG)
    bench.rules = {"s": held_to("stamp")}
    assert four(bench.ingest()) == (5, 0, 0, 0)
    assert bench.query('select relation, row_id, event, rule, "column", value from stamps order by all') == [
        ("interactions", "d", "interactions.web", "value", "queue", "y"),
        ("interactions", "e", "interactions.web", "missing", "identifier.customer_id", None),
        ("steps", "b1", "steps.web.page", "value", "object", "/shop"),
    ]
    bench.rules = {"s": held_to("quarantine")}
    assert four(bench.ingest()) == (2, 3, 0, 0)
    for relation, key in (("interactions", "interaction_id"), ("steps", "step_id"), ("identifiers", "owner_id")):
        assert [row[0][0] for row in bench.query(f"select {key} from {relation} order by 1")] == ["a", "c"]
    assert bench.query('select record, line, "column" from rejects order by 1') == [
        (2, 3, "object"),
        (4, 5, "queue"),
        (5, 6, "identifier.customer_id"),
    ]
    assert bench.query("select count(*) from stamps") == [(0,)]


def test_a_step_that_comes_after_its_visit_has_its_channel(tmp_path: Path) -> None:
    select = "select id as {key}, {what} from file where kind = '{kind}'"
    relations = {
        "interactions": select.format(key="interaction_id", what="name as channel, begun as started_at", kind="visit"),
        "steps": select.format(
            key="step_id",
            what="visit as interaction_id, begun as occurred_at, 'page' as type, name as object",
            kind="page",
        ),
    }
    bench = ConnectorBench(tmp_path, connector_of(reads=Csv(delimiter=";"), relations=relations))
    bench.rules = {"s": held_to("stamp")[1:]}
    header = "kind;id;visit;name;begun\n"
    when = "2026-11-02 09:00:00"
    bench.write("data/1.csv", f"{header}visit;w;;web;{when}\nvisit;a;;app;{when}\npage;1;w;/a;{when}\n")
    bench.ingest()
    assert bench.query("select count(*) from stamps") == [(0,)]
    lines = "".join(f"page;{id_};{visit};/shop;{when}\n" for id_, visit in (("2", "w"), ("3", "a"), ("4", "lost")))
    bench.write("data/2.csv", header + lines, minutes=1)
    bench.ingest()
    assert bench.query("select row_id, event from stamps") == [("2", "steps.web.page")]


def test_keys_of_several_parts(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    columns = "{queue: queue, interval_start: begun, staffed_s: staffed}"
    bench.sources(
        f"agents: {{connector: table, path: agents.csv, relation: staffing, columns: {columns}}}", HEAD + SECRET
    )
    own = EventRules("staffing", None, "", False, "stamp", (Bounds("staffed_s", high=Decimal(1800)),))
    rules = {"agents": (Rules("staffing", "small", "1.0.0", "", (own,), (), "stamp"),)}
    header = "queue,begun,staffed\n"
    bench.write("agents.csv", header + "a,2026-03-01T10:00:00Z,1800\na,2026-03-01T10:30:00Z,1801\n")
    bench.run(rules=rules)
    assert bench.query("select row_id, value from stamps") == [("a||2026-03-01 10:30:00", "1801")]
    bench.write("agents.csv", header + "a,2026-03-01T10:00:00Z,1900\na,2026-03-01T10:30:00Z,1801\n", minutes=1)
    bench.run(rules=rules)
    assert bench.query("select row_id, value from stamps order by 1") == [
        ("a||2026-03-01 10:00:00", "1900"),
        ("a||2026-03-01 10:30:00", "1801"),
    ]
    bench.write("agents.csv", header + "a,2026-03-01T10:00:00Z,1700\n", minutes=2)
    bench.run(rules=rules)
    assert bench.query("from stamps") == []


CALLS = "id,begun,queue\n1,2026-03-01T10:00:00Z,a\n2,2026-03-01T10:01:00Z,odd\n"
CDR = "id,begun,talk\n1,2026-03-01T10:00:00Z,10\n2,2026-03-01T10:01:00Z,-1\n"
PAIR = """
calls:
  connector: table
  path: calls.csv
  columns: {interaction_id: id, channel: "'phone'", started_at: begun, queue: queue}
cdr:
  connector: table
  path: cdr.csv
  completes: calls
  max_rejects: 100%
  columns: {interaction_id: id, channel: "'phone'", started_at: begun, talk_s: talk}
"""


def of_pair(action: Action) -> dict[str, tuple[Rules, ...]]:
    found = {}
    for source, bounds in (("calls", Bounds("queue", ("a",))), ("cdr", Bounds("talk_s", low=Decimal(0)))):
        own = EventRules("interactions.phone", "phone", "", True, action, (bounds,))
        found[source] = (Rules("interactions", "small", "1.0.0", "", (own,), ("phone",), action),)
    return found


def test_sources_that_complete_each_other(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.sources(PAIR, HEAD + SECRET)
    bench.write("calls.csv", CALLS)
    bench.write("cdr.csv", CDR)
    bench.run(rules={**of_pair("stamp"), "cdr": of_pair("quarantine")["cdr"]})
    assert bench.query("select interaction_id, talk_s::integer from interactions order by 1") == [
        ("1", 10),
        ("2", None),
    ]
    assert bench.query("select source, record from rejects") == [("cdr", 2)]
    assert bench.query("select source, row_id, value from stamps") == [("calls", "2", "odd")]
    bench.run(rules=of_pair("stamp"))
    assert bench.query("select interaction_id, talk_s::integer from interactions order by 1") == [("1", 10), ("2", -1)]
    assert bench.query("select source, row_id, value from stamps order by 1") == [
        ("calls", "2", "odd"),
        ("cdr", "2", "-1"),
    ]
    bench.sources(PAIR.replace("  completes: calls\n", ""), HEAD + SECRET)  # moved, or read again: they stay
    bench.run(rules=of_pair("stamp"))
    assert bench.value("select count(*) from stamps") == 2
    bench.write("calls.csv", CALLS.replace("odd", "a"), minutes=5)
    bench.run(rules=of_pair("stamp"))
    assert bench.query("select source from stamps") == [("cdr",)]


# the command line

WORKSPACE = """\
workspace: small
timezone: Europe/Paris
identity: {secret: 0123456789abcdef0123456789abcdef}
sources:
  calls:
    connector: table
    path: calls.csv
    max_rejects: 100%
    columns: {interaction_id: id, channel: "'phone'", started_at: begun, queue: queue, wait_s: wait}
    identifiers: {customer_id: who}
"""
EXPORT = """\
id,begun,queue,wait,who
1,2026-03-01T10:00:00Z,bills,10,C-Ann
2,2026-03-01T10:01:00Z,odd,10,C-Ann
3,2026-03-01T10:02:00Z,odd,10,C-Bob
"""
PLAN = """\
plan: {{id: small, version: 2.0.0}}
needs:
  - id: wait
    question: {{en: How long do they wait?}}
    decision: {{en: Staff the queue.}}
    kpis: [calls_offered, average_speed_of_answer]
    by: [queue]
    channels: [phone]
events:
  phone_contact_ended:
    enforcement: {action}
    properties:
      queue: {{values: [bills]}}
"""


@pytest.fixture
def desk(workbench: Workbench) -> Workbench:
    workbench.workspace(WORKSPACE)
    workbench.write("calls.csv", EXPORT)
    return workbench


def test_what_is_enforced_by_the_file_is_shown_and_goes_with_who_is_erased(desk: Workbench) -> None:
    desk.write("tracking.yml", PLAN.format(action="stamp"))
    desk.call("run")
    (ann, bob) = desk.rows("show", "stamps")
    assert bob == {
        "source": "calls",
        "relation": "interactions",
        "row_id": "3",
        "event": "interactions.phone",
        "plan": "small",
        "version": "2.0.0",
        "rule": "value",
        "column": "queue",
        "value": "odd",
    }
    assert ann["row_id"] == "2"
    desk.call("identity", "erase", "customer_id=C-Ann", "--yes")
    assert [row["row_id"] for row in desk.rows("show", "stamps")] == ["3"]
    desk.write("tracking.yml", PLAN.format(action="quarantine"))
    desk.call("run", "--full")
    assert desk.accounting("calls") == {"records": 3, "used": 0, "rejected": 1, "superseded": 0, "filtered": 2}
    (reject,) = desk.rows("show", "rejects")
    assert reject["reason"] == "queue: `odd` is none of the values of interactions.phone of plan small 2.0.0"
    desk.write("tracking.yml", PLAN.format(action="off"))
    desk.call("run")
    assert desk.accounting("calls")["used"] == 1


@pytest.mark.parametrize(
    ("change", "place", "code"),
    [
        (("enforcement: stamp", "enforcement: stampede"), "tracking.yml:11:18", "unknown-value"),
        (("phone_contact_ended:", "phone_contact_begun:"), "tracking.yml:10:3", "unknown-event"),
        (
            ("      queue: {values: [bills]}", "      started_at: {min: 3}"),
            "tracking.yml:13:7",
            "wrong-type",
        ),
    ],
)
def test_a_fault_of_the_plan_stops_before_any_data_is_read(
    desk: Workbench, change: tuple[str, str], place: str, code: str
) -> None:
    desk.write("tracking.yml", PLAN.format(action="stamp").replace(*change))
    said = desk.call("ingest", expect=2)
    assert f"{place}: error[{code}]" in said.stderr
    assert not (desk.folder / ".omnictl" / "store.duckdb").exists()
