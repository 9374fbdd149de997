"""Values of parameters and targets: durations in seconds, numbers, texts."""

from __future__ import annotations

import re
from decimal import Decimal

UNITS = {"ms": Decimal("0.001"), "s": Decimal(1), "min": Decimal(60), "h": Decimal(3600), "d": Decimal(86400)}

_DURATION = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,6})?) ?(ms|s|min|h|d)\Z")
_NUMBER = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,9})?\Z")


def seconds(text: str) -> Decimal | None:
    """`20 s`, `1.5 h`, `2min` in seconds; None when the text is no duration."""
    found = _DURATION.match(text.strip())
    return Decimal(found[1]) * UNITS[found[2]] if found else None


def number(text: str) -> Decimal | None:
    """A plain number; None when the text is none."""
    return Decimal(text.strip()) if _NUMBER.match(text.strip()) else None
