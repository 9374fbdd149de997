"""What holds of a KPI on all of its channels, from what holds on each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from omnictl.tracking.coverage.verdict import Line, State


def overall(lines: Sequence[Line], rows: int | None) -> Line:
    """The line of all channels: as bad as the worst where all are as bad, degraded where some are worse than others."""
    states = {line.state for line in lines}
    state: State
    if states == {"not_computable"}:
        state = "not_computable"
    elif states <= {"partial", "not_computable"}:
        state = "partial"
    else:
        state = "computable" if states == {"computable"} else "degraded"
    reasons = [
        replace(
            each,
            channel=each.channel or line.channel,
            state=each.state if state == line.state else _at_most(each.state, state),
        )
        for line in lines
        for each in line.reasons
    ]
    return replace(
        lines[0], channel="", state=state, reasons=tuple(sorted(reasons, key=lambda each: each.gravity)), rows=rows
    )


def overall_anew(lines: Iterable[Line]) -> list[Line]:
    """Lines with those of all channels worked out from those of each, after these were changed."""
    found = list(lines)
    parts: dict[tuple[str, str], list[Line]] = {}
    for line in found:
        if line.channel:
            parts.setdefault((line.kpi, line.cut), []).append(line)
    return [
        overall(own, line.rows) if not line.channel and (own := parts.get((line.kpi, line.cut))) else line
        for line in found
    ]


def _at_most(own: State, whole: State) -> State:
    """How grave a reason of one channel is for all of them."""
    return whole if own in ("partial", "not_computable") else own
