"""Texts that a column is compared with, against those it can hold: one that it never holds counts nothing, silently."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sqlglot import exp

from omnictl.errors import did_you_mean
from omnictl.glossary.scope import PARENT, Typed

if TYPE_CHECKING:
    from omnictl.glossary.guard import RowGuard


def check_text(guard: RowGuard, left: Typed, right: Typed, node: exp.Expression) -> None:
    """Note a text that the column on the other side of a comparison never holds."""
    for one, other in ((left, right), (right, left)):
        if one.kind != "text" or not isinstance(other.node, exp.Literal) or other.kind != "text":
            continue
        column = one.node.this if isinstance(one.node, exp.Coalesce) else one.node
        known = list(_known(guard, column)) if isinstance(column, exp.Column) else []
        filled = [each.name for each in one.node.expressions] if isinstance(one.node, exp.Coalesce) else []
        if known and other.node.name not in (*known, *filled):
            hint = did_you_mean(other.node.name, [each for each in known if each])
            guard.fault("unknown-value", f"`{column.name}` is never '{other.node.name}'", node, hint)


def _known(guard: RowGuard, column: exp.Column) -> Iterator[str]:
    """The texts a column may hold; none when it may hold any."""
    reach = guard.scope.reach
    if reach is None:
        return
    if not column.table:
        own = reach.relation.column(column.name)
        yield from own.among if own is not None else ()
    elif column.table == PARENT:
        found = reach.find_in_parent(column.name)
        yield from found.column.among if found is not None else ()
