"""`link` beside one written for a file with a column per kind of identifier: what generality costs."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.children import floor, spend
from benchmarks.link import HERE, MILLION, people_of
from benchmarks.pairs import Measure, compare

KINDS = ("customer_id", "email", "token", "cookie", "phone")
WIDE = """
copy (
    with seen as (
        select source, owner_id as interaction_id, {columns} from identifiers where kind in {kinds} group by all
    )
    select source || '/' || interaction_id as interaction_id, {agreed}
    from interactions i left join seen using (source, interaction_id)
) to '{file}'
"""


def link_wide(folder: Path, rows: int, pairs: int) -> Iterator[Measure]:
    """One million interactions, and as many as asked for. Both write whom each interaction belongs to; the floor knows
    neither busy values nor owners, follows no order of kinds and names nobody after their earliest contact."""
    for count in sorted({min(rows, MILLION), rows}):
        store, wide = people_of(folder, count), folder / f"wide-{count}.parquet"
        if not wide.exists():
            columns = ", ".join(f"any_value(value) filter (kind = '{kind}') as {kind}" for kind in KINDS)
            agreed = ", ".join(f"case when i.kind <> 'visit' or consent then {kind} end as {kind}" for kind in KINDS)
            statement = WIDE.format(columns=columns, kinds=KINDS, agreed=agreed, file=wide)
            spend([sys.executable, "-c", f"import duckdb; duckdb.connect({str(store)!r}).execute({statement!r})"])
        memory = f"{max(200, count // 5_000)}MB"
        yield compare(
            f"link, {count:,} interactions, against wide columns",
            [sys.executable, HERE / "link_alone.py", store, memory],
            floor("link_wide.py", wide, folder / "by-hand-wide.duckdb", memory),
            pairs=max(3, pairs) if count <= MILLION else 1,
            against="one file, column per kind",
            target=2,
        )
