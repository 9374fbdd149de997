"""From lines of a queue_log to visits of queues: one row per stay of a call in a queue.

Nothing here looks at the place of a line in its file: a visit is made of the set of its lines alone, so that neither
the order of lines nor any cut of the log matters.
"""

from __future__ import annotations

from omnictl_asterisk.queue_lines import (
    BLOCKED,
    CONNECT,
    DUMPED,
    END,
    ENTER,
    IS_BLOCKED,
    IS_CONNECT,
    IS_END,
    IS_ENTER,
    IS_TRANSFER,
    KINDS,
    LINES,
    TOLD,
    WEIGHTS,
)

SLACK_US = 10_000_000  # by which a clock, or the rounding of stated seconds, may be off
BEGUN_US = "moment - 1000000 * (coalesce(wait, 0) + coalesce(talk, 0))"  # of a visit, as a line of it states it

# Sums of weights that need no numbering: one line of a part at most.
ANSWERS = [0, WEIGHTS[CONNECT], WEIGHTS[END], WEIGHTS[CONNECT] + WEIGHTS[END]]
WITH_ENTER = ", ".join(str(WEIGHTS[ENTER] + rest) for rest in ANSWERS)
WHOLE = WEIGHTS[ENTER] + ANSWERS[-1]
WITHOUT_ENTER = ", ".join(map(str, [WEIGHTS[BLOCKED], *ANSWERS[1:]]))

# One visit of so many lines. There is one line of a part, so that `any_value` has no choice.
GATHERED = f"""
    min(case when {IS_ENTER} then moment end) as entered_us,
    min(case when {IS_CONNECT} then moment end) as connected_us,
    min(case when {IS_END} or {IS_BLOCKED} then moment end) as ended_us,
    min(case when {IS_CONNECT} then wait end) as held,
    min(case when {IS_END} then wait end) as waited,
    min(case when {IS_END} then talk end) as talked,
    max(case when {IS_END} or {IS_BLOCKED} then kind end) as kind,
    any_value(case when {IS_CONNECT} then agent end) as answerer,
    any_value(case when {IS_END} then agent end) as completer,
    any_value(case when {IS_ENTER} then data2 end) as phone,
    any_value(case when {IS_TRANSFER} then data1 end) as transfer_to,
    list(record) as record
"""

# The visit a line belongs to, where a call has been in a queue more than once, or lines stand twice: that which was
# open at its time. One that was opened in the very second of the line is its visit if the line states no time since
# then. 0 is a visit that began before the log; those turned away at the door count backwards from -1. One line of each
# part is one visit whatever their times are: a clock was set back.
NUMBERED = f"""
    select * exclude (before, within, nth, first_entered_us, begun, connected, ended),
        case
            when {IS_ENTER} then nth
            when {IS_BLOCKED} then -nth
            when begun = 1 and connected = 1 and ended = 1 then 1
            when first_entered_us is null or {BEGUN_US} < first_entered_us - {SLACK_US} then 0
            when within > before and (before = 0 or coalesce(wait, 1) + coalesce(talk, 0) <= 0) then within
            else greatest(before, least(within, 1), 1)
        end as visit
    from (
        select *,
            count(*) filter ({IS_ENTER}) over so_far as within,
            count(*) filter ({IS_ENTER}) over so_far
                - count(*) filter ({IS_ENTER}) over (partition by callid, queue, moment) as before,
            min(moment) filter ({IS_ENTER}) over whole as first_entered_us,
            count(*) filter ({IS_ENTER}) over whole as begun,
            count(*) filter ({IS_CONNECT}) over whole as connected,
            count(*) filter ({IS_END}) over whole as ended,
            row_number() over (partition by callid, queue, part order by moment, kind) as nth
        from distinct_lines
        window whole as (partition by callid, queue),
            so_far as (partition by callid, queue order by moment range between unbounded preceding and current row)
    )
"""


def _seconds(begun: str, ended: str) -> str:
    """Between two moments; none when the clock was set back."""
    return f"case when {ended} < {begun} then 0 else ({ended} - {begun}) / 1e6 end"


