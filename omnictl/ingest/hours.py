"""Whether a contact began inside opening hours, where its source does not say: by the calendar of the referential."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from omnictl.calendars import default_of
from omnictl.ingest.mapping import USED
from omnictl.localtime import EARLIEST, LATEST, within_reach
from omnictl.opening import Opening
from omnictl.zone import zone_of

if TYPE_CHECKING:
    import duckdb

    from omnictl.workspace import Workspace

TABLE = "opening_days"
STARTED = "l.started_at"


@dataclass(frozen=True)
class Hours:
    """How the rows of the landed table `l` learn whether they began inside opening hours."""

    join: str
    inside: str


def hours_of(connection: duckdb.DuckDBPyConnection, workspace: Workspace, table: str) -> Hours | None:
    """Make a temporary table of the days of some landed rows and their opening hours.

    Args:
        table: the landed table; it has `started_at`.

    Returns:
        None where no calendar is meant, or no row has a time.
    """
    calendars = workspace.referential.calendars
    name = default_of(calendars)
    if name is None:
        return None
    low, high = within_reach(f"min({STARTED})"), within_reach(f"max({STARTED})")
    ends = f"select {low}::date, {high}::date from {table} l where l._fate = {USED} having count({STARTED}) > 0"
    found = connection.execute(ends).fetchall()
    if not found:
        return None
    opening = Opening(calendars[name], zone_of(workspace.timezone), *_around(*found[0]))
    connection.execute(f"create or replace temp table {TABLE} as\n{opening.table()}")
    join = f"left join temp.{TABLE} hours on hours.day = {opening.day(STARTED)}"
    return Hours(join, opening.inside(STARTED, "hours"))


def _around(low: date, high: date) -> tuple[date, date]:
    """A day more on either side, whatever the zone."""
    day = timedelta(days=1)
    return max(low, EARLIEST + day) - day, min(high, LATEST - day) + day
