"""What the rows of a source are held to while they are loaded, as plain data: whoever makes the rules is above.

Rows of one relation are told apart by their channel, by a column of the relation (`told_by`), or both; each row is of
one event at most.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

Action = Literal["stamp", "quarantine"]
Kind = Literal["value", "range", "missing", "unplanned"]

IDENTIFIER = "identifier."  # before the kind: the column of an identifier


@dataclass(frozen=True)
class Bounds:
    """What one property must be.

    Attributes:
        column: of the relation, or `identifier.KIND`.
        values: the only ones it may have; () for any.
        low, high: the range of a number, both included; None for no bound.
        needed: it must not be NULL.
    """

    column: str
    values: tuple[str, ...] = ()
    low: Decimal | None = None
    high: Decimal | None = None
    needed: bool = False

    @property
    def kinds(self) -> Iterator[Kind]:
        """The kinds of rules it makes, in the order in which they are told."""
        if self.needed:
            yield "missing"
        if self.values:
            yield "value"
        if self.low is not None or self.high is not None:
            yield "range"


@dataclass(frozen=True)
class EventRules:
    """What rows of one event are held to.

    Attributes:
        channel: None where the event has none.
        kind: the value of `told_by`; '' for any.
        sole: whether rows whose channel is not known are of this event too: no other channel has such rows.
        action: '' for an event that is planned and not enforced.
    """

    event: str
    channel: str | None
    kind: str
    sole: bool
    action: Action | Literal[""]
    bounds: tuple[Bounds, ...] = ()


@dataclass(frozen=True)
class Rules:
    """What the rows of one source and relation are held to.

    Attributes:
        plan, version: of the plan that says so.
        told_by: the column that tells the kind of a row; '' where there is none.
        events: all that the source gives of the relation.
        planned: the channels of `interactions`, else the kinds, that the plan has; () where none is unplanned.
        unplanned: what is done with a row of another.
    """

    relation: str
    plan: str
    version: str
    told_by: str
    events: tuple[EventRules, ...]
    planned: tuple[str, ...]
    unplanned: Action

    @property
    def telling(self) -> str:
        """The column that says whether a row is planned."""
        return "channel" if self.relation == "interactions" else self.told_by


SourceRules = Mapping[str, Sequence[Rules]]  # source → one per relation
