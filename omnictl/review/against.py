"""What a period is measured against: the same weekdays before it, the period before, or the year before.

Months, quarters and years move by the calendar; anything made of days or hours moves by whole weeks, so that a Monday
is measured against Mondays: for the year, by 52.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from omnictl.compiler.period import floor, step
from omnictl.errors import OmnictlError

WEEK = timedelta(weeks=1)
YEAR_WEEKS = 52
USUAL = 4  # same weekdays
MOST = 52
UNITS = ("hour", "day", "week", "month", "quarter", "year")
MONTHS = ("month", "quarter", "year")
FORMS = "'4 same weekdays', previous or year"

_WEEKDAYS = re.compile(r"(?:([0-9]{1,3})[ -])?same[ -]weekdays?\Z", re.I)


@dataclass(frozen=True)
class Span:
    """A period with both its ends, in local time; `end` is not included."""

    start: datetime
    end: datetime

    @property
    def unit(self) -> str | None:
        """What it is one of, on the calendar; None when it is not one whole unit."""
        for unit in UNITS:
            if floor(self.start, unit) == self.start and step(self.start, unit) == self.end:
                return unit
        return None

    @property
    def told(self) -> str:
        return self.in_words("en")

    def in_words(self, lang: str) -> str:
        """`2026-11-20`, `2026-11-16 to 2026-11-22`; times where the ends are no midnights."""
        if self.unit == "day":
            return f"{self.start:%Y-%m-%d}"
        to = "au" if lang == "fr" else "to"
        if floor(self.start, "day") == self.start and floor(self.end, "day") == self.end:
            return f"{self.start:%Y-%m-%d} {to} {self.end - timedelta(days=1):%Y-%m-%d}"
        return f"{self.start:%Y-%m-%d %H:%M} {to} {self.end:%Y-%m-%d %H:%M}"


@dataclass(frozen=True)
class Against:
    """What a period is measured against: `weekdays` (so many of them), `previous` or `year`."""

    kind: str
    count: int = 1


def against_of(text: str | None, span: Span) -> Against:
    """What was asked for; else the same weekdays for a day, and the period before for anything longer.

    Raises:
        OmnictlError: the text says nothing of the kind, or not of this period.
    """
    if text is None:
        return Against("weekdays", USUAL) if span.unit == "day" else Against("previous")
    said = " ".join(text.split()).casefold()
    if said in ("previous", "year"):
        return Against(said)
    found = _WEEKDAYS.match(said)
    if found is None:
        raise OmnictlError(f"nothing is measured against `{text}`", hint=FORMS)
    count = int(found[1] or USUAL)
    if not 1 <= count <= MOST:
        raise OmnictlError(f"a period is measured against 1 to {MOST} weekdays, not {count}", hint=FORMS)
    if span.end - span.start > WEEK:
        raise OmnictlError("the same weekdays are those of a week at most", hint="--against previous, or year")
    return Against("weekdays", count)


def baseline_of(span: Span, against: Against) -> tuple[Span, ...]:
    """The periods to measure against, the latest first.

    Raises:
        OmnictlError: they lie before the calendar.
    """
    try:
        return tuple(_earlier(span, against))
    except (ValueError, OverflowError):
        raise OmnictlError("there is nothing on the calendar to measure that period against") from None


def _earlier(span: Span, against: Against) -> Iterator[Span]:
    if against.kind == "weekdays":
        for number in range(1, against.count + 1):
            yield _back(span, number)
        return
    unit = _calendar_unit(span)
    if unit is None:
        weeks = YEAR_WEEKS if against.kind == "year" else -((span.start - span.end) // WEEK)
        yield _back(span, weeks)
        return
    if against.kind == "year":
        yield Span(step(span.start, "year", -1), step(span.end, "year", -1))
        return
    count = 0
    while step(span.start, unit, count) < span.end:
        count += 1
    yield Span(step(span.start, unit, -count), span.start)


def _calendar_unit(span: Span) -> str | None:
    """The unit of the calendar that a period is made of; None when it is made of days or hours."""
    whole = floor(span.start, "month") == span.start and floor(span.end, "month") == span.end
    return "month" if whole else None


def _back(span: Span, weeks: int) -> Span:
    return Span(span.start - weeks * WEEK, span.end - weeks * WEEK)


def one_question(spans: tuple[Span, ...], *, most: int = 62) -> str | None:
    """The length of bucket that gives all periods in one question; None when several questions are cheaper."""
    units = {span.unit for span in spans}
    unit = units.pop() if len(units) == 1 else None
    if unit is None or len(spans) == 1:
        return None
    first, last = min(span.start for span in spans), max(span.end for span in spans)
    count, edge = 0, first
    while edge < last and count <= most:
        edge, count = step(edge, unit), count + 1
    return unit if count <= most else None
