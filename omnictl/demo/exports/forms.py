"""Web forms: quarterly CSV with commas and a byte-order mark. ISO local times, e-mail and phone as typed, messages
with line feeds and quotes, double submits that the tool marked, and a few submissions without a time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from omnictl.demo.calendar import Year
from omnictl.demo.exports.files import quarters, stamp, write_lines

if TYPE_CHECKING:
    import duckdb

FOLDER = "forms"
HEADER = "submission,form,submitted_at,email,phone,customer_no,visit,cookie,processed_at,state,double,message"

TABLE = """
create table forms as
with numbered as (
    select interactions.*, motives.form, row_number() over (order by started_at, id) as n
    from interactions join motives on motives.number = motive
    where channel = 'form'
),
queued as (
    select *, started_at + to_seconds(about(id, 'back office', 4 * 3600 * pressure, 1.0)) as wished_at from numbered
),
placed as (
    select queued.*, case when u(queued.id, 'never') < 0.03 then null
        when clock.open then wished_at
        else clock.next_open + to_seconds(floor(10800 * u(queued.id, 'desk'))) end as processed_at
    from queued left join clock on clock.slot = time_bucket(interval 30 minute, wished_at)
)
select id, n, person, started_at, form,
    'F-' || lpad(n::varchar, 8, '0') as submission,
    case when processed_at < utc_of($last::timestamp + interval 1 day) then processed_at end as processed_at,
    case when tie = 'within' then visit_of(parent) end as visit_id,
    -- that of the visit's device
    case when tie = 'within' then cookie_of(person, device_of(parent), local_of(started_at)::date) end as cookie,
    asks_callback(id, channel, outcome) as calls_back
from placed
"""

LINES = """
with records as (
    select *, '' as fault from forms
    union all
    select *, 'double' from forms where n % 150 = 77
    union all
    select *, 'no time' from forms where n % 1500 = 300
)
select concat_ws(',',
    case fault when '' then submission when 'double' then submission || '-2' else 'F-9' || lpad(n::varchar, 7, '0') end,
    form,
    case fault when 'no time' then '' when 'double' then strftime(local_of(started_at), '%Y-%m-%dT%H:%M:%S.4')
        else strftime(local_of(started_at), '%Y-%m-%dT%H:%M:%S') end,
    case when u(id, 'gives mail') < 0.86 then
        case when draw(id, 'capitals') % 9 = 0 then upper(email_of(person)) || ' ' else email_of(person) end
        else '' end,
    case when calls_back or u(id, 'gives phone') < 0.48
        then regexp_replace(phone_of(person, id), '(..)(..)(..)(..)(..)', '\\1 \\2 \\3 \\4 \\5') else '' end,
    case when u(id, 'gives number') < 0.30 then cell(customer_number(person)) else '' end,
    cell(visit_id),
    cell(cookie),
    cell(strftime(local_of(processed_at), '%Y-%m-%dT%H:%M:%S')),
    case when processed_at is null then 'reçu' else 'traité' end,
    case when fault = 'double' then 'oui' else '' end,
    quoted(case when calls_back then E'Bonjour,\nmerci de me rappeler.\nCordialement' else case draw(id, 'message') % 5
        when 1 then 'Message : "urgent", merci' when 2 then 'Voir pièce jointe' end end)) as line
from records where {between} order by started_at, n, fault
"""


def prepare(con: duckdb.DuckDBPyConnection, year: Year) -> None:
    """Make `forms`, one row per true submission."""
    con.execute(TABLE, {"last": year.last})


def write(con: duckdb.DuckDBPyConnection, folder: Path, year: Year) -> Iterator[Path]:
    """Write one file a quarter."""
    for span in quarters(year):
        path = folder / f"formulaires_{span.name}.csv"
        write_lines(con, LINES.format(between=span.between("started_at")), path, header=HEADER, encoding="utf-8-sig")
        yield stamp(path, span)
