"""Call detail records: one row per leg of a call, folded to one contact per call.

Rows of one call share a `linkedid`. Switches that write none (`cdr_csv` does not unless told to) leave the names of
the channels: what one row dialled is the channel of another, and both halves of a Local channel are one. So rows
whose channels meet within the same time are one call.

A queue answers a call before any person does, so ANSWERED is read only of what was dialled.
"""

from __future__ import annotations

from omnictl.connectors import Connector, Csv
from omnictl_asterisk.channels import OPTIONS, made_at, number_of, second_of
from omnictl_asterisk.clock import clock, instant, join_clock
from omnictl_asterisk.legs import ATTEMPTS, CONTACTS, IDENTIFIERS, INTERACTIONS, LEGS, SEGMENTS, SIDES

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
LAYOUT = """case
    when coalesce(calldate, "start") is not null then 'named'
    when column8 glob '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]*' then 'custom'
    else 'csv' end"""


def _cell(name: str) -> str:
    """A cell, wherever it stands."""
    if name == "did":
        return "did"
    own = 'coalesce(calldate, "start")' if name == "start" else f'"{name}"'
    custom = f"column{CUSTOM_ORDER.index(name)}" if name in CUSTOM_ORDER else "null"
    return f"case layout when 'named' then {own} when 'csv' then column{CSV_ORDER.index(name)} else {custom} end"


CELLS = ("did", *(name for name in CSV_ORDER if name not in ("amaflags", "peeraccount")))

READ = f"""
    with placed as (
        select *, {LAYOUT} as layout from file
    ),
    cells as (
        select {", ".join(f'nullif(trim({_cell(name)}), {chr(39) * 2}) as "{name}"' for name in CELLS)}, record
        from placed
    ),
    distinct_cells as (
        -- a row that came twice, by rotation or by hand, is one
        select * exclude (record), list(record order by record) as records
        from cells
        where coalesce({", ".join(f'"{name}"' for name in CELLS)}) is not null
        group by all
    )
    select * replace (try_cast(duration as bigint) as duration, try_cast(billsec as bigint) as billsec),
        local_time("start") as start_local, local_time(answer) as answer_local, local_time("end") as end_local
    from distinct_cells
"""

ROWS = f"""
    with {clock("records", "start_local", "answer_local", "end_local")},
    begun as (
        select r.*, {instant("r.start_local", "k", made_at("r.uniqueid"))} as began
        from records r {join_clock("k", "r.start_local")}
        where r.start_local is not null and coalesce(r.uniqueid, r.channel) is not null
    ),
    told as (
        select r.*,
            {instant("r.answer_local", "ka", "r.began")} as answered,
            coalesce(
                {instant("r.end_local", "ke", "r.began + to_seconds(coalesce(r.duration, 0))")},
                r.began + to_seconds(r.duration), r.began
            ) as ended
        from begun r {join_clock("ka", "r.answer_local")} {join_clock("ke", "r.end_local")}
    )
    select * replace (
            case when disposition = 'ANSWERED'
            then coalesce(answered, ended - to_seconds(billsec)) end as answered
        ),
        lower(lastapp) = 'queue' as in_queue,
        {second_of("uniqueid")} as second, {number_of("uniqueid")} as number,
        row_number() over (order by
            began, {second_of("uniqueid")}, {number_of("uniqueid")}, uniqueid, ended, try_cast(sequence as bigint),
            channel, dstchannel, lastapp, lastdata, disposition, duration, billsec, answered, src, dst, dcontext,
            clid, accountcode, userfield, linkedid, did
        ) as n
    from told
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
    at = f"local_time({_cell('start').replace('layout', LAYOUT)})"
    prepared = {
        "records": READ,
        "rows": ROWS,
        "legs": LEGS,
        "sides": SIDES,
        "attempts": ATTEMPTS,
        "contacts": CONTACTS,
    }
    relations = {"interactions": INTERACTIONS, "segments": SEGMENTS, "identifiers": IDENTIFIERS}
    retrieval = "/var/log/asterisk/cdr-csv/Master.csv, or the table cdr exported as CSV with a header"
