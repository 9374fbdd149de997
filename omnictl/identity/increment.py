"""Whom an increment touches, and their interactions linked anew among themselves.

`ingest` logs which interactions changed and which values they carried. Only values of these can begin or cease to be
cut, so cuts are counted anew for them alone, on all who carry them. What is then one person can have changed only for

- the interactions that changed, and the people they belonged to;
- the people of interactions that carry such a value, when it links now or did before.

All interactions of these are linked anew with the cuts that hold now, by the functions of the full link. Nobody else
shares a value that links with one of them, neither before nor now: what they get is what the full link would give.

    moved    value                                         of changed interactions, now or before
    carriers source, interaction_id, rank, value, heavy    who carries them; heavy: the value was cut, and still is
    was      a row of identities                           of everybody who is linked anew
    among    source, interaction_id, linked                who is bundled; not linked: carries a heavy value only
    now      a row of identities                           what is said of them now
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from omnictl.identity.bundles import Rows, bundle, find_hubs
from omnictl.identity.cuts import find_cuts
from omnictl.identity.rules import Rank, kind_of, number_of, of_kinds
from omnictl.workspace import Identity

if TYPE_CHECKING:
    import duckdb

# With more than one in so many interactions to be linked anew, all of them are: it costs no more.
PART = 5
SOME = Rows("some_interactions", "some_identifiers")
TEMPORARY = (
    "moved",
    "carriers",
    "near",
    "reached",
    "was",
    "among",
    SOME.interactions,
    SOME.identifiers,
    "stale",
    "now",
)


def gather_touched(connection: duckdb.DuckDBPyConnection, identity: Identity, ranks: list[Rank]) -> bool:
    """Make `bundles`, `found`, `suspects` and `cuts` of those who are linked anew, and `was`, `moved` beside them.

    Returns:
        False when they are too many: all are to be linked then.
    """
    if _too_many(connection, "changed_interactions"):
        return False
    _find_moved(connection, ranks)
    _find_carriers(connection, ranks)
    again = True
    while again:
        _find_among(connection)
        if _too_many(connection, "among"):
            return False
        _copy_rows(connection, ranks)
        bundle(connection, identity, ranks, SOME)
        find_cuts(connection, ranks)
        _keep_other_cuts(connection, ranks)
        again = _released(connection)
    _leave_out_heavy(connection)
    return True


def _too_many(connection: duckdb.DuckDBPyConnection, table: str) -> bool:
    asked = f"select (select count(*) from {table}), (select count(*) from interactions)"
    ((touched, all_of_them),) = connection.execute(asked).fetchall()
    return bool(touched * PART > all_of_them)


def _find_moved(connection: duckdb.DuckDBPyConnection, ranks: list[Rank]) -> None:
    """Two kinds may have the same value by accident: a value is looked for whatever its kind."""
    connection.execute(
        f"""
        create or replace temp table moved as
        select d.value
        from identifiers d
        where d.owner = 'interaction' and {of_kinds("d.kind", ranks)} and exists (
            select 1 from changed_interactions c where c.source = d.source and c.interaction_id = d.owner_id)
        union
        select value from gone_identifiers where {of_kinds("kind", ranks)}
        """
    )


def _find_carriers(connection: duckdb.DuckDBPyConnection, ranks: list[Rank]) -> None:
    connection.execute(
        f"""
        create or replace temp table carriers as
        select d.source, d.owner_id as interaction_id, {number_of("d.kind", ranks)} as rank, d.value,
            x.value is not null as heavy
        from identifiers d
        join moved m on m.value = d.value
        left join cut_identifiers x on x.kind = d.kind and x.value = d.value
        where d.owner = 'interaction' and {of_kinds("d.kind", ranks)}
        """
    )


def _find_among(connection: duckdb.DuckDBPyConnection) -> None:
    """Whoever changed or carries a value that links, or did; all that belonged to the people of these."""
    connection.execute(
        """
        create or replace temp table near as
        select source, interaction_id from changed_interactions
        union
        select source, interaction_id from carriers where not heavy
        """
    )
    connection.execute(
        """
        create or replace temp table reached as
        select * from identities i where exists (
            select 1 from near n where n.source = i.source and n.interaction_id = i.interaction_id)
        """
    )
    connection.execute(
        """
        create or replace temp table was as
        select * from identities
        where person_id in (select person_id from reached where person_id is not null)
        union all
        select * from reached where person_id is null
        """
    )
    connection.execute(
        """
        create or replace temp table among as
        with linked as (
            select source, interaction_id from near
            union
            select source, interaction_id from was
        )
        select source, interaction_id, true as linked from linked
        union all
        select distinct c.source, c.interaction_id, false
        from carriers c left join linked l on l.source = c.source and l.interaction_id = c.interaction_id
        where c.heavy and l.source is null
        """
    )


def _copy_rows(connection: duckdb.DuckDBPyConnection, ranks: list[Rank]) -> None:
    """Their interactions and identifiers, apart: the one time that all rows of both are passed by."""
    connection.execute(
        f"""
        create or replace temp table {SOME.interactions} as
        select source, interaction_id, started_at, kind, excluded, consent from interactions i where exists (
            select 1 from among a where a.source = i.source and a.interaction_id = i.interaction_id)
        """
    )
    connection.execute(
        f"""
        create or replace temp table {SOME.identifiers} as
        select source, owner, owner_id, kind, value from identifiers d
        where owner = 'interaction' and {of_kinds("kind", ranks)} and exists (
            select 1 from among a where a.source = d.source and a.interaction_id = d.owner_id)
        """
    )


def _keep_other_cuts(connection: duckdb.DuckDBPyConnection, ranks: list[Rank]) -> None:
    """Counted were the values of everybody at hand: of those that are not carried by others too the counts are true."""
    connection.execute("delete from cuts where value not in (select value from moved)")
    connection.execute(
        f"""
        insert into cuts
        select {number_of("kind", ranks)}, value, reason, amount from cut_identifiers
        where value not in (select value from moved)
        """
    )


def _released(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether values were cut and are no longer: those who carry them are heavy no more."""
    free = """
        select 1 from cuts x where x.rank = carriers.rank and x.value = carriers.value
    """
    asked = f"select count(*) from carriers where heavy and not exists ({free})"
    ((released,),) = connection.execute(asked).fetchall()
    if released:
        connection.execute(f"update carriers set heavy = false where heavy and not exists ({free})")
    return bool(released)


