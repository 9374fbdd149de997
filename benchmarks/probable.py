"""Probable links: how right they are on generated people and on the demo, where the truth is known, what they cost,
and Splink beside them on the same visits when it is installed."""

from __future__ import annotations

import importlib.util
import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.children import floor, omnictl, spend
from benchmarks.link import people_of
from benchmarks.linkage import END, INTERACTIONS
from benchmarks.pairs import Measure

HERE = Path(__file__).parent
MILLION = 1_000_000
PRECISION = 0.95  # of candidates from 0.5 on
SECONDS = 0.5  # of CPU, for 100,000 visits and contacts without a person


def probable(folder: Path, rows: int, pairs: int) -> Iterator[Measure]:
    """Precision and recall from 0.5 and from 0.9 on, calibration and cost: of generated people, then of the demo."""
    count = min(rows, MILLION)
    store = folder / f"people-probable-{count}.duckdb"
    if not store.exists():
        shutil.copyfile(people_of(folder, count), store)
        spend([sys.executable, HERE / "link_alone.py", store, "2GB"])
    name = f"{count:,} interactions"
    found = json.loads(spend([sys.executable, HERE / "probable_alone.py", store]).output)
    yield from _quality(found["visit"], f"visits of {name}", _splink(store))
    yield from _calls(found["contact"], name)
    cost = found["cpu_s"] / found["records"] * 100_000
    against = f"{found['cpu_s']:.1f} s in all"
    yield Measure.once(f"candidates of {name}, CPU for 100,000", cost, "s", against=against, target=SECONDS)
    demo = folder / f"demo-{min(rows, INTERACTIONS)}"
    if not demo.exists():
        spend(omnictl("demo", demo, "--interactions", str(min(rows, INTERACTIONS)), "--end", END))
    copied = folder / f"{demo.name}-probable.duckdb"
    shutil.copyfile(demo / ".omnictl" / "store.work.duckdb", copied)
    found = json.loads(spend([sys.executable, HERE / "probable_alone.py", copied, demo]).output)
    yield from _quality(found["visit"], "visits of the demo", {})


def _quality(found: dict[str, float | None], name: str, theirs: dict[str, float]) -> Iterator[Measure]:
    installed = importlib.util.find_spec("splink") is not None
    for percent in ("50", "90"):
        precision, recall = found[f"precision_{percent}"], found[f"recall_{percent}"] or 0
        beside = "truth"
        if theirs:
            beside = (
                f"Splink {100 * theirs[f'precision_{percent}']:.1f} %, {100 * theirs[f'recall_{percent}']:.1f} % found"
            )
            beside += f", {theirs['cpu_s']:.1f} CPU s"
        elif not installed:
            beside = "Splink is not installed"
        told = f"precision from 0.{percent[0]}, {name} ({100 * recall:.1f} % found)"
        share = 100 * (precision or 0)
        yield Measure.once(told, share, "%", against=beside, target=100 * PRECISION, at_least=True)
    error = 100 * (found["calibration_error"] or 0)
    yield Measure.once(f"calibration error, {name}", error, "%", against="truth", target=5)


def _calls(found: dict[str, float | None], name: str) -> Iterator[Measure]:
    """Calls without a number: time and intent say little about who calls, and must not say more than they do."""
    error = 100 * (found["calibration_error"] or 0)
    yield Measure.once(f"calibration error, contacts of {name}", error, "%", against="truth", target=10)


def _splink(store: Path) -> dict[str, float]:
    if importlib.util.find_spec("splink") is None:
        return {}
    found: dict[str, float] = json.loads(spend(floor("splink_visits.py", store)).output)
    return found
