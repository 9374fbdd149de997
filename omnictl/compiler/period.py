"""Periods as people write them, in local time: `last-week`, `2026-W47`, `2026-11`, `2026-11-20 08:30`."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from omnictl.compiler.question import Period
from omnictl.errors import DefinitionError, Finding, did_you_mean
from omnictl.fiscal import FiscalYear, is_fiscal

FORMS = "yesterday, last-week, last-7-days, 2026, 2026-Q3, 2026-11, 2026-W47, 2026-11-20 …"
FISCAL_FORMS = "FY2026, FY2026-Q1, this-fiscal-year, last-fiscal-quarter"

_ABSOLUTE: tuple[tuple[str, str, str], ...] = (
    (r"(\d{4})", "%Y", "year"),
    (r"\d{4}-\d{2}", "%Y-%m", "month"),
    (r"\d{4}-\d{2}-\d{2}", "%Y-%m-%d", "day"),
)
_QUARTER = re.compile(r"(\d{4})-Q([1-4])\Z", re.I)
_WEEK = re.compile(r"(\d{4})-W(\d{2})\Z", re.I)
_LAST = re.compile(r"last-(\d{1,4})-(hours|days|weeks|months|quarters|years)\Z")
_MOMENTS = ("%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S")


def now_in(timezone: str) -> datetime:
    """The present moment as clocks of a zone show it."""
    return datetime.now(ZoneInfo(timezone)).replace(tzinfo=None)


def period_of(
    period: str | None, start: str | None, end: str | None, now: datetime, fiscal: FiscalYear | None = None
) -> Period:
    """The period that is asked for, by name or by its ends; neither is that of the data.

    Args:
        now: the present moment in local time, which relative periods count from.
        fiscal: what `FY2026` and `this-fiscal-year` mean.

    Raises:
        DefinitionError: a text that is no period or no time, both ways at once, or an end before the start.
    """
    if period is not None and (start is not None or end is not None):
        raise DefinitionError(
            Finding("two-periods", "say either the period or its ends", hint="--period, or --from and --to")
        )
    if period is not None:
        return _named(period.strip(), now, fiscal)
    found = Period(moment(start), moment(end))
    if found.start is not None and found.end is not None and found.start >= found.end:
        message = f"the period ends at {end}, before it begins at {start}"
        if found.end == found.start:
            message = f"the period begins and ends at {end}"
        raise DefinitionError(Finding("empty-period", message, hint="the end is not included"))
    return found


def moment(text: str | None) -> datetime | None:
    """A local day or time: `2026-11-20`, `2026-11-20 08:30`.

    Raises:
        DefinitionError: the text is none.
    """
    if text is None:
        return None
    for form in _MOMENTS:
        try:
            return datetime.strptime(text.strip().replace("T", " "), form)
        except ValueError:
            continue
    raise DefinitionError(Finding("unknown-period", f"`{text}` is no time", hint="2026-11-20, or 2026-11-20 08:30"))


def floor(time: datetime, every: str, fiscal: FiscalYear | None = None) -> datetime:
    """The start of the half-hour, hour, day, week (Monday), month, quarter or year that a time lies in; quarters and
    years are the fiscal ones where there are such."""
    if fiscal is not None and every in ("quarter", "year"):
        return fiscal.floor(time, every)
    if every == "30min":
        return time.replace(minute=time.minute // 30 * 30, second=0, microsecond=0)
    if every == "hour":
        return time.replace(minute=0, second=0, microsecond=0)
    day = time.replace(hour=0, minute=0, second=0, microsecond=0)
    if every == "week":
        return day - timedelta(days=day.weekday())
    if every == "month":
        return day.replace(day=1)
    if every == "quarter":
        return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
    return day.replace(month=1, day=1) if every == "year" else day


def step(time: datetime, every: str, count: int = 1) -> datetime:
    """So many half-hours … years after the start of one, by calendar."""
    if every in ("month", "quarter", "year"):
        months = time.year * 12 + time.month - 1 + count * {"month": 1, "quarter": 3, "year": 12}[every]
        return time.replace(year=months // 12, month=months % 12 + 1)
    width = {"30min": timedelta(minutes=30), "hour": timedelta(hours=1), "day": timedelta(days=1)}
    return time + count * width.get(every, timedelta(days=7))


def _named(text: str, now: datetime, fiscal: FiscalYear | None) -> Period:
    if is_fiscal(text):
        return _fiscal(text, now, fiscal)
    found = _relative(text.casefold(), now) or _absolute(text)
    if found is None:
        hint = did_you_mean(text, RELATIVE) if text[:1].isalpha() else FORMS
        hint = FISCAL_FORMS if text[:2].casefold() == "fy" else hint
        raise DefinitionError(Finding("unknown-period", f"`{text}` is no period", hint=hint))
    return found


def _fiscal(text: str, now: datetime, fiscal: FiscalYear | None) -> Period:
    found = fiscal.period(text, now) if fiscal is not None else None
    if found is None:
        hint = "omnictl.yml says when it begins: `fiscal_year: {starts: 04-01}`" if fiscal is None else FORMS
        why = "no fiscal year is set" if fiscal is None else "it is not on the calendar"
        raise DefinitionError(Finding("unknown-period", f"`{text}` is no period: {why}", hint=hint))
    return Period(*found)


def _relative(text: str, now: datetime) -> Period | None:
    if text in RELATIVE:
        return RELATIVE[text](now)
    found = _LAST.match(text)
    if found is None or int(found[1]) == 0:
        return None
    every = found[2].removesuffix("s")
    end = floor(now, every)
    return Period(step(end, every, -int(found[1])), end)


def _absolute(text: str) -> Period | None:
    """A year, quarter, month, week or day; None when it is none, or not on the calendar."""
    try:
        if found := _QUARTER.match(text):
            return _whole(datetime(int(found[1]), int(found[2]) * 3 - 2, 1), "quarter")
        if found := _WEEK.match(text):
            return _whole(datetime.fromisocalendar(int(found[1]), int(found[2]), 1), "week")
        for pattern, form, every in _ABSOLUTE:
            if re.fullmatch(pattern, text):
                return _whole(datetime.strptime(text, form), every)
    except (ValueError, OverflowError):
        return None
    return None


def _whole(start: datetime, every: str) -> Period:
    return Period(start, step(start, every))


def _this(every: str) -> Callable[[datetime], Period]:
    return lambda now: _whole(floor(now, every), every)


def _before(every: str) -> Callable[[datetime], Period]:
    return lambda now: Period(step(floor(now, every), every, -1), floor(now, every))


RELATIVE: dict[str, Callable[[datetime], Period]] = {
    "today": _this("day"),
    "yesterday": _before("day"),
    **{f"this-{every}": _this(every) for every in ("hour", "week", "month", "quarter", "year")},
    **{f"last-{every}": _before(every) for every in ("hour", "week", "month", "quarter", "year")},
}
