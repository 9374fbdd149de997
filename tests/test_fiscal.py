"""Fiscal years: when they begin, what they are called, as periods and as buckets."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest

from omnictl.compiler.buckets import make_buckets
from omnictl.compiler.period import period_of
from omnictl.compiler.question import Period
from omnictl.errors import DefinitionError
from omnictl.fiscal import FiscalYear, months_after
from omnictl.workspace import load_workspace
from omnictl.zone import zone_of

NOW = datetime(2026, 2, 10, 9)
APRIL = FiscalYear(4)
BY_START = FiscalYear(4, 1, "start")


@pytest.mark.parametrize(
    ("text", "fiscal", "start", "end"),
    [
        ("FY2026", APRIL, "2025-04-01", "2026-04-01"),
        ("fy2026", BY_START, "2026-04-01", "2027-04-01"),
        ("FY2026", FiscalYear(1), "2026-01-01", "2027-01-01"),
        ("FY2026-Q1", APRIL, "2025-04-01", "2025-07-01"),
        ("FY2026-Q4", APRIL, "2026-01-01", "2026-04-01"),
        ("FY2026-Q4", FiscalYear(4, 6), "2026-01-06", "2026-04-06"),
        ("this-fiscal-year", APRIL, "2025-04-01", "2026-04-01"),
        ("last-fiscal-year", APRIL, "2024-04-01", "2025-04-01"),
        ("this-fiscal-quarter", APRIL, "2026-01-01", "2026-04-01"),
        ("last-fiscal-quarter", APRIL, "2025-10-01", "2026-01-01"),
        ("this-fiscal-year", FiscalYear(2, 11), "2025-02-11", "2026-02-11"),
        ("2026", APRIL, "2026-01-01", "2027-01-01"),  # a year without FY is the calendar's
        ("2026-Q1", APRIL, "2026-01-01", "2026-04-01"),
        ("this-year", APRIL, "2026-01-01", "2027-01-01"),
    ],
)
def test_periods(text: str, fiscal: FiscalYear, start: str, end: str) -> None:
    found = period_of(text, None, None, NOW, fiscal)
    assert (f"{found.start:%Y-%m-%d}", f"{found.end:%Y-%m-%d}") == (start, end)


@pytest.mark.parametrize(("text", "fiscal"), [("FY2026", None), ("this-fiscal-year", None), ("FY0000", APRIL)])
def test_what_is_no_period(text: str, fiscal: FiscalYear | None) -> None:
    with pytest.raises(DefinitionError) as error:
        period_of(text, None, None, NOW, fiscal)
    assert error.value.findings[0].code == "unknown-period"


def test_a_misspelt_fiscal_year_is_told_how_they_are_written() -> None:
    with pytest.raises(DefinitionError) as error:
        period_of("FY26", None, None, NOW, APRIL)
    assert "FY2026-Q1" in error.value.findings[0].hint


def test_years_and_quarters_are_cut_by_it() -> None:
    span = Period(datetime(2025, 1, 1), datetime(2026, 7, 1))
    years = make_buckets("year", span, zone_of("UTC"), None, FiscalYear(4, 6))
    quarters = make_buckets("quarter", span, zone_of("UTC"), None, FiscalYear(2))
    months = make_buckets("month", span, zone_of("UTC"), None, FiscalYear(4, 6))
    assert years is not None
    assert quarters is not None
    assert months is not None
    assert years.labels == (date(2025, 1, 1), date(2025, 4, 6), date(2026, 4, 6), date(2026, 7, 1))
    assert quarters.labels[1:4] == (date(2025, 2, 1), date(2025, 5, 1), date(2025, 8, 1))
    assert months.count == 18


def test_data_without_a_period_is_widened_to_whole_fiscal_years() -> None:
    data = (datetime(2025, 5, 1), datetime(2026, 5, 1))
    found = make_buckets("year", Period(), zone_of("UTC"), data, APRIL)
    assert found is not None
    assert found.labels == (date(2025, 4, 1), date(2026, 4, 1), date(2027, 4, 1))


def test_months_are_counted_by_calendar() -> None:
    assert months_after(datetime(2026, 1, 31), 1) == datetime(2026, 2, 28)
    assert months_after(datetime(2026, 3, 31), -13) == datetime(2025, 2, 28)
    assert months_after(datetime(9999, 11, 30), 1) == datetime(9999, 12, 30)


@pytest.mark.parametrize(
    ("written", "fiscal"),
    [
        ('fiscal_year: "04-01"', FiscalYear(4)),
        ("fiscal_year: 04-01", FiscalYear(4)),
        ("fiscal_year: {starts: 10-06, named_after: start}", FiscalYear(10, 6, "start")),
        ("", None),
    ],
)
def test_the_workspace_says_it(tmp_path: Path, written: str, fiscal: FiscalYear | None) -> None:
    (tmp_path / "omnictl.yml").write_text(f"timezone: UTC\n{written}\n", encoding="utf-8")
    assert load_workspace(tmp_path / "omnictl.yml").fiscal == fiscal


@pytest.mark.parametrize(
    "written",
    ["fiscal_year: 13-01", "fiscal_year: 04-31", "fiscal_year: April", "fiscal_year: {starts: 4}",
     "fiscal_year: {named_after: end}", "fiscal_year: {starts: 04-01, named_after: middle}", "fiscal_year: [04-01]",
     "privacy: {floor: -1}", "privacy: {floor: 1.5}", "privacy: {agents: nobody}", "privacy: {flor: 11}"],
)  # fmt: skip
def test_faults_have_their_place(tmp_path: Path, written: str) -> None:
    (tmp_path / "omnictl.yml").write_text(f"timezone: UTC\n{written}\n", encoding="utf-8")
    with pytest.raises(DefinitionError) as error:
        load_workspace(tmp_path / "omnictl.yml")
    assert all(finding.place is not None and finding.place.line == 2 for finding in error.value.findings)


def test_the_workspace_says_what_is_shown_of_people(tmp_path: Path) -> None:
    file = tmp_path / "omnictl.yml"
    file.write_text("timezone: UTC\nprivacy: {agents: team, floor: 11}\n", encoding="utf-8")
    workspace = load_workspace(file)
    assert (workspace.privacy.agents, workspace.privacy.floor, workspace.warnings) == ("team", 11, ())
    file.write_text("timezone: UTC\n", encoding="utf-8")
    assert (load_workspace(file).privacy.agents, load_workspace(file).privacy.floor) == ("agent", 0)
