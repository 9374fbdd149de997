"""What no worked figure speaks of: KPIs without a case, variants that no case asks, channels that no given row has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from omnictl.glossary.glossary import Glossary
from omnictl.glossary.kpi import DEFAULT, Case, Kpi
from omnictl.review.given import first_channel


@dataclass(frozen=True)
class Coverage:
    """What the cases of one KPI leave out.

    Attributes:
        cases: how many it has, its variants' included.
        variants: that no case asks for.
        channels: it says it is about, and that no given row has.
    """

    kpi: str
    cases: int
    variants: tuple[str, ...]
    channels: tuple[str, ...]

    @property
    def whole(self) -> bool:
        return bool(self.cases) and not self.variants and not self.channels


def coverage_of(glossary: Glossary, kpi: Kpi) -> Coverage:
    """What the cases of a KPI, and those its variants add, leave out."""
    cases = list(kpi.cases)
    asked = set(_asked(kpi.cases, ""))
    for variant in kpi.variants:
        own = glossary.resolve(f"{kpi.id}@{variant}").cases
        if own != kpi.cases:
            cases += [case for case in own if case not in cases]
            asked |= set(_asked(own, variant))
    channels = {channel for case in cases for channel in _channels(kpi, case)}
    named = dict.fromkeys([*(kpi.channels or ()), *_bound(kpi)])
    return Coverage(
        kpi=kpi.id,
        cases=len(cases),
        variants=tuple(name for name in kpi.variants if name not in asked),
        channels=tuple(channel for channel in named if channel not in channels) if cases else tuple(named),
    )


def _asked(cases: tuple[Case, ...], variant: str) -> Iterator[str]:
    """The variants that cases ask for."""
    for case in cases:
        yield from (expected.variant or variant for expected in case.expected)
        yield from (name or variant for name in case.oracles)


def _channels(kpi: Kpi, case: Case) -> Iterator[str]:
    """The channels that the given rows have."""
    for relation, rows in case.given.items():
        for cells, _ in rows:
            channel = cells.get("channel")
            if channel is not None:
                yield channel
            elif relation == "interactions" and "channel" not in cells:
                yield first_channel(kpi)


def _bound(kpi: Kpi) -> Iterator[str]:
    """The channels that have an expression of their own."""
    for by_channel in kpi.expressions().values():
        yield from (channel for channel in by_channel if channel != DEFAULT)
