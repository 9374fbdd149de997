"""FAQ: quarterly JSON lines of two kinds, sessions with a nested visitor, and events (articles read, votes). Times
carry their offset; some lines are cut short."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from omnictl.demo.calendar import Year
from omnictl.demo.exports.files import quarters, stamp, write_lines

if TYPE_CHECKING:
    import duckdb

FOLDER = "faq"

TABLE = """
create table faq_sessions as
with numbered as (
    select interactions.*, motives.article, motives.number, row_number() over (order by started_at, id) as n,
        device_of(id) as which_device
    from interactions join motives on motives.number = motive
    where channel = 'faq'
)
select id, n, person, started_at,
    'fs-' || lpad(n::varchar, 9, '0') as session,
    started_at + to_seconds(talk_s) as ended_at,
    talk_s,
    cookie_of(person, which_device, local_of(started_at)::date) as cookie,
    ['mobile', 'desktop', 'tablet'][1 + which_device] as device,
    article,
    1 + (u(id, 'second article') < 0.42)::integer + (u(id, 'second article') < 0.17)::integer as articles,
    -- people who find nothing vote more, and badly
    case when u(id, 'votes') < 0.16 then u(id, 'helped') < 0.66 end as helpful
from numbered
"""

# Further articles are those of the neighbouring motives.
EVENTS = """
create table faq_events as
with reads as (
    select id, n, session, started_at, talk_s, articles, article, unnest(range(1, articles + 1))::integer as seq
    from faq_sessions
),
opened as (
    select reads.id, reads.n, session, seq, 'read' as kind, coalesce(motives.article, reads.article) as article,
        started_at + to_seconds(2 + talk_s * (seq - 1) // articles) as seen_at, null::boolean as helpful
    from reads
    left join motives on seq > 1 and motives.number = (draw(reads.id, 'next article') % 16 + seq) % 16
)
from opened
union all
select id, n, session, articles + 1, 'vote', article, ended_at, helpful from faq_sessions where helpful is not null
"""

SESSIONS = """
with records as (
    select *, false as cut from faq_sessions
    union all
    select *, true from faq_sessions where n % 1200 = 350
),
told as (
    select started_at, n, cut, to_json({{
        'session': case when cut then 'fs-x' || n else session end,
        'visitor': {{
            'cookie': cookie,
            'device': device,
            'customer': case when u(id, 'login') < 0.12 then customer_number(person) end,
            'consent': agrees(person)
        }},
        'started': with_offset(started_at),
        'ended': with_offset(ended_at),
        'landing': article,
        'articles': articles,
        'vote': case when helpful then 'yes' when not helpful then 'no' end
    }})::varchar as line
    from records where {between}
)
select case when cut then left(line, 60 + (n % 40)::integer) else line end as line from told order by started_at, n, cut
"""

STEPS = """
select to_json({{
    'id': session || '/' || seq, 'session': session, 'seq': seq, 'kind': kind, 'at': with_offset(seen_at),
    'article': article, 'helpful': helpful
}})::varchar as line
from faq_events where {between} order by seen_at, n, seq
"""


def prepare(con: duckdb.DuckDBPyConnection, year: Year) -> None:
    """Make `faq_sessions`, one row per session, and `faq_events`, one row per article read or vote given."""
    con.execute(TABLE)
    con.execute(EVENTS)


def write(con: duckdb.DuckDBPyConnection, folder: Path, year: Year) -> Iterator[Path]:
    """Write two files a quarter. What ends after midnight stands in the last file."""
    for span in quarters(year):
        for name, lines, column in (("sessions", SESSIONS, "started_at"), ("events", STEPS, "seen_at")):
            path = folder / f"{name}-{span.name}.jsonl"
            write_lines(con, lines.format(between=span.between(column)), path)
            yield stamp(path, span)
