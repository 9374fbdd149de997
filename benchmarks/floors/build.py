"""Hand-written: the windows that a careful engineer would write for these interactions alone, into the same tables.

    python build.py STORE

It knows the data of `people.py`: the clock of Paris changes once, there are no parts of contacts and no rates, every
source tells when a conversation ends, and no person has more than some dozens of interactions.
"""

import sys

import duckdb

from omnictl.build.tables import empty_behind

CHANNEL = "list_position(['phone', 'web', 'faq', 'chat', 'email', 'form', 'chatbot'], {}channel)"
PREPARED = [
    """
    create temp table offers as
    select (row_number() over (order by channel, solution))::integer as offer, channel, solution,
        case when channel in ('phone', 'chat', 'email') then 'assisted' else 'self_service' end as mode
    from (select distinct channel, solution from interactions)
    union all select 0, null, null, null
    """,
    """
    create temp table intents as
    select (row_number() over (order by intent))::integer as number, intent
    from (select distinct intent from interactions where intent is not null)
    """,
    f"""
    create temp table placed as
    select row_number() over person as key, d.person_id, i.source, i.interaction_id, started_at, ended_at,
        i.excluded = '' as counted, kind = 'visit' as visit, kind = 'contact' and direction = 'inbound' as contact,
        direction = 'inbound' as inbound, i.channel = 'phone' as phone,
        i.channel in ('phone', 'chat', 'email') as assisted, o.offer, {CHANNEL.format("i.")} as channel,
        n.number as intent, parent_source, parent_id,
        case when outcome is not null then outcome = 'handled' end as settled,
        coalesce(lag(d.person_id) over person = d.person_id
            and lag(started_at) over person >= started_at - interval 60 second, false)
        or coalesce(lead(d.person_id) over person = d.person_id
            and lead(started_at) over person <= started_at + interval 60 second, false) as close
    from interactions i
    join identities d on d.source = i.source and d.interaction_id = i.interaction_id
    join offers o on o.channel = i.channel and o.solution is not distinct from i.solution
    left join intents n on n.intent = i.intent
    where d.person_id is not null
    window person as (order by d.person_id, started_at, i.source, i.interaction_id)
    """,
    """
    create temp table repeats as
    with chained as (
        select key, person_id, channel, intent, coalesce(lag(started_at) over alike >= started_at - interval 60 second,
            false) as again
        from placed where close and counted and contact
        window alike as (partition by person_id, channel, intent order by key)
    )
    select key, first from (
        select key, again, max(case when not again then key end)
            over (partition by person_id, channel, intent order by key) as first
        from chained
    ) where again
    """,
    """
    create temp table apart as
    with kin as (
        select c.key as child, p.key as parent
        from placed c join placed p on p.source = c.parent_source and p.interaction_id = c.parent_id
        where c.parent_id is not null and c.person_id = p.person_id and c.counted and p.counted
    )
    select child as key, parent as other from kin union select parent, child from kin
    union select key, first from repeats
    """,
]
# name: pool, what is equal besides the person, looks back, what is shown
FAMILIES = {
    "next": ("true", (), False, 3),
    "next_contact": ("contact", (), False, 3),
    "next_contact_same_intent": ("contact", ("intent",), False, 3),
    "next_same_channel": ("contact", ("channel",), False, 0),
    "next_same_channel_same_intent": ("contact", ("channel", "intent"), False, 0),
    "next_other_channel": ("contact", (), False, 3),
    "next_other_channel_same_intent": ("contact", ("intent",), False, 3),
    "next_assisted": ("contact and assisted", (), False, 3),
    "next_assisted_same_intent": ("contact and assisted", ("intent",), False, 3),
    "next_phone": ("contact and phone", (), False, 1),
    "next_phone_same_intent": ("contact and phone", ("intent",), False, 1),
    "next_visit": ("visit", (), False, 2),
    "previous_contact": ("contact", (), True, 3),
    "previous_contact_same_intent": ("contact", ("intent",), True, 3),
    "previous_same_channel_same_intent": ("contact", ("channel", "intent"), True, 0),
    "previous_other_channel": ("contact", (), True, 3),
    "previous_other_channel_same_intent": ("contact", ("intent",), True, 3),
    "previous_phone": ("contact and phone", (), True, 1),
    "previous_visit": ("visit", (), True, 2),
}
OTHERS = [name for name in FAMILIES if "other_channel" in name]
CLOCKS = "timestamp '2026-03-29 01:00:00'"


def day(at: str) -> str:
    return f"({at} + case when {at} < {CLOCKS} then interval 1 hour else interval 2 hour end)::date"


def nearest(name: str, value: str) -> str:
    _, same, back, _ = FAMILIES[name]
    pick, frame = "first_value", "1 following and unbounded following"
    if back:
        pick, frame = "last_value", "unbounded preceding and 1 preceding"
    over = f"over (partition by {', '.join(('person_id', *same))} order by key rows between {frame})"
    return f"{pick}({value} ignore nulls) {over}"


