"""Whether a declared roll-up fits what is counted. A formula that contradicts it would give wrong totals: the sum of a
distinct count counts twice what is in two cuts, the mean of a ratio weighs a small cut like a large one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlglot import exp

from omnictl.glossary.expressions import Fault
from omnictl.glossary.kpi import Rollup
from omnictl.glossary.parts import ADDITIVE, AggregateKind, Part

LEVELS = {"base": frozenset({"active"})}  # columns that say how much there is, not how much came, by relation


def check_parts(rollup: Rollup, name: str, part: Part, parts: Mapping[str, Part]) -> Iterator[Fault]:
    """The faults of one part of a KPI.

    Args:
        name: the part's.
        parts: all parts of the same branch.
    """
    kinds = {aggregate.kind for aggregate in part.aggregates}
    if rollup == "stock":
        if len(part.aggregates) != 1 or not kinds <= set(ADDITIVE) or not isinstance(part.tree, exp.Placeholder):
            message = "rollup `stock` is one sum(…) or one count, and nothing else"
            yield Fault("rollup-contradicts", message, hint="what adds up over segments at one instant")
        return
    if rollup in ("distinct", "percentile"):
        if kinds != {rollup} or not isinstance(part.tree, exp.Placeholder):
            wanted = "count(distinct …)" if rollup == "distinct" else "quantile_cont(x, 0.9)"
            yield Fault("rollup-contradicts", f"rollup `{rollup}` is one {wanted} and nothing else")
        return
    if rollup == "index":
        return
    if "percentile" in kinds:
        message = f"a percentile cannot be part of rollup `{rollup}`: percentiles of cuts do not make that of the whole"
        yield Fault("rollup-contradicts", message, hint="rollup: percentile")
    if rollup == "sum" and "distinct" in kinds:
        message = "a distinct count does not add up: what is in two cuts would count twice"
        yield Fault("rollup-contradicts", message, hint="rollup: distinct")
    if rollup == "mean":
        if name == "numerator" and "sum" not in kinds and part.aggregates:
            message = "the numerator of a mean is a sum: this one counts"
            yield Fault("rollup-contradicts", message, hint="rollup: share, or ratio")
        if name == "denominator" and "sum" in kinds:
            message = "the denominator of a mean is a count: this one sums"
            yield Fault("rollup-contradicts", message, hint="rollup: ratio")
    if rollup == "share" and name == "numerator":
        below = parts.get("denominator")
        if below is not None and ("sum" in kinds) != any(each.kind == "sum" for each in below.aggregates):
            message = "a share has the same thing above and below: one side sums, the other counts"
            yield Fault("rollup-contradicts", message, hint="rollup: mean, or ratio")


@dataclass(frozen=True)
class OneFigure:
    """What one branch makes of a figure that is taken over all channels together."""

    relation: str
    daily: bool
    kind: AggregateKind
    share: Decimal | None


def check_one_figure(rollup: Rollup, branches: Sequence[OneFigure]) -> Iterator[str]:
    """Why branches cannot be one figure."""
    if len({each.relation for each in branches}) > 1:
        yield f"a {rollup} figure is taken over the rows of one relation"
    if len({each.share for each in branches}) > 1:
        yield "one percentile is taken over all channels: its share cannot differ"
    if len({(each.kind, each.daily) for each in branches}) > 1:
        yield f"a {rollup} figure is taken of the same on all channels, and at the same kind of time"


def sums_a_level(part: Part, relation: str) -> bool:
    """Whether a part adds up what holds at an instant. As a sum it would add it up over periods."""
    levels = LEVELS.get(relation, frozenset())
    arguments = [aggregate.argument for aggregate in part.aggregates if aggregate.argument is not None]
    return any(column.name in levels for argument in arguments for column in argument.find_all(exp.Column))


def check_composition(rollup: Rollup, other: Rollup, name: str) -> str:
    """Why a KPI of one roll-up cannot be made of a KPI of another; '' when it can."""
    if rollup == "stock":
        return "rollup `stock` is taken over rows: kpi() cannot stand in it"
    if rollup == "index" or other == "sum" or (other == "distinct" and rollup in ("share", "ratio", "mean")):
        return ""
    if rollup in ("distinct", "percentile"):
        return f"rollup `{rollup}` is taken over rows: kpi() cannot stand in it"
    if other == "stock":
        return "" if rollup != "sum" else f"`{name}` is a stock: it does not add up over periods"
    verb = "add up" if rollup == "sum" else "divide"
    return f"`{name}` is a {other}: rollup `{rollup}` would {verb} figures that only their own parts can total"
