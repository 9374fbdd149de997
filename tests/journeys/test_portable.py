"""The SQL of funnels and paths runs on other engines as it stands."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from building import Row, built
from portable import Listening, faults

from omnictl.compiler.question import Period, Question
from omnictl.journeys.funnel.answer import ask_funnel, units_of
from omnictl.journeys.funnel.definition import ExclusionAsked, FunnelAsked, StepAsked, on_line
from omnictl.journeys.paths.answer import PathsAsked, ask_paths
from omnictl.workspace import Workspace

BEGIN = datetime(2026, 5, 4, 8)


def asked(*steps: str, **more: Any) -> FunnelAsked:
    return FunnelAsked(steps=tuple(StepAsked(on_line(each, "STEP")) for each in steps), **more)


@pytest.fixture(scope="module")
def store() -> Any:
    rows = [
        Row("a", 1, "web", BEGIN, BEGIN + timedelta(minutes=5), "bill"),
        Row("b", 1, "phone", BEGIN + timedelta(hours=2), None, "bill"),
        Row("c", 1, "chat", BEGIN + timedelta(days=20), None, "bill"),
    ]
    con = built(rows)
    con.execute(
        "insert into identifiers (source, owner, owner_id, kind, value) values ('s', 'interaction', 'a', 'x', 1)"
    )
    return con


FUNNELS = [
    asked("web", "phone"),
    asked("web", "phone", "phone[outcome=handled]", "page:/a/*"),
    asked("web", "phone", "chat", order="strict", within=("phone",)),
    asked("web", "phone", "chat", order="any", window="60min"),
    asked("web", "phone", "chat", anchor="step", window="60min", unit="need", by=("channel",), attribution="last"),
    asked(
        "web", "phone", hold=("intent",), entry="first", ties="later", unit="interaction",
        exclude=(ExclusionAsked(on_line("chat", "--exclude"), effect="drop"),),
    ),
]  # fmt: skip


@pytest.mark.parametrize("funnel", FUNNELS)
def test_statements_of_funnels(store: Any, funnel: FunnelAsked, workspace: Workspace) -> None:
    listening = Listening(store)
    question = Question((), period=Period(datetime(2026, 5, 1), datetime(2026, 6, 1)))
    found = ask_funnel(workspace, question, funnel, listening)
    list(units_of(listening, found, 1, dropped=True, most=10))
    check(store, listening)


@pytest.mark.parametrize("paths", [PathsAsked(), PathsAsked(goal="phone", transform="frequency"), PathsAsked("web")])
def test_statements_of_paths(store: Any, paths: PathsAsked, workspace: Workspace) -> None:
    listening = Listening(store)
    ask_paths(workspace, Question(()), paths, listening)
    check(store, listening)


def check(store: Any, listening: Listening) -> None:
    own = [sql for sql in listening.heard if "funnel_" in sql or "path" in sql]
    made = [sql.split()[3] for sql in own if sql.strip().startswith("create temp table")]
    for table in made:
        store.execute(f"drop table if exists {table}")
    assert len(made) > 4
    assert [(sql[:60], fault) for sql in own for fault in faults(sql)] == []


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    from omnictl.workspace import load_workspace

    file = tmp_path_factory.mktemp("portable") / "omnictl.yml"
    file.write_text("workspace: small\ntimezone: Europe/Paris\nsources: {}\n")
    return load_workspace(file)
