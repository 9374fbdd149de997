"""Relatives: interactions that are no follow-up of each other though one is the nearest after, or before, the other.

They are a parent and its child, and a contact and the ones that repeat it. Where the nearest is a relative, the next
one after it that is none is taken. Only people who have relatives among their interactions are looked at again, and
how far to step is counted, not walked: a parent with thousands of children costs no more than thousands of parents.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from omnictl.relations.families import FAMILIES, Family

if TYPE_CHECKING:
    import duckdb

# SQL: the condition a row meets that a family looks for; `contact` is one that repeats none.
POOLS = {"anything": "true", "contacts": "contact", "phone": "contact and phone", "visits": "visit"}

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
_KIN = """
create temp table build_kin as
with touched as (
    select distinct person_id
    from build_ordered
    join build_relatives on build_relatives.key = build_ordered.key
)
select o.key, o.person_id, o.started_at, o.end_at, (o.contact and d.key is null) as contact, o.phone, o.visit,
    o.channel, o.intent, o.offer
from build_ordered as o
join touched on touched.person_id = o.person_id
left join build_duplicates as d on d.key = o.key
where o.counted
"""
# `place`: how many of the pool there are up to a row, itself included. Relatives that follow at once have the places
# right after it, without a gap: as many as do are stepped over.
_STEPPED = """
with places as (
    select key, person_id{same}, started_at, end_at, offer, {pool} as pooled,
        count(case when {pool} then 1 end) over (
            partition by person_id{same} order by key rows between unbounded preceding and current row
        ) as place
    from build_kin
    where {known}
), met as (
    select own.key, own.person_id{own_same}, {own_place} as own_place, other.place as other_place,
        row_number() over (partition by own.key order by other.key {order}) as nth
    from build_relatives
    join places as own on own.key = build_relatives.key
    join places as other on other.key = build_relatives.other and other.key {side} own.key{equal}
    where other.pooled
), stepped as (
    select key, person_id{same}, min(own_place) as own_place, count(*) as steps
    from met
    where other_place = {nearest}
    group by key, person_id{same}
)
select stepped.key, '{name}' as family, target.key * {offers} + target.offer as packed, target.{at} as instant
from stepped
left join places as target
    on target.person_id = stepped.person_id{target_equal} and target.pooled and target.place = {reached}
"""


def relate(connection: duckdb.DuckDBPyConnection, offers: int) -> bool:
    """Make `build_stepped`: key, and by family `<family>_met`, `<family>_packed`, `<family>_at`.

    A row says what a family finds instead of a relative: another one, or nothing where all that follow are relatives.

    Args:
        offers: what `packed` is multiplied by, see `followups`.

    Returns:
        Whether there are relatives; without any the table is not made.
    """
    connection.execute(_RELATIVES)
    ((relatives,),) = connection.execute("select count(*) from build_relatives").fetchall()
    if not relatives:
        return False
    connection.execute(_KIN)
    found = "\nunion all\n".join(
        f"select * from ({_stepped(family, offers)}) as {family.name}_f" for family in FAMILIES.values()
    )
    by_family = ",\n    ".join(
        f"max(case when family = '{name}' then 1 end) as {name}_met, "
        f"max(case when family = '{name}' then packed end) as {name}_packed, "
        f"max(case when family = '{name}' then instant end) as {name}_at"
        for name in FAMILIES
    )
    connection.execute(
        f"create temp table build_stepped as\nselect key, {by_family}\nfrom ({found}) as f\ngroup by key"
    )
    return True


def _stepped(family: Family, offers: int) -> str:
    def equal(one: str, other: str) -> str:
        return "".join(f" and {one}.{column} = {other}.{column}" for column in family.same)

    back = family.back
    return _STEPPED.format(
        name=family.name,
        pool=POOLS[family.pool],
        offers=offers,
        at="end_at" if back else "started_at",
        same="".join(f", {column}" for column in family.same),
        own_same="".join(f", own.{column}" for column in family.same),
        known=" and ".join(f"{column} is not null" for column in family.same) or "true",
        own_place="own.place - case when own.pooled then 1 else 0 end" if back else "own.place",
        order="desc" if back else "asc",
        side="<" if back else ">",
        equal=equal("other", "own"),
        nearest="own_place + 1 - nth" if back else "own_place + nth",
        target_equal=equal("target", "stepped"),
        reached="stepped.own_place - stepped.steps" if back else "stepped.own_place + stepped.steps + 1",
    )
