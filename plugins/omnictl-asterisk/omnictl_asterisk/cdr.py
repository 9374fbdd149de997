"""Call detail records: one row per leg of a call, folded to one contact per call.

Rows of one call share a `linkedid`. Switches that write none (`cdr_csv` does not unless told to) leave the names of
the channels: what one row dialled is the channel of another, and both halves of a Local channel are one. So rows
whose channels meet within the same time are one call.

A queue answers a call before any person does, so ANSWERED is read only of what was dialled.
"""

from __future__ import annotations

from omnictl.connectors import Connector, Csv
from omnictl_asterisk.channels import OPTIONS, at_second, from_or_to_outside, half, number_of, second_of, trimmed
from omnictl_asterisk.clock import clock, instant, join_clock, local
from omnictl_asterisk.legs import ATTEMPTS, CALLS, CONTACTS, IDENTIFIERS, INTERACTIONS, LEGS, SEGMENTS, SIDES

NAMED = (  # the columns of the database's table, and other names they have
    *("calldate", "start", "answer", "end", "clid", "src", "dst", "dcontext", "channel", "dstchannel", "lastapp"),
    *("lastdata", "duration", "billsec", "disposition", "accountcode", "uniqueid", "userfield", "did", "linkedid"),
    "sequence",
)
WIDTH = 21
# Where the cells of a file without header stand: as cdr_csv writes it, and as cdr_custom does.
CSV_ORDER = (
    *("accountcode", "src", "dst", "dcontext", "clid", "channel", "dstchannel", "lastapp", "lastdata", "start"),
    *("answer", "end", "duration", "billsec", "disposition", "amaflags", "uniqueid", "userfield", "peeraccount"),
    *("linkedid", "sequence"),
)
CUSTOM_ORDER = (
    *("clid", "src", "dst", "dcontext", "channel", "dstchannel", "lastapp", "lastdata", "start", "answer", "end"),
    *("duration", "billsec", "disposition", "amaflags", "accountcode", "uniqueid", "userfield", "sequence"),
)
IS_NAMED = 'coalesce(calldate, "start") is not null'
IS_CUSTOM = "coalesce(column8 glob '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]*', false)"


def _cell(name: str, named: str = IS_NAMED, custom: str = IS_CUSTOM) -> str:
    """A cell, wherever it stands."""
    if name == "did":
        return "did"
    own = 'coalesce(calldate, "start")' if name == "start" else f'"{name}"'
    of_custom = f"column{CUSTOM_ORDER.index(name)}" if name in CUSTOM_ORDER else "null"
    return f"case when {named} then {own} when {custom} then {of_custom} else column{CSV_ORDER.index(name)} end"


CELLS = ("did", *(name for name in CSV_ORDER if name not in ("amaflags", "peeraccount")))
LISTED = ", ".join(f'"{name}"' for name in CELLS)
TRIMMED = f"""
    select {", ".join(f'{trimmed(chr(34) + name + chr(34))} as "{name}"' for name in CELLS)}, record
    from (
        select {", ".join(f'{_cell(name, "is_named", "is_custom")} as "{name}"' for name in CELLS)}, record
        from (select *, {IS_NAMED} as is_named, {IS_CUSTOM} as is_custom from file)
    )
"""

# The cells that matter, once: other tables hold numbers, and find texts here.
READ = f"""
    select record, hash({LISTED}) as digest, linkedid, uniqueid, channel, dstchannel, src, coalesce(did, dst) as dst,
        dcontext, lastapp, lastdata, disposition, try_cast(sequence as bigint) as sequence,
        try_cast(duration as bigint) as duration, try_cast(billsec as bigint) as billsec,
        {local('"start"')} as start_local, {local("answer")} as answer_local, {local('"end"')} as end_local
    from ({TRIMMED})
    where coalesce({LISTED}) is not null
"""

# A row that came twice, by rotation or by hand, is one. Of those whose digests are one, the cells are compared.
TWICE = f"""
    select min(record) as record, list(record order by record) as records
    from (
        select * from ({TRIMMED}) where record in (
            select record from records
            where digest in (select digest from records group by digest having count(*) > 1)
        )
    )
    group by {LISTED} having count(*) > 1
"""

# Placed in the order of time, as far as numbers tell it: those at one place have one `place`.
TIMES = f"""
    with made as (
        select *, {second_of("uniqueid")} as second, {number_of("uniqueid")} as number from records
        where start_local is not null and coalesce(uniqueid, channel) is not null
            and record not in (select unnest(records[2:]) from twice)
    ),
    begun as (
        select r.*, {instant("r.start_local", "k", at_second("r.second"))} as began
        from made r {join_clock("k", "r.start_local")}
    ),
    told as (
        select r.*,
            {instant("r.answer_local", "ka", "r.began")} as answer,
            coalesce(
                {instant("r.end_local", "ke", "r.began + to_seconds(coalesce(r.duration, 0))")},
                r.began + to_seconds(r.duration), r.began
            ) as ended
        from begun r {join_clock("ka", "r.answer_local")} {join_clock("ke", "r.end_local")}
    ),
    figures as (
        select record, began, ended, second, number, sequence, billsec, linkedid is null as loose,
            disposition = 'ANSWERED' as answered_row,
            case when disposition = 'ANSWERED' then coalesce(answer, ended - to_seconds(billsec)) end as answered,
            lower(lastapp) = 'queue' as in_queue, {half("channel")} as half, dstchannel is not null as dials,
            -- costly, and asked of these only
            case when dstchannel is not null and {half("channel")} = '2' then {from_or_to_outside("dcontext")} end
                as dials_out
        from told
    )
    select * exclude (sequence), rank() over times as place, row_number() over times as next_place
    from figures window times as (order by began, second, number, ended, sequence)
"""

# Texts tell the order of those at one place. What differs in cells that are not kept alone may stand in any order.
TIED = """
    select record, place - 1 + row_number() over (partition by place order by
        uniqueid, channel, dstchannel, lastapp, lastdata, disposition, duration, billsec, answered, src, dst, dcontext,
        linkedid, record) as n
    from (
        select record, place, answered from times where place in (select place from times where next_place > place)
    ) join records using (record)
"""


class Cdr(Connector):
    """Asterisk call detail records (Master.csv or the table as CSV): one row per leg of a call."""

    name, api = "asterisk_cdr", 1
    reads = Csv(
        delimiter=",",
        width=WIDTH,
        optional=[*NAMED, *(f"column{number}" for number in range(WIDTH))],
    )
    options = OPTIONS
    look_back = "12h"
    at = local(_cell("start"))
    prepared = {
        "records": READ,
        "twice": TWICE,
        "clock": clock("records", "start_local", "answer_local", "end_local"),
        "times": TIMES,
        "tied": TIED,
        "legs": LEGS,
        "sides": SIDES,
        "attempts": ATTEMPTS,
        "calls": CALLS,
        "contacts": CONTACTS,
    }
    relations = {"interactions": INTERACTIONS, "segments": SEGMENTS, "identifiers": IDENTIFIERS}
    retrieval = "/var/log/asterisk/cdr-csv/Master.csv, or the table cdr exported as CSV with a header"
