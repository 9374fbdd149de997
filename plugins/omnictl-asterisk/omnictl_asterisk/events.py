"""The lines of the channel event log as events with an instant and a place in their order, whatever wrote them.

cel_custom writes no header and times as seconds since 1970 with a fraction; the databases have local times, with or
without offset. psql pads its cells and draws lines around them.
"""

from __future__ import annotations

from omnictl_asterisk.channels import at_second, number_of, second_of, trimmed
from omnictl_asterisk.clock import instant, join_clock, local

# As cel_custom.conf.sample has them.
CUSTOM = (
    *("eventtype", "eventtime", "cid_name", "cid_num", "cid_ani", "cid_rdnis", "cid_dnid", "exten", "context"),
    *("channame", "appname", "appdata", "amaflags", "accountcode", "uniqueid", "linkedid", "peer", "userfield"),
    *("userdeftype", "extra"),
)
WIDTH = len(CUSTOM)
COLUMNS = tuple(f"column{number}" for number in range(WIDTH))
OTHER_NAMES = {"extra": "eventextra", "channame": "channel"}
NAMED = (*CUSTOM, *OTHER_NAMES.values())
KEPT = tuple(name for name in CUSTOM if name not in ("cid_name", "cid_rdnis", "amaflags", "accountcode", "userfield"))

EPOCH = "[0-9]{9,11}([.][0-9]{1,9})?"
OFFSET = ":[0-9.]+ ?([+-][0-9]{2}(:?[0-9]{2})?|Z)$"
DRAWN = r"([-+]+|\([0-9]+ [a-z]+\))"  # lines that psql draws, and its count of rows below

BRIDGED, LEFT = "BRIDGE_ENTER", "BRIDGE_EXIT"
TYPE = f"""case eventtype when 'BRIDGE_START' then '{BRIDGED}' when 'BRIDGE_END' then '{LEFT}' else eventtype end"""
RANKS = ("CHAN_START", "ANSWER", "APP_START", BRIDGED, "HOLD", "UNHOLD", "BLINDTRANSFER", "ATTENDEDTRANSFER", LEFT)
LAST = ("APP_END", "HANGUP", "CHAN_END", "LINKEDID_END")


def _cell(name: str) -> str:
    named = f"coalesce({name}, {OTHER_NAMES[name]})" if name in OTHER_NAMES else name
    return f"case when eventtype is null then column{CUSTOM.index(name)} else {named} end"


def _time(text: str) -> str:
    """A TIMESTAMP of the instant in UTC, where a text tells it; NULL where it is a local time."""
    return f"""case
        when {text} like '__________.______' and try_cast({text} as decimal(16, 6)) >= 0
            then make_timestamp(replace({text}, '.', '')::bigint)
        when regexp_full_match({text}, '{EPOCH}')
            then make_timestamp((try_cast({text} as decimal(20, 9)) * 1000000)::bigint)
        when regexp_matches({text}, '{OFFSET}') then try_cast({text} as timestamptz) at time zone 'UTC' end"""


TIME = trimmed(f"({_cell('eventtime')})")
MOMENT = f"coalesce({_time(TIME)}, {local(TIME)})"

LISTED = ", ".join(KEPT)
TRIMMED = f"""
    select {", ".join(f"{trimmed(name)} as {name}" for name in KEPT)}, record
    from (select {", ".join(f"{_cell(name)} as {name}" for name in KEPT)}, record from file)
"""

# The cells that matter, once: `lines` and `places` hold numbers.
CELLS = f"""
    select * exclude (cid_ani, userdeftype, eventtime), {_time("eventtime")} as instant,
        case when {_time("eventtime")} is null then {local("eventtime")} end as local, hash({LISTED}) as digest
    from ({TRIMMED})
    where coalesce({LISTED}) is not null
        and coalesce(eventtype in {(*RANKS, *LAST)} or (
            not regexp_full_match(eventtype, '{DRAWN}') and lower(eventtype) <> 'eventtype'), true)
"""

# A line that came twice, by rotation or by hand, is one. Of those whose digests are one, the cells are compared.
TWICE = f"""
    select min(record) as record, list(record order by record) as records
    from (
        select * from ({TRIMMED}) where record in (
            select record from cells
            where digest in (select digest from cells group by digest having count(*) > 1)
        )
    )
    group by {LISTED} having count(*) > 1
"""

LINES = f"""
    with parts as (
        select record, eventtype, coalesce(linkedid, uniqueid) as call, instant, local,
            {second_of("uniqueid")} as second, {number_of("uniqueid")} as number
        from cells where record not in (select unnest(records[2:]) from twice)
    ),
    told as (
        select r.*, coalesce(r.instant, {instant("r.local", "k", at_second("r.second"))}) as moment
        from parts r {join_clock("k", "r.local")}
    )
    select record, moment, second, number,
        case {TYPE} {" ".join(f"when '{name}' then {place}" for place, name in enumerate((*RANKS, *LAST)))} end as rank,
        moment is not null and call is not null
            and coalesce(regexp_full_match(eventtype, '[A-Z][A-Z_0-9]*'), false) as sound
    from told
"""

# Placed in their order, as far as numbers tell it: those at one place have one `place`.
PLACES = """
    select record, moment, second, number, rank() over times as place, row_number() over times as next_place
    from lines where sound
    window times as (order by moment, second, number, rank nulls first)
"""

# Texts tell the order of those at one place. What differs in cells that are not kept alone may stand in any order.
TIED = """
    select record, place - 1 + row_number() over (partition by place order by
        eventtype, cid_num, cid_dnid, exten, context, channame, appname, appdata, uniqueid, linkedid, peer, extra,
        record) as n
    from (select record, place from places where place in (select place from places where next_place > place))
        join cells using (record)
"""

EVENTS = f"""
    select c.record, {TYPE} as eventtype, c.cid_num, c.cid_dnid, c.exten, c.context, c.channame, c.appdata, c.uniqueid,
        c.peer, c.extra, lower(c.appname) as app, coalesce(c.linkedid, c.uniqueid) as call,
        nullif(regexp_extract(c.extra, '"bridge_id":"([^"]*)"', 1), '') as bridge,
        nullif(regexp_extract(c.extra, '"dialstatus":"([^"]*)"', 1), '') as dialstatus,
        coalesce(contains(c.extra, 'holding_bridge'), false) as holding,
        p.moment, p.second, p.number, coalesce(t.n, p.place) as n
    from cells c join places p using (record) left join tied t using (record)
"""
