"""What an expression over a relation can name: the relation's own columns, and those of what its rows belong to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from omnictl.relations import RELATIONS, Column, Relation
from omnictl.relations.families import FAMILIES

Kind = str  # text, number, time, date, boolean; null and unknown fit everything

_KINDS = {"VARCHAR": "text", "TIMESTAMP": "time", "DATE": "date", "BOOLEAN": "boolean"}
# A survey's channel is that of its interaction when it names none itself.
TAKEN_FROM_PARENT = frozenset({("surveys", "channel")})
# When the own time of a row is unknown: what places it in a period instead.
OTHER_TIMES = {"surveys": ("invited_at",)}
# A level that is stated for a period holds until the day its row names, by the day it is stated for.
STATED_UNTIL = {("base", "period_start"): "period_end"}
DECISION_OF_OFFER = (("source", "source"), ("decision_id", "decision_id"))


OF_PERSON = ("person_id", "link", "via")  # of identities, what a row knows of its interaction's person
COST_OF = "cost"  # of costs, what a row knows of its interaction's price
NEVER_FOLLOWED = ("needs",)  # their silence is their window


@dataclass(frozen=True)
class Named:
    """A column that was found: where it lives and what it holds. A relation other than the row's own is read through
    a link."""

    column: Column
    relation: str
    own: bool

    @property
    def kind(self) -> Kind:
        return _KINDS.get(self.column.type, "number")


@dataclass(frozen=True)
class Reach:
    """A relation and what its rows belong to: their interaction with its person, or an offer's decision. `link` pairs
    own columns with the parent's key, `person` with the interaction of the person, of what follows, of its cost."""

    relation: Relation
    parent: Relation | None
    link: tuple[tuple[str, str], ...]
    person: tuple[tuple[str, str], ...] = ()

    @property
    def followed(self) -> bool:
        """Whether the rows have follow-ups."""
        return bool(self.person) and self.relation.name not in NEVER_FOLLOWED

    def find(self, name: str) -> Named | None:
        """A column by name; the relation's own wins."""
        folded = name.casefold()
        column = self.relation.column(folded)
        if column is not None:
            return Named(column, self.relation.name, own=True)
        return self.find_in_parent(folded) or self._of_person(folded) or self._of_costs(folded)

    def find_in_parent(self, name: str) -> Named | None:
        column = self.parent.column(name.casefold()) if self.parent else None
        return Named(column, self.parent.name, own=False) if column and self.parent else None

    def _of_person(self, name: str) -> Named | None:
        """A column of the interaction's person, or of the person's other interactions."""
        if not self.person:
            return None
        if name in OF_PERSON:
            found = RELATIONS["identities"].column(name)
            return Named(found, "identities", own=False) if found is not None else None
        column = _followups().get(name) if self.followed else None
        return Named(column, "followups", own=False) if column is not None else None

    def _of_costs(self, name: str) -> Named | None:
        """The cost of the interaction; a need has its own, of all of them."""
        column = RELATIONS["costs"].column(name) if self.person and name == COST_OF else None
        return Named(column, "costs", own=False) if column is not None else None

    def names(self) -> Iterator[str]:
        """Every column an expression can name; of the person's other interactions those that cuts are made by."""
        known = dict.fromkeys(self.relation.names)
        known |= dict.fromkeys(self.parent.names if self.parent else ())
        if self.person:
            known |= dict.fromkeys((*OF_PERSON, COST_OF))
        if self.followed:
            known |= {f"{each.name}_{shown}": None for each in FAMILIES.values() for shown in each.shown}
        yield from known

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
    if own.owner is None:
        return Reach(own, None, ())
    source, identifier = own.owner
    link = ((source, "source"), (identifier, "interaction_id"))
    if relation == "interactions":
        return Reach(own, None, (), link)
    return Reach(own, RELATIONS["interactions"], link, link)


@cache
def _followups() -> dict[str, Column]:
    """The columns of followups that are about a family."""
    begun = tuple(f"{name}_" for name in FAMILIES)
    return {column.name: column for column in RELATIONS["followups"].columns if column.name.startswith(begun)}
