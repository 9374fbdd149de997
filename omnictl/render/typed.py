"""The SQL type of a column, from the values it holds: for formats whose columns have one.

A column keeps the type the database gave it as long as its values are of that kind. Without values it has that type
too, else the one of its unit, so that the file of an empty month has the columns of a full one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from omnictl.render.table import Col
from omnictl.render.values import plain

MOST_DIGITS = 38  # of a DECIMAL
SMALLEST, LARGEST = -(2**63), 2**63 - 1
TEXT = "varchar"

_BY_UNIT = {"": TEXT, "UTC": "timestamp", "count": "bigint"}  # every other unit is one of figures
_PLAIN = re.compile(r"boolean|bigint|double|date|timestamp|varchar|decimal\((\d+), ?(\d+)\)")
_ALIKE = {
    **dict.fromkeys(("tinyint", "smallint", "integer", "utinyint", "usmallint", "uinteger"), "bigint"),
    **dict.fromkeys(("timestamp_s", "timestamp_ms", "timestamp_ns", "timestamp with time zone"), "timestamp"),
    "float": "double",
}


def type_of(column: Col, values: Sequence[Any]) -> str:
    """One of boolean, bigint, decimal(p, s), double, date, timestamp, varchar; the last where nothing else fits."""
    declared = _declared(column.type)
    found = {_kind(value) for value in values if value is not None}
    if not found:
        return declared or _BY_UNIT.get(column.unit, "double")
    if len(found) == 1:
        kind = found.pop()
        if kind == "decimal":
            return declared if declared.startswith("decimal") else _decimal(values)
        return kind
    if found == {"bigint", "decimal"}:
        return _decimal(values)
    if found <= {"bigint", "decimal", "double"}:
        return "double"
    return "timestamp" if found == {"date", "timestamp"} else TEXT


def given(value: Any, kind: str, unit: str = "") -> Any:
    """A value as the database takes it for a type; what has no number, time or truth of its own goes as its text."""
    if value is None:
        return None
    if kind == TEXT or kind.startswith("decimal"):
        return plain(value, unit)
    if kind == "double":
        return float(value)
    if kind == "timestamp":
        moment = value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)
        return moment if moment.tzinfo is None else moment.astimezone(UTC).replace(tzinfo=None)
    return value


def _declared(written: str) -> str:
    name = written.casefold()
    name = _ALIKE.get(name, name)
    return name if _PLAIN.fullmatch(name) else ""


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "bigint" if SMALLEST <= value <= LARGEST else "decimal"
    if isinstance(value, float):
        return "double"
    if isinstance(value, Decimal):
        return "decimal" if value.is_finite() else "double"
    if isinstance(value, datetime):
        return "timestamp"
    return "date" if isinstance(value, date) else TEXT


def _decimal(values: Sequence[Any]) -> str:
    """The DECIMAL that holds every value exactly; text when there is none."""
    before = after = 0
    for value in values:
        if value is not None:
            _, digits, exponent = Decimal(value).as_tuple()
            places = int(exponent)
            before = max(before, len(digits) + places)
            after = max(after, -places)
    if before + after > MOST_DIGITS:
        return TEXT
    return f"decimal({MOST_DIGITS if before + after > 18 else 18}, {after})"
