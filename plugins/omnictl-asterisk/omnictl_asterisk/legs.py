"""From rows of call detail records to calls, their legs and contacts: the SQL."""

from __future__ import annotations

from omnictl_asterisk.channels import OF_ONE_CALL, device, direction, from_or_to_outside, half, whole

# Rows that share a linkedid or a uniqueid are one node. Nodes without linkedid are joined where their channels meet:
# the smallest row that reaches a node, through larger ones only, names the call.
LEGS = f"""
    with recursive nodes as materialized (
        select n, linkedid is null as loose, min(n) over (
            partition by coalesce('l' || linkedid, 'u' || uniqueid, 'r' || n)
        ) as node from rows
    ),
    mentions as (
        select r.n, {whole("r.channel")} as name, r.began, r.ended
        from rows r where r.linkedid is null and regexp_matches(r.channel, '{OF_ONE_CALL}')
        union all
        select r.n, {whole("r.dstchannel")}, r.began, r.ended
        from rows r where r.linkedid is null and regexp_matches(r.dstchannel, '{OF_ONE_CALL}')
    ),
    fresh as (  -- a switch that starts anew counts its channels from 0 again
        select *, began > max(ended) over (
            partition by name order by began, ended, n rows between unbounded preceding and 1 preceding
        ) + interval 2 seconds as apart
        from mentions
    ),
    meetings as (
        select n, name, count(*) filter (where apart) over (
            partition by name order by began, ended, n rows unbounded preceding
        ) as lap
        from fresh
    ),
    stars as (
        select distinct m.node, min(m.node) over (partition by name, lap) as hub
        from (from meetings join nodes using (n)) m
    ),
    edges as materialized (
        select node as a, hub as b from stars where node <> hub
        union select hub, node from stars where node <> hub
    ),
    reached as (
        select distinct a as node, a as root from edges
        union
        select e.b, r.root from reached r join edges e on e.a = r.node where r.root < e.b
    ),
    roots as (select node, min(root) as root from reached group by node)
    select r.*, coalesce(c.root, k.node) as call
    from rows r join nodes k using (n) left join roots c on c.node = k.node
"""

# What a row dialled, with the row of the dialled channel itself where it has one (agents on Local channels).
# A row whose own channel was dialled by another row of the call belongs to an agent's side of it.
SIDES = f"""
    with targets as (
        select distinct call, {whole("dstchannel")} as name from legs where dstchannel is not null
    )
    select l.*, t.name is not null as dialled_by_other
    from legs l left join targets t on t.call = l.call and t.name = {whole("l.channel")}
"""

ATTEMPTS = f"""
    with own_rows as (
        select call, {whole("channel")} as name, bool_or(disposition = 'ANSWERED' and billsec > 0) as answered,
            min(answered) as answered_at, max(ended) filter (where answered is not null) as ended_at,
            sum(billsec) filter (where answered is not null) as talk_s
        from sides
        where dialled_by_other and {half("channel")} = '2'
        group by all
    )
    select s.call, s.n, s.uniqueid, s.in_queue, s.began, s.ended, s.lastdata, s.records, s.disposition,
        {device("s.dstchannel")} as agent,
        s.disposition = 'ANSWERED' and s.billsec > 0 and coalesce(o.answered, true) as talked,
        -- where the caller had been answered before, as by a queue, the row does not tell when the person did
        coalesce(o.answered_at, case when not s.in_queue and s.answered > s.began then s.answered end)
            as answered_at,
        coalesce(o.talk_s, case when not s.in_queue and s.answered > s.began then s.billsec end) as talk_s,
        coalesce(o.ended_at, s.ended) as ended_at
    from sides s left join own_rows o on o.call = s.call and o.name = {whole("s.dstchannel")}
    where s.dstchannel is not null and not s.dialled_by_other
"""

