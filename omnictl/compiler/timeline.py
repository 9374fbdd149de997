"""The buckets of a question as stretches of time that a level can be followed through.

A stretch is counted in microseconds from the first edge, so that what is added up stays whole numbers. A question
without a period is one stretch that begins and ends where the data does.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from omnictl.compiler.buckets import FINE, Buckets, literal
from omnictl.zone import Zone

ORIGIN = datetime(2000, 1, 1)  # what is counted from when no time is asked about
MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True)
class Timeline:
    """Consecutive buckets, and what lies before and after them."""

    buckets: Buckets

    @property
    def start(self) -> datetime | None:
        """The first edge; None when no time is asked about."""
        return self.buckets.edges[0] if self.buckets.bounded else None

    @property
    def end(self) -> datetime | None:
        return self.buckets.edges[-1] if self.buckets.bounded else None

    def passed(self, instant: datetime) -> int:
        """Microseconds from the origin to an instant."""
        return (instant - (self.start or ORIGIN)) // MICROSECOND

    def passed_at(self, at: str) -> str:
        """SQL: the same of a time, at least 0 where there is a first edge."""
        found = f"date_diff('microsecond', {literal(self.start or ORIGIN)}, {at})"
        return f"greatest({found}, 0)" if self.buckets.bounded else found

    def reached(self, at: str) -> str:
        """SQL: the number of the bucket a time lies in, -1 before the first, NULL after the last."""
        if self.start is None or self.end is None:
            return f"case when {at} is not null then 0 end"
        number = self.buckets.number(at, checked=True, nullable=False)
        return f"case when {at} < {literal(self.start)} then -1 when {at} < {literal(self.end)} then {number} end"

    def edges(self) -> str:
        """SELECT of the buckets: period, and when it begins and ends; NULL where no time is asked about."""
        if not self.buckets.bounded:
            return "select 0 as period, cast(null as bigint) as begins, cast(null as bigint) as ends"
        passed = [self.passed(edge) for edge in self.buckets.edges]
        width = FINE.get(self.buckets.every or "", 0) * 1_000_000
        if not width or self.buckets.base is None:
            starts, ends = ", ".join(map(str, passed[:-1])), ", ".join(map(str, passed[1:]))
            numbers = f"generate_series(0, {self.buckets.count - 1})"
            return f"select unnest({numbers}) as period, unnest([{starts}]) as begins, unnest([{ends}]) as ends"
        base = self.passed(self.buckets.base)
        begins, ends = f"{base} + period * {width}", f"{base} + (period + 1) * {width}"
        return f"select period, greatest({begins}, 0) as begins, least({ends}, {passed[-1]}) as ends\nfrom periods"


def instant_of(local: str, zone: Zone, start: datetime, end: datetime) -> str:
    """SQL: the instant of a local time, as `Zone.to_utc` has it, for those that lie between two instants.

    Those before and after are taken with the offset next to them.
    """
    stretches = zone.stretches(start, end)
    text = f"{local} - interval '{stretches[0].offset_s}' second"
    branches = []
    for before, after in pairwise(stretches):
        until = after.since + timedelta(seconds=before.offset_s)  # until the clock has shown this, the old offset holds
        branches.append(f"when {local} < {literal(until)} then {text}")
        # a time that the clock skips is the moment it jumps
        text = f"greatest({local} - interval '{after.offset_s}' second, {literal(after.since)})"
    unknown = f"when {local} is null then null"  # greatest would take what is left
    return f"case {unknown} {' '.join(branches)} else {text} end" if branches else text
