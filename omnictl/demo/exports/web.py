"""Web analytics: monthly Parquet. UTC instants, cookies, consent, robots, and a few hits that lost their visit."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from omnictl.demo.calendar import Year
from omnictl.demo.exports.files import months, stamp, write_parquet

if TYPE_CHECKING:
    import duckdb

FOLDER = "web"

MACROS = """
create macro visit_of(id) as lower(lpad(to_hex(draw(id, 'visit')), 16, '0'));
"""

TABLE = """
create table visits as
with numbered as (
    select interactions.*, motives.landing, motives.act, row_number() over (order by started_at, id) as n,
        device_of(id) as which_device
    from interactions join motives on motives.number = motive
    where channel = 'web'
)
select id, n, person, started_at,
    visit_of(id) as visit_id,
    cookie_of(person, which_device, local_of(started_at)::date) as visitor,
    address_of(person, id, local_of(started_at)::date) as ip,
    started_at + to_seconds(talk_s) as last_hit_at,
    ['mobile', 'desktop', 'tablet'][1 + which_device] as device,
    case when u(id, 'front door') < 0.14 then '/' when u(id, 'front door') < 0.19 then '/blog/conduite-hiver'
        else landing end as page,
    1 + case when u(id, 'bounce') < 0.31 then 0 else about(id, 'pages', 3.2, 0.6) end as page_views,
    floor(talk_s * 1000 * (0.35 + 0.5 * u(id, 'looking')))::bigint as engaged_ms,
    -- who does something does it in the customers' area
    customer_number(person) is not null
        and u(id, 'login') < case when outcome in ('acted', 'failed') then 0.6 else 0.2 end as logged_in,
    case when outcome = 'acted' then act end as final_act,
    false as robot
from numbered
"""

ROBOTS = """
insert into visits
select id + 12800000000, n, null, started_at, visit_of(id + 12800000000),
    lower(lpad(to_hex(draw(id, 'robot')), 16, '0')), '203.0.113.' || (1 + id % 9)::varchar,
    started_at + interval 9 second, 'desktop', page,
    20 + (draw(id, 'crawl') % 180)::integer, 0, false, null, true
from visits where n % 18 = 5 and started_at + interval 1 day < utc_of($last::timestamp)
"""

SELECT = """
with records as (
    select *, false as lost from visits
    union all
    select *, true from visits where n % 2500 = 900 and not robot
)
select
    case when not lost then visit_id end as visit_id,
    visitor,
    ip,
    case when logged_in then customer_number(person) end as customer_ref,
    coalesce(agrees(person), false) as consent,
    timezone('UTC', started_at) as started_at,
    timezone('UTC', last_hit_at) as last_hit_at,
    device,
    page || case
        when u(id, 'campaign') < 0.12 then '?utm_source=newsletter&utm_campaign=' || strftime(started_at, '%Y%m')
        when u(id, 'campaign') < 0.20 then '?gclid=' || to_hex(draw(id, 'click'))
        else '' end as landing_url,
    page_views::integer as page_views,
    engaged_ms,
    logged_in,
    final_act,
    robot as is_robot
from records
where {between}
order by records.started_at, id, lost
"""


def prepare(con: duckdb.DuckDBPyConnection, year: Year) -> None:
    """Make `visits`, one row per true visit, robots included (they have no person)."""
    con.execute(MACROS)
    con.execute(TABLE)
    con.execute(ROBOTS, {"last": year.last})


def write(con: duckdb.DuckDBPyConnection, folder: Path, year: Year) -> Iterator[Path]:
    """Write one file a month."""
    for span in months(year):
        path = folder / f"visits-{span.name}.parquet"
        write_parquet(con, SELECT.format(between=span.between("records.started_at")), path)
        yield stamp(path, span)
