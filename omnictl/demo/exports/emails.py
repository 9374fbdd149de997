"""E-mail tickets: quarterly CSV with one row per update, day-first minutes, `?` for what is not known yet. The row with
the latest update is what a ticket is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from omnictl.demo.calendar import Year
from omnictl.demo.exports.files import quarters, stamp, write_lines

if TYPE_CHECKING:
    import duckdb

FOLDER = "emails"
HEADER = (
    "number,state,mailbox,kind,from,customer,opened_at,first_reply_at,resolved_at,reopen_count,agent,sys_updated_on"
)

TABLE = """
create table tickets as
with numbered as (
    select interactions.*, motives.mailbox, row_number() over (order by started_at, id) as n,
        case when u(id, 'kind') < 0.018 then 'auto-reply' when u(id, 'kind') < 0.032 then 'spam' else 'request' end
            as kind
    from interactions join motives on motives.number = motive
    where channel = 'email'
),
wished as (
    select *, case when kind = 'request' and u(id, 'never') >= 0.025
        then started_at + to_seconds(300 + about(id, 'reply', 6 * 3600 * pow(pressure, 1.5), 1.0)) end as wished_at
    from numbered
),
replied as (
    select wished.*, case when clock.open then wished_at
        else clock.next_open + to_seconds(floor(10800 * u(wished.id, 'desk'))) end as reply_at
    from wished left join clock on clock.slot = time_bucket(interval 30 minute, wished_at)
),
solved as (
    select *, case when u(id, 'one and done') < 0.55 then reply_at
        else reply_at + to_seconds(3600 + about(id, 'solve', 40 * 3600, 0.9)) end as solve_at
    from replied
)
select id, n, person, started_at, kind, pressure,
    'MSG' || lpad(n::varchar, 8, '0') as number,
    mailbox || '@assurance-demo.example' as mailbox,
    case when reply_at < $end then reply_at end as reply_at,
    case when solve_at < $end then solve_at end as resolved_at,
    case when solve_at < $end and u(id, 'reopened') < 0.07 then 1 else 0 end as reopens,
    case when reply_at < $end then 1 + (draw(id, 'agent') % 11)::integer end as agent
from solved
"""

UPDATES = """
create view ticket_updates as
select started_at as seen_at, 0 as step, 'New' as state, '' as fault,
    * replace (null as reply_at, null as resolved_at, 0 as reopens, null as agent) from tickets
union all by name
select reply_at as seen_at, 1 as step, 'In progress' as state, '' as fault,
    * replace (null as resolved_at, 0 as reopens) from tickets where reply_at is not null
union all by name
select resolved_at as seen_at, 2 as step, 'Resolved' as state, '' as fault, * from tickets where resolved_at is not null
union all by name
select started_at as seen_at, 3 as step, 'New' as state, 'month first' as fault, * from tickets where n % 1500 = 700
"""

LINES = """
select concat_ws(',',
    case when fault = '' then number else 'MSG9' || lpad(n::varchar, 7, '0') end,
    state,
    mailbox,
    kind,
    email_of(person),
    case when u(id, 'gives number') < 0.35 then coalesce(customer_number(person), '?') else '?' end,
    case when fault = '' then minute_of(started_at) else strftime(seen_at, '%m/28/%Y 09:00') end,
    coalesce(minute_of(reply_at), '?'),
    coalesce(minute_of(resolved_at), '?'),
    reopens::varchar,
    coalesce('mail-' || agent, '?'),
    minute_of(seen_at)) as line
from ticket_updates where {between} order by seen_at, n, step
"""


def prepare(con: duckdb.DuckDBPyConnection, year: Year) -> None:
    """Make `tickets`, one row per ticket as it stands at the end, and `ticket_updates`, one row per record."""
    con.execute("create macro minute_of(utc) as strftime(local_of(utc), '%d/%m/%Y %H:%M')")
    end = con.execute("select utc_of($last::timestamp + interval 1 day)", {"last": year.last}).fetchall()[0][0]
    con.execute(TABLE, {"end": end})
    con.execute(UPDATES)


def write(con: duckdb.DuckDBPyConnection, folder: Path, year: Year) -> Iterator[Path]:
    """Write one file a quarter, each with the updates made in it."""
    for span in quarters(year):
        path = folder / f"tickets_{span.name}.csv"
        write_lines(con, LINES.format(between=span.between("seen_at")), path, header=HEADER)
        yield stamp(path, span)
