"""Branches that cannot be added up, made one. A percentile, a distinct count or a stock whose expressions differ by
channel is still one figure over all rows: what differs becomes a `case` on the channel."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from omnictl.glossary.meaning import Branch
from omnictl.glossary.parts import Aggregate, Part, bracketed, conjuncts
from omnictl.glossary.watch import Watch


def merged(branches: Sequence[Branch]) -> Branch:
    """One branch that judges what all of them judge. They are over one relation, and each channel is in one of them.

    Only their one aggregate may differ, in what it takes and of which rows.
    """
    first = branches[0]
    if len(branches) == 1:
        return first
    listed = [channel for branch in branches for channel in branch.channels or ()]
    return Branch(
        reach=first.reach,
        where=_any_of([branch.where for branch in branches]),
        at=_by_channel(branches, [branch.at for branch in branches]),
        parts={name: _part(branches, name) for name in first.parts},
        needs=first.needs.union(*(branch.needs for branch in branches)),
        channels=tuple(listed) if all(branch.channels is not None for branch in branches) else None,
        others=(),
        daily=first.daily,
        stock=first.stock,
        until=_by_channel(branches, [branch.until or exp.null() for branch in branches]) if first.until else None,
        watch=_watch(branches),
        made_of=tuple(branches),
    )


def _watch(branches: Sequence[Branch]) -> Watch | None:
    """What must be seen of the rows. Every branch asks for a person, or none does."""
    watches = [branch.watch for branch in branches if branch.watch is not None]
    if not watches:
        return None
    watched = [branch.watch.mature if branch.watch is not None else None for branch in branches]
    if all(each is None for each in watched):
        return watches[0]
    trees = [each if each is not None else exp.Boolean(this=True) for each in watched]
    return Watch(watches[0].identified, _by_channel(branches, trees))


def _part(branches: Sequence[Branch], name: str) -> Part:
    (first,) = branches[0].parts[name].aggregates
    own = [branch.parts[name].aggregates[0] for branch in branches]
    arguments = [each.argument if each.argument is not None else exp.null() for each in own]
    conditions: list[exp.Expression] = [each.condition or exp.Boolean(this=True) for each in own]
    condition = _by_channel(branches, conditions) if any(each.condition is not None for each in own) else None
    argument = None if all(each.argument is None for each in own) else _by_channel(branches, arguments)
    aggregate = Aggregate(first.kind, argument, condition, first.share)
    return Part(branches[0].parts[name].tree, (aggregate,))


def _by_channel(branches: Sequence[Branch], trees: Sequence[exp.Expression]) -> exp.Expression:
    """The tree of the branch a row is in; one for all when they are the same."""
    if all(tree == trees[0] for tree in trees):
        return trees[0]
    ifs = [
        exp.If(this=_channel_test(branch).copy(), true=tree.copy())
        for branch, tree in zip(branches[:-1], trees[:-1], strict=True)
    ]
    return exp.Case(ifs=ifs, default=trees[-1].copy())


def _channel_test(branch: Branch) -> exp.Expression:
    """A branch's condition begins with that on its channels."""
    return next(conjuncts(branch.where))


def _any_of(conditions: Sequence[exp.Expression | None]) -> exp.Expression | None:
    found: exp.Expression | None = None
    for condition in conditions:
        if condition is None:
            return None
        one = exp.Paren(this=bracketed(condition).copy())
        found = one if found is None else exp.Or(this=found, expression=one)
    return found
