"""Oracles of worked figures: SQL written without the KPI over the same rows, whose figures must be the KPI's.

An oracle is judged like a text of `omnictl sql`: one SELECT over the relations, and nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from omnictl.errors import EngineError
from omnictl.reading import Reading
from omnictl.relations import RELATIONS
from omnictl.review.expected import Cut, text_of

if TYPE_CHECKING:
    import duckdb

MOST_CUTS = 10_000


def figures_of(con: duckdb.DuckDBPyConnection, sql: str, by: Sequence[str]) -> dict[Cut, Any]:
    """The figures of an oracle by cut: its columns are those of `by`, in their order, then the figure.

    Raises:
        EngineError: the text is refused, cannot be answered, has other columns, or gives a cut twice.
    """
    tables = {name: list(relation.names) for name, relation in RELATIONS.items() if relation.key}
    table, more = Reading(con, tables, frozenset()).answer(sql, MOST_CUTS)
    shape = ", ".join([*by, "the figure"])
    if len(table.columns) != len(by) + 1:
        raise EngineError(f"the oracle gives {len(table.columns)} columns", hint=f"it is to give {shape}")
    if not by and len(table.rows) != 1:
        raise EngineError(f"the oracle gives {len(table.rows)} rows", hint="without `by` it is to give one")
    found: dict[Cut, Any] = {}
    for *cut, figure in table.rows:
        key = tuple(text_of(value) for value in cut)
        if key in found or more:
            raise EngineError("the oracle gives a cut more than once" if not more else "the oracle gives too many rows")
        if figure is not None and not _is_number(figure):
            raise EngineError(f"the oracle gives {figure!r}, which is no figure")
        found[key] = figure
    return found


def _is_number(value: Any) -> bool:
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return not isinstance(value, (bool, str))
