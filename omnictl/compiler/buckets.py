"""The buckets of a question: which half-hours, days or months its period has, and how SQL finds the one of a row.

Times in the store are UTC and buckets are local. Instead of converting each row's time, the few changes of the zone's
offset are written into the expression: a row costs some comparisons. A bucket is known by its number, from 0, and gets
its local labels at the very end. On the day that has 25 hours the hour shown twice is two buckets; the second is
labelled with its offset.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from omnictl.compiler.period import floor, step
from omnictl.compiler.question import Period
from omnictl.errors import DefinitionError, Finding
from omnictl.fiscal import FiscalYear
from omnictl.zone import Zone

MOST_BUCKETS = 200_000
FINE = {"30min": 1800, "hour": 3600}  # seconds
WIDE = {"day": 1, "week": 7}  # days
DAY_S = 86_400

Label = date | datetime


@dataclass(frozen=True)
class Buckets:
    """Consecutive buckets.

    Attributes:
        every: their length; None for one bucket of all.
        edges: in UTC; one more than there are buckets. Empty when no time is asked about.
        labels: the local times of the edges, days where all are midnights.
        base: the start of the first bucket before the period cut it: in UTC, or local for days and weeks.
        offsets: seconds from UTC, from each instant on, in order.
        noon_s: when it is noon in the zone, in seconds after midnight UTC, give or take the summer's hour.
        given: whether the question names the period; else it is that of the data, and no row lies outside.
    """

    every: str | None
    edges: tuple[datetime, ...]
    labels: tuple[Label | None, ...]
    base: datetime | None = None
    offsets: tuple[tuple[datetime, int], ...] = ()
    given: bool = True
    noon_s: int = DAY_S // 2

    @property
    def count(self) -> int:
        return len(self.labels) - 1

    @property
    def bounded(self) -> bool:
        """Whether rows outside the edges are out."""
        return bool(self.edges)

    def within(self, at: str) -> str:
        """SQL: whether a time lies in the period."""
        return f"{at} >= {literal(self.edges[0])} and {at} < {literal(self.edges[-1])}"

    def number(self, at: str, *, checked: bool, nullable: bool) -> str:
        """SQL: the number of the bucket a time lies in, NULL outside.

        Args:
            checked: whether rows outside have been left out already.
            nullable: whether the time may be NULL.
        """
        if not self.bounded:
            return "0"
        found = self._number(at)
        if checked:
            return found
        if self.given:
            return f"case when {self.within(at)} then {found} end"
        # no row lies outside the data; asking for NULL costs less than comparing with it
        return f"case when {at} is not null then {found} end" if nullable else found

    def _number(self, at: str) -> str:
        if self.count == 1 or self.base is None:
            return "0" if self.count == 1 else _tree(at, self.edges, 0, self.count)
        passed = f"date_diff('second', {literal(self.base)}, {at})"
        if self.every in FINE:
            return f"{passed} // {FINE[self.every]}"
        days = WIDE[self.every or "day"]
        return f"({passed} + {self._offset(at)}) // {DAY_S * days}"

    def _offset(self, at: str) -> str:
        """SQL: seconds of the zone's offset at a time."""
        *changes, (_, last) = zip(
            [since for since, _ in self.offsets[1:]] + [None], [s for _, s in self.offsets], strict=True
        )
        branches = " ".join(f"when {at} < {literal(until)} then {seconds}" for until, seconds in changes if until)
        return f"case {branches} else {last} end" if branches else str(last)

    def first_after(self, instant: datetime) -> int:
        """The number of the first bucket that ends after an instant; the count when there is none."""
        return bisect_right(self.edges, instant, lo=1) - 1


