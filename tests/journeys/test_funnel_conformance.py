"""Every cell of a conformance table for funnels: steps A, B, C within 60 minutes; the furthest step of one unit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from funnel_rows import MINUTE, connected, outcome

from omnictl.journeys.funnel.rules import LATER, Exclusion, Rules

ROWS = {
    1: "A0 B10 C20",
    2: "A0 X5 B10 C20",
    3: "A0 A30 B45 C75",
    4: "A0 B10 A20 C30",
    5: "B0 A5 C10",
    6: "A0 B0 C0",
    7: "A0 E5 B10 C20",
    8: "A0 E5 A10 B20 C30",
    9: "A0 B59 C61",
    10: "A0 A70 B80 C90",
}
OUT = "excluded"
REMOVE, DROP = (Exclusion(1, 3, "remove"),), (Exclusion(1, 3, "drop"),)
MODES: dict[str, tuple[Rules, list[int | str]]] = {
    "ordered, first entry": (Rules(3, entry="first"), [3, 3, 2, 3, 1, 3, 3, 3, 2, 1]),
    "ordered, any entry": (Rules(3), [3, 3, 3, 3, 1, 3, 3, 3, 2, 3]),
    "strict, any entry": (Rules(3, order="strict"), [3, 1, 3, 2, 1, 3, 1, 3, 2, 3]),
    "any order": (Rules(3, order="any"), [3, 3, 3, 3, 3, 3, 3, 3, 2, 3]),
    "ties must increase": (Rules(3, ties=LATER), [3, 3, 3, 3, 1, 1, 3, 3, 2, 3]),
    "window per step, first entry": (Rules(3, entry="first", step_window=60 * MINUTE), [3, 3, 3, 3, 1, 3, 3, 3, 3, 1]),
    "remove, first entry": (Rules(3, entry="first", exclusions=REMOVE), [3, 3, 2, 3, 1, 3, OUT, OUT, 2, 1]),
    "drop, first entry": (Rules(3, entry="first", exclusions=DROP), [3, 3, 2, 3, 1, 3, 1, 1, 2, 1]),
    "remove, any entry": (Rules(3, exclusions=REMOVE), [3, 3, 3, 3, 1, 3, OUT, 3, 2, 3]),
}
CELLS = [
    pytest.param(rules, ROWS[row], reached, id=f"{mode}, row {row}")
    for mode, (rules, column) in MODES.items()
    for row, reached in zip(ROWS, column, strict=True)
]


@pytest.fixture(scope="module")
def con() -> Iterator[Any]:
    with connected() as connection:
        yield connection


@pytest.mark.parametrize(("rules", "rows", "reached"), CELLS)
def test_a_cell(con: Any, rules: Rules, rows: str, reached: int | str) -> None:
    gone = "E" if rules.exclusions else ""
    assert outcome(con, rules, "ABC", [rows], gone=gone) == {0: reached}


@pytest.mark.parametrize("rules", [Rules(3), Rules(3, entry="first"), Rules(3, order="strict"), Rules(3, ties=LATER)])
def test_one_row_is_one_step(con: Any, rules: Rules) -> None:
    assert outcome(con, rules, "AAB", ["A0 A10 B20", "A0 B20", "A0 A10"]) == {0: 3, 1: 1, 2: 2}
