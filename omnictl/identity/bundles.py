"""The identifiers of each interaction, side by side.

`bundles` has a row per interaction with one column per kind that links: made in one pass, and all that follows works
on its numbers. An interaction with two values of one kind has no place there: it is one of the `loose`, with a row per
identifier, and no values in its row of `bundles`. So is, later, every interaction that loses an identifier; it has no
row in `bundles` any more.

    bundles  source, interaction_id, started_at, contact, loose, k1 … km
    loose    source, interaction_id, started_at, contact, rank, value, usable, hub, hub_rank

`hub` is the strongest usable identifier of the interaction, the smallest value of its kind; NULL when there is none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from omnictl.engines.connection import quoted
from omnictl.identity.rules import Rank, kinds, may_link, number_of, of_kinds
from omnictl.workspace import Identity

if TYPE_CHECKING:
    import duckdb

LOOSE = "source varchar, interaction_id varchar, started_at timestamp, contact boolean, rank integer, value bigint"


def bundle(
    connection: duckdb.DuckDBPyConnection, identity: Identity, ranks: list[Rank], *, among: bool = False
) -> None:
    """Make `bundles` and `loose` of all interactions and their identifiers, or of those in the table `among`."""
    connection.execute(bundles_of(identity, ranks, among=among))
    connection.execute(f"create or replace temp table found ({LOOSE})")
    ((several,),) = connection.execute("select count(*) from bundles where loose").fetchall()
    if several:
        connection.execute(
            f"""
            insert into found
            select distinct i.source, i.interaction_id, i.started_at, i.contact, {number_of("d.kind", ranks)}, d.value
            from bundles i
            join identifiers d on d.source = i.source and d.owner_id = i.interaction_id
            where i.loose and d.owner = 'interaction' and d.kind in ({kinds(ranks)})
            """
        )
    connection.execute("create or replace temp table cuts (rank integer, value bigint, reason varchar, amount bigint)")
    find_hubs(connection)


def bundles_of(identity: Identity, ranks: list[Rank], *, among: bool = False) -> str:
    """The statement that makes `bundles`."""
    at_hand = "exists (select 1 from among a where a.source = {0}.source and a.interaction_id = {0}.{1})"
    owned = f"and {at_hand.format('d', 'owner_id')}" if among else ""
    asked = f"where {at_hand.format('i', 'interaction_id')}" if among else ""
    seen = ",\n            ".join(
        f"min(case when d.kind = {quoted(rank.kind)} then d.value end) as {rank.column}" for rank in ranks
    )
    # several rows of an identifier may be one value seen twice: such an interaction goes the longer way for nothing
    told = " + ".join(f"case when {rank.column} is null then 0 else 1 end" for rank in ranks)
    usable = may_link(identity, "i.")
    columns = ",\n            ".join(
        f"case when {usable} and n <= {told} then {rank.column} end as {rank.column}" for rank in ranks
    )
    return f"""
        create or replace temp table bundles as
        with seen as (
            select d.source, d.owner_id as interaction_id, count(*) as n,
            {seen}
            from identifiers d
            where d.owner = 'interaction' and {of_kinds("d.kind", ranks)} {owned}
            group by d.source, d.owner_id
        )
        select i.source, i.interaction_id, i.started_at, i.kind = 'contact' as contact,
            coalesce({usable} and n > {told}, false) as loose,
            {columns}
        from interactions i
        left join seen on seen.source = i.source and seen.interaction_id = i.interaction_id
        {asked}
        """


def loosen(connection: duckdb.DuckDBPyConnection, ranks: list[Rank]) -> None:
    """Move the interactions that have a cut value from `bundles` to `loose`, and find the hubs of the rest."""
    of_cut = [rank for rank in ranks if _has_cuts(connection, rank)]
    if not of_cut:
        return
    any_cut = " or ".join(f"{rank.column} in (select value from cuts where rank = {rank.number})" for rank in of_cut)
    connection.execute(f"create or replace temp table losing as select * from bundles where coalesce({any_cut}, false)")
    for rank in ranks:
        connection.execute(
            f"""
            insert into found
            select source, interaction_id, started_at, contact, {rank.number}, {rank.column}
            from losing where {rank.column} is not null
            """
        )
    connection.execute(f"delete from bundles where coalesce({any_cut}, false)")
    connection.execute("drop table losing")
    find_hubs(connection)


def _has_cuts(connection: duckdb.DuckDBPyConnection, rank: Rank) -> bool:
    found = connection.execute("select count(*) from cuts where rank = $rank", {"rank": rank.number}).fetchall()
    return bool(found[0][0])


def find_hubs(connection: duckdb.DuckDBPyConnection) -> None:
    """Make `loose` of `found`: each identifier with the hub of its interaction, values that are cut aside."""
    connection.execute(
        """
        create or replace temp table loose as
        with usable as (
            select f.*, c.value is null as usable
            from found f left join cuts c on c.rank = f.rank and c.value = f.value
        ),
        ordered as (
            select *, row_number() over (
                partition by source, interaction_id order by case when usable then 0 else 1 end, rank, value) as place
            from usable
        ),
        hubs as (
            select source, interaction_id, case when usable then value end as hub,
                case when usable then rank end as hub_rank
            from ordered where place = 1
        )
        select u.*, h.hub, h.hub_rank
        from usable u join hubs h on h.source = u.source and h.interaction_id = u.interaction_id
        """
    )
