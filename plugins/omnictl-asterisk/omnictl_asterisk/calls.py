"""Calls out of channel events, as SQL over `events`: contacts, stays in queues, people talked to, nodes of the menu."""

from __future__ import annotations

from omnictl_asterisk.channels import device, direction, direction_of, first_argument, half, made_at, whole
from omnictl_asterisk.events import BRIDGED, LEFT

MENU = (  # applications that play to the caller or listen to keys
    *("background", "backgrounddetect", "read", "waitexten", "playback", "controlplayback", "ivr", "directory"),
    *("saydigits", "saynumber", "sayalpha", "sayphonetic", "festival", "externalivr"),
)
TRANSFERS = ("BLINDTRANSFER", "ATTENDEDTRANSFER")
ENDS = ("HANGUP", "CHAN_END")
# The other channel of a bridge `t`: named by the event, else that of the channels `o` that enters next to it.
IN_BRIDGE = """coalesce(
    split_part(min(t.peer), ',', 1), arg_min(o.channame, (abs(epoch_us(o.moment) - epoch_us(t.moment)), o.n))
)"""


def _among(names: tuple[str, ...]) -> str:
    return ", ".join(f"'{name}'" for name in names)


CALLS = {
    "channels": f"""
        select call, uniqueid, any_value(second) as second, any_value(number) as number,
            arg_min(channame, n) as channame, min(moment) filter (where eventtype = 'ANSWER') as answered,
            min(n) filter (where app = 'queue') as queued,
            arg_min(cid_num, n) as caller, coalesce(arg_min(cid_dnid, n), arg_min(exten, n)) as called,
            arg_min(context, n) as context,
            bool_or(app in ({_among(MENU)}) and eventtype = 'APP_START') as menu,
            bool_or(app = 'dial' and eventtype <> 'CHAN_START') as dials
        from events where eventtype <> 'LINKEDID_END' and uniqueid is not null
        group by call, uniqueid
    """,
    "callers": f"""
        -- the channel that entered a queue, as the queue_log names the call; else the first one
        select call, arg_min(
                c, (c.queued is null, c.queued, {half("c.channame")} = '1', c.second, c.number, c.uniqueid))
            as caller
        from channels c group by call
    """,
    "own": """
        select e.* from events e join callers c on c.call = e.call and c.caller.uniqueid = e.uniqueid
        where eventtype <> 'LINKEDID_END'
    """,
    "ends": f"""
        select call, coalesce(
                max(moment) filter (where eventtype = 'LINKEDID_END'),
                case when count(distinct uniqueid) filter (where eventtype = 'CHAN_START')
                    <= count(distinct uniqueid) filter (where eventtype = 'CHAN_END') then max(moment) end
            ) as ended,
            coalesce(min(moment) filter (where eventtype = 'CHAN_START'), {made_at("min(call)")}, min(moment)) as began,
            count(*) filter (where eventtype in ({_among(TRANSFERS)})) as transfers,
            list(record) as records
        from events group by call
    """,
    "repeated": """
        select e.call, flatten(list(t.records[2:])) as records from events e join twice t using (record) group by e.call
    """,
    "talks": f"""
        -- A channel is in one bridge at a time: its first exit ends its first stay, and so on. That holds in logs whose
        -- times are whole seconds too, where one stay ends as the next one begins.
        with entered as (
            select *, row_number() over w as lap, lead(moment) over w as again, first(moment) over w as earliest
            from own where eventtype = '{BRIDGED}' and not holding
            window w as (partition by call order by n)
        ),
        exits as (
            select o.call, o.moment, row_number() over (partition by o.call order by o.n) as lap
            from own o join (select distinct call, earliest from entered) e
            on e.call = o.call and o.moment >= e.earliest
            where o.eventtype = '{LEFT}' and not o.holding
        ),
        gone as (select call, min(moment) as moment from own where eventtype in ({_among(ENDS)}) group by call)
        select e.* exclude (lap, again, earliest), coalesce(
                case when x.moment >= e.moment and coalesce(x.moment <= e.again, true) then x.moment end,
                e.again, g.moment, c.ended
            ) as until
        from entered e join ends c using (call)
            left join exits x using (call, lap) left join gone g on g.call = e.call and g.moment >= e.moment
    """,
    "stays": f"""
        select *, row_number() over (partition by call order by n desc) = 1 as is_last
        from (
            select *, lead(moment) over w as until, lead(eventtype) over w as ends_with
            from own
            where eventtype in ('{BRIDGED}', {_among(ENDS)})
                or (eventtype in ('APP_START', 'APP_END') and app = 'queue')
            window w as (partition by call order by n)
        )
        where eventtype = 'APP_START'
    """,
    "contacts": f"""
        with held as (
            select call, sum(seconds) as hold_s from (
                select call, eventtype, date_diff('microseconds', moment, lead(moment) over w) / 1000000 as seconds
                from events where eventtype in ('HOLD', 'UNHOLD', {_among(ENDS)})
                window w as (partition by call, uniqueid order by n)
            ) where eventtype = 'HOLD' group by call
        ),
        hangups as (
            -- who gives up hangs up where the queue had him; who is sent on is elsewhere, or the dialplan hangs up
            select h.call, arg_min(h.dialstatus, h.n) as dialstatus, arg_min(
                    coalesce(h.extra not like '%dialplan/%', true) and (q.call is null or (
                        date_diff('milliseconds', coalesce(q.until, h.moment), h.moment) < 1000
                        and h.exten is not distinct from q.exten and h.context is not distinct from q.context
                    )), h.n
                ) as gave_up
            from own h left join stays q on q.call = h.call and q.is_last
            where h.eventtype = 'HANGUP' group by h.call
        ),
        others as (
            select c.call, bool_or({whole("c.channame")} <> {whole("k.caller.channame")}) as dialled
            from channels c join callers k using (call) group by c.call
        ),
        spoken as (
            select call, min(moment) as answered, case when count(until) = count(*)
                then sum(date_diff('microseconds', moment, until)) / 1000000 end as bridged_s
            from talks group by call
        ),
        contexts as (
            select context, {direction_of("context")} as told from (select distinct caller.context from callers)
        ),
        waits as (
            select call, min(moment) as queued, case when count(until) = count(*)
                then sum(date_diff('microseconds', moment, until)) / 1000000 end as wait_s,
                coalesce(arg_min(appdata, n) filter (where ends_with = '{BRIDGED}'), arg_max(appdata, n)) as queue
            from stays group by call
        )
        select call, k.caller.uniqueid as interaction_id, k.caller.queued is not null as queued, e.began, e.ended,
            nullif(e.transfers, 0) as transfers,
            case when r.records is null then e.records else list_concat(e.records, r.records) end as records,
            k.caller.caller as src, k.caller.called as dst,
            s.answered, case when s.bridged_s > 0 then greatest(0, s.bridged_s - coalesce(h.hold_s, 0)) end as talk_s,
            h.hold_s, w.wait_s,
            w.queued as queued_at, {first_argument("w.queue")} as queue, g.dialstatus, g.gave_up,
            k.caller.answered is not null as picked_up,
            coalesce(o.dialled, false) or coalesce(k.caller.dials, false) as dialled,
            coalesce(k.caller.menu, false) as menu,
            {direction("x.told", "k.caller.caller", "k.caller.called", "k.caller.channame")} as direction,
            $completes is null or k.caller.queued is null as alone
        from callers k join ends e using (call) left join spoken s using (call) left join held h using (call)
            left join waits w using (call) left join hangups g using (call) left join others o using (call)
            left join repeated r using (call) left join contexts x on x.context is not distinct from k.caller.context
    """,
    "people": f"""
        select t.call, t.n, t.moment, t.until, t.app, t.uniqueid, t.record, t.appdata,
            {device(IN_BRIDGE)} as agent
        from talks t left join events o
        on o.call = t.call and o.uniqueid <> t.uniqueid and o.eventtype = '{BRIDGED}'
            and (o.bridge = t.bridge or t.bridge is null or o.bridge is null)
            and o.moment between t.moment - interval 2 seconds and coalesce(t.until, o.moment)
        group by all
    """,
    "handovers": f"""
        select p.call, p.n, min(x.moment) as moment,
            arg_min(case x.eventtype when 'BLINDTRANSFER' then 'cold' else 'warm' end, x.n) as transfer_kind,
            arg_min(nullif(regexp_extract(x.extra, '"extension":"([^"]*)"', 1), ''), x.n) as transfer_to
        from people p join events x on x.call = p.call and x.eventtype in ({_among(TRANSFERS)})
            and x.moment between p.moment and coalesce(p.until, x.moment) + interval 1 second
        group by p.call, p.n
    """,
}

