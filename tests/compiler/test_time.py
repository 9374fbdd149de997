"""Periods, zones and buckets: against the zone asked for every single row."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from asking import Asking, glossary_of
from hypothesis import given, settings
from hypothesis import strategies as st

from omnictl.compiler.buckets import make_buckets
from omnictl.compiler.period import floor, period_of
from omnictl.compiler.question import Period
from omnictl.errors import DefinitionError
from omnictl.zone import zone_of

NOW = datetime(2026, 11, 21, 15, 42)  # a Saturday
CALLS = "kpi: calls\nrollup: sum\nfrom: interactions\nat: started_at\nvalue: count(*)\n"
WAITS = "kpi: waits\nrollup: percentile\nfrom: interactions\nat: started_at\nvalue: quantile_cont(wait_s, 0.5)\n"


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("today", "2026-11-21", "2026-11-22"),
        ("yesterday", "2026-11-20", "2026-11-21"),
        ("this-week", "2026-11-16", "2026-11-23"),
        ("last-week", "2026-11-09", "2026-11-16"),
        ("this-month", "2026-11-01", "2026-12-01"),
        ("last-month", "2026-10-01", "2026-11-01"),
        ("last-quarter", "2026-07-01", "2026-10-01"),
        ("this-quarter", "2026-10-01", "2027-01-01"),
        ("last-year", "2025-01-01", "2026-01-01"),
        ("last-7-days", "2026-11-14", "2026-11-21"),
        ("last-24-hours", "2026-11-20 15:00", "2026-11-21 15:00"),
        ("last-2-weeks", "2026-11-02", "2026-11-16"),
        ("last-13-months", "2025-10-01", "2026-11-01"),
        ("2026", "2026-01-01", "2027-01-01"),
        ("2026-Q3", "2026-07-01", "2026-10-01"),
        ("2026-11", "2026-11-01", "2026-12-01"),
        ("2026-12", "2026-12-01", "2027-01-01"),
        ("2026-W47", "2026-11-16", "2026-11-23"),
        ("2026-W53", "2026-12-28", "2027-01-04"),
        ("2027-W01", "2027-01-04", "2027-01-11"),
        ("2026-W01", "2025-12-29", "2026-01-05"),
        ("2026-w53", "2026-12-28", "2027-01-04"),
        ("2026-11-20", "2026-11-20", "2026-11-21"),
    ],
)
def test_periods_by_name(text: str, start: str, end: str) -> None:
    found = period_of(text, None, None, NOW)
    assert found == Period(datetime.fromisoformat(start), datetime.fromisoformat(end))


@pytest.mark.parametrize(
    "text", ["lastweek", "2026-13", "2026-Q5", "2026-W54", "2025-W53", "2026-02-30", "20261", "soon", ""]
)
def test_no_period(text: str) -> None:
    with pytest.raises(DefinitionError):
        period_of(text, None, None, NOW)


def test_ends_of_a_period() -> None:
    found = period_of(None, "2026-11-20", "2026-11-20 12:30", NOW)
    assert found == Period(datetime(2026, 11, 20), datetime(2026, 11, 20, 12, 30))
    assert period_of(None, "2026-11-20T08:00", None, NOW) == Period(datetime(2026, 11, 20, 8), None)
    for start, end in (("2026-11-20", "2026-11-20"), ("2026-11-21", "2026-11-20"), ("noon", None)):
        with pytest.raises(DefinitionError):
            period_of(None, start, end, NOW)
    with pytest.raises(DefinitionError):
        period_of("2026", "2026-01-01", None, NOW)


ZONES = ("UTC", "Europe/Paris", "America/New_York", "Asia/Kolkata", "Asia/Kathmandu", "Australia/Adelaide",
         "America/St_Johns", "Africa/Cairo", "America/Sao_Paulo", "Africa/Casablanca", "Pacific/Auckland")  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(ZONES),
    st.datetimes(datetime(2015, 1, 1), datetime(2030, 1, 1)),
    st.timedeltas(timedelta(hours=1), timedelta(days=600)),
)
def test_zones_agree_with_the_zone_database(name: str, start: datetime, length: timedelta) -> None:
    zone, known = zone_of(name), ZoneInfo(name)
    start = start.replace(microsecond=0)
    stretches = zone.stretches(start, start + length)
    for step in range(0, 40):
        instant = start + length * step / 40
        aware = instant.replace(tzinfo=UTC).astimezone(known)
        local = aware.replace(tzinfo=None, fold=0)
        assert zone.to_local(instant) == local
        offset = next(each.offset_s for each in reversed(stretches) if each.since <= instant)
        assert timedelta(seconds=offset) == aware.utcoffset()
        (label,) = zone.labels([instant])
        assert (label.tzinfo is not None) == (aware.fold == 1)
        assert zone.to_utc(local) == instant - (timedelta(0) if aware.fold == 0 else _repeated(known, aware))


def _repeated(zone: ZoneInfo, aware: datetime) -> timedelta:
    """By how much the clock was put back before a time shown for the second time."""
    first = aware.replace(fold=0, tzinfo=None).replace(tzinfo=zone, fold=0).utcoffset()
    second = aware.utcoffset()
    assert first is not None
    assert second is not None
    return first - second


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(ZONES),
    st.sampled_from(["30min", "hour", "day", "week", "month", "quarter", "year"]),
    st.lists(st.datetimes(datetime(2026, 1, 1), datetime(2027, 2, 1)), min_size=1, max_size=40),
    st.booleans(),
)
def test_every_row_lies_in_its_local_bucket(zone: str, every: str, times: list[datetime], named: bool) -> None:
    times = [time.replace(microsecond=time.microsecond // 1000 * 1000) for time in times]
    asking = Asking(glossary_of(CALLS, WAITS), zone, interactions=[{"started_at": time, "wait_s": 1} for time in times])
    period = Period(datetime(2026, 2, 10), datetime(2026, 12, 20)) if named else Period()
    known = ZoneInfo(zone)
    expected: Counter[datetime] = Counter()
    for time in times:
        aware = time.replace(tzinfo=UTC).astimezone(known)
        local = aware.replace(tzinfo=None, fold=0)
        if named and not (datetime(2026, 2, 10) <= local < datetime(2026, 12, 20)):
            continue
        start = floor(local, every)
        if every in ("30min", "hour") and aware.fold:
            start = floor(local, every).replace(tzinfo=ZoneInfo(zone), fold=1)
        expected[max(start, datetime(2026, 2, 10)) if named and start.tzinfo is None else start] += 1
    rows = asking.rows("calls", "waits", every=every, period=period)
    found = Counter({_moment(row["period_start"]): row["calls"] for row in rows if row["calls"]})
    assert {_key(start): count for start, count in found.items()} == {_key(start): n for start, n in expected.items()}
    assert sum(row["waits"] is not None for row in rows) == len(found)
    labels = [row["period_start"] for row in rows] + [rows[-1]["period_end"]] if rows else []
    assert [row["period_end"] for row in rows] == labels[1:]


def _moment(label: date | datetime) -> datetime:
    return label if isinstance(label, datetime) else datetime(label.year, label.month, label.day)


def _key(label: datetime) -> tuple[datetime, timedelta | None]:
    return label.replace(tzinfo=None, fold=0), label.utcoffset()


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 6, 1), 24)])
def test_the_days_the_clock_changes(day: date, hours: int) -> None:
    start = datetime(day.year, day.month, day.day)
    zone = zone_of("Europe/Paris")
    first, last = zone.to_utc(start), zone.to_utc(start + timedelta(days=1))
    assert last - first == timedelta(hours=hours)
    every_half_hour = [first + timedelta(minutes=30 * n) for n in range(2 * hours)]
    asking = Asking(glossary_of(CALLS), "Europe/Paris", interactions=[{"started_at": time} for time in every_half_hour])
    period = Period(start, start + timedelta(days=1))
    halves = asking.rows("calls", every="30min", period=period)
    assert [row["calls"] for row in halves] == [1] * (2 * hours)
    assert [row["calls"] for row in asking.rows("calls", every="hour", period=period)] == [2] * hours
    assert [row["calls"] for row in asking.rows("calls", every="day", period=period)] == [2 * hours]
    assert halves[0]["period_start"] == start
    assert halves[-1]["period_end"] == start + timedelta(days=1)


def test_the_hour_shown_twice_is_two_buckets_and_the_second_tells_its_offset() -> None:
    asking = Asking(glossary_of(CALLS), "Europe/Paris", interactions=[{"started_at": datetime(2026, 10, 25, 1, 10)}])
    period = Period(datetime(2026, 10, 25, 1), datetime(2026, 10, 25, 4))
    rows = asking.rows("calls", every="hour", period=period)
    told = [(row["period_start"].isoformat(), row["period_end"].isoformat(), row["calls"]) for row in rows]
    assert told == [
        ("2026-10-25T01:00:00", "2026-10-25T02:00:00", 0),
        ("2026-10-25T02:00:00", "2026-10-25T02:00:00+01:00", 0),
        ("2026-10-25T02:00:00+01:00", "2026-10-25T03:00:00", 1),
        ("2026-10-25T03:00:00", "2026-10-25T04:00:00", 0),
    ]


def test_the_hour_that_does_not_exist_is_no_bucket() -> None:
    asking = Asking(glossary_of(CALLS), "Europe/Paris", interactions=[{}])
    period = Period(datetime(2026, 3, 29, 1), datetime(2026, 3, 29, 4))
    rows = asking.rows("calls", every="hour", period=period)
    assert [row["period_start"].hour for row in rows] == [1, 3]


def test_the_start_of_a_day_that_begins_at_one() -> None:
    """Cairo's clocks jump from midnight to one: that day begins with its first instant."""
    cairo = zone_of("Africa/Cairo")
    first = cairo.to_utc(datetime(2026, 4, 24))
    asking = Asking(
        glossary_of(CALLS),
        "Africa/Cairo",
        interactions=[{"started_at": first - timedelta(seconds=1)}, {"started_at": first}],
    )
    rows = asking.rows("calls", every="day", period=Period(datetime(2026, 4, 23), datetime(2026, 4, 25)))
    assert [(row["period_start"], row["calls"]) for row in rows] == [(date(2026, 4, 23), 1), (date(2026, 4, 24), 1)]


