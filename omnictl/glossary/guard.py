"""The guard of expressions: SQL text in, a tree of known nodes out.

An expression is a stranger's text. It is parsed, and a new tree is built from those of its nodes that stand on a list
of classes, functions and own columns; whatever is not on the list is a fault with its position, never passed on. So
no sub-query, table, file, setting or environment can be reached, and what is run is what was understood. Parameters are
filled in as values. Forms that hide what is unknown are made strict: `least(wait_s, 300)` is NULL where wait_s is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from decimal import Decimal
from itertools import islice
from typing import Any

from sqlglot import exp

from omnictl.errors import did_you_mean
from omnictl.glossary import clocks, functions
from omnictl.glossary.among import check_text
from omnictl.glossary.deferred import LOCAL
from omnictl.glossary.expressions import Fault, constant, is_moment, number_node, position, spelled
from omnictl.glossary.reach import TAKEN_FROM_PARENT, Kind, Named
from omnictl.glossary.scope import COST, LINKED, PARENT, PERSON, PRICED, Scope, Typed
from omnictl.glossary.varying import value_in_row

_FLAGS = {"typed", "safe", "big_int", "ignore_nulls", "date_part_boundary", "nested", "is_string", "quoted"}
MAX_BUILT = 4_000  # terms of what is made of an expression
QUOTES = "‘’“”„«» "  # of typewriters' successors, which SQL takes for letters
_HEX = re.compile(r"[0-9A-Fa-f]{16}\Z")
_NUMBER = re.compile(r"[0-9]{1,18}(\.[0-9]{1,18})?\Z")


class RowGuard:
    """Rebuilds an expression over the columns of one row."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.lenient = 0  # inside coalesce: a NULL has a meaning there

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
            return self.refused(node)
        taken, build = rule
        for key, value in node.args.items():
            if key not in taken and key not in _FLAGS and value:
                return self.refused(node)
        return build(self, node)

    def refused(self, node: exp.Expression) -> Typed:
        if type(node) in _AGGREGATES:
            message = f"{spelled(node)} cannot stand here: it is over many rows, this is about one"
            return self.fault("aggregate-in-row", message, node)
        name = spelled(node)
        hint = (
            did_you_mean(name.strip("`()"), functions.FUNCTIONS) if isinstance(node, (exp.Func, exp.Anonymous)) else ""
        )
        hint = "write `and`" if isinstance(node, exp.ArrayOverlaps) else hint
        return self.fault("not-accepted", f"{name} is not accepted in an expression", node, hint)

    def varies(self, node: exp.Expression, why: str) -> Typed:
        """Note that a parameter cannot stand where it does."""
        hint = "name it inside the aggregate: sum(x * :rate), count_if(wait_s <= :limit)"
        return self.fault("parameter-varies", f"`:{node.name}` changes with the row: {why}", node, hint)

    def one_number(self, node: exp.Expression, what: str) -> exp.Expression:
        """A number that is the same for all rows."""
        for each in node.find_all(exp.Placeholder):
            parameter = self.scope.parameters.get(each.name)
            if parameter is not None and parameter.varies:
                self.scope.used.add(each.name)
                return self.varies(each, f"{what} takes one number for all of them").node
        return self.of_kind(node, "number", what)

    # one method per form

    def _column(self, node: exp.Expression) -> Typed:
        name = node.name
        if node.args.get("table"):
            if (said := clocks.attribute(self, node)) is not None:
                return said
            hint = "columns stand alone; interaction('…') reaches those of the interaction"
            return self.fault("unknown-column", f"`{node.sql()}` is no column", node, hint)
        if self.scope.reach is None:
            return self.fault("unknown-column", f"`{name}` is no column", node)
        found = self.scope.reach.find(name)
        if found is None and name.casefold() in LOCAL:
            if (shown := clocks.alone(self, node, name.casefold())) is not None:
                return shown
            hint = f"{name.casefold()}({self.scope.reach.times[0]})" if self.scope.reach.times else ""
            return self.fault("unknown-column", f"`{name}` is that of a time: say which", node, hint)
        if found is None:
            relation = self.scope.reach.relation.name
            hint = did_you_mean(name, self.scope.reach.names())
            if node.this.args.get("quoted") or not name.isidentifier():
                hint = f"a text stands in single quotes: '{name.strip(QUOTES)}'"
            return self.fault("unknown-column", f"{relation} has no column `{name}`", node, hint)
        if found.relation == "followups" and not found.own:
            return functions.followed(self, found, node)
        return self.named(found)

    def named(self, found: Named) -> Typed:
        name = found.column.name
        if found.relation == "identities" and not found.own:
            if not self.lenient:
                self.scope.needs.add(LINKED)
            return Typed(exp.column(name, table=PERSON), found.kind)
        if found.relation == "costs" and not found.own:
            if not self.lenient:
                self.scope.needs.add(PRICED)
            return Typed(exp.column(name, table=COST), found.kind)
        if not found.own:
            return Typed(exp.column(name, table=PARENT), found.kind)
        if not self.lenient:
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
        if parameter.dated and self.scope.moment is None:
            return self.varies(node, "here nothing tells the day of a row")
        if parameter.varies:
            return Typed(value_in_row(self, parameter), "text" if isinstance(parameter.value, str) else "number")
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
            columns = list(tested.node.find_all(exp.Column))
            self.scope.pardoned |= {each.name for each in columns if not each.table}
            self.scope.pardoned |= {LINKED for each in columns if each.table == PERSON}
            self.scope.pardoned |= {PRICED for each in columns if each.table == COST}
            return Typed(exp.Is(this=tested.node, expression=exp.null()), "boolean")
        if isinstance(what, exp.Boolean):
            return Typed(exp.Is(this=self.condition(node.this), expression=exp.Boolean(this=what.this)), "boolean")
        return self.fault("not-accepted", "`is` takes null, true or false", node)

    def _comparison(self, node: exp.Expression) -> Typed:
        left, right = self.row(node.this), self.row(node.args["expression"])
        left, right = _person(left, right), _person(right, left)
        self.comparable(left, right, node)
        return Typed(type(node)(this=left.node, expression=right.node), "boolean")

    def comparable(self, left: Typed, right: Typed, node: exp.Expression) -> None:
        check_text(self, left, right, node)
        kinds = {left.kind, right.kind} - {"null", "unknown"}
        if len(kinds) < 2 or kinds == {"time", "date"}:
            return
        for one, other in ((left, right), (right, left)):
            if one.kind in ("time", "date") and isinstance(other.node, exp.Literal) and other.kind == "text":
                if is_moment(other.node.name):
                    return
                hint = "write it as '2026-11-20' or '2026-11-20 08:30:00', in UTC"
                self.fault("wrong-kind", f"'{other.node.name}' is no time", node, hint)
                return
        message = f"a {left.kind} cannot be compared with a {right.kind}"
        hint = "texts stand in single quotes, numbers without" if kinds == {"text", "number"} else ""
        for each in (node.this, node.args.get("expression")):
            said = self.scope.parameters.get(each.name) if isinstance(each, exp.Placeholder) else None
            if said is not None and isinstance(said.value, str):
                hint = f":{said.name} is the text '{said.text}'; a duration has its unit: 20 s, 20 min, 2 h, 1 d"
        self.fault("wrong-kind", message, node, hint)

    def _in(self, node: exp.Expression) -> Typed:
        left = self.row(node.this)
        items = []
        for each in node.expressions:
            item = _person(self.row(each), left)
            self.comparable(left, item, each)
            items.append(item.node)
        if not items:
            return self.refused(node)
        return Typed(exp.In(this=left.node, expressions=items), "boolean")

    def _between(self, node: exp.Expression) -> Typed:
        parts = {key: self.row(node.args[key]) for key in ("this", "low", "high")}
        for key in ("low", "high"):
            self.comparable(parts["this"], parts[key], node.args[key])
        return Typed(exp.Between(**{key: part.node for key, part in parts.items()}), "boolean")

    def _like(self, node: exp.Expression) -> Typed:
        both = {key: self.of_kind(node.args[key], "text", "`like`") for key in ("this", "expression")}
        found = type(node)(**both)
        return Typed(exp.Not(this=found) if node.args.get("negate") else found, "boolean")

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
        divisor = self._divisor(node.args["expression"], right)
        if divisor is None:
            hint = "add both up and divide last: numerator and denominator"
            return self.fault("ratio-per-row", "a ratio of each row cannot be added up", node, hint)
        if divisor == 0:
            return self.fault("division-by-zero", "a division by zero has no value", node)
        return Typed(exp.Div(this=exp.cast(left, exp.DType.DOUBLE), expression=right), "number")

    def _divisor(self, node: exp.Expression, right: exp.Expression) -> Decimal | None:
        """The number that is divided by; of a parameter that changes with the row 0 if it ever is, else any."""
        parameter = self.scope.parameters.get(node.name) if isinstance(node, exp.Placeholder) else None
        if parameter is None or not parameter.varies:
            return constant(right)
        numbers = [value for value in parameter.values if isinstance(value, Decimal)]
        return min(numbers, key=abs, default=None)

    def _case(self, node: exp.Expression) -> Typed:
        operand = self.row(node.this) if node.this is not None else None
        ifs, kinds = [], []
        for each in node.args["ifs"]:
            if operand is None:
                test = self.condition(each.this)
            else:
                value = self.row(each.this)
                self.comparable(operand, value, each.this)
                test = exp.EQ(this=exp.Paren(this=operand.node.copy()), expression=exp.Paren(this=value.node))
            then = self.row(each.args["true"])
            kinds.append((then.kind, each.args["true"]))
            ifs.append(exp.If(this=test, true=then.node))
        default = node.args.get("default")
        last = self.row(default) if default is not None else None
        if last is not None and default is not None:
            kinds.append((last.kind, default))
        built = Typed(exp.Case(ifs=ifs, default=last.node if last else None), self.one_kind(kinds))
        return self.written_out(built, node) if operand is not None else built

    def written_out(self, built: Typed, node: exp.Expression) -> Typed:
        """A form that repeats what it was given: nested in itself, it grows by as much at each level."""
        if sum(1 for _ in islice(built.node.walk(), MAX_BUILT + 1)) > MAX_BUILT:
            return self.fault("expression-too-large", f"{spelled(node)} is nested too deeply", node)
        return built

    def _if(self, node: exp.Expression) -> Typed:
        whole = exp.Case(ifs=[exp.If(this=node.this, true=node.args["true"])], default=node.args.get("false"))
        return self._case(whole)

    def one_kind(self, kinds: Iterable[tuple[Kind, exp.Expression]]) -> Kind:
        found: Kind = "null"
        for kind, node in kinds:
            if found in ("null", "unknown"):
                found = kind
            elif kind not in (found, "null", "unknown"):
                self.fault("wrong-kind", f"this is a {kind}, the value before it a {found}", node)
        return found


