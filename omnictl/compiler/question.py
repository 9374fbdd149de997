"""What is asked: which KPIs, cut by what, over which period."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

EVERY = ("30min", "hour", "day", "week", "month", "quarter", "year")


@dataclass(frozen=True)
class Period:
    """Local times of the workspace's zone: `start` is included, `end` is not. None: that of the data."""

    start: datetime | None = None
    end: datetime | None = None


@dataclass(frozen=True)
class Question:
    """One question about KPIs.

    Attributes:
        kpis: addresses, in the order of the answer.
        by: columns the figures are cut by.
        every: one of `EVERY`, or None for the whole period.
        where: an SQL condition on the rows; it reaches every KPI.
        total: rows of the whole, recomputed from the parts.
        parts: numerator, denominator, n and unknown of each KPI too.
        long: one row per KPI.
        lang: of labels; '' is the workspace's.
        now: the present moment in local time, for whoever asks for relative periods; the answer does not depend on it.
        personal: whether personal columns may be cut by.
        status: the target of each KPI too, and how it stands to it.
        settings: other values of parameters, name and text; a name is that of a parameter, or `kpi.parameter`.
    """

    kpis: tuple[str, ...]
    by: tuple[str, ...] = ()
    every: str | None = None
    period: Period = field(default_factory=Period)
    where: str | None = None
    total: bool = False
    parts: bool = False
    long: bool = False
    lang: str = ""
    now: datetime | None = None
    personal: bool = False
    status: bool = False
    settings: tuple[tuple[str, str], ...] = ()

    @property
    def aimed(self) -> bool:
        """Whether targets are told."""
        return self.long or self.status
