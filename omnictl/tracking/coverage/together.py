"""Reasons put together: each once, and those of several channels where a figure is one for all of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from omnictl.tracking.coverage.verdict import Reason


def each_once(reasons: Iterable[Reason]) -> list[Reason]:
    """The gravest first; the same event, property and source once, with its gravest code."""
    found: dict[tuple[str, str, str, str, str], Reason] = {}
    for each in sorted(reasons, key=lambda reason: reason.gravity):
        about = each.code if each.code in ("C08", "C09", "C11", "C13", "C07", "C01") else ""
        found.setdefault((each.event, each.column, each.source, each.channel, about), each)
    return list(found.values())


def merged(
    found: Sequence[list[Reason]], spots: Sequence[str | None], least: str = "not_computable"
) -> Iterator[Reason]:
    """The reasons of several channels where a figure is one for all: what holds on some of them degrades it."""
    bad = [any(each.state == least for each in reasons) for reasons in found]
    for reasons, spot in zip(found, spots, strict=True):
        for each in reasons:
            state = each.state if all(bad) or each.state != least else "degraded"
            yield replace(each, state=state, channel=each.channel or spot or "")
