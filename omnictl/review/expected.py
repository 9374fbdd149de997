"""What a worked figure expects beside what came out: when the two are the same, and how each is told."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from omnictl.glossary.kpi import STATES, Expected

TOLERANCE = 1e-9  # of figures, as a share of what is expected

Cut = tuple[str, ...]


def equal(expected: Expected, row: Mapping[str, Any]) -> bool:
    """Whether a row of an answer is what is expected; the name of a state stands for an empty value with it."""
    if expected.unknown is not None and row["unknown"] != expected.unknown:
        return False
    value = row["value"]
    if expected.figure is None or value is None:
        return (expected.figure is None and value is None) or (
            expected.figure in STATES and expected.figure == row["state"]
        )
    if expected.figure in STATES:
        return bool(row["state"] == expected.figure)
    above, _, below = expected.figure.partition("/")
    return alike(float(Decimal(above)) / float(Decimal(below)) if below else float(Decimal(above)), float(value))


def alike(wanted: float, got: float) -> bool:
    """Whether two figures are the same but for the last digits of their floating points."""
    return abs(got - wanted) <= TOLERANCE * max(1.0, abs(wanted))


def differing(wanted: Mapping[Cut, Any], got: Mapping[Cut, Any]) -> tuple[str, str] | None:
    """The figures of two answers that are not the same, each as a text; None when all are. An empty figure of a cut
    is the same as no such cut."""
    theirs, ours = [], []
    for cut in sorted({*wanted, *got}):
        left, right = wanted.get(cut), got.get(cut)
        same = left is right if left is None or right is None else alike(float(left), float(right))
        if not same:
            theirs.append(_figure(cut, left))
            ours.append(_figure(cut, right))
    return ("; ".join(theirs), "; ".join(ours)) if theirs else None


def as_expected(row: Mapping[str, Any], expected: Expected) -> Expected:
    """What came out in a row, in the shape of what was expected."""
    unknown = row["unknown"] if expected.unknown is not None else None
    return Expected(expected.variant, expected.cut, text_of(row["value"]) or None, unknown)


def told(expected: Expected, state: str | None = None) -> str:
    """`phone: 3/4, 1 unknown`; an empty figure is told by its state."""
    if expected.error:
        return f"refused: {expected.error}"
    figure = expected.figure if expected.figure is not None else state or "empty"
    unknown = f", {expected.unknown} unknown" if expected.unknown is not None else ""
    return f"{_named(expected.cut)}{figure}{unknown}"


def text_of(value: Any) -> str:
    """A value as a text; '' for none."""
    return "" if value is None else str(value)


def _figure(cut: Cut, value: Any) -> str:
    return f"{_named(cut)}{'empty' if value is None else value}"


def _named(cut: Cut) -> str:
    return f"{', '.join(cut)}: " if cut else ""
