"""The interactions that have a person, in the order person, start, source, id: what follow-ups and needs are made of.

Names become numbers here, once: what is sorted and partitioned after this is small. `key` is the place in the order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from omnictl.build.rates import cost_of
from omnictl.engines.connection import one_of, quoted
from omnictl.relations.families import DUPLICATE_S, PHONE_CHANNELS

if TYPE_CHECKING:
    import duckdb

    from omnictl.referential import Channel, Referential
    from omnictl.zone import Zone

_OFFERS = """
create temp table build_offers as
select row_number() over (order by channel, solution) as offer, channel, {mode} as mode, solution
from (select distinct channel, solution from interactions) as seen
"""
# Offers that rows name already keep their numbers; those that have come since get the next ones.
_FURTHER_OFFERS = """
create temp table build_offers as
select offer, channel, mode, solution from followup_offers
union all
select numbered.last_offer + row_number() over (order by seen.channel, seen.solution), seen.channel,
    {mode} as mode, seen.solution
from (select distinct channel, solution from interactions) as seen
left join followup_offers as known
    on known.channel = seen.channel and known.solution is not distinct from seen.solution
cross join (select coalesce(max(offer), 0) as last_offer from followup_offers) as numbered
where known.offer is null
"""
_INTENTS = """
create temp table build_intents as
select row_number() over (order by intent) as number, intent
from (select distinct intent from interactions where intent is not null) as seen
"""
# `close`: another interaction of the person began within DUPLICATE_S, so that one of the two may repeat the other.
# An end before the start is none.
_ORDERED = """
create temp table build_ordered as
select {last_key} + row_number() over by_start as key, identities.person_id, interactions.source,
    interactions.interaction_id, interactions.started_at,
    case when ended_at >= started_at then ended_at else started_at end as end_at,
    excluded = '' as counted, kind = 'contact' and direction = 'inbound' as contact, kind = 'visit' as visit,
    kind = 'contact' as any_contact, direction = 'inbound' as inbound,
    {phone} as phone, {assisted} as assisted,
    build_offers.offer, {channel} as channel, build_intents.number as intent,
    {settled} as settled, {cost} as cost,
    case
        when lag(identities.person_id) over by_start = identities.person_id
            and lag(started_at) over by_start >= started_at - interval '{apart}' second then true
        when lead(identities.person_id) over by_start = identities.person_id
            and lead(started_at) over by_start <= started_at + interval '{apart}' second then true
        else false
    end as close
from interactions
join {people} as identities
    on identities.source = interactions.source and identities.interaction_id = interactions.interaction_id
join build_offers
    on build_offers.channel = interactions.channel and build_offers.solution is not distinct from interactions.solution
left join build_intents on build_intents.intent = interactions.intent
where identities.person_id is not null
window by_start as (
    order by identities.person_id, started_at, interactions.source, interactions.interaction_id
)
"""
_SOME = """
create temp table build_some as
select source, interaction_id, identities.person_id
from identities
join unbuilt_people on unbuilt_people.person_id = identities.person_id
"""
_SETTLED = "outcome in ('handled', 'self_served') and coalesce(resolved, true)"
# Who repeats whom: a contact that began within DUPLICATE_S of the one before it of the same person, channel and intent.
# What it repeats is the first of such a row of contacts.
_DUPLICATES = """
create temp table build_duplicates as
with repeated as (
    select key, person_id, channel, intent,
        coalesce(
            lag(started_at) over (partition by person_id, channel, intent order by key)
                >= started_at - interval '{apart}' second,
            false
        ) as repeats
    from build_ordered
    where close and counted and contact
)
select key, first_key
from (
    select key, repeats,
        max(case when not repeats then key end) over (
            partition by person_id, channel, intent order by key rows between unbounded preceding and current row
        ) as first_key
    from repeated
) as bursts
where repeats
"""


def order(
    connection: duckdb.DuckDBPyConnection,
    referential: Referential,
    zone: Zone,
    channels: Sequence[str],
    *,
    some: bool = False,
) -> None:
    """Make `build_offers`, `build_intents`, `build_ordered` and `build_duplicates`, for this connection only.

    Args:
        channels: those that the interactions have.
        some: only the rows of `unbuilt_people`, whose keys follow the greatest there is.
    """
    known = referential.channels
    last_key, people = 0, "identities"
    if some:
        connection.execute(_FURTHER_OFFERS.format(mode=mode_of("seen.channel", known)))
        ((last_key,),) = connection.execute("select coalesce(max(key), 0) from followup_rows").fetchall()
        connection.execute(_SOME)
        people = "build_some"
    else:
        connection.execute(_OFFERS.format(mode=mode_of("channel", known)))
    connection.execute(_INTENTS)
    line_up(connection, referential, zone, channels, people, last_key)
    repeated(connection)


def line_up(
    connection: duckdb.DuckDBPyConnection,
    referential: Referential,
    zone: Zone,
    channels: Sequence[str],
    people: str = "identities",
    last_key: int = 0,
) -> None:
    """Make `build_ordered`.

    Args:
        people: the table that says whose interactions are lined up: source, interaction_id, person_id.
        last_key: the first one's key is the next.
    """
    known = referential.channels
    numbers = {channel: number for number, channel in enumerate(channels)}
    connection.execute(
        _ORDERED.format(
            last_key=last_key,
            phone=one_of("interactions.channel", PHONE_CHANNELS),
            assisted=one_of("interactions.channel", assisted(known)),
            channel=_case("interactions.channel", numbers),
            settled=_SETTLED,
            cost=cost_of(referential.rates, zone),
            apart=DUPLICATE_S,
            people=people,
        )
    )


def repeated(connection: duckdb.DuckDBPyConnection) -> None:
    """Make `build_duplicates` of what is lined up."""
    connection.execute(_DUPLICATES.format(apart=DUPLICATE_S))


def assisted(channels: Mapping[str, Channel]) -> list[str]:
    """The channels on which people serve."""
    return sorted(name for name, channel in channels.items() if channel.mode == "assisted")


def mode_of(column: str, channels: Mapping[str, Channel]) -> str:
    """SQL: the mode of a channel; NULL where it has none."""
    modes = {name: quoted(channel.mode) for name, channel in sorted(channels.items()) if channel.mode}
    return _case(column, modes)


def _case(column: str, values: Mapping[str, object]) -> str:
    cases = " ".join(f"when {quoted(name)} then {value}" for name, value in values.items())
    return f"case {column} {cases} end" if cases else "null"
