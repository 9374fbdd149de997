"""The guard of expressions: SQL text in, a tree of known nodes out.

An expression is a stranger's text. It is parsed, and a new tree is built from those of its nodes that stand on a list
of classes, functions and own columns; whatever is not on the list is a fault with its position, never passed on. So
no sub-query, table, file, setting or environment can be reached, and what is run is what was understood. Parameters are
filled in as values. Forms that hide what is unknown are made strict: `least(wait_s, 300)` is NULL where wait_s is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from sqlglot import exp

from omnictl.errors import did_you_mean
from omnictl.glossary.expressions import DIALECT, Fault, constant, number_node, position, spelled
from omnictl.glossary.kpi import Parameter
from omnictl.glossary.reach import TAKEN_FROM_PARENT, Kind, Named, Reach

PARENT = "i"  # alias of the joined parent; own columns carry none
CAST_TYPES = {
    **dict.fromkeys(("DECIMAL", "INT", "BIGINT", "DOUBLE"), "number"),
    "BOOLEAN": "boolean",
    "DATE": "date",
    **dict.fromkeys(("TIMESTAMP", "TIMESTAMPNTZ"), "time"),
}

_FLAGS = {"typed", "safe", "big_int", "ignore_nulls", "date_part_boundary", "nested", "is_string", "quoted"}
_ATTRIBUTE = re.compile(r"[A-Za-z0-9_ .-]{1,60}\Z")
_NUMBER = re.compile(r"[0-9]{1,18}(\.[0-9]{1,18})?\Z")


class Typed(NamedTuple):
    """A rebuilt node and the kind of its values."""

    node: exp.Expression
    kind: Kind


@dataclass
class Scope:
    """What an expression may name, and what it named.

    Attributes:
        needs: own columns that must be filled for the expression to mean something: those outside coalesce.
        pardoned: columns whose NULL an `is null` gives a meaning.
    """

    reach: Reach | None
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    needs: set[str] = field(default_factory=set)
    pardoned: set[str] = field(default_factory=set)
    used: set[str] = field(default_factory=set)
    faults: list[Fault] = field(default_factory=list)


class RowGuard:
    """Rebuilds an expression over the columns of one row."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self._lenient = 0  # inside coalesce: a NULL has a meaning there

    def fault(self, code: str, message: str, node: exp.Expression, hint: str = "") -> Typed:
        """Note a fault at a node; what is returned fits everything, so that one fault is told once."""
        offset, width = position(node)
        self.scope.faults.append(Fault(code, message, offset, width, hint))
        return Typed(exp.null(), "unknown")

    def condition(self, node: exp.Expression) -> exp.Expression:
        """A condition: TRUE, FALSE or NULL."""
        found = self.row(node)
        if found.kind not in ("boolean", "null", "unknown"):
            self.fault("wrong-kind", f"a condition is expected, this is a {found.kind}", node, "write a comparison")
        return found.node

    def of_kind(self, node: exp.Expression, kind: Kind, what: str) -> exp.Expression:
        found = self.row(node)
        if found.kind not in (kind, "null", "unknown"):
            self.fault("wrong-kind", f"{what} takes a {kind}, this is a {found.kind}", node)
        return found.node

    def row(self, node: exp.Expression) -> Typed:
        """Any expression over one row."""
        rule = _RULES.get(type(node))
        if rule is None:
            return self._refused(node)
        taken, build = rule
        for key, value in node.args.items():
            if key not in taken and key not in _FLAGS and value:
                return self._refused(node)
        return build(self, node)

    def _refused(self, node: exp.Expression) -> Typed:
        if type(node) in _AGGREGATES:
            message = f"{spelled(node)} cannot stand here: it is over many rows, this is about one"
            return self.fault("aggregate-in-row", message, node)
        name = spelled(node)
        hint = did_you_mean(name.strip("`()"), FUNCTIONS) if isinstance(node, (exp.Func, exp.Anonymous)) else ""
        return self.fault("not-accepted", f"{name} is not accepted in an expression", node, hint)

    # one method per form

    def _column(self, node: exp.Expression) -> Typed:
        name = node.name
        if node.args.get("table"):
            hint = "columns stand alone; interaction('…') reaches those of the interaction"
            return self.fault("unknown-column", f"`{node.sql()}` is no column", node, hint)
        if self.scope.reach is None:
            return self.fault("unknown-column", f"`{name}` is no column", node)
        found = self.scope.reach.find(name)
        if found is None:
            relation = self.scope.reach.relation.name
            hint = did_you_mean(name, self.scope.reach.names())
            return self.fault("unknown-column", f"{relation} has no column `{name}`", node, hint)
        return self._named(found)

    def _named(self, found: Named) -> Typed:
        name = found.column.name
        if found.parent:
            return Typed(exp.column(name, table=PARENT), found.kind)
        if not self._lenient:
            self.scope.needs.add(name)
        own = exp.column(name)
        if (found.relation, name) in TAKEN_FROM_PARENT:
            return Typed(exp.Coalesce(this=own, expressions=[exp.column(name, table=PARENT)]), found.kind)
        return Typed(own, found.kind)

    def _literal(self, node: exp.Expression) -> Typed:
        if node.args.get("is_string"):
            return Typed(exp.Literal.string(node.name), "text")
        if not _NUMBER.match(node.name):
            return self.fault("not-accepted", f"`{node.name}` is not accepted as a number", node, "write it out")
        return Typed(exp.Literal.number(node.name), "number")

    def _placeholder(self, node: exp.Expression) -> Typed:
        name = node.name
        parameter = self.scope.parameters.get(name)
        if parameter is None:
            hint = did_you_mean(name, self.scope.parameters) or "declare it under `parameters`"
            return self.fault("unknown-parameter", f"there is no parameter `:{name}`", node, hint)
        self.scope.used.add(name)
        if isinstance(parameter.value, Decimal):
            return Typed(number_node(parameter.value), "number")
        return Typed(exp.Literal.string(parameter.value), "text")

    def _constant(self, node: exp.Expression) -> Typed:
        if isinstance(node, exp.Null):
            return Typed(exp.null(), "null")
        return Typed(exp.Boolean(this=bool(node.this)), "boolean")

    def _paren(self, node: exp.Expression) -> Typed:
        inner = self.row(node.this)
        return Typed(exp.Paren(this=inner.node), inner.kind)

    def _negative(self, node: exp.Expression) -> Typed:
        return Typed(exp.Neg(this=self.of_kind(node.this, "number", "`-`")), "number")

    def _logic(self, node: exp.Expression) -> Typed:
        both = {key: self.condition(node.args[key]) for key in ("this", "expression")}
        return Typed(type(node)(**both), "boolean")

    def _not(self, node: exp.Expression) -> Typed:
        inner = node.this
        if isinstance(inner, exp.Is) and isinstance(inner.args.get("expression"), exp.Null):
            tested = self.row(inner.this)  # `is not null` needs the column: nothing fills it, nothing is measured
            return Typed(exp.Not(this=exp.Is(this=tested.node, expression=exp.null())), "boolean")
        return Typed(exp.Not(this=self.condition(inner)), "boolean")

    def _is(self, node: exp.Expression) -> Typed:
        what = node.args.get("expression")
        if isinstance(what, exp.Null):
            tested = self.row(node.this)
            self.scope.pardoned |= {each.name for each in tested.node.find_all(exp.Column) if not each.table}
            return Typed(exp.Is(this=tested.node, expression=exp.null()), "boolean")
        if isinstance(what, exp.Boolean):
            return Typed(exp.Is(this=self.condition(node.this), expression=exp.Boolean(this=what.this)), "boolean")
        return self.fault("not-accepted", "`is` takes null, true or false", node)

    def _comparison(self, node: exp.Expression) -> Typed:
        left, right = self.row(node.this), self.row(node.args["expression"])
        self._comparable(left, right, node)
        return Typed(type(node)(this=left.node, expression=right.node), "boolean")

    def _comparable(self, left: Typed, right: Typed, node: exp.Expression) -> None:
        kinds = {left.kind, right.kind} - {"null", "unknown"}
        if len(kinds) < 2 or kinds == {"time", "date"}:
            return
        for one, other in ((left, right), (right, left)):
            if one.kind in ("time", "date") and isinstance(other.node, exp.Literal) and other.kind == "text":
                if _is_moment(other.node.name):
                    return
                hint = "write it as '2026-11-20' or '2026-11-20 08:30:00', in UTC"
                self.fault("wrong-kind", f"'{other.node.name}' is no time", node, hint)
                return
        message = f"a {left.kind} cannot be compared with a {right.kind}"
        hint = "texts stand in single quotes, numbers without" if kinds == {"text", "number"} else ""
        self.fault("wrong-kind", message, node, hint)

    def _in(self, node: exp.Expression) -> Typed:
        left = self.row(node.this)
        items = []
        for each in node.expressions:
            item = self.row(each)
            self._comparable(left, item, each)
            items.append(item.node)
        if not items:
            return self._refused(node)
        return Typed(exp.In(this=left.node, expressions=items), "boolean")

    def _between(self, node: exp.Expression) -> Typed:
        parts = {key: self.row(node.args[key]) for key in ("this", "low", "high")}
        for key in ("low", "high"):
            self._comparable(parts["this"], parts[key], node.args[key])
        return Typed(exp.Between(**{key: part.node for key, part in parts.items()}), "boolean")

    def _like(self, node: exp.Expression) -> Typed:
        both = {key: self.of_kind(node.args[key], "text", "`like`") for key in ("this", "expression")}
        return Typed(type(node)(**both), "boolean")

    def _arithmetic(self, node: exp.Expression) -> Typed:
        what = {"Add": "`+`", "Sub": "`-`", "Mul": "`*`"}[type(node).__name__]
        both = {}
        for key in ("this", "expression"):
            found = self.row(node.args[key])
            if found.kind in ("time", "date"):
                hint = "seconds between two times: date_diff('second', queued_at, answered_at)"
                self.fault("wrong-kind", f"{what} does not take times", node.args[key], hint)
            elif found.kind not in ("number", "null", "unknown"):
                self.fault("wrong-kind", f"{what} takes numbers, this is a {found.kind}", node.args[key])
            both[key] = found.node
        return Typed(type(node)(**both), "number")

    def _division(self, node: exp.Expression) -> Typed:
        left = self.of_kind(node.this, "number", "`/`")
        right = self.of_kind(node.args["expression"], "number", "`/`")
        divisor = constant(right)
        if divisor is None:
            hint = "add both up and divide last: numerator and denominator"
            return self.fault("ratio-per-row", "a ratio of each row cannot be added up", node, hint)
        if divisor == 0:
            return self.fault("division-by-zero", "a division by zero has no value", node)
        return Typed(exp.Div(this=exp.cast(left, "double"), expression=right), "number")

    def _case(self, node: exp.Expression) -> Typed:
        operand = self.row(node.this) if node.this is not None else None
        ifs, kinds = [], []
        for each in node.args["ifs"]:
            if operand is None:
                test = self.condition(each.this)
            else:
                value = self.row(each.this)
                self._comparable(operand, value, each.this)
                test = exp.EQ(this=exp.Paren(this=operand.node.copy()), expression=exp.Paren(this=value.node))
            then = self.row(each.args["true"])
            kinds.append((then.kind, each.args["true"]))
            ifs.append(exp.If(this=test, true=then.node))
        default = node.args.get("default")
        last = self.row(default) if default is not None else None
        if last is not None and default is not None:
            kinds.append((last.kind, default))
        return Typed(exp.Case(ifs=ifs, default=last.node if last else None), self._one_kind(kinds))

    def _if(self, node: exp.Expression) -> Typed:
        whole = exp.Case(ifs=[exp.If(this=node.this, true=node.args["true"])], default=node.args.get("false"))
        return self._case(whole)

    def _one_kind(self, kinds: Iterable[tuple[Kind, exp.Expression]]) -> Kind:
        found: Kind = "null"
        for kind, node in kinds:
            if found in ("null", "unknown"):
                found = kind
            elif kind not in (found, "null", "unknown"):
                self.fault("wrong-kind", f"this is a {kind}, the value before it a {found}", node)
        return found

    def _coalesce(self, node: exp.Expression) -> Typed:
        self._lenient += 1
        given = [node.this, *node.expressions]
        found = [self.row(each) for each in given]
        self._lenient -= 1
        kind = self._one_kind(zip((each.kind for each in found), given, strict=True))
        return Typed(exp.Coalesce(this=found[0].node, expressions=[each.node for each in found[1:]]), kind)

    def _nullif(self, node: exp.Expression) -> Typed:
        left, right = self.row(node.this), self.row(node.args["expression"])
        self._comparable(left, right, node)
        return Typed(exp.Nullif(this=left.node, expression=right.node), left.kind)

    def _least(self, node: exp.Expression) -> Typed:
        """NULL when any is NULL; DuckDB's own takes what is left, so an unknown wait would count as the cap."""
        given = [self.of_kind(each, "number", "least and greatest") for each in (node.this, *node.expressions)]
        tests: exp.Expression | None = None
        for each in given:
            if constant(each) is None:
                test = exp.Is(this=each.copy(), expression=exp.null())
                tests = test if tests is None else exp.Or(this=tests, expression=test)
        found = type(node)(this=given[0], expressions=given[1:], ignore_nulls=True)
        if tests is None:
            return Typed(found, "number")
        return Typed(exp.Case(ifs=[exp.If(this=tests, true=exp.null())], default=found), "number")

    def _abs(self, node: exp.Expression) -> Typed:
        return Typed(exp.Abs(this=self.of_kind(node.this, "number", "abs")), "number")

    def _round(self, node: exp.Expression) -> Typed:
        decimals = node.args.get("decimals")
        digits = self.of_kind(decimals, "number", "round") if decimals is not None else None
        if digits is not None and constant(digits) is None:
            return self.fault("not-accepted", "the second value of round is a plain number", node)
        return Typed(exp.Round(this=self.of_kind(node.this, "number", "round"), decimals=digits), "number")

    def _letters(self, node: exp.Expression) -> Typed:
        return Typed(type(node)(this=self.of_kind(node.this, "text", spelled(node))), "text")

    def _date_diff(self, node: exp.Expression) -> Typed:
        unit = node.args.get("unit")
        if unit is None or unit.name.upper() != "SECOND":
            hint = "date_diff('second', …) / 60"
            return self.fault(
                "not-accepted", "date_diff counts seconds: other units count boundaries crossed", node, hint
            )
        later = self.of_kind(node.this, "time", "date_diff")
        earlier = self.of_kind(node.args["expression"], "time", "date_diff")
        built = exp.DateDiff(this=later, expression=earlier, unit=exp.var("SECOND"), date_part_boundary=True)
        return Typed(built, "number")

    def _epoch(self, node: exp.Expression) -> Typed:
        """Seconds since 1970, as a decimal: a sum of doubles would differ from run to run."""
        time = self.of_kind(node.this, "time", "epoch")
        return Typed(exp.cast(exp.TimeToUnix(this=time), "decimal(18, 3)"), "number")

    def _cast(self, node: exp.Expression) -> Typed:
        to = node.args["to"]
        name = to.this.name if hasattr(to.this, "name") else str(to.this)
        if name not in CAST_TYPES or any(not isinstance(each, exp.DataTypeParam) for each in to.expressions):
            hint = "decimal(18, 3), integer, bigint, double, boolean, date or timestamp"
            return self.fault("not-accepted", f"a cast to {to.sql(DIALECT)} is not accepted", node, hint)
        inner = self.row(node.this)
        kind = CAST_TYPES[name]
        if kind in ("time", "date"):
            if not (isinstance(inner.node, exp.Literal) and _is_moment(inner.node.name)) and inner.kind not in (
                "time",
                "date",
            ):
                return self.fault(
                    "wrong-kind", "only a time written out can be cast to one", node, "timestamp '2026-11-20 08:30:00'"
                )
            return Typed(exp.cast(inner.node, "date" if kind == "date" else "timestamp", dialect=DIALECT), kind)
        # what cannot be cast becomes NULL, that is unknown: one stray cell must not stop a question
        return Typed(exp.TryCast(this=inner.node, to=to.copy(), safe=True), kind)

    def _anonymous(self, node: exp.Expression) -> Typed:
        name = str(node.this).casefold()
        argument = node.expressions[0] if len(node.expressions) == 1 else None
        text = argument.name if isinstance(argument, exp.Literal) and argument.args.get("is_string") else None
        if name == "interaction":
            return self._interaction(node, text)
        if name == "attribute":
            return self._attribute(node, text)
        if name == "kpi":
            return self.fault("kpi-in-row", "kpi() stands for a whole figure: it cannot stand among columns", node)
        return self._refused(node)

    def _interaction(self, node: exp.Expression, text: str | None) -> Typed:
        reach = self.scope.reach
        if reach is None or reach.parent is None or reach.parent.name != "interactions":
            where = reach.relation.name if reach else "this"
            return self.fault("no-interaction", f"a row of {where} belongs to no interaction", node)
        found = reach.find_in_parent(text) if text is not None else None
        if found is None:
            hint = did_you_mean(text or "", reach.parent.names)
            return self.fault("unknown-column", f"interactions has no column `{text or ''}`", node, hint)
        return self._named(found)

    def _attribute(self, node: exp.Expression, text: str | None) -> Typed:
        reach = self.scope.reach
        found = reach.find("attributes") if reach else None
        if found is None or text is None or not _ATTRIBUTE.match(text):
            return self.fault(
                "not-accepted", "attribute() takes the name of a field of `attributes`", node, "attribute('brand')"
            )
        column = exp.column("attributes", table=PARENT if found.parent else None)
        return Typed(exp.JSONExtractScalar(this=column, expression=exp.Literal.string(f'$."{text}"')), "text")


