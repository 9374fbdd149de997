"""The stage: what it is made of, when it is made anew, what it says of its relations; and what needs cost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from building import WEEK, Row, all_of, at, built

from omnictl.build import build
from omnictl.build.tables import empty
from omnictl.engines.store import write_meta
from omnictl.errors import DefinitionError
from omnictl.referential import Referential, load_referential
from omnictl.stages import RunRow
from omnictl.workspace import Workspace, load_workspace

BEGIN = datetime(2026, 5, 4, 8)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    (tmp_path / "omnictl.yml").write_text("workspace: w\ntimezone: Europe/Paris\n", encoding="utf-8")
    return load_workspace(tmp_path / "omnictl.yml")


@pytest.fixture
def con() -> duckdb.DuckDBPyConnection:
    """A store with two calls of one person, about whom link has been asked."""
    rows = [
        Row("a", 1, "phone", BEGIN, BEGIN + timedelta(minutes=2), "bill", more={"answered_at": BEGIN, "agent": "x"}),
        Row("b", 1, "phone", BEGIN + timedelta(hours=1), None, "bill"),
    ]
    made = built(rows)
    made.execute("create table meta (key varchar primary key, value varchar)")
    write_meta(made, "inputs of link", "l1")
    write_meta(made, "stamp of ingest", "i1")
    for relation in ("followups", "needs", "levels"):
        empty(made, relation)
    return made


def run(workspace: Workspace, con: duckdb.DuckDBPyConnection, **options: Any) -> RunRow:
    return build(workspace, con, run_id="2026-05-05T00:00:00Z-1", **options)


def test_it_is_made_once_of_the_same_inputs(workspace: Workspace, con: duckdb.DuckDBPyConnection) -> None:
    row = run(workspace, con)
    assert (row.stage, row.source, row.status) == ("build", "all", "done")
    counted = {name: len(all_of(con, name)) for name in ("followups", "needs", "levels")}
    assert counted == {"followups": 2, "needs": 2, "levels": 1} and row.relation_rows == 5
    again = run(workspace, con)
    assert again.status == "unchanged" and again.relation_rows == 0 and again.ended_at is not None
    assert con.execute("select stage, status, relation_rows from runs").fetchall() == [("build", "done", 5)]
    assert run(workspace, con, full=True).status == "done"


def test_that_nobody_is_linked_is_said(workspace: Workspace, con: duckdb.DuckDBPyConnection) -> None:
    notes: list[str] = []
    run(workspace, con, notes=notes)
    assert notes == []
    con.execute("delete from meta where key = 'inputs of link'")
    run(workspace, con, notes=notes)
    assert len(notes) == 1 and "`omnictl link` makes people" in notes[0]


@pytest.mark.parametrize(
    "changed",
    [
        lambda workspace: replace(workspace, timezone="UTC"),
        lambda workspace: replace(workspace, silence=timedelta(days=1)),
        lambda workspace: replace(workspace, referential=Referential(channels={})),
    ],
)
def test_it_is_made_anew_when_a_setting_changes(
    workspace: Workspace, con: duckdb.DuckDBPyConnection, changed: Callable[[Workspace], Workspace]
) -> None:
    run(workspace, con)
    assert run(changed(workspace), con).status == "done"


@pytest.mark.parametrize("key", ["inputs of link", "stamp of ingest"])
def test_it_is_made_anew_when_what_comes_before_changes(
    workspace: Workspace, con: duckdb.DuckDBPyConnection, key: str
) -> None:
    run(workspace, con)
    write_meta(con, key, "another")
    assert run(workspace, con).status == "done"


def test_a_failure_changes_nothing(
    workspace: Workspace, con: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(workspace, con)
    before = all_of(con, "followups")
    monkeypatch.setattr("omnictl.build.levels._STRETCHES", "select nothing")
    with pytest.raises(duckdb.Error):
        run(workspace, con, full=True)
    assert all_of(con, "followups") == before
    assert con.execute(
        "select count(*) from duckdb_tables() where table_name like 'build!_%' escape '!'"
    ).fetchall() == [(0,)]


def test_what_is_filled_of_needs_and_levels(workspace: Workspace, con: duckdb.DuckDBPyConnection) -> None:
    con.execute(
        "insert into fills (relation, source, column_name) values ('needs', 'gone', 'cost'), ('steps', 's', 'x')"
    )
    run(workspace, con)
    fills = {
        (relation, column): rest
        for relation, column, *rest in con.execute(
            "select relation, column_name, source, channel, row_count, filled, lowest, highest from fills"
        ).fetchall()
    }
    assert fills["needs", "first_at"] == ["s", None, 2, 2, BEGIN, BEGIN]
    assert fills["needs", "last_end"] == ["s", None, 2, 2, BEGIN + timedelta(hours=1), BEGIN + timedelta(hours=1)]
    assert fills["needs", "cost"] == ["s", None, 2, 0, None, None]
    assert fills["levels", "started_at"] == ["s", "phone", 1, 1, BEGIN, BEGIN]
    assert fills["levels", "queue"] == ["s", "phone", 1, 0, None, None]
    assert fills["steps", "x"][0] == "s"


def test_nothing_is_made_of_nothing(workspace: Workspace) -> None:
    con = built([Row("a", None, "phone", BEGIN)])
    con.execute("delete from interactions; delete from identities")
    con.execute("create table meta (key varchar primary key, value varchar)")
    assert run(workspace, con).relation_rows == 0
    assert all_of(con, "followups") == []


RATES = """
solutions:
  express: {label: Express, channel: phone}
