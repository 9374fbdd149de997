"""From linked identifiers to people: the edges between hubs, the name of each person, and the rows of `identities`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from omnictl.engines.connection import quoted
from omnictl.identity.rules import Rank, strongest

if TYPE_CHECKING:
    import duckdb


def find_edges(connection: duckdb.DuckDBPyConnection, ranks: list[Rank]) -> None:
    """Make `edges` (a, b) between the hubs that share a value: from the smallest of them to each other one.

    An interaction that lost its hub has another one now: its values are looked at again, whether they were shared
    before or not.
    """
    connection.execute(
        """
        create or replace temp table joining as
        select c.rank, c.value from suspects c left join cuts x on x.rank = c.rank and x.value = c.value
        where c.shared and x.value is null
        union
        select rank, value from loose where usable
        """
    )
    under = " union all ".join(
        f"""
        select {rank.column} as value, {strongest(ranks[: rank.number])} as hub
        from bundles where {rank.column} in (select value from joining where rank = {rank.number})
        """
        for rank in ranks
    )
    connection.execute(
        f"""
        create or replace temp table carried as
        select distinct value, hub from ({under} union all select value, hub from loose where usable) as seen
        """
    )
    connection.execute(
        """
        create or replace temp table edges as
        select distinct least.hub as a, c.hub as b
        from carried c
        join (select value, min(hub) as hub from carried group by value) as least on least.value = c.value
        where least.hub < c.hub
        """
    )
    connection.execute("drop table carried; drop table joining")


def name_people(connection: duckdb.DuckDBPyConnection, ranks: list[Rank]) -> None:
    """Make `people` (hub, person_id) of `components`: the hub of the earliest interaction names the person.

    Earliest by started_at, then source, then interaction_id. A hub outside of every component is the only one of its
    person, and so its name.
    """
    everywhere = f"""
        select c.root, i.started_at, i.source, i.interaction_id, i.hub
        from components c join (
            select source, interaction_id, started_at, {strongest(ranks)} as hub from bundles
            union all
            select distinct source, interaction_id, started_at, hub from loose
        ) as i on i.hub = c.node
    """
    connection.execute(
        f"create or replace temp table lowest as select root, min(started_at) as at from ({everywhere}) group by root"
    )
    connection.execute(
        f"""
        create or replace temp table people as
        with ordered as (
            select e.root, e.hub, row_number() over (partition by e.root order by e.source, e.interaction_id) as place
            from ({everywhere}) e join lowest l on l.root = e.root and l.at = e.started_at
        )
        select c.node as hub, o.hub as person_id
        from components c join ordered o on o.root = c.root and o.place = 1
        """
    )
    connection.execute("drop table lowest")


def identities_of(ranks: list[Rank]) -> str:
    """The rows of `identities`, as a SELECT of its columns in order."""
    kinds = " ".join(f"when {rank.column} is not null then {quoted(rank.kind)}" for rank in ranks)
    names = " ".join(f"when {rank.number} then {quoted(rank.kind)}" for rank in ranks)
    return f"""
        select i.source, i.interaction_id, coalesce(p.person_id, i.hub) as person_id,
            case when i.hub is null then 'none' else 'certain' end as link, i.via
        from (
            select source, interaction_id, {strongest(ranks)} as hub, case {kinds} end as via
            from bundles where not loose
            union all
            select distinct source, interaction_id, hub, case hub_rank {names} end from loose
        ) as i
        left join people p on p.hub = i.hub
        """
