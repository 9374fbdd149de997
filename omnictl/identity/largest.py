"""The people with the most interactions, and what holds each of them together: where shared identifiers hide."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from omnictl.identity.person import shown
from omnictl.identity.rules import BUSY_SECONDS, kinds, ranks_of
from omnictl.render.table import Col, Table
from omnictl.workspace import BUSY_DAYS, Identity

if TYPE_CHECKING:
    import duckdb

HOLDING = 3  # values told of each person

_TOP = """
    create or replace temp table top_people as
    select person_id, count(*) as interactions from identities where person_id is not null
    group by person_id order by interactions desc, person_id limit {top}
"""
_PEOPLE = """
    select t.person_id, t.interactions, count(distinct i.source), count(distinct i.channel), min(i.started_at),
        max(i.started_at)
    from top_people t join identities d on d.person_id = t.person_id
    join interactions i on i.source = d.source and i.interaction_id = d.interaction_id
    group by t.person_id, t.interactions order by t.interactions desc, t.person_id
"""
_VALUES = """
    select t.person_id, v.kind, v.value, count(distinct (v.source, v.owner_id)) as seen
    from top_people t join identities d on d.person_id = t.person_id
    join identifiers v on v.source = d.source and v.owner_id = d.interaction_id and v.owner = 'interaction'
    left join cut_identifiers c on c.kind = v.kind and c.value = v.value
    where v.kind in ({kinds}) and c.value is null
    group by t.person_id, v.kind, v.value order by seen desc, v.kind, v.value
"""
_CROWDED = """
    select distinct person_id from (
        select t.person_id, i.started_at,
            lead(i.started_at, {most}) over (partition by t.person_id order by i.started_at) as later
        from top_people t join identities d on d.person_id = t.person_id
        join interactions i on i.source = d.source and i.interaction_id = d.interaction_id
        where i.kind = 'contact'
    ) as contacts
    where date_diff('second', started_at, later) < {seconds}
"""


def largest(connection: duckdb.DuckDBPyConnection, identity: Identity, top: int, *, personal: bool = False) -> Table:
    """One row per person, the largest first.

    `suspicious` says what one person hardly has: several values of the strongest kind, or more contacts within 30 days
    than a number may have.
    """
    connection.execute(_TOP.format(top=int(top)))
    people = connection.execute(_PEOPLE).fetchall()
    values = _values(connection, identity)
    crowded = _crowded(connection, identity)
    rows = []
    for person, interactions, sources, channels, first, last in people:
        own = values[person]
        counts = _counts(identity, own)
        told = ", ".join(f"{kind} {count:,}" for kind, count in counts.items() if count)
        held = ", ".join(
            f"{kind} {shown(value)} on {seen:,}" if personal else f"{kind} on {seen:,}"
            for kind, value, seen in own[:HOLDING]
        )
        why = _suspicious(identity, counts, crowded.get(person, ""))
        rows.append((shown(person), interactions, sources, channels, first, last, told, held, why or None))
    columns = [Col("person_id"), *(Col(name, "count") for name in ("interactions", "sources", "channels"))]
    columns += [Col("first_at", "UTC"), Col("last_at", "UTC"), Col("identifiers"), Col("held_by"), Col("suspicious")]
    return Table(columns, rows, "The largest people")


def suspects(connection: duckdb.DuckDBPyConnection, identity: Identity, people: str) -> dict[int, str]:
    """Of some people, those that are hardly one person each, and why.

    Args:
        people: a SELECT of their `person_id`, each once.
    """
    connection.execute(
        f"create or replace temp table top_people as select person_id, 0 as interactions from ({people})"
    )
    values = _values(connection, identity)
    crowded = _crowded(connection, identity)
    asked = sorted({*values, *crowded})
    found = {one: _suspicious(identity, _counts(identity, values[one]), crowded.get(one, "")) for one in asked}
    return {person: why for person, why in found.items() if why}


def _values(connection: duckdb.DuckDBPyConnection, identity: Identity) -> dict[int, list[tuple[str, int, int]]]:
    """The linking values of each of `top_people`: kind, value, and how many interactions carry it."""
    values: dict[int, list[tuple[str, int, int]]] = defaultdict(list)
    for person, kind, value, seen in connection.execute(_VALUES.format(kinds=kinds(ranks_of(identity)))).fetchall():
        values[person].append((kind, value, seen))
    return values


def _crowded(connection: duckdb.DuckDBPyConnection, identity: Identity) -> dict[int, str]:
    """Those of `top_people` with more contacts within 30 days than a number may have, in words."""
    most = min(identity.busy.values(), default=None)
    if most is None:
        return {}
    asked = _CROWDED.format(most=most, seconds=BUSY_SECONDS)
    words = f"more than {most} contacts in {BUSY_DAYS} days"
    return {person: words for (person,) in connection.execute(asked).fetchall()}


def _counts(identity: Identity, own: list[tuple[str, int, int]]) -> dict[str, int]:
    """How many values of each kind that links."""
    return {kind: sum(each == kind for each, _, _ in own) for kind in identity.link_on}


def _suspicious(identity: Identity, counts: dict[str, int], crowded: str) -> str:
    strongest = identity.link_on[0]
    several = f"{counts[strongest]:,} different {strongest}" if counts[strongest] > 1 else ""
    return "; ".join(filter(None, [several, crowded]))
