"""A question planned: the SQL that answers it, and what its columns are. Plain data, so that it can be kept and run
again without the glossary, the YAML and the SQL parser."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from omnictl.compiler.question import Period

COUNTED_APART = ("immature", "unidentified")  # rows that cannot be judged yet, and rows without a person


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


@dataclass(frozen=True)
class Plan:
    """What answers a question. `first` and `last` are the bounds of the data in UTC, where the question took its
    period from them."""

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

    def to_json(self) -> str:
        return json.dumps(asdict(self), default=datetime.isoformat, ensure_ascii=False)

    @staticmethod
    def from_json(text: str) -> Plan:
        """The plan that `to_json` wrote.

        Raises:
            ValueError, KeyError, TypeError: the text is none.
        """
        found = json.loads(text)
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
