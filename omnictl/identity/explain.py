"""Why an interaction has its person, and why two of them have the same one."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from omnictl.errors import OmnictlError
from omnictl.identity.person import Key, shown
from omnictl.identity.rules import kinds, may_link, ranks_of
from omnictl.render.table import Col, Table
from omnictl.workspace import BUSY_DAYS, Identity

if TYPE_CHECKING:
    import duckdb

Value = tuple[str, int]  # kind and pseudonym


def identifiers_table(
    connection: duckdb.DuckDBPyConnection, identity: Identity, key: Key, *, personal: bool = False
) -> Table:
    """One row per identifier of an interaction: whether it links, and why not.

    Raises:
        OmnictlError: there is no such interaction.
    """
    person, allowed = _person_of(connection, identity, key)
    rows = connection.execute(
        """
        with own as (
            select distinct kind, value from identifiers
            where source = $source and owner_id = $id and owner = 'interaction'
        )
        select o.kind, o.value, c.reason, c.amount,
            (select count(distinct (d.source, d.owner_id)) from identifiers d
             where d.owner = 'interaction' and d.kind = o.kind and d.value = o.value) as interactions
        from own o left join cut_identifiers c on c.kind = o.kind and c.value = o.value
        """,
        {"source": key.source, "id": key.id},
    ).fetchall()
    order = {kind: number for number, kind in enumerate(identity.link_on)}
    rows.sort(key=lambda row: (order.get(row[0], len(order)), row[0], row[1]))
    found = []
    for kind, value, reason, amount, interactions in rows:
        why = _why(identity, kind, allowed, reason, amount)
        found.append((kind, why == "", why, interactions, *([shown(value)] if personal else [])))
    columns = [Col("kind"), Col("links"), Col("why_not"), Col("interactions", "count")]
    columns += [Col("value")] if personal else []
    notes = [f"{key}: person {shown(person)}" if person is not None else f"{key} has no person: {_nobody(allowed)}"]
    return Table(columns, found, str(key), notes)


def _person_of(connection: duckdb.DuckDBPyConnection, identity: Identity, key: Key) -> tuple[int | None, str]:
    """The person of an interaction, and why it may have none ('' when it may have one)."""
    rows = connection.execute(
        f"""
        select d.person_id, case when i.excluded <> '' then 'it is excluded: ' || i.excluded
            when not {may_link(identity, "i.")} then 'a visit without consent' else '' end
        from interactions i left join identities d on d.source = i.source and d.interaction_id = i.interaction_id
        where i.source = $source and i.interaction_id = $id
        """,
        {"source": key.source, "id": key.id},
    ).fetchall()
    if not rows:
        hint = f"""`omnictl show interactions --where "source = '{key.source}'"` lists some"""
        raise OmnictlError(f"there is no interaction `{key}`", hint=hint)
    person, refused = rows[0]
    return person, refused


def _nobody(reason: str) -> str:
    return reason or "none of its identifiers links"


def _why(identity: Identity, kind: str, refused: str, reason: str | None, amount: int | None) -> str:
    if kind not in identity.link_on:
        return "evidence only: its kind is not in link_on"
    if refused:
        return refused
    if reason == "limit":
        return f"cut: {amount} owners, {identity.limits.get(kind)} are allowed"
    if reason == "busy":
        return f"cut: {amount} contacts, more than {identity.busy.get(kind)} of them within {BUSY_DAYS} days"
    return ""


def path_table(
    connection: duckdb.DuckDBPyConnection, identity: Identity, one: Key, other: Key, *, personal: bool = False
) -> Table | None:
    """The shortest way from one interaction to another over identifiers they share; None: they are not one person.

    Each row is one interaction of the way and the kind of identifier it shares with the next. Of several shortest ways
    the one with the strongest kinds first is told, then the earliest interactions.

    Raises:
        OmnictlError: there is no such interaction.
    """
    person, _ = _person_of(connection, identity, one)
    if person is None or person != _person_of(connection, identity, other)[0]:
        return None
    rows = connection.execute(
        f"""
        select d.source, d.owner_id, d.kind, d.value, i.channel, i.started_at
        from identities p
        join identifiers d on d.source = p.source and d.owner_id = p.interaction_id and d.owner = 'interaction'
        join interactions i on i.source = p.source and i.interaction_id = p.interaction_id
        left join cut_identifiers c on c.kind = d.kind and c.value = d.value
        where p.person_id = $person and c.value is null and d.kind in ({kinds(ranks_of(identity))})
        """,
        {"person": person},
    ).fetchall()
    order = {kind: number for number, kind in enumerate(identity.link_on)}
    rows.sort(key=lambda row: (order[row[2]], row[3], row[5], row[0], row[1]))
    told: dict[Key, tuple[str, Any]] = {}
    values: dict[Key, list[Value]] = defaultdict(list)
    carriers: dict[Value, list[Key]] = defaultdict(list)
    for source, id_, kind, value, channel, at in rows:
        key = Key(source, id_)
        told[key] = (channel, at)
        values[key].append((kind, value))
        carriers[kind, value].append(key)
    way = _shortest(one, other, values, carriers)
    columns = [Col("interaction"), Col("channel"), Col("started_at", "UTC"), Col("shares_with_next")]
    columns += [Col("value")] if personal else []
    found = [
        (str(key), *told[key], value and value[0], *([value and shown(value[1])] if personal else []))
        for key, value in way
    ]
    notes = [f"{one} and {other} are person {shown(person)}"]
    return Table(columns, found, "What makes them one person", notes)


def _shortest(
    start: Key, end: Key, values: dict[Key, list[Value]], carriers: dict[Value, list[Key]]
) -> list[tuple[Key, Value | None]]:
    """The way from start to end, each interaction with the value it shares with the next one."""
    came: dict[Key, tuple[Key, Value] | None] = {start: None}
    used: set[Value] = set()
    front = [start]
    while end not in came and front:
        following = []
        for key in front:
            for value in values[key]:
                if value in used:
                    continue
                used.add(value)
                for neighbour in carriers[value]:
                    if neighbour not in came:
                        came[neighbour] = (key, value)
                        following.append(neighbour)
        front = following
    if end not in came:
        hint = "`omnictl link` makes people of what is loaded and said now"
        raise OmnictlError("no way leads from one to the other: people were linked by other settings", hint=hint)
    way: list[tuple[Key, Value | None]] = [(end, None)]
    step = came[end]
    while step is not None:
        way.append(step)
        step = came[step[0]]
    return way[::-1]
