"""What is asked: which KPIs, cut by what, over which period."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from omnictl.fiscal import FiscalYear

COMPARED = ("previous", "year")
LINKS = ("certain", "probable")
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
        compare: one of `COMPARED`: what the period is compared with; None for nothing.
        interval: the ends of a 95 % interval of each figure too.
        top: how many cuts are answered, the largest; None for all.
        floor: a figure about fewer people is hidden; 0 hides none.
        agents: how finely agents may be cut: `agent`, or no finer than the `team`.
        fiscal: when years and quarters begin; None: with the calendar's.
        links: one of `LINKS`: whether people are those of certain links, or of probable ones by their weight.
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

    compare: str | None = None
    interval: bool = False
    top: int | None = None
    floor: int = 0
    agents: str = "agent"
    fiscal: FiscalYear | None = None
    links: str = "certain"

    @property
    def measured(self) -> bool:
        """Whether the parts of each figure are needed, shown or not."""
        told = self.interval or self.top is not None or self.floor > 0 or self.links != "certain"
        return self.parts or self.long or told
