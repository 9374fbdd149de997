"""What a derived column is made of: which columns of contacts and visits a source must record for it.

The derived relations are made by `identity` and `build`; what they read is said here once, for plans.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from omnictl.relations.column import CHANNELS
from omnictl.relations.families import FAMILIES, PHONE_CHANNELS, Family

if TYPE_CHECKING:
    from omnictl.tracking.wants import Rows

ANY_IDENTIFIER = "identifier.*"  # any kind that links people
CONSENT = "consent"


@dataclass(frozen=True)
class Traced:
    """A column that a derived one is made of.

    Attributes:
        needed: whether nothing comes of it without.
        one_of: whether another identifier does as well.
        timed: whether nothing comes of a contact without where the rate card prices the seconds of its channel.
    """

    relation: str
    column: str
    channels: tuple[str, ...] | None
    needed: bool = True
    kinds: tuple[str, ...] = ()
    visits: bool | None = None
    one_of: bool = False
    timed: bool = False


def traced_person(rows: Rows) -> Iterator[Traced]:
    """What tells whose an interaction is: an identifier that links, and of visits the consent."""
    yield Traced("interactions", ANY_IDENTIFIER, rows.channels, visits=rows.visits, one_of=True)
    if rows.visits is not False:
        yield Traced("interactions", CONSENT, rows.channels, visits=True)


def traced_family(name: str, rows: Rows, shown: str = "") -> Iterator[Traced]:
    """What tells the nearest other interaction of a person.

    Args:
        rows: the interactions that are followed.
        shown: what is asked of the other: `channel`, `mode`, `solution`, or a measure of the distance.
    """
    family = FAMILIES[name]
    channels, visits = _pool(family)
    yield from traced_person(rows)
    for column in ("interaction_id", "channel", "started_at"):
        yield Traced("interactions", column, rows.channels, visits=rows.visits)
        yield Traced("interactions", column, channels, visits=visits)
    yield from traced_person(_as_rows(channels, visits))
    for column in ("ended_at", "parent_source", "parent_id", "parent_kind"):  # else gaps begin at the start
        yield Traced("interactions", column, rows.channels, needed=False, visits=rows.visits)
    yield Traced("interactions", "direction", channels, needed=False, visits=visits)
    if "intent" in family.same:
        yield Traced("interactions", "intent", rows.channels, visits=rows.visits)
        yield Traced("interactions", "intent", channels, visits=visits)
    if shown == "solution":
        yield Traced("interactions", "solution", channels, visits=visits)


def traced_cost(rows: Rows) -> Iterator[Traced]:
    """What an interaction costs by: seconds of work, and the solution where rates differ by it."""
    for column in ("started_at", "channel"):
        yield Traced("interactions", column, rows.channels, visits=rows.visits)
    for column in ("talk_s", "hold_s", "acw_s", "solution"):
        timed = column == "talk_s"  # what else is worked on a contact counts as 0 where it is not given
        yield Traced("interactions", column, rows.channels, needed=False, visits=rows.visits, timed=timed)


def traced_column(relation: str, column: str, rows: Rows) -> Iterator[Traced]:
    """What a column of a derived relation is made of."""
    if relation == "needs":
        yield from _of_needs(column, rows)
    elif relation == "levels":
        yield from _of_levels(column, rows)
    elif relation == "costs":
        yield from traced_cost(rows)
    elif relation in ("identities", "candidates", "followups", "person_changes"):
        yield from traced_person(rows)


def _of_needs(column: str, rows: Rows) -> Iterator[Traced]:
    """A person's interactions for one intent: the person, the intent, and when."""
    yield from traced_person(rows)
    for base in ("interaction_id", "channel", "started_at", "intent"):
        yield Traced("interactions", base, rows.channels, visits=rows.visits)
    yield Traced("interactions", "ended_at", rows.channels, needed=False, visits=rows.visits)
    if column in ("resolved", "resolved_first"):
        yield Traced("interactions", "outcome", rows.channels, visits=rows.visits)
        yield Traced("interactions", "resolved", rows.channels, needed=False, visits=rows.visits)
    if column == "cost":
        yield from traced_cost(rows)


def _of_levels(column: str, rows: Rows) -> Iterator[Traced]:
    """Open conversations: contacts of assisted channels from the answer to the end, or the agents' segments."""
    assisted = tuple(name for name, (mode, _) in CHANNELS.items() if mode == "assisted")
    channels = tuple(each for each in rows.channels if each in assisted) if rows.channels is not None else assisted
    for base in ("interaction_id", "channel", "started_at", "answered_at", "ended_at"):
        yield Traced("interactions", base, channels)
    for base in ("queue", "agent"):
        yield Traced("interactions", base, channels, needed=column == base)


def _pool(family: Family) -> tuple[tuple[str, ...] | None, bool | None]:
    """The channels in which a family looks, and whether for visits or contacts."""
    if family.pool == "phone":
        return PHONE_CHANNELS, False
    if family.pool == "assisted":
        return tuple(name for name, (mode, _) in CHANNELS.items() if mode == "assisted"), False
    return None, {"visits": True, "contacts": False}.get(family.pool)


def _as_rows(channels: tuple[str, ...] | None, visits: bool | None) -> Rows:
    from omnictl.tracking.wants import Rows

    return Rows("interactions", channels, (), visits)
