"""The stage `build`: whether there is anything to do, and what its row of `runs` says."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import TYPE_CHECKING

from omnictl.build.candidates import ROWS, fill_candidates, no_candidates
from omnictl.build.clock import Clock
from omnictl.build.costs import fill_costs
from omnictl.build.feeds import read_feeds
from omnictl.build.fills import fill_fills
from omnictl.build.followups import fill_followups
from omnictl.build.increment import Increment, increment_of, remember
from omnictl.build.levels import Since, Told, fill_levels
from omnictl.build.needs import fill_needs
from omnictl.build.ordered import assisted, order
from omnictl.build.tables import empty, forget, table_of
from omnictl.engines.connection import transaction
from omnictl.engines.store import read_meta
from omnictl.progress import Progress, Silent
from omnictl.stages import RunRow, begun, forget_unbuilt, made, made_of, now_utc, stamp_of
from omnictl.zone import zone_of

if TYPE_CHECKING:
    import duckdb

    from omnictl.referential import Referential
    from omnictl.workspace import Workspace

STAGE = "build"
CANDIDATES = "followups_probable"
MADE = ("followups", "needs", "levels", "costs", CANDIDATES)
VERSION = 4  # of what is made of the same inputs: another one has it made anew


def build(
    workspace: Workspace,
    connection: duckdb.DuckDBPyConnection,
    *,
    run_id: str,
    full: bool = False,
    progress: Progress | None = None,
    notes: list[str] | None = None,
) -> RunRow:
    """Make followups, needs, levels and costs anew when something they are made of has changed.

    Args:
        full: make them anew in any case.
        notes: gets what the user should know, in words.

    Raises:
        duckdb.Error: the database cannot; nothing is changed then.
    """
    inputs = inputs_of(workspace, connection)
    row = begun(connection, STAGE, run_id, inputs, full=full)
    if row.status == "unchanged":
        return row
    settings = settings_of(workspace)
    with (progress or Silent()).stage(STAGE), transaction(connection):
        increment = None if full else increment_of(connection, settings)
        rows, told = _derive(
            connection, workspace.timezone, workspace.silence, workspace.referential, increment=increment
        )
        fill_fills(connection)
        remember(connection, settings, told, increment)
        forget_unbuilt(connection)
        row.relation_rows = sum(rows.values())
        row.ended_at = now_utc()
        made(connection, row, inputs)
    if notes is not None and made_of(connection, "link") is None:
        notes.append("build: nobody has been linked yet, so nothing follows anything; `omnictl link` makes people")
    return row


def inputs_of(workspace: Workspace, connection: duckdb.DuckDBPyConnection) -> str:
    """The stamp of what is built of: people, what was loaded, and the settings that decide."""
    return stamp_of(settings_of(workspace), made_of(connection, "link"), read_meta(connection, "stamp of ingest"))


def settings_of(workspace: Workspace) -> str:
    """The stamp of what every row depends on."""
    referential = workspace.referential
    return stamp_of(
        VERSION,
        workspace.timezone,
        workspace.silence,
        [rate.terms for rate in referential.rates],
        sorted((name, channel.mode) for name, channel in referential.channels.items()),
    )


def derive(
    connection: duckdb.DuckDBPyConnection,
    *,
    timezone: str,
    silence: timedelta,
    referential: Referential,
    wanted: Collection[str] = MADE,
    portable: bool = False,
) -> dict[str, int]:
    """Make followups, needs, levels and costs of interactions, segments, identities and sources (watermark, until); and
    of candidates what would follow them.

    Args:
        wanted: which of them; the others are left as they are. What would follow candidates needs `followups`.
        timezone: the IANA zone whose local days are counted.
        silence: that ends a need.
        referential: modes of channels, and rates.
        portable: by statements that any engine knows, where DuckDB has a faster form.

    Returns:
        How many rows each of them has.
    """
    return _derive(connection, timezone, silence, referential, wanted, portable=portable)[0]


def _derive(
    connection: duckdb.DuckDBPyConnection,
    timezone: str,
    silence: timedelta,
    referential: Referential,
    wanted: Collection[str] = MADE,
    increment: Increment | None = None,
    portable: bool = False,
) -> tuple[dict[str, int], Told]:
    """What `derive` does, or only what an increment asks for; and what the next one has to know."""
    forget(connection)
    people_serve = assisted(referential.channels)
    feeds = read_feeds(connection, people_serve)
    bounds = feeds.bounds()
    chosen = [relation for relation in MADE if relation in wanted]
    if bounds is None:
        for relation in chosen:
            no_candidates(connection) if relation == CANDIDATES else empty(connection, relation)
        return dict.fromkeys(chosen, 0), Told()
    zone = zone_of(timezone)
    some = increment is not None
    if "followups" in wanted or "needs" in wanted:
        order(connection, referential, zone, feeds.channels(), some=some)
    if "followups" in wanted:
        fill_followups(connection, feeds, Clock.of(zone, *bounds), some=some, portable=portable)
    if "needs" in wanted:
        fill_needs(connection, feeds, silence, people_serve, some=some)
    told = Told()
    if "levels" in wanted:
        since = Since(increment.since, increment.before.told) if increment is not None else None
        told = fill_levels(connection, people_serve, since)
    if "costs" in wanted:
        fill_costs(connection, referential.rates, zone, some=some)
    if CANDIDATES in wanted:
        fill_candidates(connection, feeds, Clock.of(zone, *bounds), referential, zone, some=some, portable=portable)
    forget(connection)
    return {relation: _count(connection, relation) for relation in chosen}, told


def _count(connection: duckdb.DuckDBPyConnection, relation: str) -> int:
    table = ROWS if relation == CANDIDATES else table_of(connection, relation)
    ((rows,),) = connection.execute(f"select count(*) from {table}").fetchall()
    return int(rows)
