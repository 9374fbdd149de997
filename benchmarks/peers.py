"""What others need for parts of the same work: data frames for repeat contact, Splink for components.

They are no dependency of omnictl; `pip install -e '.[bench]'` brings them, and without them their lines are left out.
"""

from __future__ import annotations

import importlib.util
import statistics
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.children import FLOORS, Spent, floor, spend
from benchmarks.link import people_of
from benchmarks.pairs import Measure

MILLION = 1_000_000
FRAMES = ("pandas", "polars")
CONTACTS = """
copy (
    select hash(person_id) >> 1 as person, epoch(started_at)::bigint as at,
        epoch(coalesce(ended_at, started_at))::bigint as until, channel,
        row_number() over (order by source, interaction_id) as place
    from interactions join identities using (source, interaction_id)
    where person_id is not null and kind = 'contact' and direction = 'inbound' and excluded = ''
) to '{file}'
"""


class Different(Exception):
    """Two ways gave different figures: no ratio can be told."""


def repeat_peers(folder: Path, rows: int, pairs: int) -> Iterator[Measure]:
    """Who is followed within five windows, by any and by the same channel: data frames against windows in SQL.

    `build` finds this, and eleven more families, needs and levels beside it, once for all questions.
    """
    count = min(rows, MILLION)
    store, contacts = folder / f"people-known-{count}.duckdb", folder / f"contacts-known-{count}.parquet"
    if not contacts.exists():
        store.unlink(missing_ok=True)
        spend([sys.executable, FLOORS / "people.py", store, str(count)])
        code = f"import duckdb; duckdb.connect({str(store)!r}).execute({CONTACTS.format(file=contacts)!r})"
        spend([sys.executable, "-c", code])
    ours = _several(floor("repeat_peers.py", "duckdb", contacts), pairs)
    for name in FRAMES:
        if importlib.util.find_spec(name) is None:
            continue
        theirs = _several(floor("repeat_peers.py", name, contacts), pairs)
        yield _beside(f"repeat contact, windows in SQL, {count:,} interactions", ours, theirs, name)


def component_peers(folder: Path, rows: int, pairs: int) -> Iterator[Measure]:
    """Components of the same edges: Splink's clustering beside that of `link`."""
    if importlib.util.find_spec("splink") is None:
        return
    count = min(rows, MILLION)
    edges = folder / f"edges-{count}.parquet"
    if not edges.exists():
        spend(floor("edges.py", people_of(folder, count), edges))
    ours, theirs = (_several(floor(script, edges), pairs) for script in ("components.py", "splink_clusters.py"))
    yield _beside(f"components, {count:,} interactions", ours, theirs, "Splink")


def _several(command: Sequence[str | Path], pairs: int) -> list[Spent]:
    return [spend(command) for _ in range(max(3, pairs // 2))]


def _beside(name: str, ours: Sequence[Spent], theirs: Sequence[Spent], peer: str) -> Measure:
    """Ours as a share of theirs, and theirs in seconds.

    Raises:
        Different: the figures are not the same.
    """
    if (one := ours[0].output.split()) != (other := theirs[0].output.split()):
        raise Different(f"{name}: {one}, {peer} {other}")
    cost, peer_cost = (statistics.median(each.cpu_s for each in spent) for spent in (ours, theirs))
    return Measure.once(name, cost / peer_cost, "x", against=f"{peer}: {peer_cost:.2f} CPU s", target=1)