def make_buckets(
    every: str | None,
    period: Period,
    zone: Zone,
    data: tuple[datetime, datetime] | None,
    fiscal: FiscalYear | None = None,
) -> Buckets | None:
    """The buckets of a question; None when it asks for some and the period has none, for want of data.

    Args:
        data: the first and the last instant of the data, in UTC; the period's open ends are taken from it, widened to
            whole buckets (days when there are none).
        fiscal: when years and quarters begin; None: with the calendar's.

    Raises:
        DefinitionError: too many buckets, or a period that does not exist.
    """
    start, end = period.start, period.end
    if data is not None:
        start = start if start is not None else floor(zone.to_local(data[0]), every or "day", fiscal)
        end = end if end is not None else _ceiling(zone.to_local(data[1]), every or "day", fiscal)
    if every is None:
        if period.start is None and period.end is None:
            return Buckets(None, (), _days((start, end)))
        return _one(zone, start, end)
    if start is None or end is None or start >= end:
        return None
    made = _fine(every, zone, start, end) if every in FINE else _coarse(every, zone, start, end, fiscal)
    return replace(made, given=period.start is not None or period.end is not None, noon_s=_noon(zone, made.edges[0]))


def _one(zone: Zone, start: datetime | None, end: datetime | None) -> Buckets:
    """One bucket; an end that nothing gives lies beyond every row."""
    if start is not None and end is not None and start >= end:  # all data lies on the other side
        end = start
    first = start if start is not None else datetime.min.replace(year=2)
    last = end if end is not None else datetime.max.replace(year=9998, microsecond=0)
    edges = (zone.to_utc(first), zone.to_utc(last))
    return Buckets(None, edges, _days((start, end)), noon_s=_noon(zone, edges[0]))


def _noon(zone: Zone, near: datetime) -> int:
    return DAY_S // 2 - int(zone.offset(near).total_seconds())


def _fine(every: str, zone: Zone, start: datetime, end: datetime) -> Buckets:
    width = timedelta(seconds=FINE[every])
    first, last = zone.to_utc(start), zone.to_utc(end)
    base = zone.to_utc(floor(start, every))
    if base > first or first - base >= width:  # the clock skipped or repeated the start of this one
        base = first
    if (last - base) / width > MOST_BUCKETS:
        raise _too_many(every)
    edges = [first]
    edge = base + width
    while edge < last:
        edges.append(edge)
        edge += width
    edges.append(last)
    return Buckets(every, tuple(edges), tuple(zone.labels(edges)), base)


def _coarse(every: str, zone: Zone, start: datetime, end: datetime, fiscal: FiscalYear | None) -> Buckets:
    base = floor(start, every, fiscal)
    if (end - base).days > MOST_BUCKETS:
        raise _too_many(every)
    local = [start]
    edge = step(base, every)
    while edge < end:
        local.append(edge)
        edge = step(edge, every)
    local.append(end)
    edges = tuple(map(zone.to_utc, local))
    offsets = tuple((each.since, each.offset_s) for each in zone.stretches(edges[0], edges[-1]))
    return Buckets(every, edges, _days(local), base if every in WIDE else None, offsets)


def _too_many(every: str) -> DefinitionError:
    message = f"the period has more than {MOST_BUCKETS:,} buckets of {every}"
    return DefinitionError(Finding("too-many-buckets", message, hint="ask for a shorter period or a longer bucket"))


def _ceiling(local: datetime, every: str, fiscal: FiscalYear | None) -> datetime:
    return step(floor(local, every, fiscal), every)


def _days(labels: Sequence[datetime | None]) -> tuple[Label | None, ...]:
    """Days when every label is a midnight, else times."""
    if all(label is None or label == floor(label, "day") for label in labels):
        return tuple(None if label is None else label.date() for label in labels)
    return tuple(labels)


def _tree(at: str, edges: Sequence[datetime], low: int, high: int) -> str:
    """A balanced tree of comparisons: the number of the bucket among `low` to `high` - 1."""
    if high - low == 1:
        return str(low)
    middle = (low + high) // 2
    below, above = _tree(at, edges, low, middle), _tree(at, edges, middle, high)
    return f"case when {at} < {literal(edges[middle])} then {below} else {above} end"


def literal(instant: datetime) -> str:
    """An instant as an SQL literal."""
    return f"timestamp '{instant.isoformat(sep=' ')}'"
