"""Probable links at the command line: what stats tells of them, and what explain says of whose a visit may be."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from workbench import Workbench

WORKSPACE = """\
workspace: visits
timezone: UTC
sources:
  web:
    connector: table
    path: visits.csv
    columns: {interaction_id: id, channel: "'web'", started_at: at, consent: consent, intent: intent}
    identifiers: {customer_id: customer, cookie: cookie, ip: ip}
identity: {link_on: [customer_id, cookie], consent: required}
"""
ALONE, TWOS = 150, 50
START = datetime(2026, 3, 1)


def visits() -> Iterator[str]:
    """Each of ALONE customers visits twice from an address of theirs; TWOS pairs of customers share one."""
    yield "id,customer,cookie,ip,at,consent,intent"
    for number in range(ALONE + TWOS):
        for again in (0, 1):
            customer = f"A{number}" if number < ALONE else f"B{2 * number + again}"
            at = START + timedelta(days=10 * again, minutes=number)
            yield f"v{number}.{again},{customer},,10.0.0.{number},{at},true,bill"
    for name, consent in (("anonymous", "true"), ("refused", "false")):
        yield f"{name},,k-{name},10.0.0.3,{START + timedelta(days=20)},{consent},bill"


@pytest.fixture(scope="module")
def visited(tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    folder: Path = tmp_path_factory.mktemp("probable")
    bench = Workbench(folder)
    bench.workspace(WORKSPACE)
    bench.write("visits.csv", "\n".join(visits()))
    bench.call("run")
    return bench


def test_stats_count_candidates_by_channel_and_kind(visited: Workbench) -> None:
    (row,) = visited.rows("identity", "stats")
    assert (row["linked"], row["without_consent"], row["with_candidates"]) == (401, 1, 1)
    assert row["expected"] == pytest.approx(0.8, abs=0.15)
    kinds = {row["kind"]: row["with_candidates"] for row in visited.rows("identity", "stats", "--section", "kinds")}
    assert kinds == {"customer_id": 0, "cookie": 1, None: 0}


@pytest.mark.parametrize("section", ["fields", "patterns", "calibration", "thresholds"])
def test_what_was_learned_is_a_table(visited: Workbench, section: str) -> None:
    rows = visited.rows("identity", "stats", "--section", section)
    assert rows
    assert {row["kind"].split()[0] for row in rows} == {"visit"}


def test_explain_tells_whose_a_visit_may_be(visited: Workbench) -> None:
    (row,) = visited.rows("identity", "explain", "web/anonymous", "--candidates")
    (listed,) = visited.sql("select person_id, probability, pattern from candidates")
    assert (row["person_id"], row["probability"], row["pattern"]) == tuple(listed.values())
    assert row["pattern"] == "time within 30 days, ip one person's, intent same"
    assert [word.split()[0] for word in row["weights"].split(", ")] == ["time", "ip", "intent"]
    assert row["evidence"] == "ip on 2 of the person's interactions, such as web/v3.0"
    told = visited.call("identity", "explain", "web/anonymous", "--format", "table").stdout
    assert "Whose web/anonymous may be" in told


def test_what_is_only_probable_is_not_one_person(visited: Workbench) -> None:
    for asked in (("web/anonymous", "web/v3.0"), ("web/v3.0", "web/anonymous")):
        said = visited.call("identity", "explain", *asked, expect=1)
        assert "not certain: with probability 0." in said.stderr
        assert "web/anonymous is of the person of web/v3.0" in said.stderr
    assert "are not one person" in visited.call("identity", "explain", "web/refused", "web/v3.0", expect=1).stderr
    assert visited.rows("identity", "explain", "web/refused", "--candidates") == []
    assert visited.call("identity", "explain", "web/v3.0", "web/v4.0", "--candidates", expect=2).stdout == ""


def test_switched_off_there_are_none(visited: Workbench) -> None:
    visited.workspace(WORKSPACE.replace("required}", "required, probable: off}"))
    visited.call("run")
    assert visited.sql("from candidates") == []
    note = visited.call("identity", "stats", "--section", "fields").stderr
    assert "nothing was learned" in note
