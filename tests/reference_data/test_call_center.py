"""5,000 calls of a call centre, as a CSV and as the workbook it came from: both must give the published figures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from workbench import Workbench

WORKSPACE = """\
workspace: call-centre
timezone: UTC
country: US
sources:
  calls:
    connector: table
    path: calls.*
    columns:
      interaction_id: '"Call Id"'
      channel: "'phone'"
      started_at: "strptime(Date || ' ' || Time, '%Y-%m-%d %H:%M:%S')"
      queued_at: "strptime(Date || ' ' || Time, '%Y-%m-%d %H:%M:%S')"
      ended_at: "strptime(Date || ' ' || Time, '%Y-%m-%d %H:%M:%S') + cast(AvgTalkDuration as interval)"
      outcome: "case \\"Answered (Y/N)\\" when 'Y' then 'handled' when 'N' then 'abandoned' end"
      agent: Agent
      intent: Topic
      resolved: Resolved = 'Y'
      wait_s: '"Speed of answer in seconds"'
      talk_s: epoch(cast(AvgTalkDuration as interval))
  ratings:
    connector: table
    path: calls.*
    relation: surveys
    where: '"Satisfaction rating" is not null'
    columns:
      survey_id: '"Call Id"'
      interaction_source: "'calls'"
      interaction_id: '"Call Id"'
      answered_at: "strptime(Date || ' ' || Time, '%Y-%m-%d %H:%M:%S')"
      question: "'csat'"
      scale: "'csat_1_5'"
      score: '"Satisfaction rating"'
"""
FILES = {"csv": "call-center-dataset.csv", "xlsx": "01 Call-Center-Dataset.xlsx"}


@pytest.fixture(params=sorted(FILES))
def calls(request: pytest.FixtureRequest, workbench: Workbench, bring: Callable[..., Path]) -> Workbench:
    bring(f"call-center-5000/{FILES[request.param]}", f"calls.{request.param}")
    workbench.workspace(WORKSPACE)
    workbench.call("run")
    return workbench


def test_published_figures(calls: Workbench) -> None:
    assert calls.accounting("calls") == {
        "records": 5000, "used": 5000, "rejected": 0, "superseded": 0, "filtered": 0
    }  # fmt: skip
    assert calls.accounting("ratings") == {
        "records": 5000, "used": 4054, "rejected": 0, "superseded": 0, "filtered": 946
    }  # fmt: skip
    figures = (
        "contacts_received", "contacts_handled", "answer_rate@genesys", "abandonment_rate@genesys",
        "average_speed_of_answer", "average_handle_time", "csat",
    )  # fmt: skip
    (row,) = calls.rows("kpi", "query", *figures)
    assert (row["contacts_received"], row["contacts_handled"]) == (5000, 4054)
    assert row["answer_rate@genesys"] == pytest.approx(0.8108, abs=1e-12)
    assert row["abandonment_rate@genesys"] == pytest.approx(946 / 5000, abs=1e-12)
    assert row["average_speed_of_answer"] == pytest.approx(67.5207, abs=5e-5)
    assert row["average_handle_time"] == pytest.approx(224.92, abs=5e-3)
    (mean,) = calls.sql("select avg(score) as mean, count(*) as n from surveys")
    assert float(mean["mean"]) == pytest.approx(3.40355, abs=5e-6)
    (raw,) = calls.sql("select count_if(resolved) as resolved, count(distinct agent) as agents from interactions")
    assert raw == {"resolved": 3646, "agents": 8}
    (span,) = calls.sql("select min(started_at)::date as first, max(started_at)::date as last from interactions")
    assert span == {"first": "2021-01-01", "last": "2021-03-31"}


def test_answered_within_thirty_seconds(calls: Workbench) -> None:
    (row,) = calls.rows("kpi", "query", "service_level@v4:answer_threshold=30s", "--parts")
    parts = {key.rsplit("_", 1)[1]: value for key, value in row.items() if key.endswith(("numerator", "denominator"))}
    assert parts == {"numerator": 751, "denominator": 4054}


def test_abandons_without_their_wait_are_unknown_not_short(calls: Workbench) -> None:
    """The export gives no wait for abandoned calls: whether they were short cannot be known, and is not guessed."""
    (row,) = calls.rows("kpi", "query", "abandonment_rate", "--parts")
    assert row["abandonment_rate_unknown"] == 946
    assert (row["abandonment_rate_numerator"], row["abandonment_rate_denominator"]) == (0, 4054)


def test_topics(calls: Workbench) -> None:
    rows = calls.rows("kpi", "query", "contacts_received", "--by", "intent")
    assert {row["intent"]: row["contacts_received"] for row in rows} == {
        "Streaming": 1022, "Technical Support": 1019, "Payment related": 1007,
        "Contract related": 976, "Admin Support": 976,
    }  # fmt: skip
