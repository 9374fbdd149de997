"""145 complaints to a public office: dates without a time, five ways of sending, two of them unknown to omnictl."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from workbench import Workbench

WORKSPACE = """\
workspace: complaints
timezone: America/New_York
country: US
sources:
  complaints:
    connector: table
    path: complaints.csv
    missing: [N/A]
    columns:
      interaction_id: complaint_id
      channel: >-
        case submitted_via when 'Web' then 'form' when 'Phone' then 'phone' when 'Postal mail' then 'mail'
        else lower(submitted_via) end
      started_at: strptime(date_received, '%Y-%m-%d')
      intent: issue
"""


@pytest.fixture
def complaints(workbench: Workbench, bring: Callable[..., Path]) -> Workbench:
    bring("cfpb-sample/consumer_complaints.csv", "complaints.csv")
    workbench.workspace(WORKSPACE)
    workbench.call("run")
    return workbench


def test_ways_of_sending(complaints: Workbench) -> None:
    assert complaints.accounting("complaints") == {
        "records": 145, "used": 145, "rejected": 0, "superseded": 0, "filtered": 0
    }  # fmt: skip
    rows = complaints.rows("kpi", "query", "contacts_received", "--by", "channel")
    assert {row["channel"]: row["contacts_received"] for row in rows} == {
        "form": 101, "referral": 24, "phone": 9, "mail": 9, "fax": 2
    }  # fmt: skip


def test_a_date_is_midnight_of_the_zone(complaints: Workbench) -> None:
    rows = complaints.rows(
        "kpi", "query", "contacts_received", "--every", "year", "--from", "2012-01-01", "--to", "2018-01-01"
    )
    assert sum(row["contacts_received"] for row in rows) == 145
    (row,) = complaints.sql("select count(*) as n from interactions where hour(started_at) not in (4, 5)")
    assert row == {"n": 0}


def test_one_file_of_145_lines_with_long_texts_loads_whole(complaints: Workbench) -> None:
    (row,) = complaints.sql("select count(distinct interaction_id) as n, count(intent) as intents from interactions")
    assert row == {"n": 145, "intents": 145}
