"""Other values of parameters, and targets, as a workspace and a question give them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from omnictl.cli.main import omnictl

CALLS = """\
id,begun,result,wait,queue
1,2026-02-28T22:30:00Z,handled,10,std
2,2026-02-28T23:30:00Z,handled,25,std
3,2026-03-02T10:00:00Z,handled,25,vip
4,2026-03-02T11:00:00Z,handled,70,std
"""
WORKSPACE = """\
timezone: Europe/Paris
sources:
  calls:
    connector: table
    path: calls.csv
    columns:
      {interaction_id: id, channel: "'phone'", direction: "'inbound'", started_at: begun, queued_at: begun,
       outcome: result, wait_s: wait, queue: queue}
"""
LEVEL = ("service_level", "--from", "2026-02-01", "--to", "2026-04-01")


def call(folder: Path, *arguments: str, expect: int = 0) -> Result:
    done = CliRunner().invoke(omnictl, ["-C", str(folder), "kpi", *arguments])
    assert done.exit_code == expect, (done.stdout, done.stderr)
    return done


def row(folder: Path, *arguments: str) -> dict[str, Any]:
    (found,) = json.loads(call(folder, "query", *LEVEL, *arguments, "--format", "json").stdout)
    return dict(found)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("promise")
    (folder / "calls.csv").write_text(CALLS, encoding="utf-8")
    (folder / "omnictl.yml").write_text(WORKSPACE, encoding="utf-8")
    assert CliRunner().invoke(omnictl, ["-C", str(folder), "run"]).exit_code == 0
    return folder


@pytest.fixture
def centre(store: Path) -> Iterator[Path]:
    yield store
    (store / "omnictl.yml").write_text(WORKSPACE, encoding="utf-8")
    (store / "targets.yml").unlink(missing_ok=True)


def test_every_change_of_the_workspace_reaches_the_next_answer(centre: Path) -> None:
    """Plans are kept; what is said over KPIs is part of what they are found by."""
    assert row(centre)["service_level"] == 0.25
    changes = "{value: 20 s, changes: [{from: 2026-03-01, value: 30 s}], by: {queue: {vip: 5 s}}}"
    for said, expected in (("30 s", 0.75), ("90 s", 1.0), (changes, 0.5), ("20 s", 0.25)):
        (centre / "omnictl.yml").write_text(f"{WORKSPACE}parameters: {{answer_threshold: {said}}}\n", encoding="utf-8")
        assert row(centre)["service_level"] == expected
    for target, status in ((0.2, "ok"), (0.26, "watch"), (0.5, "off")):
        (centre / "targets.yml").write_text(f"service_level: {target}", encoding="utf-8")
        found = row(centre, "--status")
        assert (found["service_level_target"], found["service_level_status"]) == (target, status)
        assert row(centre, "--long")["status"] == status
    assert "service_level_status" not in row(centre)


def test_an_option_wins_over_the_workspace_and_an_address_over_the_option(centre: Path) -> None:
    (centre / "omnictl.yml").write_text(f"{WORKSPACE}parameters: {{service_level: {{answer_threshold: 30 s}}}}\n")
    assert row(centre)["service_level"] == 0.75
    assert row(centre, "--set", "answer_threshold=90s")["service_level"] == 1.0
    both = row(centre, "service_level:answer_threshold=5s", "--set", "service_level.answer_threshold=90s")
    assert (both["service_level"], both["service_level:answer_threshold=5s"]) == (1.0, 0.0)
    done = call(centre, "query", *LEVEL, "--set", "answer_threshold=90s")
    assert "note: service_level: answer_threshold = 90s, --set" in done.stderr
    definition = row(centre, "--long")["definition"]
    assert "answer_threshold = 30 s, omnictl.yml; short_abandon = 5 s" in definition
    sql = call(centre, "compile", *LEVEL, "--set", "answer_threshold=90s").stdout
    assert "<= 90" in sql and "<= 30" not in sql


def test_the_card_tells_values_and_targets_and_who_gave_them(centre: Path) -> None:
    (centre / "omnictl.yml").write_text(
        f"{WORKSPACE}parameters: {{short_abandon: {{value: 3 s, by: {{queue: {{vip: 1 s}}}}}}}}\n"
    )
    (centre / "targets.yml").write_text("service_level: {value: 0.8, by: {queue: {vip: 0.9}}}")
    told = [
        (each["what"], each["of"], each["text"])
        for each in json.loads(call(centre, "show", "service_level", "--format", "json").stdout)
    ]
    assert ("parameter", "short_abandon", "3 s, by queue (vip: 1 s), omnictl.yml") in told
    assert [each[1:] for each in told if each[0] == "target"] == [
        (None, "0.8, targets.yml"),
        ("queue vip", "0.9, targets.yml"),
    ]


def test_worked_figures_are_those_of_the_definition(centre: Path) -> None:
    (centre / "omnictl.yml").write_text(f"{WORKSPACE}parameters: {{answer_threshold: 1 s}}\n")
    call(centre, "test", "service_level")


def test_mistakes_are_told(centre: Path) -> None:
    assert (
        "did you mean `answer_threshold`?"
        in call(centre, "query", *LEVEL, "--set", "answer_threshol=3s", expect=2).stderr
    )
    assert "NAME=VALUE" in call(centre, "query", *LEVEL, "--set", "answer_threshold", expect=2).stderr
    (centre / "targets.yml").write_text("service_levl: 0.8\nanswer_rate: {value: 0.8, by: {quue: {a: 1}}}")
    done = call(centre, "check", expect=1)
    assert "error[unknown-kpi]" in done.stdout and "did you mean `service_level`?" in done.stdout
    assert "error[unknown-dimension]" in done.stdout and "targets.yml:2:" in done.stdout
    assert row(centre)["service_level"] == 0.25  # they reach no figure
    (centre / "omnictl.yml").write_text(f"{WORKSPACE}parameters: {{answer_threshol: 3 s}}\n")
    assert "error[unknown-parameter]" in call(centre, "query", *LEVEL, expect=2).stderr
