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

# The customer who was known by number on most channels, the one of fewest words among those, and the first contact.
STORY = """
with told as (
    select 'web' as source, visit_id as interaction_id, person, started_at from visits
    where logged_in and agrees(person)
    union all select 'calls', ref, person, started_at from desk_calls where customer is not null
    union all select 'forms', submission, person, started_at from forms where u(id, 'gives number') < 0.30
    union all select 'bot', conversation, person, started_at from bot_conversations where customer is not null
    union all select 'chat', conversation, person, started_at from chats where u(id, 'gives number') < 0.42
    union all select 'emails', number, person, started_at from tickets where u(id, 'gives number') < 0.35
)
select source || '/' || interaction_id
from told join (
    select person, count(distinct source) as channels from told
    where customer_number(person) is not null group by person
) using (person)
join (select person, count(*) as n from interactions group by person) using (person)
order by channels desc, n, person, started_at limit 1
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


def story(con: duckdb.DuckDBPyConnection) -> str:
    """An interaction of somebody whose journey is worth a look, as SOURCE/ID."""
    ((found,),) = con.execute(STORY).fetchall()
    return str(found)
