"""Days on which the calendars of a referential are closed out of turn: public holidays, and days that are listed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta

from omnictl.calendars import Calendar, holidays_of
from omnictl.review.against import Span

INSTANT = timedelta(microseconds=1)
MOST = 12  # days told of one period
HOLIDAY = {"en": "public holiday", "fr": "jour férié"}


def closures(calendars: Mapping[str, Calendar], spans: Iterable[Span], lang: str) -> dict[Span, str]:
    """The closed days of each period that has some, in words: `2026-11-11 (public holiday): support`.

    Days that are closed every week are none: the periods that are compared have as many of them.
    """
    found = {}
    for span in spans:
        days = _closed(calendars, span)
        if days:
            told = [_told(day, names, calendars, lang) for day, names in list(days.items())[:MOST]]
            found[span] = ", ".join(told) + (", …" if len(days) > MOST else "")
    return found


def _closed(calendars: Mapping[str, Calendar], span: Span) -> dict[date, list[str]]:
    """The closed days of a period, with the calendars that are closed."""
    first, last = span.start.date(), (span.end - INSTANT).date()
    found: dict[date, list[str]] = {}
    for name, calendar in sorted(calendars.items()):
        for day, hours in calendar.special(first, last).items():
            if not hours and calendar.week[day.weekday()]:
                found.setdefault(day, []).append(name)
    return {day: found[day] for day in sorted(found)}


def _told(day: date, names: list[str], calendars: Mapping[str, Calendar], lang: str) -> str:
    holiday = any(day in holidays_of(calendars[name].holidays, day.year) for name in names)
    why = f" ({HOLIDAY.get(lang, HOLIDAY['en'])})" if holiday else ""
    colon = " : " if lang == "fr" else ": "
    return f"{day}{why}" + (colon + ", ".join(names) if len(calendars) > 1 else "")
