"""Plans: how often they read the store, what they are kept by, and what a kept one does without."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import sqlglot
from asking import Asking, Setting, glossary_of
from sqlglot import exp

from omnictl.compiler import kept
from omnictl.compiler.answer import answer
from omnictl.compiler.plan import Plan
from omnictl.compiler.question import Period, Question
from omnictl.glossary import load_glossary

SHIPPED = load_glossary(["standard"])
TEN = (
    "contacts_received", "contacts_handled", "calls_offered", "answer_rate", "service_level", "abandonment_rate",
    "average_speed_of_answer", "wait_time_p90", "average_handle_time", "transfer_rate",
)  # fmt: skip
FEW: list[dict[str, Any]] = [{"outcome": "handled", "wait_s": 5, "queued_at": datetime(2026, 3, 2)}, {}]


def scans(asking: Asking, sql: str) -> dict[str, int]:
    """How often each table is read, as EXPLAIN tells it."""
    ((_, text), *_) = asking.con.execute(f"explain (format json) {sql}").fetchall()
    found: dict[str, int] = {}
    nodes = json.loads(text)
    while nodes:
        node = nodes.pop()
        nodes.extend(node["children"])
        table = str(node["extra_info"].get("Table", "")).rsplit(".", 1)[-1]
        if table:
            found[table] = found.get(table, 0) + 1
    return found


@pytest.mark.parametrize("total", [False, True])
@pytest.mark.parametrize("every", [None, "hour", "day", "month"])
@pytest.mark.parametrize("by", [(), ("channel",)])
def test_any_number_of_kpis_reads_a_relation_once(by: tuple[str, ...], every: str | None, total: bool) -> None:
    asking = Asking(SHIPPED, interactions=FEW)
    planned = asking.plan(*TEN, "visits", by=by, every=every, total=total, parts=True)
    assert scans(asking, planned.sql) == {"interactions": 1}


def test_two_relations_are_read_once_each_and_joined_where_a_cut_asks_for_it() -> None:
    asking = Asking(SHIPPED, interactions=FEW, surveys=[{"question": "csat", "scale": "good_bad", "score": 1}])
    planned = asking.plan("calls_offered", "csat", "nps", by=("queue",))
    assert scans(asking, planned.sql) == {"interactions": 2, "surveys": 1}


def test_rows_that_cannot_be_unknown_cost_no_test() -> None:
    full = [{"outcome": "handled", "wait_s": 5, "queued_at": datetime(2026, 3, 2)}]
    assert " IS NULL" not in Asking(SHIPPED, interactions=full).plan("service_level", parts=True).sql
    assert " IS NULL" in Asking(SHIPPED, interactions=FEW).plan("service_level").sql


def test_what_runs_is_portable_and_has_no_unknown_function() -> None:
    asking = Asking(SHIPPED, interactions=FEW)
    for every in (None, "30min", "day", "week", "month"):
        planned = asking.plan(*TEN, "csat", by=("channel",), every=every, parts=True)
        tree = sqlglot.parse_one(planned.sql, read="duckdb")
        assert [node.sql() for node in tree.find_all(exp.Anonymous)] == []
        for division in tree.find_all(exp.Div):
            assert isinstance(division.expression, exp.Nullif)


def test_a_plan_survives_being_written_down() -> None:
    asking = Asking(SHIPPED, "Europe/Paris", interactions=FEW)
    asking.complete_until("t", "interactions", datetime(2026, 3, 2))
    period = Period(datetime(2026, 3, 1), datetime(2026, 4, 1))
    for asked in (
        {"every": "day", "period": period},
        {"by": ("channel",), "total": True},
        {"long": True},
        {"parts": True},
    ):
        planned = asking.plan("nps", *TEN, **asked)
        again = Plan.from_json(planned.to_json())
        assert again == planned
        assert answer(again, asking.con) == answer(planned, asking.con)


QUESTION = Question(("calls",))


@pytest.mark.parametrize(
    "other",
    [
        replace(QUESTION, kpis=("lost",)), replace(QUESTION, by=("channel",)), replace(QUESTION, every="day"),
        replace(QUESTION, where="queue = 'a'"), replace(QUESTION, total=True), replace(QUESTION, parts=True),
        replace(QUESTION, long=True), replace(QUESTION, lang="fr"), replace(QUESTION, personal=True),
        replace(QUESTION, period=Period(datetime(2026, 1, 1), None)),
    ],
)  # fmt: skip
def test_another_question_has_another_key(other: Question) -> None:
    assert kept.key_of(QUESTION, "a") != kept.key_of(other, "a")
    assert kept.key_of(QUESTION, "a") != kept.key_of(QUESTION, "b")
    assert kept.key_of(replace(QUESTION, now=datetime(2026, 1, 1)), "a") == kept.key_of(QUESTION, "a")


def test_a_store_that_says_something_else_has_another_state() -> None:
    asking = Asking(SHIPPED, interactions=FEW)
    states = [kept.store_state(asking.con)]
    asking.con.execute("insert into meta values ('stamp', '1')")
    states.append(kept.store_state(asking.con))
    asking.complete_until("t", "interactions", datetime(2026, 3, 2))
    states.append(kept.store_state(asking.con))
    asking.con.execute("update sources set watermark = timestamp '2026-03-03'")
    states.append(kept.store_state(asking.con))
    assert len(set(states)) == len(states)


def test_files_that_change_by_a_byte_or_a_name_have_another_digest(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text("kpi: a\n")
    digests = [kept.files_of([("own", tmp_path)])]
    (tmp_path / "a.yml").write_text("kpi: b\n")
    digests.append(kept.files_of([("own", tmp_path)]))
    (tmp_path / "a.yml").rename(tmp_path / "b.yaml")
    digests.append(kept.files_of([("own", tmp_path)]))
    digests.append(kept.files_of([("other", tmp_path)]))
    assert len(set(digests)) == len(digests)


def test_a_plan_is_found_again_and_a_damaged_one_is_not(tmp_path: Path) -> None:
    planned = Asking(SHIPPED, interactions=FEW).plan("calls_offered")
    folder = tmp_path / "cache"
    kept.keep(folder, "key", planned)
    assert kept.find(folder, "key") == planned
    assert kept.find(folder, "other") is None
    assert os.stat(folder / "key.json").st_mode & 0o077 == 0
    for text in ("", "{}", "[]", '{"sql": 1'):
        (folder / "key.json").write_text(text)
        assert kept.find(folder, "key") is None


def test_the_oldest_plans_are_dropped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "MOST_KEPT", 3)
    planned = Asking(SHIPPED, interactions=FEW).plan("calls_offered")
    for number in range(5):
        kept.keep(tmp_path, f"key{number}", planned)
        os.utime(tmp_path / f"key{number}.json", (number, number))
    assert sorted(path.stem for path in tmp_path.glob("*.json")) == ["key2", "key3", "key4"]


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    kept.keep(tmp_path / "file", "key", Asking(SHIPPED, interactions=FEW).plan("calls_offered"))
    assert kept.find(tmp_path / "file", "key") is None


ASKED = """
import sys
from pathlib import Path
from omnictl.compiler import Question, ask
from omnictl.engines.store import Store
from omnictl.workspace import load_workspace

