"""An audit log of incidents, one row per update, exported twice with dates and truth values written differently."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from workbench import Workbench

WORKSPACE = """\
workspace: incidents
timezone: UTC
country: PT
sources:
  incidents:
    connector: table
    path: incidents*
    missing: ["?"]
    columns:
      interaction_id: number
      channel: lower(contact_type)
      started_at: strptime(opened_at, '{written}')
      resolved_at: strptime(resolved_at, '{written}')
      version_at: >-
        strftime(strptime(sys_updated_at, '{written}'), '%Y-%m-%dT%H:%M:%S') || lpad(sys_mod_count, 6, '0')
      queue: assignment_group
      intent: category
      transfers: reassignment_count
      reopens: reopen_count
      resolved: incident_state in ('Resolved', 'Closed')
      action: "case lower(made_sla) when 'true' then 'in time' when 'false' then 'late' end"
    identifiers: {{customer_id: caller_id}}
"""
LONG = "servicenow-incidents-slice/incident_event_log.csv.gz"
SHORT = "servicenow-incidents-slice/incident_event_log_198_other_date_format.csv"


def test_newest_version_of_each_incident(workbench: Workbench, bring: Callable[..., Path]) -> None:
    bring(LONG, "incidents.csv.gz")
    workbench.workspace(WORKSPACE.format(written="%d-%m-%Y %H:%M"))
    workbench.call("run")
    assert workbench.accounting("incidents") == {
        "records": 5998, "used": 890, "rejected": 0, "superseded": 5108, "filtered": 0
    }  # fmt: skip
    rows = workbench.rows("kpi", "query", "contacts_received", "--by", "channel")
    assert [(row["channel"], row["contacts_received"]) for row in rows] == [("phone", 890)]
    (row,) = workbench.sql(
        """
        select count_if(reopens > 0) as reopened, count_if(transfers > 0) as reassigned,
          count_if(action = 'in time') as in_time, count_if(action = 'late') as late,
          round(median(date_diff('minute', started_at, resolved_at)) / 60, 2) as hours,
          strftime(min(started_at), '%Y-%m-%d %H:%M') as first, strftime(max(started_at), '%Y-%m-%d %H:%M') as last
        from interactions
        """
    )
    assert row == {
        "reopened": 10, "reassigned": 391, "in_time": 495, "late": 395, "hours": 54.47,
        "first": "2016-02-29 01:16", "last": "2016-03-02 15:33",
    }  # fmt: skip
    (row,) = workbench.sql(
        "select count(distinct value) as callers from identifiers where kind = 'customer_id'", "--personal"
    )
    assert row == {"callers": 639}


def test_the_other_way_of_writing_dates(workbench: Workbench, bring: Callable[..., Path]) -> None:
    bring(SHORT, "incidents.csv")
    workbench.workspace(WORKSPACE.format(written="%d/%m/%Y %H:%M"))
    workbench.call("run")
    counts = workbench.accounting("incidents")
    assert (counts["records"], counts["used"], counts["superseded"]) == (198, 32, 166)
    (row,) = workbench.sql("select strftime(min(started_at), '%Y-%m-%d %H:%M') as first from interactions")
    assert row == {"first": "2016-02-29 01:16"}


def test_both_files_of_one_log_in_one_source(workbench: Workbench, bring: Callable[..., Path]) -> None:
    """The short export repeats incidents of the long one: whichever holds the newest update gives the row."""
    bring(LONG, "incidents-1.csv.gz")
    bring(SHORT, "incidents-2.csv")
    text = WORKSPACE.format(written="%d/%m/%Y %H:%M")
    text = text.replace("strptime(opened_at,", "strptime(replace(opened_at, '-', '/'),")
    text = text.replace("strptime(resolved_at,", "strptime(replace(resolved_at, '-', '/'),")
    text = text.replace("strptime(sys_updated_at,", "strptime(replace(sys_updated_at, '-', '/'),")
    workbench.workspace(text)
    workbench.call("run")
    counts = workbench.accounting("incidents")
    assert (counts["records"], counts["used"], counts["superseded"]) == (6196, 890, 5306)
    (row,) = workbench.sql("select count(*) as n, count_if(reopens > 0) as reopened from interactions")
    assert row["n"] == 890
    assert row["reopened"] == pytest.approx(10)
