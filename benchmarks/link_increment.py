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
    """One hundredth of one million interactions, and of as many as asked for."""
    spent: dict[int, float] = {}
    for count in sorted({min(rows, MILLION), rows}):
        memory = f"{max(200, count // 5_000)}MB"
        grown = _grown(folder, count, memory)
        ours, theirs = folder / "link-some.duckdb", folder / "link-all.duckdb"
        costs: list[float] = []
        peaks: list[float] = []

        def fresh(grown: Path = grown, ours: Path = ours, theirs: Path = theirs) -> None:
            for store in (ours, theirs):
                shutil.copyfile(grown, store)

        def same(
            pair: Pair, ours: Path = ours, theirs: Path = theirs, costs: list[float] = costs, peaks: list[float] = peaks
        ) -> None:
            costs.append(pair.product.cpu_s)
            peaks.append(pair.product.peak_bytes / 1e6)
            some, all_of_them = (spend(floor("figures.py", store, SAME)).output for store in (ours, theirs))
            if some != all_of_them:
                raise Different(f"increment {some}, full {all_of_them}")
            fresh()

        fresh()
        yield compare(
            f"link of {count // 100:,} more interactions on {count:,}",
            [sys.executable, HERE / "link_alone.py", ours, memory, "increment"],
            [sys.executable, HERE / "link_alone.py", theirs, memory, "again"],
            pairs=pairs if count <= MILLION else 1,
            against="link --full",
            target=0.2,
            same=same,
        )
        spent[count] = statistics.median(costs)
        name = f"memory of link of {count // 100:,} more"
        yield Measure.once(name, max(peaks), "MB", against="", target=250 * max(1, count / MILLION))
        for store in (ours, theirs):
            store.unlink()
    if len(spent) > 1:
        (small, one), (large, other) = sorted(spent.items())
        exponent = math.log(other / one) / math.log(large / small)
        yield Measure.once("link of an increment, exponent", exponent, "", against="", target=1.3)


def _grown(folder: Path, count: int, memory: str) -> Path:
    """A store that is linked but for its last hundredth, made once."""
    path = folder / f"customers-{count}-grown.duckdb"
    if not path.exists():
        fresh = path.with_suffix(".new")
        shutil.copyfile(people_of(folder, count), fresh)
        spend([sys.executable, HERE / "later.py", fresh, memory])
        fresh.rename(path)
    return path
