"""Opening hours: on which local days a service is open, and from when to when. YAML in, objects out; no SQL."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise

from omnictl.errors import Place
from omnictl.places import Fields, Node, Reader, Sequence

Span = tuple[int, int]  # from and to, in seconds after midnight as clocks show them; the end is not included
Spans = tuple[Span, ...]

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_S = 86_400
CLOSED: Spans = ()
OPEN_HINT = 'open: {mon-fri: "08:30-19:00", sat: "09:00-12:00, 14:00-17:00"}'

_SPAN = re.compile(r"([0-2]?[0-9]):([0-5][0-9]) ?- ?([0-2]?[0-9]):([0-5][0-9])\Z")


@dataclass(frozen=True)
class Calendar:
    """When one service is open, in local time.

    Attributes:
        week: the spans of each day of the week, Monday first; in order, none overlaps another.
        holidays: the code of the public holidays on which it is closed; '' for none.
        closed: further days on which it is closed.
        open_on: days with hours of their own, holidays and closed days among them.
        default: whether it is the one that is meant where none is named.
    """

    week: tuple[Spans, ...]
    holidays: str = ""
    closed: frozenset[date] = frozenset()
    open_on: Mapping[date, Spans] = field(default_factory=dict)
    default: bool = False

    def special(self, first: date, last: date) -> dict[date, Spans]:
        """The days, from the first to the last one, whose hours are not those of their weekday."""
        found: dict[date, Spans] = {}
        for year in range(first.year, last.year + 1):
            found |= dict.fromkeys(holidays_of(self.holidays, year), CLOSED)
        found |= dict.fromkeys(self.closed, CLOSED)
        found |= self.open_on
        return {day: found[day] for day in sorted(found) if first <= day <= last}

    @property
    def shape(self) -> tuple[object, ...]:
        """What figures depend on."""
        return (self.week, self.holidays, sorted(self.closed), sorted(self.open_on.items()), self.default)


def default_of(calendars: Mapping[str, Calendar]) -> str | None:
    """The name of the calendar that is meant where none is named: the only one, or the one that says `default`."""
    named = [name for name, calendar in calendars.items() if calendar.default]
    found = named or list(calendars)
    return found[0] if len(found) == 1 else None


# holidays


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (the anonymous computus of 1876, Meeus, Astronomical Algorithms)."""
    golden, century, rest = year % 19, year // 100, year % 100
    leap, left = divmod(century, 4)
    moon = (19 * golden + century - leap - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    weekday = (32 + 2 * left + 2 * (rest // 4) - moon - rest % 4) % 7
    late = (golden + 11 * moon + 22 * weekday) // 451
    month, day = divmod(moon + weekday - 7 * late + 114, 31)
    return date(year, month, day + 1)


def french(year: int) -> frozenset[date]:
    """The eleven public holidays of article L3133-1 of the French labour code."""
    fixed = ((1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25))
    sunday = easter(year)
    movable = (sunday + timedelta(days=days) for days in (1, 39, 50))  # Easter Monday, Ascension, Whit Monday
    return frozenset([*(date(year, month, day) for month, day in fixed), *movable])


def alsatian(year: int) -> frozenset[date]:
    """The French ones, and those of Alsace and Moselle: Good Friday, and the second day of Christmas."""
    return french(year) | {easter(year) - timedelta(days=2), date(year, 12, 26)}


HOLIDAYS: dict[str, Callable[[int], frozenset[date]]] = {"FR": french, "FR-AM": alsatian}


def holidays_of(code: str, year: int) -> frozenset[date]:
    """The public holidays of a year; none without a code."""
    return HOLIDAYS[code](year) if code else frozenset()


# reading


def read_calendars(reader: Reader, root: Fields) -> dict[str, Calendar]:
    """The calendars of a referential; at most one of them is the default."""
    found: dict[str, Calendar] = {}
    for name, place, node in root.fields("calendars").entries():
        calendar = read_calendar(reader, node, f"calendar `{name}`")
        if calendar is None:
            continue
        first = next((other for other, each in found.items() if each.default), None)
        if calendar.default and first is not None:
            reader.fault("wrong-calendar", f"`{first}` is the default calendar already: one is", place)
        found[name] = calendar
    return found


def read_calendar(reader: Reader, node: Node, what: str) -> Calendar | None:
    """A calendar; None after noting why it is none."""
    fields = reader.fields(node, what)
    given = fields.take("open", required=True)
    week = _week(reader, reader.fields(given, f"`open` of {what}")) if given is not None else None
    code = fields.text("holidays") or ""
    if code and code not in HOLIDAYS:
        hint = f"{', '.join(HOLIDAYS)}; those of other countries are listed as days: closed: [2026-12-25, …]"
        message = f"the holidays of `{code}` are not known"
        reader.fault("unknown-holidays", message, fields.node.entries["holidays"].place, hint)
        code = ""
    closed = [_day(reader, text, item) for item in fields.items("closed") if (text := reader.text(item, "a day"))]
    open_on: dict[date, Spans] = {}
    for text, place, item in fields.fields("open_on").entries():
        day = _day(reader, text, item)
        spans = _in_order(reader, _spans(reader, item, text), text, place)
        if any(end > DAY_S for _, end in spans):
            reader.fault("wrong-calendar", "the hours of one day end at 24:00", place, "say the rest of the next day")
        elif day is not None:
            open_on[day] = spans
    default = fields.boolean("default") or False
    fields.done()
    if week is None:
        return None
    return Calendar(week, code, frozenset(day for day in closed if day is not None), open_on, default)


def _week(reader: Reader, fields: Fields) -> tuple[Spans, ...]:
    """The spans of each weekday; what goes on after midnight stands under the day after."""
    found: list[list[Span]] = [[] for _ in DAYS]
    seen: set[int] = set()
    for key, place, node in fields.entries():
        days = list(_weekdays(key))
        if not days:
            hint = "mon, tue, wed, thu, fri, sat, sun, or from one to another: mon-fri"
            reader.fault("wrong-calendar", f"`{key}` is no day of the week", place, hint)
            continue
        if again := seen.intersection(days):
            told = ", ".join(DAYS[day] for day in sorted(again))
            reader.fault("wrong-calendar", f"the hours of {told} are given twice", place)
        seen.update(days)
        for start, end in _spans(reader, node, key):
            for day in days:
                found[day].append((start, min(end, DAY_S)))
                if end > DAY_S:
                    found[(day + 1) % 7].append((0, end - DAY_S))
    return tuple(_in_order(reader, spans, DAYS[day], fields.place) for day, spans in enumerate(found))


def _weekdays(key: str) -> Iterator[int]:
    """The days of `mon`, or of `fri-mon`; none when it is neither."""
    first, _, last = key.strip().casefold().partition("-")
    if first in DAYS and (last or first) in DAYS:
        day, end = DAYS.index(first), DAYS.index(last or first)
        yield day
        while day != end:
            day = (day + 1) % 7
            yield day


def _spans(reader: Reader, node: Node, what: str) -> Spans:
    """The spans of a text `08:30-12:00, 14:00-18:00`, or of a list; an end before its start is of the next day."""
    texts = [(each, each.place) for each in node.items] if isinstance(node, Sequence) else [(node, node.place)]
    found = []
    for item, place in texts:
        for text in (reader.text(item, f"the hours of {what}") or "").split(","):
            parts = _SPAN.match(text.strip())
            hours = [int(each) for each in parts.groups()] if parts else []
            start, end = (hours[0] * 3600 + hours[1] * 60, hours[2] * 3600 + hours[3] * 60) if hours else (0, 0)
            if not hours or start >= DAY_S or end > DAY_S or start == end:
                message = f"`{text.strip()}` says no hours of a day"
                reader.fault("wrong-calendar", message, place, OPEN_HINT)
                continue
            found.append((start, end if end > start else end + DAY_S))
    return tuple(found)


def _in_order(reader: Reader, spans: Iterable[Span], what: str, place: Place) -> Spans:
    """Spans in order, none of which may overlap another."""
    found = tuple(sorted(spans))
    if any(before[1] > after[0] for before, after in pairwise(found)):
        reader.fault("wrong-calendar", f"hours of {what} overlap", place)
    return found


def _day(reader: Reader, text: str, node: Node) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        reader.fault("wrong-type", f"`{text}` is no day", node.place, "write it as 2026-12-24")
        return None
