"""Hand-written: people of a file that has a column per kind of identifier, the least that linking can cost.

    python link_wide.py FILE STORE MEMORY

FILE is Parquet: interaction_id, customer_id, email, token, cookie, phone as numbers, nothing for visits that may not be
linked. Free DuckDB SQL for these five kinds: keys under two hubs or more, star edges from the smallest hub, values with
more than eight hubs left out, contraction. It writes interaction and person, no more.
"""

import sys

import duckdb

from benchmarks.floors.contraction import contract

file, store, memory = sys.argv[1:]
KINDS = ("customer_id", "email", "token", "cookie", "phone")
HUB = f"coalesce({', '.join(KINDS)})"
CAP = 8

con = duckdb.connect(store, config={"memory_limit": memory, "temp_directory": store + ".tmp"})
con.execute(
    f"create temp table k as select interaction_id, {', '.join(KINDS)}, {HUB} as hub from read_parquet('{file}')"
)
con.execute("create temp table multi (key bigint)")
for kind in KINDS[1:]:
    con.execute(
        f"insert into multi select {kind} from k where {kind} is not null group by 1 having min(hub) <> max(hub)"
    )
seen = " union all ".join(f"select distinct {kind} as y, hub from k where {kind} in (from multi)" for kind in KINDS[1:])
con.execute(f"create temp table g as select y, min(hub) as least, list(hub) as hubs from ({seen}) group by y")
con.execute(f"create temp table bad as select y from g where len(hubs) > {CAP}")
con.execute(f"""
    create temp table edge as
    select distinct least as a, hub as b
    from (select least, unnest(hubs) as hub from g where len(hubs) <= {CAP}) where least <> hub
""")
con.execute("delete from edge where a in (from bad) or b in (from bad)")
cc = contract(con)
con.execute(f"""
    create or replace table by_hand_wide as
    select interaction_id,
        case when hub is null or hub in (from bad) then (hash(interaction_id) >> 1)::bigint
            else coalesce(cc.c, hub) end as person_id
    from k left join ({cc}) cc on cc.v = hub
""")
print(*con.execute("select count(*), count(distinct person_id) from by_hand_wide").fetchall()[0])
