"""A store of customers whose interactions are known to be theirs: `python people.py FILE ROWS SEED`.

The file holds `interactions` and `identifiers` as ingest leaves them, and beside them `truth` (source, interaction_id,
customer). Every number is drawn from the row's own number: the same rows and seed give the same file. A quarter as
many customers as interactions, some calling much more than others; one number in fifty is shared by two to four of
them, a few are switchboards; devices have cookies that are reset after 30 to 400 days; one call in seven follows a
visit by a click that carries a token, and as many follow one within half an hour for the same intent without a trace;
one visitor in ten refuses to be linked. Visits and chats carry what links nobody for certain: an ip (seven times in ten
the home's, that changes after 90 to 360 days and is shared in one house of four in 50; else one that mobile networks
share out), a zip code and a kind of device.
"""

from __future__ import annotations

import sys

import duckdb

from omnictl.ingest.schema import make_tables
from omnictl.stages import loaded

DAYS = 365
PER_SWITCHBOARD = 333_333  # interactions of the file; some 540 customers are behind each
PER_POOLED_IP = 1_000  # interactions of the file for each address that mobile networks share out
PER_ZIP = 160  # and for each zip code: some 40 customers live there

# one draw per row and purpose: mixed into one number first, for hash() of two arguments is visibly correlated
DRAW = "create macro u(row, purpose) as (hash(row * 64 + purpose + $seed * 20000000000) >> 11) / 9007199254740992.0"
CONTACTS = """
    create temp table drawn as
    with rows as (
        select i, i % 14 in (0, 1) as clicked, i % 14 in (2, 3) as followed,
            case when i % 14 in (1, 3) then i - 1 else i end as chooser
        from range($rows) as r(i)
    ),
    customers as (
        select i, clicked, followed, chooser, u(i, 2) as share,
            floor(power(u(chooser, 1), 1.4) * ($rows / 4))::bigint as customer
        from rows
    )
    select i, customer, case when clicked then i - i % 14 end as click,
        case when clicked or followed then if(i % 2 = 0, 'web', 'phone')
            when share < 0.35 then 'phone' when share < 0.61 then 'web'
            when share < 0.70 then 'faq' when share < 0.77 then 'chat' when share < 0.84 then 'email'
            when share < 0.91 then 'chatbot' when share < 0.97 then 'form' else 'callback' end as channel,
        (u(chooser, 3) * 86400 * $days)::bigint
            + if(i <> chooser, 30 + (1770 * power(u(i, 11), 2))::bigint, 0) as second,
        'intent ' || (12 * power(u(chooser, 12), 1.3))::integer as intent,
        case when u(customer, 4) < 0.0065 then -1 - (hash(customer) % $switchboards)::bigint
            when u(customer, 4) < 0.0265 then customer - customer % 3 else customer end as number,
        customer * 4 + floor(u(i, 6) * (1 + customer % 3))::bigint as device,
        customer - if(hash(customer // 4) % 50 = 0, customer % 4, 0) as household
    from customers
"""
INTERACTIONS = """
    insert into interactions (source, interaction_id, channel, kind, direction, excluded, started_at, consent, intent,
        device)
    select case channel when 'phone' then 'calls' when 'web' then 'visits' else channel || 's' end,
        channel[1] || printf('%09d', i), channel, if(channel in ('web', 'faq'), 'visit', 'contact'), 'inbound', '',
        timestamp '2025-11-01' + to_seconds(second), if(channel in ('web', 'faq'), u(i, 5) > 0.1, null),
        if(u(i, 13) < 0.8, intent, null),
        if(channel in ('web', 'faq', 'chat'), ['mobile', 'desktop', 'tablet'][1 + (hash(device) % 3)::bigint], null)
    from drawn order by 1, i
"""
IDENTIFIERS = """
    insert into identifiers (source, owner, owner_id, kind, value)
    with seen as (
        select *, channel in ('web', 'faq') as visit, channel in ('web', 'faq', 'chat', 'chatbot', 'form') as online
        from drawn
    ),
    found as (
        select i, channel, 'customer_id' as kind, hash('c' || customer) as value from seen
        where u(i, 7) < if(visit, 0.25, case channel when 'phone' then 0.2 when 'chat' then 0.4 else 0 end)
        union all
        select i, channel, 'email', hash('e' || customer) from seen
        where channel = 'email' or (channel = 'form' and u(i, 8) < 0.72) or (channel = 'chat' and u(i, 8) < 0.3)
        union all
        select i, channel, 'token', hash('t' || click) from seen where click is not null
        union all
        select i, channel, 'cookie', hash('k' || device || '.' || second // (86400 * (30 + hash(device) % 370)))
        from seen
        where online and u(i, 9) < 0.97
        union all
        select i, channel, 'phone', hash('p' || number) from seen
        where (channel in ('phone', 'callback') and u(i, 10) < 0.92) or (channel = 'form' and u(i, 10) < 0.45)
        union all
        select i, channel, 'ip', if(u(i, 14) < 0.7,
            hash('i' || household || '.' || second // (86400 * (90 + hash(household) % 270))),
            hash('m' || hash(i * 64 + $seed) % greatest(1, $rows // $per_pooled_ip)))
        from seen where visit or channel = 'chat'
        union all
        select i, channel, 'zip', hash('z' || hash(household) % greatest(1, $rows // $per_zip))
        from seen where (visit or channel = 'chat') and u(i, 15) < 0.8
    )
    select case channel when 'phone' then 'calls' when 'web' then 'visits' else channel || 's' end, 'interaction',
        channel[1] || printf('%09d', i), kind, (value >> 1)::bigint - 4611686018427387904
    from found order by 1, i
"""
TRUTH = """
    create table truth as
    select source, interaction_id, customer from interactions
    join (select channel[1] || printf('%09d', i) as interaction_id, channel, customer from drawn)
        using (interaction_id, channel)
"""


def main() -> None:
    file, rows, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    connection = duckdb.connect(file)
    connection.execute("set memory_limit = '6GB'")
    connection.execute("create table meta (key varchar primary key, value varchar)")
    make_tables(connection)
    connection.execute(DRAW.replace("$seed", str(seed)))
    numbers = {"rows": rows, "days": DAYS, "switchboards": max(1, rows // PER_SWITCHBOARD)}
    numbers |= {"per_pooled_ip": PER_POOLED_IP, "per_zip": PER_ZIP, "seed": seed}
    for statement in (CONTACTS, INTERACTIONS, IDENTIFIERS, TRUTH):
        for name, number in numbers.items():
            statement = statement.replace(f"${name}", str(number))
        connection.execute(statement)
    loaded(connection, "made-1")
    connection.close()


if __name__ == "__main__":
    main()
