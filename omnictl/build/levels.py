"""levels: how many conversations of assisted channels were open at once, by queue and by agent.

A conversation is an agent's part of a contact. In sources that tell no such parts it is the contact itself, from the
answer to the end, with its queue and agent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from omnictl.build.clock import literal
from omnictl.build.tables import empty, names_of
from omnictl.engines.connection import one_of
from omnictl.zone import FIRST

if TYPE_CHECKING:
    import duckdb

QUARTER_S = 900

# A source that never tells the end of a channel's conversations says nothing about which are open.
_OPEN = """
create temp table build_open as
with agents as (
    select distinct source from segments where kind = 'agent'
), contacts as (
    select source, interaction_id, channel, queue, agent, started_at as began_at, answered_at, ended_at
    from interactions
    where kind = 'contact' and excluded = '' and {assisted}
), conversations as (
    select contacts.source, channel, segments.queue, segments.agent, began_at, segments.started_at, segments.ended_at
    from segments
    join contacts on contacts.source = segments.source and contacts.interaction_id = segments.interaction_id
    where segments.kind = 'agent'
    union all
    select contacts.source, channel, queue, agent, began_at, answered_at, ended_at
    from contacts
    left join agents on agents.source = contacts.source
    where agents.source is null and answered_at is not null
), telling as (
    select source, channel
    from conversations
    group by source, channel
    having count(ended_at) > 0
)
-- an end years after all that is known of its source, such as 9999-12-31, stands for none
select source, channel, queue, agent, began_at, started_at, ended_at
from (
    select c.source, c.channel, queue, agent, began_at, started_at,
        case when ended_at > watermark + interval '366' day then watermark
            else coalesce(ended_at, watermark) end as ended_at
    from conversations as c
    join telling on telling.source = c.source and telling.channel = c.channel
    left join sources on sources.source = c.source
) as ended
where ended_at > started_at
"""
# A line is what is counted by itself: a queue, or an agent. Its number is smaller to sort by than its names.
_LINES = """
create temp table build_lines as
select row_number() over (order by source, channel, scope, queue, agent) as line, source, channel, scope, queue, agent
from (
    select distinct source, channel, 'queue' as scope, queue, cast(null as varchar) as agent
    from build_open
    where queue is not null
    union all
    select distinct source, channel, 'agent', null, agent
    from build_open
    where agent is not null
) as seen
"""
_EVENTS = """
create temp table build_events as
with open_since as (
    select source, channel, queue, agent, {started_at} as started_at, ended_at
    from build_open
    where {wanted}
), of_each as (
    select line, started_at, ended_at
    from open_since as o
    join build_lines as l on l.source = o.source and l.channel = o.channel and l.queue = o.queue
    union all
    select line, started_at, ended_at
    from open_since as o
    join build_lines as l on l.source = o.source and l.channel = o.channel and l.agent = o.agent
)
select line, instant, cast(sum(step) as bigint) as step
from (
    select line, started_at as instant, 1 as step from of_each
    union all
    select line, ended_at, -1 from of_each
) as steps
group by line, instant
having sum(step) <> 0
"""
# `quarter`: the second the quarter-hour begins in which a stretch does, `reach`: how many lie between that and the one
# in which it ends.
_STRETCHES = """
create temp table build_stretches as
with followed as (
    select line, instant as started_at, lead(instant) over (partition by line order by instant) as ended_at,
        sum(step) over (partition by line order by instant rows between unbounded preceding and current row) as open
    from build_events
), measured as (
    select *, date_diff('second', timestamp '1970-01-01', started_at) as first_s,
        date_diff('second', timestamp '1970-01-01', ended_at - interval '0.000001' second) as last_s
    from followed
    where open > 0
)
select line, open, started_at, ended_at, first_s - first_s % {quarter} as quarter,
    last_s - last_s % {quarter} - (first_s - first_s % {quarter}) as reach
