"""Whether the numerator of a share is a part of its denominator.

A row that counts above and not below makes a share greater than 1. Such a row is looked for: values of the columns that
both conditions name are tried, those they are compared with and their neighbours. One that is found is told; conditions
that name too much, or what cannot be worked out by hand, are passed over.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from itertools import product
from math import prod
from typing import Any

from sqlglot import exp

from omnictl.errors import Finding
from omnictl.glossary.meaning import Branch
from omnictl.glossary.normal import normal
from omnictl.glossary.parts import Aggregate, conjuncts
from omnictl.glossary.scope import FOLLOWUP
from omnictl.review.whole import Whole

MOST_TRIED = 600  # rows
OTHER = "another value"

Row = Mapping[str, Any]


class Unworkable(Exception):
    """A form that is not worked out here."""


def check_portions(whole: Whole) -> Iterator[Finding]:
    for kpi in whole.kpis.values():
        for variant, meaning in whole.of(kpi):
            if meaning.kpi.rollup != "share" or meaning.kpi.denominator_over:
                continue
            row = next(filter(None, (_outside(branch) for branch in meaning.branches)), None)
            if row is not None:
                message = f"the numerator of `{meaning.kpi.address}` is no part of its denominator"
                shown = ", ".join(f"{name} = {_shown(value)}" for name, value in row.items())
                hint = f"it counts a row of which the denominator does not: {shown}"
                key = "variants" if variant else "numerator"
                yield whole.finding("share-not-a-part", message, kpi, key, hint)
                break  # what the KPI has, its variants have from it


def _shown(value: object) -> str:
    return "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _outside(branch: Branch) -> Row | None:
    """A row that counts above and not below; None when none is found."""
    above, below = (branch.parts.get(side) for side in ("numerator", "denominator"))
    if above is None or below is None or len(above.aggregates) != 1 or len(below.aggregates) != 1:
        return None
    one, other = above.aggregates[0], below.aggregates[0]
    if other.condition is None or not _alike(one, other):
        return None
    counted = [*conjuncts(branch.where), *conjuncts(one.condition)]
    known = {normal(each) for each in counted}
    wanted = [each for each in conjuncts(other.condition) if normal(each) not in known]
    if not wanted or any(column.table == FOLLOWUP for each in counted for column in each.find_all(exp.Column)):
        return None  # what follows is of the same intent or channel, which no condition of the row says
    named = {_name(column) for each in wanted for column in each.find_all(exp.Column)}
    while True:  # conditions that share a column with those that are looked at are looked at too
        telling = [each for each in counted if named & {_name(column) for column in each.find_all(exp.Column)}]
        further = {_name(column) for each in telling for column in each.find_all(exp.Column)}
        if further <= named:
            break
        named |= further
    try:
        return _tried(telling, wanted)
    except Unworkable:
        return None


def _alike(one: Aggregate, other: Aggregate) -> bool:
    """Whether both sides count, or sum the same."""
    if one.kind != other.kind or one.kind not in ("count", "sum"):
        return False
    return one.argument is None or (other.argument is not None and normal(one.argument) == normal(other.argument))


def _tried(counted: list[exp.Expression], wanted: list[exp.Expression]) -> Row | None:
    values = _values([*counted, *wanted])
    if prod(map(len, values.values())) > MOST_TRIED:
        return None
    for chosen in product(*values.values()):
        row = dict(zip(values, chosen, strict=True))
        if all(worked_out(each, row) is True for each in counted):
            found = [worked_out(each, row) for each in wanted]
            if False in found and None not in found:
                return row
    return None


def _values(conditions: list[exp.Expression]) -> dict[str, list[Any]]:
    """What is tried of each column: the values it is compared with, those around a number, one other; NULL where a
    NULL is asked for."""
    found: dict[str, dict[Any, None]] = {}
    for condition in conditions:
        for column in condition.find_all(exp.Column):
            found.setdefault(_name(column), {})
        for node in condition.walk():
            names = {_name(column) for column in _direct(node)}
            literals = [_literal(each) for each in node.iter_expressions() if isinstance(each, exp.Literal)]
            for name in names:
                for value in literals:
                    around = [value] if isinstance(value, str) else [value - 1, value, value + 1]
                    found[name] |= dict.fromkeys(around)
                if isinstance(node, (exp.Is, exp.Coalesce)):
                    found[name][None] = None
    for values in found.values():
        kinds = {type(value) for value in values if value is not None}
        if str in kinds and Decimal in kinds:
            raise Unworkable
        others: list[Any] = [OTHER] if str in kinds else [] if kinds else [True, False]
        values |= dict.fromkeys(others)
    return {name: list(values) for name, values in found.items()}


def _direct(node: exp.Expr) -> Iterator[exp.Column]:
    for each in node.iter_expressions():
        if isinstance(each, exp.Column):
            yield each
        elif isinstance(each, (exp.Coalesce, exp.Paren)):
            yield from _direct(each)


def _name(column: exp.Column) -> str:
    return f"{column.table}.{column.name}" if column.table else column.name


def _literal(node: exp.Literal) -> Any:
    return node.name if node.args.get("is_string") else Decimal(node.name)


def worked_out(node: exp.Expression, row: Row) -> Any:
    """The value of an expression over a row, by SQL's logic of three values.

    Raises:
        Unworkable: it holds a form that is not worked out here, or compares what cannot be compared.
    """
    if isinstance(node, exp.Paren):
        return worked_out(node.this, row)
    if isinstance(node, exp.Column):
        return row[_name(node)]
    if isinstance(node, exp.Literal):
        return _literal(node)
    if isinstance(node, exp.Boolean):
        return bool(node.this)
    if isinstance(node, exp.Null):
        return None
    if isinstance(node, (exp.And, exp.Or)):
        deciding = isinstance(node, exp.Or)
        both = [worked_out(node.this, row), worked_out(node.expression, row)]
        return deciding if deciding in both else None if None in both else not deciding
    if isinstance(node, exp.Not):
        inner = worked_out(node.this, row)
        return None if inner is None else not inner
    if isinstance(node, exp.Is):
        return worked_out(node.this, row) is worked_out(node.expression, row)
    if isinstance(node, exp.Coalesce):
        given = (worked_out(each, row) for each in (node.this, *node.expressions))
        return next((value for value in given if value is not None), None)
    if isinstance(node, exp.Case) and node.this is None:
        chosen = next((each for each in node.args["ifs"] if worked_out(each.this, row) is True), None)
        result = chosen.args["true"] if chosen is not None else node.args.get("default")
        return None if result is None else worked_out(result, row)
    return _compared(node, row)


def _compared(node: exp.Expression, row: Row) -> bool | None:
    if isinstance(node, exp.In):
        value = worked_out(node.this, row)
        listed = [worked_out(each, row) for each in node.expressions]
        return None if value is None else True if value in listed else None if None in listed else False
    if isinstance(node, exp.Between):
        value, low, high = (worked_out(node.args[key], row) for key in ("this", "low", "high"))
        return None if None in (value, low, high) else _of_one_kind(value, low) and low <= value <= high
    if type(node) not in _COMPARED:
        raise Unworkable
    left, right = worked_out(node.this, row), worked_out(node.args["expression"], row)
    if left is None or right is None:
        return None
    return _of_one_kind(left, right) and bool(_COMPARED[type(node)](left, right))


def _of_one_kind(left: Any, right: Any) -> bool:
    if type(left) is not type(right):
        raise Unworkable
    return True


_COMPARED: dict[type[exp.Expression], Any] = {
    exp.EQ: lambda left, right: left == right,
    exp.NEQ: lambda left, right: left != right,
    exp.GT: lambda left, right: left > right,
    exp.GTE: lambda left, right: left >= right,
    exp.LT: lambda left, right: left < right,
    exp.LTE: lambda left, right: left <= right,
}
