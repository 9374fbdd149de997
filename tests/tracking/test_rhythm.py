"""The days on which data are expected: by the habits of a source, its calendars and the holidays of its country."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from omnictl.tracking.rhythm import Days, expected_spans, so_far, unexpected_days
from omnictl.workspace import Workspace, load_workspace
from omnictl.zone import zone_of

FIRST = date(2026, 3, 2)  # a Monday
DAY = timedelta(days=1)
WEEKDAYS = {day: 12 for n in range(40) if (day := FIRST + timedelta(days=n)).weekday() < 5}  # to Friday, 10 April
EASTER_MONDAY = date(2026, 4, 6)


@pytest.fixture
def france(tmp_path: Path) -> Workspace:
    (tmp_path / "omnictl.yml").write_text("timezone: Europe/Paris\ncountry: FR\n", encoding="utf-8")
    return load_workspace(tmp_path / "omnictl.yml")


def missing(workspace: Workspace, rows: Days, every: timedelta = DAY, files: int = 1) -> tuple[int, list[date]]:
    return expected_spans(rows, every, unexpected_days(workspace, rows, max(rows), files), files)


def test_week_ends_that_never_have_data_are_not_expected(france: Workspace) -> None:
    assert missing(france, WEEKDAYS) == (30, [])


def test_a_weekday_without_data_is_missing_and_a_holiday_is_not(france: Workspace) -> None:
    rows = {day: count for day, count in WEEKDAYS.items() if day not in (EASTER_MONDAY, date(2026, 3, 17))}
    assert missing(france, rows) == (29, [date(2026, 3, 17)])


def test_where_little_comes_a_day_without_is_chance(france: Workspace) -> None:
    rows = {day: 3 for day in WEEKDAYS if day != date(2026, 3, 17)}
    assert missing(france, rows)[1] == []
    assert missing(france, rows, files=len(rows))[1] == [date(2026, 3, 17)]  # a file a day, and none of that one


def test_what_comes_weekly_is_missing_by_weeks(france: Workspace) -> None:
    rows = {FIRST + timedelta(days=7 * n): 40 for n in (0, 1, 3, 4)}
    assert missing(france, rows, timedelta(days=7)) == (5, [date(2026, 3, 16)])


def test_days_on_which_every_calendar_is_closed(tmp_path: Path) -> None:
    (tmp_path / "omnictl.yml").write_text(
        "timezone: Europe/Paris\ncountry: FR\nreferential: referential.yml\n", encoding="utf-8"
    )
    (tmp_path / "referential.yml").write_text(
        'calendars: {support: {open: {mon-fri: "09:00-18:00"}, closed: ["2026-03-17"]}}\n', encoding="utf-8"
    )
    rows = {day: count for day, count in WEEKDAYS.items() if day not in (date(2026, 3, 17), date(2026, 3, 18))}
    assert missing(load_workspace(tmp_path / "omnictl.yml"), rows)[1] == [date(2026, 3, 18)]


def test_what_lies_after_the_last_delivery_or_long_before_promises_nothing() -> None:
    rows = {date(1999, 1, 1): 1, **{FIRST + timedelta(days=n): 500 for n in range(4)}, date(2027, 1, 1): 1}
    last = datetime(2026, 3, 5, 23, 30)  # half past midnight on the sixth, in Paris
    known = so_far(rows, last, zone_of("Europe/Paris"), timedelta(0))
    assert sorted(known) == [FIRST + timedelta(days=n) for n in range(4)]
    assert so_far(rows, None, zone_of("Europe/Paris"), timedelta(0)) == {}
