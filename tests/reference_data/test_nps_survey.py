"""5,000 answers to a bank's recommendation question: the index overall, by market and by quarter."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from workbench import Workbench

WORKSPACE = """\
workspace: bank
timezone: Europe/London
country: GB
sources:
  nps:
    connector: table
    path: nps.csv
    relation: surveys
    columns:
      survey_id: ID
      answered_at: strptime("Survey date", '%d/%m/%y')
      subject: Market
      question: "'nps'"
      scope: "'relational'"
      scale: "'nps_0_10'"
      score: NPS
    identifiers: {customer_name: '"Customer Name"'}
"""


@pytest.fixture
def bank(workbench: Workbench, bring: Callable[..., Path]) -> Workbench:
    bring("nps-5000/NPStimeseries.csv", "nps.csv")
    workbench.workspace(WORKSPACE)
    workbench.call("run")
    return workbench


def test_overall_and_by_market(bank: Workbench) -> None:
    assert bank.accounting("nps")["used"] == 5000
    rows = bank.rows("kpi", "query", "nps", "--by", "subject", "--total")
    by_market = {row["subject"]: round(row["nps"], 2) for row in rows if not row["total"]}
    assert by_market == {"MEX": 17.10, "UK": 8.49, "US": 9.93}
    assert [round(row["nps"], 2) for row in rows if row["total"]] == [11.80]


def test_quarters(bank: Workbench) -> None:
    rows = bank.rows("kpi", "query", "nps", "--every", "quarter", "--from", "2021-01-01", "--to", "2022-01-01")
    assert [round(row["nps"], 2) for row in rows] == [14.12, 11.52, 9.90, 11.80]
    assert [row["period_start"][:10] for row in rows] == ["2021-01-01", "2021-04-01", "2021-07-01", "2021-10-01"]


def test_mean_score_and_names(bank: Workbench) -> None:
    (row,) = bank.sql("select avg(score) as mean from surveys")
    assert float(row["mean"]) == pytest.approx(6.8412, abs=1e-9)
    (row,) = bank.sql(
        "select count(distinct value) as names from identifiers where kind = 'customer_name'", "--personal"
    )
    assert row == {"names": 4829}


def test_the_variants_keep_the_series_apart(bank: Workbench) -> None:
    (row,) = bank.rows("kpi", "query", "rnps", "tnps")
    assert round(row["rnps"], 2) == 11.80
    assert row["tnps"] is None
