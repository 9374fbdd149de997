"""kpi list, show, query and check, as a user calls them."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from omnictl.cli.main import omnictl
from omnictl.glossary.shipped import standard_folder

SHIPPED = {path.stem for path in standard_folder().rglob("*.yml")}
CALLS = """\
id,begun,result,wait,channel
1,2026-03-01T10:00:00Z,handled,10,phone
2,2026-03-01T23:30:00Z,abandoned,60,phone
3,2026-03-28T10:00:00Z,handled,30,phone
4,2026-03-28T11:00:00Z,RONA,30,phone
5,2026-03-28T12:00:00Z,handled,30,email
"""
WORKSPACE = """\
workspace: centre
timezone: Europe/Paris
language: fr
glossary: [standard, kpis/]
sources:
  calls:
    connector: table
    path: calls.csv
    columns:
      {interaction_id: id, channel: channel, started_at: begun, queued_at: begun, outcome: result, wait_s: wait}
"""
OWN = """\
kpi: night_calls
label: {en: Night calls, fr: Appels de nuit}
question: {en: How many calls at night?, fr: "Combien d'appels la nuit ?"}
synonyms: {fr: [appels nocturnes]}
owner: operations
unit: count
rollup: sum
better: neutral
from: interactions
at: started_at
value: count_if(wait_s >= 60)
"""


def call(folder: Path, *arguments: str, expect: int = 0) -> Result:
    done = CliRunner().invoke(omnictl, ["-C", str(folder), "kpi", *arguments])
    assert "Traceback" not in done.stderr, done.stderr
    assert done.exit_code == expect, (done.stdout, done.stderr)
    return done


def rows(folder: Path, *arguments: str) -> list[dict[str, object]]:
    answer: list[dict[str, object]] = json.loads(call(folder, *arguments, "--format", "json").stdout)
    return answer


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("centre")
    (folder / "calls.csv").write_text(CALLS, encoding="utf-8")
    (folder / "omnictl.yml").write_text(WORKSPACE, encoding="utf-8")
    (folder / "kpis").mkdir()
    (folder / "kpis" / "night.yml").write_text(OWN, encoding="utf-8")
    assert CliRunner().invoke(omnictl, ["-C", str(folder), "run"]).exit_code == 0
    return folder


def test_list_holds_the_shipped_kpis_and_ours_in_the_workspaces_language(centre: Path) -> None:
    listed = {row["id"]: row for row in rows(centre, "list")}
    assert set(listed) == {*SHIPPED, "night_calls"}
    assert listed["abandonment_rate"]["label"] == "Taux d'abandon en file"
    assert listed["abandonment_rate"]["family"] == "accessibility"
    assert (listed["night_calls"]["label"], listed["night_calls"]["glossary"]) == ("Appels de nuit", "kpis")
    assert {row["id"]: row for row in rows(centre, "list", "--lang", "en")}["night_calls"]["label"] == "Night calls"


def test_list_searches_labels_questions_and_synonyms_in_any_language(centre: Path) -> None:
    assert [row["id"] for row in rows(centre, "list", "--search", "NOCTURNE")] == ["night_calls"]
    assert [row["id"] for row in rows(centre, "list", "--search", "taux de perte")] == ["abandonment_rate"]
    assert [row["id"] for row in rows(centre, "list", "--search", "Echec de connexion")] == [
        "authentication_dropoff_rate"
    ]
    assert [row["id"] for row in rows(centre, "list", "--search", "key events")] == ["final_action_rate"]
    assert "no KPI is found" in call(centre, "list", "--search", "zzz").stderr


def test_list_as_a_sheet_holds_all_that_a_kpi_says(centre: Path) -> None:
    listed = {row["id"]: row for row in csv.DictReader(call(centre, "list", "--format", "csv").stdout.splitlines())}
    level = listed["service_level"]
    assert level["parameters"] == "answer_threshold = 20 s; short_abandon = 5 s"
    assert level["label_en"] == "Service level"
    assert level["label_fr"] == level["label"] == "Niveau de service (QS X/Y)"
    assert "Amazon Connect: Service level X" in level["vendors"]
    assert "v5: " in level["variants"]
    assert level["formula"].startswith("numerator: count_if(outcome = 'handled' and ")
    assert listed["reiteration_rate"]["window"] == "J+7"
    assert listed["reiteration_rate"]["at"] == "coalesce(ended_at, started_at)"
    assert "email: direction = 'inbound'" in listed["reiteration_rate"]["where"]
    assert listed["visits"]["definition_en"].startswith("Sessions as the measuring tool cuts them")
    assert listed["visits"]["question_fr"].startswith("Combien de visites")
    assert (listed["night_calls"]["owner"], listed["night_calls"]["synonyms_fr"]) == ("operations", "appels nocturnes")


def test_names_that_rows_cannot_answer_are_listed_with_the_reason(centre: Path) -> None:
    assert "--all lists them" in call(centre, "list").stderr
    assert "--all lists them" not in call(centre, "list", "-q").stderr
    listed = {row["id"]: row for row in rows(centre, "list", "--all", "--lang", "en")}
    assert "experiment" in str(listed["deflection_rate"]["not_by_rows"])
    assert listed["service_level"]["not_by_rows"] is None
    assert "Taux d'évitement" in call(centre, "list", "--all", "--search", "évitement").stdout
    assert call(centre, "show", "deflection_rate").stdout.startswith("Taux d'évitement  (deflection_rate)\nnot by rows")
    (row,) = rows(centre, "show", "deflection_rate")
    assert str(row["instead"]).startswith("Les lignes répondent à : deflection_proxy")
    asked = call(centre, "query", "deflection_rate", expect=2)
    assert "[not-by-rows]" in asked.stderr
    assert "deflection_proxy" in asked.stderr


def test_a_channel_a_kpi_says_nothing_of_is_not_defined(centre: Path) -> None:
    cut = {row["channel"]: row for row in rows(centre, "query", "answer_rate", "--by", "channel")}
    assert cut["email"]["answer_rate_state"] == "not_defined"
    (row,) = rows(centre, "query", "answer_rate", "--where", "channel = 'email'")
    assert (row["answer_rate"], row["answer_rate_state"]) == (None, "not_defined")


def test_list_outside_of_a_workspace_gives_the_shipped_glossary(tmp_path: Path) -> None:
    assert {row["id"] for row in rows(tmp_path, "list")} == SHIPPED


def test_show_is_a_card_for_people_and_rows_for_programs(centre: Path) -> None:
    card = call(centre, "show", "abandonment_rate").stdout
    assert card.startswith("Taux d'abandon en file  (abandonment_rate)\n")
    assert "appels abandonnés" in card
    assert max(map(len, card.splitlines())) <= 100
    told = {(row["what"], row["of"]): row["text"] for row in rows(centre, "show", "abandonment_rate", "--lang", "en")}
    assert told["called", "chat"] == "abandoned chats"
    assert told["parameter", "short_abandon"] == "5 s"
    changed = rows(centre, "show", "abandonment_rate:short_abandon=9s")
    assert {"what": "parameter", "of": "short_abandon", "text": "9s"} in changed


def test_show_of_a_mistyped_kpi_names_the_nearest(centre: Path) -> None:
    assert "did you mean `abandonment_rate`?" in call(centre, "show", "abandonement_rate", expect=2).stderr


def test_query_gives_rows_with_their_period(centre: Path) -> None:
    (row,) = rows(centre, "query", "abandonment_rate", "--from", "2026-03-02", "--to", "2026-03-03")
    assert (row["period_start"], row["period_end"]) == ("2026-03-02", "2026-03-03")
    assert row["abandonment_rate"] == 1  # half past eleven at night in London is the next day in Paris


def test_query_takes_cuts_by_comma_and_by_repetition(centre: Path) -> None:
    together = rows(centre, "query", "contacts_received", "--by", "channel,outcome")
    assert together == rows(centre, "query", "contacts_received", "--by", "channel", "--by", "outcome")
    assert {(row["channel"], row["outcome"]) for row in together} >= {("phone", "handled"), ("phone", None)}


def test_query_tells_parts_unknown_and_definition(centre: Path) -> None:
    (row,) = rows(centre, "query", "abandonment_rate", "--long")
    assert (row["kpi"], row["numerator"], row["denominator"], row["unknown"]) == ("abandonment_rate", 1, 3, 1)
    (wide,) = rows(centre, "query", "abandonment_rate", "--parts")
    assert wide["abandonment_rate_unknown"] == 1


def test_people_read_a_state_in_the_figures_place(centre: Path) -> None:
    arguments = ("query", "abandonment_rate", "--by", "channel", "--every", "day", "--period", "2026-03-28")
    told = call(centre, *arguments).stdout
    assert "Taux d'abandon en file" in told
    assert "_state" not in told
    assert [line.split()[-1] for line in told.splitlines() if " email " in line] == ["not_defined"]
    assert "abandonment_rate_state" in call(centre, *arguments, "--format", "csv").stdout.splitlines()[0]


def test_french_figures_have_a_comma_and_narrow_spaces(centre: Path) -> None:
    assert "33,3\u202f%" in call(centre, "query", "abandonment_rate").stdout
    assert "33.3%" in call(centre, "query", "abandonment_rate", "--lang", "en").stdout


def test_now_moves_relative_periods(centre: Path) -> None:
    (row,) = rows(centre, "query", "contacts_received", "--period", "yesterday", "--now", "2026-03-29 08:00")
    assert (row["period_start"], row["contacts_received"]) == ("2026-03-28", 3)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["query"], "Missing argument"),
        (["query", "contact_received"], "did you mean `contacts_received`?"),
        (["query", "contacts_received", "--by", "chanel"], "did you mean `channel`?"),
        (["query", "contacts_received", "--every", "decade"], "'decade' is not one of"),
        (["query", "contacts_received", "--period", "lastweek"], "did you mean `last-week`?"),
        (["query", "contacts_received", "--period", "2026", "--from", "2026-01-01"], "--period, or --from and --to"),
        (["query", "contacts_received", "--where", "1 ="], "error"),
        (["query", "contacts_received", "--by", "attributes"], "--personal"),
        (["query", "contacts_received", "--now", "noon"], "noon"),
    ],
)
def test_a_question_that_cannot_be_asked_is_2(centre: Path, arguments: list[str], said: str) -> None:
    done = call(centre, *arguments, expect=2)
    assert said in done.stderr
    assert done.stdout == ""


def test_query_before_the_first_run_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "omnictl.yml").write_text(WORKSPACE.replace(", kpis/", ""), encoding="utf-8")
    assert "omnictl run" in call(tmp_path, "query", "contacts_received", expect=2).stderr


FAULTY = """\
kpi: faulty
label: {en: "a, b: c%", fr: x}
question: {en: "?", fr: "?"}
owner: operations
unit: ratio
rollup: share
better: lower
from: interactions
at: queued_at
where: direcion = 'inbound'
parameters: {unused: 5 s}
numerator: count_if(wiat_s > 5)
denominator: count(*)
"""


def test_check_of_the_shipped_glossary_finds_nothing(tmp_path: Path) -> None:
    done = call(tmp_path, "check")
    assert done.stdout == ""
    assert " KPIs: 0 errors, 0 warnings" in done.stderr


def test_check_tells_every_fault_with_its_place_and_exits_1(tmp_path: Path) -> None:
    (tmp_path / "faulty.yml").write_text(FAULTY, encoding="utf-8")
    told = call(tmp_path, "check", str(tmp_path / "faulty.yml"), expect=1).stdout
    assert "faulty.yml:10:8: error[unknown-column]: interactions has no column `direcion`" in told
    assert "faulty.yml:12:21: error[unknown-column]" in told
    assert "   10 | where: direcion = 'inbound'\n      |        ^^^^^^^^\n" in told
    findings = json.loads(call(tmp_path, "check", str(tmp_path), "--format", "json", expect=1).stdout)
    assert [(each["code"], each["line"], each["column"]) for each in findings if each["severity"] == "error"] == [
        ("unknown-column", 10, 8), ("unknown-column", 12, 21),
    ]  # fmt: skip


def test_check_writes_annotations(tmp_path: Path) -> None:
    (tmp_path / "a,b.yml").write_text(FAULTY, encoding="utf-8")
    told = call(tmp_path, "check", str(tmp_path / "a,b.yml"), "--format", "github", expect=1).stdout
    first = told.splitlines()[0]
    assert first.startswith("::error file=")
    assert "a%2Cb.yml,line=10,col=8,title=unknown-column::interactions has no column `direcion` (did you mean" in first


def test_a_warning_alone_is_no_failure(tmp_path: Path) -> None:
    text = FAULTY.replace("direcion", "direction").replace("wiat_s", "wait_s")
    (tmp_path / "faulty.yml").write_text(text, encoding="utf-8")
    done = call(tmp_path, "check", str(tmp_path / "faulty.yml"))
    assert "warning[unused-parameter]" in done.stdout


def test_check_reads_the_workspaces_own_kpis_without_data_or_secret(tmp_path: Path) -> None:
    workspace = WORKSPACE + "identity:\n  secret: ${NOT_SET_ANYWHERE}\n"
    (tmp_path / "omnictl.yml").write_text(workspace, encoding="utf-8")
    (tmp_path / "kpis").mkdir()
    (tmp_path / "kpis" / "faulty.yml").write_text(FAULTY, encoding="utf-8")
    (tmp_path / "kpis" / "night.yml").write_text(OWN, encoding="utf-8")
    assert "faulty.yml:10:8" in call(tmp_path, "check", expect=1).stdout
    assert call(tmp_path, "check", str(tmp_path / "kpis" / "night.yml")).stdout == ""
    (tmp_path / "kpis" / "faulty.yml").write_text("kpi: [", encoding="utf-8")
    assert "error[yaml-syntax]" in call(tmp_path, "check", expect=1).stdout


def test_a_path_that_is_not_there_is_a_mistyped_line(tmp_path: Path) -> None:
    assert "does not exist" in call(tmp_path, "check", str(tmp_path / "no.yml"), expect=2).stderr
