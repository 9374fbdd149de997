"""Relatives: interactions that are no follow-up of each other though one is the nearest after, or before, the other.

They are a parent and its child, and a contact and the ones that repeat it. Where the nearest is a relative, the next
one after it that is none is taken. Only the people of whom that is true of a row are looked at again, and
how far to step is counted, not walked: a parent with thousands of children costs no more than thousands of parents.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from omnictl.build.people import People
from omnictl.relations.families import FAMILIES, Family

if TYPE_CHECKING:
    import duckdb

# What is true of a row that a family looks for; `contact` is one that repeats none.
POOLS = {
    "anything": (),
    "contacts": ("contact",),
    "assisted": ("contact", "assisted"),
    "phone": ("contact", "phone"),
    "visits": ("visit",),
}

_RELATIVES = """
create temp table build_relatives as
with child as (
    select source, interaction_id, coalesce(parent_source, source) as parent_source, parent_id
    from interactions
    where parent_id is not null
), known as (
    select key, person_id, source, interaction_id
    from build_ordered
    where counted
), related as (
    select c.key, p.key as parent_key
    from child
    join known as c on c.source = child.source and c.interaction_id = child.interaction_id
    join known as p on p.source = child.parent_source and p.interaction_id = child.parent_id
    where c.person_id = p.person_id and c.key <> p.key
)
select key, parent_key as other from related
union
select parent_key, key from related
union
select key, first_key from build_duplicates
"""
# The rows that found a relative, with all their relatives.
_APART = """
create or replace temp table build_apart as
with hit as (
    select distinct r.key
    from build_relatives as r
    join build_found as f on f.key = r.key
    where r.other in ({found})
)
select r.key, r.other
from build_relatives as r
join hit on hit.key = r.key
"""
# `<pool>_<same>_place`: how many of a pool there are up to a row, itself included.
_KIN = """
create or replace temp table build_kin as
with touched as (
    select distinct person_id
    from build_found
    join build_apart on build_apart.key = build_found.key
), of_them as (
    select o.key, o.person_id, o.started_at, o.end_at, (o.contact and d.key is null) as contact, o.phone, o.visit,
        o.assisted, o.channel, o.intent, o.offer
    from build_ordered as o
    join touched on touched.person_id = o.person_id
    left join build_duplicates as d on d.key = o.key
    where o.counted and {people}
)
select *, {places}
from of_them
"""
# Where another channel is looked for, what counts depends on the channel of the row that looks: a row stands once for
# each channel it is beside. Of each person only those channels are taken that rows with relatives are on.
_BESIDE = """
create or replace temp table build_beside as
with looking as (
    select distinct k.person_id, k.channel
    from build_apart as r
    join build_kin as k on k.key = r.key
), beside as (
    select k.key, k.person_id, k.started_at, k.end_at, k.channel, k.intent, k.offer, l.channel as beside,
        (k.contact and k.channel <> l.channel) as contact
    from build_kin as k
    join looking as l on l.person_id = k.person_id
    where k.contact or k.channel = l.channel
)
select *, {places}
from beside
"""
# Relatives that follow at once have the places right after a row's, without a gap: as many as do are stepped over.
_STEPPED = """
with met as (
    select own.key, own.person_id{own_same}, {own_place} as own_place, other.{place} as other_place,
        row_number() over (partition by own.key order by other.key {order}) as nth
    from build_apart
    join {kin} as own on own.key = build_apart.key{looks}
    join {kin} as other on other.key = build_apart.other and other.key {side} own.key{equal}
    where {other_pooled}
), stepped as (
    select key, person_id{same}, min(own_place) as own_place, count(*) as steps
    from met
    where other_place = {nearest}
    group by key, person_id{same}
)
select stepped.key, '{name}' as family, target.key * {step} + target.offer as packed, target.{at} as instant
from stepped
left join {kin} as target
    on target.person_id = stepped.person_id{target_equal} and {target_pooled} and target.{place} = {reached}
