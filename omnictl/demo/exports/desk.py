"""The agents' desk: monthly CSV of a Windows tool, one row per call an agent closed, which completes what the switch
knows. Semicolons, cp1252, day-first local times, h:mm:ss durations, one header name twice, rows delivered again with a
newer `MàJ`, the tool's own test calls, and a few broken rows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from omnictl.demo.calendar import Year
from omnictl.demo.exports.files import months, stamp, write_lines

if TYPE_CHECKING:
    import duckdb

FOLDER = "desk"
HEADER = "Réf. appel;Date appel;N° client;Qualification;Qualification;Post-appel;Équipe;Site;MàJ"

TABLE = """
create table desk_calls as
with last_visits as (
    select * from visits_of_queues where answered qualify row_number() over (partition by id order by seq desc) = 1
),
told as (
    select calls.id, calls.n, calls.person, calls.ref, calls.started_at, visits.agent, visits.queue, visits.ended_at,
        about(calls.id, 'acw', 52, 0.6) as acw_s,
        case when u(calls.id, 'ticked') < 0.86 then wrap_up end as wrap_up,
        case when u(calls.id, 'says number') < 0.6 then customer_number(calls.person) end as customer
    from calls join last_visits as visits using (id)
)
select *, ended_at + to_seconds(acw_s + 30) as closed_at,
    -- one call in eighty is delivered before its after-call work is done, and again when it is
    n % 80 = 7 and ended_at + interval 5 day < utc_of($last::timestamp) as redelivered,
    case when redelivered then closed_at + to_seconds(3600 + floor(u(id, 'again at') * 4 * 86400))
        else closed_at end as sent_at
from told
"""

# The records of the files. `fault` says what is wrong with one.
RECORDS = """
create view desk_records as
select sent_at as seen_at, '' as fault, * exclude (sent_at) from desk_calls
union all by name
select closed_at as seen_at, 'early' as fault, * replace (null as wrap_up, null as acw_s) from desk_calls
where redelivered
union all by name
select closed_at as seen_at, 'test' as fault, * replace ('TEST' as wrap_up) from desk_calls where n % 500 = 250
union all by name
select closed_at as seen_at, 'date' as fault, * from desk_calls where n % 3000 = 101
union all by name
select closed_at as seen_at, 'cells' as fault, * replace ('SIN; AUT' as wrap_up) from desk_calls where n % 3000 = 1101
union all by name
select closed_at as seen_at, 'no id' as fault, * from desk_calls where n % 3000 = 2101
"""

LINES = """
select concat_ws(';',
    case fault when 'no id' then '' when 'test' then 'TST' || n when '' then ref when 'early' then ref
        else '9' || ref end,
    case fault when 'date' then '31/02/' || strftime(seen_at, '%Y') || ' 10:00:00' else day_first(started_at) end,
    cell(customer),
    cell(wrap_up),
    case when wrap_up is null then 'à compléter' else 'saisie agent' end,
    cell(hms(acw_s)),
    case when queue = 'debord' then 'Externe' else ['Équipe Nord', 'Équipe Sud', 'Équipe Ouest'][1 + agent % 3] end,
    case when queue = 'debord' then 'Prestataire' else ['Lille', 'Niort', 'Niort'][1 + agent % 3] end,
    day_first(seen_at)) as line
from desk_records
where {between}
order by seen_at, n, fault
"""


def prepare(con: duckdb.DuckDBPyConnection, year: Year) -> None:
    """Make `desk_calls`, one row per call an agent closed, and `desk_records`, one row per record of the files."""
    con.execute(TABLE, {"last": year.last})
    con.execute(RECORDS)


def write(con: duckdb.DuckDBPyConnection, folder: Path, year: Year) -> Iterator[Path]:
    """Write one file a month, each with what was delivered in it."""
    for span in months(year):
        path = folder / f"appels_{span.name}.csv"
        lines = LINES.format(between=span.between("seen_at"))
        write_lines(con, lines, path, header=HEADER, encoding="cp1252", newline="\r\n")
        yield stamp(path, span)
