"""Where a branch is measured: its rows on a channel no source of which fills a column it needs are told apart.

Most of them cannot be judged anyway, for what is NULL is unknown. Not so where NULL is a fact (`answered_at is null`)
or one of two conditions is enough: such rows would stand in the whole while their own channel says `not_measured`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from sqlglot import exp

from omnictl.compiler.catalog import Catalog
from omnictl.compiler.nulls import NULL, Nullness, outcomes
from omnictl.glossary.guard import RowGuard
from omnictl.glossary.meaning import Branch
from omnictl.glossary.parts import channel_in
from omnictl.glossary.scope import LINKED, PRICED, Scope


def unmeasured(branch: Branch, catalog: Catalog) -> list[str | None]:
    """The channels of the data that a branch is about and where nothing fills a column it needs."""
    return _lacking(branch, frozenset(), catalog)


def _lacking(branch: Branch, but: Collection[str], catalog: Catalog) -> list[str | None]:
    """Those channels; columns left aside do not count. What was merged needs of a channel what its own branch does."""
    return [
        channel
        for each in branch.made_of or (branch,)
        for channel in catalog.channels_of(each)
        if any(catalog.never_filled(each.reach.relation.name, column, channel) for column in each.needs - set(but))
    ]


def on_measured(
    branch: Branch, conditions: Sequence[exp.Expression], judged: Sequence[exp.Expression], catalog: Catalog
) -> list[exp.Expression]:
    """The condition that a row lies on a channel where the branch is measured; none where that goes without saying.

    Args:
        conditions: what must be true of a row for it to be judged.
        judged: what is NULL of a row that is unknown.
    """
    lacking = _lacking(branch, (LINKED, PRICED), catalog)  # without a person or a price a row is told by itself
    names = [each for each in lacking if each is not None and _may_be_judged(branch, each, conditions, judged, catalog)]
    if not names:
        return []
    channel = RowGuard(Scope(branch.reach)).row(exp.column("channel")).node
    elsewhere = exp.Not(this=exp.Paren(this=channel_in(channel.copy(), tuple(sorted(names)))))
    nowhere = exp.Is(this=channel.copy(), expression=exp.null())
    return [exp.Paren(this=exp.Or(this=nowhere, expression=elsewhere))]


def _may_be_judged(
    branch: Branch,
    channel: str,
    conditions: Iterable[exp.Expression],
    judged: Iterable[exp.Expression],
    catalog: Catalog,
) -> bool:
    """Whether rows of a channel can be judged although nothing fills what they need."""
    nullness = _filled(branch, channel, catalog)
    if any("T" not in outcomes(each, nullness) for each in conditions):
        return False
    return all(outcomes(each, nullness) != NULL for each in judged)


def _filled(branch: Branch, channel: str, catalog: Catalog) -> Nullness:
    """Which columns may be NULL on a channel, and which always are."""
    relation = branch.reach.relation.name

    def nullness(column: exp.Expression) -> str:
        if not isinstance(column, exp.Column) or column.table:
            return "maybe"
        if catalog.never_filled(relation, column.name, channel):
            return "always"
        return "maybe" if catalog.may_be_null(relation, column.name, (channel,)) else "never"

    return nullness
