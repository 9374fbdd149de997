"""Callbacks: quarterly CSV of the tool that dials them, each with the request it answers: a call whose caller pressed
the key for it, or a form."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from omnictl.demo.calendar import Year
from omnictl.demo.exports.files import quarters, stamp, write_lines

if TYPE_CHECKING:
    import duckdb

FOLDER = "callbacks"
HEADER = "rappel,demande,origine,numero,file,debut,fin,statut,conversation_s,agent"

TABLE = """
create table callbacks as
with numbered as (
    select interactions.*, motives.queue, row_number() over (order by started_at, id) as n
    from interactions join motives on motives.number = motive
    where channel = 'callback'
)
select numbered.id, numbered.n, numbered.person, numbered.started_at, numbered.outcome, numbered.queue, numbered.talk_s,
    'RAP' || lpad(numbered.n::varchar, 7, '0') as callback,
    coalesce(calls.ref, forms.submission) as request,
    case when calls.ref is not null then 'appel' else 'formulaire' end as origin,
    phone_of(numbered.person, numbered.parent) as number,
    numbered.started_at + to_seconds(coalesce(numbered.talk_s, 0) + 15) as ended_at,
    1 + (draw(numbered.id, 'agent') % 9)::integer as agent
from numbered
left join calls on calls.id = numbered.parent
left join forms on forms.id = numbered.parent
"""

LINES = """
select concat_ws(',', callback, request, origin, number, queue, zulu(started_at), zulu(ended_at),
    case outcome when 'handled' then 'joint' else 'absent' end,
    cell(talk_s), 'rappel-' || agent) as line
from callbacks where {between} order by started_at, n
"""


def prepare(con: duckdb.DuckDBPyConnection, year: Year) -> None:
    """Make `callbacks`, one row per call made; `calls` and `forms` must exist."""
    con.execute(TABLE)


def write(con: duckdb.DuckDBPyConnection, folder: Path, year: Year) -> Iterator[Path]:
    """Write one file a quarter."""
    for span in quarters(year):
        path = folder / f"rappels_{span.name}.csv"
        write_lines(con, LINES.format(between=span.between("started_at")), path, header=HEADER)
        yield stamp(path, span)
