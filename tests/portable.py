"""The SQL that a second engine must run as it stands: what it may not hold, and why.

The statements are caught where they are executed, so that what is read is what runs.
"""

from __future__ import annotations

from typing import Any

import sqlglot
from sqlglot import exp

BANNED: dict[type[exp.Expression], str] = {
    exp.Anonymous: "a function sqlglot does not know goes to any engine as it is",
    exp.Unnest: "lists",
    exp.Array: "lists",
    exp.ArrayAgg: "lists",
    exp.List: "lists",
    exp.Struct: "structs",
    exp.Lambda: "lambdas",
    exp.ArgMax: "arg_max is row_number = 1",
    exp.ArgMin: "arg_min is row_number = 1",
    exp.ApproxDistinct: "counts are exact",
    exp.TryCast: "an error on some engines",
    exp.TimeToStr: "texts of times differ",
    exp.DayOfWeek: "days of the week are counted differently",
    exp.DayOfWeekIso: "days of the week are counted differently",
    exp.AtTimeZone: "zones are offsets, joined or told by CASE",
    exp.Pivot: "not everywhere",
    exp.IntDiv: "rounds differently",
}
UNITS = ("SECOND", "DAY")


def faults(sql: str) -> list[str]:
    """What of a text is not portable, in words; [] when all of it is."""
    found = []
    for tree in sqlglot.parse(sql, read="duckdb"):
        if tree is None:
            continue
        found += [f"{type(node).__name__}: {node.sql('duckdb')[:80]}" for node in tree.walk() if _banned(node)]
    return found


def _banned(node: exp.Expression) -> bool:
    if type(node) in BANNED:
        return True
    if isinstance(node, exp.Div):
        return not isinstance(node.expression, exp.Nullif)
    if isinstance(node, exp.DateDiff):
        return node.text("unit").upper() not in UNITS
    if isinstance(node, exp.Join):
        return (node.method or "").upper() == "ASOF" or bool(node.args.get("using"))
    if isinstance(node, exp.GroupConcat):
        return node.find(exp.Order) is None
    if isinstance(node, exp.Group):
        return bool(node.args.get("all"))
    return False


class Listening:
    """A connection that keeps the texts of its statements."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self.heard: list[str] = []

    def execute(self, sql: str, *args: Any) -> Any:
        self.heard.append(sql)
        return self.connection.execute(sql, *args)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.connection, name)