def pool_of(name: str) -> str:
    pool, same, *_ = FAMILIES[name]
    return f"{pool} and intent is not null" if "intent" in same else pool


def at_of(name: str) -> str:
    return "ended_at" if FAMILIES[name][2] else "started_at"


def windows(name: str) -> str:
    pool = pool_of(name)
    values = (("key << 12 | offer", "p"), (at_of(name), "t"))
    return ", ".join(
        f"{nearest(name, f'case when {pool} then {value} end')} as {name}_{what}" for value, what in values
    )


def channel(packed: str) -> str:
    return f"getvariable('channels')[({packed}) & 4095]"


def anywhere(name: str) -> str:
    return name.replace("other_channel", "contact")


def mirrored(name: str) -> str:
    forth, back = "next", "previous"
    return name.replace(back, forth) if name.startswith(back) else name.replace(forth, back)


def turns(name: str) -> str:
    """The next contact that is on another channel than the contact before it."""
    turn = f"{pool_of(name)} and {channel(mirrored(anywhere(name)) + '_p')} is distinct from channel"
    values = (("key << 12 | offer", "p"), (at_of(name), "t"))
    return ", ".join(
        f"{nearest(name, f'case when {turn} then {value} end')} as {name}_turn_{what}" for value, what in values
    )


def afters(name: str) -> str:
    values = (("coalesce({}_turn_p, 0)", "p"), ("coalesce({}_turn_t, started_at)", "t"))
    return ", ".join(
        f"{nearest(name, f'case when {pool_of(name)} then {value.format(name)} end')} as {name}_after_{what}"
        for value, what in values
    )


def chosen(name: str) -> str:
    any_, after = anywhere(name), f"{name}_after"
    return ", ".join(
        f"case when {channel(any_ + '_p')} <> channel then {any_}_{what} when {after}_p <> 0 then {after}_{what} end"
        f" as {name}_{what}"
        for what in "pt"
    )


def instead(name: str) -> str:
    """Of rows whose nearest is one that must not be found: the nearest that may."""
    pool, same, back, _ = FAMILIES[name]
    pick, side, at = ("arg_max", "<", "ended_at") if back else ("arg_min", ">", "started_at")
    equal = "".join(f" and o.{column} = n.{column}" for column in same)
    if name in OTHERS:
        equal += " and o.channel <> n.channel"
    return f"""
    select n.key, '{name}' as family, {pick}(o.key << 12 | o.offer, o.key) as p, {pick}(o.{at}, o.key) as t
    from nearest n
    join apart a on a.key = n.key and a.other = n.{name}_p >> 12
    left join (from pooled where {pool}) o on o.person_id = n.person_id and o.key {side} n.key{equal}
        and not exists (from apart x where x.key = n.key and x.other = o.key)
    group by n.key
    """


def columns(name: str) -> str:
    found = [f"{name}_p >> 12", f"{name}_t"]
    return ", ".join([*found, f"{name}_p & 4095"] if FAMILIES[name][3] else found)


def find_nearest(con: duckdb.DuckDBPyConnection) -> None:
    """By windows: the nearest of every family, kin and repeats not yet left out."""
    con.execute(
        f"""
        create temp table nearest as
        with pooled as (
            select p.* exclude (contact), contact and r.key is null as contact
            from placed p left join repeats r on r.key = p.key where counted
        ), near as (
            select key, person_id, source, interaction_id, started_at, ended_at, channel, intent, offer, contact,
                {", ".join(windows(name) for name in FAMILIES if name not in OTHERS)}
            from pooled
        ), turned as (
            select *, {", ".join(map(turns, OTHERS))} from near
        ), after as (
            select *, {", ".join(map(afters, OTHERS))} from turned
        )
        select key, person_id, source, interaction_id, started_at, ended_at, channel, intent, offer,
            {", ".join(chosen(name) if name in OTHERS else f"{name}_p, {name}_t" for name in FAMILIES)}
        from after
        """
    )


def find_others(con: duckdb.DuckDBPyConnection) -> None:
    """What stands instead, where the nearest is one that must not be found."""
    con.execute(
        f"""
        create temp table others as
        with pooled as (
            select p.* exclude (contact), contact and r.key is null as contact
            from placed p left join repeats r on r.key = p.key
            where counted and person_id in (select person_id from placed join apart using (key))
        )
        select key, {
            ", ".join(
                f"max(p) filter (family = '{name}') as {name}_p, max(t) filter (family = '{name}') as "
                f"{name}_t, bool_or(family = '{name}') as {name}_x"
                for name in FAMILIES
            )
        }
        from ({" union all ".join(map(instead, FAMILIES))}) group by key
        """
    )


