"""From visits of queues to our relations: a contact per call, a segment per visit and per answer, callers' numbers."""

from __future__ import annotations

from omnictl_asterisk.queue_lines import MOMENT, ODD, cell, parameter


def _time(name: str) -> str:
    return f"make_timestamptz({name})"


# The event that ended a visit; of one that goes on, the last that is known.
ENDING = "coalesce(ending, case when answered then 'CONNECT' end)"

# A contact's own figures. Lines that no queue_log has are rows without a time, or without a key where they have a time:
# the host rejects them for that.
CONTACTS = f"""
with dids as (
    select {cell("callid")} as callid, min({parameter(1)}) as did, list(record) as record
    from file where {cell("event")} = 'DID' group by 1
),
-- what a call makes of its visits: that of one is the visit itself
contacts as (
    select callid, started_us, entered_us, answered_us, ended_us, outcome, ending, answered, queue, agent, wait_s,
        talk_s, (transfer_kind is not null)::bigint as transfers, record
    from visits where alone
    union all by name
    select g.* exclude (told_by), v.outcome, v.ending, v.answered, v.queue, v.agent
    from (
        select callid, min(started_us) as started_us, min(entered_us) as entered_us, min(answered_us) as answered_us,
            case when count(*) = count(ended_us) then max(ended_us) end as ended_us,
            -- the first visit that was answered, else the last
            coalesce(min(case when answered then seq end), max(seq)) as told_by,
            sum(wait_s) as wait_s, sum(talk_s) as talk_s,
            count(*) filter (transfer_kind is not null or (answered and next_queue is not null)) as transfers,
            flatten(list(record)) as record
        from visits where not alone group by callid
    ) g
    join visits v on v.callid = g.callid and v.seq = g.told_by
)
select c.callid as interaction_id, 'phone' as channel, $site as site, {_time("c.started_us")} as started_at,
    {_time("c.entered_us")} as queued_at, {_time("c.answered_us")} as answered_at, {_time("c.ended_us")} as ended_at,
    c.outcome, coalesce(c.ending, case when c.answered then 'CONNECT' end) as outcome_detail, c.queue, c.agent,
    d.did as entry_point, c.wait_s, c.talk_s, c.transfers,
    case when d.record is null then c.record else list_concat(c.record, d.record) end as record
from contacts c
left join dids d on d.callid = c.callid
union all by name
select case when {MOMENT} is null then coalesce({cell("callid")}, "time", 'no line') end as interaction_id,
    'phone' as channel,
    null::timestamptz as started_at, [record] as record
from file
where {ODD}
"""

SEGMENT_ID = "callid || '/' || queue || case when visit < 0 then '/blocked/' || -visit else '/' || visit end"
SEGMENTS = f"""
select {SEGMENT_ID} as segment_id, callid as interaction_id, segments - answered::bigint as seq, 'queue' as kind,
    queue, null::varchar as agent, {_time("started_us")} as started_at, {_time("left_us")} as ended_at, outcome,
    {ENDING} as outcome_detail, wait_s::double as wait_s, null::double as talk_s, null::varchar as transfer_kind,
    null::varchar as transfer_to, list_min(record) as record
from visits
union all
select {SEGMENT_ID} || '/agent', callid, segments, 'agent',
    queue, agent, {_time("coalesce(answered_us, started_us)")},
    case when talk_s is not null then {_time("ended_us")} end, outcome,
    {ENDING}, null, talk_s, coalesce(transfer_kind, case when next_queue is not null then 'cold' end),
    coalesce(transfer_to, case when transfer_kind is distinct from 'warm' then next_queue end), list_min(record)
from visits where answered
"""

PHONES = """
select callid as owner_id, 'phone' as kind, phone as value, list_min(record) as record
from visits where phone is not null
"""
