"""followups: for each interaction and family, the nearest other one of the same person.

Two things are carried through the windows per family: the time of the other, and `packed`, its place in the order and
the number of its offer (channel and solution) in the low bits, as one number which grows with the order.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from omnictl.build.clock import Clock
from omnictl.build.feeds import Feeds
from omnictl.build.relatives import in_pool, relate
from omnictl.build.tables import FOLLOWUP_ROWS, delete_unbuilt, empty_behind
from omnictl.build.view import by_number, make_view
from omnictl.engines.connection import named
from omnictl.relations.families import FAMILIES, Family

if TYPE_CHECKING:
    import duckdb

_OF_PEOPLE = """
with counted as (
    select o.key, o.person_id, o.source, o.interaction_id, o.started_at, o.end_at, o.offer, o.channel, o.intent,
        o.visit, o.phone, o.assisted, (o.contact and d.key is null) as contact, o.key * {step} + o.offer as packed
    from build_ordered as o
    left join build_duplicates as d on d.key = o.key
    where o.counted
), nearest as (
    select key, person_id, source, interaction_id, started_at, end_at, offer, channel, intent, contact, packed,
        {windows}
    from counted
), turned as (
    select *,
        {turns}
    from nearest
), left_behind as (
    select *,
        {afters}
    from turned
)
select n.source, n.interaction_id, n.key, n.person_id, 1.0 as weight, n.started_at, n.end_at,
    {start_day} as start_day, {end_day} as end_day, n.offer,
    {found}
from left_behind as n
{stepped}
"""
_EXCLUDED = """
insert into followup_rows (source, interaction_id, key, person_id, weight, started_at)
select source, interaction_id, key, person_id, 1.0, started_at
from build_ordered
where not counted
"""
_OF_NOBODY = """
insert into followup_rows (source, interaction_id, started_at)
select i.source, i.interaction_id, i.started_at
from identities
join interactions as i on i.source = identities.source and i.interaction_id = identities.interaction_id
{touched}where identities.person_id is null
"""
_TOUCHED = """join unbuilt_interactions as u on u.source = i.source and u.interaction_id = i.interaction_id
"""


def fill_followups(connection: duckdb.DuckDBPyConnection, feeds: Feeds, clock: Clock, *, some: bool = False) -> None:
    """Make the relation anew, from what `order` made.

    Args:
        some: only the rows of `unbuilt_people` and `unbuilt_interactions`.
    """
    if some:
        delete_unbuilt(connection, "followup_rows", people=True)
        connection.execute("delete from followup_offers")
    else:
        empty_behind(connection)
    connection.execute("insert into followup_offers select offer, channel, mode, solution from build_offers")
    names = ", ".join(map(named, FOLLOWUP_ROWS))
    connection.execute(f"insert into followup_rows ({names})\n{nearest(connection, feeds, clock)}")
    connection.execute(_EXCLUDED)
    connection.execute(_OF_NOBODY.format(touched=_TOUCHED if some else ""))
    make_view(connection, feeds, clock)


def nearest(connection: duckdb.DuckDBPyConnection, feeds: Feeds, clock: Clock) -> str:
    """The SELECT of the rows of all that is lined up and counted, as `followup_rows` has them; makes what it reads."""
    ((last_offer,),) = connection.execute("select max(offer) from followup_offers").fetchall()
    bits = int(last_offer).bit_length()
    related = relate(connection, 1 << bits)
    families = FAMILIES.values()
    others = [family for family in families if family.other]
    channel = _channel_of(connection, feeds, bits)
    return _OF_PEOPLE.format(
        step=1 << bits,
        windows=",\n        ".join(_windows(family) for family in families if not family.other),
        turns=",\n        ".join(_turns(family, channel) for family in others),
        afters=",\n        ".join(_afters(family) for family in others),
        start_day=clock.day("n.started_at"),
        end_day=clock.day("n.end_at"),
        found=",\n    ".join(_found(family, related, bits, channel) for family in families),
        stepped="left join build_stepped as s on s.key = n.key" if related else "",
    )


def _windows(family: Family) -> str:
    """The nearest of a family's pool: `packed`, and the time looked at."""
    pool = in_pool(family) + _known(family)
    values = {"packed": "packed", "at": _time(family)}
    return ", ".join(
        f"{_nearest(family, f'case when {pool} then {value} end')} as {family.name}_{name}"
        for name, value in values.items()
    )


