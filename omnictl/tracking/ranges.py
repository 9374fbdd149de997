"""The values a column may have by its unit: durations and counts are never negative, shares lie between 0 and 1."""

from __future__ import annotations

from decimal import Decimal

from omnictl.relations.column import Column

_NEVER_NEGATIVE = ("s", "count")
_SHARES = ("0 to 1",)
SCORES = {  # of one question's own scale; others are any text
    "nps": (Decimal(0), Decimal(10)),
    "csat": (Decimal(1), Decimal(5)),
    "ces": (Decimal(1), Decimal(7)),
    "helpful": (Decimal(0), Decimal(1)),
}


def range_of(column: Column, kind: str = "") -> tuple[Decimal | None, Decimal | None]:
    """The lowest and the highest value a column may have; None where there is no bound.

    Args:
        kind: the question of a survey, whose score it is.
    """
    if column.name == "position":  # on a page, from 1
        return Decimal(1), None
    if column.unit in _SHARES:
        return Decimal(0), Decimal(1)
    if column.unit in _NEVER_NEGATIVE:
        return Decimal(0), None
    if column.name == "score" and kind in SCORES:
        return SCORES[kind]
    return None, None
