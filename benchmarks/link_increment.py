"""`link` of a hundredth more interactions beside the full link of the same store, which writes the same."""

from __future__ import annotations

import math
import shutil
import statistics
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.children import floor, spend
from benchmarks.link import HERE, MILLION, people_of
from benchmarks.pairs import Measure, Pair, compare

# Who everybody is, what was cut, and what was told of people who changed: rows, and a sum over all cells of all rows.
SAME = """
select (select count(*) from identities), (select sum(hash(i)::hugeint) from identities as i),
    (select count(*) from cut_identifiers), (select sum(hash(c)::hugeint) from cut_identifiers as c),
    (select count(*) from person_changes),
    (select sum(hash(change, was, person_id, interactions)::hugeint) from person_changes)
"""


class Different(Exception):
    """The increment gave other people than the full link: no ratio can be told."""


def link_increment(folder: Path, rows: int, pairs: int) -> Iterator[Measure]:
    """One hundredth of one million interactions, and of as many as asked for; certain links alone, and with probable
    ones, as they are unless they are switched off."""
    for probable in (False, True):
        named = ", with probable links" * probable
        spent: dict[int, float] = {}
        for count in sorted({min(rows, MILLION), rows}):
            costs: list[float] = []
            peaks: list[float] = []
            yield _beside(folder, count, pairs if count <= MILLION else 1, costs, peaks, probable=probable)
            spent[count] = statistics.median(costs)
            name = f"memory of link of {count // 100:,} more{named}"
            yield Measure.once(name, max(peaks), "MB", against="", target=250 * max(1, count / MILLION))
        if len(spent) > 1:
            (small, one), (large, other) = sorted(spent.items())
            exponent = math.log(other / one) / math.log(large / small)
            yield Measure.once(f"link of an increment{named}, exponent", exponent, "", against="", target=1.3)


def _beside(folder: Path, count: int, pairs: int, costs: list[float], peaks: list[float], *, probable: bool) -> Measure:
    memory = f"{max(200, count // (2_500 if probable else 5_000))}MB"
    switch = ["probable"] * probable
    grown = _grown(folder, count, memory, switch)
    ours, theirs = folder / "link-some.duckdb", folder / "link-all.duckdb"

    def fresh() -> None:
        for store in (ours, theirs):
            shutil.copyfile(grown, store)

    def same(pair: Pair) -> None:
        costs.append(pair.product.cpu_s)
        peaks.append(pair.product.peak_bytes / 1e6)
        some, all_of_them = (spend(floor("figures.py", store, SAME)).output for store in (ours, theirs))
        if some != all_of_them:
            raise Different(f"increment {some}, full {all_of_them}")
        fresh()

    fresh()
    try:
        return compare(
            f"link of {count // 100:,} more interactions on {count:,}{', with probable links' * probable}",
            [sys.executable, HERE / "link_alone.py", ours, memory, "increment", *switch],
            [sys.executable, HERE / "link_alone.py", theirs, memory, "again", *switch],
            pairs=pairs,
            against="link --full",
            target=0.2,
            same=same,
        )
    finally:
        for store in (ours, theirs):
            store.unlink(missing_ok=True)


def _grown(folder: Path, count: int, memory: str, switch: list[str]) -> Path:
    """A store that is linked but for its last hundredth, made once."""
    path = folder / f"customers-{count}-grown{'-probable' * bool(switch)}.duckdb"
    if not path.exists():
        fresh = path.with_suffix(".new")
        shutil.copyfile(people_of(folder, count), fresh)
        spend([sys.executable, HERE / "later.py", fresh, memory, *switch])
        fresh.rename(path)
    return path
