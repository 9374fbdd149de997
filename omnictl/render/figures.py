"""Figures as people read them, in English and French.

    ratio     78.3%     78,3 %          count   41,208    41 208
    seconds   253.4 s   253,4 s         eur     €12.40    12,40 €
    score     32.4      32,4            index   32.4      32,4
    pt        +1.4 pt   +1,4 pt         the difference of two ratios, in percentage points; always with its sign

The French spaces are narrow no-break ones (U+202F), so that no line breaks inside a figure. Halves round away from
zero, as people round. Numbers without a unit are left as they are: an id or a year must not be grouped.
"""

from __future__ import annotations

import math
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any

from omnictl.render.values import is_number, plain

NARROW_SPACE = "\u202f"
_WIDE = Context(prec=60)  # sums of HUGEINT outgrow the usual 28 digits

DECIMALS = {
    "ratio": 1,
    "count": 0,
    "seconds": 1,
    "s": 1,
    "eur": 2,
    "EUR": 2,
    "score": 1,
    "index": 1,
    "erlang": 2,
    "pt": 1,
}


def figure(value: Any, unit: str, lang: str) -> str:
    """A value as it is shown to people; texts, times and numbers without a unit as `plain` gives them."""
    if value is None:
        return ""
    if not unit or not is_number(value) or not math.isfinite(value):
        shown = plain(value, unit)
        return shown.replace("T", " ", 1) if hasattr(value, "hour") else shown
    exact = value if isinstance(value, Decimal) else Decimal(repr(value))
    decimals = DECIMALS.get(unit, 2)
    if unit == "count" and exact != exact.to_integral_value():
        decimals = 2  # a mean of counts
    if unit == "ratio":
        return _percent(_number(exact * 100, decimals, lang), lang)
    if unit == "pt":
        return _points(_number(exact * 100, decimals, lang), lang)
    text = _number(exact, decimals, lang)
    if unit in ("eur", "EUR"):
        return _euros(text, lang)
    if unit in ("seconds", "s"):
        return f"{text}{NARROW_SPACE}s" if lang == "fr" else f"{text} s"
    return text


def _number(value: Decimal, decimals: int, lang: str) -> str:
    rounded = value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP, _WIDE)
    text = f"{rounded + 0:,f}"  # + 0: no minus before a zero
    return text.replace(",", NARROW_SPACE).replace(".", ",") if lang == "fr" else text


def _percent(text: str, lang: str) -> str:
    return f"{text}{NARROW_SPACE}%" if lang == "fr" else f"{text}%"


def _points(text: str, lang: str) -> str:
    unsigned = text.startswith("-") or not text.strip("0.,")  # no difference has no sign
    return f"{'' if unsigned else '+'}{text}{NARROW_SPACE if lang == 'fr' else ' '}pt"


def _euros(text: str, lang: str) -> str:
    if lang == "fr":
        return f"{text}{NARROW_SPACE}€"
    return f"-€{text[1:]}" if text.startswith("-") else f"€{text}"