workspace = load_workspace(Path(sys.argv[1]))
con = Store(workspace.store).reader()
table = ask(workspace, Question(("contacts_received",), by=("channel",)), con).table
parsers = ("sqlglot", "omnictl.glossary.glossary", "omnictl.compiler.planner")
print(table.rows, [name for name in parsers if name in sys.modules])
"""


def test_a_kept_plan_needs_neither_glossary_nor_sql_parser(tmp_path: Path) -> None:
    from workbench import Workbench

    bench = Workbench(tmp_path)
    bench.write("calls.csv", "id,at\n1,2026-03-02T10:00:00Z\n")
    columns = "{interaction_id: id, started_at: at, channel: \"'phone'\"}"
    source = f"{{connector: table, path: calls.csv, columns: {columns}}}"
    bench.workspace(f"timezone: UTC\nglossary: [standard, own]\nsources:\n  calls: {source}\n")
    (tmp_path / "own").mkdir()
    bench.call("run")

    def asked() -> str:
        command = [sys.executable, "-c", ASKED, str(tmp_path / "omnictl.yml")]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    first, second = asked(), asked()
    assert "sqlglot" in first
    assert second.endswith("[]")
    assert first.split("[(")[1].split(")]")[0] == second.split("[(")[1].split(")]")[0]
    text = "kpi: contacts_received\nextends: standard\nvalue: 2 * count(*)\n"
    (tmp_path / "own" / "own.yml").write_text(text)
    assert ", 2)" in asked()


def test_labels_come_in_the_language_asked_for() -> None:
    glossary = glossary_of(
        "kpi: calls\nlabel: {en: Calls, fr: Appels}\nrollup: sum\nfrom: interactions\nvalue: count(*)"
    )
    asking = Asking(glossary, interactions=FEW)
    assert asking.table("calls", lang="fr").columns[-1].label == "Appels"
    assert asking.table("calls").columns[-1].label == "Calls"
    assert Setting().language == "en"
