"""followups: for each interaction and family, the nearest other one of the same person.

Two things are carried through the windows per family: the time of the other, and `packed`, its place in the order and
the number of its offer (channel and solution) as one number, which grows with the order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from omnictl.build.clock import Clock, literal
from omnictl.build.feeds import Feeds, Span
from omnictl.build.relatives import POOLS, relate
from omnictl.build.tables import empty, names_of
from omnictl.relations.families import FAMILIES, Family

if TYPE_CHECKING:
    import duckdb

SECONDS = "decimal(18, 3)"

_OF_PEOPLE = """
insert into followups ({names})
with counted as (
    select o.key, o.person_id, o.source, o.interaction_id, o.started_at, o.end_at, o.channel, o.intent,
        o.visit, o.phone, (o.contact and d.key is null) as contact, o.key * {offers} + o.offer as packed
    from build_ordered as o
    left join build_duplicates as d on d.key = o.key
    where o.counted
), nearest as (
    select key, person_id, source, interaction_id, started_at, end_at, channel,
        {windows}
    from counted
), found as (
    select n.source, n.interaction_id, n.key, n.person_id, n.started_at, n.end_at, n.channel,
        epoch(n.started_at) as start_s, epoch(n.end_at) as end_s,
        {start_day} as start_day, {end_day} as end_day,
        {found}
    from nearest as n
    {stepped}
)
select found.source, found.interaction_id, found.key, found.person_id, 1.0 as weight,
    {columns}
from found
join build_spans as spans on spans.channel = found.channel
{shown}
"""
_EXCLUDED = """
insert into followups (source, interaction_id, key, person_id, weight)
select source, interaction_id, key, person_id, 1.0
from build_ordered
where not counted
"""
_OF_NOBODY = """
insert into followups (source, interaction_id)
select source, interaction_id
from identities
where person_id is null
"""


def fill_followups(connection: duckdb.DuckDBPyConnection, feeds: Feeds, clock: Clock) -> int:
    """Make the relation anew, from what `order` made; returns how many rows it has."""
    ((offers,),) = connection.execute("select max(offer) + 1 from build_offers").fetchall()
    related = relate(connection, offers)
    _spans(connection, feeds, clock)
    empty(connection, "followups")
    families = FAMILIES.values()
    connection.execute(
        _OF_PEOPLE.format(
            names=names_of("followups"),
            offers=offers,
            windows=",\n        ".join(_windows(family) for family in families),
            start_day=clock.day("n.started_at"),
            end_day=clock.day("n.end_at"),
            found=",\n        ".join(_found(family, related) for family in families),
            stepped="left join build_stepped as s on s.key = n.key" if related else "",
            columns=",\n    ".join(_columns(family, feeds, clock, offers) for family in families),
            shown="\n".join(_shown(family, offers) for family in families if family.shown),
        )
    )
    connection.execute(_EXCLUDED)
    connection.execute(_OF_NOBODY)
    ((rows,),) = connection.execute("select count(*) from followups").fetchall()
    return int(rows)


def _windows(family: Family) -> str:
    """The nearest of a family's pool: `packed`, and the time looked at."""
    which = "last_value" if family.back else "first_value"
    frame = "unbounded preceding and 1 preceding" if family.back else "1 following and unbounded following"
    partition = ", ".join(("person_id", *family.same))
    # rows without an intent are all in one partition, and follow none of them
    known = "".join(f" and {column} is not null" for column in family.same if column == "intent")

    def nearest(value: str, name: str) -> str:
        pooled = f"case when {POOLS[family.pool]}{known} then {value} end"
        over = f"partition by {partition} order by key rows between {frame}"
        return f"{which}({pooled} ignore nulls) over ({over}) as {family.name}_{name}"

    return f"{nearest('packed', 'packed')}, {nearest(_time(family), 'at')}"


def _time(family: Family) -> str:
    """The time of the other that counts: the end of an earlier one, the start of a later one."""
    return "end_at" if family.back else "started_at"


def _found(family: Family, related: bool) -> str:
    """What was found, or what is found instead of a relative."""
    if not related:
        return f"n.{family.name}_packed, n.{family.name}_at"
    return ", ".join(
        f"case when s.{family.name}_met = 1 then s.{family.name}_{what} else n.{family.name}_{what} end"
        f" as {family.name}_{what}"
        for what in ("packed", "at")
    )


def _columns(family: Family, feeds: Feeds, clock: Clock, offers: int) -> str:
    """The family's columns of the relation, in its order."""
    name, at = family.name, f"{family.name}_at"
    if family.back:
        overlap = f"{at} > started_at"
        apart, days = f"start_s - epoch({at})", f"date_diff('day', {clock.day(at)}, start_day)"
    else:
        overlap = f"{at} < end_at"
        apart, days = f"epoch({at}) - end_s", f"date_diff('day', end_day, {clock.day(at)})"
    values = [
        f"{name}_packed // {offers}",
        f"case when {overlap} then 0 else cast({apart} as {SECONDS}) end",
        f"case when {overlap} then 0 else {days} end",
        overlap,
        *_observed(family, feeds, clock),
        *(f"{name}_offer.{column}" for column in family.shown),
    ]
    return ", ".join(values)


def _observed(family: Family, feeds: Feeds, clock: Clock) -> tuple[str, str]:
    """How long from the end to the end of the data; for mirrors, from its beginning to the start."""
    if "channel" in family.same:
        edge_s, edge_day = f"spans.{family.name}_s", f"spans.{family.name}_day"
    else:
        edge_s, edge_day = _edge(family, feeds.of_family(family), clock)
    if family.back:
        return f"cast(start_s - {edge_s} as {SECONDS})", f"date_diff('day', {edge_day}, start_day)"
    return f"cast({edge_s} - end_s as {SECONDS})", f"date_diff('day', end_day, {edge_day}) - 1"


def _edge(family: Family, span: Span, clock: Clock) -> tuple[str, str]:
    """SQL: up to when the family is observed, in seconds since 1970, and the local day that is not whole any more.

    For mirrors: from when on, and the first local day that is whole.
    """
    instant = span.since if family.back else span.until
    if instant is None:
        return "cast(null as double)", "cast(null as date)"
    day = clock.first_whole_day(instant) if family.back else clock.day_of(instant)
    return f"epoch({literal(instant)})", f"date '{day.isoformat()}'"


def _spans(connection: duckdb.DuckDBPyConnection, feeds: Feeds, clock: Clock) -> None:
    """Make `build_spans`: by number of a channel, what is observed of the families on the same channel."""
    families = [family for family in FAMILIES.values() if "channel" in family.same]
    rows = []
    for number, channel in enumerate(feeds.channels()):
        cells = [str(number)]
        for family in families:
            edge_s, edge_day = _edge(family, feeds.of_family(family, channel), clock)
            cells += [f"{edge_s} as {family.name}_s", f"{edge_day} as {family.name}_day"]
        rows.append(f"select {cells[0]} as channel, {', '.join(cells[1:])}")
    connection.execute("create temp table build_spans as\n" + "\nunion all\n".join(rows))


def _shown(family: Family, offers: int) -> str:
    offer = f"{family.name}_offer"
    return f"join build_offers as {offer} on {offer}.offer = coalesce(found.{family.name}_packed % {offers}, 0)"
