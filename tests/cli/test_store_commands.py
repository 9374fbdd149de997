"""run, ingest, status, show and sql over one small workspace."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from omnictl.cli.main import omnictl

CALLS = """\
id;begun;type;caller;wait;result;queue
1;02/03/2026 09:00:00;in;0612345678;12;OK;Accueil
2;02/03/2026 09:01:00;in;0140000001;95;LOST;Accueil
3;31/02/2026 09:02:00;in;;3;LOST;Sinistres
4;02/03/2026 09:03:00;test;;3;OK;Sinistres
5;02/03/2026 09:04:00;in;;x;RONA;Sinistres
"""
WORKSPACE = """\
workspace: centre
timezone: Europe/Paris
country: FR
referential: referential.yml
sources:
  calls:
    connector: table
    path: calls*.csv
    timezone: Europe/Paris
    columns:
      interaction_id: id
      channel: "'phone'"
      started_at: strptime(begun, '%d/%m/%Y %H:%M:%S')
      outcome: "case result when 'OK' then 'handled' when 'LOST' then 'abandoned' else result end"
      queue: queue
      wait_s: wait
      attributes: "'{\\"caller\\": \\"' || coalesce(caller, '') || '\\"}'"
    where: type <> 'test'
    identifiers: {phone: caller}
    retrieval: {every: 1d, lateness: 2h}
  chats:
    connector: table
    path: chats.csv
    columns: {interaction_id: id, channel: "'chat'", started_at: at}
"""
REFERENTIAL = """\
intents:
  claim: {label: {en: Report a claim, fr: Déclarer un sinistre}}
match:
  - {queue: "sinistre*", intent: claim}
"""


def call(folder: Path, *arguments: str, expect: int = 0) -> Result:
    done = CliRunner().invoke(omnictl, ["-C", str(folder), *arguments])
    assert "Traceback" not in done.stderr, done.stderr
    assert done.exit_code == expect, (done.stdout, done.stderr)
    return done


def rows(folder: Path, *arguments: str, expect: int = 0) -> list[dict[str, object]]:
    answer: list[dict[str, object]] = json.loads(call(folder, *arguments, "--format", "json", expect=expect).stdout)
    return answer


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace whose second source has no file; run once, which exits 1."""
    folder = tmp_path_factory.mktemp("centre")
    (folder / "calls.csv").write_text(CALLS, encoding="utf-8")
    (folder / "omnictl.yml").write_text(WORKSPACE, encoding="utf-8")
    (folder / "referential.yml").write_text(REFERENTIAL, encoding="utf-8")
    call(folder, "run", expect=1)
    return folder


def test_run_gives_a_row_per_source_and_tells_what_is_missing(centre: Path) -> None:
    done = call(centre, "run", "--format", "csv", expect=1)
    calls, chats, link, build = csv.DictReader(io.StringIO(done.stdout))
    assert (calls["source"], calls["stage"], calls["status"]) == ("calls", "ingest", "unchanged")
    assert (chats["status"], chats["records"]) == ("missing", "0")
    assert (link["source"], link["stage"], link["status"]) == ("all", "link", "unchanged")
    assert (build["source"], build["stage"], build["status"]) == ("all", "build", "unchanged")
    assert "error: chats: missing: " in done.stderr


def test_run_of_one_source_and_of_none(centre: Path) -> None:
    call(centre, "run", "--source", "calls")
    done = call(centre, "ingest", "--source", "cals", expect=2)
    assert "did you mean `calls`?" in done.stderr
    assert done.stdout == ""


def test_v_tells_what_was_found_out_about_each_file(centre: Path) -> None:
    done = call(centre, "run", "--source", "calls", "--full", "-v")
    assert "note: calls: calls.csv: 5 records; utf-8, delimiter ;, header on line 1" in done.stderr


def test_the_account_adds_up(centre: Path) -> None:
    (account,) = [row for row in rows(centre, "status") if row["source"] == "calls"]
    assert (account["records"], account["used"], account["rejected"], account["filtered"]) == (5, 3, 1, 1)
    assert account["superseded"] == 0
    assert account["unreadable_cells"] == 1


def test_status_for_people_shows_what_is_unmapped_and_why_records_were_rejected(centre: Path) -> None:
    told = call(centre, "status").stdout
    assert "Sources" in told
    assert "Unmapped values" in told
    assert "Rejected records" in told
    assert "RONA" in told
    unmapped = rows(centre, "status", "--section", "unmapped")
    assert unmapped[0] == {"source": "calls", "kind": "queue", "value": "Accueil", "rows": 2, "share": 2 / 3}
    reasons = rows(centre, "status", "--section", "rejects")
    assert [(row["column"], row["records"]) for row in reasons] == [("started_at", 1)]


@pytest.mark.parametrize(
    ("concerns", "code", "said"),
    [
        ("late", 0, ""),
        ("missing", 1, "error[missing]: chats: missing"),
        ("rejects", 1, "error[rejects]: calls: 1 of 5 records rejected, 0.0% allowed"),
        ("unmapped", 1, "error[unmapped]: calls: queue `Accueil`: 2 rows"),
        ("late,missing", 1, "error[missing]"),
    ],
)
def test_status_fails_on_what_it_is_told_to(centre: Path, concerns: str, code: int, said: str) -> None:
    done = call(centre, "status", "-q", "--fail-on", concerns, expect=code)
    assert said in done.stderr
    assert "calls" in done.stdout


