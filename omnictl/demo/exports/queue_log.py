"""The queues' log of the switch, rotated in the middle of a working day once a month: calls that were being talked on
begin in one file and end in the next. All but the last of the rotated files are packed. A few lines are torn."""

from __future__ import annotations

import gzip
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from omnictl.demo.calendar import Year
from omnictl.demo.exports.files import Span, stamp, write_lines
from omnictl.demo.exports.telephony import RING_S, agents
from omnictl.demo.world import TIMEZONE

if TYPE_CHECKING:
    import duckdb

FOLDER = "calls"

# One row per line. `step` orders lines of one second, `rank` those of one call.
EVENTS = f"""
create table queue_events as
with told as (
    select id, n, seq, 0 as rank, entered_at as logged_at, ref, queue, null::integer as agent, 'ENTERQUEUE' as event,
        '|' || spelled(person, id) || '|' || position as parameters
    from visits_of_queues
    union all
    -- rings that nobody answers: many lines of a call, none of them its end
    select id, n, seq, ring, entered_at + to_seconds(ring * {RING_S + 2}), ref, queue,
        1001 + (draw(id * 4 + ring % 4, 'rings at') % $agents)::integer, 'RINGNOANSWER', ({RING_S} * 1000)::varchar
    from (select *, unnest(range(1, rings + 1)) as ring from visits_of_queues)
    union all
    select id, n, seq, 100, left_at, ref, queue, agent, 'CONNECT',
        waited_s || '|' || epoch(left_at)::bigint || '.' || (5 * n + 2 + seq) || '|' || least(waited_s, 3)
    from visits_of_queues where answered
    union all
    select id, n, seq, 101, ended_at, ref, queue, agent, ends, case ends
        when 'ABANDON' then position || '|' || position || '|' || waited_s
        when 'EXITWITHTIMEOUT' then position || '|' || position || '|' || waited_s
        when 'EXITEMPTY' then position || '|' || position || '|' || waited_s
        when 'EXITWITHKEY' then '1|' || position || '|' || position || '|' || waited_s
        when 'BLINDTRANSFER' then (case route when 'to a desk' then '21' || two(n % 100) else '6000' end)
            || '|from-queue|' || waited_s || '|' || talked_s || '|' || position
        when 'ATTENDEDTRANSFER' then 'BRIDGE|' || ref || '|' || waited_s || '|' || talked_s || '|' || position
        else waited_s || '|' || talked_s || '|' || position end
    from visits_of_queues where ends <> ''
    union all
    select id, n, 1, 0, past_menu_at, ref, first_queue, null,
        case outcome when 'closed' then 'CLOSED' else 'FULL' end, ''
    from calls where outcome in ('closed', 'blocked')
),
-- agents log in and out, and have lunch on whole days; the switch starts anew in the first night of each month
shifts as (
    select local_of(slot)::date as day, min(slot) as opens, max(slot) as closes
    from clock where open group by all
),
others as (
    select opens as logged_at, agent, 'ADDMEMBER' as event, '' as parameters
    from shifts, range(1001, 1001 + $agents) as a(agent)
    union all
    select opens + to_seconds(9000 + 1200 * (agent % 6)), agent, 'PAUSE', 'dejeuner'
    from shifts, range(1001, 1001 + $agents) as a(agent) where closes - opens > interval 6 hour
    union all
    select opens + to_seconds(11700 + 1200 * (agent % 6)), agent, 'UNPAUSE', ''
    from shifts, range(1001, 1001 + $agents) as a(agent) where closes - opens > interval 6 hour
    union all
    select closes + interval 45 minute, agent, 'REMOVEMEMBER', '' from shifts, range(1001, 1001 + $agents) as a(agent)
    union all
    select slot, null, 'QUEUESTART', '' from clock where day(local) = 1 and local::time = time '03:00'
)
select n, 2 as step, seq, rank, logged_at, event, false as torn,
    concat_ws('|', epoch(logged_at)::bigint, ref, queue, coalesce('PJSIP/' || agent, 'NONE'), event, parameters) as line
from told
union all
select 0, 1, agent, 0, logged_at, event, false, concat_ws('|', epoch(logged_at)::bigint, 'NONE',
    case when agent is null then 'NONE' else 'all' end, coalesce('PJSIP/' || agent, 'NONE'), event, parameters)
from others
union all
select n, 3, seq, rank, logged_at, event, true, left(epoch(logged_at)::bigint || '|' || ref, 18)
from told where event = 'CONNECT' and n % 2500 = 100
"""

# Once a month somebody rotates the log by hand, in the morning, while a call is being talked on.
ROTATIONS = """
select min(left_at) + interval 5 second
from visits_of_queues
where answered and talked_s > 20 and local_of(left_at)::time > time '09:30' and local_of(left_at) >= $since
"""

LINES = """
select line from queue_events where logged_at >= '{since}' and logged_at < '{until}'
order by logged_at, step, n, seq, rank, line
"""


@dataclass(frozen=True)
class Rotation:
    """One file: what was logged from `since` to `until` (excluded), UTC."""

    name: str
    since: datetime
    until: datetime


def prepare(con: duckdb.DuckDBPyConnection, year: Year) -> None:
    """Make `queue_events`, one row per line of the log."""
    con.execute(EVENTS, {"agents": agents(con)})


def rotations(con: duckdb.DuckDBPyConnection, year: Year) -> list[Rotation]:
    """The files in order of time; the last one is still being written."""
    zone = ZoneInfo(TIMEZONE)
    cuts: list[datetime] = []
    for first in year.months[1:]:
        ((cut,),) = con.execute(ROTATIONS, {"since": datetime.combine(first, datetime.min.time())}).fetchall()
        if cut is not None and (not cuts or cut > cuts[-1]):
            cuts.append(cut)
    bounds = [datetime(1970, 1, 1), *cuts, datetime(9999, 1, 1)]
    names = [f"queue_log-{cut.replace(tzinfo=ZoneInfo('UTC')).astimezone(zone):%Y%m%d}" for cut in cuts]
    packed = [name + ".gz" for name in names[:-1]] + names[-1:]
    return [Rotation(*each) for each in zip([*packed, "queue_log"], bounds, bounds[1:], strict=False)]


def write(con: duckdb.DuckDBPyConnection, folder: Path, year: Year) -> Iterator[Path]:
    """Write the log and what was rotated of it."""
    for part in rotations(con, year):
        path = folder / part.name.removesuffix(".gz")
        write_lines(con, LINES.format(since=part.since, until=part.until), path)
        if path.name != part.name:
            path = _packed(path)
        if part.name == "queue_log":
            yield stamp(path, Span("", year.first, year.last + timedelta(days=1)))
        else:
            seconds = part.until.replace(tzinfo=ZoneInfo("UTC")).timestamp()
            os.utime(path, (seconds, seconds))
            yield path


def _packed(path: Path) -> Path:
    """The file as .gz, without name or time inside: the same bytes for the same lines."""
    packed = path.with_name(path.name + ".gz")
    with packed.open("wb") as target, gzip.GzipFile("", "wb", 6, target, mtime=0) as stream:
        stream.write(path.read_bytes())
    path.unlink()
    return packed
