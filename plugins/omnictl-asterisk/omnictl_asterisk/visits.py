"""From lines of a queue_log to visits of queues, contacts and segments: the SQL.

Nothing here looks at the place of a line in its file: a row is made of the set of its lines alone, so that neither the
order of lines nor any cut of the log matters.
"""

from __future__ import annotations

# Microseconds since 1970 of a line: seconds in the file, a local time in the database's table. NULL: it has none.
# Where the clock showed a time twice, the first is meant unless the call, whose id begins with the second of its
# making, was not there yet.
LOCAL = "try_cast(trim(\"time\") as timestamp)"
AGAIN = f"""utc({LOCAL} + interval 1 hour) - utc({LOCAL}) > interval 90 minute
    and try_cast(split_part(trim(callid), '.', 1) as bigint) * 1000000 - epoch_us(utc({LOCAL}))
        between 60000000 and 3600000000"""
MOMENT = f"""coalesce(
    try_cast(try_cast("time" as double) * 1e6 as bigint),
    case
        when regexp_matches("time", ':[0-9.]+ *(Z|[+-][0-9]{{2}}(:?[0-9]{{2}})?) *$')
            then epoch_us(try_cast(trim("time") as timestamptz))
        else epoch_us(utc({LOCAL})) + case when {AGAIN} then 3600000000 else 0 end
    end)"""

# What each event is to a visit: `enter` opens it, `connect` is an agent's answer, `end` ends it; `blocked` does both.
# Which parameter states the wait, and which the talk: 0 for none. `dumped` ends a visit that nothing else ends.
KINDS = """(values
    ('ENTERQUEUE', 'enter', null, 0, 0), ('CONNECT', 'connect', 'handled', 1, 0),
    ('COMPLETECALLER', 'end', 'handled', 1, 2), ('COMPLETEAGENT', 'end', 'handled', 1, 2),
    ('TRANSFER', 'end', 'handled', 3, 4), ('BLINDTRANSFER', 'end', 'handled', 3, 4),
    ('ATTENDEDTRANSFER', 'end', 'handled', 3, 4),
    ('ABANDON', 'end', 'abandoned', 3, 0), ('EXITWITHTIMEOUT', 'end', 'flow_out', 3, 0),
    ('EXITWITHKEY', 'end', 'flow_out', 4, 0), ('EXITEMPTY', 'end', 'flow_out', 3, 0),
    ('LEAVEEMPTY', 'end', 'flow_out', 0, 0), ('SYSCOMPAT', 'end', 'dropped', 0, 0),
    ('AGENTDUMP', 'dumped', 'dropped', 0, 0),
    ('FULL', 'blocked', 'blocked', 0, 0), ('CLOSED', 'blocked', 'blocked', 0, 0),
    ('JOINEMPTY', 'blocked', 'blocked', 0, 0), ('JOINUNAVAIL', 'blocked', 'blocked', 0, 0),
    ('DIVERT_CA_RATIO', 'blocked', 'blocked', 0, 0), ('DIVERT_HOLDTIME', 'blocked', 'blocked', 0, 0)
) as kinds(event, part, outcome, wait_at, talk_at)"""

NO_CALL = "('NONE', 'REALTIME', 'MANAGER', 'CLI')"  # what stands for a call id on lines of no call
SLACK_US = 10_000_000  # by which a clock, or the rounding of stated seconds, may be off

# Cells of psql have blanks around them, and the table of some versions has one cell for all parameters.
CELL = "case when ends_with(\"time\", ' ') or starts_with({0}, ' ') then nullif(trim({0}), '') else {0} end"
DATA = "case when data is not null then nullif(trim(split_part(data, '|', {0})), '') else {1} end"
STATED = "case when {0} >= 0 then {0} end"  # seconds below zero are a clock set back, and state nothing


def _cell(name: str) -> str:
    return CELL.format(name)


def _data(number: int) -> str:
    return DATA.format(number, _cell(f"data{number}"))


