"""Conditions as DuckDB answers them at little cost: each worked out once, and none planned as a join."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from sqlglot import exp

AT_ONCE = 4  # constants that `in` takes without becoming a join
SPELLED = 20  # constants that are compared one by one; a join is cheaper for many


class Conditions:
    """The conditions that the columns of an answer ask of a row, by the columns that hold them."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def __iter__(self) -> Iterator[tuple[str, str]]:
        """SQL and column of each."""
        return iter(self._known.items())

    def column(self, condition: str) -> str:
        """The column that holds a condition; itself when it needs none: there is none, or it always holds."""
        if condition in ("", "true"):
            return condition
        return self._known.setdefault(condition, f"s{len(self._known) + 1}")


@lru_cache(maxsize=4096)
def compared(tree: exp.Expression) -> exp.Expression:
    """A tree in which `column in ('a', 'b', …)` is written as comparisons joined by `or`, which mean the same.

    DuckDB plans `in` with more than AT_ONCE constants as a join: it copies every row, and takes some 20 MB of memory,
    each time it is written.
    """
    if not any(_is_long(node) for node in tree.find_all(exp.In)):
        return tree

    def written(node: exp.Expression) -> exp.Expression:
        if not (isinstance(node, exp.In) and _is_long(node)):
            return node
        equal: list[exp.Expression] = [
            exp.EQ(this=node.this.copy(), expression=each.copy()) for each in node.expressions
        ]
        either: exp.Expression = exp.Or(this=equal[0], expression=equal[1])
        for each in equal[2:]:
            either = exp.Or(this=either, expression=each)
        return either if isinstance(node.parent, exp.Paren) else exp.Paren(this=either)

    return tree.transform(written)


def _is_long(node: exp.In) -> bool:
    texts = all(isinstance(each, exp.Literal) and each.is_string for each in node.expressions)
    return isinstance(node.this, exp.Column) and texts and AT_ONCE < len(node.expressions) <= SPELLED
