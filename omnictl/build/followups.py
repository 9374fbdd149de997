"""followups: for each interaction and family, the nearest other one of the same person.

`windows` says what that is; `passes` finds the same faster.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from omnictl.build.clock import Clock
from omnictl.build.feeds import Feeds
from omnictl.build.passes import pass_through
from omnictl.build.people import People, ranges
from omnictl.build.relatives import find_relatives, step_over
from omnictl.build.tables import FOLLOWUP_ROWS, empty_behind
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
where o.counted and {people}
"""
_BY_WINDOWS = """
create or replace temp table build_found as
with counted as ({counted}), nearest as ({nearest}), turned as ({turned}), chosen as ({chosen})
select * from chosen
"""
_OF_PEOPLE = """
select n.source, n.interaction_id, n.key, n.person_id, 1.0 as weight, n.started_at, n.end_at,
    {start_day} as start_day, {end_day} as end_day, n.offer,
    {found}
from build_found as n
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
# What is not written anew below stays: `link` lists a visit also where only its candidates have changed, and then not
# the person who certainly made it.
_GONE = """
delete from followup_rows
where person_id is null and exists (
    select 1 from unbuilt_interactions as u
    where u.source = followup_rows.source and u.interaction_id = followup_rows.interaction_id
)
"""
_GONE_PEOPLE = "delete from followup_rows where person_id in (select person_id from unbuilt_people)"
_TOUCHED = """join unbuilt_interactions as u on u.source = i.source and u.interaction_id = i.interaction_id
"""


def fill_followups(
    connection: duckdb.DuckDBPyConnection, feeds: Feeds, clock: Clock, *, some: bool = False, portable: bool = False
) -> None:
    """Make the relation anew, from what `order` made.

    Args:
        portable: see `Search`.
        some: only the rows of `unbuilt_people` and `unbuilt_interactions`.
    """
    if some:
        connection.execute(_GONE)
        connection.execute(_GONE_PEOPLE)
        connection.execute("delete from followup_offers")
    else:
        empty_behind(connection)
    connection.execute("insert into followup_offers select offer, channel, mode, solution from build_offers")
    names = ", ".join(map(named, FOLLOWUP_ROWS))
    search = Search.of(connection, feeds, clock, portable=portable)
    for people in ranges(connection):
        connection.execute(f"insert into followup_rows ({names})\n{search.among(people)}")
    connection.execute(_EXCLUDED)
    connection.execute(_OF_NOBODY.format(touched=_TOUCHED if some else ""))
    make_view(connection, feeds, clock)


@dataclass(frozen=True)
class Search:
    """The search for the nearest others of all that is lined up and counted.

    Attributes:
        channel: how the number of the channel is told from `packed`, in SQL.
        step: what a key is multiplied by in `packed`.
        related: whether there are relatives.
        portable: by windows that any engine knows, instead of DuckDB's own passes.
    """

    connection: duckdb.DuckDBPyConnection
    clock: Clock
    channel: Callable[[str], str]
    step: int
    related: bool
    portable: bool

    @classmethod
    def of(cls, connection: duckdb.DuckDBPyConnection, feeds: Feeds, clock: Clock, *, portable: bool = False) -> Search:
        ((last_offer,),) = connection.execute("select max(offer) from followup_offers").fetchall()
        bits = int(last_offer).bit_length()
        channel = _channel_of(connection, feeds, bits)
        return cls(connection, clock, channel, 1 << bits, find_relatives(connection), portable)

    def among(self, people: People) -> str:
        """The SELECT of the rows of some people, as `followup_rows` has them; makes what it reads."""
        counted = _COUNTED.format(step=self.step, people=people("o.person_id"))
        if self.portable:
            found = _BY_WINDOWS.format(
                counted=counted,
                nearest=nearest_in("counted"),
                turned=turned_in("nearest", self.channel),
                chosen=chosen_in("turned", self.channel),
            )
            self.connection.execute(found)
        else:
            self.connection.execute(f"create or replace temp table build_counted as{counted}")
            pass_through(self.connection, "build_counted", self.channel)
        if not (self.related and step_over(self.connection, self.step, people)):
            return self._rows("", stepped=False)
        return self._rows(_NOT_STEPPED, stepped=False) + "union all" + self._rows(_STEPPED, stepped=True)

    def _rows(self, joined: str, *, stepped: bool) -> str:
        columns = (_found(family, stepped, self.step) for family in FAMILIES.values())
        return _OF_PEOPLE.format(
            found=",\n    ".join(columns),
            joined=joined,
            start_day=self.clock.day("n.started_at"),
            end_day=self.clock.day("n.end_at"),
        )


def _channel_of(connection: duckdb.DuckDBPyConnection, feeds: Feeds, bits: int) -> Callable[[str], str]:
    """How the number of the channel is told from `packed`, in SQL."""
    numbers = {channel: str(number) for number, channel in enumerate(feeds.channels())}
    listed = connection.execute("select offer, channel from build_offers order by offer").fetchall()
    # an increment lists offers of channels that nothing is on any more: no row is told by them
    offers = [(offer, numbers.get(channel, "-1")) for offer, channel in listed]
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