rates:
  - {channel: phone, from: 2026-01-01, to: 2026-05-05, per_contact: 0.40, per_second: 0.012}
  - {channel: phone, from: 2026-05-05, per_contact: 0.50, per_second: 0.012}
  - {channel: phone, solution: express, per_contact: 9}
  - {channel: web, per_contact: 0.01}
"""


def card(tmp_path: Path, text: str = RATES) -> Referential:
    (tmp_path / "referential.yml").write_text(text, encoding="utf-8")
    return load_referential(tmp_path / "referential.yml")


def cost(referential: Referential, *rows: Row) -> Decimal | None:
    """Of the one need of these rows."""
    (need,) = (need for need in all_of(built(rows, referential=referential), "needs") if need["scope"] == "all")
    return Decimal(need["cost"]) if need["cost"] is not None else None


def call(id_: str, start: datetime, **cells: Any) -> Row:
    solution = cells.pop("solution", None)
    outcome = cells.pop("outcome", "handled")
    return Row(id_, 1, "phone", start, None, "bill", solution=solution, outcome=outcome, more=cells)


def test_what_a_need_costs(tmp_path: Path) -> None:
    rates = card(tmp_path)
    long = call("a", BEGIN, talk_s=100, hold_s=20, acw_s=5)
    assert cost(rates, long) == Decimal("1.900")  # 0.40 + 125 x 0.012
    visit = Row("v", 1, "web", BEGIN + timedelta(hours=1), None, "bill")
    assert cost(rates, long, visit) == Decimal("1.910")
    assert cost(rates, call("a", BEGIN, talk_s=100, solution="express")) == Decimal("9.000")
    # a rate holds from midnight of the workspace's zone
    assert cost(rates, call("a", at("2026-05-05T00:00", "Europe/Paris"), talk_s=0)) == Decimal("0.500")
    assert cost(rates, call("a", at("2026-05-04T23:59", "Europe/Paris"), talk_s=0)) == Decimal("0.400")
    assert cost(rates, call("a", BEGIN, outcome="abandoned")) == Decimal("0.400")  # nobody talked


def test_what_a_need_costs_is_unknown(tmp_path: Path) -> None:
    rates = card(tmp_path)
    chat = Row("c", 1, "chat", BEGIN, None, "bill")
    assert cost(rates, chat) is None  # no rate
    assert cost(rates, call("a", BEGIN, talk_s=1), chat) is None
    assert cost(rates, call("a", BEGIN)) is None  # handled, and the talk is not known
    assert cost(rates, call("a", datetime(2025, 12, 31), talk_s=1)) is None  # before the first rate
    assert cost(Referential(), call("a", BEGIN, talk_s=1)) is None


def test_the_rate_card_is_read(tmp_path: Path) -> None:
    first = card(tmp_path).rates[0]
    assert first.terms == ("phone", None, date(2026, 1, 1), date(2026, 5, 5), Decimal("0.40"), Decimal("0.012"))


@pytest.mark.parametrize(
    ("rate", "code", "said"),
    [
        ("{per_contact: 1}", "wrong-rate", "names a channel or a solution"),
        ("{channel: phone}", "wrong-rate", "names a channel or a solution"),
        ("{channel: phone, per_contact: -1}", "wrong-rate", "must not be negative"),
        (
            "{channel: phone, per_contact: 1, from: 2026-02-01, to: 2026-02-01}",
            "wrong-rate",
            "`to` of a rate must be after",
        ),
        ("{channel: phone, per_contact: 1, from: soon}", "wrong-type", "must be a date"),
        ("{solution: gone, per_contact: 1}", "unknown-solution", "`gone` is not a solution"),
        (
            "{channel: web, per_contact: 1}, {channel: web, per_contact: 2, from: 2026-01-01}",
            "wrong-rate",
            "hold at once",
        ),
    ],
)
def test_a_wrong_rate_is_told_with_its_place(tmp_path: Path, rate: str, code: str, said: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        card(tmp_path, f"rates: [{rate}]\n")
    finding = caught.value.findings[0]
    assert finding.code == code and said in finding.message
    assert finding.place is not None and finding.place.line == 1


def test_silence_is_the_workspaces() -> None:
    rows = [call("a", BEGIN), call("b", BEGIN + WEEK), call("c", BEGIN + WEEK + WEEK + timedelta(seconds=1))]
    needs = [need["interactions"] for need in all_of(built(rows), "needs") if need["scope"] == "all"]
    assert sorted(needs) == [1, 2]
