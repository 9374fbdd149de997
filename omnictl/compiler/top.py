"""The largest cuts of an answer. The others are left out, and said to be; totals hold all of them.

How large a cut is, is told by the first KPI: by its value where that counts, and by the rows it judges where it is a
share, a mean or a score. Over several buckets these are added up, so that every bucket has the same cuts.
"""

from __future__ import annotations

from typing import Any

from omnictl.compiler.cells import CUT, Cells, ordered
from omnictl.compiler.plan import PlannedKpi

COUNTING = ("sum", "distinct", "stock")


def keep_largest(cells: Cells, kpi: PlannedKpi, most: int) -> list[str]:
    """Leave out all cuts but the largest; what to say of it. Cuts of one size stand in the order of the answer."""
    measure = "value" if kpi.rollup in COUNTING else "n"
    sizes: dict[tuple[Any, ...], float] = {}
    for each in cells:
        if each.level == CUT:
            sizes[each.cuts] = sizes.get(each.cuts, 0.0) + float(each.kpis[0].get(measure) or 0)
    largest = sorted(sizes, key=lambda cuts: (-sizes[cuts], [ordered(cut) for cut in cuts]))[:most]
    kept = set(largest)
    cells.keep([each for each in cells if each.level != CUT or each.cuts in kept])
    told = f"value of {kpi.name}" if measure == "value" else f"rows judged by {kpi.name}"
    if len(sizes) <= most:
        return []
    others = len(sizes) - most
    return [f"the {most} largest of {len(sizes)} cuts by {told}; {others} left out, which totals hold"]
