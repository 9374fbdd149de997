"""A store with interactions, their people and nothing derived: what `omnictl build` starts from.

    python people.py STORE ROWS

Half a year of ten channels. Of each eight interactions that stand together four in five have a person, whom up to
three other eights have too, at other times. One in 33 has a parent, one in 100 is a repeat within a minute.
"""

import sys

import duckdb

from omnictl.ingest.schema import make_tables

CHANNELS = "['phone', 'phone', 'phone', 'web', 'web', 'faq', 'chat', 'email', 'form', 'chatbot']"
INTERACTIONS = f"""
insert into interactions (source, interaction_id, kind, channel, solution, direction, excluded, started_at, answered_at,
    ended_at, outcome, queue, agent, intent, talk_s, parent_source, parent_id)
with drawn as (
    select i, hash(i // 2 * 2 + case when i % 100 = 1 then 0 else i % 2 end, 1)::ubigint as h1,
        hash(i // 2 * 2 + case when i % 100 = 1 then 0 else i % 2 end, 2)::ubigint as h2,
        hash(i // 2 * 2 + case when i % 100 = 1 then 0 else i % 2 end, 3)::ubigint as h3, hash(i, 4)::ubigint as h4
    from range($rows) as r(i)
), placed as (
    select *, {CHANNELS}[1 + (h1 % 10)::int] as channel,
        timestamp '2026-01-01' + to_seconds((h2 % (180 * 86400))::bigint + case when i % 100 = 1 then 30 else 0 end)
            as started_at
    from drawn
)
select 'src_' || channel, 'I' || lpad(i::varchar, 9, '0'),
    case when channel in ('web', 'faq') then 'visit' else 'contact' end, channel,
    case when h3 % 3 = 0 then 'sol' || (h3 % 40) end, case when h3 % 29 = 0 then 'outbound' else 'inbound' end,
    case when h3 % 97 = 0 then 'robot' else '' end, started_at, started_at + to_seconds(20),
    started_at + to_seconds((h4 % 600)::bigint),
    case h4 % 4 when 0 then 'abandoned' when 1 then null else 'handled' end, 'q' || (h3 % 50), 'a' || (h3 % 500),
    case when h3 % 5 <> 0 then 'intent' || (h3 % 12) end, (h4 % 600)::decimal(18, 3),
    case when i % 33 = 7 then 'src_' || {CHANNELS}[1 + (lag(h1) over (order by i) % 10)::int] end,
    case when i % 33 = 7 then 'I' || lpad((i - 1)::varchar, 9, '0') end
from placed
"""
IDENTITIES = """
insert into identities
select source, interaction_id, person_id, case when person_id is null then 'none' else 'certain' end, 'phone'
from (
    select source, interaction_id,
        case when hash(interaction_id) % 10 < 8
            then (hash(hash(interaction_id[2:]::bigint // 8) % ($rows // 16)) >> 1)::bigint end as person_id
    from interactions
)
"""
SOURCES = """
insert into sources (source, watermark)
select source, timestamp '2026-06-29 22:00:00' + to_hours((row_number() over (order by source))::int)
from (select distinct source from interactions)
"""

con = duckdb.connect(sys.argv[1])
con.execute("set enable_progress_bar = false")
make_tables(con)
con.execute(INTERACTIONS, {"rows": int(sys.argv[2])})
con.execute(IDENTITIES, {"rows": int(sys.argv[2])})
con.execute(SOURCES)
con.execute("checkpoint")
