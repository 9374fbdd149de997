"""followups_probable: what follows, and what came before, an interaction if it is a candidate's.

It is looked for among the interactions that are certainly the candidate's, by the same windows as all follow-ups: the
candidate interactions are lined up with those of each such person, where they look and are not seen. They have no offer
and no time there, and are no contact and no visit; what they have stands beside, and is put back into what is kept.

A candidate interaction with a parent or child among the person's own is lined up with them alone: how far relatives are
stepped over is told by places, which another that is not seen would take up.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from omnictl.build.clock import Clock
from omnictl.build.feeds import Feeds
from omnictl.build.followups import Search
from omnictl.build.ordered import line_up, repeated
from omnictl.build.people import ranges
from omnictl.build.tables import FOLLOWUP_ROWS, delete_unbuilt, drop
from omnictl.build.view import make_view
from omnictl.engines.connection import named
from omnictl.relations import RELATIONS
from omnictl.relations.families import FAMILIES

if TYPE_CHECKING:
    import duckdb

    from omnictl.referential import Referential
    from omnictl.zone import Zone

VIEW, ROWS = "followups_probable", "followup_candidates"
SHAPE = {**FOLLOWUP_ROWS, "weight": "DECIMAL(7, 6)"}
WEIGHT_STEPS = 1_000_000

# A weight is cut to millionths, not rounded, so that those of one interaction never add up to more than its
# probabilities do. The ninth digit is rounded before: 0.29 is stored as a little less.
_WEIGHED = """
create temp table build_weighed as
with cut as (
    select c.source, c.interaction_id, c.person_id,
        cast(floor(cast(c.probability as decimal(18, 9)) * {steps}) * {step} as decimal(7, 6)) as weight
    from candidates as c
    join followup_rows as own on own.source = c.source and own.interaction_id = c.interaction_id
    where own.person_id is distinct from c.person_id
)
select source, interaction_id, person_id, weight
from cut
where weight > 0
"""
# Rows that stay say what they said: neither the interaction nor anything of the person was built anew.
_GONE = """
delete from {rows}
where not exists (
    select 1 from build_weighed as w
    where w.source = {rows}.source and w.interaction_id = {rows}.interaction_id and w.person_id = {rows}.person_id
)
"""
_WEIGHTS = """
update {rows}
set weight = w.weight
from build_weighed as w
where w.source = {rows}.source and w.interaction_id = {rows}.interaction_id and w.person_id = {rows}.person_id
    and w.weight <> {rows}.weight
"""
_CANDIDATES = """
create temp table build_candidates as
with kin as (
    select i.source, i.interaction_id, f.person_id
    from interactions as i
    join followup_rows as f
        on f.source = coalesce(i.parent_source, i.source) and f.interaction_id = i.parent_id
    where i.parent_id is not null
    union
    select coalesce(i.parent_source, i.source), i.parent_id, f.person_id
    from interactions as i
    join followup_rows as f on f.source = i.source and f.interaction_id = i.interaction_id
    where i.parent_id is not null
), related as (
    select w.source, w.interaction_id, w.person_id, w.weight, k.source is not null as related
    from build_weighed as w
    left join {rows} as kept
        on kept.source = w.source and kept.interaction_id = w.interaction_id and kept.person_id = w.person_id
    left join kin as k
        on k.source = w.source and k.interaction_id = w.interaction_id and k.person_id = w.person_id
    where kept.source is null
)
select source, interaction_id, person_id, weight,
    dense_rank() over (
        order by person_id, case when related then source end, case when related then interaction_id end
    ) as part
from related
"""
# Who stands in line with whom: the person of a part is its number here.
_LINKS = """
create temp table build_links as
with parts as (
    select distinct part, person_id
    from build_candidates
)
select f.source, f.interaction_id, parts.part as person_id, f.key as certain_key
from followup_rows as f
join parts on parts.person_id = f.person_id
union all
select source, interaction_id, part, null
from build_candidates
"""
# Keys grow with the parts and, within one, with the order; twice the certain ones, so that there is room between them.
_AMONG = """
create temp table build_among as
with placed as (
    select o.*, l.certain_key,
        max(l.certain_key) over (
            partition by o.person_id order by o.key rows between unbounded preceding and current row
        ) as before_key,
        min(l.certain_key) over (partition by o.person_id) as first_key
    from build_ordered as o
    join build_links as l
        on l.source = o.source and l.interaction_id = o.interaction_id and l.person_id = o.person_id
)
select person_id * {size} + coalesce(2 * certain_key, 2 * before_key + 1, 2 * first_key - 1, 1) as key,
    person_id, source, interaction_id, counted, phone, assisted, channel, intent, close,
    contact and certain_key is not null as contact, visit and certain_key is not null as visit,
    case when certain_key is not null then started_at end as started_at,
    case when certain_key is not null then end_at end as end_at,
    case when certain_key is not null then offer end as offer,
    started_at as own_started_at, end_at as own_end_at, offer as own_offer
