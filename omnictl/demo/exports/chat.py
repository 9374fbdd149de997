"""Live chat: monthly TSV in UTC, the way a cloud service gives it, with a few conversations that have no start."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from omnictl.demo.calendar import Year
from omnictl.demo.exports.files import months, stamp, write_lines

if TYPE_CHECKING:
    import duckdb

FOLDER = "chat"
HEADER = "\t".join(
    (
        *("conversation_id", "started_at", "accepted_at", "ended_at", "status", "topic", "wait_seconds", "agent_id"),
        *(
            "visitor_messages",
            "agent_messages",
            "visitor_email",
            "external_id",
            "device",
            "wrap_up_seconds",
            "bot_conversation",
        ),
    )
)

TABLE = """
create table chats as
with numbered as (
    select interactions.*, motives.topic, row_number() over (order by started_at, id) as n
    from interactions join motives on motives.number = motive
    where channel = 'chat'
)
select id, n, person, started_at, outcome, wait_s, talk_s, topic,
    case when tie = 'escalation' then conversation_of(parent) end as bot,
    'ch_' || lower(lpad(to_hex(draw(id, 'chat')), 16, '0')) as conversation,
    case when outcome = 'handled' then started_at + to_seconds(wait_s) end as accepted_at,
    started_at + to_seconds(wait_s + coalesce(talk_s, 0)) as ended_at,
    case when outcome = 'handled' then 1 + (draw(id, 'agent') % 9)::integer end as agent,
    case when outcome = 'handled' then 2 + talk_s // 75 else 1 end as visitor_messages,
    case when outcome = 'handled' then 2 + talk_s // 60 else 0 end as agent_messages,
    case when outcome = 'handled' then about(id, 'wrap-up', 25, 0.6) end as acw_s
from numbered
"""

LINES = """
with records as (
    select *, '' as fault from chats
    union all
    select *, 'no start' from chats where n % 1500 = 400
)
select concat_ws(e'\\t',
    case when fault = '' then conversation else 'ch_lost_' || n end,
    case when fault = '' then zulu(started_at) else '' end,
    cell(zulu(accepted_at)),
    zulu(ended_at),
    case outcome when 'handled' then 'answered' when 'abandoned' then 'missed' else 'overflow' end,
    topic,
    wait_s::varchar,
    cell('chat-' || agent),
    visitor_messages::varchar,
    agent_messages::varchar,
    case when u(id, 'gives mail') < 0.55 then email_of(person) else '' end,
    case when u(id, 'gives number') < 0.42 then cell(customer_number(person)) else '' end,
    ['mobile', 'desktop', 'tablet'][1 + device_of(id)],
    cell(acw_s),
    cell(bot)) as line
from records where {between} order by started_at, n, fault
"""


def prepare(con: duckdb.DuckDBPyConnection, year: Year) -> None:
    """Make `chats`, one row per true conversation."""
    con.execute(TABLE)


def write(con: duckdb.DuckDBPyConnection, folder: Path, year: Year) -> Iterator[Path]:
    """Write one file a month."""
    for span in months(year):
        path = folder / f"conversations-{span.name}.tsv"
        write_lines(con, LINES.format(between=span.between("started_at")), path, header=HEADER)
        yield stamp(path, span)
