"""Lines of a queue_log as SQL: when each was written, which call and queue it tells of, and what its event means."""

from __future__ import annotations

from typing import NamedTuple

# What an event is to a visit of a queue. One that nobody ended may have been DUMPED; the BLOCKED never got in.
ENTER, CONNECT, END, DUMPED, BLOCKED = "enter", "connect", "end", "dumped", "blocked"
# A weight in digits of its own: one sum tells how many lines of each part there are.
WEIGHTS = {ENTER: 1, END: 10**4, CONNECT: 10**8, BLOCKED: 10**12, DUMPED: 10**15}


class Event(NamedTuple):
    """An event of calls. `wait_at`, `talk_at`: the parameters, from 1, that state the seconds; 0: none does."""

    name: str
    part: str
    outcome: str | None = None
    wait_at: int = 0
    talk_at: int = 0
    transfer: str | None = None


EVENTS = (
    Event("ENTERQUEUE", ENTER),
    Event("CONNECT", CONNECT, "handled", 1),
    Event("COMPLETECALLER", END, "handled", 1, 2),
    Event("COMPLETEAGENT", END, "handled", 1, 2),
    Event("TRANSFER", END, "handled", 3, 4, "cold"),
    Event("BLINDTRANSFER", END, "handled", 3, 4, "cold"),
    Event("ATTENDEDTRANSFER", END, "handled", 3, 4, "warm"),
    Event("ABANDON", END, "abandoned", 3),
    Event("EXITWITHTIMEOUT", END, "flow_out", 3),
    Event("EXITWITHKEY", END, "flow_out", 4),
    Event("EXITEMPTY", END, "flow_out", 3),
    Event("LEAVEEMPTY", END, "flow_out"),
    Event("WITHDRAW", END, "flow_out", 3),
    Event("SYSCOMPAT", END, "dropped"),
    Event("AGENTDUMP", DUMPED, "dropped"),
    Event("FULL", BLOCKED, "blocked"),
    Event("CLOSED", BLOCKED, "blocked"),
    Event("JOINEMPTY", BLOCKED, "blocked"),
    Event("JOINUNAVAIL", BLOCKED, "blocked"),
    Event("DIVERT_CA_RATIO", BLOCKED, "blocked"),
    Event("DIVERT_HOLDTIME", BLOCKED, "blocked"),
)
NO_CALL = "['NONE', 'REALTIME', 'MANAGER', 'CLI']"  # what stands for a call id on lines of no call


def _literal(value: str | int | None) -> str:
    return "null" if value is None else f"'{value}'" if isinstance(value, str) else str(value)


# Numbered, so that lines are grouped by numbers and not by texts.
KINDS = f"""(values {
    ", ".join(
        "(" + ", ".join(map(_literal, (number, *event, WEIGHTS[event.part]))) + ")"
        for number, event in enumerate(EVENTS, start=1)
    )
}) as kinds(kind, event, part, outcome, wait_at, talk_at, transfer, weight)"""


# What the event of a `kind` says, as lists to look into: a join with so few kinds is planned the wrong way round.
TOLD = {
    of: f"[{', '.join(_literal(getattr(event, of)) for event in EVENTS)}][kind]"
    for of in ("name", "outcome", "transfer")
}


def _is(*parts: str) -> str:
    """A condition: the kind of a line is one of these parts, whose events follow on each other."""
    numbers = [number for number, event in enumerate(EVENTS, start=1) if event.part in parts]
    return f"kind between {numbers[0]} and {numbers[-1]}"


IS_ENTER, IS_CONNECT, IS_END, IS_BLOCKED = _is(ENTER), _is(CONNECT), _is(END, DUMPED), _is(BLOCKED)
IS_TRANSFER = (
    "kind in (" + ", ".join(str(n) for n, event in enumerate(EVENTS, start=1) if event.transfer == "cold") + ")"
)

# Microseconds since 1970 of a line: seconds in the file, a local time in the database's table. NULL: it has none.
# Where the clock showed a time twice, the first is meant unless the call, whose id begins with the second of its
# making, was not there yet. `utc` holds the whole zone and is planned wherever it stands: hence twice, and lists.
MADE = "try_cast(split_part(trim(callid), '.', 1) as bigint) * 1000000"
MOMENT = f"""coalesce(
    try_cast(try_cast("time" as double) * 1e6 as bigint),
    case
        when regexp_matches("time", ':[0-9.]+ *(Z|[+-][0-9]{{2}}(:?[0-9]{{2}})?) *$')
            then epoch_us(try_cast(trim("time") as timestamptz))
        else list_transform(
            list_transform(
                [try_cast(trim("time") as timestamp)],
                lambda shown: [epoch_us(utc(shown)), epoch_us(utc(shown + interval 1 hour))]),
            lambda instants: instants[1] + case
                when instants[2] - instants[1] > 5400000000 and {MADE} - instants[1] between 60000000 and 3600000000
                then 3600000000 else 0 end)[1]
    end)"""


def cell(name: str, padded: str = "ends_with(\"time\", ' ')") -> str:
    """A cell without the blanks that psql fills it up with."""
    return f"case when {padded} then nullif(trim({name}), '') else {name} end"


def parameter(number: int, padded: str = "ends_with(\"time\", ' ')") -> str:
    """A parameter: in a cell of its own, or one of those that the table of some versions joins in one cell."""
    own = f"nullif(trim(split_part(data, '|', {number})), '')"
    return f"case when data is not null then {own} else {cell(f'data{number}', padded)} end"


# An attended transfer to another bridge names two channels where the others name one thing: its seconds come later.
LINK = "transfer = 'warm' and data1 = 'LINK'"

# The lines that tell of visits. Seconds below zero are a clock set back, and state nothing.
LINES = f"""
    select moment, callid, queue, agent, kind, data1, data2, record, weight,
        case when wait >= 0 then wait end as wait, case when talk >= 0 then talk end as talk
    from (
        select *,
            try_cast(case when {LINK} then data4
                else case wait_at when 1 then data1 when 3 then data3 when 4 then data4 end end as integer
            )::bigint as wait,
            try_cast(case when {LINK} then split_part(data5, '|', 1)
                else case talk_at when 2 then data2 when 4 then data4 end end as integer
            )::bigint as talk
        from (
            select moment, record, {cell("callid", "padded")} as callid, {cell("queuename", "padded")} as queue,
                {cell("agent", "padded")} as agent, {cell("event", "padded")} as event,
                {", ".join(f"{parameter(number, 'padded')} as data{number}" for number in (1, 2, 3, 4, 5))}
            from (select *, {MOMENT} as moment, ends_with("time", ' ') as padded from file)
        ) join {KINDS} using (event)
        where moment is not null and not list_contains({NO_CALL}, callid) and queue is not null
    )
"""

# A condition: what is no line of a queue_log, nor one of those that psql prints around a table.
ODD = f"""case
    when {MOMENT} is null
        then "time" is null or not regexp_full_match(trim("time"), '(?i)time|-+(\\+-+)*|\\([0-9]+ \\w+\\)')
    else event is null or (callid is null or queuename is null) and {cell("event")} in (select event from {KINDS})
    end"""
