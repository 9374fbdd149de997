"""The insurer's year: its days, French public holidays, and one week of winter storm."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

DAYS = 365
STORM = (0.5, 1.0, 1.6, 1.3, 1.0, 0.8, 0.5)  # force on each of its days; 1 about doubles home claims on all channels
STORM_DATES = ((1, 20), (2, 12), (12, 12))  # the first of these that leaves the whole week inside the year
HOLIDAYS = ((1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25))
AFTER_EASTER = (1, 39, 50)  # Easter Monday, Ascension, Whit Monday


@dataclass(frozen=True)
class Year:
    """A year of local days, both ends included."""

    first: date
    last: date

    @classmethod
    def ending(cls, last: date) -> Year:
        return cls(last - timedelta(days=DAYS - 1), last)

    @property
    def days(self) -> list[date]:
        return [self.first + timedelta(days=number) for number in range(DAYS)]

    @property
    def months(self) -> list[date]:
        """The first day of every month the year touches, 12 or 13 of them."""
        return sorted({day.replace(day=1) for day in self.days})

    @property
    def quarters(self) -> list[date]:
        """The first day of every quarter the year touches, 4 or 5 of them."""
        return sorted({day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1) for day in self.days})

    def storm(self) -> dict[date, float]:
        """The force of the storm on each of its days, which always begin on a Tuesday."""
        for month, day in STORM_DATES:
            for year in (self.first.year, self.last.year):
                begin = date(year, month, day)
                begin += timedelta(days=(1 - begin.weekday()) % 7)
                if self.first <= begin and begin + timedelta(days=len(STORM)) <= self.last:
                    return {begin + timedelta(days=number): force for number, force in enumerate(STORM)}
        raise AssertionError("a year of 365 days holds one of the storm's dates")

    def holidays(self) -> set[date]:
        """Days on which nobody works."""
        found = set()
        for year in range(self.first.year, self.last.year + 1):
            found |= {date(year, month, day) for month, day in HOLIDAYS}
            found |= {easter(year) + timedelta(days=days) for days in AFTER_EASTER}
        return found


def following(start: date, months: int) -> date:
    """The first day of the month `months` after that of `start`."""
    number = start.year * 12 + start.month - 1 + months
    return date(number // 12, number % 12 + 1, 1)


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (the anonymous algorithm of Meeus, Jones and Butcher)."""
    century, rest = divmod(year, 100)
    epact = (19 * (year % 19) + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (rest // 4) - epact - rest % 4) % 7
    late = (year % 19 + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * late + 114, 31)
    return date(year, month, day + 1)