def test_a_source_is_late_when_the_next_delivery_should_have_come(centre: Path) -> None:
    assert [row["state"] for row in rows(centre, "status")] in (["done", "missing"], ["unchanged", "missing"])
    late = rows(centre, "status", "--now", "2099-01-01", "--fail-on", "late", expect=1)
    assert late[0]["state"] == "late"


def test_an_unknown_concern_is_a_mistyped_line(centre: Path) -> None:
    assert "`lat` is none of" in call(centre, "status", "--fail-on", "lat", expect=2).stderr


def test_status_before_the_first_run(tmp_path: Path) -> None:
    (tmp_path / "omnictl.yml").write_text(WORKSPACE, encoding="utf-8")
    (tmp_path / "referential.yml").write_text(REFERENTIAL, encoding="utf-8")
    assert [row["state"] for row in rows(tmp_path, "status")] == ["never", "never"]
    call(tmp_path, "status", "--fail-on", "missing", expect=1)
    assert "omnictl run" in call(tmp_path, "show", expect=2).stderr


def test_show_lists_the_relations(centre: Path) -> None:
    listed = {row["relation"]: row["rows"] for row in rows(centre, "show")}
    assert listed["interactions"] == 3
    assert listed["identifiers"] == 2
    assert listed["rejects"] == 1


def test_show_gives_rows_without_personal_columns(centre: Path) -> None:
    shown = rows(centre, "show", "interactions")
    assert [row["interaction_id"] for row in shown] == ["1", "2", "5"]
    assert "attributes" not in shown[0]
    assert shown[0]["started_at"] == "2026-03-02T08:00:00Z"
    assert "attributes" in rows(centre, "show", "interactions", "--personal")[0]


def test_show_takes_columns_conditions_and_a_limit(centre: Path) -> None:
    shown = rows(centre, "show", "interactions", "--columns", "interaction_id, wait_s", "--where", "wait_s > 10")
    assert shown == [{"interaction_id": "1", "wait_s": 12.0}, {"interaction_id": "2", "wait_s": 95.0}]
    done = call(centre, "show", "interactions", "--limit", "1", "--format", "jsonl")
    assert len(done.stdout.splitlines()) == 1
    assert "more rows than 1" in done.stderr
    assert len(rows(centre, "show", "interactions", "--limit", "all")) == 3


def test_show_leaves_out_empty_columns_for_people_only(centre: Path) -> None:
    done = call(centre, "show", "interactions")
    assert "talk_s" not in done.stdout
    assert "columns that are empty here are left out" in done.stderr
    assert "talk_s" in call(centre, "show", "interactions", "--format", "csv").stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["interaction"], "did you mean `interactions`?"),
        (["interactions", "--columns", "wait"], "did you mean `wait_s`?"),
        (["interactions", "--columns", "attributes"], "--personal shows it"),
        (["interactions", "--where", "1=1) union all (from identifiers"], "error"),
        (["interactions", "--where", "attributes is not null"], "--personal shows it"),
        (["interactions", "--where", "exists (from 'calls.csv')"], "cannot be read here"),
        (["meta"], "there is no relation `meta`"),
    ],
)
def test_show_refuses_with_a_hint(centre: Path, arguments: list[str], said: str) -> None:
    assert said in call(centre, "show", *arguments, expect=2).stderr


def test_every_relation_can_be_shown(centre: Path) -> None:
    for row in rows(centre, "show"):
        shown = rows(centre, "show", str(row["relation"]), "--limit", "all")
        assert len(shown) == row["rows"]


def test_sql_answers_and_limits(centre: Path) -> None:
    answer = rows(centre, "sql", "select queue, count(*) as n from interactions group by all order by n desc")
    assert answer == [{"queue": "Accueil", "n": 2}, {"queue": "Sinistres", "n": 1}]
    done = call(centre, "sql", "from interactions", "--limit", "2", "--format", "csv")
    assert "more rows than 2" in done.stderr


def test_sql_from_stdin(centre: Path) -> None:
    done = CliRunner().invoke(omnictl, ["-C", str(centre), "sql", "-", "--format", "csv"], input="select 1 as one;\n")
    assert done.stdout == "one\n1\n"


@pytest.mark.parametrize(
    "text", ["drop table interactions", "select 1; select 2", "from 'calls.csv'", "set threads = 1"]
)
def test_sql_cannot_do_more_than_read(centre: Path, text: str) -> None:
    done = call(centre, "sql", text, expect=2)
    assert done.stdout == ""
    assert "error:" in done.stderr


def test_sql_writes_a_file_whole(centre: Path, tmp_path: Path) -> None:
    target = tmp_path / "answer.csv"
    call(centre, "sql", "select 1 as one", "--out", str(target))
    assert target.read_text() == "one\n1\n"
    call(centre, "sql", "select nothing", "--out", str(target), expect=2)
    assert target.read_text() == "one\n1\n"


def test_another_writer_is_named_and_can_be_skipped(centre: Path) -> None:
    from omnictl.engines.store import Store

    with Store(centre / ".omnictl").writer(command="a long run"):
        assert "a long run" in call(centre, "run", expect=2).stderr
        assert "a long run" in call(centre, "run", "--if-busy", "skip").stderr
        rows(centre, "show")
    assert "is not a duration" in call(centre, "run", "--wait", "soon", expect=2).stderr
