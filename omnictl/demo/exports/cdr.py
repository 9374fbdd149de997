"""The call detail records of the switch, Master.csv: a row for each part of each call, with 21 cells and no header,
local times, names of callers in Latin-1. It knows the calls that never reached a queue, and those from desk to desk."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from omnictl.demo.calendar import Year
from omnictl.demo.exports.files import Span, stamp, write_lines
from omnictl.demo.exports.telephony import RING_S, agents

if TYPE_CHECKING:
    import duckdb

FOLDER = "cdr"

# `part` orders the rows of one call; `desk` is the number of the telephone that was dialled.
RECORDS = f"""
create table call_records as
-- what never came to a queue: told an opening time, an answer by the menu, or a busy tone
select id, n, 0 as part, spelled(person, id) as src, dialled as dst, 'from-trunk' as context,
    null::integer as desk,
    case outcome when 'left_menu' then 'WaitExten' when 'blocked' then 'Congestion' else 'Playback' end as app,
    case outcome when 'menu' then 'espace-vocal' when 'left_menu' then '10' when 'closed' then 'fermeture' else '' end
        as data,
    started_at, case when outcome <> 'blocked' then started_at end as answered_at,
    past_menu_at + to_seconds(case when outcome = 'closed' then 12 else 0 end) as ended_at,
    case when outcome = 'blocked' then 'BUSY' else 'ANSWERED' end as disposition, ref, '' as fault
from calls where not queued
union all
select id, n, 10 * seq, spelled(person, id), dialled, 'from-trunk', agent, 'Queue',
    queue || ',tT,,,60', entered, entered, ended_at, 'ANSWERED', ref, ''
from (
    select visits_of_queues.*, case when seq = 1 then started_at else entered_at end as entered
    from visits_of_queues join (select id, started_at from calls) using (id)
)
union all
-- a telephone that rang and was not taken up
select id, n, 10 * seq + ring, spelled(person, id), dialled, 'from-trunk',
    1001 + (draw(id * 4 + ring % 4, 'rings at') % $agents)::integer, 'Queue', queue || ',tT,,,60',
    entered_at + to_seconds((ring - 1) * {RING_S + 2} + 2), null, entered_at + to_seconds(ring * {RING_S + 2}),
    'NO ANSWER', ref, ''
from (select *, unnest(range(1, rings + 1)) as ring from visits_of_queues)
union all
-- after a transfer to somebody who is in no queue
select id, n, 30, spelled(person, id), '21' || two(n % 100), 'from-queue', 2100 + (n % 100)::integer, 'Dial',
    'PJSIP/21' || two(n % 100) || ',30', ended_at, ended_at + interval 4 second,
    ended_at + to_seconds(20 + about(id, 'desk talk', 120, 0.7)), 'ANSWERED', ref, ''
from visits_of_queues where route = 'to a desk'
union all
-- from desk to desk
select id, n, 40, (1001 + n % $agents)::varchar, (1001 + (n + 5) % $agents)::varchar, 'from-internal',
    (1001 + (n + 5) % $agents)::integer, 'Dial', 'PJSIP/' || (1001 + (n + 5) % $agents) || ',30', started_at,
    started_at + interval 3 second, started_at + to_seconds(3 + about(id, 'colleague', 70, 0.8)), 'ANSWERED',
    epoch(started_at)::bigint || '.' || (5 * n + 1), ''
from calls where n % 45 = 13
union all
select id, n, 50, '', '0199001000', 'from-trunk', null, 'Playback', '', past_menu_at, null, past_menu_at, 'ANSWERED',
    '', 'no start'
from calls where n % 4000 = 1500
"""

# Names as the network gives them: French ones in the bytes of Latin-1.
NAMES = "['M. Agnès', 'Hélène', 'André', 'Zoé', 'Cabinet Médical', 'Garage du Pré', 'Mme Noël', 'Café de la Gare']"
LINES = f"""
select concat_ws(',',
    '""', quoted(src), quoted(dst), quoted(context),
    quoted('"' || case when context = 'from-trunk' and u(id, 'has a name') < 0.12
        then {NAMES}[1 + (draw(id, 'name') % 8)::integer] else '' end || '" <' || src || '>'),
    quoted(case when context = 'from-internal' then 'PJSIP/' || src || '-' || eight(5 * n + 1)
        else 'PJSIP/operateur-' || eight(5 * n + 2) end),
    quoted(coalesce('PJSIP/' || desk || '-' || eight(500000000 + 50 * n + part), '')),
    quoted(app), quoted(data),
    case when fault = '' then quoted(local_text(started_at)) else '"0000-00-00 00:00:00"' end,
    coalesce(quoted(local_text(answered_at)), ''), quoted(local_text(ended_at)),
    epoch(ended_at)::bigint - epoch(started_at)::bigint,
    case when answered_at is null then 0 else epoch(ended_at)::bigint - epoch(answered_at)::bigint end,
    quoted(disposition), '"DOCUMENTATION"', quoted(ref), '""', '""', quoted(ref), 10 * n + part % 10) as line
from call_records order by ended_at, n, part
"""

MACROS = """
create macro eight(number) as lower(lpad(to_hex(number), 8, '0'));
create macro local_text(utc) as strftime(local_of(utc), '%Y-%m-%d %H:%M:%S');
"""


def prepare(con: duckdb.DuckDBPyConnection, year: Year) -> None:
    """Make `call_records`, one row per row of the file."""
    con.execute(MACROS)
    con.execute(RECORDS, {"agents": agents(con)})


def write(con: duckdb.DuckDBPyConnection, folder: Path, year: Year) -> Iterator[Path]:
    """Write the one file, in the order calls ended."""
    path = folder / "Master.csv"
    write_lines(con, LINES, path, encoding="latin-1")
    yield stamp(path, Span("", year.first, year.last + timedelta(days=1)))
