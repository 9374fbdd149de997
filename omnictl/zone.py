"""A time zone as the list of its changes of offset, so that instants are turned into local time by comparing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from datetime import timezone as fixed
from functools import lru_cache
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
# Outside these the offset next to them holds: nobody's contacts lie there, and the zone need not be walked so far.
FIRST, LAST = datetime(1970, 1, 1), datetime(2100, 1, 1)


@dataclass(frozen=True)
class Stretch:
    """From an instant on (naive UTC), the offset is so many seconds."""

    since: datetime
    offset_s: int


class Zone:
    """An IANA zone. Instants are naive UTC, local times naive."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._zone = ZoneInfo(name)

    def offset(self, instant: datetime) -> timedelta:
        inside = min(max(instant, FIRST), LAST)
        return inside.replace(tzinfo=UTC).astimezone(self._zone).utcoffset() or timedelta(0)

    def to_local(self, instant: datetime) -> datetime:
        return instant + self.offset(instant)

    def to_utc(self, local: datetime) -> datetime:
        """The instant of a local time; of one shown twice the first, of one the clock skips the moment it jumps."""
        found = []
        for offset in {self.offset(local - DAY), self.offset(local + DAY)}:
            instant = local - offset
            if self.to_local(instant) == local:
                found.append(instant)
        if found:
            return min(found)
        return next(each.since for each in reversed(self.stretches(local - DAY, local + DAY)))

    def labels(self, instants: Sequence[datetime]) -> Iterator[datetime]:
        """The local times of instants, given in order: naive; with its offset where the clock showed the same time
        before."""
        if not instants:
            return
        stretches = self.stretches(instants[0] - DAY, instants[-1] + DAY)
        number, repeated_until = 0, instants[0]
        for instant in instants:
            while number + 1 < len(stretches) and stretches[number + 1].since <= instant:
                before, number = stretches[number].offset_s, number + 1
                lost = max(0, before - stretches[number].offset_s)
                repeated_until = stretches[number].since + timedelta(seconds=lost)
            offset = timedelta(seconds=stretches[number].offset_s)
            local = instant + offset
            yield local.replace(tzinfo=fixed(offset)) if number and instant < repeated_until else local

    def stretches(self, start: datetime, end: datetime) -> list[Stretch]:
        """The offsets in force between two instants, in order; the first begins at `start`."""
        found = [Stretch(start, _seconds(self.offset(start)))]
        day = max(start, FIRST)
        while day < min(end, LAST):
            after = min(day + DAY, end)
            if _seconds(self.offset(after)) != found[-1].offset_s:
                change = self._change(day, after)
                if change < end:
                    found.append(Stretch(change, _seconds(self.offset(change))))
            day = after
        return found

    def _change(self, low: datetime, high: datetime) -> datetime:
        """The first second after `low` whose offset differs from that of `low`."""
        before = self.offset(low)
        span = int((high - low).total_seconds())
        near, far = 0, span
        while far - near > 1:
            middle = (near + far) // 2
            if self.offset(low + timedelta(seconds=middle)) == before:
                near = middle
            else:
                far = middle
        return (low + timedelta(seconds=far)).replace(microsecond=0)


def _seconds(offset: timedelta) -> int:
    return int(offset.total_seconds())


@lru_cache(maxsize=32)
def zone_of(name: str) -> Zone:
    """The zone of an IANA name."""
    return Zone(name)
