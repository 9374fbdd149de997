"""A stock's meaning as figures: what stands open, or is stated, at the end of a bucket, on average, at its peak.

Rows that end before they begin say nothing reliable and are unknown, like those whose beginning is unknown.
"""

from __future__ import annotations

from sqlglot import exp

from omnictl.compiler.catalog import Catalog
from omnictl.compiler.figures import (
    NOTHING,
    Figures,
    Judged,
    deciding,
    flag_of,
    measure_of,
    nullness_of,
    required_of,
    seen_flag,
)
from omnictl.compiler.measured import on_measured
from omnictl.compiler.nulls import can_be_null
from omnictl.compiler.reads import Read
from omnictl.compiler.scan import Measure
from omnictl.compiler.stock import Kind, Stock
from omnictl.glossary.kpi import OverTime
from omnictl.glossary.meaning import Branch
from omnictl.glossary.parts import conjuncts

KINDS: dict[OverTime, Kind] = {"last": "e", "mean": "m", "max": "p"}


def judge_stock(branch: Branch, over_time: OverTime, read: Read, figures: Figures, catalog: Catalog) -> Judged:
    """Ask a branch's one part of its stock.

    Of what stands at the end, the rows judged are those that stand there; of a mean or a peak, all that stood at some
    moment of the bucket.
    """
    stock = read.scan
    assert isinstance(stock, Stock)
    nullness = nullness_of(branch, catalog)
    conditions = list(conjuncts(branch.where))
    required = list(required_of(branch, conditions, nullness))
    required += on_measured(branch, conditions, deciding(branch), catalog)
    if branch.until is not None:
        required.append(_not_before(branch.at, branch.until))
    flag = flag_of(stock, [*conditions, *required])
    (part,) = branch.parts.values()
    (aggregate,) = part.aggregates
    unsure = bool(required) or (branch.where is not None and can_be_null(branch.where, nullness))

    def of(kind: Kind, measure: Measure) -> exp.Expression:
        return figures.spread(figures.of_stock(stock, kind, measure), read.kept)

    seen = Measure("count", seen_flag(stock, conditions) if unsure else flag)
    of("a", seen)  # without it, which cuts there are would not be known
    count = Measure("count", flag)

    def judged() -> exp.Expression:
        return of("e" if over_time == "last" else "a", count)

    def unknown() -> exp.Expression:
        return exp.Paren(this=exp.Sub(this=of("a", seen), expression=of("a", count))) if unsure else NOTHING.copy()

    value = of(KINDS[over_time], measure_of(aggregate, stock, flag))
    if branch.stock == "level":
        value = exp.Case(ifs=[exp.If(this=exp.GT(this=judged(), expression=NOTHING.copy()), true=value)])
    return Judged(dict.fromkeys(branch.parts, value), judged, unknown)


def _not_before(begins: exp.Expression, ends: exp.Expression) -> exp.Expression:
    """It does not end before it begins, or has not ended."""
    still = exp.Is(this=ends.copy(), expression=exp.null())
    return exp.Paren(this=exp.Or(this=still, expression=exp.GTE(this=ends.copy(), expression=begins.copy())))