from measured
"""
_QUARTERS = """
create temp table build_quarters as
select n * {quarter} as passed
from range({count}) as q(n)
"""
_LEVELS = """
insert into levels ({names})
with cut as (
    select line, open,
        case when passed = 0 then started_at else {edge} end as started_at,
        case when passed = reach then ended_at else {next_edge} end as ended_at
    from build_stretches
    join build_quarters on passed <= reach
    where reach > 0
    union all
    select line, open, started_at, ended_at
    from build_stretches
    where reach = 0
)
select source, channel, scope, queue, agent, started_at, ended_at,
    cast(epoch(ended_at) - epoch(started_at) as decimal(18, 3)) as duration_s, open
from cut
join build_lines on build_lines.line = cut.line
"""


# Which sources tell parts of contacts, and which channels ends: where that changes, all levels do.
_TOLD = """
select source, cast(null as varchar) as channel, 0 as earlier_s from segments where kind = 'agent' group by source
union all
select source, channel, cast(ceil(greatest(0, max(epoch(began_at) - epoch(started_at)))) as bigint)
from build_open
group by source, channel
order by source, channel
"""


@dataclass(frozen=True)
class Told:
    """What levels were made of.

    Attributes:
        shape: sources that tell parts (without a channel), and channels of sources that tell ends.
        earlier_s: by how much a part begins before its contact at most, in whole seconds.
    """

    shape: tuple[tuple[str, str | None], ...] = ()
    earlier_s: int = 0

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Told:
        """What was kept as JSON."""
        return cls(tuple((source, channel) for source, channel in kept["shape"]), kept["earlier_s"])


@dataclass(frozen=True)
class Since:
    """An instant before which levels did not change, and what they were made of; None: nowhere did they."""

    instant: datetime | None
    told: Told

    @property
    def quarter(self) -> datetime | None:
        """When the quarter-hour of the instant begins, over which no row of levels reaches; None: all may differ."""
        if self.instant is None or self.instant < FIRST:
            return None
        passed = (self.instant - FIRST) // timedelta(seconds=QUARTER_S)
        return FIRST + passed * timedelta(seconds=QUARTER_S)


def fill_levels(connection: duckdb.DuckDBPyConnection, assisted: list[str], since: Since | None = None) -> Told:
    """Make the relation anew from contacts and their parts.

    Args:
        assisted: the channels on which people serve.
        since: the rows before an instant are right and stay.

    Returns:
        What the next call may need to know, in `since`.
    """
    connection.execute(_OPEN.format(assisted=one_of("channel", assisted)))
    told = _told(connection)
    if since is not None and since.told.shape != told.shape:
        since = None
    if since is not None and since.instant is None:
        return told
    start = since.quarter if since is not None else None
    if start is None:
        empty(connection, "levels")
    else:
        connection.execute(f"delete from levels where started_at >= {literal(start)}")
    connection.execute(_LINES)
    started_at, wanted = "started_at", "true"
    if start is not None:
        started_at, wanted = f"greatest(started_at, {literal(start)})", f"ended_at > {literal(start)}"
    connection.execute(_EVENTS.format(started_at=started_at, wanted=wanted))
    connection.execute(_STRETCHES.format(quarter=QUARTER_S))
    ((most,),) = connection.execute("select max(reach) from build_stretches").fetchall()
    connection.execute(_QUARTERS.format(quarter=QUARTER_S, count=(most or 0) // QUARTER_S + 1))
    edge = "timestamp '1970-01-01' + (quarter + passed) * interval '1' second"
    next_edge = f"{edge} + interval '{QUARTER_S}' second"
    connection.execute(_LEVELS.format(names=names_of("levels"), edge=edge, next_edge=next_edge))
    return told


def _told(connection: duckdb.DuckDBPyConnection) -> Told:
    rows = connection.execute(_TOLD).fetchall()
    return Told(
        tuple((source, channel) for source, channel, _ in rows), max((earlier for _, _, earlier in rows), default=0)
    )
