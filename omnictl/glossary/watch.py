"""What the person did next, or before: how a window is told of a judged row, and what must be seen of it first.

What the store knows of the other interaction stands in followups, by family, and is joined to the judged row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlglot import exp

from omnictl.glossary.expressions import number_node
from omnictl.glossary.scope import FOLLOWUP, KNOWN, Scope
from omnictl.glossary.window import Window
from omnictl.relations.families import FAMILIES


@dataclass(frozen=True)
class Watch:
    """What must be seen of a row before it is judged.

    Attributes:
        identified: whether it has a person; None where that is not asked.
        mature: whether all that will be judged lies inside the data; None when it is taken as it is seen.
        families: those whose whole window must be observed.
    """

    identified: exp.Expression | None
    mature: exp.Expression | None
    families: tuple[str, ...] = ()


def inside(window: Window, family: str) -> exp.Expression:
    """Whether the family's other exists and lies in the window: true or false, never NULL."""
    measured, limit = _limit(window, family, "days", "gap_s")
    test = exp.LTE(this=measured, expression=limit)
    return exp.Coalesce(this=test, expressions=[exp.Boolean(this=False)])


def observed(window: Window, family: str) -> exp.Expression:
    """Whether the whole window lies inside the data; NULL where a row is followed by nothing on principle."""
    measured, limit = _limit(window, family, "observed_days", "observed_s")
    return exp.GTE(this=measured, expression=limit)


def cut_off(window: Window, family: str, column: str) -> exp.Expression:
    """A column of the other, NULL outside the window."""
    value = exp.column(column, table=FOLLOWUP)
    return exp.Case(ifs=[exp.If(this=inside(window, family), true=value)])


def _limit(window: Window, family: str, days: str, duration: str) -> tuple[exp.Expression, exp.Expression]:
    limit = Decimal(window.days) if window.days is not None else window.seconds or Decimal(0)
    name = f"{family}_{days if window.days is not None else duration}"
    return exp.column(name, table=FOLLOWUP), number_node(limit)


def family_of(column: str) -> tuple[str, str] | None:
    """The family and the rest of the name of a column of followups; None for its other columns."""
    return _COLUMNS.get(column.casefold())


def watch_of(scope: Scope, window: Window) -> Watch:
    """What must be seen of the rows that expressions were read over: each family named without `as_seen`, and each of
    which columns alone are named."""
    named = scope.families | (scope.shown - scope.as_seen)
    families = tuple(family for family in FAMILIES if family in named)
    mature: exp.Expression | None = None
    for family in families:
        seen = observed(window, family)
        mature = seen if mature is None else exp.And(this=mature, expression=seen)
    missing = exp.Is(this=exp.column("person_id", table=FOLLOWUP), expression=exp.null())
    return Watch(exp.Not(this=missing), mature, families)


def followed_for(time: exp.Expression, seconds: exp.Expression) -> exp.Expression:
    """Whether so long after a time lies inside the data of the row's source. One that is retired is complete."""
    retired = exp.Not(this=exp.Is(this=exp.column("until", table=KNOWN), expression=exp.null()))
    endless = exp.Is(this=exp.column("watermark", table=KNOWN), expression=exp.null())
    passed = exp.DateDiff(
        this=exp.column("watermark", table=KNOWN), expression=time, unit=exp.var("SECOND"), date_part_boundary=True
    )
    long_enough = exp.GTE(this=passed, expression=seconds)
    return exp.Paren(this=exp.Or(this=exp.Or(this=retired, expression=endless), expression=long_enough))


def with_followed(
    watch: Watch | None, conditions: Sequence[exp.Expression]
) -> tuple[Watch | None, list[exp.Expression]]:
    """A watch that also waits until rows are followed for as long as the conditions say; and the other conditions."""
    waiting = [each for each in conditions if any(column.table == KNOWN for column in each.find_all(exp.Column))]
    if not waiting:
        return watch, list(conditions)
    mature = watch.mature if watch is not None else None
    for each in waiting:
        mature = each if mature is None else exp.And(this=mature, expression=each)
    rest = [each for each in conditions if each not in waiting]
    return Watch(watch.identified if watch else None, mature, watch.families if watch else ()), rest


def closed_watch(conditions: Sequence[exp.Expression]) -> tuple[Watch | None, list[exp.Expression]]:
    """Of needs, `closed` says that the whole silence after them is observed: that is their maturity. The watch it
    makes, and the other conditions."""

    def closed(each: exp.Expression) -> bool:
        return isinstance(each, exp.Column) and each.name == "closed" and not each.table

    rest = [each for each in conditions if not closed(each)]
    return (Watch(None, exp.column("closed")) if len(rest) < len(conditions) else None), rest


def _columns() -> Mapping[str, tuple[str, str]]:
    found = {}
    for family in FAMILIES.values():
        for rest in ("key", "gap_s", "days", "overlap", "observed_s", "observed_days", *family.shown):
            found[f"{family.name}_{rest}"] = (family.name, rest)
    return found


_COLUMNS = _columns()
