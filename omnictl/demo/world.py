"""The truth behind the exports: who contacted the insurer, when, why, on what channel, and what came of it.

First contacts are spread over the year by season, weekday, hour and storm, then each may bring the same person back,
three times at most, on any channel. What hangs on a contact comes with it: a form sent during a visit, the chat a bot
hands over to, the callback somebody asked for. Everything is set-based and deterministic for one seed; the result is
the table `interactions` of the connection, in order of start, times in UTC, durations in whole seconds. Of each row it
tells the truth that no export does: `person`, and `need`, the id of the contact with which the matter began.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, fields, replace
from typing import TYPE_CHECKING, Any

from omnictl.demo.calendar import Year
from omnictl.demo.catalogue import (
    CALLS_AT_ONCE,
    CHANNELS,
    MOTIVES,
    MOVES,
    PERSISTENCE,
    RETURNS,
    RHYTHMS,
    SEASONS,
    Motive,
)
from omnictl.demo.draws import give_draws
from omnictl.demo.people import PROSPECTS_FROM, give_people

if TYPE_CHECKING:
    import duckdb

TIMEZONE = "Europe/Paris"
CUSTOMERS_EACH = 4.5  # interactions a customer has in a year, about
GROWTH = 1.312  # interactions that come of one first contact, follow-ups included
WITHIN = 0.07  # web visits in which a form is sent
LEVELS = 3  # how often somebody comes back
# What is added to the id of a contact for what comes of it, so that no two ways lead to the same id: its next contact,
# what hangs on it (times two for each level), its callback. All stay below what draws bear.
NEXT, TIED_TO, CALLED_BACK = 100_000_000, 400_000_000, 6_400_000_000

MACROS = f"""
create macro local_of(utc) as timezone('{TIMEZONE}', timezone('UTC', utc));
create macro utc_of(local) as timezone('UTC', timezone('{TIMEZONE}', local));
-- how somebody leaves a queue unanswered: sent on when the time is up, by a key that asks for a call back, or because
-- nobody is logged in
create macro leaves_by(id) as case when u(id, 'leaves') < 0.5 then 'timeout' when u(id, 'leaves') < 0.9 then 'key'
    else 'empty' end;
create macro asks_callback(id, channel, outcome) as case channel
    when 'phone' then outcome = 'flow_out' and leaves_by(id) = 'key' when 'form' then u(id, 'call me') < 0.12
    else false end;
