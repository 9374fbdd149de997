"""The retrieval grid: the deliveries that `retrieval` promises, and those that came.

A delivery is missing where a whole span between the first and the last data of a source has none. A span is `every`,
or a local day where it comes more often; days on which nobody works are not expected: those on which every calendar of
the referential is closed, and the days of the week on which the source has never had data though three of them passed.
A delivery is late where `every` and `lateness` passed since the one before. Times of delivery are those of the files.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from omnictl.calendars import Calendar
from omnictl.engines.connection import named, quoted
from omnictl.ingest.schema import stored
from omnictl.relations import RELATIONS
from omnictl.relations.column import TIME
from omnictl.sources import Retrieval
from omnictl.tracking.checks.finding import DataFinding
from omnictl.tracking.checks.ground import Ground
from omnictl.tracking.checks.held import HeldFile
from omnictl.tracking.checks.words import SLOTS
from omnictl.zone import zone_of

if TYPE_CHECKING:
    from omnictl.workspace import Workspace
    from omnictl.zone import Zone

DAY = timedelta(days=1)
BLOCK_S = 900  # rows are counted by quarters of an hour: every zone's days begin with one
UTC = zone_of("UTC")
SHOWN = 3  # days that a message names
ENOUGH = 3  # of one day of the week without data: nobody works on it


@dataclass(frozen=True)
class Delivered:
    """What came of one source. Counts are None where `retrieval` does not say how often it comes.

    Attributes:
        expected, received, missing: spans of time; received: with data.
        late: deliveries that came later than promised, the one awaited now among them.
        deliveries: times at which files came; empty: files without a record.
        days: the first days of the missing spans.
        lately: the last late delivery that came; None where none did.
    """

    source: str
    retrieval: Retrieval
    state: str
    expected: int | None = None
    received: int | None = None
    late: int | None = None
    empty: int = 0
    files: int = 0
    deliveries: int = 0
    days: tuple[date, ...] = ()
    lately: datetime | None = None
    last_received: datetime | None = None
    empty_file: str = ""

    @property
    def missing(self) -> int | None:
        return None if self.expected is None else len(self.days)

    @property
    def by_day(self) -> bool:
        return self.retrieval.every is not None and self.retrieval.every <= DAY


def grid_of(ground: Ground) -> list[Delivered]:
    """What came of each source that is looked at, in the order of omnictl.yml."""
    days = _days_with_data(ground)
    return [_delivered(ground, source, days.get(source, frozenset())) for source in ground.sources]


def of_deliveries(ground: Ground, grid: Collection[Delivered]) -> Iterator[DataFinding]:
    """What did not come as promised."""
    for each in grid:
        about = ground.about(each.source)
        if each.missing:
            shown = ", ".join(day.isoformat() for day in each.days[:SHOWN])
            more = " …" if len(each.days) > SHOWN else ""
            details: dict[str, object] = {"days": shown + more, "slots": SLOTS["days" if each.by_day else "spans"]}
            yield DataFinding(
                "delivery-missing", about, "error", count=each.missing, rows=each.expected, example=shown,
                details=details,
            )  # fmt: skip
        if each.state == "late" and each.last_received is not None:
            moment = f"{each.last_received:%Y-%m-%d %H:%M}"
            details = {"every": each.retrieval.every}
            yield DataFinding("delivery-late", about, "error", "now", count=1, example=moment, details=details)
        past = (each.late or 0) - (each.state == "late")
        if past > 0 and each.lately is not None:
            details = {"allowed": _allowed(each.retrieval)}
            moment = f"{each.lately:%Y-%m-%d}"
            yield DataFinding(
                "delivery-late", about, "warning", "past", count=past, rows=each.deliveries - 1, example=moment,
                details=details,
            )  # fmt: skip
        if each.empty:
            yield DataFinding(
                "delivery-empty", about, "warning", count=each.empty, rows=each.files, example=each.empty_file
            )


def _allowed(retrieval: Retrieval) -> timedelta:
    return (retrieval.every or timedelta(0)) + (retrieval.lateness or timedelta(0))


def _delivered(ground: Ground, source: str, days: Collection[date]) -> Delivered:
    retrieval = ground.plan.sources[source].retrieval
    standing = ground.held.standings.get(source)
    state = standing.state if standing is not None else "never"
    since = ground.since or datetime.min
    files = [file for file in ground.held.files.get(source, []) if file.modified >= since]
    bare = [file for file in files if not file.records]
    found = Delivered(
        source,
        retrieval,
        state,
        empty=len(bare),
        files=len(files),
        deliveries=len({file.modified for file in files}),
        last_received=max((file.modified for file in files), default=None),
        empty_file=bare[-1].path if bare else "",
    )
    if retrieval.every is None:
        return found
    closed = _closed(ground.workspace, days)
    late = list(_late(files, retrieval, closed))
    expected, missing = _spans(days, retrieval.every, closed)
    return replace(
        found,
        expected=expected,
        received=expected - len(missing),
        late=len(late) + (state == "late"),
        days=tuple(missing),
        lately=late[-1] if late else None,
    )


# data


def _days_with_data(ground: Ground) -> dict[str, frozenset[date]]:
    """The local days on which each source that promises a rhythm has data, by the times of its own rows."""
    promised = [name for name in ground.sources if ground.plan.sources[name].retrieval.every is not None]
    zone = zone_of(ground.workspace.timezone)
    found: dict[str, set[date]] = {}
    for relation, table, sources in _tables(ground, promised):
        at = named(RELATIONS[relation].at)
        column = RELATIONS[relation].column(RELATIONS[relation].at)
        in_utc = column is not None and column.type == TIME  # days are local as they stand
        listed = ", ".join(quoted(source) for source in sources)
        since = f" and {at} >= timestamp '{ground.since}'" if ground.since is not None else ""
        rows = ground.scan.connection.execute(
            f"""
            select distinct source, epoch({at}::timestamp)::bigint // {BLOCK_S} as block
            from {table} where source in ({listed}) and isfinite({at}){since}
            """
        ).fetchall()
        for source, block in rows:
            found.setdefault(source, set()).add(_day(block, zone if in_utc else UTC))
    return {source: frozenset(days) for source, days in found.items()}


def _tables(ground: Ground, sources: Collection[str]) -> Iterator[tuple[str, str, list[str]]]:
    """Each relation with times, the table where rows of some sources stand as they were read, and these sources."""
    for relation, feeding in ground.held.feeds.items():
        if relation not in RELATIONS or not RELATIONS[relation].at:
            continue
        for held in (False, True):
            there = [name for name in feeding if name in sources and (name in ground.held.waiting) == held]
            if there:
                yield relation, stored(relation, held=held), there


def _day(block: int, zone: Zone) -> date:
    return zone.to_local(datetime(1970, 1, 1) + timedelta(seconds=block * BLOCK_S)).date()


# spans


def _closed(workspace: Workspace, days: Collection[date]) -> frozenset[date]:
    """The days, from the first to the last with data, on which no data are expected."""
    if not days:
        return frozenset()
    first, last = min(days), max(days)
    every = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    passed = Counter(day.weekday() for day in every)
    worked = {day.weekday() for day in days}
    idle = {weekday for weekday, times in passed.items() if times >= ENOUGH and weekday not in worked}
    calendars = list(workspace.referential.calendars.values())
    specials = [calendar.special(first, last) for calendar in calendars]
    shut = (
        day
        for day in every
        if calendars
        and all(not _hours(calendar, special, day) for calendar, special in zip(calendars, specials, strict=True))
    )
    return frozenset([*shut, *(day for day in every if day.weekday() in idle)])


def _hours(calendar: Calendar, special: dict[date, tuple[tuple[int, int], ...]], day: date) -> bool:
    return bool(special.get(day, calendar.week[day.weekday()]))


def _spans(days: Collection[date], every: timedelta, closed: Collection[date]) -> tuple[int, list[date]]:
    """How many spans data are expected in, from the first day with data to the last, and the first days of those that
    have none."""
    if not days:
        return 0, []
    first, last = min(days), max(days)
    length = max(1, every.days)
    expected, missing = 0, []
    for start in range(0, (last - first).days + 1, length):
        span = [first + timedelta(days=start + number) for number in range(length)]
        there = any(day in days for day in span)
        if there or not all(day in closed for day in span):
            expected += 1
            missing += [] if there else [span[0]]
    return expected, missing


def _late(files: Collection[HeldFile], retrieval: Retrieval, closed: Collection[date]) -> Iterator[datetime]:
    """The deliveries that came later than promised after the one before, days on which nobody works left out."""
    moments = sorted({file.modified for file in files})
    for before, after in pairwise(moments):
        idle = sum(before.date() <= day <= after.date() for day in closed)
        if after - before - idle * DAY > _allowed(retrieval):
            yield after
