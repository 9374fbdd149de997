"""What definitions cost before any data is read: checking a glossary, and compiling a question about KPIs."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from benchmarks.children import floor, omnictl, spend
from benchmarks.generated import generate
from benchmarks.pairs import Measure, compare

COUNTS = (250, 500, 1000)
COMPILED = "service_level"


def check(folder: Path, rows: int, pairs: int) -> Iterator[Measure]:
    """`kpi check` of the shipped glossary, in a process of its own."""
    nowhere = folder / "nowhere"
    nowhere.mkdir(exist_ok=True)
    times = [spend(omnictl("kpi", "check", workspace=nowhere)).cpu_s for _ in range(max(pairs, 5))]
    yield Measure(
        "kpi check, shipped glossary", statistics.median(times), min(times), max(times), "s", len(times), "", 1.5
    )


def check_many(folder: Path, rows: int, pairs: int) -> Iterator[Measure]:
    """`kpi check` of generated glossaries beside the shipped one: the time, and how it grows from the first to the
    last. A check that grows with the square of the KPIs would quadruple at each doubling."""
    spent = []
    for count in COUNTS:
        workspace = folder / f"glossary-{count}"
        generate(workspace / "kpis", count)
        (workspace / "omnictl.yml").write_text("timezone: UTC\nglossary: [kpis/]\n", encoding="utf-8")
        command = omnictl("kpi", "check", workspace=workspace)
        spent.append(min(spend(command).cpu_s for _ in range(2)))
    target = 15 * COUNTS[-1] / 1000
    yield Measure.once(f"kpi check, {COUNTS[-1]:,} generated KPIs", spent[-1], "s", against="", target=target)
    each = [seconds / count for seconds, count in zip(spent, COUNTS, strict=True)]
    name = f"kpi check, a KPI of {COUNTS[-1]:,} beside one of {COUNTS[0]}"
    yield Measure.once(name, each[-1] / each[0], "x", against="itself", target=1.2)


def compile_(folder: Path, rows: int, pairs: int) -> Iterator[Measure]:
    """`kpi compile` of one KPI in a process of its own (cold), and of all shipped ones one by one in a process that
    has done so before (warm)."""
    nothing = [sys.executable, "-c", "pass"]
    nowhere = folder / "nowhere"
    nowhere.mkdir(exist_ok=True)
    beside = partial(compare, pairs=max(pairs, 21), against="python -c pass")
    yield beside("kpi compile, cold", omnictl("kpi", "compile", COMPILED, "-q", workspace=nowhere), nothing, target=20)
    times = [float(spend(floor("compile_warm.py")).output) for _ in range(max(pairs, 5))]
    yield Measure("kpi compile, warm, a KPI", statistics.median(times), min(times), max(times), "ms", len(times), "", 5)