LINES = f"""
    select moment, callid, queue, agent, event, part, outcome, data1, data2, record,
        {STATED.format("wait")} as wait, {STATED.format("talk")} as talk,
        part in ('enter', 'blocked') as opens,
        -- a weight in each digit: one sum tells how many lines of each part there are
        case part when 'connect' then 100000000 when 'end' then 10000 when 'dumped' then 1000000000000 else 1 end
            as weight
    from (
        select *,
            try_cast(case wait_at when 1 then data1 when 3 then data3 when 4 then data4 end as bigint) as wait,
            try_cast(case talk_at when 2 then data2 when 4 then data4 end as bigint) as talk
        from (
            select {MOMENT} as moment, {_cell("callid")} as callid, {_cell("queuename")} as queue,
                {_cell("agent")} as agent, {_cell("event")} as event, {_data(1)} as data1, {_data(2)} as data2,
                {_data(3)} as data3, {_data(4)} as data4, record
            from file
        ) join {KINDS} using (event)
        where moment is not null and callid not in {NO_CALL} and queue is not null
    )
"""

# One visit of so many lines. Of one part there is one line.
GATHERED = """
    min(moment) as first_us,
    min(case when part = 'enter' then moment end) as entered_us,
    min(case when part = 'blocked' then moment end) as blocked_us,
    min(case when part = 'connect' then moment end) as connected_us,
    min(case when part in ('end', 'dumped') then moment end) as ended_us,
    min(case when part = 'connect' then wait end) as held,
    min(case when part in ('end', 'dumped') then wait end) as waited,
    min(case when part = 'end' then talk end) as talked,
    min(case when part = 'connect' then agent end) as answerer,
    min(case when part = 'end' and outcome = 'handled' then agent end) as completer,
    min(case when part not in ('enter', 'connect') then event end) as ending,
    min(case when part not in ('enter', 'connect') then outcome end) as ended_as,
    min(case when part = 'enter' then data2 end) as phone,
    min(case when event in ('TRANSFER', 'BLINDTRANSFER') then data1 end) as transfer_to,
    list(record) as record
"""

# The visit a line belongs to, where a call has been in a queue more than once, or lines stand twice: that which was
# open at its time. What was opened in the very second of the line is its visit if the line states no time since then.
NUMBERED = f"""
    select * exclude (before, within, opened),
        case
            when opens then opened
            when moment - 1000000 * (coalesce(wait, 0) + coalesce(talk, 0)) < first_opened_us - {SLACK_US} then 0
            when within > before and (before = 0 or coalesce(wait, 1) + coalesce(talk, 0) <= 0) then within
            else greatest(before, least(within, 1), 1)
        end as visit
    from (
        select *,
            count(*) filter (opens) over so_far as within,
            count(*) filter (opens) over so_far
                - count(*) filter (opens) over (partition by callid, queue, moment) as before,
            min(moment) filter (opens) over whole as first_opened_us,
            row_number() over (partition by callid, queue, opens order by moment, event) as opened
        from distinct_lines
        window whole as (partition by callid, queue),
            so_far as (partition by callid, queue order by moment range between unbounded preceding and current row)
    )
"""

VISITS = f"""
with lines as not materialized ({LINES}),
grouped as (
    select callid, queue, sum(weight) as weights, {GATHERED},
        min(moment - 1000000 * (coalesce(wait, 0) + coalesce(talk, 0))) as stated_us
    from lines group by callid, queue
),
plain as (
    select *,
        weights in (1, 10001, 100000001, 100010001) and coalesce(stated_us >= entered_us - {SLACK_US}, true)
            or weights in (10000, 100000000, 100010000) as is_plain
    from grouped
),
distinct_lines as (
    select moment, callid, queue, agent, event, part, outcome, wait, talk, opens, data1, data2, min(record) as record
    from lines
    where (callid, queue) in (select (callid, queue) from plain where not is_plain)
    group by all
),
numbered as ({NUMBERED}),
first_lines as (
    select * from numbered
    qualify row_number() over (
        partition by callid, queue, visit, case part when 'dumped' then 'end' else part end
        order by part = 'dumped', moment, event, agent, wait, talk, data1, record) = 1
),
together as (
    select callid, queue, (entered_us is not null or blocked_us is not null)::bigint as visit,
        * exclude (callid, queue, weights, stated_us, is_plain)
    from plain where is_plain
    union all by name
    select callid, queue, visit, {GATHERED} from first_lines group by callid, queue, visit
),
answers as (
    select * exclude (blocked_us) replace (coalesce(blocked_us, ended_us) as ended_us),
        connected_us is not null or ended_as is not distinct from 'handled' as answered,
        coalesce(held, waited) as stated_wait,
        coalesce(connected_us, case when ended_as = 'handled' then ended_us - 1000000 * talked end) as answered_us,
        case when connected_us is not null or (entered_us is not null and ended_as = 'handled') then 'handled'
            when ended_as <> 'handled' then ended_as end as outcome
    from together
),
told as (select *, coalesce(answered_us, case when not answered then ended_us end) as left_us from answers)
select callid, queue, visit, record, answered, answered_us, outcome, entered_us, transfer_to, phone,
    coalesce(entered_us, left_us - 1000000 * stated_wait, first_us) as started_us, left_us, ended_us,
    coalesce(ending, case when connected_us is not null then 'CONNECT' end) as ending,
    case when answered then nullif(coalesce(answerer, completer), 'NONE') end as agent,
    coalesce(stated_wait, case when left_us is not null and entered_us is not null then greatest(left_us - entered_us, 0) / 1e6 end) as wait_s,
    coalesce(talked, case when connected_us is not null and ended_as = 'handled' then greatest(ended_us - connected_us, 0) / 1e6 end) as talk_s,
    case when ending in ('TRANSFER', 'BLINDTRANSFER') then 'cold' when ending = 'ATTENDEDTRANSFER' then 'warm' end
        as transfer_kind,
    row_number() over calls as seq,
    row_number() over calls + count(*) filter (answered) over calls as segments,
    lead(queue) over calls as next_queue
from told
window calls as (partition by callid order by started_us, visit, queue)
"""

