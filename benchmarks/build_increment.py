"""`link` and `build` of a hundredth more interactions beside both made anew on the same store, which write the same."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.children import floor, spend
from benchmarks.link import HERE, MILLION, people_of
from benchmarks.pairs import Measure, Pair, compare
from omnictl.relations.families import FAMILIES

MEMORY = "2GB"
# Keys are places in an order: those of an increment follow the others. All else is equal, cell by cell.
SAME = f"""
select (select count(*) from followups), (select sum(hash(f)::hugeint) from (
        select * exclude (key, {", ".join(f"{name}_key" for name in FAMILIES)}) from followups
    ) as f),
    (select count(*) from needs), (select sum(hash(n)::hugeint) from needs as n),
    (select count(*) from levels), (select sum(hash(l)::hugeint) from levels as l),
    (select sum(hash(i)::hugeint) from identities as i)
"""


class Different(Exception):
    """The increment wrote other rows than the build of everything: no ratio can be told."""


def build_increment(folder: Path, rows: int, pairs: int) -> Iterator[Measure]:
    """One hundredth of one million interactions, or of as few as asked for."""
    count = min(rows, MILLION)
    grown = _grown(folder, count)
    ours, theirs = folder / "build-some.duckdb", folder / "build-all.duckdb"
    peaks: list[float] = []

    def fresh() -> None:
        for store in (ours, theirs):
            shutil.copyfile(grown, store)

    def same(pair: Pair) -> None:
        peaks.append(pair.product.peak_bytes / 1e6)
        some, all_of_them = (spend(floor("figures.py", store, SAME)).output for store in (ours, theirs))
        if some != all_of_them:
            raise Different(f"increment {some}, full {all_of_them}")
        fresh()

    fresh()
    yield compare(
        f"link and build of {count // 100:,} more interactions on {count:,}",
        [sys.executable, HERE / "link_and_build.py", ours, MEMORY, "increment"],
        [sys.executable, HERE / "link_and_build.py", theirs, MEMORY, "again"],
        pairs=pairs,
        against="both with --full",
        target=0.2,
        same=same,
    )
    yield Measure.once(f"memory of link and build of {count // 100:,} more", max(peaks), "MB", against="", target=1000)
    for store in (ours, theirs):
        store.unlink()


def _grown(folder: Path, count: int) -> Path:
    """A store that is linked and built but for its last hundredth, made once."""
    path = folder / f"customers-{count}-built.duckdb"
    if not path.exists():
        fresh = path.with_suffix(".new")
        shutil.copyfile(people_of(folder, count), fresh)
        spend([sys.executable, HERE / "later.py", fresh, MEMORY, "built"])
        fresh.rename(path)
    return path
