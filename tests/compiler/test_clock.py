"""Hours, weekdays and opening hours: against the zone asked for every row, and hours gone through one by one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from asking import Asking, glossary_of
from hypothesis import given, settings
from hypothesis import strategies as st

from omnictl.calendars import Calendar, Spans
from omnictl.compiler.period import Period
from omnictl.errors import DefinitionError
from omnictl.glossary import Glossary
from omnictl.referential import Referential

CALLS = "kpi: calls\nrollup: sum\nfrom: interactions\nat: started_at\nvalue: count(*)\n"
ANSWERED = "kpi: answered\nrollup: sum\nfrom: interactions\nat: answered_at\nvalue: count(*)\n"
OPEN_S = (
    "kpi: open_s\nrollup: sum\nfrom: interactions\nat: started_at\n"
    "value: sum(business_seconds(started_at, answered_at))\n"
)
OPEN_DAYS = (
    "kpi: open_days\nrollup: sum\nfrom: interactions\nat: started_at\n"
    "value: sum(business_days(started_at, answered_at))\n"
)
INSIDE = "kpi: inside\nrollup: sum\nfrom: interactions\nat: started_at\nvalue: count_if(in_hours(started_at))\n"
EVENINGS = (
    "kpi: evenings\nrollup: sum\nfrom: interactions\nat: started_at\n"
    "value: count_if(hour(started_at) >= 20 and weekday(started_at) <= 5)\n"
)
LEVEL = (
    "kpi: level\nrollup: share\nunit: ratio\nfrom: interactions\nat: started_at\n"
    "numerator: count_if(outcome = 'handled' and wait_s <= 20)\ndenominator: count(*)\n"
)
GLOSSARY = glossary_of(CALLS, ANSWERED, OPEN_S, OPEN_DAYS, INSIDE, EVENINGS, LEVEL)

ZONES = ("UTC", "Europe/Paris", "America/Sao_Paulo", "Australia/Lord_Howe", "America/St_Johns", "Asia/Kathmandu",
         "Africa/Cairo", "Pacific/Auckland")  # fmt: skip
NINE_TO_SIX: Spans = ((9 * 3600, 18 * 3600),)
WEEK = (NINE_TO_SIX,) * 5 + ((), ())
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Setting:
    timezone: str
    referential: Referential = field(default_factory=Referential)
    language: str = "en"


def asking(zone: str, *rows: Mapping[str, Any], glossary: Glossary = GLOSSARY, **calendars: Calendar) -> Asking:
    made = Asking(glossary, zone, interactions=rows)
    made.setting = Setting(zone, Referential(calendars=calendars))  # type: ignore[assignment]
    return made


def local_of(instant: datetime, zone: str) -> datetime:
    return instant.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0)


@settings(max_examples=8, deadline=None)
@given(
    st.sampled_from(ZONES), st.lists(st.datetimes(datetime(2016, 1, 1), datetime(2027, 1, 1)), min_size=1, max_size=80)
)
def test_a_row_has_the_hour_and_weekday_that_clocks_showed(zone: str, times: list[datetime]) -> None:
    times = [time.replace(microsecond=0) for time in times]
    made = asking(zone, *({"started_at": time} for time in times))
    shown = [local_of(time, zone) for time in times]
    rows = made.rows("calls", by=("hour", "half_hour", "weekday"))
    found = {(row["hour"], row["half_hour"], row["weekday"]): row["calls"] for row in rows}
    halves = (f"{at.hour:02}:{at.minute // 30 * 30:02}" for at in shown)
    assert found == Counter((at.hour, half, at.isoweekday()) for at, half in zip(shown, halves, strict=True))
    evenings = sum(at.hour >= 20 and at.isoweekday() <= 5 for at in shown)
    assert made.value("evenings") == evenings
    assert made.value("calls", where="hour >= 20 and weekday <= 5") == evenings


CALENDARS = {
    "office": Calendar(WEEK),
    "always": Calendar((((0, 86_400),),) * 7),
    "lunch": Calendar((((8 * 3600, 12 * 3600), (13 * 3600 + 1800, 19 * 3600)),) * 6 + ((),), "FR"),
    "nights": Calendar((((0, 6 * 3600), (22 * 3600, 86_400)),) * 7, "FR-AM", frozenset({date(2026, 10, 25)})),
    "sundays": Calendar(((),) * 6 + (((10 * 3600, 16 * 3600),),), open_on={date(2026, 3, 28): ((3600, 7200),)}),
}
MINUTE = timedelta(minutes=1)


def is_open(local: datetime, calendar: Calendar) -> bool:
    spans = calendar.special(local.date(), local.date()).get(local.date(), calendar.week[local.weekday()])
    second = local.hour * 3600 + local.minute * 60
    return any(start <= second < end for start, end in spans)


BASES = [datetime(2026, 3, 26), datetime(2026, 10, 22), datetime(2026, 5, 6), datetime(2018, 11, 1),
         datetime(2018, 2, 15), datetime(2026, 4, 2), datetime(2026, 12, 24)]  # fmt: skip
SPAN = st.tuples(st.sampled_from(BASES), st.integers(0, 6 * 24 * 60), st.integers(-300, 5 * 24 * 60))


@settings(max_examples=8, deadline=None)
@given(st.sampled_from(ZONES), st.sampled_from(sorted(CALENDARS)), st.lists(SPAN, min_size=10, max_size=20))
def test_opening_hours_are_those_gone_through_minute_by_minute(
    zone: str, name: str, spans: list[tuple[datetime, int, int]]
) -> None:
    calendar = CALENDARS[name]
    given_rows = [
        {
            "interaction_id": str(number),
            "started_at": base + first * MINUTE,
            "answered_at": base + (first + last) * MINUTE,
        }
        for number, (base, first, last) in enumerate(spans)
    ]
    rows = asking(zone, *given_rows, only=calendar).rows("open_s", "open_days", "inside", by=("interaction_id",))
    found = {row["interaction_id"]: row for row in rows}
    for given_row, (_, _, length) in zip(given_rows, spans, strict=True):
        start, end = given_row["started_at"], given_row["answered_at"]
        row = found[given_row["interaction_id"]]
        low, high, sign = min(start, end), max(start, end), 1 if length >= 0 else -1
        shown = [local_of(low + n * MINUTE, zone) for n in range(abs(length))]
        assert row["open_s"] == sign * sum(60 for at in shown if is_open(at, calendar))
        assert row["inside"] == is_open(local_of(start, zone), calendar)
        days = {each.date() for each in (*shown, local_of(high, zone))} - {local_of(low, zone).date()}
        assert row["open_days"] == sign * sum(_opens(day, calendar) for day in days)


def _opens(day: date, calendar: Calendar) -> bool:
    return bool(calendar.special(day, day).get(day, calendar.week[day.weekday()]))


@pytest.mark.parametrize(
    ("start", "end", "hours", "days"),
    [
        ("2026-03-06 16:00", "2026-03-09 09:00", 2, 1),  # Friday 17:00 to Monday 10:00
        ("2026-03-27 17:00", "2026-03-30 07:00", 0, 1),  # over the weekend of the 23-hour day: 18:00 to 09:00
        ("2026-10-23 16:00", "2026-10-26 08:00", 0, 1),  # and of the one of 25 hours
        ("2026-05-13 16:00", "2026-05-15 07:00", 0, 1),  # Ascension
        ("2026-03-02 08:00", "2026-03-06 17:00", 45, 4),  # a week
        ("2026-03-07 08:00", "2026-03-08 20:00", 0, 0),  # a weekend
    ],
)
def test_opening_hours_worked_out_by_hand(start: str, end: str, hours: int, days: int) -> None:
    times = {"started_at": datetime.fromisoformat(start), "answered_at": datetime.fromisoformat(end)}
    made = asking("Europe/Paris", times, care=Calendar(WEEK, "FR"))
    assert made.value("open_s") == hours * 3600
    assert made.value("open_days") == days


def test_the_day_before_a_change_that_is_of_another_day_in_utc() -> None:
    """In Auckland the clocks went back on Sunday 5 April 2026, at 14:00 of Saturday in UTC: Saturday had 24 hours."""
    saturday = {"started_at": datetime(2026, 4, 3, 11), "answered_at": datetime(2026, 4, 4, 11)}
    sunday = {"started_at": datetime(2026, 4, 4, 11), "answered_at": datetime(2026, 4, 5, 12)}
    for day, hours in ((saturday, 24), (sunday, 25)):
        assert asking("Pacific/Auckland", day, only=CALENDARS["always"]).value("open_s") == hours * 3600


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25)])
def test_a_day_of_23_or_25_hours_is_open_as_long_as_it_is(day: date, hours: int) -> None:
    zone = ZoneInfo("Europe/Paris")
    ends = [
        datetime(day.year, day.month, day.day, tzinfo=zone),
        datetime(day.year, day.month, day.day + 1, tzinfo=zone),
    ]
    start, end = (each.astimezone(UTC).replace(tzinfo=None) for each in ends)
    made = asking("Europe/Paris", {"started_at": start, "answered_at": end}, only=CALENDARS["always"])
    assert made.value("open_s") == hours * 3600


def test_service_level_by_half_hour_on_the_day_of_25_hours() -> None:
    """Calls of the night of 25 October 2026 in Paris, by the clock: 02:10 twice, an hour apart, and 02:40 once."""
    handled = {"outcome": "handled"}
    made = asking(
        "Europe/Paris",
        {"started_at": datetime(2026, 10, 24, 23, 59), "wait_s": 5, **handled},  # 01:59 +02:00
        {"started_at": datetime(2026, 10, 25, 0, 10), "wait_s": 20, **handled},  # 02:10 +02:00
        {"started_at": datetime(2026, 10, 25, 0, 10), "wait_s": 21, **handled},  # 02:10 +02:00, too late
        {"started_at": datetime(2026, 10, 25, 0, 40), "wait_s": 1, **handled},  # 02:40 +02:00
        {"started_at": datetime(2026, 10, 25, 1, 10), "wait_s": 1, "outcome": "abandoned"},  # 02:10 +01:00
        {"started_at": datetime(2026, 10, 25, 1, 12), "wait_s": 1, **handled},  # 02:12 +01:00
        {"started_at": datetime(2026, 10, 25, 1, 14), "wait_s": 1, **handled},  # 02:14 +01:00
        {"started_at": datetime(2026, 10, 25, 22, 59), "wait_s": 99, **handled},  # 23:59 +01:00
    )
    day = Period(datetime(2026, 10, 25), datetime(2026, 10, 26))
    rows = made.rows("level", every="30min", period=day, parts=True, total=True)
    assert len(rows) == 51
    filled = {
        row["period_start"].isoformat(): (row["level_numerator"], row["level_denominator"])
        for row in rows[:-1]
        if row["level_denominator"]
    }
    assert filled == {
        "2026-10-25T01:30:00": (1, 1),
        "2026-10-25T02:00:00": (1, 2),
        "2026-10-25T02:30:00": (1, 1),
        "2026-10-25T02:00:00+01:00": (2, 3),
        "2026-10-25T23:30:00": (0, 1),
    }
    assert (rows[-1]["total"], rows[-1]["level"]) == (True, 5 / 8)
    hours = made.rows("level", by=("hour",), parts=True)
    by_hour = {row["hour"]: (row["level_numerator"], row["level_denominator"]) for row in hours}
    assert by_hour == {1: (1, 1), 2: (4, 6), 23: (0, 1)}
    for every, count in (("hour", 25), ("day", 1), ("week", 1)):
        assert len(made.rows("level", every=every, period=day)) == count
    spring = Period(datetime(2026, 3, 29), datetime(2026, 3, 30))
    assert len(made.rows("level", every="30min", period=spring)) == 46


@pytest.mark.parametrize(
    ("zone", "day", "halves"),
    [
        ("Australia/Lord_Howe", date(2026, 4, 5), 49),  # half an hour back
        ("Australia/Lord_Howe", date(2026, 10, 4), 47),
        ("America/Sao_Paulo", date(2018, 11, 4), 46),  # the clocks jumped at midnight
        ("America/Sao_Paulo", date(2018, 2, 17), 50),
        ("America/Sao_Paulo", date(2026, 11, 1), 48),  # and do no more
        ("Asia/Kolkata", date(2026, 3, 29), 48),
    ],
)
def test_half_hours_of_a_day_elsewhere(zone: str, day: date, halves: int) -> None:
    start = datetime(day.year, day.month, day.day)
    made = asking(zone, {})
    rows = made.rows("calls", every="30min", period=Period(start, start + timedelta(days=1)))
    assert len(rows) == halves
    assert len({row["period_start"].isoformat() for row in rows}) == halves


def test_each_kpi_has_the_hour_of_its_own_time() -> None:
    row = {"started_at": datetime(2026, 3, 2, 8, 50), "answered_at": datetime(2026, 3, 2, 9, 10)}
    made = asking("UTC", row, {"started_at": datetime(2026, 3, 2, 9, 0)})
    rows = made.rows("calls", "answered", by=("hour",), total=True)
    told = [(row["hour"], row["total"], row["calls"], row["answered"]) for row in rows]
    assert told == [(8, False, 1, 0), (9, False, 1, 1), (None, True, 2, 1)]
    alone = {row["hour"]: row["calls"] for row in made.rows("calls", by=("hour",))}
    assert alone == {8: 1, 9: 1}
    assert made.rows("calls", "answered", where="hour = 9")[0] | {"period_start": 0, "period_end": 0} == {
        "period_start": 0, "period_end": 0, "calls": 1, "answered": 1,
    }  # fmt: skip


def test_rows_that_a_calendar_cannot_judge_are_unknown() -> None:
    made = asking("UTC", {"started_at": datetime(2026, 3, 2, 10)}, care=Calendar(WEEK))
    (row,) = made.rows("open_s", parts=True)
    assert (row["open_s_n"], row["open_s_unknown"]) == (0, 1)


def test_times_far_from_all_others_have_hours_too() -> None:
    """One call dated 2099 does not slow the others, and 1890 is not counted as now."""
    made = asking(
        "Europe/Paris",
        {"started_at": datetime(2099, 6, 1, 8), "answered_at": datetime(2099, 6, 1, 9)},  # a Monday, as 2026-06-01
        {"started_at": datetime(1890, 6, 2, 8), "answered_at": datetime(1890, 6, 2, 9)},
        care=Calendar(WEEK),
    )
    (row,) = made.rows("open_s", parts=True)
    assert (row["open_s"], row["open_s_unknown"]) == (3600, 1)
    assert len(made.plan("open_s").sql) < 60_000


def test_which_calendar_is_meant() -> None:
    row = {"started_at": datetime(2026, 3, 2, 8), "answered_at": datetime(2026, 3, 2, 20)}
    office, always = Calendar(WEEK), CALENDARS["always"]
    with pytest.raises(DefinitionError, match="no calendar says"):
        asking("UTC", row).value("open_s")
    with pytest.raises(DefinitionError, match="several calendars"):
        asking("UTC", row, office=office, always=always).value("open_s")
    chosen = Calendar(WEEK, default=True)
    made = asking("UTC", row, always=always, office=chosen)
    assert made.value("open_s") == 9 * 3600
    assert made.value("calls", where="business_seconds(started_at, answered_at, 'always') = 43200") == 1
    assert made.value("calls", where="in_hours(answered_at)") == 0
    with pytest.raises(DefinitionError, match="no calendar `alway`"):
        made.value("calls", where="in_hours(answered_at, 'alway')")


@pytest.mark.parametrize(
    ("where", "code"),
    [
        ("hour(wait_s) = 1", "wrong-kind"),
        ("hour() = 1", "expression-syntax"),
        ("weekday(started_at, answered_at) = 1", "not-accepted"),
        ("in_hours()", "not-accepted"),
        ("in_hours(started_at, channel)", "not-accepted"),
        ("in_hours(queue)", "wrong-kind"),
        ("business_seconds(started_at) > 1", "not-accepted"),
        ("business_seconds(started_at, 'support') > 1", "wrong-kind"),
        ("business_days(started_at, answered_at, 'a', 'b') > 1", "not-accepted"),
        ("open_seconds(started_at, 'office') > 1", "not-accepted"),
        ("referential(solution, 'solution', 'owner') = 'x'", "not-accepted"),
        ("solution.a.b = 'x'", "unknown-column"),
        ("secrets.owner = 'x'", "unknown-column"),
        ("hour = 'eight'", "wrong-kind"),
    ],
)
def test_what_cannot_be_asked_of_clocks(where: str, code: str) -> None:
    made = asking("UTC", {}, office=Calendar(WEEK))
    with pytest.raises(DefinitionError) as caught:
        made.value("calls", where=where)
    assert code in {finding.code for finding in caught.value.findings}


def test_an_hour_alone_in_a_kpi_says_which_time_is_missing() -> None:
    glossary = glossary_of(CALLS.replace("count(*)", "count_if(hour = 8)"))
    with pytest.raises(DefinitionError, match="say which"):
        Asking(glossary).value("calls")
