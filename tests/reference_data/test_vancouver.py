"""Cases of a city's contact centre over six channels, one of them unknown to omnictl, with offsets in their times."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from workbench import Workbench

WORKSPACE = """\
workspace: city
timezone: America/Vancouver
country: CA
sources:
  cases:
    connector: table
    path: cases.*
    columns:
      interaction_id: >-
        md5(concat_ws('|', "Service request open timestamp", "Last modified timestamp", Address, Channel,
        "Closure reason", Latitude, Longitude))
      channel: >-
        case Channel when 'Phone' then 'phone' when 'Chat' then 'chat' when 'Social Media' then 'social'
        when 'E-mail' then 'email' when 'Mail' then 'mail' else lower(replace(Channel, ' ', '_')) end
      started_at: cast("Service request open timestamp" as timestamptz)
      resolved_at: cast("Service request close date" as timestamp)
      resolved: Status = 'Close'
      site: '"Local area"'
      entry_point: Address
"""
FILES = {"csv": "3-1-1-service-requests 2024.csv", "xlsx": "3-1-1-service-requests 2024.xlsx"}


@pytest.fixture(params=sorted(FILES))
def cases(request: pytest.FixtureRequest, workbench: Workbench, bring: Callable[..., Path]) -> Workbench:
    bring(f"vancouver-311-2024/{FILES[request.param]}", f"cases.{request.param}")
    workbench.workspace(WORKSPACE)
    workbench.call("run")
    return workbench


def test_channels(cases: Workbench) -> None:
    assert cases.accounting("cases")["used"] == 4678
    rows = cases.rows("kpi", "query", "contacts_received", "--by", "channel", "--total")
    by_channel = {row["channel"]: row["contacts_received"] for row in rows if not row["total"]}
    assert by_channel == {"phone": 4515, "chat": 130, "social": 16, "email": 15, "mail": 1, "mail_out": 1}
    assert [row["contacts_received"] for row in rows if row["total"]] == [4678]


def test_a_channel_nobody_knows_is_kept_and_said(cases: Workbench) -> None:
    assert "mail_out" in cases.call("status").stdout
    (row,) = cases.sql("select kind, count(*) as n from interactions where channel = 'mail_out' group by kind")
    assert row == {"kind": "contact", "n": 1}


def test_times_with_offset(cases: Workbench) -> None:
    (row,) = cases.sql("select min(started_at) as first, max(started_at) as last from interactions")
    assert row["first"].replace("T", " ").startswith("2022-09-10 00:34:05")
    assert row["last"].replace("T", " ").startswith("2024-09-17 02:52:00")


def test_status_and_days_to_close(cases: Workbench) -> None:
    (row,) = cases.sql(
        """
        select count_if(resolved) as closed, count_if(not resolved) as open, count_if(entry_point is null) as nowhere,
          median(days) as median_days, round(avg(days), 3) as mean_days
        from (
          select *, date_diff(
            'day', timezone('America/Vancouver', timezone('UTC', started_at))::date,
            timezone('America/Vancouver', timezone('UTC', resolved_at))::date) as days
          from interactions
        )
        """
    )
    assert row == {"closed": 4376, "open": 302, "nowhere": 847, "median_days": 2, "mean_days": 14.723}
