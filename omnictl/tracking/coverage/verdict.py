"""A verdict as data: the state of a KPI, of a cut of it, on a channel, and its reasons."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

State = Literal["computable", "partial", "degraded", "not_computable"]
STATES: tuple[State, ...] = ("computable", "degraded", "partial", "not_computable")  # the gravest last


@dataclass(frozen=True)
class Reason:
    """One thing that is wrong.

    Attributes:
        code: C01 to C13.
        variant: which of the code's sentences tells it.
        channel: where, when that is another than the line's own.
        rows: the rows concerned; None when nothing is counted. `of`: among so many.
        fix: what to do, as the name of a sentence; `place`: where.
        words: what the sentences name.
        day: from when it will be well by itself.
    """

    code: str
    state: State
    variant: str = ""
    event: str = ""
    column: str = ""
    source: str = ""
    channel: str = ""
    rows: int | None = None
    of: int | None = None
    owner: str = ""
    fix: str = ""
    place: str = ""
    words: Mapping[str, str] = field(default_factory=dict, hash=False)
    day: date | None = None

    @property
    def share(self) -> float | None:
        """Of the rows, those concerned; 0 to 1."""
        return None if self.rows is None or not self.of else self.rows / self.of

    @property
    def gravity(self) -> tuple[int, int, str, str, str]:
        """Sorts the gravest first, and of those the one that concerns most rows."""
        return (-STATES.index(self.state), -(self.rows or 0), self.code, self.column, self.source)


@dataclass(frozen=True)
class Line:
    """A KPI, or a cut of it, on one channel or on all.

    Attributes:
        cut: '' for the value itself.
        channel: '' for all it is about.
        rows: those its figures are about, judged or not; None when nothing is counted.
        owner: who answers for the KPI.
    """

    kpi: str
    cut: str
    channel: str
    state: State
    reasons: tuple[Reason, ...] = ()
    rows: int | None = None
    owner: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        """What tells it from others."""
        return self.kpi, self.cut, self.channel


@dataclass(frozen=True)
class Coverage:
    """Every line, those of a KPI together: its value on all channels first, then by channel, then its cuts.

    Attributes:
        counted: whether a store was read; else the states are those that mappings promise.
    """

    lines: tuple[Line, ...]
    counted: bool
    plan: str = ""
    version: str = ""

    def line(self, kpi: str, cut: str = "", channel: str = "") -> Line | None:
        """The line of a key."""
        return next((each for each in self.lines if each.key == (kpi, cut, channel)), None)


def gravest(states: Iterable[State]) -> State:
    """The gravest of some states; `computable` of none."""
    return max(states, key=STATES.index, default="computable")
