"""Local times to UTC, against the time zone database as Python reads it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnictl.ingest.zones import to_utc

ZONES = [
    "Europe/Paris",
    "America/New_York",
    "Australia/Lord_Howe",  # half an hour of daylight saving
    "Africa/Casablanca",  # twice a year more, around Ramadan
    "Asia/Kathmandu",
    "Pacific/Apia",  # skipped a whole day
    "America/Sao_Paulo",  # clocks changed at midnight
    "UTC",
]


@pytest.fixture(scope="module")
def con() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("set TimeZone = 'UTC'")
    return connection


def expected(local: datetime, zone: str) -> datetime | None:
    """The first instant at which a clock of the zone shows this time, None when it never does."""
    instant = local.replace(tzinfo=ZoneInfo(zone), fold=0).astimezone(UTC)
    shown = instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    return instant.replace(tzinfo=None) if shown == local else None


def converted(con: duckdb.DuckDBPyConnection, times: list[datetime], zone: str) -> list[datetime | None]:
    sql = f"select {to_utc('t', zone)} from (select epoch_us(unnest($times::timestamp[])) as t)"
    return [row[0] for row in con.execute(sql, {"times": times}).fetchall()]


@pytest.mark.parametrize("zone", ZONES)
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_any_local_time(con: duckdb.DuckDBPyConnection, zone: str, data: st.DataObject) -> None:
    times = data.draw(st.lists(st.datetimes(datetime(1970, 1, 3), datetime(2037, 12, 29)), min_size=1, max_size=40))
    assert converted(con, times, zone) == [expected(time, zone) for time in times]


@pytest.mark.parametrize("zone", ZONES)
def test_every_quarter_hour_around_every_change(con: duckdb.DuckDBPyConnection, zone: str) -> None:
    """Every change of offset of 50 years, from six hours before to six hours after."""
    day = timedelta(days=1)
    days = [datetime(1985, 1, 1, tzinfo=UTC) + n * day for n in range(365 * 50)]
    tz = ZoneInfo(zone)
    changing = [at for at in days if at.astimezone(tz).utcoffset() != (at + day).astimezone(tz).utcoffset()]
    assert (len(changing) > 20) == (zone not in ("UTC", "Asia/Kathmandu"))
    times = [
        at.replace(tzinfo=None) + quarter * timedelta(minutes=15) for at in changing for quarter in range(-96, 4 * 48)
    ]
    assert converted(con, times, zone) == [expected(time, zone) for time in times]


def test_the_night_of_a_clock_change(con: duckdb.DuckDBPyConnection) -> None:
    times = [datetime(2026, 3, 29, 2, 30), datetime(2026, 10, 25, 2, 30), datetime(2026, 10, 25, 3, 0)]
    assert converted(con, times, "Europe/Paris") == [None, datetime(2026, 10, 25, 0, 30), datetime(2026, 10, 25, 2, 0)]


def test_far_past_and_future_are_converted_too(con: duckdb.DuckDBPyConnection) -> None:
    times = [datetime(1950, 6, 1, 12), datetime(2060, 1, 1, 12)]
    assert converted(con, times, "Europe/Paris") == [datetime(1950, 6, 1, 11), datetime(2060, 1, 1, 11)]
