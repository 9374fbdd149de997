"""Rows of a funnel written as `A0 B10 C20`: a letter and the minute; and what the engine makes of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import duckdb

from omnictl.journeys.funnel.figures import judge, reached, removed_units
from omnictl.journeys.funnel.rules import Rules
from omnictl.journeys.funnel.spots import find_spots
from omnictl.journeys.funnel.walk import walk

MINUTE = 60_000
TABLES = ("rows", "spots", "attempts", "units", "done")


def load(con: Any, steps: Sequence[str], units: Sequence[str], window: int | None, gone: Sequence[str] = ()) -> None:
    """Make `funnel_rows`: a step is the letters its rows may have; `a` in lower case lies outside the period."""
    for table in TABLES:
        con.execute(f"drop table if exists funnel_{table}")
    rows = []
    for unit, text in enumerate(units):
        for number, each in enumerate(text.split()):
            letter, minute = each[0], float(each[1:])
            flags = [letter.upper() in step for step in steps]
            out = [letter.upper() in step for step in gone]
            ranks = (flags.index(True), -flags[::-1].index(True)) if any(flags) else (99, 99)
            rows.append((unit, int(minute * MINUTE), ranks, number, letter.isupper(), flags, out))
    rows.sort(key=lambda row: row[:4])
    names = ["place bigint", "unit bigint", "held bigint", "moment bigint", "until bigint", "enters boolean"]
    names += [f"step_{number + 1} boolean" for number in range(len(steps))]
    names += [f"gone_{number + 1} boolean" for number in range(len(gone))]
    con.execute(f"create temp table funnel_rows ({', '.join(names)})")
    cells = [
        (place, unit, 0, at, None if window is None else at + window * MINUTE, enters, *flags, *out)
        for place, (unit, at, _, _, enters, flags, out) in enumerate(rows)
    ]
    if cells:
        marks = "(" + ", ".join("?" * len(names)) + ")"
        con.execute(
            f"insert into funnel_rows values {', '.join([marks] * len(cells))}", [cell for row in cells for cell in row]
        )


def outcome(
    con: Any,
    rules: Rules,
    steps: Sequence[str],
    units: Sequence[str],
    *,
    window: int | None = 60,
    gone: Sequence[str] = (),
    watermark: int | None = None,
) -> dict[int, int | str]:
    """By unit: the furthest step, `excluded` or `immature`; units that never began are left out."""
    load(con, steps, units, window, gone)
    walk(con, rules, find_spots(con, rules), None if watermark is None else watermark * MINUTE)
    judge(con, rules)
    found = con.execute(f"select unit, fate, {reached(rules)} from funnel_units").fetchall()
    assert removed_units(con) == sum(1 for _, fate, _ in found if fate == 1)
    return {unit: {0: step, 1: "excluded", 2: "immature"}[fate] for unit, fate, step in found}


def connected() -> Any:
    return duckdb.connect(":memory:", config={"threads": 1})