def followups(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(
        f"""
        insert into followup_offers select offer, channel, mode, solution from offers where offer > 0;
        set variable channels = (select list({CHANNEL.format("")} order by offer) from offers where offer > 0)
        """
    )
    find_nearest(con)
    find_others(con)
    swaps = ", ".join(
        f"if(x.{name}_x, x.{name}_{what}, n.{name}_{what}) as {name}_{what}" for name in FAMILIES for what in "pt"
    )
    con.execute(
        f"""
        insert into followup_rows
        with found as (
            select n.key, n.person_id, n.source, n.interaction_id, n.started_at, n.ended_at, n.offer, {swaps}
            from nearest n left join others x on x.key = n.key
        )
        select source, interaction_id, key, person_id, 1.0, started_at, ended_at, {day("started_at")},
            {day("ended_at")}, offer, {", ".join(map(columns, FAMILIES))}
        from found
        """
    )
    con.execute(
        """
        insert into followup_rows (source, interaction_id, key, person_id, weight, started_at)
        select source, interaction_id, key, person_id, 1.0, started_at from placed where not counted
        union all
        select i.source, i.interaction_id, null, null, null, i.started_at
        from identities d join interactions i on i.source = d.source and i.interaction_id = d.interaction_id
        where person_id is null
        """
    )


NEEDS = """
insert into needs
with told as (
    select *, max(ended_at) over (partition by person_id, intent order by key
        rows between unbounded preceding and 1 preceding) as silent_since
    from (
        select key, person_id, intent, offer, contact, started_at, ended_at, settled
        from placed where counted and inbound and intent is not null and {pool}
    )
), cut as (
    select *, max(case when silent_since is null or started_at > silent_since + interval 7 day then key end)
        over (partition by person_id, intent order by key) as chain
    from told
), summed as (
    select chain, max(ended_at) as last_end, count(*) as n, count_if(contact) as contacts,
        count(distinct o.channel) as channels, count(distinct o.mode) as modes, arg_max_null(settled, key) as settled
    from cut join offers o on o.offer = cut.offer
    group by chain
)
select '{scope}/' || f.source || '/' || f.interaction_id, '{scope}', f.person_id, i.intent, f.source, f.interaction_id,
    f.started_at, last_end, n, contacts, channels, modes, channels > 1, if(n > 1, false, s.settled), s.settled,
    last_end + interval 7 day <= (select min(watermark) from sources where source in (select source from interactions
        where excluded = '' and direction = 'inbound' and intent is not null and {fed})),
    epoch(last_end) - epoch(f.started_at), null
from summed s
join placed f on f.key = s.chain
join intents i on i.number = f.intent
"""
LEVELS = """
insert into levels
with conversation as (
    select source, channel, queue, agent, answered_at, ended_at from interactions
    where kind = 'contact' and excluded = '' and channel in ('phone', 'chat', 'email') and ended_at > answered_at
), line as (
    select row_number() over () as line, * from (
        select distinct source, channel, 'queue' as scope, queue, null::varchar as agent from conversation
        union all select distinct source, channel, 'agent', null, agent from conversation
    )
), counted as (
    select line, instant, sum(step)::integer as step
    from (
        select line, unnest([answered_at, ended_at]) as instant, unnest([1, -1]) as step from conversation c
        join line l on l.source = c.source and l.channel = c.channel and l.queue = c.queue
        union all
        select line, unnest([answered_at, ended_at]), unnest([1, -1]) from conversation c
        join line l on l.source = c.source and l.channel = c.channel and l.agent = c.agent
    )
    group by all having sum(step) <> 0
), stretch as (
    select line, instant as begins, lead(instant) over w as ends, sum(step) over w as open
    from counted window w as (partition by line order by instant)
), cut as (
    select line, open, begins, ends, time_bucket(interval 15 minute, begins) as low,
        time_bucket(interval 15 minute, ends - interval 1 microsecond) as high
    from stretch where open > 0
), cells as (
    select line, open, begins, ends from cut where low = high
    union all
    select line, open, greatest(begins, quarter), least(ends, quarter + interval 15 minute)
    from (select *, unnest(generate_series(low, high, interval 15 minute)) as quarter from cut where low <> high)
)
select source, channel, scope, queue, agent, begins, ends, epoch(ends) - epoch(begins), open
from cells join line using (line)
"""
ASSISTED = "channel in ('phone', 'chat', 'email')"

con = duckdb.connect(sys.argv[1], config={"memory_limit": "4GB", "threads": 2})
con.execute("set enable_progress_bar = false")
empty_behind(con)
con.execute("begin")
for statement in PREPARED:
    con.execute(statement)
followups(con)
con.execute(NEEDS.format(scope="all", pool="true", fed="true"))
con.execute(NEEDS.format(scope="assisted", pool="assisted and contact", fed=ASSISTED))
con.execute(LEVELS)
con.execute("commit")
con.execute("checkpoint")
