"""The lines of the channel event log as events with an instant and a place in their order, whatever wrote them.

cel_custom writes no header and times as seconds since 1970 with a fraction; the databases have local times, with or
without offset. psql pads its cells and draws lines around them.
"""

from __future__ import annotations

from omnictl_asterisk.channels import made_at, number_of, second_of
from omnictl_asterisk.clock import clock, instant, join_clock

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
        when regexp_full_match({text}, '{EPOCH}')
            then make_timestamp((try_cast({text} as decimal(20, 9)) * 1000000)::bigint)
        when regexp_matches({text}, '{OFFSET}') then try_cast({text} as timestamptz) at time zone 'UTC' end"""


TIME = f"trim({_cell('eventtime')})"
MOMENT = f"coalesce({_time(TIME)}, local_time({TIME}))"

SOUND = "moment is not null and call is not null and coalesce(regexp_full_match(eventtype, '[A-Z][A-Z_0-9]*'), false)"

LINES = f"""
    with cells as (
        select {", ".join(f"nullif(trim({_cell(name)}), '') as {name}" for name in KEPT)}, record from file
    ),
    distinct_cells as materialized (
        -- a line that came twice, by rotation or by hand, is one
        select * exclude (record), list(record order by record) as records, {_time("eventtime")} as instant,
            case when {_time("eventtime")} is null then local_time(eventtime) end as local
        from cells
        where coalesce({", ".join(KEPT)}) is not null
            and coalesce(not regexp_full_match(eventtype, '{DRAWN}') and lower(eventtype) <> 'eventtype', true)
        group by all
    ),
    {clock("distinct_cells", "local")}
    select r.* exclude (instant, local), coalesce(r.linkedid, r.uniqueid) as call,
        coalesce(r.instant, {instant("r.local", "k", made_at("r.uniqueid"))}) as moment
    from distinct_cells r {join_clock("k", "r.local")}
"""

EVENTS = f"""
    select * replace ({TYPE} as eventtype), lower(appname) as app,
        nullif(regexp_extract(extra, '"bridge_id":"([^"]*)"', 1), '') as bridge,
        nullif(regexp_extract(extra, '"dialstatus":"([^"]*)"', 1), '') as dialstatus,
        coalesce(extra like '%holding_bridge%', false) as holding,
        {second_of("uniqueid")} as second, {number_of("uniqueid")} as number,
        row_number() over (order by
            moment, {second_of("uniqueid")}, {number_of("uniqueid")},
            list_position({[*RANKS, *LAST]}, {TYPE}) nulls first, {", ".join(KEPT)}
        ) as n
    from lines
    where {SOUND}
"""
