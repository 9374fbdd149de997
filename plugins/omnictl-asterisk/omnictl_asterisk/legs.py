"""From rows of call detail records to calls, their legs and contacts: the SQL."""

from __future__ import annotations

from omnictl_asterisk.channels import OF_ONE_CALL, device, direction, direction_of, first_argument, whole

# Rows that share a linkedid or a uniqueid are one node. Nodes without linkedid are joined where their channels meet:
# the smallest row that reaches a node, through larger ones only, names the call. Few names are those of several nodes,
# and only these are looked at further.
LEGS = f"""
    with recursive rows as not materialized (
        select r.* exclude (place, next_place), coalesce(t.n, r.place) as n from times r left join tied t using (record)
    ),
    keyed as (
        select r.n, r.record, r.loose, r.began, r.ended, coalesce(c.linkedid, c.uniqueid) as key, c.channel,
            c.dstchannel
        from rows r join records c using (record)
    ),
    keys as (select loose, key, min(n) as node from keyed where key is not null group by loose, key),
    nodes as materialized (
        select r.n, r.loose, r.began, r.ended, coalesce(k.node, r.n) as node,
            case when r.loose then r.channel end as channel, case when r.loose then r.dstchannel end as dstchannel
        from keyed r left join keys k on k.loose = r.loose and k.key = r.key
    ),
    mentions as (
        select n, node, began, ended, {whole("channel")} as name
        from nodes where loose and regexp_matches(channel, '{OF_ONE_CALL}')
        union all
        select n, node, began, ended, {whole("dstchannel")}
        from nodes where loose and regexp_matches(dstchannel, '{OF_ONE_CALL}')
    ),
    shared as materialized (
        select * from mentions
        where name in (select name from mentions group by name having min(node) < max(node))
    ),
    fresh as (  -- a switch that starts anew counts its channels from 0 again
        select *, began > max(ended) over (
            partition by name order by began, ended, n rows between unbounded preceding and 1 preceding
        ) + interval 2 seconds as apart
        from shared
    ),
    meetings as (
        select node, name, count(*) filter (where apart) over (
            partition by name order by began, ended, n rows unbounded preceding
        ) as lap
        from fresh
    ),
    stars as (
        select m.node, h.hub from meetings m
        join (select name, lap, min(node) as hub from meetings group by name, lap) h using (name, lap)
        where m.node <> h.hub
    ),
    edges as materialized (select node as a, hub as b from stars union select hub, node from stars),
    reached as (
        select distinct a as node, a as root from edges
        union
        select e.b, r.root from reached r join edges e on e.a = r.node where r.root < e.b
    ),
    roots as (select node, min(root) as root from reached group by node)
    select r.*, coalesce(c.root, k.node) as call
    from rows r join nodes k using (n) left join roots c on c.node = k.node
"""

# Rows whose own channel was dialled by another row of the call, or by themselves: they belong to an agent's side of it.
SIDES = f"""
    with several as (
        select l.n, l.call, {whole("c.channel")} as name, {whole("c.dstchannel")} as target, l.half, l.answered_row,
            l.answered, l.ended, l.billsec
        from legs l join records c using (record)
        where l.call in (select call from legs group by call having count(*) > 1)
            or {whole("c.channel")} = {whole("c.dstchannel")}
    )
    select * exclude (target) from several s
    where exists (select 1 from several t where t.call = s.call and t.target = s.name)
"""

# What a row dialled, with the row of the dialled channel itself where it has one (agents on Local channels).
ATTEMPTS = f"""
    with own_rows as (
        select call, name, bool_or(answered_row and billsec > 0) as answered,
            min(answered) as answered_at, max(ended) filter (where answered is not null) as ended_at,
            sum(billsec) filter (where answered is not null) as talk_s
        from sides
        where half = '2'
        group by call, name
    ),
    dialling as (
        select l.*, case when not l.in_queue then c.uniqueid end as uniqueid, c.dstchannel, c.lastdata, c.disposition
        from legs l join records c using (record)
        where l.dials and l.n not in (select n from sides)
    )
    select s.call, s.n, s.record, s.uniqueid, s.in_queue, s.began, s.ended, s.disposition,
        case when s.in_queue then {first_argument("s.lastdata")} end as queue,
        s.answered_row and s.billsec > 0 and coalesce(o.answered, true) as talked,
        case when talked then {device("s.dstchannel")} end as agent,
        -- where the caller had been answered before, as by a queue, the row does not tell when the person did
        coalesce(o.answered_at, case when not s.in_queue and s.answered > s.began then s.answered end)
            as answered_at,
        coalesce(o.talk_s, case when not s.in_queue and s.answered > s.began then s.billsec end) as talk_s,
        coalesce(o.ended_at, s.ended) as ended_at
    from dialling s left join own_rows o on o.call = s.call and o.name = {whole("s.dstchannel")}
"""

