"""What stands in where a column is missing: `coalesce(wait_s, answered_at - queued_at, 0)` takes the first that is
known. Where another column stands in, nothing is lost; where only a constant is left, the figure is another one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlglot import exp

Known = Callable[[str], bool]


@dataclass(frozen=True)
class Choice:
    """One coalesce: the columns of each of its alternatives, in order; one of a constant has none.

    Attributes:
        any_of: of each alternative, whether one of its columns is enough: it tests for NULL itself.
    """

    alternatives: tuple[frozenset[str], ...]
    any_of: tuple[bool, ...]

    @property
    def columns(self) -> frozenset[str]:
        """All columns that stand in it."""
        return frozenset().union(*self.alternatives)

    def left(self, known: Known) -> frozenset[str] | None:
        """The columns of the first alternative that can be told; None when none can."""
        for columns, any_of in zip(self.alternatives, self.any_of, strict=True):
            if not columns or (any if any_of else all)(known(name) for name in columns):
                return columns
        return None


def choices(trees: Iterable[exp.Expression]) -> Iterator[Choice]:
    """Every outermost coalesce over own columns."""
    for tree in trees:
        for node in tree.find_all(exp.Coalesce):
            if any(isinstance(above, exp.Coalesce) for above in _above(node)):
                continue
            given = (node.this, *node.expressions)
            tests = tuple(each.find(exp.Coalesce, exp.Case, exp.Is) is not None for each in given)
            found = Choice(tuple(_own(each) for each in given), tests)
            if found.columns:
                yield found


def outside(trees: Iterable[exp.Expression]) -> set[str]:
    """Own columns that stand outside of any coalesce."""
    found = set()
    for tree in trees:
        for column in tree.find_all(exp.Column):
            if not column.table and not any(isinstance(above, exp.Coalesce) for above in _above(column)):
                found.add(column.name)
    return found


def _own(tree: exp.Expression) -> frozenset[str]:
    return frozenset(column.name for column in tree.find_all(exp.Column) if not column.table)


def _above(node: Any) -> Iterator[Any]:
    found = node.parent
    while found is not None:
        yield found
        found = found.parent
