"""A calendar as a table: one row per local day, with the instants between which it is open and what was open before.

The hours of a weekday are written once, and days are made by counting. Days that are not like their weekday stand one
by one: holidays, closed days, days with hours of their own, and those on which the clock changes, so that a day of 23
or 25 hours is as long as it is. How long a service was open between two times is then the difference of two running
sums; nothing is gone through day by day.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise

from omnictl.calendars import DAY_S, Calendar, Span, Spans
from omnictl.localtime import day_number, local_day, seconds_of, seconds_to, shown, stepped, stretches_of
from omnictl.zone import Stretch, Zone


@dataclass(frozen=True)
class Opening:
    """A calendar in a zone, for the days from the first to the last one.

    Its table has `day` (the number of the local day), `o1`, `c1`, `o2` … (from when to when it is open, in seconds
    from the origin), `passed_s` (for how long it was open before that day) and `days` (the open days so far, that
    day included).
    """

    calendar: Calendar
    zone: Zone
    first: date
    last: date

    def special(self) -> dict[date, Spans]:
        """The days that stand one by one."""
        found = self.calendar.special(self.first, self.last)
        for before, after in pairwise(self._stretches):
            # a change at midnight is one of the day that ends, or of the one that begins, by how the clock is read
            for offset_s in (before.offset_s, after.offset_s):
                day = (after.since + timedelta(seconds=offset_s)).date()
                if self.first <= day <= self.last and day not in found:
                    found[day] = self.calendar.week[day.weekday()]
        return dict(sorted(found.items()))

    @property
    def _stretches(self) -> tuple[Stretch, ...]:
        return stretches_of(self.zone.name, self.first, self.last)

    @property
    def width(self) -> int:
        """The most spans that a day has."""
        return max(1, *map(len, self.calendar.week), *map(len, self.calendar.open_on.values()))

    def table(self) -> str:
        """SELECT of the table."""
        special = [self._row(day, spans) for day, spans in self.special().items()]
        names = [f"{letter}{number}" for number in range(1, self.width + 1) for letter in "oc"]
        weekly = {name: f"days.midnight_s + weekly.{name}" for name in names}
        columns = [f"coalesce(special.{name}, {sql}) as {name}" for name, sql in weekly.items()]
        if not special:
            columns = [f"{sql} as {name}" for name, sql in weekly.items()]
        span = f"{day_number(self.first)}, {day_number(self.last)}"
        numbers = f"(select unnest(generate_series({span})) as day) as numbers"
        midnight = f"day * {DAY_S} - {self._offset('day')} as midnight_s"
        joined = f"(select day, {midnight} from {numbers}) as days"
        joined += f"\njoin ({_values(self._weekly())}) as weekly(weekday, {', '.join(names)})"
        joined += "\n  on weekly.weekday = days.day % 7"
        if special:
            joined += f"\nleft join ({_values(special)}) as special(day, {', '.join(names)})"
            joined += "\n  on special.day = days.day"
        days = f"select days.day, {', '.join(columns)}\nfrom {joined}"
        open_s = " + ".join(f"c{number} - o{number}" for number in range(1, self.width + 1))
        lasting = f"select *, {open_s} as open_s\nfrom (\n{days}\n) as days"
        so_far = "over (order by day rows between unbounded preceding and current row)"
        passed = f"cast(sum(open_s) {so_far} as bigint) - open_s as passed_s"
        counted = f"cast(count(case when open_s > 0 then 1 end) {so_far} as bigint) as days"
        return f"select day, {', '.join(names)}, {passed}, {counted}\nfrom (\n{lasting}\n) as days"

    # what a time is by a row of the table

    def day(self, at: str) -> str:
        """SQL: the number of the local day of a time."""
        return local_day(shown(at, self.zone, self.first, self.last))

    def passed(self, at: str, row: str) -> str:
        """SQL: for how many seconds it was open up to a time, by the row of its day."""
        second = seconds_of(at)
        today = [f"greatest(0, least({second}, {row}.c{n}) - {row}.o{n})" for n in range(1, self.width + 1)]
        return f"({' + '.join([f'{row}.passed_s', *today])})"

    def inside(self, at: str, row: str) -> str:
        """SQL: whether it is open at a time, by the row of its day."""
        second = seconds_of(at)
        spans = [f"({second} >= {row}.o{n} and {second} < {row}.c{n})" for n in range(1, self.width + 1)]
        return f"({' or '.join(spans)})"

    def _weekly(self) -> Iterator[str]:
        for number, spans in enumerate(self.calendar.week):
            yield f"({number}, {self._told(spans, 0)})"

    def _row(self, day: date, spans: Spans) -> str:
        instants = tuple((self._instant(day, start), self._instant(day, end)) for start, end in spans)
        return f"({day_number(day)}, {self._told(instants, seconds_to(self._midnight(day)))})"

    def _told(self, spans: tuple[Span, ...], none: int) -> str:
        """Spans as cells; those a day has not begin and end at once."""
        filled = [*spans, *[(none, none)] * (self.width - len(spans))]
        return ", ".join(f"{start}, {end}" for start, end in filled)

    def _instant(self, day: date, second: int) -> int:
        return seconds_to(self.zone.to_utc(self._midnight(day) + timedelta(seconds=second)))

    @staticmethod
    def _midnight(day: date) -> datetime:
        return datetime(day.year, day.month, day.day)

    def _offset(self, day: str) -> str:
        """SQL: the zone's offset on a local day on which it does not change."""
        # the local day of the change, which stands by itself; in UTC it may be the day before
        changed = [(each.since + timedelta(seconds=each.offset_s)).date() for each in self._stretches]
        steps = [(str(day_number(day)), each.offset_s) for day, each in zip(changed, self._stretches, strict=True)]
        return f"({stepped(day, steps)})"


def _values(rows: Iterable[str]) -> str:
    return f"values {', '.join(rows)}"
