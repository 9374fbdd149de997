"""What a period is compared with, and the figures of both side by side.

A period is compared with as many of the same buckets before it. What is made of months, quarters or years moves by
calendar months, so that a March is compared with a February, or with the March before. What is made of days, weeks or
hours moves by whole weeks, so that a Monday is compared with a Monday: by the fewest that clear the period, or, for
the year before, by 52. Buckets are compared one by one, by calendar and never by row.

The earlier period is a question of its own, with a SELECT of its own. So comparing changes no figure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from omnictl.compiler.buckets import Buckets, Label
from omnictl.compiler.cells import CUT, Cell, Cells
from omnictl.compiler.period import floor
from omnictl.compiler.plan import TARGETS, Plan, PlannedKpi
from omnictl.compiler.question import Period, Question
from omnictl.errors import DefinitionError, Finding
from omnictl.fiscal import FiscalYear, months_after

MONTHS = {"month": 1, "quarter": 3, "year": 12}
WEEK = timedelta(weeks=1)
YEAR_WEEKS = 52
SHARED = ("denominator", "n", "unknown")  # what cuts have in common whose denominator is one
NO_PART = ("value", *TARGETS, "state", "previous", "change", "previous_state")
HIDING = ("not_defined", "not_measured")  # states of a cut that are the same in every period
ALIKE = (*HIDING, "hidden")  # that say more than what lies before the data


@dataclass(frozen=True)
class Shift:
    """How far back: so many months by date, or so many weeks by weekday."""

    months: int = 0
    weeks: int = 0

    def back(self, time: datetime) -> datetime:
        """The time that another is compared with.

        Raises:
            ValueError, OverflowError: it lies before the calendar.
        """
        return months_after(time, -self.months) if self.months else time - self.weeks * WEEK

    @property
    def told(self) -> str:
        if self.months:
            years, months = divmod(self.months, 12)
            return f"{_counted(months, 'month') if months else _counted(years, 'year')} before, by date"
        return f"{_counted(self.weeks, 'week')} before, by weekday"


def shift_of(compare: str, every: str | None, period: Period, fiscal: FiscalYear | None = None) -> Shift:
    """How far back a period is compared with. Both its ends are given."""
    start, end = period.start, period.end
    assert start is not None and end is not None
    width = MONTHS.get(every or ("month" if _whole_months(start, end, fiscal) else ""))
    if compare == "year":
        return Shift(months=12) if width is not None else Shift(weeks=YEAR_WEEKS)
    if width is None:
        return Shift(weeks=-((start - end) // WEEK))
    return Shift(months=_months(start, end, every, fiscal))


def earlier(question: Question) -> tuple[Question, Shift]:
    """The question that a question is compared with: the same one about an earlier period.

    Raises:
        DefinitionError: the period has no end, or there is none before it.
    """
    period = question.period
    if question.compare is None or period.start is None or period.end is None:
        message = "what is compared needs a period with a start and an end"
        raise DefinitionError(Finding("compare-without-period", message, hint="--period 2026-11, or --from and --to"))
    shift = shift_of(question.compare, question.every, period, question.fiscal)
    try:
        before = Period(shift.back(period.start), shift.back(period.end))
    except (ValueError, OverflowError) as error:
        message = "there is nothing on the calendar to compare that period with"
        raise DefinitionError(Finding("unknown-period", message)) from error
    return replace(question, period=before, compare=None, top=None, interval=False), shift


def with_earlier(plan: Plan, before: Plan, shift: Shift, begins: Mapping[str, str]) -> Plan:
    """A plan that is compared with another.

    Args:
        begins: local day of the first row, by address of the KPI.
    """
    start, end = before.period.start, before.period.end
    told = f"previous is {start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M}, not included: {shift.told}".replace(
        " 00:00", ""
    )
    against = {"start": str(start), "end": str(end), "moved": shift.told}
    kpis = tuple(
        replace(
            kpi,
            begins=begins.get(kpi.name, ""),
            details=kpi.details | {"compared_with": against},
            definition=f"{kpi.definition}; {told}",
        )
        for kpi in plan.kpis
    )
    notes = tuple(note for note in before.notes if note not in plan.notes and "partial" in note)
    words = f"{told}; change is what was added since, for a ratio in points"
    return replace(plan, kpis=kpis, previous=before, notes=(*plan.notes, words, *notes))


def aligned(now: Buckets, before: Buckets, shift: Shift) -> dict[int, int]:
    """The bucket each bucket is compared with. An hour that the clock shows twice on one of the days only has none."""
    if now.count == before.count and now.every not in ("30min", "hour"):
        return {number: number for number in range(now.count)}
    places: dict[tuple[datetime, int], int] = {}
    for number, label in enumerate(before.labels[:-1]):
        places.setdefault(_occurrence(label, 0, places), number)
    found: dict[int, int] = {}
    seen: dict[tuple[datetime, int], int] = {}
    for number, label in enumerate(now.labels[:-1]):
        local, again = _occurrence(label, 0, seen)
        seen[(local, again)] = number
        other = places.get((shift.back(local), again))
        if other is not None:
            found[number] = other
    return found


def _occurrence(label: Label | None, again: int, known: Mapping[tuple[datetime, int], int]) -> tuple[datetime, int]:
    """A label as local time, and how many times the clock has shown it before."""
    assert label is not None
    local = _local(label)
    return (local, again) if (local, again) not in known else _occurrence(label, again + 1, known)


class Comparing:
    """The cells of two periods side by side."""

    def __init__(self, plan: Plan, now: Buckets, before: Buckets, earlier_cells: Cells) -> None:
        assert plan.previous is not None
        self.plan, self.now, self.before = plan, now, before
        self.earlier = earlier_cells
        shift = _shift_between(plan)
        self.pairs = aligned(now, before, shift)
        self.behind = {other: number for number, other in self.pairs.items()}

    def put_beside(self, cells: Cells) -> list[str]:
        """Give every cell its earlier value and the change; add cells that were seen earlier only. What to say."""
        known = {each.key: each for each in self.earlier}
        shown = {each.key for each in cells}
        for each in list(self.earlier):
            key = (each.level, self._now(each.period), each.cuts)
            if each.level == CUT and key not in shown and (key[1] is not None or each.period is None):
                cells.add(self._unseen(Cell(each.level, key[1], each.cuts, []), cells, each))
        siblings = Siblings(self.earlier)
        unfinished, lacking = dict.fromkeys((kpi.name for kpi in self.plan.kpis), 0), set()
        for cell in cells:
            period = None if cell.period is None else self.pairs.get(cell.period)
            other = known.get((cell.level, period, cell.cuts))
            for number, kpi in enumerate(self.plan.kpis):
                told = cell.kpis[number]
                then = other.kpis[number] if other is not None else siblings.empty(kpi, number, cell, period, told)
                if cell.period is not None and period is None:
                    then = {"value": None, "state": "no_rows"}
                value, state = self._earlier(kpi, then, period)
                told["previous"], told["previous_state"] = value, state
                told["change"] = _change(told["value"], value)
                if told["change"] is not None and told.get("state") == "partial":
                    unfinished[kpi.name] += 1
                if self._lacks(kpi, period) and state not in ALIKE:
                    lacking.add((kpi.name, kpi.begins))
        found = [f"{name}: its data begins on {begins}: what lies before is not known" for name, begins in lacking]
        found += [
            f"{name}: {_counted(count, 'partial figure')} compared with whole ones: end the period where the data does"
            " to compare like with like"
            for name, count in unfinished.items()
            if count
        ]
        return sorted(found)

    def _now(self, period: int | None) -> int | None:
        return None if period is None else self.behind.get(period)

    def _unseen(self, cell: Cell, cells: Cells, other: Cell) -> Cell:
        """The cell of a cut that is seen in the earlier period only."""
        siblings = Siblings(cells)
        for number, kpi in enumerate(self.plan.kpis):
            cell.kpis.append(siblings.empty(kpi, number, cell, cell.period, other.kpis[number]))
        return cell

    def _earlier(self, kpi: PlannedKpi, then: Mapping[str, Any], period: int | None) -> tuple[Any, str | None]:
        """A value of the earlier period and its state; nothing is known of what lies before the data."""
        state: str | None = then.get("state")
        lacking = self._lacks(kpi, period) if state not in ALIKE else ""
        if lacking == "all":
            return None, "no_rows"
        return then["value"], "partial" if lacking else state

    def _lacks(self, kpi: PlannedKpi, period: int | None) -> str:
        """Whether a bucket of the earlier period, or all of it, lies before the data of a KPI: `all` of it, its
        `start`, or '' for none."""
        edges = self.before.labels
        start, end = edges[period or 0], edges[-1] if period is None else edges[period + 1]
        if not kpi.begins or start is None or end is None:
            return ""
        first = datetime.fromisoformat(kpi.begins)
        return "all" if _local(end) <= first else "start" if _local(start) < first else ""


class Siblings:
    """What is known of a cut without a row from the others of its bucket."""

    def __init__(self, cells: Cells) -> None:
        self._by_bucket: dict[tuple[int, int | None], list[Cell]] = {}
        for each in cells:
            self._by_bucket.setdefault((each.level, each.period), []).append(each)
        self._by = cells.by

    def empty(
        self, kpi: PlannedKpi, number: int, cell: Cell, period: int | None, other: Mapping[str, Any]
    ) -> dict[str, Any]:
        """The figures of a KPI for a cut that has no rows in a bucket. `other`: those of the other period."""
        found: dict[str, Any] = dict.fromkeys(other)
        others = self._by_bucket.get((cell.level, period), [])
        if other.get("state") in HIDING:
            return found | {"state": other["state"]}
        alike = [each.kpis[number] for each in others if self._same_channel(each, cell)]
        partial = any(each.get("state") == "partial" for each in alike)
        counted: dict[str, Any] = {name: 0 for name in other if name not in NO_PART and other[name] is not None}
        if kpi.zero:
            return found | counted | {"value": 0, "state": "partial" if partial else None}
        if kpi.split is not None:  # the denominator is that of the cuts beside it
            shared = [
                each.kpis[number] for each in others if all(each.cuts[cut] == cell.cuts[cut] for cut in kpi.split)
            ]
            below = next((each for each in shared if each.get("value") is not None), None)
            if below is not None:
                whole = {name: below[name] for name in SHARED if name in below}
                return found | counted | whole | {"value": 0.0, "state": "partial" if partial else None}
        return found | counted | {"state": "partial" if partial else "no_rows"}

    def _same_channel(self, one: Cell, other: Cell) -> bool:
        if "channel" not in self._by:
            return True
        place = self._by.index("channel")
        return bool(one.cuts[place] == other.cuts[place])


def _shift_between(plan: Plan) -> Shift:
    assert plan.compare is not None
    return shift_of(plan.compare, plan.every, plan.period, plan.fiscal)


def _change(value: Any, before: Any) -> Any:
    if value is None or before is None:
        return None
    if isinstance(value, float) or isinstance(before, float):
        return float(value) - float(before)
    return value - before


def _local(label: Label) -> datetime:
    if isinstance(label, datetime):
        return label.replace(tzinfo=None)
    return datetime.combine(label, datetime.min.time())


def _whole_months(start: datetime, end: datetime, fiscal: FiscalYear | None) -> bool:
    days = {1} | ({fiscal.day} if fiscal is not None else set())
    return start.day == end.day and start.day in days and start.time() == end.time() == datetime.min.time()


def _months(start: datetime, end: datetime, every: str | None, fiscal: FiscalYear | None) -> int:
    """The months of all buckets of a period, whole ones."""
    first, count = start if every is None else floor(start, every, fiscal), 0
    width = MONTHS[every or "month"]
    while first < end:
        first, count = months_after(first, width), count + width
    return count


def _counted(number: int, word: str) -> str:
    return f"{number} {word}{'s' if number > 1 else ''}"
