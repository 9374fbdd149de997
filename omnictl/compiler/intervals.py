"""How the interval of a KPI is worked out, or why it has none; and the intervals of an answer's rows. The methods:

wilson       a share of rows: from its two counts, nothing else is read
clustered    a share within a window: the contacts of one person are no independent rows
linear       a mean, a ratio of sums or a score over rows: from sums of squares
people       the same within a window, by person
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from omnictl.compiler.cells import Cells, Key
from omnictl.statistics import Moments, clustered_share, linearised, wilson

if TYPE_CHECKING:
    from collections.abc import Sequence

    from omnictl.compiler.plan import PlannedKpi

METHODS = ("wilson", "clustered", "linear", "people")
SECOND = ("clustered", "linear", "people")  # methods that need sums of squares
BY_PERSON = ("clustered", "people")

COUNT = "a count of all there is has no sampling error"
PERCENTILE = "a percentile is told without one"
STOCK = "what stands at an instant is no sample"
SPREAD = "its denominator is not split like its numerator"
APART = "its parts are of different rows"
NO_SUMS = "its parts are not all counts or sums of rows"
NO_QUOTIENT = "it is no one division"
CHANCE = "which of its probable links hold is uncertain too, and no sampling error tells that"
STRETCHES = "its rows are stretches of time, and no sample"

TOLD = {
    "wilson": "95 % interval of Wilson (1927)",
    "clustered": "95 % interval of Wilson (1927), its rows counted for what they are worth by person",
    "linear": "95 % interval, linearised over rows",
    "people": "95 % interval, linearised over people",
}


def add_intervals(cells: Cells, kpis: Sequence[PlannedKpi], second: Mapping[Key, Mapping[str, Any]]) -> None:
    """Give every cell the ends of its intervals, in place.

    Args:
        second: by the key of a cell, the sums that the second SELECT gave (`k1_units`, `k1_aa` …).
    """
    for cell in cells:
        sums = second.get(cell.key, {})
        for number, kpi in enumerate(kpis, 1):
            figures = cell.kpis[number - 1]
            moments = _moments(sums, f"k{number}") if kpi.interval in SECOND else None
            ends = _ends(kpi.interval, figures, moments)
            figures["low"], figures["high"] = ends if ends is not None else (None, None)


def notes_of(kpis: Sequence[PlannedKpi]) -> list[str]:
    """How each interval is worked out, or why there is none."""
    found = []
    for kpi in kpis:
        if kpi.interval:
            told = TOLD.get(kpi.interval) or f"no interval: {kpi.interval}"
            found.append(f"{kpi.name}: {told}")
    return found


def _ends(method: str, figures: Mapping[str, Any], moments: Moments | None) -> tuple[float, float] | None:
    value, above, below = (figures.get(name) for name in ("value", "numerator", "denominator"))
    if method not in METHODS or value is None or above is None or not below:
        return None
    if method == "wilson":
        return wilson(float(above), float(below))
    if moments is None:
        return None
    if method == "clustered":
        return clustered_share(float(above), float(below), moments)
    return linearised(float(value), float(below), moments)


def _moments(sums: Mapping[str, Any], name: str) -> Moments | None:
    told = [sums.get(f"{name}_{each}") for each in ("aa", "ab", "bb")]
    if any(each is None for each in told):
        return None
    aa, ab, bb = (float(each) for each in told if each is not None)
    return Moments(int(sums.get(f"{name}_units") or 0), aa, ab, bb)
