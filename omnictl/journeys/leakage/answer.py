"""Web-to-phone leakage of visits of nobody known: how many calls come soon after visits beyond those that come anyway.

What comes anyway is told by the same visits a week earlier and a week later, at the same hour of the same weekday on
the clocks of the workspace: calls cannot follow visits that were not made then. A day is compared with those of the two
that lie in the data and are ordinary days; a day that is none itself is left out. Two weeks away against one is the
placebo: about 0, where nothing else makes weeks differ.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from omnictl.build.feeds import Feed, read_feeds
from omnictl.calendars import HOLIDAYS, default_of, holidays_of
from omnictl.compiler.ask import plan_for
from omnictl.compiler.question import Period, Question
from omnictl.errors import EngineError, OmnictlError, did_you_mean
from omnictl.journeys.leakage.calls_nearby import WHOLE, Nearby
from omnictl.localtime import DAY_S, day_number, literal, stretches_of
from omnictl.relations.families import PHONE_CHANNELS
from omnictl.statistics import Excess, drift, excess
from omnictl.zone import FIRST, LAST, zone_of

if TYPE_CHECKING:
    import duckdb

    from omnictl.referential import Intent
    from omnictl.workspace import Workspace

WEEK, FORTNIGHT = (-7, 7), (-14, 14)  # days: what visits are compared with, and the placebo
SHIFTS = (*WEEK, *FORTNIGHT)
MATCH = ("intent", "area", "line_type")
STEPS = {"article": "article", "page": "page"}
COLUMNS = ("intent", "channel", "solution", "device", "entry_point", "business_line")
WHOSE = {"anonymous": "d.person_id is null", "known": "d.person_id is not null", "all": "true"}
FEW = 20  # calls, of the cell and what it is compared with: fewer tell no interval
UNCOMPARED, UNLIKE = -1, -2  # groups of visits that are not counted
HIDDEN, TOO_FEW, NO_BASELINE = "hidden", "too_few", "no_baseline"
DAY = timedelta(days=1)
BINS, MOST_BINS = (300, 900, 1800, 3600, 10_800), 3_000_000

FILLED = """
select count(case when kind = 'visit' then {name} end) > 0 and count(case when {phone} then {name} end) > 0
from interactions
"""


@dataclass(frozen=True)
class Sought:
    """The question.

    Attributes:
        by: a key of `STEPS`, one of `COLUMNS`, or None.
        within: how soon a call comes.
        whose: a key of `WHOSE`: which visits.
        match: what a call and its visit have in common; None: what both say, of the intent.
        without: local days left out besides: incidents.
    """

    by: str | None
    within: timedelta
    whose: str = "anonymous"
    match: tuple[str, ...] | None = None
    without: frozenset[date] = frozenset()


@dataclass(frozen=True)
class Leak:
    """One cell: visits that are compared, calls after them and after the shifted ones (the mean of the shifts), the
    excess, as calls and per visit, the placebo per visit; `covered`: the share of like calls that shifted visits meet
    anyway. What cannot be told is None, and `state` says why."""

    whole: bool
    cell: str | None
    visits: int
    people: int
    calls: int = 0
    expected: float = 0.0
    leaked: float | None = None
    rate: Excess | None = None
    placebo: Excess | None = None
    covered: float | None = None
    state: str | None = None


@dataclass(frozen=True)
class Leakage:
    """The answer: cells by calls leaked, the most first; the whole.

    Attributes:
        unlike: visits left out since they lack what calls are matched by.
        uncompared: visits left out since their day, or each it could be compared with, is none in the data or special.
        dropped: days of the visits that have only one of the two weeks beside them.
        holidays: whose days are left out; '' for nobody's.
    """

    sought: Sought
    cells: tuple[Leak, ...]
    whole: Leak
    match: tuple[str, ...]
    unlike: int
    uncompared: int
    days: int
    dropped: int
    holidays: str
    since: datetime
    until: datetime


def leakage(workspace: Workspace, sought: Sought, question: Question, con: duckdb.DuckDBPyConnection) -> Leakage:
    """Estimate the leakage, by cell and in all.

    Args:
        question: its period (of the ends of visits) and condition are taken.

    Raises:
        OmnictlError: there are no calls, no such visits, or a name stands for nothing.
        DefinitionError: a condition that cannot be asked for.
    """
    import duckdb

    step, column = _cells(sought.by)
    since, until = _calls_known(con)
    zone = zone_of(workspace.timezone)
    special, holidays = _special(workspace, zone.to_local(since).date(), zone.to_local(until).date())
    days = _Days(workspace.timezone, since, until, sought.within, special | sought.without)
    match = _match(sought.match, con)
    nearby = Nearby(
        within=int(sought.within.total_seconds()),
        match=match,
        families=_families(workspace.referential.intents),
        step=step,
        column=column,
        shifts=SHIFTS,
        days=[(day_number(day), _group(shifts)) for day, shifts in days.groups.items()] or [(0, 0)],
        first=day_number(days.first) - 15,
        last=day_number(days.last) + 16,
        stretches=stretches_of(workspace.timezone, days.first - 16 * DAY, days.last + 16 * DAY),
        visits=" and ".join([WHOSE[sought.whose], *_within(question.period, workspace.timezone)]),
        asked=_asked(workspace, question, con),
    )
    try:
        found = con.execute(_binned(nearby, con).sql()).fetchall()
    except duckdb.Error as error:
        raise EngineError(f"the leakage cannot be estimated: {error}") from error
    cells = list(_leaks(found))
    whole = next((each for each in cells if each.whole), None)
    if whole is None:
        hint = (
            "--visits all takes those of known people too; for them `omnictl journey after web --then phone` is exact"
        )
        raise OmnictlError("there are no such visits", hint=hint if sought.whose == "anonymous" else "")
    rest = {row[2]: row[3] for row in found if row[0] == WHOLE}
    own = _floored([each for each in cells if not each.whole], workspace.privacy.floor)
    whole = _hidden(whole) if 0 < whole.people < workspace.privacy.floor else whole
    return Leakage(
        sought,
        tuple(sorted(own, key=lambda each: (-(each.leaked or 0.0), each.cell is None, each.cell or ""))),
        whole,
        match,
        rest.get(UNLIKE, 0),
        rest.get(UNCOMPARED, 0),
        len(days.groups),
        sum(1 for shifts in days.groups.values() if len(set(shifts) & set(WEEK)) == 1),
        holidays,
        zone.to_local(since),
        zone.to_local(until),
    )


def _binned(nearby: Nearby, con: duckdb.DuckDBPyConnection) -> Nearby:
    """With bins so short that few calls lie in each, and not so short that there are more bins than calls."""
    row = con.execute(nearby.kinds()).fetchone()
    spans = (nearby.last - nearby.first) * max(1, row[0] if row is not None else 1)
    return replace(nearby, bin_s=next((each for each in BINS if spans * DAY_S // each <= MOST_BINS), BINS[-1]))


class _Days:
    """Which local days visits may be of, and by which shifts they are compared.

    A day will do when it lies wholly in the data of the calls, with the window after it, and is none of the special
    days.
    """

    def __init__(
        self, timezone: str, since: datetime, until: datetime, within: timedelta, special: Iterable[date]
    ) -> None:
        zone, known = zone_of(timezone), frozenset(special)
        self.first = zone.to_local(since).date()
        self.last = zone.to_local(until).date()
        fit = set()
        for number in range((self.last - self.first).days + 1):
            day = self.first + number * DAY
            begins, ends = (zone.to_utc(datetime(each.year, each.month, each.day)) for each in (day, day + DAY))
            if day not in known and begins >= since and ends + within <= until:
                fit.add(day)
        told = {day: tuple(shift for shift in SHIFTS if day + shift * DAY in fit) for day in sorted(fit)}
        self.groups = {day: shifts for day, shifts in told.items() if set(shifts) & set(WEEK)}


def _group(shifts: Sequence[int]) -> int:
    return sum(1 << place for place, shift in enumerate(SHIFTS) if shift in shifts)


def _shifts(group: int) -> list[int]:
    return [shift for place, shift in enumerate(SHIFTS) if group >> place & 1]


def _leaks(found: Sequence[tuple[Any, ...]]) -> Iterator[Leak]:
    by_cell: dict[tuple[int, str | None], list[tuple[Any, ...]]] = defaultdict(list)
    for level, cell, *rest in found:
        by_cell[level, cell].append(tuple(rest))
    for (level, cell), rows in by_cell.items():
        if level != WHOLE and all(row[0] == UNLIKE for row in rows):
            continue
        compared = [row for row in rows if row[0] > 0]
        visits, people = (sum(row[place] for row in compared) for place in (1, 2))
        counts = {row[0]: dict(zip((0, *SHIFTS), row[4:], strict=True)) for row in compared}
        base = Leak(level == WHOLE, cell, visits, people)
        yield _leak(base, counts, rows[0][3] or 0) if compared else replace(base, state=NO_BASELINE)


def _leak(base: Leak, counts: Mapping[int, Mapping[int, int]], alike: int) -> Leak:
    told, placebo = [], []
    for group, calls in counts.items():
        shifts = _shifts(group)
        near = [calls[shift] for shift in shifts if shift in WEEK]
        far = [calls[shift] for shift in shifts if shift in FORTNIGHT]
        told.append((calls[0], near))
        if far:
            placebo.append((far, near))
    beyond = excess(told)
    observed = sum(each for each, _ in told)
    expected = observed - beyond.value
    enough = observed + sum(sum(near) for _, near in told) >= FEW
    return replace(
        base,
        calls=observed,
        expected=expected,
        leaked=beyond.value,
        rate=_per(beyond, base.visits) if enough else None,
        placebo=_per(drift(placebo), base.visits) if placebo and enough else None,
        covered=expected / alike if alike else None,
        state=None if enough else TOO_FEW,
    )


def _per(amount: Excess, visits: int) -> Excess:
    return Excess(amount.value / visits, amount.low / visits, amount.high / visits)


def _hidden(leak: Leak) -> Leak:
    return Leak(leak.whole, leak.cell, 0, 0, state=HIDDEN)


def _floored(cells: Sequence[Leak], floor: int) -> list[Leak]:
    """Cells about too few people hidden; and where that is one alone, the smallest other, so that what all add up to
    does not tell it."""
    small = {number for number, each in enumerate(cells) if 0 < each.people < floor}
    if len(small) == 1:
        others = [number for number, each in enumerate(cells) if number not in small and each.people]
        small |= set(sorted(others, key=lambda number: (cells[number].people, cells[number].cell or ""))[:1])
    return [_hidden(each) if number in small else each for number, each in enumerate(cells)]


# what the question stands on


def _cells(by: str | None) -> tuple[str, str]:
    """The type of step, or the column, that cells are made of."""
    if by is None:
        return "", ""
    if by in STEPS:
        return STEPS[by], ""
    if by in COLUMNS:
        return "", by
    raise OmnictlError(f"leakage is not cut by `{by}`", hint=did_you_mean(by, (*STEPS, *COLUMNS)))


def _calls_known(con: duckdb.DuckDBPyConnection) -> tuple[datetime, datetime]:
    """From when to when the calls are complete."""

    def calls(feed: Feed) -> bool:
        return feed.kind == "contact" and feed.direction == "inbound" and feed.channel in PHONE_CHANNELS

    feeds = read_feeds(con, ())
    own = [feed for feed in feeds.feeds if not feed.excluded and calls(feed)]
    if not own:
        raise OmnictlError("there are no calls", hint="channel: phone or ivr, in the columns of a source")
    span = feeds.span(calls)
    since = span.since or min(feed.lowest for feed in own)
    until = span.until or max(feed.highest for feed in own)
    return max(since, FIRST + 400 * DAY), min(until, LAST - 400 * DAY)


def _special(workspace: Workspace, first: date, last: date) -> tuple[frozenset[date], str]:
    """The days whose hours are not those of their weekday, by the calendar of the workspace, else by its country."""
    calendars = workspace.referential.calendars
    name = default_of(calendars)
    if name is not None:
        return frozenset(calendars[name].special(first, last)), f"calendar {name}"
    if workspace.country not in HOLIDAYS:
        return frozenset(), ""
    years = range(first.year, last.year + 1)
    return frozenset(day for year in years for day in holidays_of(workspace.country, year)), workspace.country


def _match(asked: tuple[str, ...] | None, con: duckdb.DuckDBPyConnection) -> tuple[str, ...]:
    """What calls and visits have in common: what is asked, else the intent where both have one.

    Raises:
        OmnictlError: an unknown name, or one that calls or visits do not have.
    """
    for name in asked or ():
        if name not in MATCH:
            raise OmnictlError(f"calls and visits are not matched by `{name}`", hint=did_you_mean(name, MATCH))
    phone = "channel in ('" + "', '".join(PHONE_CHANNELS) + "')"
    found = []
    for name in MATCH[:1] if asked is None else asked:
        row = con.execute(FILLED.format(name=name, phone=phone)).fetchone()
        if row is not None and row[0]:
            found.append(name)
        elif asked is not None:
            raise OmnictlError(f"calls and visits do not both have `{name}`", hint="--match none takes any call")
    return tuple(found)


def _families(intents: Mapping[str, Intent]) -> dict[str, str]:
    """By intent that has one above it, the one at the top."""
    found = {}
    for name, intent in intents.items():
        top, above = name, intent.parent
        for _ in intents:
            if above is None or above not in intents:
                break
            top, above = above, intents[above].parent
        if top != name:
            found[name] = top
    return found


def _within(period: Period, timezone: str) -> Iterator[str]:
    """SQL: the period, of the ends of visits."""
    zone = zone_of(timezone)
    if period.start is not None:
        yield f"i.end_at >= {literal(zone.to_utc(period.start))}"
    if period.end is not None:
        yield f"i.end_at < {literal(zone.to_utc(period.end))}"


def _asked(workspace: Workspace, question: Question, con: duckdb.DuckDBPyConnection) -> str:
    """SQL of the visits that meet the asker's condition: the KPI `visits` cut by visit; '' without a condition."""
    if not question.where:
        return ""
    asked = Question(("visits",), ("source", "interaction_id"), where=question.where, now=question.now)
    plan = plan_for(workspace, asked, con)
    if not plan.sql:
        return "select '' as source, '' as interaction_id where false"
    return (
        "  select told.cut_1 as source, told.cut_2 as interaction_id from (\n"
        + plan.sql
        + "\n  ) as told where told.level = 0 and told.k1_value > 0"
    )
