"""A question planned: the SQL that answers it, and what its columns are. Plain data, so that it can be kept and run
again without the glossary, the YAML and the SQL parser."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from omnictl.compiler.question import Period
from omnictl.fiscal import FiscalYear

# rows that cannot be judged yet, and rows without a person; of those judged, what stands for probable links
COUNTED_APART = ("immature", "unidentified", "probable")
TARGETS = ("target_low", "target_high", "target_watch")  # bounds a figure is to lie between, and the margin


@dataclass(frozen=True)
class PlannedKpi:
    """One KPI of an answer.

    Attributes:
        name: its address, as the answer's column is called.
        parts: names of the parts of an index; their columns follow the value.
        quotient: whether it has a numerator and a denominator.
        definition: what it counts, as one line of text.
        details: the same for programs: channels, parameters, expressions, digest.
        apart: which rows are counted apart, of `COUNTED_APART`; their columns precede the target and the state.
        split: the cuts those counts are split by, by position; None for all.
        banded: whether its target has two bounds.
        rollup: how its figures add up.
        zero: whether its value without rows is 0.
        interval: how its interval is worked out, a method of `intervals`; else why it has none.
        about_people: what tells how many people its figures are about: `people`, or their `rows`; '' for none.
        begins: the local day of the first row it could judge, where the answer is compared with an earlier one.
    """

    name: str
    label: str
    unit: str
    parts: tuple[str, ...]
    quotient: bool
    definition: str
    details: dict[str, Any]
    apart: tuple[str, ...] = ()
    split: tuple[int, ...] | None = None
    banded: bool = False
    rollup: str = ""
    zero: bool = False
    interval: str = ""
    about_people: str = ""
    begins: str = ""


@dataclass(frozen=True)
class Plan:
    """What answers a question. `first` and `last` are the bounds of the data in UTC, where the question took its
    period from them.

    Attributes:
        measured: whether the SELECT gives the parts of each KPI, shown or not.
        second: the SELECT of what is asked beside the figures: how rows scatter, how many people are behind them.
        previous: what answers the same question about the period it is compared with.
    """

    sql: str
    kpis: tuple[PlannedKpi, ...]
    by: tuple[str, ...]
    every: str | None
    period: Period
    timezone: str
    first: datetime | None
    last: datetime | None
    total: bool
    parts: bool
    long: bool
    lang: str
    notes: tuple[str, ...]
    status: bool = False

    @property
    def aimed(self) -> bool:
        """Whether the SELECT gives targets: bounds and margin of each KPI, before its state."""
        return self.long or self.status

    measured: bool = False
    second: str = ""
    compare: str | None = None
    previous: Plan | None = None
    interval: bool = False
    top: int | None = None
    floor: int = 0
    fiscal: FiscalYear | None = None

    def statements(self) -> list[tuple[str, str]]:
        """Every SELECT that is run, with what it answers; the first is that of the figures."""
        found = [("the figures", self.sql)] if self.sql else []
        if self.second:
            found.append(("beside the figures: how rows scatter, and how many people are behind them", self.second))
        if self.previous is not None:
            found += [(f"the period compared with: {told}", sql) for told, sql in self.previous.statements()]
        return found

    @property
    def finished(self) -> list[str]:
        """What is worked out of the rows of the SELECTs, and in none of them."""
        found = {
            "the change": self.previous is not None,
            "the ends of intervals": self.interval,
            "the largest cuts": self.top is not None,
            "hidden figures": self.floor > 0,
        }
        return [what for what, asked in found.items() if asked]

    def to_json(self) -> str:
        return json.dumps(asdict(self), default=datetime.isoformat, ensure_ascii=False)

    @staticmethod
    def from_json(text: str) -> Plan:
        """The plan that `to_json` wrote.

        Raises:
            ValueError, KeyError, TypeError: the text is none.
        """
        return _plan(json.loads(text))


def _plan(found: dict[str, Any]) -> Plan:
    for name, made in (("previous", _plan), ("fiscal", lambda given: FiscalYear(**given))):
        found[name] = None if found[name] is None else made(found[name])
    found["kpis"] = tuple(_kpi(each) for each in found["kpis"])
    found["period"] = Period(**{key: _moment(value) for key, value in found["period"].items()})
    found["first"], found["last"] = _moment(found["first"]), _moment(found["last"])
    found["by"], found["notes"] = tuple(found["by"]), tuple(found["notes"])
    return Plan(**found)


def _kpi(found: dict[str, Any]) -> PlannedKpi:
    for key in ("parts", "apart", "split"):
        found[key] = None if found[key] is None else tuple(found[key])
    return PlannedKpi(**found)


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
