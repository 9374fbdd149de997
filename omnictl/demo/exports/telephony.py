"""The switch, before any of its records: every call, its visits of queues and its rings, as they were.

`calls` is one row per call, `visits` one per stay in a queue. What queue_log, CDR and the agents' desk tell of them is
written from these two.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

    from omnictl.demo.calendar import Year

TIMEOUT_S = 60  # after which a busy queue sends on to the partner's
RING_S = 15  # how long a telephone rings before the next one is tried
OVERFLOW = "debord"

# A switch is given most numbers as they are dialled at home, and none of those withheld.
SPELLED = """
create macro spelled(person, id) as case
    when u(id, 'withheld') < 0.055 then ['anonymous', 'unknown', ''][1 + (draw(id, 'how withheld') % 3)::integer]
    else [
        phone_of(person, id),
        phone_of(person, id),
        phone_of(person, id),
        '+33' || phone_of(person, id)[2:],
        '0033' || phone_of(person, id)[2:]
    ][1 + (draw(id, 'spelling') % 5)::integer]
end
"""

# `route` says how a call went through the queues: to the end of the first, or on to another one.
CALLS = """
create table calls as
with numbered as (
    select interactions.*, row_number() over (order by started_at, id) as n, motives.queue as first_queue,
        motives.wrap_up, motives.intent as wants, motives.line as about,
        outcome in ('handled', 'abandoned', 'flow_out', 'odd') as queued
    from interactions join motives on motives.number = motive
    where channel = 'phone'
)
select id, n, person, started_at, outcome, pressure, queued, wrap_up, first_queue, menu_s,
    -- the number dialled: one for claims, one for quotes, one for health, one for all else
    '01990010' || case when wants like 'claim%' then '10' when wants = 'quote' then '20' when about = 'health' then '30'
        else '00' end as dialled,
    epoch(started_at)::bigint || '.' || (5 * n + 2) as ref,
    started_at + to_seconds(menu_s) as past_menu_at,
    wait_s, talk_s + hold_s as talk_s,
    1 + (draw(id, 'ahead') % 3)::integer as position,
    case
        when outcome in ('handled', 'abandoned') and u(id, 'route') < 0.012 * pow(pressure, 2) then 'overflow'
        when outcome = 'flow_out' then leaves_by(id)
        when outcome <> 'handled' then 'plain'
        when u(id, 'route') < 0.035 then 'other key'
        when u(id, 'route') < 0.085 then 'to a queue'
        when u(id, 'route') < 0.115 then 'to a desk'
        when u(id, 'route') < 0.125 then 'announced'
        else 'plain' end as route
from numbered
"""

# A visit is told by its end: `ends` is the event, `left_at` when the waiting was over.
VISITS = f"""
create table visits_of_queues as
with first_ones as (
    select calls.*, 1 as seq, first_queue as queue, past_menu_at as entered_at,
        case route when 'overflow' then {TIMEOUT_S} when 'other key' then 8 + (draw(id, 'key after') % 40)::bigint
            else wait_s end as waited_s,
        case when outcome = 'handled' and route not in ('overflow', 'other key')
            then case when route = 'to a queue' then 1 + talk_s // 3 else talk_s end end as talked_s,
        case route when 'overflow' then 'EXITWITHTIMEOUT' when 'timeout' then 'EXITWITHTIMEOUT'
            when 'other key' then 'EXITWITHKEY' when 'key' then 'EXITWITHKEY' when 'empty' then 'EXITEMPTY'
            when 'to a queue' then 'BLINDTRANSFER' when 'to a desk' then 'BLINDTRANSFER'
            when 'announced' then 'ATTENDEDTRANSFER'
            else case outcome when 'abandoned' then 'ABANDON' when 'odd' then ''
                else case when u(id, 'hangs up') < 0.6 then 'COMPLETECALLER' else 'COMPLETEAGENT' end end
            end as ends
    from calls where queued
),
next_ones as (
    select * replace (
        2 as seq,
        case when route = 'overflow' then '{OVERFLOW}'
            when route = 'to a queue' and queue <> 'reclamations' and u(id, 'escalates') < 0.3 then 'reclamations'
            when queue = 'accueil' then 'contrats_auto' else 'accueil' end as queue,
        entered_at + to_seconds(waited_s + coalesce(talked_s, 0)) as entered_at,
        case when route = 'to a queue' then 3 + about(id, 'waits again', 12, 0.9) else wait_s end as waited_s,
        case when outcome = 'handled' then case when route = 'to a queue' then talk_s - talk_s // 3 else talk_s end end
            as talked_s,
        case when outcome = 'abandoned' then 'ABANDON'
            when u(id, 'hangs up') < 0.6 then 'COMPLETECALLER' else 'COMPLETEAGENT' end as ends)
    from first_ones where route in ('overflow', 'other key', 'to a queue')
)
select id, n, person, ref, dialled, route, position, seq, queue, entered_at, waited_s, talked_s, ends,
    talked_s is not null as answered,
    entered_at + to_seconds(waited_s) as left_at,
    entered_at + to_seconds(waited_s + coalesce(talked_s, 0)) as ended_at,
    case when talked_s is not null
        then 1001 + (floor(u(id, 'agent') * $agents)::integer + 7 * (seq - 1)) % $agents end as agent,
    -- telephones that rang before one was taken up, or before the caller had enough
    case when ends <> 'EXITEMPTY' then least(4, waited_s // {RING_S + 2}) else 0 end as rings
from (from first_ones union all from next_ones)
"""


def prepare(con: duckdb.DuckDBPyConnection, year: Year) -> None:
    """Make `calls`, one row per call, and `visits_of_queues`, one row per stay of one in a queue."""
    con.execute(SPELLED)
    con.execute(CALLS)
    con.execute(VISITS, {"agents": agents(con)})


def agents(con: duckdb.DuckDBPyConnection) -> int:
    """How many agents answer the phone."""
    ((calls,),) = con.execute("select count(*) from interactions where channel = 'phone'").fetchall()
    return max(6, int(calls) // 3000)
