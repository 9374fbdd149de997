"""needs: what a person does for one intent, cut where the silence was long enough.

What the company began (outbound, internal) is no part of a need; children and repeats are: each was an interaction.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from omnictl.build.clock import literal
from omnictl.build.feeds import Feed, Feeds
from omnictl.build.tables import empty, names_of

if TYPE_CHECKING:
    import duckdb

SCOPES = {"all": "true", "assisted": "any_contact and assisted"}

# The chain of a row is the key of its first one.
_NEEDS = """
insert into needs ({names})
with told as (
    select key, person_id, intent, offer, any_contact, started_at, end_at, settled, cost,
        max(end_at) over (
            partition by person_id, intent order by key rows between unbounded preceding and 1 preceding
        ) as silent_since
    from build_ordered
    where counted and inbound and intent is not null and {pool}
), cut as (
    select *, silent_since is null or started_at > silent_since + interval '{silence}' second as begins
    from told
), chained as (
    select *,
        max(case when begins then key end) over (
            partition by person_id, intent order by key rows between unbounded preceding and current row
        ) as first_key,
        coalesce(lead(begins) over (partition by person_id, intent order by key), true) as ends
    from cut
), summed as (
    select first_key, max(end_at) as last_end, count(*) as interactions,
        count(case when any_contact then 1 end) as contacts,
        count(distinct build_offers.channel) as channels, count(distinct build_offers.mode) as modes,
        max(case when ends and settled then 1 when ends and not settled then 0 end) as settled_last,
        case when count(cost) = count(*) then sum(cost) end as cost
    from chained
    join build_offers on build_offers.offer = chained.offer
    group by first_key
)
select '{scope}/' || first.source || '/' || first.interaction_id as need_id, '{scope}' as scope, first.person_id,
    build_intents.intent, first.source, first.interaction_id, first.started_at, last_end, interactions, contacts,
    channels, modes, channels > 1 as switched,
    case when interactions > 1 then false else settled_last = 1 end as resolved_first,
    settled_last = 1 as resolved,
    {closed} as closed,
    cast(epoch(last_end) - epoch(first.started_at) as decimal(18, 3)) as duration_s, summed.cost
from summed
join build_ordered as first on first.key = summed.first_key
join build_intents on build_intents.number = first.intent
"""
_CLOSED = "update needs set closed = {closed} where scope = '{scope}' and closed <> ({closed})"


def fill_needs(
    connection: duckdb.DuckDBPyConnection, feeds: Feeds, silence: timedelta, assisted: list[str], *, some: bool = False
) -> None:
    """Make the relation anew, from what `order` made.

    Args:
        some: only the rows of `unbuilt_people`; of the others, whether they are closed.
    """
    if some:
        connection.execute("delete from needs where person_id in (select person_id from unbuilt_people)")
    else:
        empty(connection, "needs")
    for scope, pool in SCOPES.items():
        span = feeds.span(partial(_tells, scope, assisted))
        closed = "false"
        if span.until is not None:
            closed = f"last_end <= {literal(span.until - silence)}"
        if some:
            connection.execute(_CLOSED.format(scope=scope, closed=closed))
        connection.execute(
            _NEEDS.format(
                names=names_of("needs"),
                pool=pool,
                scope=scope,
                silence=silence.total_seconds(),
                closed=closed,
            )
        )


def _tells(scope: str, assisted: list[str], feed: Feed) -> bool:
    """Whether the rows of a feed are told in needs of a scope; the same condition as the SQL has."""
    of_scope = scope == "all" or (feed.kind == "contact" and feed.channel in assisted)
    return of_scope and feed.direction == "inbound" and feed.with_intent > 0
