"""Durations as exports write them, for connectors that yield records; SQL has the function of the same name."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

_CLOCK = re.compile(r"(-?)(?:(\d+):)?(\d+):(\d{1,2}(?:[.,]\d+)?)\Z")


def seconds(text: object) -> Decimal | None:
    """Seconds of `90`, `1,5`, `01:30` (minutes and seconds) or `00:01:30`; None for nothing.

    Raises:
        ValueError: the text is no duration.
    """
    written = str(text).strip() if text is not None else ""
    if not written:
        return None
    clock = _CLOCK.match(written)
    try:
        if clock is None:
            found = Decimal(written.replace(",", "."))
        else:
            sign, hours, minutes, rest = clock.groups()
            last = Decimal(rest.replace(",", "."))
            if last >= 60 or (hours and int(minutes) >= 60):
                raise InvalidOperation
            found = (int(hours or 0) * 3600 + int(minutes) * 60 + last) * (-1 if sign else 1)
    except InvalidOperation:
        raise ValueError(f"`{written}` is no duration") from None
    if not found.is_finite():
        raise ValueError(f"`{written}` is no duration")
    return found
