"""kpi test, as a CI job calls it."""

from __future__ import annotations

import json
import xml.etree.ElementTree as Xml
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from omnictl.cli.main import omnictl

RIGHT = """\
kpi: long_waits
label: {en: Long waits, fr: Attentes longues}
question: {en: How many wait long?, fr: "Combien attendent longtemps ?"}
owner: operations
unit: ratio
rollup: share
better: lower
from: interactions
at: started_at
channels: [phone, chat]
parameters: {limit: 60 s}
numerator: count_if(wait_s >= :limit)
denominator: count(*)
variants:
  strict: {parameters: {limit: 30 s}, note: {en: sooner, fr: plus tôt}}
tests:
  - name: two calls
    given: {interactions: [{wait_s: 60}, {wait_s: 30}]}
    expect: 1/2
"""
WRONG = RIGHT.replace("long_waits", "wrong_waits").replace("expect: 1/2", "expect: 1/3")
FAULTY = RIGHT.replace("long_waits", "faulty_waits").replace("wait_s >= :limit", "weight_s >= :limit")


def call(folder: Path, *arguments: str, expect: int = 0) -> Result:
    done = CliRunner().invoke(omnictl, ["-C", str(folder), "kpi", "test", *arguments])
    assert "Traceback" not in done.stderr, done.stderr
    assert done.exit_code == expect, (done.stdout, done.stderr)
    return done


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    (tmp_path / "kpis").mkdir()
    (tmp_path / "omnictl.yml").write_text("workspace: w\ntimezone: UTC\nglossary: [standard, kpis/]\n")
    (tmp_path / "kpis" / "right.yml").write_text(RIGHT)
    return tmp_path


def test_the_workspace_s_own_kpis_are_tried(workspace: Path) -> None:
    done = call(workspace)
    assert done.stdout == ""
    assert done.stderr == "1 KPIs, 1 figures: 1 as expected, 0 not\n"


def test_a_wrong_figure_is_told_with_its_place(workspace: Path) -> None:
    (workspace / "kpis" / "wrong.yml").write_text(WRONG)
    done = call(workspace, expect=1)
    assert "wrong.yml:17:5: wrong_waits, two calls\n    expected 1/3\n    got      0.5\n" in done.stdout
    assert "2 figures: 1 as expected, 1 not" in done.stderr
    call(workspace, "long_waits")
    call(workspace, str(workspace / "kpis" / "right.yml"))
    call(workspace, str(workspace / "kpis" / "wrong.yml"), expect=1)


def test_a_wrong_definition_fails_and_the_rest_goes_on(workspace: Path) -> None:
    (workspace / "kpis" / "faulty.yml").write_text(FAULTY)
    done = call(workspace, expect=1)
    assert "faulty.yml:12:21: faulty_waits" in done.stdout
    assert "[unknown-column]" in done.stdout
    assert "1 as expected, 1 not" in done.stderr


def test_coverage(workspace: Path) -> None:
    done = call(workspace, "--coverage")
    assert done.stdout == "long_waits: no case for variants strict; channels chat\n"
    call(workspace, "--fail-on", "uncovered", expect=1)
    tried = RIGHT.replace("expect: 1/2", "expect: {default: 1/2, strict: 1}")
    (workspace / "kpis" / "right.yml").write_text(tried.replace("{wait_s: 30}", "{wait_s: 30, channel: chat}"))
    assert call(workspace, "--coverage", "--fail-on", "uncovered").stdout == ""


def test_junit_holds_every_figure(workspace: Path) -> None:
    (workspace / "kpis" / "wrong.yml").write_text(WRONG.replace("two calls", "two <calls> \\u0001"))
    out = workspace / "kpis.xml"
    call(workspace, "--format", "junit", "--out", str(out), expect=1)
    root = Xml.parse(out).getroot()
    assert (root.get("tests"), root.get("failures")) == ("2", "1")
    assert [suite.get("name") for suite in root] == ["long_waits", "wrong_waits"]
    (failure,) = root.iter("failure")
    assert failure.get("message") == "expected 1/3, got 0.5"
    (case,) = root[1].iter("testcase")
    assert (case.get("classname"), case.get("line")) == ("wrong_waits", "17")


def test_json_and_what_cannot_be_asked(workspace: Path) -> None:
    (told,) = json.loads(call(workspace, "--format", "json").stdout)
    assert (told["kpi"], told["passed"], told["expected"], told["got"]) == ("long_waits", True, "1/2", "0.5")
    assert "there is no KPI `lond_waits`" in call(workspace, "lond_waits", expect=2).stderr
    (workspace / "empty").mkdir()
    assert "no KPI is written in" in call(workspace, str(workspace / "empty"), expect=2).stderr


def test_shipped_kpis_are_tried_when_asked_for(workspace: Path) -> None:
    assert "figures:" in call(workspace, "visits").stderr
