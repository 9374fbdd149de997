"""What an expression can come out as when columns are unknown: worked out from its tree, over sets of outcomes.

SQL has three truth values and every operator its own way with NULL. To know whether a row can be unknown, each tree is
read as the set of outcomes it may have: V some value, T true, F false, N NULL. `outcome = 'handled' or wait_s > 5`
with an unknown outcome may be T or N, never F.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import reduce

from sqlglot import exp

from omnictl.glossary.deferred import is_looked_up

Outcomes = frozenset[str]
Nullness = Callable[[exp.Expression], str]  # of a column: 'never', 'maybe' or 'always' NULL

VALUE: Outcomes = frozenset("V")
NULL: Outcomes = frozenset("N")
TRUTHS: Outcomes = frozenset("TF")
COMPARISONS = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Like, exp.ILike)


def can_be_null(tree: exp.Expression, nullness: Nullness) -> bool:
    """Whether a tree may be NULL."""
    return "N" in outcomes(tree, nullness)


def outcomes(tree: exp.Expression, nullness: Nullness) -> Outcomes:
    """Everything a tree may come out as."""

    def of(node: exp.Expression) -> Outcomes:
        return outcomes(node, nullness)

    if isinstance(tree, exp.Column):
        return {"never": VALUE, "maybe": VALUE | NULL, "always": NULL}[nullness(tree)]
    if isinstance(tree, exp.Boolean):
        return frozenset("T" if tree.this else "F")
    if isinstance(tree, (exp.Literal, exp.Interval)):
        return VALUE
    if isinstance(tree, exp.Null):
        return NULL
    if isinstance(tree, (exp.And, exp.Or)):
        return _logic(_truth(of(tree.this)), _truth(of(tree.expression)), conjunction=isinstance(tree, exp.And))
    if isinstance(tree, exp.Not):
        turned = {"T": "F", "F": "T", "N": "N"}
        return frozenset(turned[each] for each in _truth(of(tree.this)))
    if isinstance(tree, exp.Is):
        return _is(of(tree.this), tree.expression)
    if isinstance(tree, (exp.NullSafeEQ, exp.NullSafeNEQ)):
        return TRUTHS
    if isinstance(tree, exp.Coalesce):
        return _first_known([of(tree.this), *(of(each) for each in tree.expressions)])
    if isinstance(tree, exp.Case):
        return _case(tree, of)
    if isinstance(tree, exp.Paren):
        return of(tree.this)
    if isinstance(tree, exp.Nullif):
        return of(tree.this) | NULL  # an unknown second value is never equal
    if isinstance(tree, exp.Between):  # one bound can decide without the other
        low, high = (_truth(_strict([of(tree.this), of(tree.args[key])])) for key in ("low", "high"))
        return _logic(low, high, conjunction=True)
    if isinstance(tree, exp.In):  # one equal value decides, however unknown the others
        equals = [_truth(_strict([of(tree.this), of(each)])) for each in tree.expressions]
        return reduce(lambda one, other: _logic(one, other, conjunction=False), equals)
    found = _strict(of(each) for each in _operands(tree))
    if isinstance(tree, COMPARISONS):
        return _truth(found)
    missing = isinstance(tree, (exp.TryCast, exp.JSONExtractScalar)) or is_looked_up(tree)
    return found | NULL if missing else found


def _operands(tree: exp.Expression) -> Iterable[exp.Expression]:
    for value in tree.args.values():
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, exp.Expression) and not isinstance(each, (exp.DataType, exp.Var)):
                yield each


def _strict(operands: Iterable[Outcomes]) -> Outcomes:
    """NULL as soon as one operand is."""
    found = list(operands)
    if any(each == NULL for each in found):
        return NULL
    return VALUE | NULL if any("N" in each for each in found) else VALUE


def _truth(found: Outcomes) -> Outcomes:
    return (found - VALUE) | TRUTHS if "V" in found else found


def _logic(left: Outcomes, right: Outcomes, *, conjunction: bool) -> Outcomes:
    deciding = "F" if conjunction else "T"
    found = set()
    for one in left:
        for other in right:
            if deciding in (one, other):
                found.add(deciding)
            else:
                found.add("N" if "N" in (one, other) else one)
    return frozenset(found)


def _is(tested: Outcomes, what: exp.Expression) -> Outcomes:
    if not isinstance(what, exp.Null):
        return TRUTHS
    if tested == NULL:
        return frozenset("T")
    return TRUTHS if "N" in tested else frozenset("F")


def _first_known(given: list[Outcomes]) -> Outcomes:
    found: Outcomes = frozenset()
    for each in given:
        found |= each - NULL
        if "N" not in each:
            return found
    return found | NULL


def _case(tree: exp.Case, of: Callable[[exp.Expression], Outcomes]) -> Outcomes:
    found: Outcomes = frozenset()
    for branch in tree.args["ifs"]:
        test = _truth(of(branch.this))
        if "T" in test:
            found |= of(branch.args["true"])
        if test == frozenset("T"):
            return found
    default = tree.args.get("default")
    return found | (of(default) if default is not None else NULL)
