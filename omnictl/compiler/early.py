"""Rows that no KPI judges, left out before anything is joined to them or worked out of them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce

from sqlglot import exp

from omnictl.compiler.catalog import Catalog
from omnictl.compiler.figures import nullness_of
from omnictl.compiler.nulls import can_be_null
from omnictl.compiler.reads import Reads
from omnictl.compiler.spelling import aliases_of, text_of
from omnictl.compiler.stock import Stock
from omnictl.glossary.meaning import Branch
from omnictl.glossary.parts import conjuncts

FEW = 4  # conditions of KPIs that are cheaper to test on every row than to join what follows to each


def leave_out_early(reads: Reads, catalog: Catalog, *, shows: bool = True) -> None:
    """Give the scans the conditions without which no KPI judges a row, and does not call it unknown either.

    The cuts of an answer are those of all rows: a scan that shows them leaves rows out only where its cuts can be seen
    apart, see `Scan.sees_apart`.

    Args:
        shows: whether the scans show the cuts of an answer.
    """
    for scan in reads:
        seen = shows and bool(reads.question.by) and not isinstance(scan, Stock) and not scan.hidden
        if seen and not scan.can_see_apart:
            continue
        branches = reads.users.get(scan.name, [])
        for each in _common(branches):
            # a row whose condition is NULL is not out, it is unknown
            unsure = any(can_be_null(each, nullness_of(branch, catalog)) for branch in branches)
            scan.pushed.append(_not_false(each) if unsure else each)
        if not isinstance(scan, Stock) and scan.joins and (either := _either(branches)) is not None:
            scan.pushed.append(either)
        scan.sees_apart = seen and bool(scan.pushed)


def _common(branches: Iterable[Branch]) -> Iterable[exp.Expression]:
    """The conditions that all branches have."""
    common: dict[str, exp.Expression] | None = None
    for branch in branches:
        given = {text_of(each): each for each in conjuncts(branch.where)}
        common = given if common is None else {key: each for key, each in common.items() if key in given}
    return (common or {}).values()


def _either(branches: Iterable[Branch]) -> exp.Expression | None:
    """That a row is one of any branch, or may be, as far as the row itself tells; None where that leaves nothing out,
    or is too much to ask of every row."""
    found: dict[str, exp.Expression] = {}
    for branch in branches:
        own = [each for each in conjuncts(branch.where) if not joined(each)]
        if not own:
            return None
        whole = reduce(lambda one, other: exp.And(this=one, expression=other), map(_closed, own))
        found.setdefault(text_of(whole), whole)
    if not 0 < len(found) <= FEW:
        return None
    return _not_false(reduce(lambda one, other: exp.Or(this=one, expression=other), map(_closed, found.values())))


def joined(tree: exp.Expression) -> bool:
    """Whether a tree names columns of what is joined."""
    return any(aliases_of(tree))


def _closed(tree: exp.Expression) -> exp.Expression:
    return exp.Paren(this=tree.copy())


def _not_false(tree: exp.Expression) -> exp.Expression:
    return exp.Not(this=exp.Is(this=_closed(tree), expression=exp.Boolean(this=False)))
