"""One text for expressions that mean the same: the tree written out, so that spacing, comments, brackets, capitals and
the order of what `and`, `or`, `+` and `*` join are lost. It is for comparing and for reading, never run.

The text is the project's own: that of the parser's generator may change with its version, and with it every lock.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from sqlglot import exp

_WORDS: dict[type[exp.Expression], tuple[str, int]] = {  # how a form of two sides is written, and how tightly it binds
    exp.Or: ("or", 1), exp.And: ("and", 2),
    exp.EQ: ("=", 4), exp.NEQ: ("<>", 4), exp.GT: (">", 4), exp.GTE: (">=", 4), exp.LT: ("<", 4), exp.LTE: ("<=", 4),
    exp.NullSafeEQ: ("is not distinct from", 4), exp.NullSafeNEQ: ("is distinct from", 4), exp.Is: ("is", 4),
    exp.Like: ("like", 4), exp.ILike: ("ilike", 4),
    exp.Add: ("+", 5), exp.Sub: ("-", 5), exp.Mul: ("*", 6), exp.Div: ("/", 6),
}  # fmt: skip
_LOOSE = {exp.Not: 3, exp.In: 4, exp.Between: 4, exp.Neg: 7}
_ATOM = 9
_JOINS = (exp.Or, exp.And, exp.Add, exp.Mul)  # whose sides may change places
_MIRRORED: dict[type[exp.Expression], type[exp.Expression]] = {
    exp.EQ: exp.EQ, exp.NEQ: exp.NEQ, exp.GT: exp.LT, exp.GTE: exp.LTE, exp.LT: exp.GT, exp.LTE: exp.GTE,
}  # fmt: skip
_VALUES = (exp.Literal, exp.Placeholder, exp.Null, exp.Boolean)


def normal(tree: exp.Expression) -> str:
    """The text of a parsed expression that all expressions of the same tree share."""
    return _written(tree)


def _written(node: exp.Expression) -> str:
    node = _bare(node)
    if type(node) in _JOINS:
        word, binding = _WORDS[type(node)]
        return f" {word} ".join(sorted(_tight(each, binding) for each in _joined(node)))
    if type(node) in _WORDS:
        return _two_sides(node)
    if isinstance(node, exp.Not):
        return _negated(node)
    if isinstance(node, exp.Neg):
        return f"-{_tight(node.this, 8)}"
    if isinstance(node, exp.In):
        return f"{_tight(node.this, 5)} in ({_listed(node.expressions, ordered=True)})"
    if isinstance(node, exp.Between):
        return f"{_tight(node.this, 5)} between {_tight(node.args['low'], 5)} and {_tight(node.args['high'], 5)}"
    return _atom(node)


def _bare(node: exp.Expression) -> exp.Expression:
    while isinstance(node, exp.Paren):
        node = node.this
    return node


def _joined(node: exp.Expression) -> Iterator[exp.Expression]:
    """What a chain of one join holds."""
    waiting = [node]
    while waiting:
        each = _bare(waiting.pop())
        if type(each) is type(node):
            waiting += [each.args["expression"], each.this]
        else:
            yield each


def _tight(node: exp.Expression, binding: int) -> str:
    """A side, in brackets when it binds less tightly than what stands around it."""
    node = _bare(node)
    own = _WORDS[type(node)][1] if type(node) in _WORDS else _LOOSE.get(type(node), _ATOM)
    return f"({_written(node)})" if own < binding else _written(node)


def _two_sides(node: exp.Expression) -> str:
    left, right = _bare(node.this), _bare(node.args["expression"])
    kind = type(node)
    if kind in _MIRRORED and isinstance(left, _VALUES) and not isinstance(right, _VALUES):
        left, right, kind = right, left, _MIRRORED[kind]
    word, binding = _WORDS[kind]
    negated = "not " if node.args.get("negate") else ""
    return f"{_tight(left, 5 if binding == 4 else binding)} {negated}{word} {_tight(right, binding + 1)}"


def _negated(node: exp.Not) -> str:
    inner = _bare(node.this)
    if isinstance(inner, exp.Is):
        return f"{_tight(inner.this, 5)} is not {_written(inner.args['expression'])}"
    if isinstance(inner, (exp.Like, exp.ILike)) and not inner.args.get("negate"):
        return f"{_tight(inner.this, 5)} not {_WORDS[type(inner)][0]} {_tight(inner.expression, 5)}"
    if isinstance(inner, exp.In):
        return f"{_tight(inner.this, 5)} not in ({_listed(inner.expressions, ordered=True)})"
    return f"not {_tight(inner, 4)}"


def _listed(nodes: list[exp.Expression], *, ordered: bool = False) -> str:
    texts = [_written(each) for each in nodes]
    return ", ".join(sorted(set(texts)) if ordered else texts)


def _atom(node: exp.Expression) -> str:
    if isinstance(node, exp.Column):
        return ".".join(part.name.lower() for part in node.parts)
    if isinstance(node, exp.Literal):
        return _quoted(node.name) if node.args.get("is_string") else number_text(node.name)
    if isinstance(node, exp.Placeholder):
        return f":{node.name}"
    if isinstance(node, exp.Null):
        return "null"
    if isinstance(node, exp.Boolean):
        return "true" if node.this else "false"
    if isinstance(node, exp.Star):
        return "*"
    if isinstance(node, exp.Case):
        return _case(node)
    if isinstance(node, exp.If):
        return _case(exp.Case(ifs=[node.copy()], default=node.args.get("false")))
    if isinstance(node, exp.Cast):
        word = "try_cast" if isinstance(node, exp.TryCast) else "cast"
        return f"{word}({_written(node.this)} as {_type(node.args['to'])})"
    return _aggregate(node) or _called(node)


def _aggregate(node: exp.Expression) -> str:
    """Counts and sums over rows: `count_if(c)` is `count(*) filter (where c)`; '' for what is none."""
    if isinstance(node, exp.Filter):
        inner, where = node.this, node.args["expression"]
        condition = where.this if isinstance(where, exp.Where) else where
        if isinstance(inner, exp.Count) and (inner.this is None or isinstance(inner.this, exp.Star)):
            return f"count_if({_written(condition)})"
        if isinstance(inner, exp.CountIf):
            return f"count_if({_written(exp.And(this=inner.this.copy(), expression=condition.copy()))})"
        return f"{_written(inner)} filter (where {_written(condition)})"
    if isinstance(node, exp.Count):
        if isinstance(node.this, exp.Distinct):
            return f"count(distinct {_listed(node.this.expressions)})"
        return f"count({_written(node.this) if node.this is not None else '*'})"
    if isinstance(node, exp.WithinGroup) and isinstance(node.this, exp.PercentileCont):
        ordered = node.args["expression"].expressions[0].this
        return f"quantile_cont({_written(ordered)}, {_written(node.this.this)})"
    return ""


def _called(node: exp.Expression) -> str:
    if isinstance(node, exp.Anonymous):
        name = str(node.this).casefold()
        write = _address if name == "kpi" else _written
        return f"{name}({', '.join(map(write, node.expressions))})"
    if isinstance(node, exp.DateDiff):
        unit = _quoted(node.args["unit"].name.lower()) if node.args.get("unit") is not None else "'day'"
        return f"date_diff({unit}, {_written(node.args['expression'])}, {_written(node.this)})"
    if isinstance(node, exp.Func):
        names = {exp.TimeToUnix: "epoch", exp.PercentileCont: "quantile_cont"}
        return f"{names.get(type(node), node.sql_name().lower())}({', '.join(_arguments(node))})"
    return node.sql("duckdb", comments=False)


def _arguments(node: exp.Expression) -> Iterator[str]:
    for key in node.arg_types:
        value: Any = node.args.get(key)
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, exp.Expression):
                yield _written(each)


def _address(node: exp.Expression) -> str:
    """The argument of kpi(), which may be quoted or not."""
    return node.name if isinstance(node, (exp.Column, exp.Literal)) else _written(node)


def _case(node: exp.Case) -> str:
    operand = f" {_written(node.this)}" if node.this is not None else ""
    whens = [f" when {_written(each.this)} then {_written(each.args['true'])}" for each in node.args["ifs"]]
    default = node.args.get("default")
    last = f" else {_written(default)}" if default is not None else ""
    return f"case{operand}{''.join(whens)}{last} end"


def _type(node: exp.DataType) -> str:
    name = str(getattr(node.this, "name", node.this)).lower().replace("timestampntz", "timestamp")
    sizes = ", ".join(each.this.name for each in node.expressions if isinstance(each, exp.DataTypeParam))
    return f"{name}({sizes})" if sizes else name


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def number_text(text: str | int | Decimal) -> str:
    """A number written one way: 20.0 and 20 are the same."""
    try:
        found = format(Decimal(text), "f")
    except ArithmeticError:
        return str(text)
    return (found.rstrip("0").rstrip(".") or "0") if "." in found else found
