"""What values a property may have, in terms all formats share: a JSON type, a format, allowed values, bounds."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from omnictl.relations.column import Type
from omnictl.tracking.plan import Property

Scalar = str | int | float | bool
NUMBERS = ("integer", "number")

_TYPES: dict[Type, str] = {
    "VARCHAR": "string",
    "TIMESTAMP": "string",
    "BOOLEAN": "boolean",
    "INTEGER": "integer",
    "BIGINT": "integer",
    "DECIMAL(18,3)": "number",
    "DOUBLE": "number",
    "DATE": "string",
}
_FORMATS: dict[Type, str] = {"TIMESTAMP": "date-time", "DATE": "date"}
# The least and the greatest a column of the type holds: for formats in which every number has both.
LIMITS: dict[Type, tuple[int | float, int | float]] = {
    "INTEGER": (-(2**31), 2**31 - 1),
    "BIGINT": (-(2**63), 2**63 - 1),
    "DECIMAL(18,3)": (-(10**15), 10**15),
    "DOUBLE": (-1.7976931348623157e308, 1.7976931348623157e308),
}


@dataclass(frozen=True)
class Shape:
    """The values a property may have.

    Attributes:
        type: `string`, `integer`, `number` or `boolean`.
        format: `date-time`, `date` or ''.
        nullable: whether it may be null; such a property may also be absent.
        values: the only ones it may have, of its type; () for any.
        low, high: its bounds, both included; whole numbers for `integer`.
        filled: whether an empty string is no value.
        strange: values of the plan that are none of the type.
    """

    type: str
    format: str
    nullable: bool
    values: tuple[Scalar, ...] = ()
    low: int | float | None = None
    high: int | float | None = None
    filled: bool = False
    strange: tuple[str, ...] = ()

    @property
    def bounded(self) -> bool:
        """Whether it has a bound."""
        return self.low is not None or self.high is not None


def shape_of(one: Property) -> Shape:
    """What values a property may have."""
    kind = _TYPES[one.type]
    format = _FORMATS.get(one.type, "")
    read = {text: _value(text, kind) for text in one.values}
    values = tuple(dict.fromkeys(value for value in read.values() if value is not None))
    low, high = _bounds(one, kind)
    return Shape(
        type=kind,
        format=format,
        nullable=not one.required,
        values=values,
        low=low,
        high=high,
        filled=one.required and kind == "string" and not format and not values,
        strange=tuple(text for text, value in read.items() if value is None),
    )


def unbounded(one: Property) -> bool:
    """Whether a property has bounds, and no numbers they could be about."""
    return (one.low is not None or one.high is not None) and _TYPES[one.type] not in NUMBERS


def number(value: Decimal) -> int | float:
    """A number as JSON and YAML write it: whole where it is."""
    return int(value) if value == value.to_integral_value() else float(value)


def _bounds(one: Property, kind: str) -> tuple[int | float | None, int | float | None]:
    """The bounds of numbers; those of whole numbers moved to the next whole one inside."""
    if kind not in NUMBERS:
        return None, None
    whole = kind == "integer"
    low = None if one.low is None else math.ceil(one.low) if whole else number(one.low)
    high = None if one.high is None else math.floor(one.high) if whole else number(one.high)
    return low, high


def _value(text: str, kind: str) -> Scalar | None:
    """A value of the plan, which are texts, in its type; None where it is none of it."""
    if kind == "string":
        return text
    if kind == "boolean":
        return {"true": True, "false": False}.get(text.lower())
    try:
        found = Decimal(text)
    except InvalidOperation:
        return None
    if not found.is_finite() or (kind == "integer" and found != found.to_integral_value()):
        return None
    return number(found)
