"""The value that a parameter has in one row, where it changes on a day or differs by cut: a CASE over the row's own
time and columns. The first cut that fits decides; a row whose column is NULL fits none.

Days are local days of the zone: a value holds from the instant at which its day begins there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING

from sqlglot import exp

from omnictl.errors import did_you_mean
from omnictl.glossary.expressions import number_node
from omnictl.glossary.parameters import CHANNEL, Change, Cut, Parameter, number
from omnictl.glossary.reach import Named, Reach
from omnictl.zone import Zone

if TYPE_CHECKING:
    from omnictl.glossary.guard import RowGuard

TRUTHS = {"true": True, "false": False}


@dataclass(frozen=True)
class Moment:
    """What tells the day of a row. `at` is in UTC, or (`daily`) the midnight of a local day as if it were UTC."""

    at: exp.Expression
    daily: bool
    zone: Zone

    def reached(self, day: date) -> exp.Expression:
        """Whether the row's time lies on a local day or after it."""
        midnight = datetime.combine(day, time())
        start = midnight if self.daily else self.zone.to_utc(midnight)
        limit = exp.cast(exp.Literal.string(start.isoformat(sep=" ")), exp.DType.TIMESTAMP)
        return exp.GTE(this=self.at.copy(), expression=limit)


def value_in_row(guard: RowGuard, parameter: Parameter) -> exp.Expression:
    """The value of a parameter in a row, never NULL. Cuts that the relation does not have are left out: they are
    faults of their own (`faults_of_cuts`)."""
    channels = guard.scope.channels
    tests = []
    guard.lenient += 1  # a row whose column nothing fills takes the general value
    for cut in parameter.cuts:
        elsewhere = channels is not None and cut.key not in channels
        found = guard.scope.reach.find(cut.dimension) if guard.scope.reach is not None else None
        if (cut.dimension.casefold() == CHANNEL and elsewhere) or found is None or fault_of_cut(cut, found):
            continue
        column = guard.row(exp.column(found.column.name)).node
        test = exp.EQ(this=column, expression=_key(cut.key, found.kind))
        tests.append(exp.If(this=test, true=_over_time(guard, cut.value, cut.changes)))
    guard.lenient -= 1
    general = _over_time(guard, parameter.value, parameter.changes)
    return exp.Case(ifs=tests, default=general) if tests else general


def _over_time(guard: RowGuard, first: Decimal | str, changes: Sequence[Change]) -> exp.Expression:
    moment = guard.scope.moment
    if moment is None or not changes:
        return _node(first)
    later = [exp.If(this=moment.reached(each.since), true=_node(each.value)) for each in reversed(changes)]
    return exp.Case(ifs=later, default=_node(first))


def _node(value: Decimal | str) -> exp.Expression:
    return number_node(value) if isinstance(value, Decimal) else exp.Literal.string(value)


def _key(key: str, kind: str) -> exp.Expression:
    if kind == "boolean":
        return exp.Boolean(this=TRUTHS[key])
    amount = number(key) if kind == "number" else None
    return number_node(amount) if amount is not None else exp.Literal.string(key)


def faults_of_cuts(parameter: Parameter, reach: Reach) -> Iterator[tuple[Cut, str, str, str]]:
    """What is wrong with the cuts of a parameter over a relation: the cut, a code, a message, a hint."""
    for cut in parameter.cuts:
        found = reach.find(cut.dimension)
        if found is None:
            message = f"{reach.relation.name} has no column `{cut.dimension}`, by which `{parameter.name}` differs"
            yield cut, "unknown-dimension", message, did_you_mean(cut.dimension, reach.names())
        elif message := fault_of_cut(cut, found):
            yield cut, "wrong-kind", message, ""


def fault_of_cut(cut: Cut, found: Named) -> str:
    """Why the value of a parameter cannot differ by a column; '' when it can."""
    if found.relation == "followups" and not found.own:
        return f"`{cut.dimension}` is what followed: a parameter differs by what the row itself is"
    if found.kind in ("time", "date"):
        return f"`{cut.dimension}` is a {found.kind}: `changes` says what holds from a day on"
    if (found.kind == "boolean" and cut.key not in TRUTHS) or (found.kind == "number" and number(cut.key) is None):
        return f"`{cut.dimension}` is a {found.kind}: `{cut.key}` is none"
    return ""
