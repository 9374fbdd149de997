"""Trees as SQL text, and what they name.

The same conditions and columns are asked about many times while a question is planned, and writing one out costs far
more than finding it again by its hash.
"""

from __future__ import annotations

from functools import lru_cache

from sqlglot import exp

from omnictl.glossary.expressions import DIALECT


@lru_cache(maxsize=4096)
def text_of(tree: exp.Expression) -> str:
    """The SQL of a tree; trees that are equal have one text."""
    return tree.sql(DIALECT, comments=False)


@lru_cache(maxsize=4096)
def aliases_of(tree: exp.Expression) -> frozenset[str]:
    """What stands before the columns of a tree: the alias of what each is of, '' for the row's own."""
    return frozenset(column.table for column in tree.find_all(exp.Column))
