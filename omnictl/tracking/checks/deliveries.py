"""The retrieval grid: the deliveries that `retrieval` promises, and those that came.

A delivery is missing where a whole span that is expected to have data has none: see `rhythm`. It is late where it came
more than `every` and `lateness` after the one before and its newest row was older than that by then: the rule by which
a source is complete. Times of delivery are those of the files.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import pairwise

from omnictl.engines.connection import named, quoted
from omnictl.ingest.schema import stored
from omnictl.relations import RELATIONS
from omnictl.relations.column import TIME
from omnictl.sources import Retrieval
from omnictl.tracking.checks.finding import DataFinding
from omnictl.tracking.checks.ground import Ground
from omnictl.tracking.checks.held import HeldFile
from omnictl.tracking.checks.words import SLOTS
from omnictl.tracking.rhythm import BEGIN, DAY, STATED, Days, expected_spans, so_far, telling, unexpected_days
from omnictl.zone import zone_of

EPOCH = date(1970, 1, 1)
DAY_S = 86_400
SHOWN = 3  # days that a message names


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
    days = _rows_by_day(ground)
    return [_delivered(ground, source, _so_far(ground, days.get(source, {}), source)) for source in ground.sources]


def _so_far(ground: Ground, rows: Days, source: str) -> Days:
    last = max((file.modified for file in ground.held.files.get(source, [])), default=None)
    return so_far(rows, last, zone_of(ground.workspace.timezone), ground.drift)


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


def _delivered(ground: Ground, source: str, rows: Days) -> Delivered:
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
    unexpected = unexpected_days(ground.workspace, rows, ground.now.date(), len(files))
    late = _late(ground, source, files, unexpected)
    expected, missing = expected_spans(rows, retrieval.every, unexpected, len(files))
    return replace(
        found,
        expected=expected,
        received=expected - len(missing),
        late=len(late) + (state == "late"),
        days=tuple(missing),
        lately=late[-1] if late else None,
    )


# data


def _rows_by_day(ground: Ground) -> dict[str, Days]:
    """How many rows each source that promises a rhythm has of each local day, by the times of its own rows."""
    promised = [name for name in ground.sources if ground.plan.sources[name].retrieval.every is not None]
    found: dict[str, dict[date, int]] = {}
    for relation, table, sources in _tables(ground, promised):
        at = named(RELATIONS[relation].at)
        since = f" and {at} >= timestamp '{ground.since}'" if ground.since is not None else ""
        rows = ground.scan.connection.execute(
            f"""
            select source, {_day_of(ground, relation)} as day, count(*)
            from {table} where {_of(sources)} and isfinite({at}){since}{_meant(ground, relation)} group by all
            """
        ).fetchall()
        for source, number, count in rows:
            days, day = found.setdefault(source, {}), EPOCH + timedelta(days=number)
            days[day] = days.get(day, 0) + telling(relation, count)
    return dict(found)


def _meant(ground: Ground, relation: str) -> str:
    """That a clock was set: a row of 1970 or of next year was not recorded then, and days without rows before or after
    it lack nothing. What is stated beforehand may be about next year."""
    if relation in STATED:
        return ""
    at = named(RELATIONS[relation].at)
    return f" and {at} between timestamp '{BEGIN}' and timestamp '{ground.now + DAY}'"


def _day_of(ground: Ground, relation: str) -> str:
    """The local day of a row, in days since 1970: the few changes of the zone's offset stand in the expression."""
    at = RELATIONS[relation].at
    column = RELATIONS[relation].column(at)
    if column is None or column.type != TIME:  # days are local as they stand
        return f"{named(at)} - date '1970-01-01'"
    first = min((low for (_, name), low in ground.held.oldest.items() if name == relation), default=ground.now)
    begin = min(max(first, BEGIN), ground.now)
    stretches = zone_of(ground.workspace.timezone).stretches(begin - DAY, ground.now + DAY)
    cases = " ".join(
        f"when {named(at)} >= timestamp '{each.since}' then {each.offset_s}" for each in reversed(stretches[1:])
    )
    offset = f"case {cases} else {stretches[0].offset_s} end" if cases else str(stretches[0].offset_s)
    return f"((epoch_us({named(at)}) // 1000000 + {offset}) // {DAY_S})::integer"


def _newest(ground: Ground, source: str) -> dict[str, datetime]:
    """The latest time of the rows of each file of a source."""
    found: dict[str, datetime] = {}
    for relation, table, sources in _tables(ground, [source]):
        at = named(RELATIONS[relation].at)
        rows = ground.scan.connection.execute(
            f"""
            select files.path, max(t.{at})::timestamp from {table} t join files on files.file_id = t._file
            where t.{_of(sources)} and isfinite(t.{at}) and t.{at} <= files.modified group by all
            """
        ).fetchall()
        for path, newest in rows:
            found[path] = max(newest, found.get(path, newest))
    return found


def _of(sources: Collection[str]) -> str:
    return f"source in ({', '.join(quoted(source) for source in sources)})"


def _tables(ground: Ground, sources: Collection[str]) -> Iterator[tuple[str, str, list[str]]]:
    """Each relation with times, the table where rows of some sources stand as they were read, and these sources."""
    for relation, feeding in ground.held.feeds.items():
        if relation not in RELATIONS or not RELATIONS[relation].at:
            continue
        for held in (False, True):
            there = [name for name in feeding if name in sources and (name in ground.held.waiting) == held]
            if there:
                yield relation, stored(relation, held=held), there


# lateness


def _late(ground: Ground, source: str, files: Collection[HeldFile], unexpected: Collection[date]) -> list[datetime]:
    """The deliveries that came later than promised; days on which no data are expected do not count."""
    allowed = _allowed(ground.plan.sources[source].retrieval)

    def in_time(before: datetime, after: datetime) -> bool:
        idle = sum(before.date() <= day <= after.date() for day in unexpected)
        return after - before - idle * DAY <= allowed

    moments = sorted({file.modified for file in files})
    far = [after for before, after in pairwise(moments) if not in_time(before, after)]
    if not far:
        return []
    newest = _newest(ground, source)
    fresh = {file.modified for file in files if file.path in newest and in_time(newest[file.path], file.modified)}
    return [moment for moment in far if moment not in fresh]
