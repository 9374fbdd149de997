"""followups: for each interaction and family, the nearest other one of the same person.

`windows` says what that is; `passes` finds the same faster.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from omnictl.build.clock import Clock
from omnictl.build.feeds import Feeds
from omnictl.build.passes import pass_through
from omnictl.build.relatives import relate
from omnictl.build.tables import FOLLOWUP_ROWS, delete_unbuilt, empty_behind
from omnictl.build.view import by_number, make_view
from omnictl.build.windows import chosen_in, nearest_in, turned_in
from omnictl.engines.connection import named
from omnictl.relations.families import FAMILIES, Family

if TYPE_CHECKING:
    import duckdb

_COUNTED = """
select o.key, o.person_id, o.source, o.interaction_id, o.started_at, o.end_at, o.offer, o.channel, o.intent,
    o.visit, o.phone, o.assisted, (o.contact and d.key is null) as contact, o.key * {step} + o.offer as packed
from build_ordered as o
left join build_duplicates as d on d.key = o.key
where o.counted
"""
_BY_WINDOWS = """
with counted as ({counted}), nearest as ({nearest}), turned as ({turned}), chosen as ({chosen})
"""
_OF_PEOPLE = """
select n.source, n.interaction_id, n.key, n.person_id, 1.0 as weight, n.started_at, n.end_at,
    {start_day} as start_day, {end_day} as end_day, n.offer,
    {found}
from {origin} as n
{joined}"""
# Few rows have relatives: only these carry what is found instead of them.
_STEPPED = "join build_stepped as s on s.key = n.key\n"
_NOT_STEPPED = "left join build_stepped as s on s.key = n.key\nwhere s.key is null\n"
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


def fill_followups(
    connection: duckdb.DuckDBPyConnection, feeds: Feeds, clock: Clock, *, some: bool = False, portable: bool = False
) -> None:
    """Make the relation anew, from what `order` made.

    Args:
        portable: see `nearest`.
        some: only the rows of `unbuilt_people` and `unbuilt_interactions`.
    """
    if some:
        delete_unbuilt(connection, "followup_rows", people=True)
        connection.execute("delete from followup_offers")
    else:
        empty_behind(connection)
    connection.execute("insert into followup_offers select offer, channel, mode, solution from build_offers")
    names = ", ".join(map(named, FOLLOWUP_ROWS))
    connection.execute(f"insert into followup_rows ({names})\n{nearest(connection, feeds, clock, portable=portable)}")
    connection.execute(_EXCLUDED)
    connection.execute(_OF_NOBODY.format(touched=_TOUCHED if some else ""))
    make_view(connection, feeds, clock)


def nearest(connection: duckdb.DuckDBPyConnection, feeds: Feeds, clock: Clock, *, portable: bool = False) -> str:
    """The SELECT of the rows of all that is lined up and counted, as `followup_rows` has them; makes what it reads.

    Args:
        portable: by windows that any engine knows, instead of DuckDB's own passes.
    """
    ((last_offer,),) = connection.execute("select max(offer) from followup_offers").fetchall()
    bits = int(last_offer).bit_length()
    step = 1 << bits
    related = relate(connection, step)
    channel = _channel_of(connection, feeds, bits)
    counted = _COUNTED.format(step=step)
    if portable:
        before = _BY_WINDOWS.format(
            counted=counted,
            nearest=nearest_in("counted"),
            turned=turned_in("nearest", channel),
            chosen=chosen_in("turned", channel),
        )
        origin = "chosen"
    else:
        connection.execute(f"create or replace temp table build_counted as{counted}")
        before, origin = "", pass_through(connection, "build_counted", channel)
    days = {"start_day": clock.day("n.started_at"), "end_day": clock.day("n.end_at")}

    def rows(joined: str, stepped: bool) -> str:
        columns = (_found(family, stepped, step) for family in FAMILIES.values())
        return _OF_PEOPLE.format(origin=origin, found=",\n    ".join(columns), joined=joined, **days)

    if not related:
        return before + rows("", stepped=False)
    return before + rows(_NOT_STEPPED, stepped=False) + "union all" + rows(_STEPPED, stepped=True)


def _channel_of(connection: duckdb.DuckDBPyConnection, feeds: Feeds, bits: int) -> Callable[[str], str]:
    """How the number of the channel is told from `packed`, in SQL."""
    numbers = {channel: str(number) for number, channel in enumerate(feeds.channels())}
    listed = connection.execute("select offer, channel from build_offers order by offer").fetchall()
    offers = [(offer, numbers[channel]) for offer, channel in listed]
    return lambda packed: by_number(f"{packed} % {1 << bits}", offers)


def _found(family: Family, stepped: bool, step: int) -> str:
    """What was found, or what is found instead of a relative: key, time and, where it is shown, offer."""

    def met(what: str) -> str:
        name = f"{family.name}_{what}"
        return f"case when s.{family.name}_met = 1 then s.{name} else n.{name} end" if stepped else f"n.{name}"

    packed = met("packed")
    columns = [f"({packed}) >> {step.bit_length() - 1} as {family.name}_key", f"{met('at')} as {family.name}_at"]
    if family.shown:
        columns.append(f"({packed}) % {step} as {family.name}_offer")
    return ", ".join(columns)
