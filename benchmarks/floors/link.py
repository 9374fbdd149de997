"""Hand-written: the people behind the interactions of a store, the way a careful engineer would for this file alone.

    python link.py STORE guard|noguard MEMORY

Free DuckDB SQL: interactions as rows of hashed keys, per kind the values under two hubs or more, star edges between
hubs, contraction. It knows the five kinds and their limits, writes the same columns as `identities`, and names a
person after the smallest of its hubs. `noguard` lets every value link.
"""

import sys

import duckdb

from benchmarks.floors.contraction import contract

store, guard = sys.argv[1], sys.argv[2] == "guard"
KINDS = ("customer_id", "email", "token", "cookie", "phone")
CAPS = {"email": 5, "cookie": 3, "phone": 5}
HUB = "coalesce(customer_id, email, token, cookie, phone)"

con = duckdb.connect(store, config={"memory_limit": sys.argv[3], "temp_directory": store + ".tmp"})
columns = ", ".join(f"any_value(value) filter (kind = '{kind}') as {kind}" for kind in KINDS)
agreed = ", ".join(f"case when not coalesce(refused, false) then {kind} end as {kind}" for kind in KINDS)
con.execute(f"""
    create temp table k as
    with wide as (
        select source, owner_id as interaction_id, {columns} from identifiers where kind in {KINDS} group by all
    )
    select i.source, i.interaction_id, {agreed}
    from (select source, interaction_id, kind = 'visit' and not consent as refused from interactions) i
    left join wide using (source, interaction_id)
""")
con.execute("create temp table bad (key bigint)")
if guard:
    for kind, cap in CAPS.items():
        stronger = ", ".join(name for name in KINDS[: KINDS.index(kind)] if name != "token")
        con.execute(f"""
            insert into bad select {kind} from k where {kind} is not null and coalesce({stronger}) is not null
            group by 1 having min(coalesce({stronger})) <> max(coalesce({stronger}))
            and count(distinct coalesce({stronger})) > {cap}
        """)
    for kind in CAPS:
        con.execute(f"update k set {kind} = null where {kind} in (from bad)")
con.execute("create temp table multi (key bigint, hub bigint)")
for kind in KINDS[1:]:
    con.execute(f"""
        insert into multi
        select {kind}, min({HUB}) from k where {kind} is not null group by 1 having min({HUB}) <> max({HUB})
    """)
con.execute("create temp table edge (a bigint, b bigint)")
stars = " union ".join(
    f"select m.hub, {HUB} from k join multi m on m.key = k.{kind} where {HUB} <> m.hub" for kind in KINDS[1:]
)
con.execute(f"insert into edge {stars}")
cc = contract(con)
via = " ".join(f"when {kind} is not null then '{kind}'" for kind in KINDS)
con.execute(f"""
    create or replace table by_hand as
    select source, interaction_id, coalesce(cc.c, {HUB}) as person_id,
        case when {HUB} is null then 'none' else 'certain' end as link, case {via} end as via
    from k left join ({cc}) cc on cc.v = {HUB}
""")
print(*con.execute("select count(*), count(distinct person_id), count(person_id) from by_hand").fetchall()[0])
con.close()
