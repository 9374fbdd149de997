"""Targets: what a KPI aims at, from which day on, and for which cut.

An `Aim` is for some rows of an answer: those of a cut, or all. Of several that fit a row the one with the most
conditions decides, and of equals the first written.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from omnictl.errors import Place, did_you_mean
from omnictl.glossary.dates import read_changes
from omnictl.glossary.parameters import CHANNEL, seconds
from omnictl.places import Fields, Mapping, Node, Reader, Scalar, Sequence

TENTH = Decimal("0.1")  # of what is aimed at: how far a figure may miss it and be watched, unless `watch` says
FORM = "target: {value: 0.8, by: {channel: {chat: 0.7}}, watch: 0.05}"


@dataclass(frozen=True)
class Goal:
    """What is aimed at: one value, or (`band`) anything between two bounds, of which one may be open."""

    low: Decimal | None
    high: Decimal | None
    band: bool = False

    @property
    def told(self) -> str:
        if not self.band:
            return str(self.low)
        low, high = ("" if bound is None else str(bound) for bound in (self.low, self.high))
        return f"{low} to {high}" if low and high else f"from {low}" if low else f"up to {high}"

    @property
    def margin(self) -> Decimal:
        """How far a figure may miss it and be watched: a tenth of the value, or of the width of a band."""
        if self.low is not None and self.high is not None and self.band:
            return abs(self.high - self.low) * TENTH
        return abs(self.nearest) * TENTH

    @property
    def nearest(self) -> Decimal:
        """The value; of a band its lower bound, or the upper one where that is open."""
        return next(bound for bound in (self.low, self.high) if bound is not None)


@dataclass(frozen=True)
class Aim:
    """What is aimed at in the rows of a cut.

    Attributes:
        where: dimension and value of each condition; () for every row.
        goals: the local day each holds from, and the goal; the first from ever when its day is None.
        watch: by how much a figure may miss it and be watched; None for a tenth.
    """

    where: tuple[tuple[str, str], ...]
    goals: tuple[tuple[date | None, Goal], ...]
    watch: Decimal | None
    place: Place = field(compare=False, repr=False)

    @property
    def told(self) -> str:
        """`0.8, 0.85 since 2026-03-01`."""
        words = [goal.told if since is None else f"{goal.told} since {since}" for since, goal in self.goals]
        return ", ".join([*words, *([f"watched within {self.watch}"] if self.watch is not None else [])])

    @property
    def cut(self) -> str:
        """`channel chat, partner acme`; '' for every row."""
        return ", ".join(f"{dimension} {value}" for dimension, value in self.where)


@dataclass(frozen=True)
class Target:
    """What a KPI aims at. `aims` are in the order they are asked; `origin` is the workspace's file, '' for the KPI."""

    aims: tuple[Aim, ...]
    origin: str = ""

    @property
    def value(self) -> Decimal | None:
        """What is aimed at in every row, by the first goal; of a band one bound. None when nothing is."""
        general = next((aim for aim in self.aims if not aim.where), None)
        return general.goals[0][1].nearest if general is not None else None

    @property
    def by(self) -> dict[str, dict[str, Decimal]]:
        """The same for the rows of one column's value, by column."""
        found: dict[str, dict[str, Decimal]] = {}
        for aim in self.aims:
            if len(aim.where) == 1:
                ((dimension, value),) = aim.where
                found.setdefault(dimension, {})[value] = aim.goals[0][1].nearest
        return found

    @property
    def amounts(self) -> tuple[Decimal, ...]:
        """Every value and bound that is aimed at, at any time."""
        goals = [goal for aim in self.aims for _, goal in aim.goals]
        return tuple(bound for goal in goals for bound in (goal.low, goal.high) if bound is not None)


def read_target(reader: Reader, node: Node, what: str, channels: Collection[str], origin: str = "") -> Target | None:
    """A target as it is written: a value, a band, a mapping, or a list of mappings.

    Returns:
        None when nothing is aimed at; faults are in `reader.findings`.
    """
    several = isinstance(node, Sequence) and any(isinstance(item, Mapping) for item in node.items)
    items = node.items if isinstance(node, Sequence) and several else [node]
    aims = [aim for item in items for aim in _aims(reader, item, what, channels)]
    seen: dict[frozenset[tuple[str, str]], Aim] = {}
    for aim in aims:
        key = frozenset((name.casefold(), value) for name, value in aim.where)
        if key in seen:
            message = f"{what} says twice what is aimed at" + (f" for {aim.cut}" if aim.cut else "")
            reader.fault("target-twice", message, aim.place, f"first at {seen[key].place}")
        seen.setdefault(key, aim)
    ordered = sorted(aims, key=lambda aim: -len(aim.where))
    return Target(tuple(ordered), origin) if ordered else None