# A contact's own figures. Lines that no queue_log has are rows without a key, which the host rejects.
CONTACTS = f"""
with dids as (
    select {_cell("callid")} as callid, min({_data(1)}) as did, list(record) as record
    from file where {_cell("event")} = 'DID' group by all
),
contacts as (
    select callid, min(started_us) as started_us, min(entered_us) as entered_us, min(answered_us) as answered_us,
        case when count(*) = count(ended_us) then max(ended_us) end as ended_us,
        arg_min(seq, (not answered, case when answered then seq else -seq end)) as told_by,
        sum(wait_s) as wait_s, sum(talk_s) as talk_s,
        count(*) filter (transfer_kind is not null or (answered and next_queue is not null)) as transfers,
        flatten(list(record)) as record
    from visits group by callid
)
select c.callid as interaction_id, 'phone' as channel, $site as site, make_timestamp(c.started_us)::timestamptz as started_at,
    make_timestamp(c.entered_us)::timestamptz as queued_at, make_timestamp(c.answered_us)::timestamptz as answered_at,
    make_timestamp(c.ended_us)::timestamptz as ended_at, v.outcome, v.ending as outcome_detail, v.queue, v.agent,
    d.did as entry_point, c.wait_s, c.talk_s, c.transfers,
    case when d.record is null then c.record else list_concat(c.record, d.record) end as record
from contacts c
join visits v on v.callid = c.callid and v.seq = c.told_by
left join dids d on d.callid = c.callid
union all by name
select case when {MOMENT} is null then callid end as interaction_id, 'phone' as channel, null::timestamptz as started_at, [record] as record
from file
where case
    when {MOMENT} is null then "time" is null or not regexp_full_match(
        trim("time"), '(?i)time|-+(\\+-+)*|\\([0-9]+ \\w+\\)')
    else event is null or (callid is null or queuename is null) and {_cell("event")} in (select event from {KINDS}) end
"""

SEGMENT = "callid || '/' || queue || '/' || visit"
SEGMENTS = f"""
select {SEGMENT} as segment_id, callid as interaction_id, segments - answered::bigint as seq, 'queue' as kind, queue,
    null::varchar as agent, make_timestamp(started_us)::timestamptz as started_at,
    make_timestamp(left_us)::timestamptz as ended_at, outcome, wait_s::double as wait_s, null::double as talk_s,
    null::varchar as transfer_kind, null::varchar as transfer_to, list_min(record) as record
from visits
"""
AGENTS = f"""
select {SEGMENT} || '/agent', callid, segments, 'agent', queue, agent,
    make_timestamp(coalesce(answered_us, started_us))::timestamptz,
    case when talk_s is not null then make_timestamp(ended_us)::timestamptz end, outcome, null, talk_s,
    coalesce(transfer_kind, case when next_queue is not null then 'cold' end),
    coalesce(transfer_to, case when transfer_kind is distinct from 'warm' then next_queue end), list_min(record)
from visits where answered
"""

PHONES = "select callid as owner_id, 'phone' as kind, phone as value, list_min(record) as record from visits where phone <> ''"
