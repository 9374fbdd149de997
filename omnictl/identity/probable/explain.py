"""Why an interaction may be somebody's: its candidates, what agrees and what that is worth."""

from __future__ import annotations

from typing import TYPE_CHECKING

from omnictl.identity.person import Key, shown
from omnictl.identity.probable.rules import WINDOW
from omnictl.render.table import Col, Table
from omnictl.workspace import Identity

if TYPE_CHECKING:
    import duckdb

_CANDIDATES = """
    select c.person_id, c.probability, c.pattern, i.kind
    from candidates c join interactions i on i.source = c.source and i.interaction_id = c.interaction_id
    where c.source = $source and c.interaction_id = $id
    order by c.probability desc, c.person_id
"""
# What brought them together: values both carry, and the nearest for the same intent.
_SHARED = """
    select o.kind, count(distinct (v.source, v.owner_id)), min(v.source || '/' || v.owner_id)
    from identifiers o
    join identifiers v on v.kind = o.kind and v.value = o.value and v.owner = 'interaction'
    join identities d on d.source = v.source and d.interaction_id = v.owner_id and d.person_id = $person
    where o.source = $source and o.owner_id = $id and o.owner = 'interaction' and not list_contains($links, o.kind)
    group by o.kind order by o.kind
"""
_NEAREST = """
    select x.source || '/' || x.interaction_id, date_diff('second', i.started_at, x.started_at) as gap
    from interactions i
    join identities d on d.person_id = $person
    join interactions x on x.source = d.source and x.interaction_id = d.interaction_id
    where i.source = $source and i.interaction_id = $id and x.intent = i.intent and x.kind <> i.kind
        and case when i.kind = 'visit' then 1 else -1 end * date_diff('second', i.started_at, x.started_at)
            between 0 and $window
    order by abs(gap), x.source, x.interaction_id limit 1
"""


def candidates_table(
    connection: duckdb.DuckDBPyConnection, identity: Identity, key: Key, *, of_person: int | None = None
) -> Table:
    """One row per candidate of an interaction, the likeliest first; none when it has none.

    `weights` tells for each field of the pattern the log2 of m / u: how many times likelier it is among pairs of one
    person than of two, as a power of two.

    Args:
        of_person: only this candidate.
    """
    rows = connection.execute(_CANDIDATES, {"source": key.source, "id": key.id}).fetchall()
    found = []
    for person, probability, pattern, kind in rows:
        if of_person in (None, person):
            weights = _weights(connection, kind, pattern)
            found.append((shown(person), probability, pattern, weights, _evidence(connection, identity, key, person)))
    columns = [Col("person_id"), Col("probability"), Col("pattern"), Col("weights"), Col("evidence")]
    rest = f"{1 - sum(row[1] for row in rows):.2g} is for nobody of these"
    return Table(columns, found, f"Whose {key} may be", [rest] if rows else [])


def probability_of(connection: duckdb.DuckDBPyConnection, one: Key, other: Key) -> float | None:
    """How likely one interaction is of the person the other certainly belongs to; None when it is no candidate."""
    rows = connection.execute(
        """
        select c.probability from candidates c
        join identities d on d.person_id = c.person_id and d.source = $other_source and d.interaction_id = $other
        where c.source = $source and c.interaction_id = $id
        """,
        {"source": one.source, "id": one.id, "other_source": other.source, "other": other.id},
    ).fetchall()
    return float(rows[0][0]) if rows else None


def person_of(connection: duckdb.DuckDBPyConnection, key: Key) -> int | None:
    """The certain person of an interaction, None when it has none."""
    rows = connection.execute(
        "select person_id from identities where source = $source and interaction_id = $id",
        {"source": key.source, "id": key.id},
    ).fetchall()
    return rows[0][0] if rows else None


def _weights(connection: duckdb.DuckDBPyConnection, kind: str, pattern: str) -> str:
    told = set(pattern.split(", "))
    rows = connection.execute(
        """
        select l.field, l.level, log2(l.m / nullif(l.u, 0))
        from learned_levels l join learned_patterns p on p.kind = l.kind
        where p.pattern = $pattern and p.kind like $kind || ' by %' order by l.place
        """,
        {"kind": kind, "pattern": pattern},
    ).fetchall()
    return ", ".join(f"{field} {weight:+.1f}" for field, level, weight in rows if f"{field} {level}" in told)


def _evidence(connection: duckdb.DuckDBPyConnection, identity: Identity, key: Key, person: int) -> str:
    asked = {"source": key.source, "id": key.id, "person": person}
    shared = connection.execute(_SHARED, {**asked, "links": list(identity.link_on)}).fetchall()
    told = [f"{kind} on {n:,} of the person's interactions, such as {example}" for kind, n, example in shared]
    nearest = connection.execute(_NEAREST, {**asked, "window": WINDOW}).fetchall()
    told += [f"{other} {_minutes(gap)}" for other, gap in nearest]
    return "; ".join(told)


def _minutes(gap: int) -> str:
    return f"{abs(gap) / 60:.1f} min {'later' if gap >= 0 else 'before'}, for the same intent"
