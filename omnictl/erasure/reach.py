"""How far an erasure goes: the interactions and surveys of `reached`, and the values that must never come back.

    reached_people  person_id, along_with
    reached_values  kind, value, along_with

The person of a value is taken whole only where it is certain who that is: a value that links nobody, for too many
carry it, and a person who is hardly one, are let be unless somebody says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from omnictl.engines.connection import quoted
from omnictl.errors import OmnictlError
from omnictl.identity.largest import suspects
from omnictl.identity.person import shown
from omnictl.identity.rules import kinds, ranks_of
from omnictl.ingest import removal
from omnictl.ingest.matched import match_records
from omnictl.ingest.schema import held_tables
from omnictl.workspace import Workspace

if TYPE_CHECKING:
    import duckdb

_CARRIERS = """
    insert into reached
    select distinct s.source, s.owner, s.owner_id, false
    from seen_identifiers s join given g on g.kind = s.kind and g.value = s.value
"""
_PEOPLE = """
    create or replace temp table reached_people as
    select n.person_id, min(g.value) as along_with
    from seen_identifiers s join given g on g.kind = s.kind and g.value = s.value
    join identities n on n.source = s.source and n.interaction_id = s.owner_id
    where s.owner = 'interaction' and n.person_id is not null
    group by n.person_id
"""
_VALUES = """
    create or replace temp table reached_values as
    with linking as (
        select s.kind, s.value, n.person_id, p.along_with
        from seen_identifiers s
        join identities n on n.source = s.source and n.interaction_id = s.owner_id
        left join reached_people p on p.person_id = n.person_id
        left join cut_identifiers c on c.kind = s.kind and c.value = s.value
        where s.owner = 'interaction' and n.person_id is not null and c.value is null and s.kind in ({kinds})
    ), own as (
        select kind, value, min(along_with) as along_with
        from linking group by kind, value having count(*) = count(along_with)
    )
    select kind, value, coalesce(min(own.along_with), value) as along_with
    from (select kind, value from own union select kind, value from given) every
    left join own using (kind, value)
    group by kind, value
"""
_OF_PEOPLE = """
    insert into reached
    select n.source, 'interaction', n.interaction_id, false
    from identities n semi join reached_people p on p.person_id = n.person_id
    union
    -- what carries a value of theirs and is nobody's: excluded or without consent, a survey, a record nobody is shown
    select s.source, s.owner, s.owner_id, false
    from seen_identifiers s join reached_values v on v.kind = s.kind and v.value = s.value
    left join identities n on s.owner = 'interaction' and n.source = s.source and n.interaction_id = s.owner_id
    where n.person_id is null
"""
_CONTACTS_OF_RECORDS = """
    insert into reached
    select distinct m.our_source, 'interaction', m.our_id, false
    from matched_records m semi join reached r on r.source = m.source and r.owner = m.owner and r.id = m.id
    where m.owner = 'interaction'
"""
_RECORDS_OF_CONTACTS = """
    insert into reached
    select distinct m.source, m.owner, m.id, false
    from matched_records m
    semi join (from reached where owner = 'interaction') r on r.source = m.our_source and r.id = m.our_id
"""


def reach(connection: duckdb.DuckDBPyConnection, workspace: Workspace, *, only_value: bool, shared: bool) -> None:
    """Make `reached` and `reached_values` of the values in `given`.

    Args:
        only_value: what carries the values, and nothing else of their people.
        shared: their people also where a value is cut or a person hardly one.

    Raises:
        OmnictlError: it is uncertain whose data they lead to, and neither is said.
    """
    held = "identifiers" in held_tables(connection)
    tables = ["identifiers", *(["held_identifiers"] if held else [])]
    connection.execute(
        "create or replace temp view seen_identifiers as "
        + " union all ".join(f"select source, owner, owner_id, kind, value from {table}" for table in tables)
    )
    removal.begin(connection)
    connection.execute(_CARRIERS)
    connection.execute(_PEOPLE)
    if not only_value and not shared:
        _refuse_uncertain(connection, workspace)
    if only_value:
        connection.execute("delete from reached_people")
    connection.execute(_VALUES.format(kinds=kinds(ranks_of(workspace.identity)) or "''"))
    connection.execute(_OF_PEOPLE)
    if held:
        match_records(connection, workspace)
        for _ in range(2):  # a record, its contact, other records of it, and a contact made of two of these
            connection.execute(_CONTACTS_OF_RECORDS)
            connection.execute(_RECORDS_OF_CONTACTS)
        connection.execute("drop table temp.matched_records")
    removal.spread(connection)
    connection.execute("create or replace temp table reached as select distinct * from reached where id is not null")


def _refuse_uncertain(connection: duckdb.DuckDBPyConnection, workspace: Workspace) -> None:
    hint = "--only-value erases what carries it and nothing else, --shared all the people it leads to; look at them "
    hint += "with `omnictl identity find` and `largest`"
    cut = connection.execute(
        "select c.kind, c.reason, c.amount from cut_identifiers c join given g using (kind, value) order by all"
    ).fetchall()
    for kind, reason, amount in cut:
        what = f"{amount:,} owners" if reason == "limit" else f"{amount:,} contacts"
        raise OmnictlError(f"a {kind} that is given links nobody, for it has {what}: it is not one person's", hint=hint)
    found = suspects(connection, workspace.identity, "select person_id from reached_people")
    for person, why in found.items():
        raise OmnictlError(f"the values lead to person {shown(person)}, who is hardly one: {why}", hint=hint)


def bury_values(connection: duckdb.DuckDBPyConnection, now: object) -> None:
    """Write tombstones of `reached_values`, of those that have none yet."""
    connection.execute(
        """
        insert into tombstones
        select 'value', v.kind, v.value, v.along_with, $now from reached_values v
        anti join (from tombstones where what = 'value') t on t.name = v.kind and t.value = v.value
        """,
        {"now": now},
    )


def forget(connection: duckdb.DuckDBPyConnection) -> int:
    """Take away the tombstones of the values in `given`, and of those that went along with them; returns how many."""
    ((count,),) = connection.execute(
        """
        with groups as (
            select coalesce(t.along_with, t.value) as along_with
            from tombstones t join given g on g.kind = t.name and g.value = t.value where t.what = 'value'
        )
        select count(*) from tombstones where what = 'value' and along_with in (select along_with from groups)
        """
    ).fetchall()
    connection.execute(
        f"""
        delete from tombstones where what = {quoted("value")} and along_with in (
            select t.along_with from tombstones t join given g on g.kind = t.name and g.value = t.value
            where t.what = 'value')
        """
    )
    return int(count)