# All visits of all calls, in their order within the call. Times are microseconds, `_s` seconds; NULL is unknown.
#   visit: which of the call in this queue; kind, ending, ended_as: the event that ended it, and what that means
#   answered: an agent took it; left_us: when the queue was left, by an answer or without one
#   seq: which of the call; segments: the parts of the call up to this one, the agents' included
#   alone: the call has no other. Most are: only the visits of the others are sorted, which costs more than all else.
VISITS = f"""
with lines as not materialized ({LINES}),
grouped as (
    select callid, queue, sum(weight) as weights, {GATHERED}
    from lines group by callid, queue
),
plain as (
    select *,
        weights in ({WITHOUT_ENTER}, {WHOLE}) or (weights in ({WITH_ENTER}) and entered_us - {SLACK_US} <= least(
            entered_us,
            connected_us - 1000000 * coalesce(held, 0),
            ended_us - 1000000 * (coalesce(waited, 0) + coalesce(talked, 0)))) as is_plain
    from grouped
),
several as (
    select callid, true as known from plain group by callid having count(*) > 1 or not bool_and(is_plain)
),
distinct_lines as (
    select moment, callid, queue, agent, kind, part, wait, talk, data1, data2, min(record) as record
    from lines join (select kind, part from {KINDS}) using (kind)
    where (callid, queue) in (select (callid, queue) from plain where not is_plain)
    group by all
),
numbered as ({NUMBERED}),
first_lines as (
    select * from numbered
    qualify row_number() over (
        partition by callid, queue, visit, case part when '{DUMPED}' then '{END}' else part end
        order by part = '{DUMPED}', moment, kind, agent, wait, talk, data1, record) = 1
),
together as not materialized (
    select * exclude (weights, is_plain, known),
        case when entered_us is not null then 1 when {IS_BLOCKED} then -1 else 0 end as visit, known is null as alone
    from plain left join several using (callid) where is_plain
    union all by name
    select callid, queue, visit, {GATHERED}, false as alone from first_lines group by callid, queue, visit
),
in_order as not materialized (
    select * exclude (behind) replace (connected_us + behind as connected_us, ended_us + behind as ended_us)
    from (
        select *, case when connected_us < entered_us - {SLACK_US}
            then entered_us + 1000000 * coalesce(held, 0) - connected_us else 0 end as behind
        from together
    )
),
answers as not materialized (
    select *, {TOLD["name"]} as ending, {TOLD["outcome"]} as ended_as, {TOLD["transfer"]} as transfer_kind,
        connected_us is not null or ended_as is not distinct from 'handled' as answered,
        coalesce(held, waited) as stated_wait,
        coalesce(connected_us, case when ended_as = 'handled' then ended_us - 1000000 * talked end) as answered_us
    from in_order
),
left_at as not materialized (
    select *, coalesce(answered_us, case when not answered then ended_us end) as left_us from answers
),
told as not materialized (
    select callid, queue, visit, alone, record, answered, answered_us, entered_us, left_us, ended_us, phone, ending,
        transfer_kind, transfer_to,
        coalesce(entered_us, left_us - 1000000 * stated_wait, left_us, ended_us) as started_us,
        case when connected_us is not null then 'handled' when ended_as <> 'handled' then ended_as end as known_as,
        case when answered then nullif(coalesce(answerer, completer), 'NONE') end as agent,
        coalesce(stated_wait, {_seconds("entered_us", "left_us")}) as wait_s,
        coalesce(talked, case when ended_as = 'handled' then {_seconds("connected_us", "ended_us")} end) as talk_s
    from left_at
)
select *, coalesce(known_as, case when answered and entered_us is not null then 'handled' end) as outcome,
    1 as seq, 1 + answered::bigint as segments, null as next_queue
from told where alone
union all
-- a queue may have been renamed while the call was in it: the log has the call's beginning, under the old name
select *, coalesce(known_as, case when answered and min(entered_us) over calls is not null then 'handled' end),
    row_number() over calls, row_number() over calls + count(*) filter (answered) over calls, lead(queue) over calls
from told where not alone
window calls as (partition by callid order by coalesce(entered_us, left_us, ended_us), visit, queue)
"""
