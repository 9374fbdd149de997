"""Rows on their way out: the one shape every command hands to a format."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Col:
    """A column of an answer. `unit` decides how a figure is written for people: ratio, count, seconds, eur, score,
    index, pt (the difference of two ratios), or '' for text and times. `label` is what people read; `name` is what
    scripts read. `type` is the database's own, where it is known: what typed files say of a column without values."""

    name: str
    unit: str = ""
    label: str = ""
    type: str = ""


@dataclass(frozen=True)
class Table:
    """Columns, rows of plain values (str, int, float, Decimal, bool, datetime, date, None), and what else to say."""

    columns: list[Col]
    rows: list[tuple[Any, ...]]
    title: str = ""
    notes: list[str] = field(default_factory=list)
