"""What no export tells, for whoever wants to know how well people are linked: the customer and the need of each
interaction, as Parquet beside the exports, where no source reads it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from omnictl.demo.exports.files import write_parquet

if TYPE_CHECKING:
    import duckdb

FOLDER = "truth"
FILE = "interactions.parquet"

# The keys of interactions as the store has them. Robots, and calls from desk to desk, are no customer's.
TRUTH = """
create view truth as
select keys.source, keys.interaction_id, interactions.person as customer, interactions.need
from (
    select case when outcome in ('menu', 'left_menu') then 'cdr' else 'calls' end as source, ref as interaction_id, id
    from calls
    union all select 'web', visit_id, id from visits
    union all select 'faq', session, id from faq_sessions
    union all select 'forms', submission, id from forms
    union all select 'forms', submission || '-2', id from forms where n % 150 = 77
    union all select 'bot', conversation, id from bot_conversations
    union all select 'chat', conversation, id from chats
    union all select 'callbacks', callback, id from callbacks
    union all select 'emails', number, id from tickets
) as keys
left join interactions using (id)
union all
select 'cdr', ref, null, null from call_records where context = 'from-internal'
"""


def prepare(con: duckdb.DuckDBPyConnection) -> None:
    """Make `truth`, one row per interaction the store will hold: source, interaction_id, customer, need."""
    con.execute(TRUTH)


def write(con: duckdb.DuckDBPyConnection, folder: Path) -> Path:
    """Write it under the workspace's folder `truth`; the file."""
    target = folder / FOLDER
    target.mkdir(parents=True)
    write_parquet(con, "select * from truth order by source, interaction_id", target / FILE)
    return target / FILE
