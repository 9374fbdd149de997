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

from dataclasses import dataclass
from typing import TYPE_CHECKING

from omnictl.engines.connection import quoted
from omnictl.identity.rules import Rank, kinds, may_link, number_of, of_kinds
from omnictl.workspace import Identity

if TYPE_CHECKING:
    import duckdb

LOOSE = "source varchar, interaction_id varchar, started_at timestamp, contact boolean, rank integer, value bigint"


@dataclass(frozen=True)
class Rows:
    """The tables that hold the interactions to be linked, and their identifiers; with the columns of the relations."""

    interactions: str = "interactions"
    identifiers: str = "identifiers"


ALL = Rows()


def bundle(connection: duckdb.DuckDBPyConnection, identity: Identity, ranks: list[Rank], rows: Rows = ALL) -> None:
    """Make `bundles` of interactions and their identifiers, and `found` of those that have several of a kind."""
    connection.execute(bundles_of(identity, ranks, rows))
    connection.execute(f"create or replace temp table found ({LOOSE})")
    ((several,),) = connection.execute("select count(*) from bundles where loose").fetchall()
    if several:
        connection.execute(
            f"""
            insert into found
            select distinct i.source, i.interaction_id, i.started_at, i.contact, {number_of("d.kind", ranks)}, d.value
            from bundles i
            join {rows.identifiers} d on d.source = i.source and d.owner_id = i.interaction_id
            where i.loose and d.owner = 'interaction' and d.kind in ({kinds(ranks)})
            """
        )
    connection.execute("create or replace temp table cuts (rank integer, value bigint, reason varchar, amount bigint)")
    find_hubs(connection)


def bundles_of(identity: Identity, ranks: list[Rank], rows: Rows) -> str:
    """The statement that makes `bundles`."""
    seen = ",\n                ".join(
        f"min(case when kind = {quoted(rank.kind)} then value end) as {rank.column}" for rank in ranks
    )
    # several rows of an identifier may be one value seen twice: such an interaction goes the longer way for nothing
    told = " + ".join(f"case when {rank.column} is null then 0 else 1 end" for rank in ranks)
    columns = ", ".join(rank.column for rank in ranks)
    usable = ", ".join(f"case when usable and single then {rank.column} end as {rank.column}" for rank in ranks)
    # what all columns ask is told once, in a query of its own: it is not worked out anew for each
    return f"""
        create or replace temp table bundles as
        with counted as (
            select source, owner_id as interaction_id, count(*) as n,
                {seen}
            from {rows.identifiers}
            where owner = 'interaction' and {of_kinds("kind", ranks)}
            group by source, owner_id
        ),
        seen as (select source, interaction_id, n <= {told} as single, {columns} from counted),
        asked as (
            select source, interaction_id, started_at, kind = 'contact' as contact, {may_link(identity)} as usable
            from {rows.interactions}
        )
        select i.source, i.interaction_id, i.started_at, i.contact, i.usable and not coalesce(s.single, true) as loose,
            {usable}
        from asked i
        left join seen s on s.source = i.source and s.interaction_id = i.interaction_id
        """


def loosen(connection: duckdb.DuckDBPyConnection, ranks: list[Rank]) -> None:
    """Move the interactions that have a cut value from `bundles` to `loose`, and find the hubs of the rest."""
    having = {rank for (rank,) in connection.execute("select distinct rank from cuts").fetchall()}
    of_cut = [rank for rank in ranks if rank.number in having]
    if not of_cut:
        return
    any_cut = " or ".join(f"{rank.column} in (select value from cuts where rank = {rank.number})" for rank in of_cut)
    connection.execute(f"create or replace temp table losing as select * from bundles where coalesce({any_cut}, false)")
    one_by_one = " union all ".join(
        f"""
        select source, interaction_id, started_at, contact, {rank.number}, {rank.column}
        from losing where {rank.column} is not null
        """
        for rank in ranks
    )
    connection.execute(f"insert into found {one_by_one}")
    connection.execute(f"delete from bundles where coalesce({any_cut}, false)")
    connection.execute("drop table losing")
    find_hubs(connection)


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