def _nearest(family: Family, value: str) -> str:
    """The nearest value that there is before or after, of the same person and what else must be the same."""
    which = "last_value" if family.back else "first_value"
    frame = "unbounded preceding and 1 preceding" if family.back else "1 following and unbounded following"
    partition = ", ".join(("person_id", *family.same))
    return f"{which}({value} ignore nulls) over (partition by {partition} order by key rows between {frame})"


def _known(family: Family) -> str:
    """Rows without an intent are all in one partition, and follow none of them."""
    return " and intent is not null" if "intent" in family.same else ""


def _turns(family: Family, channel: Callable[[str], str]) -> str:
    """Of a family on another channel: the nearest row that begins a run of contacts on one channel (looking back, ends
    one). It is what is looked for where the nearest contact of all is on this channel."""
    beside = f"{_any(family, not family.back)}_packed"
    turns = f"contact{_known(family)} and {channel(beside)} is distinct from channel"
    values = {"packed": "packed", "at": _time(family)}
    return ", ".join(
        f"{_nearest(family, f'case when {turns} then {value} end')} as {family.name}_turn_{name}"
        for name, value in values.items()
    )


def _afters(family: Family) -> str:
    """What the nearest contact of all has for its turn; `packed` is 0 where it has none, so that it is seen."""
    contact = f"contact{_known(family)}"
    values = {"packed": "0", "at": "started_at"}
    return ", ".join(
        f"{_nearest(family, f'case when {contact} then coalesce({family.name}_turn_{name}, {none}) end')}"
        f" as {family.name}_after_{name}"
        for name, none in values.items()
    )


def _any(family: Family, back: bool) -> str:
    """The name of the family that looks for the same on any channel, forwards or back."""
    return next(
        other.name
        for other in FAMILIES.values()
        if (other.pool, other.same, other.back, other.other) == (family.pool, family.same, back, False)
    )


def _channel_of(connection: duckdb.DuckDBPyConnection, feeds: Feeds, bits: int) -> Callable[[str], str]:
    """How the number of the channel is told from `packed`, in SQL."""
    numbers = {channel: str(number) for number, channel in enumerate(feeds.channels())}
    listed = connection.execute("select offer, channel from build_offers order by offer").fetchall()
    offers = [(offer, numbers[channel]) for offer, channel in listed]
    return lambda packed: by_number(f"{packed} % {1 << bits}", offers)


def _time(family: Family) -> str:
    """The time of the other that counts: the end of an earlier one, the start of a later one."""
    return "end_at" if family.back else "started_at"


def _found(family: Family, related: bool, bits: int, channel: Callable[[str], str]) -> str:
    """What was found, or what is found instead of a relative: key, time and, where it is shown, offer."""

    def met(what: str) -> str:
        found = f"n.{family.name}_{what}"
        if family.other:
            any_, after = f"n.{_any(family, family.back)}", f"n.{family.name}_after"
            found = (
                f"case when {channel(f'{any_}_packed')} <> n.channel then {any_}_{what} "
                f"when {after}_packed <> 0 then {after}_{what} end"
            )
        return f"case when s.{family.name}_met = 1 then s.{family.name}_{what} else {found} end" if related else found

    packed = met("packed")
    columns = [f"({packed}) >> {bits} as {family.name}_key", f"{met('at')} as {family.name}_at"]
    if family.shown:
        columns.append(f"({packed}) % {1 << bits} as {family.name}_offer")
    return ", ".join(columns)
