"""SQL over files that are cuts of one log: a call may begin in one file and end in the next.

1793606400|9001|home|ENTER|
1793606412|9001|home|CONNECT|a.martin
1793606590|9001|home|END|
"""

from __future__ import annotations

from omnictl.connectors import Connector, Csv


class Events(Connector):
    """Cordeliane queue log: one line per event of a call."""

    name = "cordeliane_events"
    api = 1
    reads = Csv(header=False, delimiter="|")  # columns are column0, column1 …

    # Files whose records lie no further apart are read together, whichever comes first: any cut of the log gives the
    # rows of the whole. It must be longer than anything that goes on from file to file. `at` is the time of a record.
    look_back = "6h"
    at = "to_timestamp(try_cast(column0 as bigint))"

    # A SELECT that groups runs as it stands and says which records a row is made of: `list(record)` has all of them
    # counted as used, `min(record)` only the first. What is in no list is filtered.
    # Text is cast with try_cast: one strange line must not stop the SELECT.
    relations = {
        "interactions": """
            with events as (
                select to_timestamp(try_cast(column0 as bigint)) as happened_at, column1 as contact, column2 as queue,
                    column3 as event, column4 as agent, record
                from file
                where column3 in ('ENTER', 'CONNECT', 'END')
            )
            select
                contact as interaction_id,
                'phone' as channel,
                min(happened_at) as started_at,
                min(happened_at) as queued_at,
                min(happened_at) filter (where event = 'CONNECT') as answered_at,
                max(happened_at) filter (where event = 'END') as ended_at,
                arg_min(queue, (happened_at, record)) as queue,
                arg_min(agent, (happened_at, record)) filter (where event = 'CONNECT') as agent,
                case
                    when bool_or(event = 'CONNECT') then 'handled'
                    when bool_or(event = 'END') then 'abandoned'
                end as outcome,
                epoch(coalesce(
                    min(happened_at) filter (where event = 'CONNECT'), max(happened_at) filter (where event = 'END')
                ) - min(happened_at)) as wait_s,
                list(record) as record
            from events
            group by contact
        """,
        "steps": """
            select
                row_id(column0, column1, column3) as step_id,
                column1 as interaction_id,
                to_timestamp(try_cast(column0 as bigint)) as occurred_at,
                'vote' as type,
                column4 as value
            from file
            where column3 = 'RATED'
        """,
    }