# Which of two rows comes later, as one number.
LATER = "(epoch_us(ended)::hugeint * 4294967296 + n)"
# Of a call's rows the one that names the contact, as one number, of which the least is taken. The first that entered
# a queue; else that of the first channel, of a Local one the second half before the first.
NAMING = """case when in_queue then n else ((
        case when half = '1' then 2 when half is null then 3 else 1 end * 274877906944::hugeint
        + coalesce(least(second, 137438953471), 137438953472)) * 34359738368
        + coalesce(least(number, 17179869183), 17179869184)) * 2147483648 + n end"""
ID = "coalesce(c.uniqueid, row_id(c.start_local, c.channel))"

CALLS = f"""
    select call, count(*) as size, arg_min(n, {NAMING}) as n, arg_min(record, {NAMING}) as record,
        coalesce(bool_or(in_queue), false) as queued, bool_or(answered_row) as answered, min(began) as began,
        max(ended) as ended, list(record) as records,
        bool_and(half = '2' and not coalesce(in_queue, false) and answered is null and not coalesce(dials_out, false))
            as ringing
    from legs group by call
"""

CONTACTS = f"""
    with more as (
        select l.call, flatten(list(t.records[2:])) as records from legs l join twice t using (record) group by l.call
    ),
    named as (
        select f.call, {ID} as interaction_id from calls f join records c on c.record = f.record where f.size > 1
    ),
    firsts as (
        -- what the channel that names the contact tells, by all of its rows
        select call, any_value(interaction_id) as interaction_id, arg_min(dcontext, n) as dcontext,
            arg_min(dst, n) as dst, arg_min(src, n) as src, arg_min(channel, n) as channel,
            arg_max(lastapp, later) as app, arg_max(disposition, later) as disposition,
            bool_or(answered_row) as answered, arg_max(n, later) as last,
            arg_max({first_argument("lastdata")}, n) filter (where in_queue) as queue
        from (
            select l.call, l.n, l.answered_row, l.in_queue, k.interaction_id, c.* exclude (record),
                {LATER.replace("ended", "l.ended").replace("+ n", "+ l.n")} as later
            from legs l join records c using (record) join named k on k.call = l.call and k.interaction_id = {ID}
        )
        group by call
        union all
        select f.call, {ID}, c.dcontext, c.dst, c.src, c.channel, c.lastapp, c.disposition, f.answered, f.n,
            case when f.queued then {first_argument("c.lastdata")} end
        from calls f join records c on c.record = f.record where f.size = 1
    ),
    handled as (
        select call, count(*) as dialled, bool_or(talked) as talked,
            arg_min(agent, n) filter (where talked) as agent, min(answered_at) filter (where talked) as answered_at,
            case when bool_and(talk_s is not null) filter (where talked) then sum(talk_s) filter (where talked) end
                as talk_s,
            arg_max(disposition, {LATER}) as disposition, max(n) as last,
            arg_min(queue, n) filter (where talked) as queue
        from attempts group by call
    ),
    contexts as (
        select dcontext, {direction_of("dcontext")} as told from (select distinct dcontext from firsts)
    )
    select f.interaction_id, c.call, c.queued, c.began, c.ended, f.dst, f.src,
        case when m.records is null then c.records else list_concat(c.records, m.records) end as records,
        f.app, f.disposition, f.answered, h.* exclude (call, disposition, last, queue),
        h.disposition as dial_disposition, h.last = f.last as ended_in_dial, coalesce(h.queue, f.queue) as queue,
        {direction("x.told", "f.src", "f.dst", "f.channel")} as direction
    from calls c join firsts f using (call) left join handled h using (call) left join more m using (call)
        left join contexts x on x.dcontext is not distinct from f.dcontext
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
    select null, 'phone', 'inbound', '', null, null, null, null, null, null, null, null, null,
        coalesce(t.records, [r.record])
    from records r left join twice t using (record)
    where (r.start_local is null or coalesce(r.uniqueid, r.channel) is null)
        and r.record not in (select unnest(records[2:]) from twice)
"""

IDENTIFIERS = """
    select interaction_id as owner_id, 'phone' as kind, case direction when 'outbound' then dst else src end as value,
        list_min(records) as record
    from contacts
    where direction <> 'internal' and case direction when 'outbound' then dst else src end is not null
"""

# The id is the one that the channel events give the same talk: whose contact, with whom, the how manieth.
SEGMENTS = """
    select row_id(interaction_id, agent, row_number() over (partition by interaction_id, agent order by n))
        as segment_id, * exclude (n)
    from (
        select c.interaction_id, 'agent' as kind, a.agent, a.n,
            a.queue, coalesce(a.answered_at, a.began) at time zone 'UTC' as started_at,
            a.ended_at at time zone 'UTC' as ended_at, 'handled' as outcome, a.talk_s, a.record
        from attempts a join contacts c using (call)
        where a.talked and ($completes is null or not c.queued or (not a.in_queue and a.uniqueid = c.interaction_id))
    )
"""