CONTACTS = f"""
    with numbered as (
        select call, arg_min(
                coalesce(uniqueid, row_id(start_local, channel)),
                (not in_queue, case when in_queue then n else 0 end, {half("channel")} = '1', second, number, n)
            ) as interaction_id,
            bool_or(in_queue) as queued, min(began) as began, max(ended) as ended,
            bool_and({half("channel")} = '2' and not in_queue and answered is null
                and (dstchannel is null or not {from_or_to_outside("dcontext")})) as ringing,
            list(records order by n) as records
        from (select * replace (coalesce(in_queue, false) as in_queue) from sides)
        group by call
    ),
    firsts as (
        select s.call, arg_min(s.dcontext, s.n) as dcontext, arg_min(coalesce(s.did, s.dst), s.n) as dst,
            arg_min(s.src, s.n) as src, arg_min(s.channel, s.n) as channel, arg_max(s.lastapp, (s.ended, s.n)) as app,
            arg_max(s.disposition, (s.ended, s.n)) as disposition, bool_or(s.disposition = 'ANSWERED') as answered,
            arg_max(s.n, (s.ended, s.n)) as last,
            arg_max(str_split_regex(s.lastdata, '[,|]')[1], s.n) filter (where s.in_queue) as queue
        from sides s join numbered c
        on c.call = s.call and c.interaction_id = coalesce(s.uniqueid, row_id(s.start_local, s.channel))
        group by s.call
    ),
    handled as (
        select call, count(*) as dialled, bool_or(talked) as talked,
            arg_min(agent, n) filter (where talked) as agent, min(answered_at) filter (where talked) as answered_at,
            case when bool_and(talk_s is not null) filter (where talked) then sum(talk_s) filter (where talked) end
                as talk_s,
            arg_max(disposition, (ended, n)) as disposition, max(n) as last,
            arg_min(case when in_queue then str_split_regex(lastdata, '[,|]')[1] end, n) filter (where talked) as queue
        from attempts group by call
    )
    select c.interaction_id, c.call, c.queued, c.began, c.ended, f.dst, f.src, flatten(c.records) as records,
        f.app, f.disposition, f.answered, h.* exclude (call, disposition, last, queue),
        h.disposition as dial_disposition, h.last = f.last as ended_in_dial, coalesce(h.queue, f.queue) as queue,
        {direction("f.dcontext", "f.src", "f.dst", "f.channel")} as direction
    from numbered c join firsts f using (call) left join handled h using (call)
    where not c.ringing
"""
INTERACTIONS = """
    with judged as (
        select *, case
            when talked then 'handled'
            when queued and lower(app) = 'queue' then 'abandoned'
            when queued or (dialled > 0 and lower(app) = 'voicemail') then 'flow_out'
            when dialled > 0 and dial_disposition in ('BUSY', 'CONGESTION') then 'blocked'
            when ended_in_dial and dial_disposition = 'NO ANSWER' and direction = 'inbound' then 'abandoned'
            end as judgement,
            case when dialled > 0 then dial_disposition else disposition end as code
        from contacts
    )
    select interaction_id,
        case when answered and not queued and dialled is null then 'ivr' else 'phone' end as channel,
        direction, case when direction = 'internal' then 'internal' else '' end as excluded,
        began at time zone 'UTC' as started_at, ended at time zone 'UTC' as ended_at, dst as entry_point,
        case when alone then answered_at at time zone 'UTC' end as answered_at,
        case when alone then judgement end as outcome, case when alone then code end as outcome_detail,
        case when alone and talked then talk_s end as talk_s,
        case when alone then queue end as queue, case when alone then agent end as agent, records as record
    from (select *, $completes is null or not queued as alone from judged)
    union all
    select null, 'phone', 'inbound', '', null, null, null, null, null, null, null, null, null, records
    from records
    where start_local is null or coalesce(uniqueid, channel) is null
"""

IDENTIFIERS = """
    select interaction_id as owner_id, 'phone' as kind, case direction when 'outbound' then dst else src end as value,
        records as record
    from contacts
    where direction <> 'internal' and case direction when 'outbound' then dst else src end is not null
"""

# The id is the one that the channel events give the same talk: whose contact, with whom, the how manieth.
SEGMENTS = """
    select row_id(interaction_id, agent, row_number() over (partition by interaction_id, agent order by n))
        as segment_id, * exclude (n)
    from (
        select c.interaction_id, 'agent' as kind, a.agent, a.n,
            case when a.in_queue then str_split_regex(a.lastdata, '[,|]')[1] end as queue,
            coalesce(a.answered_at, a.began) at time zone 'UTC' as started_at,
            a.ended_at at time zone 'UTC' as ended_at, 'handled' as outcome, a.talk_s, a.records as record
        from attempts a join contacts c using (call)
        where a.talked and ($completes is null or not c.queued or (not a.in_queue and a.uniqueid = c.interaction_id))
    )
"""
