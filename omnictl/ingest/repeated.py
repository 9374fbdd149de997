"""Local times that the clock showed twice: which of the two an export means.

Landed, such a time is the first of the two instants. It is the second where the file shows it: around the change its
records are in the order of their times, forwards or backwards, but for one step within the repeated stretch, at which
the clock was put back. And what follows in one record, such as the end of a call, does not lie before its beginning.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from omnictl.engines.connection import named
from omnictl.localtime import literal, within_reach
from omnictl.zone import zone_of

if TYPE_CHECKING:
    import duckdb

    from omnictl.ingest.landing import Landed

# by relation, the time that a record is written for, and those that never lie before it
FOLLOWING = {
    "interactions": ("started_at", ("queued_at", "answered_at", "ended_at", "resolved_at")),
    "segments": ("started_at", ("ended_at",)),
}
NEAR = timedelta(days=1)  # how far around the change the order of a file must hold


@dataclass(frozen=True)
class Repeated:
    """Local times shown twice, as instants of the first showing; the second comes `lost` later."""

    since: datetime
    until: datetime

    @property
    def lost_s(self) -> int:
        return int((self.until - self.since).total_seconds())

    def holds(self, at: str) -> str:
        """SQL: whether a landed time is one of them."""
        return f"{at} >= {literal(self.since)} and {at} < {literal(self.until)}"


def settle_repeated(connection: duckdb.DuckDBPyConnection, landed: Sequence[Landed]) -> None:
    """Move the landed local times that are the second of two to their instant."""
    for each in landed:
        _settle(connection, each)


def _settle(connection: duckdb.DuckDBPyConnection, landed: Landed) -> None:
    at, following = FOLLOWING.get(landed.mapping.relation.name, (landed.mapping.relation.at, ()))
    local = _local_times(landed)
    if at not in local:
        return
    low, high = within_reach(f"min({named(at)})"), within_reach(f"max({named(at)})")
    ends = f"select {low}, {high} from {landed.table} where {named(at)} is not null having count(*) > 0"
    found = connection.execute(ends).fetchall()
    for stretch in _stretches(landed.mapping.source.timezone, *found[0]) if found else ():
        ((any_inside,),) = connection.execute(
            f"select count(*) from (from {landed.table} where {stretch.holds(named(at))} limit 1)"
        ).fetchall()
        if any_inside:
            _by_order(connection, landed, at, stretch)
            _by_record(connection, landed, at, [name for name in following if name in local], stretch)


def _local_times(landed: Landed) -> set[str]:
    """The landed columns that hold times read as the source's zone, in every file."""
    found = [{cell.name for cell in landing.cells if cell.local} for landing in landed.landings.values()]
    return set.intersection(*found) if found else set()


def _stretches(timezone: str, low: datetime, high: datetime) -> list[Repeated]:
    """The repeated stretches between two landed times."""
    stretches = zone_of(timezone).stretches(low - NEAR, high + NEAR)
    found = []
    for before, after in pairwise(stretches):
        lost = timedelta(seconds=before.offset_s - after.offset_s)
        if timedelta(0) < lost < NEAR:
            found.append(Repeated(after.since - lost, after.since))
    return found


def _by_order(connection: duckdb.DuckDBPyConnection, landed: Landed, at: str, stretch: Repeated) -> None:
    """The records of the second showing, as the order of their file tells them."""
    near = f"{named(at)} >= {literal(stretch.since - NEAR)} and {named(at)} < {literal(stretch.until + NEAR)}"
    inside = f"{stretch.holds('t')} and {stretch.holds('before')}"
    connection.execute(
        f"""
        create or replace temp table repeated as
        with places as (
            select _file, {landed.ordinal} as place, {named(at)} as t from {landed.table}
            where {near}
        ), steps as (
            select *, lag(t) over (partition by _file order by place) as before from places
        ), orders as (
            select _file, count_if(t < before) as down, count_if(t > before) as up,
                count_if(t < before and {inside}) as down_inside, count_if(t > before and {inside}) as up_inside,
                min(case when t < before and {inside} then place end) as fallen,
                min(case when t > before and {inside} then place end) as risen
            from steps group by _file
        )
        select _file, case when down = 1 then fallen end as since, case when up = 1 then risen end as until
        from orders
        where (down = 1 and down_inside = 1 and up >= 1 and not (up = 1 and up_inside = 1))
            or (up = 1 and up_inside = 1 and down >= 1 and not (down = 1 and down_inside = 1))
        """
    )
    place = f"{landed.table}.{landed.ordinal}"
    second = f"coalesce({place} >= repeated.since, {place} < repeated.until)"
    connection.execute(
        f"""
        update {landed.table} set {named(at)} = {named(at)} + interval '{stretch.lost_s}' second
        from repeated
        where repeated._file = {landed.table}._file and {stretch.holds(named(at))} and {second}
        """
    )


def _by_record(
    connection: duckdb.DuckDBPyConnection, landed: Landed, at: str, following: list[str], stretch: Repeated
) -> None:
    """What lies before the beginning of its own record is the second of the two."""
    for name in following:
        connection.execute(
            f"""
            update {landed.table} set {named(name)} = {named(name)} + interval '{stretch.lost_s}' second
            where {stretch.holds(named(name))} and {named(name)} < {named(at)}
            """
        )
