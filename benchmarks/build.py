"""`build` beside hand-written windows that write the same tables, at two sizes; how its cost grows, and its memory."""

from __future__ import annotations

import math
import shutil
import statistics
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.children import FLOORS, floor, spend
from benchmarks.pairs import Measure, Pair, compare

MILLION = 1_000_000
BY_HAND = "hand-written windows"
# Of each table: how many rows, and a sum over all cells of all rows.
SAME = """
select (select count(*) from followup_rows), (select sum(hash(t)::hugeint) from followup_rows as t),
    (select count(*) from needs), (select sum(hash(t)::hugeint) from needs as t),
    (select count(*) from levels), (select sum(hash(t)::hugeint) from levels as t)
"""


class Different(Exception):
    """Product and floor wrote different tables: no ratio can be told."""


def build(folder: Path, rows: int, pairs: int) -> Iterator[Measure]:
    """Follow-ups, needs and levels of interactions whose people are known."""
    spent: dict[int, float] = {}
    for count in sorted({min(rows, MILLION), rows}):
        large = count > MILLION
        costs: list[float] = []
        peaks: list[int] = []
        yield _beside(folder, count, 1 if large else pairs, costs, peaks)
        spent[count] = statistics.median(costs)
        yield Measure.once(
            f"memory of build, {count:,} interactions", max(peaks) / 1e9, "GB", against="limit of 3.5 GB", target=4
        )
    if len(spent) == 2:
        (few, cheap), (many, dear) = sorted(spent.items())
        exponent = math.log(dear / cheap) / math.log(many / few)
        yield Measure.once(f"build, exponent from {few:,} to {many:,}", exponent, "", against="", target=1.3)


def _beside(folder: Path, count: int, pairs: int, costs: list[float], peaks: list[int]) -> Measure:
    origin = folder / f"people-{count}.duckdb"
    if not origin.exists():
        spend([sys.executable, FLOORS / "people.py", origin, str(count)])
    ours, theirs = folder / "built.duckdb", folder / "built-by-hand.duckdb"

    def fresh() -> None:
        for store in (ours, theirs):
            shutil.copyfile(origin, store)

    def same(pair: Pair) -> None:
        costs.append(pair.product.cpu_s)
        peaks.append(pair.product.peak_bytes)
        figures = [spend(floor("figures.py", store, SAME)).output for store in (ours, theirs)]
        if figures[0] != figures[1]:
            raise Different(f"omnictl: {figures[0]}\nby hand: {figures[1]}")
        fresh()

    fresh()
    return compare(
        f"build, {count:,} interactions",
        [sys.executable, "-m", "benchmarks.derived", ours],
        floor("build.py", theirs),
        pairs=pairs,
        against=BY_HAND,
        target=1.3,
        same=same,
    )
