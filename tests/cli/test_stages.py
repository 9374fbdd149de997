"""`run`, `link` and `build`: what is left out, what is said of what is stale, and what a failing stage leaves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from workbench import Workbench

from omnictl.errors import EngineError

WORKSPACE = """\
workspace: test
timezone: Europe/Paris
country: FR
sources:
  calls:
    connector: table
    path: calls*.csv
    columns: {interaction_id: id, channel: "'phone'", started_at: begun}
    identifiers: {phone: phone, customer_id: customer}
  visits:
    connector: table
    path: visits*.csv
    columns: {interaction_id: id, channel: "'web'", started_at: begun, consent: consent}
    identifiers: {cookie: cookie, customer_id: customer}
"""
CALLS = """\
id,begun,phone,customer
1,2026-05-01 10:00,0612345678,c1
2,2026-05-02 10:00,0612345678,
3,2026-05-03 10:00,,
"""
MORE = "id,begun,phone,customer\n4,2026-05-04 10:00,0612345678,\n"
OTHERS = "id,begun,phone,customer\n7,2026-05-01 10:00,0612345678,c2\n8,2026-05-01 10:00,0611111111,c9\n"
VISITS = "id,begun,cookie,customer,consent\nv/1,2026-04-30 10:00,k1,c1,true\nv2,2026-05-01 11:00,k1,,false\n"


@pytest.fixture
def centre(workbench: Workbench) -> Workbench:
    workbench.workspace(WORKSPACE)
    workbench.write("calls.csv", CALLS)
    workbench.write("visits.csv", VISITS)
    return workbench


def stages(rows: list[dict[str, Any]]) -> dict[str, str]:
    return {row["stage"]: row["status"] for row in rows if row["source"] == "all"}


def test_run_leaves_out_what_has_not_changed(centre: Workbench) -> None:
    assert stages(centre.rows("run")) == {"link": "done", "build": "done"}
    before = (centre.folder / ".omnictl/store.duckdb").stat().st_mtime_ns
    assert stages(centre.rows("run")) == {"link": "unchanged", "build": "unchanged"}
    assert (centre.folder / ".omnictl/store.duckdb").stat().st_mtime_ns == before
    assert stages(centre.rows("run", "--full")) == {"link": "done", "build": "done"}
    centre.write("calls2.csv", MORE)
    assert stages(centre.rows("run")) == {"link": "done", "build": "done"}
    (row,) = centre.sql(
        "select count(*) as n, count(distinct person_id) as people from identities where link = 'certain'"
    )
    assert row == {"n": 4, "people": 1}


def test_stages_one_by_one_publish_what_a_run_does(centre: Workbench) -> None:
    centre.call("ingest")
    assert "link is stale: it has never been done" in centre.call("status").stderr
    assert centre.sql("from identities") == []
    assert stages(centre.rows("link")) == {"link": "done"}
    assert "build is stale" in centre.call("status", "--fail-on", "stale", expect=1).stderr
    assert stages(centre.rows("build")) == {"build": "done"}
    assert "stale" not in centre.call("status", "--fail-on", "stale").stderr
    one = centre.sql("from identities order by all"), centre.sql("from followups order by all")
    centre.call("run", "--full")
    assert (centre.sql("from identities order by all"), centre.sql("from followups order by all")) == one


def test_other_settings_make_people_stale_and_anew(centre: Workbench) -> None:
    centre.call("run")
    centre.workspace(WORKSPACE + "identity: {link_on: [cookie]}\n")
    assert "link is stale: what was loaded, or the settings it follows, have changed" in centre.call("status").stderr
    told = centre.call("run", "--format", "json")
    assert "changes of people: see person_changes" in told.stderr
    assert centre.sql("select change, count(*) as n from person_changes group by all order by all") == [
        {"change": "lost", "n": 1}, {"change": "renamed", "n": 1}
    ]  # fmt: skip
    centre.workspace(WORKSPACE + "identity: {link_on: [cookie], limits: {phone: 9}}\n")  # of a kind that does not link
    assert stages(centre.rows("run")) == {"link": "unchanged", "build": "unchanged"}


def test_what_is_to_be_ignored_is_read_anew_and_linked_anew(centre: Workbench) -> None:
    centre.call("run")
    centre.workspace(WORKSPACE + 'identity: {ignore: {phone: ["+33 6 12 34 56 78"]}}\n')
    rows = centre.rows("run")
    assert stages(rows) == {"link": "done", "build": "done"}
    assert centre.sql("select interaction_id from identities where person_id is null order by all") == [
        {"interaction_id": key} for key in ("2", "3", "v2")
    ]


def test_a_dry_run_of_a_stage_keeps_nothing(centre: Workbench) -> None:
    centre.call("run")
    before = (centre.folder / ".omnictl/store.duckdb").read_bytes()
    assert stages(centre.rows("link", "--full", "--dry-run")) == {"link": "done"}
    centre.call("run", "--full", "--dry-run")
    assert (centre.folder / ".omnictl/store.duckdb").read_bytes() == before


def test_a_stage_that_fails_does_not_keep_back_what_was_loaded(
    centre: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    centre.call("run")
    people = centre.sql("from identities order by all")
    centre.write("calls2.csv", MORE)

    def broken(*_: object) -> None:
        raise EngineError("not enough memory")

    with monkeypatch.context() as patch:
        patch.setattr("omnictl.identity.stage.find_edges", broken)
        told = centre.call("run", "--format", "json", expect=1)
    assert "error: link: failed: not enough memory" in told.stderr
    assert centre.sql("select count(*) as n from interactions") == [{"n": 6}]
    assert centre.sql("from identities order by all") == people
    assert centre.sql("select status, message from runs where stage = 'link' and status <> 'done'") == [
        {"status": "failed", "message": "error: not enough memory"}
    ]
    assert "link is stale" in centre.call("status").stderr
    assert stages(centre.rows("run")) == {"link": "done", "build": "done"}
    assert len(centre.sql("from identities")) == 6


def test_a_workspace_without_data_is_linked_to_nothing(workbench: Workbench) -> None:
    workbench.workspace("workspace: empty\ntimezone: UTC\n")
    assert stages(workbench.rows("run")) == {"link": "unchanged", "build": "unchanged"}
    assert not (workbench.folder / ".omnictl/store.duckdb").exists()


def test_people_are_16_hex_digits_everywhere(centre: Workbench) -> None:
    centre.call("run")
    shown = {row["person_id"] for row in centre.rows("show", "identities") if row["person_id"]}
    asked = {row["p"] for row in centre.sql("select person_id as p from identities where person_id is not null")}
    listed = {row["person_id"] for row in centre.rows("identity", "largest")}
    assert shown == asked == listed
    assert all(len(person) == 16 and set(person) <= set("0123456789abcdef") for person in shown)
    (person,) = shown
    assert len(centre.sql(f"from identities where person_id = '{person}'")) == 3


def test_stats_tell_who_has_a_person_and_why_others_have_none(centre: Workbench) -> None:
    centre.call("run")
    assert centre.rows("identity", "stats") == [
        {"channel": "phone", "interactions": 3, "linked": 2, "share": pytest.approx(2 / 3), "excluded": 0,
         "without_consent": 0, "without_identifier": 1, "with_candidates": 0, "expected": 0},
        {"channel": "web", "interactions": 2, "linked": 1, "share": 0.5, "excluded": 0, "without_consent": 1,
         "without_identifier": 0, "with_candidates": 0, "expected": 0},
    ]  # fmt: skip
    kinds = centre.rows("identity", "stats", "--section", "kinds")
    by = {row["kind"]: (row["values"], row["seen"], row["via"]) for row in kinds}
    assert by["customer_id"] == (1, 2, 2)
    assert by["phone"] == (1, 2, 1)
    assert by["cookie"] == (1, 2, 0)
    assert centre.rows("identity", "stats", "--section", "people") == [
        {"interactions_each": "3", "people": 1, "interactions": 3}
    ]


def test_explain_gives_the_shortest_way(centre: Workbench) -> None:
    centre.call("run")
    way = centre.rows("identity", "explain", "calls/2", "visits/v/1")
    assert [(row["interaction"], row["shares_with_next"]) for row in way] == [
        ("calls/2", "phone"), ("calls/1", "customer_id"), ("visits/v/1", None)
    ]  # fmt: skip
    assert "value" not in way[0]
    (first, *_) = centre.rows("identity", "explain", "calls/2", "visits/v/1", "--personal")
    assert len(first["value"]) == 16
    assert [row["interaction"] for row in centre.rows("identity", "explain", "calls/1", "calls/1")] == ["calls/1"]


def test_explain_tells_why_an_interaction_has_nobody(centre: Workbench) -> None:
    centre.call("run")
    (row,) = centre.rows("identity", "explain", "visits/v2")
    assert (row["kind"], row["links"], row["why_not"]) == ("cookie", False, "a visit without consent")
    told = centre.call("identity", "explain", "visits/v2", "calls/2", expect=1)
    assert "visits/v2 and calls/2 are not one person" in told.stderr
    centre.workspace(WORKSPACE + "identity: {busy: {phone: 1}}\n")
    centre.call("run")
    (row,) = centre.rows("identity", "explain", "calls/2")
    assert row["why_not"] == "cut: 2 contacts, more than 1 of them within 30 days"


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("cals/1", "did you mean `calls`?"),
        ("calls/99", "there is no interaction `calls/99`"),
        ("calls", "not SOURCE/ID"),
    ],
)
def test_explain_of_what_is_not_there(centre: Workbench, asked: str, said: str) -> None:
    centre.call("run")
    assert said in centre.call("identity", "explain", asked, expect=2).stderr


def test_before_anything_is_linked_identity_says_so(centre: Workbench) -> None:
    assert "there is no data yet" in centre.call("identity", "stats", expect=2).stderr
    centre.call("ingest")
    assert "nothing has been linked yet" in centre.call("identity", "stats", expect=2).stderr


def test_largest_marks_who_is_suspicious(centre: Workbench) -> None:
    centre.write("calls3.csv", OTHERS)
    centre.call("run")
    first, second = centre.rows("identity", "largest", "--top", "2")
    assert (first["interactions"], first["sources"], first["channels"]) == (4, 2, 2)
    assert first["suspicious"] == "2 different customer_id"
    assert first["held_by"].startswith("phone on 3")
    assert (second["interactions"], second["suspicious"]) == (1, None)


def test_the_work_file_killed_between_ingest_and_link(centre: Workbench, tmp_path: Path) -> None:
    """What was loaded before and is not linked is linked by the next run, which loads nothing."""
    centre.call("ingest")
    rows = centre.rows("run")
    assert {row["status"] for row in rows if row["stage"] == "ingest"} == {"unchanged"}
    assert stages(rows) == {"link": "done", "build": "done"}


def test_a_source_may_be_called_all(workbench: Workbench) -> None:
    workbench.workspace(WORKSPACE.replace("  calls:", "  all:", 1).replace("  visits:", "  more:"))
    workbench.write("calls.csv", CALLS)
    workbench.write("visits.csv", VISITS)
    workbench.call("run")
    (workbench.folder / "calls.csv").unlink()
    workbench.call("run", expect=1)
    assert workbench.sql("select status from runs where source = 'all' and stage = 'ingest' order by run_id") == [
        {"status": "done"}, {"status": "missing"}
    ]  # fmt: skip
    assert [(row["source"], row["state"]) for row in workbench.rows("status")] == [("all", "missing"), ("more", "done")]
