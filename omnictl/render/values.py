"""One value as programs read it: the text every format for machines agrees on."""

from __future__ import annotations

import json
import math
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from omnictl.render.table import Col

UTC = "UTC"  # the unit of columns whose times are UTC; all other times are local and carry no offset


def is_number(value: object) -> bool:
    return isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)


def plain(value: Any, unit: str = "") -> str:
    """A value at full precision: ISO times (with Z where the unit is UTC), decimals without exponent, no grouping.

    Spans of time are seconds, nested values JSON, bytes hexadecimal, NULL the empty text.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, (datetime, time)):
        return value.isoformat() + ("Z" if unit == UTC and value.tzinfo is None else "")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, timedelta):
        return repr(value.total_seconds())
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value).hex()
    if isinstance(value, (list, tuple, dict)):
        return literal(value)
    return str(value)


def literal(value: Any, unit: str = "") -> str:
    """A value as JSON. Decimals keep every digit; what JSON has no number for (infinity) is null."""
    if value is None or value is True or value is False:
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, (float, Decimal)) and not math.isfinite(value):
        return "null"
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(literal(item) for item in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_text(plain(key))}: {literal(item)}" for key, item in value.items()) + "}"
    if isinstance(value, timedelta):
        return plain(value)
    return _text(plain(value, unit))


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def distinct_names(columns: list[Col], *, fold: bool = False) -> list[str]:
    """The columns' names, a repeated one numbered (`a`, `a_1`), so that no key of an object hides another.

    Args:
        fold: whether names that differ in case only are the same, as in a database.
    """
    taken: set[str] = set()
    names = []
    for column in columns:
        name, number = column.name, 0
        while (name.casefold() if fold else name) in taken:
            number += 1
            name = f"{column.name}_{number}"
        taken.add(name.casefold() if fold else name)
        names.append(name)
    return names
