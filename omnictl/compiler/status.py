"""How a figure stands to its target: ok, watch, or off."""

from __future__ import annotations

from typing import Any

NEAR = 1e-9  # of a bound: what arithmetic with doubles may lose


def status_of(value: Any, low: Any, high: Any, watch: Any) -> str | None:
    """`ok` between the bounds, `watch` when outside by `watch` at most, `off` beyond.

    Args:
        low, high: the bounds, None where it is open.

    Returns:
        None when there is no figure, no bound, or no margin: then nothing says which side is better.
    """
    if value is None or watch is None or (low is None and high is None):
        return None
    missed = 0.0
    for bound, distance in ((low, -1.0), (high, 1.0)):
        if bound is not None:
            missed = max(missed, distance * (float(value) - float(bound)) - NEAR * max(1.0, abs(float(bound))))
    return "ok" if missed <= 0 else "watch" if missed <= float(watch) else "off"


def judged(value: Any, low: Any, high: Any, watch: Any) -> tuple[Any, Any, str | None]:
    """What is shown of a target: the value aimed at, or the bounds of a band; and the status."""
    status = status_of(value, low, high, watch)
    return (low, high, status) if low is not None else (high, None, status)
