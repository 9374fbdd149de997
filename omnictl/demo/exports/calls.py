"""Telephony: monthly CSV of a Windows tool. Semicolons, cp1252, day-first local times, h:mm:ss durations, one header
name twice, rows delivered again with a newer `MàJ`, the switch's own test calls, and a few broken rows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from omnictl.demo.calendar import Year
from omnictl.demo.exports.files import months, stamp, write_lines

if TYPE_CHECKING:
    import duckdb

FOLDER = "calls"
HEADER = (
    "Réf. appel;Date appel;Numéro appelant;N° client;File;Entrée file;Attente;Résultat;Fin;Conversation;Attente;"
    "Post-appel;Qualification;Agent;Équipe;Site;Transferts;MàJ"
)

TABLE = """
create table calls as
with numbered as (
    select interactions.*, row_number() over (order by started_at, id) as n, motives.queue, motives.wrap_up,
        outcome in ('handled', 'abandoned', 'flow_out', 'odd') as queued,
        started_at + to_seconds(menu_s) as past_menu_at
    from interactions join motives on motives.number = motive
    where channel = 'phone'
),
told as (
    select id, n, person, started_at, outcome, wait_s, hold_s, pressure,
        'AP' || strftime(started_at, '%y%m') || lpad(n::varchar, 8, '0') as ref,
        case when queued then past_menu_at end as queued_at,
        case when outcome = 'handled' then past_menu_at + to_seconds(wait_s) end as answered_at,
        past_menu_at + to_seconds(coalesce(wait_s, 0) + coalesce(talk_s, 0) + hold_s) as ended_at,
        case when queued then case when u(id, 'overflow') < 0.012 * pow(pressure, 2) then 'Débord prestataire'
            else queue end end as queue,
        talk_s,
        case when outcome = 'handled' then about(id, 'acw', 52, 0.6) end as acw_s,
        case when outcome = 'handled' and u(id, 'ticked') < 0.86 then wrap_up end as wrap_up,
        case when outcome = 'handled' then 1000 + floor(u(id, 'agent') * $agents)::integer end as agent,
        case when outcome = 'handled' then (u(id, 'transfer') < 0.085)::integer + (u(id, 'transfer') < 0.011)::integer
            else 0 end as transfers
    from numbered
)
select *,
    ended_at + to_seconds(coalesce(acw_s, 0) + 30) as closed_at,
    -- one call in eighty is delivered before its after-call work is done, and again when it is
    n % 80 = 7 and outcome = 'handled' and ended_at + interval 5 day < utc_of($last::timestamp) as redelivered,
    case when redelivered then closed_at + to_seconds(3600 + floor(u(id, 'again at') * 4 * 86400))
        else closed_at end as sent_at
from told
"""

# The records of the files. `fault` says what is wrong with one.
RECORDS = """
create view call_records as
select sent_at as seen_at, '' as fault, * exclude (sent_at) from calls
union all by name
select closed_at as seen_at, 'early' as fault, * replace (null as wrap_up, null as acw_s) from calls where redelivered
union all by name
select closed_at as seen_at, 'test' as fault, * replace ('FILE TEST' as queue) from calls where n % 500 = 250
union all by name
select closed_at as seen_at, 'date' as fault, * from calls where n % 3000 = 100
union all by name
select closed_at as seen_at, 'cells' as fault, * replace ('Sinistres; auto' as queue) from calls where n % 3000 = 1100
union all by name
select closed_at as seen_at, 'no id' as fault, * from calls where n % 3000 = 2100
"""

LINES = """
select concat_ws(';',
    case fault when 'no id' then '' when 'test' then 'TST' || n when '' then ref when 'early' then ref
        else 'AP' || (900000000 + n) end,
    case fault when 'date' then '31/02/' || strftime(seen_at, '%Y') || ' 10:00:00' else day_first(started_at) end,
    spelled(person, id),
    case when u(id, 'says number') < 0.18 then cell(customer_number(person)) else '' end,
    cell(queue),
    cell(day_first(queued_at)),
    cell(hms(wait_s)),
    case outcome when 'handled' then 'Traité' when 'abandoned' then 'Abandonné' when 'flow_out' then 'Débordé'
        when 'blocked' then 'Occupé' when 'closed' then 'Fermé' when 'menu' then 'SVI'
        when 'left_menu' then 'Raccroché SVI' else 'Err. ' || (30 + n % 4) end,
    day_first(ended_at),
    cell(hms(talk_s)),
    cell(hms(case when outcome = 'handled' then hold_s end)),
    cell(hms(acw_s)),
    cell(wrap_up),
    cell('A' || agent),
    cell(case when queue = 'Débord prestataire' then 'Externe'
        else ['Équipe Nord', 'Équipe Sud', 'Équipe Ouest'][1 + agent % 3] end),
    cell(case when agent is null then null when queue = 'Débord prestataire' then 'Prestataire'
        else ['Lille', 'Niort', 'Niort'][1 + agent % 3] end),
    transfers::varchar,
    day_first(seen_at)) as line
from call_records
where {between}
order by seen_at, n, fault
"""

# A caller's number in the spellings switches use, or none at all.
SPELLED = """
create macro spelled(person, id) as case
    when u(id, 'withheld') < 0.055
        then ['anonymous', 'Numéro masqué', 'unknown', ''][1 + (draw(id, 'how withheld') % 4)::integer]
    else [
        phone_of(person, id),
        phone_of(person, id),
        '+33' || phone_of(person, id)[2:],
        '0033' || phone_of(person, id)[2:],
        regexp_replace(phone_of(person, id), '(..)(..)(..)(..)(..)', '\\1 \\2 \\3 \\4 \\5'),
        regexp_replace(phone_of(person, id), '(..)(..)(..)(..)(..)', '\\1.\\2.\\3.\\4.\\5'),
        regexp_replace(phone_of(person, id), '0(.)(..)(..)(..)(..)', '+33 (0)\\1 \\2 \\3 \\4 \\5')
    ][1 + (draw(id, 'spelling') % 7)::integer]
end
"""


def prepare(con: duckdb.DuckDBPyConnection, year: Year) -> None:
    """Make `calls`, one row per true call, and `call_records`, one row per record of the files."""
    calls = con.execute("select count(*) from interactions where channel = 'phone'").fetchall()[0][0]
    con.execute(TABLE, {"agents": max(12, calls // 3500), "last": year.last})
    con.execute(RECORDS)
    con.execute(SPELLED)


def write(con: duckdb.DuckDBPyConnection, folder: Path, year: Year) -> Iterator[Path]:
    """Write one file a month, each with what was delivered in it."""
    for span in months(year):
        path = folder / f"appels_{span.name}.csv"
        lines = LINES.format(between=span.between("seen_at"))
        write_lines(con, lines, path, header=HEADER, encoding="cp1252", newline="\r\n")
        yield stamp(path, span)