def _aims(reader: Reader, node: Node, what: str, channels: Collection[str]) -> Iterator[Aim]:
    if not isinstance(node, Mapping):
        goal = read_goal(reader, node, what)
        if goal is not None:
            yield Aim((), ((None, goal),), None, node.place)
        return
    fields = reader.fields(node, what)
    where = tuple(_conditions(reader, fields, what, channels))
    watch = _watch(reader, fields, what)
    goals = _goals(reader, fields, what)
    if goals:
        yield Aim(where, goals, watch, node.place)
    found = bool(goals)
    for dimension, _, values in fields.fields("by").entries():
        for key, place, each in reader.fields(values, f"{what} by {dimension}").entries():
            _known(reader, dimension, key, place, channels)
            found = True
            yield from _cut(reader, each, f"{what} of {key}", ((*where, (dimension, key)), watch))
    fields.done()
    if not found:
        reader.fault("missing-key", f"{what} needs `value`", node.place, FORM)


def _cut(
    reader: Reader, node: Node, what: str, above: tuple[tuple[tuple[str, str], ...], Decimal | None]
) -> Iterator[Aim]:
    where, watch = above
    if not isinstance(node, Mapping):
        goal = read_goal(reader, node, what)
        if goal is not None:
            yield Aim(where, ((None, goal),), watch, node.place)
        return
    fields = reader.fields(node, what)
    fields.take("value", required=True)
    goals, own = _goals(reader, fields, what), _watch(reader, fields, what)
    fields.done()
    if goals:
        yield Aim(where, goals, own if own is not None else watch, node.place)


def _conditions(reader: Reader, fields: Fields, what: str, channels: Collection[str]) -> Iterator[tuple[str, str]]:
    for dimension, place, node in fields.fields("where").entries():
        value = reader.text(node, f"`{dimension}` of {what}")
        if value is not None:
            _known(reader, dimension, value, place, channels)
            yield dimension, value


def _known(reader: Reader, dimension: str, value: str, place: Place, channels: Collection[str]) -> None:
    if dimension.casefold() == CHANNEL and value not in channels:
        hint = did_you_mean(value, channels)
        reader.fault("unknown-channel", f"`{value}` is no known channel", place, hint, "warning")


def _goals(reader: Reader, fields: Fields, what: str) -> tuple[tuple[date | None, Goal], ...]:
    """What is aimed at over time; the first from ever, when `value` says it."""
    found: list[tuple[date | None, Goal]] = []
    general = fields.take("value")
    goal = read_goal(reader, general, what) if general is not None else None
    if goal is not None:
        found.append((None, goal))
    for since, _, node in read_changes(reader, fields):
        goal = read_goal(reader, node, what)
        if goal is not None:
            found.append((since, goal))
    return tuple(found)


def _watch(reader: Reader, fields: Fields, what: str) -> Decimal | None:
    node = fields.take("watch")
    amount = read_amount(reader, node, f"`watch` of {what}") if node is not None else None
    if amount is not None and amount < 0 and node is not None:
        reader.fault("wrong-type", f"`watch` of {what} is a distance: it cannot be below zero", node.place)
        return None
    return amount


def read_goal(reader: Reader, node: Node, what: str) -> Goal | None:
    """A number or duration, or the two bounds of a band."""
    if not isinstance(node, Sequence):
        amount = read_amount(reader, node, what)
        return None if amount is None else Goal(amount, amount)
    bounds = [read_bound(reader, item, what) for item in node.items]
    low, high = bounds if len(bounds) == 2 else (None, None)
    if (low is None and high is None) or (low is not None and high is not None and low > high):
        reader.fault("wrong-type", f"{what} is a value, or [lowest, highest]", node.place, FORM)
        return None
    return Goal(low, high, band=True)


def read_bound(reader: Reader, node: Node, what: str) -> Decimal | None:
    """A bound of a band; None where it is open."""
    if isinstance(node, Scalar) and node.value is None:
        return None
    return read_amount(reader, node, what)


def read_amount(reader: Reader, node: Node, what: str) -> Decimal | None:
    """A number, or a duration in seconds."""
    duration = seconds(node.text) if isinstance(node, Scalar) and not node.quoted else None
    return duration if duration is not None else reader.number(node, what)