INTERACTIONS = """
    with first_people as (select call, arg_min(agent, n) as agent from people group by call)
    select interaction_id,
        case when (picked_up or menu) and not queued and answered is null and not dialled then 'ivr' else 'phone' end
            as channel,
        direction, case when direction = 'internal' then 'internal' else '' end as excluded,
        began at time zone 'UTC' as started_at, ended at time zone 'UTC' as ended_at, dst as entry_point, transfers,
        case when alone or $hold then hold_s end as hold_s,
        case when alone then queued_at at time zone 'UTC' end as queued_at,
        case when alone then answered at time zone 'UTC' end as answered_at,
        case when alone then wait_s end as wait_s, case when alone then talk_s end as talk_s,
        case when alone then queue end as queue, case when alone then agent end as agent,
        case when not alone then null
            when answered is not null then 'handled'
            when queued then case when gave_up then 'abandoned' when not gave_up then 'flow_out' end
            when not dialled then null
            when dialstatus in ('BUSY', 'CONGESTION') then 'blocked'
            when direction = 'inbound' and coalesce(dialstatus, '') in ('', 'CANCEL') and ended is not null
            then 'abandoned' end as outcome,
        case when alone then nullif(dialstatus, '') end as outcome_detail, records as record
    from contacts left join first_people using (call)
    union all
    select null, 'phone', 'inbound', '', null, null, null, null, null, null, null, null, null, null, null, null, null,
        coalesce(t.records, [l.record])
    from lines l left join twice t using (record)
    where not l.sound
"""

