"""What a plan's file and a command line must not be able to do: overwrite what is read, leave the workspace, be taken
for less than they say, or end in a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest
from tracking.small import REFERENTIAL, TRACKING, WORKSPACE
from workbench import Workbench

CALLS = "id;debut;issue;file;attente;duree;appelant\n1;2026-11-02T09:00:00;DECROCHE;facture;5;65;0612345678\n"
NUMBERS = WORKSPACE.replace("duree - coalesce(attente, 0)", "duree::int - attente::int")


@pytest.fixture
def bench(workbench: Workbench) -> Workbench:
    workbench.workspace(NUMBERS)
    workbench.write("referential.yml", REFERENTIAL)
    workbench.write("tracking.yml", TRACKING)
    workbench.write("data/calls1.csv", CALLS)
    return workbench


@pytest.mark.parametrize(
    "path",
    [
        *("omnictl.yml", "tracking.yml", "./referential.yml", "data/calls1.csv", "data/calls-of-tomorrow.csv"),
        *("../x.md", "/x.md", "away/x.md", "omnictl.yml/x.md", ".omnictl/x.md", " ", "a\\0b.md", "a\\nb.md"),
        "y" * 250 + ".md",
    ],
)
def test_a_document_takes_the_place_of_nothing_that_is_read(bench: Workbench, path: str, tmp_path: Path) -> None:
    (bench.folder / "away").symlink_to(tmp_path.parent)
    bench.write("tracking.yml", f'{TRACKING}documents: [{{path: "{path}", format: md}}]\n')
    before = {each: each.read_bytes() for each in bench.folder.glob("*.yml")}
    for option in ("--check", "--write"):
        assert "tracking.yml:18:13: error[document-path]" in bench.call("tracking", "plan", option, expect=2).stderr
    assert before == {each: each.read_bytes() for each in bench.folder.glob("*.yml")}
    assert (bench.folder / "data/calls1.csv").read_text() == CALLS
    assert not (tmp_path.parent / "x.md").exists()


def test_two_documents_have_two_places(bench: Workbench) -> None:
    bench.write("tracking.yml", f"{TRACKING}documents: [{{path: a.md, lang: fr}}, {{path: ./a.md, lang: en}}]\n")
    assert "error[duplicate-key]: two documents" in bench.call("tracking", "plan", "--write", expect=2).stderr
    assert not (bench.folder / "a.md").exists()


def test_no_option_writes_over_a_definition(bench: Workbench) -> None:
    for name in ("omnictl.yml", "tracking.yml", "referential.yml"):
        said = bench.call("tracking", "plan", "--format", "md", "--out", str(bench.folder / name), expect=2)
        assert f"{name} is a definition of the workspace" in said.stderr
    line = ("tracking", "check", "--baseline", str(bench.folder / "omnictl.yml"), "--write-baseline")
    assert "is a definition of the workspace" in bench.call(*line, expect=2).stderr
    assert (bench.folder / "omnictl.yml").read_text(encoding="utf-8") == NUMBERS


def test_a_dash_is_stdout(bench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(bench.folder)
    assert bench.call("tracking", "plan", "--format", "md", "--out", "-").stdout.startswith("[")
    assert "event_id" in bench.call("tracking", "plan", "--format", "csv", "--out", "-").stdout
    assert not Path("-").exists()


@pytest.mark.parametrize(
    "line",
    [
        ("plan", "--by", "intent"),
        ("check", "--by", "intent"),
        ("coverage", "--by", "intent"),
        ("plan", "nps", "--write"),
        ("plan", "nps", "--check"),
        ("plan", "--fail-on-loss"),
        ("plan", "--no-extensions", "--format", "csv"),
        ("check", "--since", "0001-01-01"),
        ("check", "--since", "9999-12-31"),
        ("check", "--now", "0001-01-01"),
        ("coverage", "--now", "9999-12-31"),
        ("coverage", "--without", ""),
        ("diff", ""),
    ],
)
def test_what_cannot_be_done_is_not_done_otherwise(bench: Workbench, line: tuple[str, ...]) -> None:
    said = bench.call("tracking", *line, expect=2)
    assert (said.stdout, "error: " in said.stderr) == ("", True)


@pytest.mark.parametrize(
    ("said", "column", "code"),
    [
        ("min: 5", "queue", "wrong-type"),
        ("max: 2 h", "started_at", "wrong-type"),
        ("max: -5", "wait_s", "wrong-type"),
        ("values: [a]", "wait_s", "wrong-type"),
        ("values: [2026-11-02]", "started_at", "wrong-type"),
        ("values: [a]", "identifier.phone", "wrong-type"),
        ("values: [answered]", "outcome", "unknown-value"),
        ("values: [web]", "channel", "unknown-value"),
    ],
)
def test_bounds_and_values_that_a_column_cannot_have(bench: Workbench, said: str, column: str, code: str) -> None:
    words = f"events:\n  interactions.phone:\n    properties:\n      {column}: {{{said}}}\n"
    bench.write("tracking.yml", TRACKING + words)
    assert f"tracking.yml:21:7: error[{code}]: `{column}`" in bench.call("tracking", "plan", expect=2).stderr


def test_bounds_and_values_that_a_column_can_have(bench: Workbench) -> None:
    words = "{wait_s: {min: 1, max: 2 h, values: ['5', '7.5']}, outcome: {values: [handled]}, queue: {values: [x]}}"
    bench.write("tracking.yml", f"{TRACKING}events: {{interactions.phone: {{properties: {words}}}}}\n")
    bench.call("tracking", "plan")


def test_an_event_is_said_once_under_its_id_or_its_name(bench: Workbench) -> None:
    words = "events:\n  interactions.phone: {owner: a}\n  phone_contact_ended: {owner: b}\n"
    bench.write("tracking.yml", TRACKING + words)
    said = bench.call("tracking", "plan", expect=2).stderr
    assert "tracking.yml:20:3: error[duplicate-key]: `interactions.phone` and `phone_contact_ended` are one" in said


def test_a_purpose_names_an_identifier_that_there_is(bench: Workbench) -> None:
    bench.write("tracking.yml", TRACKING.replace("identifier.ip", "identifier.ipp"))
    said = bench.call("tracking", "plan").stderr
    assert "warning[unknown-property]: no source gives `identifier.ipp`" in said
    assert "`identifier.ip`" in said


def test_a_version_is_no_longer_than_numbers_are(bench: Workbench) -> None:
    bench.write("tracking.yml", TRACKING.replace("1.2.0", "9" * 5000 + ".0.0"))
    assert "error[wrong-version]" in bench.call("tracking", "plan", expect=2).stderr


def test_times_that_no_clock_can_have_meant(bench: Workbench) -> None:
    """A local midnight of the year 1 lies before it in UTC, which Python has no time for; and the days between such a
    row and the others lack no data."""
    ends = "0;0001-01-01T00:00:00;DECROCHE;x;5;65;\n9;9999-12-31T23:59:59;DECROCHE;x;5;65;\n"
    bench.write("data/calls1.csv", CALLS + ends)
    bench.call("ingest", "--source", "calls")
    found = bench.rows("tracking", "check", "--source", "calls", expect=1)
    assert [row["count"] for row in found if row["code"] == "clock-drift"] == [1]
    (calls,) = bench.rows("tracking", "check", "--source", "calls", "--grid", expect=1)
    assert (calls["expected"], calls["received"], calls["missing"]) == (1, 1, 0)
    assert [row for row in bench.rows("tracking", "coverage", "--long") if row["code"] == "C09"] == []
    bench.call("kpi", "query", "answer_rate")
