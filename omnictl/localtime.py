"""Local time as SQL: the offset of a zone at a time, and what its clocks and calendar then show.

The changes of the offset are written into the expression as a balanced tree, so that a row costs some comparisons and
no engine needs to know zones. Days are counted from a Monday long ago, seconds from its midnight in UTC.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache

from omnictl.zone import Stretch, Zone, zone_of

ORIGIN = datetime(1900, 1, 1)  # a Monday
DAY_S = 86_400
HALF_HOUR_S = 1800
EARLIEST, LATEST = date(1900, 1, 2), date(2199, 12, 31)


def literal(instant: datetime) -> str:
    """An instant as an SQL literal."""
    return f"timestamp '{instant.isoformat(sep=' ')}'"


def within_reach(at: str) -> str:
    """SQL: a time, or the nearest one that a calendar reaches: a wrong year in the data is not of Python's calendar."""
    return f"greatest(least({at}, {literal(_midnight(LATEST))}), {literal(_midnight(EARLIEST))})"


@lru_cache(maxsize=64)
def stretches_of(zone: str, first: date, last: date) -> tuple[Stretch, ...]:
    """The offsets of a zone from the first to the last day, in order."""
    day = timedelta(days=1)
    return tuple(zone_of(zone).stretches(_midnight(first) - day, _midnight(last) + 2 * day))


def seconds_of(at: str) -> str:
    """SQL: the seconds from the origin to a time."""
    return f"date_diff('second', {literal(ORIGIN)}, {at})"


def seconds_to(instant: datetime) -> int:
    """The seconds from the origin to an instant."""
    return (instant - ORIGIN) // timedelta(seconds=1)


def day_number(day: date) -> int:
    """The days from the origin to a local day."""
    return (day - ORIGIN.date()).days


def offset_at(at: str, stretches: Sequence[Stretch]) -> str:
    """SQL: the seconds of the zone's offset at a time. Before and after, the offset next to it holds."""
    return stepped(at, [(literal(each.since), each.offset_s) for each in stretches])


def stepped(at: str, steps: Sequence[tuple[str, int]]) -> str:
    """SQL: a balanced tree of comparisons, the value of the last step that has begun; before the second, the first."""
    if len(steps) == 1:
        return str(steps[0][1])
    middle = len(steps) // 2
    return (
        f"case when {at} < {steps[middle][0]} then {stepped(at, steps[:middle])} else {stepped(at, steps[middle:])} end"
    )


def shown(at: str, zone: Zone, first: date, last: date) -> str:
    """SQL: what the zone's clocks show at a time, in seconds from the origin's own midnight; NULL where it is."""
    return f"({seconds_of(at)} + {offset_at(at, stretches_of(zone.name, first, last))})"


def local_day(shown_s: str) -> str:
    """SQL: the number of the local day."""
    return f"{shown_s} // {DAY_S}"


def hour(shown_s: str) -> str:
    """SQL: the hour of the day, 0 to 23. The hour that clocks show twice is one."""
    return f"({shown_s} % {DAY_S} // 3600)"


def weekday(shown_s: str) -> str:
    """SQL: the day of the week, 1 Monday to 7 Sunday, as ISO 8601 counts."""
    return f"({shown_s} // {DAY_S} % 7 + 1)"


def half_hour(shown_s: str) -> str:
    """SQL: the half-hour of the day as clocks show its start, `08:30`."""
    number = hour(shown_s)
    minutes = f"case when {shown_s} % 3600 < {HALF_HOUR_S} then ':00' else ':30' end"
    return f"(case when {number} < 10 then '0' else '' end || cast({number} as varchar) || {minutes})"


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day)