"""


def in_pool(family: Family) -> str:
    """SQL: the condition a row meets that a family looks for."""
    return " and ".join(POOLS[family.pool]) or "true"


def find_relatives(connection: duckdb.DuckDBPyConnection) -> bool:
    """Make `build_relatives`, of all that is lined up.

    Returns:
        Whether there are any.
    """
    connection.execute(_RELATIVES)
    ((relatives,),) = connection.execute("select count(*) from build_relatives").fetchall()
    return bool(relatives)


def step_over(connection: duckdb.DuckDBPyConnection, step: int, people: People) -> bool:
    """Make `build_stepped`: key, and by family `<family>_met`, `<family>_packed`, `<family>_at`.

    A row says what a family finds instead of a relative: another one, or nothing where all that follow are relatives.

    Args:
        step: what a key is multiplied by in `packed`, see `followups`.
        people: whose rows `build_found` holds.

    Returns:
        Whether a relative was found; if none was the table is not made.
    """
    shift = step.bit_length() - 1
    connection.execute(_APART.format(found=", ".join(f"f.{name}_packed >> {shift}" for name in FAMILIES)))
    if not connection.execute("select 1 from build_apart limit 1").fetchall():
        return False
    for sql, other in ((_KIN, False), (_BESIDE, True)):
        places = dict.fromkeys(_place(family) for family in FAMILIES.values() if family.other == other)
        listed = ",\n    ".join(place + " as " + name for name, place in places)
        connection.execute(sql.format(places=listed, people=people("o.person_id")))
    found = "\nunion all\n".join(
        f"select * from ({_stepped(family, step)}) as {family.name}_f" for family in FAMILIES.values()
    )
    by_family = ",\n    ".join(
        f"max(case when family = '{name}' then 1 end) as {name}_met, "
        f"max(case when family = '{name}' then packed end) as {name}_packed, "
        f"max(case when family = '{name}' then instant end) as {name}_at"
        for name in FAMILIES
    )
    connection.execute(
        f"create or replace temp table build_stepped as\nselect key, {by_family}\nfrom ({found}) as f\ngroup by key"
    )
    return True


def _stepped(family: Family, step: int) -> str:
    same = _same(family)

    def equal(one: str, other: str) -> str:
        return "".join(f" and {one}.{column} = {other}.{column}" for column in same)

    def pooled(of: str) -> str:
        return " and ".join(f"{of}.{column}" for column in POOLS[family.pool]) or "true"

    back = family.back
    place, _ = _place(family)
    return _STEPPED.format(
        name=family.name,
        step=step,
        place=place,
        at="end_at" if back else "started_at",
        kin="build_beside" if family.other else "build_kin",
        looks=" and own.beside = own.channel" if family.other else "",
        same="".join(f", {column}" for column in same),
        own_same="".join(f", own.{column}" for column in same),
        own_place=f"own.{place} - case when {pooled('own')} then 1 else 0 end" if back else f"own.{place}",
        other_pooled=pooled("other"),
        target_pooled=pooled("target"),
        order="desc" if back else "asc",
        side="<" if back else ">",
        equal=equal("other", "own"),
        nearest="own_place + 1 - nth" if back else "own_place + nth",
        target_equal=equal("target", "stepped"),
        reached="stepped.own_place - stepped.steps" if back else "stepped.own_place + stepped.steps + 1",
    )


def _place(family: Family) -> tuple[str, str]:
    """The column of `build_kin` that counts a family's pool, and its SQL."""
    partition = ", ".join(("person_id", *_same(family)))
    over = f"partition by {partition} order by key rows between unbounded preceding and current row"
    counted = f"count(case when {in_pool(family)} then 1 end) over ({over})"
    return "_".join((family.pool, *_same(family), "place")), counted


def _same(family: Family) -> tuple[str, ...]:
    """What is equal between a row and what it finds, as columns of the tables of kin."""
    return (*family.same, "beside") if family.other else family.same
