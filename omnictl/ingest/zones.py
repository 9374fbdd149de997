"""Local times to UTC, as an SQL expression over a zone's changes of offset.

DuckDB's own `at time zone` takes some ten times as long per row, gives the second of the two instants an ambiguous
local time may mean, and invents one for a local time that does not exist. Here the first is taken and the other is
NULL. The changes stand in a balanced tree of `case` over integers, so that a row costs a handful of comparisons and a
statement little to plan.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

FIRST = datetime(2010, 1, 1, tzinfo=UTC)
LAST = datetime(2038, 1, 1, tzinfo=UTC)  # before and after these, the database is asked row by row
DAY_S = 86_400
SECOND = 1_000_000  # in microseconds


@dataclass(frozen=True)
class Stretch:
    """Local times from `since` (seconds since 1970, as a local clock shows them) on; offset None: they do not exist."""

    since: int
    offset_s: int | None


def to_utc(local: str, zone: str) -> str:
    """The UTC instant of a local time: NULL where the clock skipped it, the first where it showed it twice.

    Args:
        local: the name of a BIGINT column: microseconds since 1970 as a local clock shows them. It stands in the
            expression many times.
        zone: an IANA name.
    """
    before, stretches = _stretches(zone)
    # Offsets are at most 14 hours: a day on either side keeps clear of the ends of what was looked up.
    low, high = (int(FIRST.timestamp()) + DAY_S) * SECOND, (int(LAST.timestamp()) - DAY_S) * SECOND
    offset = _tree(local, stretches, before)
    return f"""case when {local} >= {low} and {local} < {high} then make_timestamp({local} - ({offset}))
        else {_asked(local, zone)} end"""


def _tree(local: str, stretches: tuple[Stretch, ...], before: int | None) -> str:
    """The offset in microseconds, NULL where the time does not exist."""
    if not stretches:
        return "null" if before is None else str(before * SECOND)
    middle = len(stretches) // 2
    pivot = stretches[middle]
    later = _tree(local, stretches[middle + 1 :], pivot.offset_s)
    earlier = _tree(local, stretches[:middle], before)
    return f"case when {local} >= {pivot.since * SECOND} then {later} else {earlier} end"


def _asked(local: str, zone: str) -> str:
    """The same by the database's own conversion, which gives the last instant: an earlier one is tried first."""
    time = f"make_timestamp({local})"
    last = f"({time} at time zone '{zone}' at time zone 'UTC')"
    tried = [f"({last} - interval '{minutes}' minute)" for minutes in (120, 60, 30)] + [last]
    cases = (f"when {one} at time zone 'UTC' at time zone '{zone}' = {time} then {one}" for one in tried)
    return f"case when {local} is not null then case {' '.join(cases)} end end"


@functools.lru_cache(maxsize=32)
def _stretches(zone: str) -> tuple[int, tuple[Stretch, ...]]:
    """The offset in force at `FIRST`, and what local clocks show from each change on, in order."""
    offset_at = _offset_at(zone)
    stretches: list[Stretch] = []
    moment, end = int(FIRST.timestamp()), int(LAST.timestamp())
    first = offset = offset_at(moment)
    while moment < end:
        after = moment + DAY_S
        if offset_at(after) != offset:
            change = _first_with_another(offset_at, moment, after)
            fresh = offset_at(change)
            if fresh > offset:  # the clock jumps over these local times
                stretches.append(Stretch(change + offset, None))
                stretches.append(Stretch(change + fresh, fresh))
            else:  # it shows some twice; until they are over for the first time, the old offset holds
                stretches.append(Stretch(change + offset, fresh))
            offset, moment = fresh, change
            continue
        moment = after
    return first, tuple(stretches)


def _offset_at(zone: str) -> Callable[[int], int]:
    tz = ZoneInfo(zone)

    def offset_at(moment: int) -> int:
        offset = datetime.fromtimestamp(moment, tz).utcoffset()
        return int(offset.total_seconds()) if offset is not None else 0

    return offset_at


def _first_with_another(offset_at: Callable[[int], int], low: int, high: int) -> int:
    """The first second after `low` whose offset differs from that of `low`."""
    offset = offset_at(low)
    while high - low > 1:
        middle = (low + high) // 2
        if offset_at(middle) == offset:
            low = middle
        else:
            high = middle
    return high
