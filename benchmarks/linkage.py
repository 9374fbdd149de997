"""How well people are linked, where the truth is known: the demo's, that its generator wrote beside the exports."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.children import omnictl, spend
from benchmarks.pairs import Measure

HERE = Path(__file__).parent
INTERACTIONS = 100_000
END = "2026-11-20"
GUARDED, UNGUARDED = "with guards", "guards off"


def linkage(folder: Path, rows: int, pairs: int) -> Iterator[Measure]:
    """Of two interactions linked to one person, how often they are one customer's (precision), and of two of one
    customer, how often they are linked (recall): with the guards of the demo's omnictl.yml, and without any."""
    count = min(rows, INTERACTIONS)
    demo = folder / f"demo-{count}"
    if not demo.exists():
        spend(omnictl("demo", demo, "--interactions", str(count), "--end", END))
    found = json.loads(spend([sys.executable, HERE / "linked_pairs.py", demo]).output)
    guarded, unguarded = found[GUARDED], found[UNGUARDED]
    yield _share(f"precision of link, {GUARDED}", guarded["precision"], unguarded["precision"], 0.95)
    yield _share(f"recall of link, {GUARDED}", guarded["recall"], unguarded["recall"], 0.35)


def _share(name: str, value: float, without: float, least: float) -> Measure:
    against = f"{100 * without:.1f} % with {UNGUARDED}"
    return Measure.once(name, 100 * value, "%", against=against, target=100 * least, at_least=True)
