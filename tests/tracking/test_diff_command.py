"""`omnictl tracking diff` in a repository, as CI calls it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from tracking.small import REFERENTIAL, TRACKING, WORKSPACE
from workbench import Workbench

KPI = """\
kpi: long_waits
label: {en: Long waits, fr: Attentes longues}
question: {en: How many wait long?, fr: Combien attendent longtemps ?}
unit: count
rollup: sum
better: lower
from: interactions
at: queued_at
channels: [phone]
value: count_if(wait_s > 300)
"""
WITH_KPI = TRACKING.replace("kpis: [abandonment_rate,", "kpis: [long_waits, abandonment_rate,")


def git(folder: Path, *args: str) -> None:
    identity = ("-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", "-C", str(folder), *identity, *args], check=True, capture_output=True)


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    bench = Workbench(tmp_path_factory.mktemp("repository"))
    restore(bench)
    git(bench.folder, "init", "-q", "-b", "main")
    git(bench.folder, "add", ".")
    git(bench.folder, "commit", "-qm", "first")
    return bench


def restore(bench: Workbench) -> None:
    bench.workspace(
        WORKSPACE.replace("referential: referential.yml", "referential: referential.yml\nglossary: [standard, kpis/]")
    )
    bench.write("referential.yml", REFERENTIAL)
    bench.write("tracking.yml", WITH_KPI)
    bench.write("kpis/own.yml", KPI)


@pytest.fixture
def bench(repository: Workbench) -> Workbench:
    restore(repository)
    return repository


def test_nothing_has_changed(bench: Workbench) -> None:
    said = bench.call("tracking", "diff", "HEAD")
    assert said.stdout.strip() == ""
    assert "0 changes" in said.stderr


def test_what_breaks_fails_until_the_version_says_so(bench: Workbench) -> None:
    broken = WITH_KPI + "events: {interactions.faq: {name: faq_seen}}\n"
    bench.write("tracking.yml", broken)
    said = bench.call("tracking", "diff", "HEAD", expect=1)
    assert "error[plan-breaking]: interactions.faq: event renamed: faq_visit_ended → faq_seen" in said.stdout
    assert "hits phone_after_web_rate" in said.stdout
    assert "error[plan-version]" in said.stdout
    bench.write("tracking.yml", broken.replace("version: 1.2.0", "version: 2.0.0"))
    assert "warning[plan-breaking]" in bench.call("tracking", "diff", "HEAD").stdout
    bench.call("tracking", "diff", "HEAD", "--fail-on", "warning", expect=1)


def test_a_kpi_that_counts_otherwise_means_another_thing(bench: Workbench) -> None:
    bench.write("kpis/own.yml", KPI.replace("> 300", "> 600"))
    rows = json.loads(bench.call("tracking", "diff", "HEAD", "--format", "json", expect=1).stdout)
    (row,) = [row for row in rows if row["change"] == "kpi-meaning"]
    assert (row["code"], row["severity"], row["breaking"], row["kpis"]) == (
        "plan-meaning", "error", True, ["long_waits"]
    )  # fmt: skip
    assert "300" in row["old"] and "600" in row["new"]


def test_harmless_changes_are_notes(bench: Workbench) -> None:
    bench.write("tracking.yml", WITH_KPI.replace("1.2.0", "1.3.0") + "events: {interactions.faq: {owner: web}}\n")
    said = bench.call("tracking", "diff", "HEAD")
    assert "note[plan-harmless]: interactions.faq: owner: digital → web" in said.stdout


def test_forms_for_ci(bench: Workbench) -> None:
    bench.workspace(WORKSPACE.replace("'RACCROCHE'", "'PERDU'"))
    bench.write("tracking.yml", TRACKING)
    github = bench.call("tracking", "diff", "HEAD", "--format", "github", expect=1).stdout
    assert github.startswith("::error ") and "title=plan-meaning" in github
    sarif = json.loads(bench.call("tracking", "diff", "HEAD", "--format", "sarif", expect=1).stdout)
    assert {each["ruleId"] for each in sarif["runs"][0]["results"]} >= {"plan-meaning", "plan-version"}
    markdown = bench.call("tracking", "diff", "HEAD", "--format", "md", expect=1).stdout
    assert markdown.startswith("### Tracking plan: ")
    assert "interactions.phone.outcome" in markdown


def test_what_cannot_be_compared(bench: Workbench) -> None:
    assert bench.call("tracking", "diff", "no-such-revision", expect=2).stderr
    assert "--fail-on takes" in bench.call("tracking", "diff", "HEAD", "--fail-on", "grave", expect=2).stderr
    bench.write("tracking.yml", WITH_KPI.replace("[queue]", "[colour]"))
    assert "cut-not-defined" in bench.call("tracking", "diff", "HEAD", expect=2).stderr
