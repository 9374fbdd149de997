"""Values that stop linking: those with too many owners, and those that are too busy.

An owner of a value is the strongest identifier of an interaction that carries it, when that one is of a stronger kind
and not a token. So a phone number has as many owners as there are customers seen with it, plus the addresses of those
seen with it who gave no customer id. A value is busy when more contacts carry it than its kind may have within any 30
days, whoever made them. Both are counted on all that may link, before anything is cut: what is cut does not depend on
an order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from omnictl.identity.rules import BUSY_SECONDS, Rank, owner, owning, strongest

if TYPE_CHECKING:
    import duckdb


def find_suspects(connection: duckdb.DuckDBPyConnection, ranks: list[Rank]) -> None:
    """Make `suspects`: the values seen under two hubs or more, or in more contacts than their kind may have.

    Nine values of ten are seen under one hub only: they can neither join anybody nor have too many owners.
    """
    selects = [
        f"""
        select {rank.number} as rank, value, min(hub) < max(hub) as shared,
            sum(case when contact then 1 else 0 end) as contacts
        from (
            select {rank.column} as value, {strongest(ranks[: rank.number])} as hub, contact
            from bundles where {rank.column} is not null
            union all
            select value, hub, contact from loose where rank = {rank.number}
        ) as seen
        group by value
        having min(hub) < max(hub){_busier(rank)}
        """
        for rank in ranks
        if rank.number > 1 or rank.busy is not None  # values of the strongest kind are hubs themselves
    ]
    connection.execute(
        "create or replace temp table suspects (rank integer, value bigint, shared boolean, contacts bigint)"
    )
    if selects:
        connection.execute(f"insert into suspects {' union all '.join(selects)}")


def _busier(rank: Rank) -> str:
    return f" or sum(case when contact then 1 else 0 end) > {rank.busy}" if rank.busy is not None else ""


def find_cuts(connection: duckdb.DuckDBPyConnection, ranks: list[Rank]) -> None:
    """Fill `cuts` with the values that stop linking and why: rank, value, reason (limit, busy), amount."""
    find_suspects(connection, ranks)
    limited = [_too_many_owners(ranks, rank) for rank in ranks if rank.limit is not None and rank.number > 1]
    if limited:
        connection.execute(f"insert into cuts {' union all '.join(limited)}")
    busy = [_too_busy(rank) for rank in ranks if rank.busy is not None]
    if busy:
        connection.execute(f"insert into cuts {' union all '.join(busy)}")


def _too_many_owners(ranks: list[Rank], rank: Rank) -> str:
    shared = f"select value from suspects where rank = {rank.number} and shared"
    return f"""
        select {rank.number}, value, 'limit', count(*)
        from (
            select {rank.column} as value, {owner(ranks, rank)} as owner
            from bundles where {rank.column} in ({shared})
            union
            select value, case when hub_rank < {rank.number} and hub_rank in ({owning(ranks)}) then hub end
            from loose where rank = {rank.number}
        ) as owned
        where owner is not null
        group by value
        having count(*) > {rank.limit}
        """


def _too_busy(rank: Rank) -> str:
    busy = f"select value from suspects where rank = {rank.number} and contacts > {rank.busy}"
    # within 30 days of a contact comes the one so many places later: there are more than so many
    return f"""
        select {rank.number}, value, 'busy', count(*)
        from (
            select value, started_at,
                lead(started_at, {rank.busy}) over (partition by value order by started_at) as later
            from (
                select {rank.column} as value, started_at from bundles where contact and {rank.column} in ({busy})
                union all
                select value, started_at from loose where contact and rank = {rank.number} and value in ({busy})
            ) as seen
        ) as times
        where value not in (select value from cuts where rank = {rank.number})
        group by value
        having max(case when date_diff('second', started_at, later) < {BUSY_SECONDS} then 1 else 0 end) = 1
        """
