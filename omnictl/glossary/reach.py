"""What an expression over a relation can name: the relation's own columns, and those of what its rows belong to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from omnictl.relations import RELATIONS, Column, Relation

Kind = str  # text, number, time, date, boolean; null and unknown fit everything

_KINDS = {"VARCHAR": "text", "TIMESTAMP": "time", "DATE": "date", "BOOLEAN": "boolean"}
# A survey's channel is that of its interaction when it names none itself.
TAKEN_FROM_PARENT = frozenset({("surveys", "channel")})
# When the own time of a row is unknown: what places it in a period instead.
OTHER_TIMES = {"surveys": ("invited_at",)}
# A level that is stated for a period holds until the day its row names, by the day it is stated for.
STATED_UNTIL = {("base", "period_start"): "period_end"}
DECISION_OF_OFFER = (("source", "source"), ("decision_id", "decision_id"))


@dataclass(frozen=True)
class Named:
    """A column that was found: where it lives and what it holds. `parent`: it is read through the link."""

    column: Column
    relation: str
    parent: bool

    @property
    def kind(self) -> Kind:
        return _KINDS.get(self.column.type, "number")


@dataclass(frozen=True)
class Reach:
    """A relation and what its rows belong to: their interaction, or an offer's decision. `link` pairs own columns
    with the parent's key."""

    relation: Relation
    parent: Relation | None
    link: tuple[tuple[str, str], ...]

    def find(self, name: str) -> Named | None:
        """A column by name; the relation's own wins."""
        folded = name.casefold()
        column = self.relation.column(folded)
        if column is not None:
            return Named(column, self.relation.name, parent=False)
        return self.find_in_parent(folded)

    def find_in_parent(self, name: str) -> Named | None:
        column = self.parent.column(name.casefold()) if self.parent else None
        return Named(column, self.parent.name, parent=True) if column and self.parent else None

    def names(self) -> Iterator[str]:
        yield from self.relation.names
        if self.parent:
            yield from (name for name in self.parent.names if name not in self.relation.names)

    @property
    def times(self) -> tuple[str, ...]:
        """The columns that place a row in time when a KPI's own cannot, best first; empty when there is none."""
        own = (self.relation.at, *OTHER_TIMES.get(self.relation.name, ())) if self.relation.at else ()
        return own or ((self.parent.at,) if self.parent and self.parent.at else ())


@cache
def reach_of(relation: str) -> Reach:
    """What expressions over a relation can name."""
    own = RELATIONS[relation]
    if relation == "offers":
        return Reach(own, RELATIONS["decisions"], DECISION_OF_OFFER)
    if own.owner is None or relation == "interactions":
        return Reach(own, None, ())
    source, identifier = own.owner
    return Reach(own, RELATIONS["interactions"], ((source, "source"), (identifier, "interaction_id")))
