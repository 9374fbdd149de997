"""`link` beside the best link written by hand, from the same identifiers in the same file; and how true both are."""

from __future__ import annotations

import math
import statistics
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.children import floor, spend
from benchmarks.pairs import Measure, Pair, compare

HERE = Path(__file__).parent
MILLION = 1_000_000
SEED = 7
PEAK = 300  # MB for a million interactions
# Pairs of interactions: precision, recall, and the most interactions one person has.
TRUE = """
with linked as (select person_id, customer from {table} join truth using (source, interaction_id)
    where person_id is not null),
sizes as (select person_id, count(*) as n from linked group by 1),
agreed as (select person_id, customer, count(*) as n from linked group by 1, 2),
customers as (select customer, count(*) as n from truth group by 1)
select (select sum(n * (n - 1) / 2) from agreed) / (select sum(n * (n - 1) / 2) from sizes),
  (select sum(n * (n - 1) / 2) from agreed) / (select sum(n * (n - 1) / 2) from customers), (select max(n) from sizes)
"""


class Different(Exception):
    """Both sides found other people: no ratio can be told."""


def link(folder: Path, rows: int, pairs: int) -> Iterator[Measure]:
    """`link` of one million interactions, and of as many as asked for."""
    spent: dict[int, float] = {}
    for count in sorted({min(rows, MILLION), rows}):
        store = people_of(folder, count)
        memory = f"{max(200, count // 5_000)}MB"  # what DuckDB may keep; the process takes some 75 MB more
        ours: list[str | Path] = [sys.executable, HERE / "link_alone.py", store, memory]
        by_hand = floor("link.py", store, "guard", memory)
        peaks: list[float] = []
        seconds: list[float] = []

        def same(pair: Pair, peaks: list[float] = peaks, seconds: list[float] = seconds) -> None:
            peaks.append(pair.product.peak_bytes / 1e6)
            seconds.append(pair.product.cpu_s)
            if pair.product.output != pair.floor.output:
                raise Different(f"omnictl {pair.product.output}, by hand {pair.floor.output}")

        name = f"link, {count:,} interactions"
        yield compare(name, ours, by_hand, pairs=pairs, against="hand-written SQL", target=1.25, same=same)
        spent[count] = statistics.median(seconds)
        allowed = PEAK * max(1, count / MILLION)
        yield Measure.once(f"memory of {name}", max(peaks), "MB", against="", target=allowed)
        yield from _truth(store, name, memory)
    if len(spent) > 1:
        (small, one), (large, other) = sorted(spent.items())
        exponent = math.log(other / one) / math.log(large / small)
        yield Measure.once("link, exponent of its CPU seconds", exponent, "", against="", target=1.3)


def _truth(store: Path, name: str, memory: str) -> Iterator[Measure]:
    """Pairs of interactions against the truth, told as what is missing: less is better, as of all measures."""
    precision, recall, largest = _figures(store, "identities")
    yield Measure.once(
        f"{name}, wrong pairs ({1 - precision:.3f} + precision = 1)", 1 - precision, "", against="truth", target=0.04
    )
    yield Measure.once(f"{name}, pairs not found ({recall:.3f} found)", 1 - recall, "", against="truth", target=0.6)
    yield Measure.once(f"{name}, interactions of the largest person", largest, "", against="truth", target=1000)
    spend(floor("link.py", store, "noguard", memory))
    unguarded, _, _ = _figures(store, "by_hand")
    yield Measure.once(f"{name}, precision without limits", unguarded / precision, "x", against="with", target=0.9)


def _figures(store: Path, table: str) -> tuple[float, float, float]:
    precision, recall, largest = spend(floor("figures.py", store, TRUE.format(table=table))).output.split()
    return float(precision), float(recall), float(largest)


def people_of(folder: Path, rows: int) -> Path:
    """A store of so many interactions of known customers, made once."""
    path = folder / f"customers-{rows}.duckdb"
    if not path.exists():
        fresh = path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        spend([sys.executable, HERE / "people.py", fresh, str(rows), str(SEED)])
        fresh.rename(path)
    return path
