"""`omnictl tracking plan` as it is typed."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from tracking.small import REFERENTIAL, TRACKING, WORKSPACE
from workbench import Workbench

DOCUMENTS = """
documents:
  - {path: docs/plan.html, lang: fr}
  - {path: docs/plan.md, lang: en}
  - {path: docs/plan.csv}
  - {path: contracts, format: odcs}
"""


@pytest.fixture
def bench(workbench: Workbench) -> Workbench:
    workbench.workspace(WORKSPACE)
    workbench.write("referential.yml", REFERENTIAL)
    workbench.write("tracking.yml", TRACKING)
    return workbench


def test_a_table_for_people_and_rows_for_programs(bench: Workbench) -> None:
    said = bench.call("tracking", "plan")
    assert "phone_contact_ended" in said.stdout
    assert "plan petit 1.2.0: 3 KPIs, 5 events of 3 sources; 2 that no source gives" in said.stderr
    rows = json.loads(bench.call("tracking", "plan", "--format", "json").stdout)
    (wait,) = [row for row in rows if row["event_id"] == "interactions.phone" and row["column"] == "wait_s"]
    assert (wait["source"], wait["vendor_fields"], wait["required"], wait["kpis"]) == (
        "calls", "attente", "needed", "abandonment_rate"
    )  # fmt: skip
    assert (wait["retrieval_method"], wait["frequency"], wait["backfill"], wait["retention"]) == (
        "sftp", "1 d", "30 d", "13 months"
    )  # fmt: skip
    (consent,) = [row for row in rows if row["column"] == "consent"]
    assert consent["kpis"] == "phone_after_web_rate"


def test_kpis_may_be_named_instead(bench: Workbench) -> None:
    rows = csv.DictReader(io.StringIO(bench.call("tracking", "plan", "nps", "--by", "wave", "--format", "csv").stdout))
    found = {row["column"]: row for row in rows if row["event_id"] == "surveys.nps"}
    assert {"survey_id", "question", "score", "wave"} <= set(found)
    assert found["wave"]["cuts"] == "wave"
    assert {row["source"] for row in found.values()} == {""}


def test_the_documents_of_a_repository_are_held_against_the_plan(bench: Workbench) -> None:
    bench.write("tracking.yml", TRACKING + DOCUMENTS)
    missing = bench.call("tracking", "plan", "--check", expect=1)
    assert missing.stderr.count("is missing") >= 4
    bench.call("tracking", "plan", "--write")
    sound = bench.call("tracking", "plan", "--check")
    assert "4 documents are as the plan is now" in sound.stderr
    assert 'lang="fr"' in (bench.folder / "docs/plan.html").read_text(encoding="utf-8")
    bench.workspace(WORKSPACE.replace("wait_s: attente", "wait_s: attendu"))
    stale = bench.call("tracking", "plan", "--check", expect=1)
    assert "docs/plan.html is stale" in stale.stderr
    assert "docs/plan.csv is stale" in stale.stderr
    assert "tracking plan --write" in stale.stderr
    bench.call("tracking", "plan", "--write")
    bench.call("tracking", "plan", "--check")


def test_a_document_by_its_name(bench: Workbench) -> None:
    file = bench.folder / "plan.md"
    bench.call("tracking", "plan", "--lang", "fr", "--out", str(file))
    assert "Qui appelle après la FAQ\N{NO-BREAK SPACE}?" in file.read_text(encoding="utf-8")
    bench.call("tracking", "plan", "--lang", "fr", "--out", str(file), "--check")
    bench.call("tracking", "plan", "--lang", "en", "--out", str(file), "--check", expect=1)


def test_files_of_a_format_that_are_no_longer_planned_go(bench: Workbench) -> None:
    folder = bench.folder / "schemas"
    asked = ("tracking", "plan", "--format", "json-schema", "--out", str(folder))
    bench.call(*asked)
    before = sorted(path.name for path in folder.iterdir())
    assert "faq_article_read.schema.json" in before
    bench.write("tracking.yml", TRACKING.replace("by: [step.article, intent]", "by: [intent]"))
    stale = bench.call(*asked, "--check", expect=1)
    assert "faq_article_read.schema.json is stale" in stale.stderr
    bench.call(*asked)
    assert sorted(path.name for path in folder.iterdir()) == [
        name for name in before if name != "faq_article_read.schema.json"
    ]
    bench.call(*asked, "--check")


def test_files_of_others_are_left_alone(bench: Workbench) -> None:
    bench.write("schemas/faq_visit_ended.schema.json", "mine")
    said = bench.call("tracking", "plan", "--format", "json-schema", "--out", str(bench.folder / "schemas"), expect=2)
    assert "was not written by `tracking plan`" in said.stderr
    assert (bench.folder / "schemas/faq_visit_ended.schema.json").read_text(encoding="utf-8") == "mine"


def test_what_a_format_cannot_hold_is_told(bench: Workbench) -> None:
    asked = ("tracking", "plan", "--format", "rudderstack", "--out", str(bench.folder / "rudder"))
    said = bench.call(*asked)
    assert "dropped: retrieval.method of" in said.stderr
    bench.call(*asked, "--fail-on-loss", expect=1)


WRONG = (
    (("--format", "odcs"), "--out names their folder"),
    (("--write", "--out", "x.md"), "it goes without"),
    (("--owners", "--format", "html"), "--owners is a table"),
    (("--check", "--format", "html"), "takes --out"),
    (("--check",), "names no `documents`"),
    (("no_such_kpi",), "there is no KPI"),
    (("nps", "--by", "colour"), "have no cut `colour`"),
)


@pytest.mark.parametrize(("options", "told"), WRONG)
def test_questions_that_cannot_be_asked(bench: Workbench, options: tuple[str, ...], told: str) -> None:
    assert told in bench.call("tracking", "plan", *options, expect=2).stderr


def test_a_fault_of_the_plan_could_not_run_and_one_name_for_two_things_fails(bench: Workbench) -> None:
    bench.write("tracking.yml", TRACKING.replace("abandonment_rate", "abandonement_rate"))
    said = bench.call("tracking", "plan", expect=2)
    assert "tracking.yml:13:12" in said.stderr
    assert "abandonment_rate" in said.stderr
    bench.write("tracking.yml", TRACKING + "events: {interactions.faq: {name: phone_contact_ended}}\n")
    assert "plan-name-twice" in bench.call("tracking", "plan", expect=1).stderr


def test_owners(bench: Workbench) -> None:
    rows = json.loads(bench.call("tracking", "plan", "--owners", "--format", "json").stdout)
    assert {"who": "telephony", "role": "pools", "kind": "source", "what": "calls"}.items() <= rows[0].items() or any(
        {"who": "telephony", "role": "pools", "what": "calls"}.items() <= row.items() for row in rows
    )
    assert any(row["role"] == "asks" and row["who"] == "digital" for row in rows)


def test_outside_of_a_workspace(tmp_path: Path) -> None:
    assert "no omnictl.yml" in Workbench(tmp_path).call("tracking", "plan", expect=2).stderr
