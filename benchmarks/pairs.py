"""Pairs: product and floor one after the other, their order swapped each time; the ratios and the verdict."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.children import Spent, spend


@dataclass(frozen=True)
class Measure:
    """One line of the report. `low` and `high` are the least and greatest of the pairs."""

    name: str
    value: float
    low: float
    high: float
    unit: str
    pairs: int
    against: str
    target: float
    at_least: bool = False  # the target is the least it may be, not the most

    @classmethod
    def once(
        cls, name: str, value: float, unit: str, *, against: str, target: float, at_least: bool = False
    ) -> Measure:
        """A figure that is the same each time, so that once is enough."""
        return cls(name, value, value, value, unit, 1, against, target, at_least)

    @property
    def met(self) -> bool:
        return self.value >= self.target if self.at_least else self.value <= self.target


@dataclass(frozen=True)
class Pair:
    product: Spent
    floor: Spent


def compare(
    name: str,
    product: Sequence[str | Path],
    floor: Sequence[str | Path],
    *,
    pairs: int,
    against: str,
    target: float,
    before: Callable[[], None] = lambda: None,
    same: Callable[[Pair], None] = lambda pair: None,
) -> Measure:
    """Run product and floor in `pairs` pairs; the median of the ratios of their CPU seconds.

    `before` runs ahead of each product (to empty a cache, to clear a store), and `same` raises when the figures of a
    pair differ: a ratio of two different answers means nothing.
    """
    ratios = []
    for number in range(pairs):
        if number % 2:
            theirs = spend(floor)
            before()
            ours = spend(product)
        else:
            before()
            ours = spend(product)
            theirs = spend(floor)
        same(Pair(ours, theirs))
        ratios.append(ours.cpu_s / theirs.cpu_s)
    return Measure(name, statistics.median(ratios), min(ratios), max(ratios), "x", pairs, against, target)


def report(measures: Sequence[Measure]) -> str:
    """The measures as a table for people."""
    head = ("measure", "median (min..max)", "pairs", "against", "target", "")
    rows = [
        (
            measure.name,
            f"{measure.value:.2f} {measure.unit}"
            + (f" ({measure.low:.2f}..{measure.high:.2f})" if measure.pairs > 1 else ""),
            str(measure.pairs),
            measure.against,
            f"{'>=' if measure.at_least else '<='} {measure.target:g} {measure.unit}",
            "met" if measure.met else "NOT MET",
        )
        for measure in measures
    ]
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in (head, *rows)]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(line.rstrip() for line in lines)
