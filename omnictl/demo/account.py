"""What ingest must find in the demo's exports, counted on the truth they were written from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

ACCOUNTS = """
select 'calls' as source,
    count_if(not torn and event in ('ENTERQUEUE', 'CONNECT', 'COMPLETECALLER', 'COMPLETEAGENT', 'BLINDTRANSFER',
        'ATTENDEDTRANSFER', 'ABANDON', 'EXITWITHTIMEOUT', 'EXITWITHKEY', 'EXITEMPTY', 'FULL', 'CLOSED')) as used,
    count_if(torn) as rejected,
    0 as superseded,
    count_if(event in ('RINGNOANSWER', 'ADDMEMBER', 'REMOVEMEMBER', 'PAUSE', 'UNPAUSE', 'QUEUESTART')) as filtered,
    0 as unreadable_cells
from queue_events
union all
select 'cdr', count_if(fault = ''), count_if(fault <> ''), 0, 0, 0 from call_records
union all
select 'menu', count(*), 0, 0, 0, 0 from menu_calls
union all
select 'desk', count_if(fault = ''), count_if(fault in ('date', 'cells', 'no id')), count_if(fault = 'early'),
    count_if(fault = 'test'), 0
from desk_records
union all
select 'web', count(*), count_if(n % 2500 = 900 and not robot), 0, 0, 0 from visits
union all
select 'faq', count(*), count_if(n % 1200 = 350), 0, 0, 0 from faq_sessions
union all
select 'faq_steps', count(*), 0, 0, 0, 0 from faq_events where seen_at < $end
union all
select 'forms', count(*) + count_if(n % 150 = 77), count_if(n % 1500 = 300), 0, 0, 0 from forms
union all
select 'bot', count(*), count_if(n % 1300 = 250), 0, 0, 0 from bot_conversations
union all
select 'callbacks', count(*), 0, 0, 0, 0 from callbacks
union all
select 'chat', count(*), count_if(n % 1500 = 400), 0, 0, 0 from chats
union all
select 'emails', count_if(step = 0), count_if(step = 3), count_if(step in (1, 2)), 0, 0 from ticket_updates
union all
select 'nps', count(nps), 0, 0, count(*) - count(nps), count_if(spelt) from answers
union all
select 'csat', count(*), 0, 0, 0, 0 from answers
union all
select 'ces', count(ces), 0, 0, count(*) - count(ces), 0 from answers
union all
select 'customers', count(*), 0, 0, 0, 0 from portfolio
"""


@dataclass(frozen=True)
class Account:
    """What becomes of the records of one source. Blank rows of workbooks are not among them."""

    source: str
    used: int
    rejected: int
    superseded: int
    filtered: int
    unreadable_cells: int


def accounts(con: duckdb.DuckDBPyConnection) -> tuple[Account, ...]:
    """The account of every source, on a connection where the exports are prepared."""
    end = con.execute("select max(slot) + interval 30 minute from clock").fetchall()[0][0]
    return tuple(Account(*row) for row in con.execute(ACCOUNTS, {"end": end}).fetchall())
