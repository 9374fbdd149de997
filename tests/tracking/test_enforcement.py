"""Rules of a plan at the door: what breaks them is stamped or turned away, and follows the life of its record."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from connector_bench import SECRET
from ingest_bench import HEAD, Bench

from omnictl.ingest.ledger import Corrections
from omnictl.ingest.rules import Action, Bounds, EventRules, Rules

SOURCE = """
calls:
  connector: table
  path: calls*.csv
  {more}
  columns:
    interaction_id: id
    channel: channel
    started_at: begun
    queue: queue
    wait_s: wait
    transfers: moves
    version_at: version
    attributes: memo
  identifiers: {{phone: phone}}
"""
HEADER = "id,channel,begun,queue,wait,moves,version,memo,phone\n"
GOOD = "1,phone,2026-03-01T10:00:00Z,bills,10,0,1,,0611111111\n"
BAD = (
    "2,phone,2026-03-01T10:01:00Z,sales,10,0,1,,0611111112\n"  # no queue of the plan
    "3,phone,2026-03-01T10:02:00Z,bills,-5.5,3,1,,0611111113\n"  # waited less than nothing; moved three times
    "4,phone,2026-03-01T10:03:00Z,,10,0,1,odd,\n"  # no queue, no number, a strange memo
    "5,fax,2026-03-01T10:04:00Z,bills,10,0,1,,0611111115\n"  # nobody plans fax
    "6,chat,2026-03-01T10:05:00Z,sales,-5,0,1,,\n"  # planned, and not enforced
)
CALLS = HEADER + GOOD + BAD


def rules(action: Action = "stamp", version: str = "1.0.0", **changes: Any) -> dict[str, tuple[Rules, ...]]:
    """What calls are held to: by default all of this."""
    bounds = (
        Bounds("queue", ("bills", "claims"), needed=True),
        Bounds("wait_s", low=Decimal(0), high=Decimal("7200.0")),
        Bounds("transfers", ("0", "1.0", "2")),
        Bounds("attributes", ("plain",)),
        Bounds("identifier.phone", needed=True),
    )
    phone = EventRules("interactions.phone", "phone", "", True, action, changes.get("bounds", bounds))
    chat = EventRules("interactions.chat", "chat", "", True, "")
    made = Rules("interactions", "small", version, "", (phone, chat), ("phone", "chat"), action)
    return {"calls": (made,)}


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return made(tmp_path)


def made(folder: Path, more: str = "max_rejects: 100%") -> Bench:
    folder.mkdir(exist_ok=True)
    bench = Bench(folder)
    bench.sources(SOURCE.format(more=more), HEAD + SECRET)
    return bench


def four(bench: Bench, **options: Any) -> tuple[int, int, int, int]:
    row = bench.run(**options).rows[0]
    return row.used, row.rejected, row.superseded, row.filtered


def stamps(bench: Bench, columns: str = 'row_id, rule, "column", value') -> list[tuple[Any, ...]]:
    return bench.query(f"select {columns} from stamps order by all")


def everything(bench: Bench) -> dict[str, list[tuple[Any, ...]]]:
    """What must be equal in two stores of the same files under the same plan."""
    told = {
        name: f"select * exclude (_file) from {name}" for name in ("interactions", "identifiers", "rejects", "stamps")
    }
    told["files"] = "select path, records, used, rejected, superseded, filtered from files"
    told["fills"] = "from fills where relation <> 'costs'"
    connection = bench.store.reader()
    try:
        return {name: sorted(connection.execute(sql).fetchall(), key=repr) for name, sql in told.items()}
    finally:
        connection.close()


# what is stamped, what is turned away


def test_a_stamped_row_counts_and_each_rule_it_breaks_is_told(bench: Bench) -> None:
    bench.write("calls.csv", CALLS)
    assert four(bench, rules=rules()) == (6, 0, 0, 0)
    assert bench.value("select count(*) from interactions") == 6
    assert stamps(bench) == [
        ("2", "value", "queue", "sales"),
        ("3", "range", "wait_s", "-5.5"),
        ("3", "value", "transfers", "3"),
        ("4", "missing", "identifier.phone", None),
        ("4", "missing", "queue", None),
        ("4", "value", "attributes", None),  # personal
        ("5", "unplanned", "channel", "fax"),
    ]
    told = "source, relation, event, plan, version"
    assert set(stamps(bench, told)) == {
        ("calls", "interactions", "interactions.phone", "small", "1.0.0"),
        ("calls", "interactions", None, "small", "1.0.0"),
    }
    assert bench.value("select message from runs where source = 'calls'").startswith(
        "rows that break the plan have 7 stamps"
    )


def test_a_quarantined_record_is_a_reject_with_its_reason(bench: Bench) -> None:
    bench.write("calls.csv", CALLS)
    assert four(bench, rules=rules("quarantine")) == (2, 4, 0, 0)
    assert bench.query("select interaction_id from interactions order by 1") == [("1",), ("6",)]
    assert bench.query("select owner_id from identifiers") == [("1",)]
    assert stamps(bench) == []
    by = "interactions.phone of plan small 1.0.0"
    assert bench.query('select record, line, "column", reason from rejects order by 1') == [
        (2, 3, "queue", f"queue: `sales` is none of the values of {by}"),
        (3, 4, "wait_s", f"wait_s: `-5.5` lies outside 0 to 7200, the range of {by}; 1 more"),
        (4, 5, "queue", f"queue: it is empty, and {by} needs it; 2 more"),
        (5, 6, "channel", "channel: `fax` is planned by no event of plan small 1.0.0"),
    ]
    (path,) = (bench.folder / ".omnictl" / "rejects").glob("*.jsonl")
    raw = [json.loads(line)["raw"] for line in path.read_text().splitlines()]
    assert raw == BAD.splitlines()[:4]


def test_what_match_rules_say_is_no_gap(bench: Bench) -> None:
    bench.write("referential.yml", "intents: {pay: {label: Pay}}\nmatch: [{queue: bills, intent: pay}]\n")
    bench.sources(SOURCE.format(more=""), "timezone: Europe/Paris\nreferential: referential.yml\n")
    bench.write("calls.csv", HEADER + GOOD + BAD.splitlines(keepends=True)[0])
    bounds = (Bounds("intent", ("pay",), needed=True), Bounds("kind", ("contact",)), Bounds("area", needed=True))
    bench.run(rules=rules(bounds=bounds))
    assert stamps(bench) == [
        ("1", "missing", "area", None),
        ("2", "missing", "area", None),
        ("2", "missing", "intent", None),
    ]


def test_a_personal_value_is_told_nowhere(bench: Bench) -> None:
    bench.write("calls.csv", CALLS)
    bench.run(rules=rules("quarantine", bounds=(Bounds("attributes", ("plain",)),)))
    assert bench.query("select reason from rejects where record = 4") == [
        ("attributes: the value is none of the values of interactions.phone of plan small 1.0.0",)
    ]


def test_what_is_quarantined_counts_against_the_rejects_a_source_may_have(tmp_path: Path) -> None:
    bench = made(tmp_path, "max_rejects: 50%")
    bench.write("calls.csv", CALLS)
    report = bench.run(rules=rules("quarantine"))
    assert (report.rows[0].status, report.exit_code) == ("too_many_rejects", 1)


def test_without_rules_nothing_is_asked(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: Any, **kwargs: Any) -> None:
        raise AssertionError("asked")

    for name in ("enforcing._find", "stamps._write", "source.drop_stamps"):
        monkeypatch.setattr(f"omnictl.ingest.{name}", fail)
    bench.write("calls.csv", CALLS)
    assert four(bench) == (6, 0, 0, 0)
    assert four(bench, rules={"others": rules()["calls"]}) == (0, 0, 0, 0)  # and the files are not read again


# the life of records


def test_a_plan_changed_and_changed_back_leaves_nothing_behind(tmp_path: Path) -> None:
    plans = [rules(), rules("quarantine", "1.1.0"), None]
    fresh = []
    for number, plan in enumerate(plans):
        bench = made(tmp_path / str(number))
        bench.write("calls.csv", CALLS)
        bench.run(rules=plan)
        fresh.append(everything(bench))
    assert len({repr(each) for each in fresh}) == 3
    bench = made(tmp_path / "lived")
    bench.write("calls.csv", CALLS)
    for number in (0, 1, 2, 0):
        bench.run(rules=plans[number])
        assert everything(bench) == fresh[number]


@pytest.mark.parametrize("action", ["stamp", "quarantine"])
def test_files_one_by_one_changed_and_forgotten_give_the_store_of_one_load(tmp_path: Path, action: Action) -> None:
    first, second = CALLS, HEADER + "".join(f"7{line}\n" for line in BAD.splitlines())
    mended = HEADER + GOOD + BAD.replace("sales", "claims")

    lived, whole = made(tmp_path / "lived"), made(tmp_path / "whole")
    lived.write("calls1.csv", first)
    lived.run(rules=rules(action))
    lived.write("calls2.csv", second, minutes=1)
    lived.run(rules=rules(action))
    for name, text in (("calls1.csv", first), ("calls2.csv", second)):
        whole.write(name, text, minutes=int(name[5]) - 1)
    whole.run(rules=rules(action))
    assert everything(lived) == everything(whole)

    lived.write("calls1.csv", mended, minutes=3)
    (lived.folder / "calls2.csv").unlink()
    lived.run(rules=rules(action), corrections=Corrections(forget=("calls2.csv",)))
    alone = made(tmp_path / "alone")
    alone.write("calls1.csv", mended, minutes=3)
    alone.run(rules=rules(action))
    expected = everything(alone)
    assert everything(lived) == expected
    assert (len(stamps(lived)), lived.value("select count(*) from rejects")) == (
        (6, 0) if action == "stamp" else (0, 3)
    )


def test_a_newer_version_takes_the_stamp_along(bench: Bench) -> None:
    bench.write("calls1.csv", CALLS)
    bench.run(rules=rules())
    bench.write("calls2.csv", HEADER + "2,phone,2026-03-01T10:01:00Z,claims,10,0,2,,0611111112\n", minutes=1)
    assert four(bench, rules=rules()) == (1, 0, 0, 0)
    assert [row for row, *_ in stamps(bench) if row == "2"] == []
    bench.write("calls3.csv", HEADER + "2,phone,2026-03-01T10:01:00Z,shop,10,0,3,,0611111112\n", minutes=2)
    bench.run(rules=rules())
    assert [told for told in stamps(bench) if told[0] == "2"] == [("2", "value", "queue", "shop")]


def test_a_version_turned_away_replaces_nothing(bench: Bench) -> None:
    older = "1,phone,2026-03-01T10:00:00Z,claims,10,0,1,,0611111111\n"
    newer = "1,phone,2026-03-01T10:00:00Z,shop,10,0,2,,0611111111\n"
    bench.write("calls1.csv", HEADER + older)
    bench.write("calls2.csv", HEADER + newer, minutes=1)
    quarantine, stamp = rules("quarantine"), rules()
    assert four(bench, rules=quarantine) == (1, 1, 0, 0)
    assert bench.query("select queue from interactions") == [("claims",)]
    assert four(bench, rules=stamp) == (1, 0, 1, 0)
    assert four(bench, rules=stamp, corrections=Corrections(full=True)) == (1, 0, 1, 0)
    assert bench.query("select queue from interactions") == [("shop",)]
    assert stamps(bench) == [("1", "value", "queue", "shop")]


def test_a_file_that_is_gone_stays_as_it_was_read(bench: Bench) -> None:
    path = bench.write("calls1.csv", CALLS)
    bench.write("calls2.csv", HEADER + GOOD.replace("1,", "8,", 1), minutes=1)
    bench.run(rules=rules())
    path.unlink()
    report = bench.run()
    assert any("the rows stay as they were read" in note for note in report.notes)
    assert len(stamps(bench)) == 7
    bench.run(corrections=Corrections(forget=("calls1.csv",)))
    assert stamps(bench) == []


def test_a_source_no_longer_declared_takes_its_stamps_along(bench: Bench) -> None:
    bench.write("calls.csv", CALLS)
    bench.run(rules=rules())
    bench.sources(SOURCE.format(more="").replace("calls:", "others:", 1).replace("calls*", "more*"), HEAD + SECRET)
    bench.write("more.csv", HEADER + GOOD)
    bench.run()
    assert stamps(bench) == []