IDENTIFIERS = """
    select interaction_id as owner_id, 'phone' as kind, case direction when 'outbound' then dst else src end as value,
        list_min(records) as record
    from contacts
    where direction <> 'internal' and case direction when 'outbound' then dst else src end is not null
"""

# The id is the one that the call detail records give the same talk: whose contact, with whom, the how manieth.
AGENTS = f"""
    select row_id(interaction_id, agent, row_number() over (partition by interaction_id, agent order by n))
        as segment_id, * exclude (n)
    from (
        select c.interaction_id, 'agent' as kind, p.agent, p.n,
            case when p.app = 'queue' then {first_argument("p.appdata")} end as queue,
            p.moment at time zone 'UTC' as started_at, p.until at time zone 'UTC' as ended_at, 'handled' as outcome,
            null::varchar as outcome_detail, null::double as wait_s,
            date_diff('microseconds', p.moment, p.until) / 1000000 as talk_s,
            h.transfer_kind, h.transfer_to, p.record
        from people p join contacts c using (call) left join handovers h using (call, n)
        where c.alone or p.app is distinct from 'queue' or exists (
            select 1 from handovers x
            where x.call = p.call and x.n < p.n and x.moment <= p.moment + interval 1 second
        )
    )
"""

QUEUES = f"""
    select row_id(s.call, s.uniqueid, s.moment, s.appdata) as segment_id, c.interaction_id, 'queue', null,
        {first_argument("s.appdata")}, s.moment at time zone 'UTC', s.until at time zone 'UTC',
        case when s.ends_with = 'BRIDGE_ENTER' then 'handled' when s.until is null then null
            when s.is_last and c.gave_up then 'abandoned' else 'flow_out' end, s.ends_with,
        date_diff('microseconds', s.moment, s.until) / 1000000, null, null, null, s.record
    from stays s join contacts c using (call)
    where c.alone
"""

STEPS = f"""
    select row_id(o.call, o.uniqueid, o.moment, o.app, o.exten, o.context, o.appdata) as step_id, c.interaction_id,
        o.moment at time zone 'UTC' as occurred_at, 'ivr_node' as type,
        concat_ws('@', o.exten, o.context) as object, o.record
    from own o join contacts c using (call)
    where o.eventtype = 'APP_START' and o.app in ({_among(MENU)})
"""
