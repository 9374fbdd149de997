"""Local days in SQL: the zone's changes of offset are written into the expression, so that a row costs comparisons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from omnictl.zone import DAY, Stretch, Zone


def literal(instant: datetime) -> str:
    """SQL: a time."""
    return f"timestamp '{instant.isoformat(sep=' ')}'"


@dataclass(frozen=True)
class Clock:
    """The local time of a zone, for instants within a span. Instants are naive UTC."""

    zone: Zone
    stretches: tuple[Stretch, ...]

    @classmethod
    def of(cls, zone: Zone, low: datetime, high: datetime) -> Clock:
        return cls(zone, tuple(zone.stretches(low - DAY, high + DAY)))

    def day(self, at: str) -> str:
        """SQL: the local day of an instant."""
        return f"cast({at} + {_offset(at, self.stretches)} as date)"

    def day_of(self, instant: datetime) -> date:
        return self.zone.to_local(instant).date()

    def first_whole_day(self, since: datetime) -> date:
        """The first local day that lies wholly after an instant, or begins with it."""
        local = self.zone.to_local(since)
        whole = local == datetime(local.year, local.month, local.day)
        return local.date() if whole else local.date() + timedelta(days=1)


def _offset(at: str, stretches: Sequence[Stretch]) -> str:
    """SQL: the offset as an interval. Halved at each comparison: one wrong year in the data means many changes."""
    if len(stretches) == 1:
        return f"interval '{stretches[0].offset_s}' second"
    middle = len(stretches) // 2
    before, after = _offset(at, stretches[:middle]), _offset(at, stretches[middle:])
    return f"case when {at} < {literal(stretches[middle].since)} then {before} else {after} end"