def _is_moment(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is None
    except ValueError:
        return False


_Rule = tuple[frozenset[str], Callable[[RowGuard, Any], Typed]]


def _rules() -> dict[type, _Rule]:
    both = frozenset({"this", "expression"})
    this = frozenset({"this"})
    listed = frozenset({"this", "expressions"})
    guard = RowGuard
    comparisons = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.NullSafeEQ, exp.NullSafeNEQ)
    return {
        exp.Column: (frozenset({"this", "table", "db", "catalog"}), guard._column),
        exp.Literal: (this, guard._literal),
        exp.Placeholder: (this, guard._placeholder),
        exp.Null: (frozenset(), guard._constant),
        exp.Boolean: (this, guard._constant),
        exp.Paren: (this, guard._paren),
        exp.Neg: (this, guard._negative),
        exp.And: (both, guard._logic),
        exp.Or: (both, guard._logic),
        exp.Not: (this, guard._not),
        exp.Is: (both, guard._is),
        **dict.fromkeys(comparisons, (both, guard._comparison)),
        exp.In: (listed, guard._in),
        exp.Between: (frozenset({"this", "low", "high"}), guard._between),
        exp.Like: (both, guard._like),
        exp.ILike: (both, guard._like),
        **dict.fromkeys((exp.Add, exp.Sub, exp.Mul), (both, guard._arithmetic)),
        exp.Div: (both, guard._division),
        exp.Case: (frozenset({"this", "ifs", "default"}), guard._case),
        exp.If: (frozenset({"this", "true", "false"}), guard._if),
        exp.Coalesce: (listed, guard._coalesce),
        exp.Nullif: (both, guard._nullif),
        exp.Least: (listed, guard._least),
        exp.Greatest: (listed, guard._least),
        exp.Abs: (this, guard._abs),
        exp.Round: (frozenset({"this", "decimals"}), guard._round),
        exp.Lower: (this, guard._letters),
        exp.Upper: (this, guard._letters),
        exp.DateDiff: (frozenset({"this", "expression", "unit"}), guard._date_diff),
        exp.TimeToUnix: (this, guard._epoch),
        exp.Cast: (frozenset({"this", "to"}), guard._cast),
        exp.TryCast: (frozenset({"this", "to"}), guard._cast),
        exp.Anonymous: (listed, guard._anonymous),
    }


_RULES = _rules()
_AGGREGATES = (
    exp.CountIf,
    exp.Count,
    exp.Sum,
    exp.PercentileCont,
    exp.WithinGroup,
    exp.Filter,
    exp.Avg,
    exp.Min,
    exp.Max,
)
FUNCTIONS = (
    "count_if", "count", "sum", "quantile_cont", "percentile_cont", "kpi", "coalesce", "nullif", "least", "greatest",
    "abs", "round", "lower", "upper", "date_diff", "epoch", "interaction", "attribute",
)  # fmt: skip