def _leave_out_heavy(connection: duckdb.DuckDBPyConnection) -> None:
    """Drop those who were bundled to be counted only."""
    ((heavy,),) = connection.execute("select count(*) from among where not linked").fetchall()
    if not heavy:
        return
    for table in ("bundles", "found"):
        connection.execute(
            f"""
            delete from {table} where exists (
                select 1 from among a
                where not a.linked and a.source = {table}.source and a.interaction_id = {table}.interaction_id)
            """
        )
    find_hubs(connection)


def keep_touched_cuts(connection: duckdb.DuckDBPyConnection, ranks: list[Rank]) -> None:
    """Bring `cut_identifiers` up to date for the values of changed interactions."""
    connection.execute("delete from cut_identifiers where value in (select value from moved)")
    connection.execute(
        f"""
        insert into cut_identifiers
        select {kind_of("rank", ranks)}, value, reason, amount from cuts where value in (select value from moved)
        """
    )


def keep_touched_identities(connection: duckdb.DuckDBPyConnection) -> int:
    """Bring `identities` up to date with `now`, where it differs from `was`; returns how many rows it has."""
    connection.execute(
        """
        create or replace temp table stale as
        select w.source, w.interaction_id
        from was w left join now n on n.source = w.source and n.interaction_id = w.interaction_id
        where n.source is null or n.person_id is distinct from w.person_id or n.link <> w.link
            or n.via is distinct from w.via
        """
    )
    connection.execute(
        """
        delete from identities where exists (
            select 1 from stale s
            where s.source = identities.source and s.interaction_id = identities.interaction_id)
        """
    )
    connection.execute(
        """
        insert into identities (source, interaction_id, person_id, link, via)
        select n.source, n.interaction_id, n.person_id, n.link, n.via
        from now n
        left join was w on w.source = n.source and w.interaction_id = n.interaction_id
        left join stale s on s.source = n.source and s.interaction_id = n.interaction_id
        where w.source is null or s.source is not null
        """
    )
    ((rows,),) = connection.execute("select count(*) from identities").fetchall()
    return int(rows)
