"""The days on which a source is expected to have data, told by its own habits.

Between the first and the last day with data, some days are not expected to have any:

- days on which every calendar of the referential is closed;
- days of the week, and public holidays of the country, of which fewer than half have data;
- days of which so little comes that none may be chance: fewer than `CHANCE` rows on the usual one; unless there are as
  many files as days with data, for then each delivery is a file of its own, and a day without one is no chance.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import date, datetime, timedelta
from statistics import median
from typing import TYPE_CHECKING

from omnictl.calendars import HOLIDAYS, holidays_of

if TYPE_CHECKING:
    from omnictl.workspace import Workspace
    from omnictl.zone import Zone

Days = Mapping[date, int]  # local day: rows

DAY = timedelta(days=1)
STRAYS = 1_000  # rows to one: so few before the others are no beginning
ENOUGH = 3  # days of the week that passed, before their habits are known
CHANCE = 7  # rows: where so many are usual, a day without any is no chance (0.1 %, were they independent)
BEGIN = datetime(1970, 1, 2)  # no export is older: what says so is a clock that was not set
STATED = ("base", "staffing")  # whose rows are written down at fixed times: one is as telling as many


def telling(relation: str, rows: int) -> int:
    """The rows of a day as far as their number tells anything."""
    return CHANCE if relation in STATED and rows else rows


def so_far(rows: Days, last: datetime | None, zone: Zone, drift: timedelta) -> Days:
    """The days from the first that is no stray up to the last delivery: what lies outside is an error of clocks, and
    promises nothing.

    Args:
        last: when the last delivery came, naive UTC; None: none did.
    """
    if last is None:
        return {}
    until = zone.to_local(last + drift).date()
    found, before, whole = {}, 0, sum(rows.values())
    for day, count in sorted(rows.items()):
        before += count
        if day <= until and before * STRAYS >= whole:
            found[day] = count
    return found


def unexpected_days(workspace: Workspace, rows: Days, until: date, files: int) -> frozenset[date]:
    """The days, from the first with data up to `until`, on which no data are expected; the habits of each kind of day
    are those between the first and the last with data.

    Args:
        files: how many the source has delivered.
    """
    if not rows:
        return frozenset()
    first, last = min(rows), max(rows)
    years = range(first.year, max(last, until).year + 1)
    holidays = frozenset[date]().union(*(holidays_of(_country(workspace), year) for year in years))
    kinds: dict[object, list[date]] = {}
    for day in _days(first, max(last, until)):
        kinds.setdefault("holiday" if day in holidays else day.weekday(), []).append(day)
    seldom = (
        day
        for kind, alike in kinds.items()
        if _seldom(kind, [day for day in alike if day <= last], rows, sure=files >= len(rows))
        for day in alike
    )
    return frozenset([*_shut(workspace, list(_days(first, max(last, until)))), *seldom])


def _days(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=number) for number in range((last - first).days + 1))


def _country(workspace: Workspace) -> str:
    return workspace.country if workspace.country in HOLIDAYS else ""


def _seldom(kind: object, alike: Collection[date], rows: Days, *, sure: bool) -> bool:
    """Whether days of one kind, a day of the week or the holidays, have no data so often that it means nothing."""
    there = [rows[day] for day in alike if day in rows]
    if there and median(there) < CHANCE and not sure:
        return True
    known = len(alike) >= ENOUGH or kind == "holiday"
    return known and 2 * len(there) < len(alike)


def _shut(workspace: Workspace, days: Collection[date]) -> Iterator[date]:
    """The days on which every calendar is closed."""
    calendars = list(workspace.referential.calendars.values())
    specials = [calendar.special(min(days), max(days)) for calendar in calendars]
    for day in days if calendars else ():
        hours = (
            special.get(day, calendar.week[day.weekday()])
            for calendar, special in zip(calendars, specials, strict=True)
        )
        if not any(hours):
            yield day


def expected_spans(rows: Days, every: timedelta, unexpected: Collection[date], files: int) -> tuple[int, list[date]]:
    """How many spans data are expected in, from the first day with data to the last, and the first days of those that
    have none."""
    if not rows:
        return 0, []
    first, last = min(rows), max(rows)
    length = max(1, every.days)
    spans = [
        [first + timedelta(days=start + number) for number in range(length)]
        for start in range(0, (last - first).days + 1, length)
    ]
    counts = [sum(rows.get(day, 0) for day in span) for span in spans]
    telling_enough = median(count for count in counts if count) >= CHANCE or files >= len(rows)
    expected, missing = 0, []
    for span, count in zip(spans, counts, strict=True):
        if count or (telling_enough and not (length == 1 and span[0] in unexpected)):
            expected += 1
            missing += [] if count else [span[0]]
    return expected, missing
