"""The parts of a KPI: aggregates over rows and figures of other KPIs, added up and scaled; and formulas over parts.

An aggregate is one of four kinds, and everything a KPI counts is made of them:

    count        how many rows meet a condition           count(*), count_if(c), count(x)
    sum          an amount over the rows that meet one    sum(x) filter (where c)
    distinct     how many different values                count(distinct x)
    percentile   a value that a share of rows stays under quantile_cont(x, 0.9)

Counts and sums are additive: a total is the sum of its cuts. The others are taken anew over all rows of a total.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from sqlglot import exp

from omnictl.errors import did_you_mean
from omnictl.glossary.address import parse_address
from omnictl.glossary.expressions import Fault, constant, position, spelled
from omnictl.glossary.guard import RowGuard
from omnictl.glossary.scope import Scope

AggregateKind = Literal["count", "sum", "distinct", "percentile"]
PARENT_ID, PARENT_SOURCE = "parent_id", "parent_source"  # which other contact a row belongs to
ADDITIVE = ("count", "sum")
SUGGESTED: dict[type[exp.Expression], str] = {
    exp.Avg: "rollup `mean`, with numerator: sum(x) and denominator: count(*)",
    exp.Median: "quantile_cont(x, 0.5)",
    exp.Min: "quantile_cont(x, 0)",
    exp.Max: "quantile_cont(x, 1)",
}


@dataclass(frozen=True)
class Aggregate:
    """One figure over rows.

    Attributes:
        argument: what is summed, told apart or ranked; None for counts.
        condition: which rows it is about; None for all.
        share: of a percentile, from 0 to 1.
    """

    kind: AggregateKind
    argument: exp.Expression | None = None
    condition: exp.Expression | None = None
    share: Decimal | None = None


@dataclass(frozen=True)
class Part:
    """A part as a tree whose placeholders `a0, a1 …` are aggregates and `k0, k1 …` figures of other KPIs."""

    tree: exp.Expression
    aggregates: tuple[Aggregate, ...] = ()
    kpis: tuple[str, ...] = ()


ROWS = Part(exp.Placeholder(this="a0"), (Aggregate("count"),))  # how many rows there are


@dataclass
class PartGuard:
    """Rebuilds a part. Faults go to the scope, as with expressions over one row."""

    scope: Scope
    aggregates: list[Aggregate] = field(default_factory=list)
    kpis: list[tuple[str, Fault]] = field(default_factory=list)  # with the fault to tell when there is none

    def part(self, node: exp.Expression) -> Part:
        tree = self._sum(node)
        if not self.aggregates and not self.kpis and not self.scope.faults:
            self._fault("no-aggregate", "a figure is needed: count_if(…), sum(…), count(*), kpi(…)", node)
        if self.aggregates and self.kpis:
            self._fault(
                "kpi-and-columns", "kpi() and columns do not mix in one part", node, "make the columns a KPI too"
            )
        return Part(tree, tuple(self.aggregates), tuple(address for address, _ in self.kpis))

    def _fault(self, code: str, message: str, node: exp.Expression, hint: str = "") -> exp.Expression:
        offset, width = position(node)
        self.scope.faults.append(Fault(code, message, offset, width, hint))
        return exp.null()

    def _sum(self, node: exp.Expression) -> exp.Expression:
        """Aggregates and kpi(), added, subtracted, and multiplied or divided by plain numbers."""
        if isinstance(node, exp.Paren):
            return exp.Paren(this=self._sum(node.this))
        if isinstance(node, exp.Neg):
            return exp.Neg(this=self._sum(node.this))
        if isinstance(node, (exp.Add, exp.Sub)):
            return type(node)(this=self._sum(node.this), expression=self._sum(node.expression))
        if isinstance(node, (exp.Mul, exp.Div)):
            return self._scaled(node)
        if isinstance(node, (exp.Literal, exp.Placeholder)):
            return RowGuard(self.scope).one_number(node, "a figure")
        if isinstance(node, exp.Anonymous) and str(node.this).casefold() == "kpi":
            return self._kpi(node)
        return self._aggregate(node)

    def _scaled(self, node: exp.Expression) -> exp.Expression:
        left, right = node.this, node.args["expression"]
        if isinstance(node, exp.Mul) and _is_constant(left):
            left, right = right, left
        if not _is_constant(right):
            what = "divides by" if isinstance(node, exp.Div) else "multiplies"
            hint = "numerator: and denominator: are divided last, also in totals"
            return self._fault("not-additive", f"a part {what} plain numbers only", node, hint)
        number = RowGuard(self.scope).one_number(right, "a figure")
        if isinstance(node, exp.Mul):
            return exp.Mul(this=self._sum(left), expression=number)
        if constant(number) == 0:
            return self._fault("division-by-zero", "a division by zero has no value", node)
        return exp.Div(this=exp.cast(self._sum(left), exp.DType.DOUBLE), expression=number)

    def _kpi(self, node: exp.Anonymous) -> exp.Expression:
        argument = node.expressions[0] if len(node.expressions) == 1 else None
        address = argument.name if isinstance(argument, (exp.Column, exp.Literal)) else ""
        if parse_address(address) is None:
            hint = "kpi(calls_offered), or kpi('service_level@v5') with a variant"
            return self._fault("unknown-kpi", "kpi() takes the name of a KPI", node, hint)
        offset, width = position(argument or node)
        self.kpis.append((address, Fault("unknown-kpi", f"there is no KPI `{address}`", offset, width)))
        return exp.Placeholder(this=f"k{len(self.kpis) - 1}")

    def _aggregate(self, node: exp.Expression) -> exp.Expression:
        condition = None
        if isinstance(node, exp.Filter):
            where = node.args.get("expression")
            if not isinstance(where, exp.Where):
                return self._fault("not-accepted", "filter (where …) is expected", node)
            condition = RowGuard(self.scope).condition(where.this)
            node = node.this
        found = self._counted(node, condition) or self._measured(node, condition)
        if found is None:
            return self._refused(node)
        self.aggregates.append(found)
        return exp.Placeholder(this=f"a{len(self.aggregates) - 1}")

    def _counted(self, node: exp.Expression, condition: exp.Expression | None) -> Aggregate | None:
        rows = RowGuard(self.scope)
        if isinstance(node, exp.CountIf) and not isinstance(node.this, exp.Distinct):
            return Aggregate("count", condition=both(condition, rows.condition(node.this)))
        if not isinstance(node, exp.Count) or node.expressions:
            return None
        if node.this is None or isinstance(node.this, exp.Star):
            return Aggregate("count", condition=condition)
        if isinstance(node.this, exp.Distinct):
            if len(node.this.expressions) != 1 or node.this.args.get("on"):
                self._fault("not-accepted", "count(distinct …) takes one expression", node)
                return Aggregate("distinct", exp.null())
            return Aggregate("distinct", self._told_apart(rows.row(node.this.expressions[0]).node), condition)
        filled = exp.Not(this=exp.Is(this=exp.Paren(this=rows.row(node.this).node), expression=exp.null()))
        return Aggregate("count", condition=both(condition, filled))

    def _told_apart(self, node: exp.Expression) -> exp.Expression:
        """The value; of an id with what it is unique in, for two sources may give the same id to different things."""
        reach = self.scope.reach
        relation = reach.relation if reach is not None else None
        if isinstance(node, exp.Coalesce):
            this, *others = (self._told_apart(each) for each in (node.this, *node.expressions))
            return exp.Coalesce(this=this, expressions=others)
        if relation is None or not isinstance(node, exp.Column) or node.table:
            return node
        owner_source, owner = relation.owner or ("", "")
        above: dict[str, tuple[str, ...]] = {name: ("source",) for name in relation.key if name.endswith("_id")}
        above |= {owner: (owner_source,), "part_id": ("source", owner)}  # a part is one within its interaction
        places: list[exp.Expression] = [exp.column(name) for name in above.get(node.name, ())]
        if node.name == PARENT_ID and relation.column(PARENT_SOURCE) is not None:
            places = [exp.Coalesce(this=exp.column(PARENT_SOURCE), expressions=[exp.column("source")])]
        found: exp.Expression = node
        for place in reversed(places):
            slash = exp.DPipe(this=place, expression=exp.Literal.string("/"), safe=True)
            found = exp.DPipe(this=slash, expression=found, safe=True)
        return found

    def _measured(self, node: exp.Expression, condition: exp.Expression | None) -> Aggregate | None:
        rows = RowGuard(self.scope)
        if isinstance(node, exp.Sum) and not isinstance(node.this, exp.Distinct):
            return Aggregate("sum", rows.of_kind(node.this, "number", "sum"), condition)
        if isinstance(node, exp.PercentileCont) and isinstance(node.expression, (exp.Literal, exp.Placeholder)):
            argument, share = node.this, node.expression
        elif isinstance(node, exp.WithinGroup) and isinstance(node.this, exp.PercentileCont):
            order = node.args.get("expression")
            ordered = order.expressions if isinstance(order, exp.Order) else []
            if len(ordered) != 1 or node.this.expression is not None or ordered[0].args.get("desc"):
                return None
            argument, share = ordered[0].this, node.this.this
        else:
            return None
        known = len(self.scope.faults)
        value = constant(rows.one_number(share, "a percentile"))
        if len(self.scope.faults) == known and (value is None or not 0 <= value <= 1):
            self._fault("wrong-percentile", "the share of a percentile lies between 0 and 1", node, "0.9 is the 90th")
        return Aggregate("percentile", rows.of_kind(argument, "number", "a percentile"), condition, value)

    def _refused(self, node: exp.Expression) -> exp.Expression:
        if isinstance(node, exp.Column):
            hint = "sum(…), count_if(…) or count(distinct …) makes one figure of many rows"
            return self._fault("column-outside-aggregate", f"column `{node.name}` has one value per row", node, hint)
        hint = SUGGESTED.get(
            type(node), "count_if(…), sum(…), count(*), count(distinct …), quantile_cont(x, 0.9), kpi(…)"
        )
        return self._fault("not-accepted", f"{spelled(node)} is not accepted here", node, hint)


def read_formula(node: exp.Expression, parts: Collection[str], scope: Scope) -> exp.Expression:
    """Rebuild a formula over named parts, whose names become placeholders. A division by zero is NULL."""
    if isinstance(node, exp.Column) and not node.args.get("table"):
        if node.name in parts:
            return exp.Placeholder(this=node.name)
        offset, width = position(node)
        hint = did_you_mean(node.name, parts)
        scope.faults.append(Fault("unknown-part", f"there is no part `{node.name}`", offset, width, hint))
        return exp.null()
    if isinstance(node, (exp.Literal, exp.Placeholder)):
        return RowGuard(scope).one_number(node, "a formula")
    if isinstance(node, (exp.Paren, exp.Neg, exp.Abs)):
        return type(node)(this=read_formula(node.this, parts, scope))
    if isinstance(node, (exp.Add, exp.Sub, exp.Mul)):
        return type(node)(
            this=read_formula(node.this, parts, scope), expression=read_formula(node.args["expression"], parts, scope)
        )
    if isinstance(node, exp.Round) and node.args.get("decimals") is None:
        return exp.Round(this=read_formula(node.this, parts, scope))
    if isinstance(node, exp.Div):
        above = read_formula(node.this, parts, scope)
        return divided(above, read_formula(node.args["expression"], parts, scope))
    offset, width = position(node)
    message = f"{spelled(node)} is not accepted in a formula"
    scope.faults.append(Fault("not-accepted", message, offset, width, "parts, numbers, + - * /, abs and round"))
    return exp.null()


def divided(above: exp.Expression, below: exp.Expression) -> exp.Expression:
    """The one division of KPIs: a double, NULL where the divisor is zero or NULL."""
    divisor = exp.Nullif(this=exp.cast(below, exp.DType.DOUBLE), expression=exp.Literal.number(0))
    return exp.Div(this=exp.cast(above, exp.DType.DOUBLE), expression=divisor)


def both(one: exp.Expression | None, other: exp.Expression | None) -> exp.Expression | None:
    """Two conditions that must both hold; None holds always."""
    if one is None or other is None:
        return one if other is None else other
    return exp.And(this=bracketed(one), expression=bracketed(other))


def conjuncts(tree: exp.Expression | None) -> Iterator[exp.Expression]:
    """The conditions that a condition joins by `and`."""
    if isinstance(tree, exp.And):
        yield from conjuncts(tree.this)
        yield from conjuncts(tree.expression)
    elif isinstance(tree, exp.Paren) and isinstance(tree.this, exp.And):
        yield from conjuncts(tree.this)
    elif tree is not None:
        yield tree


def bracketed(node: exp.Expression) -> exp.Expression:
    """The node with brackets where `and` would tear it apart."""
    return exp.Paren(this=node) if isinstance(node, exp.Or) else node


def channel_in(channel: exp.Expression, names: tuple[str, ...]) -> exp.Expression:
    """Whether a channel is one of some."""
    literals: list[exp.Expression] = [exp.Literal.string(name) for name in names]
    if len(literals) == 1:
        return exp.EQ(this=channel, expression=literals[0])
    return exp.In(this=channel, expressions=literals)


def _is_constant(node: exp.Expression) -> bool:
    if isinstance(node, (exp.Paren, exp.Neg)):
        return _is_constant(node.this)
    return isinstance(node, (exp.Literal, exp.Placeholder))