from placed
"""
_KEPT = """
insert into {rows} ({names})
with found as (
    {nearest}
)
select c.source, c.interaction_id, cast(null as bigint), c.person_id, c.weight,
    o.own_started_at, o.own_end_at, {start_day}, {end_day}, o.own_offer,
    {families}
from build_candidates as c
left join build_ordered as o
    on o.source = c.source and o.interaction_id = c.interaction_id and o.person_id = c.part and o.counted
left join found
    on found.source = c.source and found.interaction_id = c.interaction_id and found.person_id = c.part
where {parts}
"""
PASSED = ("build_ordered", "build_duplicates", "build_relatives", "build_kin", "build_beside", "build_stepped")


def fill_candidates(
    connection: duckdb.DuckDBPyConnection,
    feeds: Feeds,
    clock: Clock,
    referential: Referential,
    zone: Zone,
    *,
    some: bool = False,
    portable: bool = False,
) -> None:
    """Make `followups_probable` anew, after `followups`.

    What `order` numbered, offers and intents, is taken as it is; what it lined up is replaced.

    Args:
        some: only the rows of `unbuilt_people` and `unbuilt_interactions`, and of candidates that are new or gone.
    """
    if not some:
        connection.execute(f"drop table if exists {ROWS}")
        _make(connection, ROWS, SHAPE)
    connection.execute(_WEIGHED.format(steps=WEIGHT_STEPS, step="0.000001"))
    if some:
        _forget_unbuilt(connection)
    connection.execute(_CANDIDATES.format(rows=ROWS))
    if connection.execute("select 1 from build_candidates limit 1").fetchall():
        _line_up(connection, feeds, referential, zone)
        ((last_key,),) = connection.execute("select max(key) from followup_rows").fetchall()
        size = 2 * (int(last_key or 0) + 2)
        connection.execute(_AMONG.format(size=size))
        connection.execute("drop table build_ordered")
        connection.execute("alter table build_among rename to build_ordered")
        repeated(connection)
        search = Search.of(connection, feeds, clock, portable=portable)
        for parts in ranges(connection):
            connection.execute(
                _KEPT.format(
                    rows=ROWS,
                    names=", ".join(map(named, SHAPE)),
                    nearest=search.among(parts).replace("\n", "\n    "),
                    start_day=clock.day("o.own_started_at"),
                    end_day=clock.day("o.own_end_at"),
                    families=",\n    ".join(_families(size)),
                    parts=parts("c.part"),
                )
            )
    drop(connection, VIEW)
    if connection.execute(f"select 1 from {ROWS} limit 1").fetchall():
        make_view(connection, feeds, clock, VIEW, ROWS)
    else:
        _make_empty(connection)


def no_candidates(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the relation where there are no interactions."""
    drop(connection, VIEW)
    connection.execute(f"drop table if exists {ROWS}")
    _make_empty(connection)


def _make_empty(connection: duckdb.DuckDBPyConnection) -> None:
    """Make a table of the relation's columns: the view over no rows would take as long as all else of a small build."""
    columns = {column.name: column.type for column in RELATIONS["followups"].columns}
    _make(connection, VIEW, columns | {"weight": SHAPE["weight"]})


def _make(connection: duckdb.DuckDBPyConnection, table: str, shape: Mapping[str, str]) -> None:
    columns = ", ".join(f"{named(column)} {kind}" for column, kind in shape.items())
    connection.execute(f"create table {table} ({columns})")


def _forget_unbuilt(connection: duckdb.DuckDBPyConnection) -> None:
    delete_unbuilt(connection, ROWS, people=True)
    connection.execute(_GONE.format(rows=ROWS))
    connection.execute(_WEIGHTS.format(rows=ROWS))


def _line_up(connection: duckdb.DuckDBPyConnection, feeds: Feeds, referential: Referential, zone: Zone) -> None:
    connection.execute(_LINKS)
    for table in PASSED:
        connection.execute(f"drop table if exists temp.{table}")
    line_up(connection, referential, zone, feeds.channels(), "build_links")


def _families(size: int) -> list[str]:
    """What was found, with the keys of `followups`."""
    found = []
    for family in FAMILIES.values():
        found.append(f"(found.{family.name}_key % {size}) >> 1, found.{family.name}_at")
        if family.shown:
            found.append(f"found.{family.name}_offer")
    return found