def _person(found: Typed, other: Typed) -> Typed:
    """A person written as 16 hex digits, where it is compared with one, as the number that is stored."""
    if not (isinstance(other.node, exp.Column) and other.node.name == "person_id"):
        return found
    if not isinstance(found.node, exp.Literal) or found.kind != "text" or not _HEX.match(found.node.name):
        return found
    number = int(found.node.name, 16)
    return Typed(number_node(Decimal(number - 2**64 if number >= 2**63 else number)), "number")


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
        **dict.fromkeys((exp.Like, exp.ILike), (both | {"negate"}, guard._like)),
        **dict.fromkeys((exp.Add, exp.Sub, exp.Mul), (both, guard._arithmetic)),
        exp.Div: (both, guard._division),
        exp.Case: (frozenset({"this", "ifs", "default"}), guard._case),
        exp.If: (frozenset({"this", "true", "false"}), guard._if),
        exp.Coalesce: (listed, functions.coalesce),
        exp.Nullif: (both, functions.nullif),
        exp.Least: (listed, functions.least),
        exp.Greatest: (listed, functions.least),
        exp.Abs: (this, functions.absolute),
        exp.Round: (frozenset({"this", "decimals"}), functions.rounded),
        exp.Lower: (this, functions.letters),
        exp.Upper: (this, functions.letters),
        exp.DateDiff: (frozenset({"this", "expression", "unit"}), functions.date_diff),
        exp.TimeToUnix: (this, functions.epoch),
        exp.Hour: (this, clocks.hour),
        exp.Cast: (frozenset({"this", "to"}), functions.cast_),
        exp.TryCast: (frozenset({"this", "to"}), functions.cast_),
        exp.Anonymous: (listed, functions.anonymous),
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
