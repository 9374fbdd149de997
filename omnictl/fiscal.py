"""The fiscal year: when it begins, what it is called, and its years and quarters as periods."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal, cast, get_args

if TYPE_CHECKING:
    from omnictl.places import Fields, Reader

Named = Literal["start", "end"]
LAST_DAY = 28  # that every month has

_NAMED = re.compile(r"FY(\d{4})(?:-Q([1-4]))?\Z", re.I)


@dataclass(frozen=True)
class FiscalYear:
    """A year that begins on some day of the calendar's.

    Attributes:
        month, day: of its first day.
        named_after: which calendar year gives it its name: that of its last day, or that of its first.
    """

    month: int
    day: int = 1
    named_after: Named = "end"

    def floor(self, time: datetime, every: str) -> datetime:
        """The start of the fiscal year, or quarter, that a time lies in."""
        start = datetime(time.year, self.month, self.day)
        start = start if start <= time else start.replace(year=time.year - 1)
        if every == "quarter":
            while (following := months_after(start, 3)) <= time:
                start = following
        return start

    def period(self, text: str, now: datetime) -> tuple[datetime, datetime] | None:
        """The first moment of `FY2026`, `FY2026-Q1`, `this-fiscal-year` …, and that after its last; None for another
        text, and for a year that is not on the calendar."""
        relative = _RELATIVE.get(text.casefold())
        if relative is not None:
            every, before = relative
            start = self.floor(now, every)
            length = 12 if every == "year" else 3
            start = months_after(start, -length * before)
            return start, months_after(start, length)
        found = _NAMED.match(text)
        if found is None:
            return None
        try:
            start = datetime(int(found[1]) - self._ahead, self.month, self.day)
            if found[2] is None:
                return start, months_after(start, 12)
            start = months_after(start, 3 * (int(found[2]) - 1))
            return start, months_after(start, 3)
        except ValueError:
            return None

    @property
    def told(self) -> str:
        """What it is, for people: `fiscal years begin on 04-01 and are named after the year they end in`."""
        named = "begin" if self.named_after == "start" else "end"
        return f"fiscal years begin on {self.month:02d}-{self.day:02d} and are named after the year they {named} in"

    @property
    def _ahead(self) -> int:
        """By how many years its name is ahead of its first day."""
        return int(self.named_after == "end" and (self.month, self.day) != (1, 1))


def read_fiscal(reader: Reader, root: Fields) -> FiscalYear | None:
    """Read `fiscal_year` of omnictl.yml: its first day, alone or as `starts`; None when it is not set or is the
    calendar's. Faults go to the reader."""
    from omnictl.places import Scalar

    node = root.take("fiscal_year")
    if node is None:
        return None
    named: Named = "end"
    if isinstance(node, Scalar):
        text = reader.text(node, "`fiscal_year`")
    else:
        fields = reader.fields(node, "`fiscal_year`")
        text = fields.text("starts", required=True)
        named = cast("Named", fields.choice("named_after", get_args(Named)) or "end")
        fields.done()
    found = _DAY.match(text) if text is not None else None
    if found is None or not (1 <= int(found[1]) <= 12 and 1 <= int(found[2]) <= LAST_DAY):
        if text is not None:
            message = f"`fiscal_year` begins on a month and a day, up to the {LAST_DAY}th"
            reader.fault("wrong-type", message, root.key_place("fiscal_year"), 'fiscal_year: {starts: "04-01"}')
        return None
    return FiscalYear(int(found[1]), int(found[2]), named)


_DAY = re.compile(r"(\d{2})-(\d{2})\Z")
_RELATIVE = {
    f"{word}-fiscal-{every}": (every, before)
    for word, before in (("this", 0), ("last", 1))
    for every in ("year", "quarter")
}
RELATIVE = tuple(_RELATIVE)


def is_fiscal(text: str) -> bool:
    """Whether a text names a fiscal period, whatever the year is."""
    return text.casefold() in _RELATIVE or _NAMED.match(text) is not None


def months_after(time: datetime, months: int) -> datetime:
    """The same day and time so many months later; the month's last day where it has no such day.

    Raises:
        ValueError: the year is none of the calendar.
    """
    found = time.year * 12 + time.month - 1 + months
    year, month = found // 12, found % 12 + 1
    return time.replace(year=year, month=month, day=min(time.day, _days(year, month)))


def _days(year: int, month: int) -> int:
    following = datetime(year + month // 12, month % 12 + 1, 1) if (year, month) != (9999, 12) else None
    return (following - datetime(year, month, 1)).days if following is not None else 31