def test_a_period_that_cuts_its_buckets_says_so() -> None:
    asking = Asking(glossary_of(CALLS), interactions=[{"started_at": datetime(2026, 1, day)} for day in range(1, 31)])
    rows = asking.rows("calls", every="week", period=Period(datetime(2026, 1, 7), datetime(2026, 1, 20)))
    told = [(row["period_start"].day, row["period_end"].day, row["calls"]) for row in rows]
    assert told == [(7, 12, 5), (12, 19, 7), (19, 20, 1)]


def test_without_a_period_the_buckets_are_whole_and_hold_all_data() -> None:
    times = [datetime(2026, 1, 20, 12), datetime(2026, 3, 3, 12)]
    asking = Asking(glossary_of(CALLS), interactions=[{"started_at": time} for time in times])
    rows = asking.rows("calls", every="month")
    assert [(row["period_start"], row["calls"]) for row in rows] == [
        (date(2026, 1, 1), 1), (date(2026, 2, 1), 0), (date(2026, 3, 1), 1),
    ]  # fmt: skip
    (row,) = asking.rows("calls")
    assert (row["period_start"], row["period_end"], row["calls"]) == (date(2026, 1, 20), date(2026, 3, 4), 2)


def test_open_ends_are_those_of_the_data() -> None:
    times = [datetime(2026, 1, day) for day in (1, 10, 20)]
    asking = Asking(glossary_of(CALLS), interactions=[{"started_at": time} for time in times])
    (row,) = asking.rows("calls", period=Period(datetime(2026, 1, 5), None))
    assert (row["period_start"], row["period_end"], row["calls"]) == (date(2026, 1, 5), date(2026, 1, 21), 2)
    (row,) = asking.rows("calls", period=Period(None, datetime(2026, 1, 5)))
    assert (row["period_start"], row["calls"]) == (date(2026, 1, 1), 1)
    (row,) = asking.rows("calls", period=Period(datetime(2027, 1, 1), None))
    assert row["calls"] == 0
    assert asking.rows("calls", every="day", period=Period(datetime(2027, 1, 1), None)) == []


def test_an_empty_store_answers_nothing_and_does_not_fail() -> None:
    asking = Asking(glossary_of(CALLS))
    (row,) = asking.rows("calls")
    assert (row["period_start"], row["calls"]) == (None, 0)
    assert asking.rows("calls", every="month") == []
    rows = asking.rows("calls", every="month", period=Period(datetime(2026, 1, 1), datetime(2026, 3, 1)))
    assert [row["calls"] for row in rows] == [0, 0]
    assert asking.rows("calls", by=("channel",)) == []
    with pytest.raises(DefinitionError):
        asking.rows("calls", by=("chanel",), every="month")


def test_too_many_buckets_is_a_question_that_cannot_be_asked() -> None:
    with pytest.raises(DefinitionError, match="more than"):
        make_buckets("30min", Period(datetime(1000, 1, 1), datetime(2026, 1, 1)), zone_of("UTC"), None)
