"""The chatbot of the web site: quarterly JSON lines, one conversation each, with its turns counted. Some conversations
are handed over to a person: the chat that follows knows which."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from omnictl.demo.calendar import Year
from omnictl.demo.exports.files import quarters, stamp, write_lines

if TYPE_CHECKING:
    import duckdb

FOLDER = "bot"

MACROS = "create macro conversation_of(id) as 'bot-' || lower(lpad(to_hex(draw(id, 'bot')), 16, '0'))"

TABLE = """
create table bot_conversations as
with numbered as (
    select interactions.*, motives.topic, device_of(id) as which_device,
        row_number() over (order by started_at, id) as n
    from interactions join motives on motives.number = motive
    where channel = 'chatbot'
)
select id, n, person, started_at, outcome, topic, conversation_of(id) as conversation,
    started_at + to_seconds(talk_s) as ended_at,
    2 + talk_s // 25 as turns,
    cookie_of(person, which_device, local_of(started_at)::date) as cookie,
    case when u(id, 'login') < 0.22 then customer_number(person) end as customer,
    ['mobile', 'desktop', 'tablet'][1 + which_device] as device
from numbered
"""

LINES = """
with records as (
    select *, false as cut from bot_conversations
    union all
    select *, true from bot_conversations where n % 1300 = 250
),
told as (
    select started_at, n, cut, to_json({{
        'conversation': case when cut then 'bot-x' || n else conversation end,
        'begun': with_offset(started_at),
        'ended': with_offset(ended_at),
        'user': {{'cookie': cookie, 'customer': customer, 'device': device}},
        'topic': topic,
        'turns': turns,
        'end': case outcome when 'self_served' then 'solved' when 'escalated' then 'handover' else 'left' end
    }})::varchar as line
    from records where {between}
)
select case when cut then left(line, 50 + (n % 40)::integer) else line end as line from told order by started_at, n, cut
"""


def prepare(con: duckdb.DuckDBPyConnection, year: Year) -> None:
    """Make `bot_conversations`, one row per conversation."""
    con.execute(MACROS)
    con.execute(TABLE)


def write(con: duckdb.DuckDBPyConnection, folder: Path, year: Year) -> Iterator[Path]:
    """Write one file a quarter."""
    for span in quarters(year):
        path = folder / f"conversations-{span.name}.jsonl"
        write_lines(con, LINES.format(between=span.between("started_at")), path)
        yield stamp(path, span)
