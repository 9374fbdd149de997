"""Pairs of rows, nearest first, when they hang together in long chains.

A chain is what no set-based step can take in one go: calls every minute in both exports through one switchboard, each
as near to the one before it as to the one after. The rows are taken one after the other here, each along its
nearest neighbours until two are nearest to each other; a pair taken away leaves the chain behind it as it was, so
every row is looked at a bounded number of times. Time is rows x log(rows), memory linear, whatever the data.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, field

Candidate = tuple[int, int]  # gap in microseconds, row of the other side; the smaller one is the better one


def nearest_pairs(
    theirs: Iterable[tuple[int, int, int]],
    ours: Iterable[tuple[int, int, int, int]],
    *,
    limit: int,
    afterwards: bool,
) -> list[tuple[int, int]]:
    """The pairs (row of theirs, row of ours): the nearest of all, then the nearest of what is left, and so on.

    Args:
        theirs: line, row, at. A line is what rows share, a row may stand on several; rows are numbered by time and id.
        ours: line, row, at, until (not before at), numbered alike.
        limit: the greatest gap, in microseconds like every time here.
        afterwards: a row of theirs goes with none of ours that begins after it.
    """
    lines: dict[int, _Line] = {}
    there, here = _Rows(), _Rows()
    for number, row, at in sorted(theirs, key=lambda point: point[1]):
        line = lines.setdefault(number, _Line(limit, afterwards))
        there.add(row, line, len(line.theirs))
        line.theirs.append(row)
        line.their_times.append(at)
    for number, row, at, until in sorted(ours, key=lambda point: point[1]):
        if number in lines:
            line = lines[number]
            here.add(row, line, len(line.ours))
            line.ours.append(row)
            line.our_times.append(at)
            line.our_ends.append(until)
    for line in lines.values():
        line.close()
    return _pairs(there, here)


def _pairs(theirs: _Rows, ours: _Rows) -> list[tuple[int, int]]:
    pairs: list[tuple[int, int]] = []
    for first in list(theirs.places):
        chain = [first] if first in theirs.places else []  # rows of theirs and of ours by turns
        while chain:
            is_theirs = len(chain) % 2 == 1
            best = theirs.best_of_theirs(chain[-1]) if is_theirs else ours.best_of_ours(chain[-1])
            if best is None:  # only a first row has none: every other one has at least the one before it
                break
            if len(chain) > 1 and best == chain[-2]:
                pair = (chain[-1], best) if is_theirs else (best, chain[-1])
                pairs.append(pair)
                theirs.take_theirs(pair[0])
                ours.take_ours(pair[1])
                del chain[-2:]
            else:
                chain.append(best)
    return pairs


class _Rows:
    """The rows of one side that are still free, and where each stands."""

    def __init__(self) -> None:
        self.places: dict[int, list[tuple[_Line, int]]] = {}

    def add(self, row: int, line: _Line, place: int) -> None:
        self.places.setdefault(row, []).append((line, place))

    def best_of_theirs(self, row: int) -> int | None:
        found = [best for line, place in self.places[row] for best in line.of_theirs(place)]
        return min(found)[1] if found else None

    def best_of_ours(self, row: int) -> int | None:
        found = [best for line, place in self.places[row] for best in line.of_ours(place)]
        return min(found)[1] if found else None

    def take_theirs(self, row: int) -> None:
        for line, place in self.places.pop(row):
            line.free_theirs.take(place)

    def take_ours(self, row: int) -> None:
        for line, place in self.places.pop(row):
            line.peaks.take(place)
            line.free_ends.take(line.end_places[place])


def _numbers() -> array[int]:
    return array("q")


@dataclass(eq=False)
class _Line:
    """The rows of both sides that share one value, each side in the order of its rows, so of its times."""

    limit: int
    afterwards: bool
    theirs: array[int] = field(default_factory=_numbers)
    their_times: array[int] = field(default_factory=_numbers)
    ours: array[int] = field(default_factory=_numbers)
    our_times: array[int] = field(default_factory=_numbers)
    our_ends: array[int] = field(default_factory=_numbers)

    def close(self) -> None:
        """Make what the searches need, once all rows are there."""
        by_end = sorted(range(len(self.ours)), key=lambda place: self.our_ends[place])  # stable: then by row
        self.by_end = array("q", by_end)
        self.end_times = array("q", (self.our_ends[place] for place in by_end))
        self.end_places = array("q", bytes(8 * len(by_end)))
        for order, place in enumerate(by_end):
            self.end_places[place] = order
        self.free_theirs = _Free(self.their_times)
        self.free_ends = _Free(self.end_times)
        self.peaks = _Peaks(self.our_ends)

    def of_theirs(self, place: int) -> list[Candidate]:
        """At most two: the first of ours not over by then, and the last one over before."""
        at = self.their_times[place]
        found = []
        current = self.peaks.first(at)
        if current is not None and not (self.afterwards and self.our_times[current] > at):
            found.append((max(0, self.our_times[current] - at), self.ours[current]))
        before = self.free_ends.last_before(at)
        if before is not None:
            found.append((at - self.end_times[before], self.ours[self.by_end[before]]))
        return [best for best in found if best[0] <= self.limit]

    def of_ours(self, place: int) -> list[Candidate]:
        """At most two: the first of theirs since the beginning, and the last one before it."""
        at, until = self.our_times[place], self.our_ends[place]
        found = []
        since = self.free_theirs.first_from(at)
        if since is not None:
            found.append((max(0, self.their_times[since] - until), self.theirs[since]))
        before = None if self.afterwards else self.free_theirs.last_before(at)
        if before is not None:
            found.append((at - self.their_times[before], self.theirs[before]))
        return [best for best in found if best[0] <= self.limit]


class _Free:
    """Which places of a sorted column are still free: union-find to the next free one on either side."""

    def __init__(self, times: array[int]) -> None:
        self.times = times
        self.up = array("q", range(len(times) + 1))  # [place] leads to the first free place from here on
        self.down = array("q", range(len(times) + 1))  # the same downwards, one further on: 0 is none

    def take(self, place: int) -> None:
        self.up[place] = place + 1
        self.down[place + 1] = place

    def first_from(self, at: int) -> int | None:
        """The first free place at this time or later."""
        place = _root(self.up, bisect_left(self.times, at))
        return place if place < len(self.times) else None

    def last_before(self, at: int) -> int | None:
        """The first free place of the latest time before this one."""
        place = _root(self.down, bisect_left(self.times, at))
        return self.first_from(self.times[place - 1]) if place else None


def _root(parents: array[int], node: int) -> int:
    while parents[node] != node:
        parents[node] = node = parents[parents[node]]
    return node


class _Peaks:
    """The first free place whose end is late enough: a tree of greatest ends over the places."""

    def __init__(self, ends: array[int]) -> None:
        self.width = 1 << max(0, len(ends) - 1).bit_length()
        self.tree = array("q", [_NEVER]) * (2 * self.width)
        self.tree[self.width : self.width + len(ends)] = ends
        for node in range(self.width - 1, 0, -1):
            self.tree[node] = max(self.tree[2 * node], self.tree[2 * node + 1])

    def take(self, place: int) -> None:
        node = place + self.width
        self.tree[node] = _NEVER
        while node > 1:
            node //= 2
            self.tree[node] = max(self.tree[2 * node], self.tree[2 * node + 1])

    def first(self, at: int) -> int | None:
        """The first free place whose end is at this time or later."""
        if self.tree[1] < at:
            return None
        node = 1
        while node < self.width:
            node *= 2
            if self.tree[node] < at:
                node += 1
        return node - self.width


_NEVER = -(2**63)