"""

# One row per half-hour of the year: whether people work, how hard it presses on them, when they work next.
CLOCK = """
create table clock as
with halves as (
    select slot, local_of(slot) as local
    from (select unnest(generate_series(
        utc_of($first::timestamp), utc_of($last::timestamp + interval 1 day) - interval 30 minute, interval 30 minute
    )) as slot)
),
told as (
    select slot, local, local::date as day, isodow(local) as weekday, hour(local) as hour, storm,
        not holiday and case
            when isodow(local) <= 5 then local::time >= time '08:30' and local::time < time '19:00'
            when isodow(local) = 6 then local::time >= time '09:00' and local::time < time '13:00'
            else false
        end as open
    from halves join days on days.day = halves.local::date
)
select *,
    0.92 + 0.30 * (weekday = 1 and hour between 9 and 11)::integer + 0.95 * storm
        + 0.5 * (u(epoch(slot)::bigint // 1800, 'staffing') - 0.5) as pressure,
    min(case when open then slot end) over (order by slot rows between current row and unbounded following) as next_open
from told
"""

# How many first contacts fall into each half-hour of each channel. Weights are whole numbers: their sums, and so the
# numbering of rows, are the same on any number of threads.
SLOTS = """
create table slots as
with weighed as (
    select channel, slot, roots, (
        1000000 * week[weekday] * hours[hour + 1] * $seasons[month(day)] * (1 + rhythms.storm * clock.storm)
        * case when not staffed or open then 1 when channel = 'phone' then 0.03 else 0 end
    )::bigint as weight
    from clock cross join rhythms
),
summed as (
    select channel, slot, roots, weight,
        sum(weight) over (partition by channel order by slot) as upto,
        sum(weight) over (partition by channel) as whole
    from weighed
),
counted as (
    select channel, slot, (roots * upto // whole - roots * (upto - weight) // whole)::bigint as n from summed
)
select channel, slot, n, (sum(n) over (order by slot, channel) - n)::bigint as first_id from counted where n > 0
"""

# A motive by the thousandth: joined on (channel, bucket), so that a draw costs one hash join.
MIX = """
create table mix as
with weighed as (
    select channel, number, per_channel[position] as weight,
        sum(per_channel[position]) over (partition by channel order by number) as upto,
        sum(per_channel[position]) over (partition by channel) as whole
    from motives, unnest($channels) with ordinality as c(channel, position)
)
select channel, number as motive,
    unnest(range(((upto - weight) * 1000 // whole)::bigint, (upto * 1000 // whole)::bigint)) as bucket
from weighed
"""
TURNS = """
create table turns as
with weighed as (
    select channel, next_channel,
        weights[position] as weight,
        sum(weights[position]) over (partition by channel order by position) as upto,
        sum(weights[position]) over (partition by channel) as whole
    from moves, unnest($channels) with ordinality as c(next_channel, position)
)
select channel, next_channel,
    unnest(range(((upto - weight) * 1000 // whole)::bigint, (upto * 1000 // whole)::bigint)) as bucket
from weighed
"""

FIRST = """
create table asked_0 as
with placed as (
    select channel, slot, first_id + unnest(range(n)) as id from slots
),
meant as (
    select id, placed.channel, slot,
        case when u(id, 'storm') < 0.3 * storm then $home_claim else mix.motive end as motive
    from placed
    join clock using (slot)
    join mix on mix.channel = placed.channel and mix.bucket = floor(1000 * u(id, 'motive'))::bigint
)
select id, id as need, 0 as level, null::bigint as parent, '' as tie, channel, motive,
    case when u(id, 'known') < motives.known
        then floor($customers * pow(u(id, 'person'), 1.3))::bigint
        else {prospects_from} + floor($prospects * u(id, 'person'))::bigint
    end as person,
    slot + to_seconds(floor(1800 * u(id, 'second'))) as started_at
from meant join motives on motives.number = meant.motive
"""

# What came of each: queue or menu, wait, talk. `pressure` is that of its half-hour.
LIVED = """
create table lived_{name} as
with met as (
    select asked_{name}.*, clock.pressure, clock.storm, clock.open, motives.intent, motives.line, motives.act,
        u(id, 'fate') as fate
    from asked_{name}
    join clock on clock.slot = time_bucket(interval 30 minute, started_at)
    join motives on motives.number = motive
),
fated as (
    select *, case
        when channel = 'phone' then case
            when not open then 'closed'
            when u(id, 'menu') < 0.055 then 'menu'
            when u(id, 'menu') < 0.080 then 'left_menu'
            when u(id, 'lines') < 0.008 * pow(pressure, 1.5) then 'blocked'
            when fate < 0.078 * pow(pressure, 1.5) then 'abandoned'
            when fate < 0.102 * pow(pressure, 1.5) then 'flow_out'
            when fate > 0.997 then 'odd'
            else 'handled'
        end
        when channel = 'chat' then case
            when fate < 0.060 * pressure then 'abandoned'
            when fate < 0.070 * pressure then 'flow_out'
            else 'handled'
        end
        -- a bounce, or a look around: nothing that could fail
        when channel = 'web' then case when u(id, 'bounce') < 0.31 or act = '' then 'browsed'
            when fate < 0.38 then 'acted' when fate < 0.74 then 'failed' else 'browsed' end
        when channel = 'chatbot' then case when fate < 0.46 then 'self_served'
            when fate < 0.74 and open then 'escalated' else 'dropped' end
        else 'done'
    end as fate_is
    from met
),
timed as (
    select * exclude (fate, fate_is, act), fate_is as outcome,
        case when channel = 'phone' and fate_is <> 'closed' then 12 + about(id, 'menu time', 14, 0.5) else 0 end
            as menu_s,
        case
            when channel = 'phone' and fate_is in ('handled', 'odd')
                then least(1500, 2 + about(id, 'wait', 7 * pow(pressure, 1.8), 1.15))
            when channel = 'phone' and fate_is = 'abandoned'
                then least(1800, about(id, 'wait', 48 * sqrt(pressure), 1.1))
            when channel = 'phone' and fate_is = 'flow_out' then 150 + about(id, 'wait', 30, 0.4)
            when channel = 'chat' and fate_is = 'handled' then least(1200, 2 + about(id, 'wait', 13 * pressure, 0.9))
            when channel = 'chat' then least(1200, about(id, 'wait', 65, 0.9))
        end as wait_s,
        case
            when channel = 'phone' and fate_is = 'handled' then about(id, 'talk', case intent
                when 'claim_declare' then 380 when 'complaint' then 390 when 'claim_follow' then 255
                when 'certificate' then 170 when 'account_access' then 190 else 270 end, 0.5)
            when channel = 'chat' and fate_is = 'handled' then 60 + about(id, 'talk', 430, 0.5)
            when channel = 'web' then 4 + about(id, 'talk', 120, 1.0)
            when channel = 'faq' then 4 + about(id, 'talk', 80, 0.9)
            when channel = 'chatbot' then 10 + about(id, 'talk', 75, 0.7)
        end as talk_s
    from fated
)
select *, case when outcome = 'handled' and channel = 'phone' and u(id, 'hold') < 0.24
    then 10 + about(id, 'hold time', 40, 0.6) else 0 end as hold_s
from timed
"""

# What hangs on a contact, by the same person for the same motive: a form sent during a visit, the chat after a bot.
TIED = """
create table asked_tied as
from (
    select id + {step} as id, need, level, id as parent, 'within' as tie, 'form' as channel, motive, person,
        started_at + to_seconds(floor(talk_s * (0.3 + 0.6 * u(id, 'sent')))) as started_at
    from lived_{level} where channel = 'web' and u(id, 'within') < $within
    union all
    select id + {step}, need, level, id, 'escalation', 'chat', motive, person, started_at + to_seconds(talk_s + 1)
    from lived_{level} where outcome = 'escalated'
) where started_at < utc_of($last::timestamp + interval 1 day)
"""

AGAIN = """
create table asked_{next} as
with turned as (
    select id, need, lived.channel, motive, person,
        lived.outcome = 'failed' and u(id, 'calls') < $calls_at_once as calls,
        case when calls then 'phone' else turns.next_channel end as next_channel,
        -- an hour or so after a visit that failed, from a minute to some hours after a failed call, to a week after
        -- anything else
        started_at + to_seconds(menu_s + coalesce(wait_s, 0) + coalesce(talk_s, 0) + hold_s) + to_seconds(case
            when calls then about(id, 'delay', 2700, 0.7)
            when lived.channel = 'phone' and lived.outcome <> 'handled' then (60 * exp(u(id, 'delay') * 6))::bigint
            else (60 * exp(u(id, 'delay') * 9.4))::bigint end) as wished_at
    from lived_{level} as lived
    join returns on returns.channel = lived.channel and returns.outcome = lived.outcome
    join turns on turns.channel = lived.channel and turns.bucket = floor(1000 * u(id, 'turn'))::bigint
    join motives on motives.number = motive
    where u(id, 'again') < rate * motives.persistence
),
placed as (
    select turned.*, case
        when next_channel not in ('phone', 'chat') or clock.open then wished_at
        else clock.next_open + to_seconds(floor(9000 * u(id, 'morning')))
    end as started_at
    from turned join clock on clock.slot = time_bucket(interval 30 minute, wished_at)
),
meant as (
    select placed.*, mix.motive as other, u(id, 'same motive') < 0.85 as same
    from placed
    join mix on mix.channel = next_channel and mix.bucket = floor(1000 * u(id, 'other motive'))::bigint
)
select id + {step} as id, case when same then need else id + {step} end as need, {next} as level, id as parent,
    '' as tie, next_channel as channel, case when same then motive else other end as motive, person, started_at
from meant where started_at < utc_of($last::timestamp + interval 1 day)
"""

ALL = """
create table contacts as from ({levels})
"""

# Somebody calls back in the next opening hours. One in five does not answer.
CALLBACKS = """
create table interactions as
with asked as (
    select *, started_at + to_seconds(900 + about(id, 'called back', 5400, 0.9)) as wished_at
    from contacts where asks_callback(id, channel, outcome)
),
placed as (
    select asked.* replace (case when clock.open then wished_at
        else clock.next_open + to_seconds(floor(7200 * u(id, 'called first'))) end as started_at)
    from asked join clock on clock.slot = time_bucket(interval 30 minute, wished_at)
),
called as (
    select id + {step} as id, id as parent, * exclude (id, parent, wished_at), u(id, 'not in') < 0.2 as missed
    from placed where started_at < utc_of($last::timestamp + interval 1 day)
)
from contacts
union all by name
select * exclude (missed) replace ('answer' as tie, 'callback' as channel, null::bigint as wait_s, 0 as menu_s,
    0 as hold_s, case when missed then 'dropped' else 'handled' end as outcome,
    case when not missed then 30 + about(id, 'talk', 240, 0.6) end as talk_s)
from called
order by started_at, id
"""


def make_world(con: duckdb.DuckDBPyConnection, year: Year, interactions: int, seed: int) -> None:
    """Draw the year on a connection that holds nothing yet.

    Args:
        con: gets the tables `interactions`, `motives`, `clock` and the macros of draws, people and zones.
        year: the local days the contacts begin on.
        interactions: how many there will be, about (within a few per cent).
        seed: another seed, another year.
    """
    con.execute("set timezone = 'UTC'")
    give_draws(con, seed)
    give_people(con)
    con.execute(MACROS)
    _give_data(con, year, max(1, round(interactions / GROWTH)))
    span = {"first": year.first, "last": year.last}
    con.execute(CLOCK, span)
    con.execute(SLOTS, {"seasons": list(SEASONS)})
    con.execute(MIX, {"channels": list(CHANNELS)})
    con.execute(TURNS, {"channels": list(CHANNELS)})
    home_claim = next(
        n for n, motive in enumerate(MOTIVES) if (motive.intent, motive.line) == ("claim_declare", "home")
    )
    customers = max(1, int(interactions / CUSTOMERS_EACH))
    con.execute(
        FIRST.format(prospects_from=PROSPECTS_FROM),
        {"home_claim": home_claim, "customers": customers, "prospects": max(1, customers // 2)},
    )
    for level in range(LEVELS + 1):
        if level:
            con.execute(
                AGAIN.format(level=level - 1, next=level, step=NEXT),
                {"last": year.last, "calls_at_once": CALLS_AT_ONCE},
            )
        con.execute(LIVED.format(name=level))
        con.execute(TIED.format(level=level, step=TIED_TO << level), {"within": WITHIN, "last": year.last})
        con.execute(LIVED.format(name="tied"))
        con.execute(f"insert into lived_{level} by name from lived_tied; drop table lived_tied; drop table asked_tied")
    con.execute(ALL.format(levels=" union all ".join(f"from lived_{level}" for level in range(LEVELS + 1))))
    con.execute(CALLBACKS.format(step=CALLED_BACK), {"last": year.last})
    for level in range(LEVELS + 1):
        con.execute(f"drop table lived_{level}; drop table asked_{level}")
    con.execute("drop table contacts")


def _give_data(con: duckdb.DuckDBPyConnection, year: Year, roots: int) -> None:
    storm, holidays = year.storm(), year.holidays()
    days = [(day, storm.get(day, 0.0), day in holidays) for day in year.days]
    _table(con, "days(day date, storm double, holiday boolean)", days)
    _table(
        con,
        "rhythms(channel varchar, roots hugeint, staffed boolean, storm double, week double[], hours double[])",
        [(r.channel, round(roots * r.share), r.staffed, r.storm, list(r.week), list(r.hours)) for r in RHYTHMS],
    )
    kinds = {"per_channel": "integer[]", "known": "double"}
    columns = ", ".join(f"{field.name} {kinds.get(field.name, 'varchar')}" for field in fields(Motive))
    rows = [
        (n, PERSISTENCE.get(motive.intent, 1.0), *astuple(replace(motive, per_channel=_with_bot(motive.per_channel))))
        for n, motive in enumerate(MOTIVES)
    ]
    _table(con, f"motives(number bigint, persistence double, {columns})", rows)
    _table(con, "moves(channel varchar, weights integer[])", list(MOVES.items()))
    _table(
        con,
        "returns(channel varchar, outcome varchar, rate double)",
        [(channel, outcome, rate) for (channel, outcome), rate in RETURNS.items()],
    )


def _with_bot(per_channel: tuple[int, ...]) -> tuple[int, ...]:
    """The weights of a motive on every channel: people ask a bot what they ask in a chat."""
    return (*per_channel, per_channel[CHANNELS.index("chat")])


def _table(con: duckdb.DuckDBPyConnection, head: str, rows: Sequence[Sequence[Any]]) -> None:
    """A small table of data: `head` is its name and columns."""
    con.execute(f"create table {head}")
    name = head.partition("(")[0]
    con.executemany(f"insert into {name} values ({', '.join('?' * len(rows[0]))})", [list(row) for row in rows])
