"""What the store knows of its sources without a look at their rows: their standing, tallies, files and rejects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from omnictl.relations import RELATIONS
from omnictl.relations.column import CHANNELS
from omnictl.standing import Standing, standings_of
from omnictl.tracking.checks.scans import Group, GroupKey, Groups

if TYPE_CHECKING:
    import duckdb

    from omnictl.workspace import Workspace


class HeldFile(NamedTuple):
    """One file that was loaded."""

    path: str
    modified: datetime
    records: int


class Rejected(NamedTuple):
    """Rejects of one source and column that are listed, and the most frequent reason. `column` is '' for a whole
    record."""

    column: str
    records: int
    reason: str


@dataclass(frozen=True)
class Held:
    """What the store knows of its sources.

    Attributes:
        standings: of every source of the workspace.
        tallies: relation → rows and filled columns per source and channel.
        oldest, newest: (source, relation) → the first and the last time of its rows.
        feeds: relation → the sources that have rows of it, or had.
        waiting: the sources whose rows are held apart, to be put together with those of others.
        files: source → its files, by time.
        rejects: source → what was rejected of it.
        unknown: (source, kind) → values that mean nothing, and how many rows each.
    """

    standings: Mapping[str, Standing]
    tallies: Mapping[str, Groups]
    oldest: Mapping[tuple[str, str], datetime]
    newest: Mapping[tuple[str, str], datetime]
    feeds: Mapping[str, tuple[str, ...]]
    waiting: frozenset[str]
    files: Mapping[str, list[HeldFile]]
    rejects: Mapping[str, list[Rejected]]
    unknown: Mapping[tuple[str, str], list[tuple[str, int]]]

    def channels(self) -> dict[str, tuple[str, ...]]:
        """The channels of each source's contacts, in the order they are listed everywhere."""
        found: dict[str, dict[str, None]] = {}
        known = list(CHANNELS)
        for key in self.tallies.get("interactions", {}):
            if key.channel is not None:
                found.setdefault(key.source, {})[key.channel] = None
        return {
            source: tuple(sorted(names, key=lambda name: (known.index(name) if name in known else len(known), name)))
            for source, names in found.items()
        }

    def rows(self, source: str, relation: str) -> int:
        """How many rows a source has in a relation."""
        return sum(group.rows for key, group in self.tallies.get(relation, {}).items() if key.source == source)


def held_of(workspace: Workspace, connection: duckdb.DuckDBPyConnection, now: datetime) -> Held:
    """What a published store knows of its sources.

    Args:
        now: the present moment, naive UTC.
    """
    tallies, oldest, newest = _tallies(connection)
    feeds: dict[str, tuple[str, ...]] = {}
    for source, relation in connection.execute("select distinct source, relation from feeds order by all").fetchall():
        feeds[relation] = (*feeds.get(relation, ()), source)
    waiting = connection.execute("select source from sources where _held").fetchall()
    return Held(
        standings={each.name: each for each in standings_of(workspace, connection, now) if each.source is not None},
        tallies=tallies,
        oldest=oldest,
        newest=newest,
        feeds=feeds,
        waiting=frozenset(source for (source,) in waiting),
        files=_files(connection),
        rejects=_rejects(connection),
        unknown=_unknown(connection),
    )


Times = dict[tuple[str, str], datetime]


def _tallies(connection: duckdb.DuckDBPyConnection) -> tuple[dict[str, Groups], Times, Times]:
    found: dict[str, Groups] = {}
    oldest: Times = {}
    newest: Times = {}
    # A year before 1 comes back as a text: the bounds are kept where calendars are. (greatest() skips NULLs.)
    rows = connection.execute(
        """
        select relation, source, channel, column_name, row_count, filled,
            case when lowest < timestamp '1900-01-01' then timestamp '1900-01-01' else lowest end,
            case when highest > timestamp '9998-12-31' then timestamp '9998-12-31' else highest end
        from fills
        order by all
        """
    ).fetchall()
    for relation, source, channel, column, count, filled, lowest, highest in rows:
        groups = found.setdefault(relation, {})
        group = groups.setdefault(GroupKey(source, channel, ""), Group(count))
        group.filled[column] = filled
        if highest is not None and relation in RELATIONS and column == RELATIONS[relation].at:
            oldest[source, relation] = min(lowest, oldest.get((source, relation), lowest))
            newest[source, relation] = max(highest, newest.get((source, relation), highest))
    return found, oldest, newest


def _files(connection: duckdb.DuckDBPyConnection) -> dict[str, list[HeldFile]]:
    found: dict[str, list[HeldFile]] = {}
    rows = connection.execute("select source, path, modified, records from files order by source, modified, path")
    for source, path, modified, records in rows.fetchall():
        found.setdefault(source, []).append(HeldFile(path, modified, records))
    return found


def _rejects(connection: duckdb.DuckDBPyConnection) -> dict[str, list[Rejected]]:
    found: dict[str, list[Rejected]] = {}
    rows = connection.execute(
        """
        with reasons as (
            select source, coalesce("column", '') as of_column, reason, count(*) as records from rejects group by all
        )
        select source, of_column, sum(records)::bigint as records, arg_min(reason, (-records, reason)) from reasons
        group by all order by source, records desc, of_column
        """
    ).fetchall()
    for source, column, records, reason in rows:
        found.setdefault(source, []).append(Rejected(column, records, reason))
    return found


def _unknown(connection: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], list[tuple[str, int]]]:
    found: dict[tuple[str, str], list[tuple[str, int]]] = {}
    rows = connection.execute(
        "select source, kind, value, row_count from unmapped order by source, kind, row_count desc, value"
    ).fetchall()
    for source, kind, value, count in rows:
        found.setdefault((source, kind), []).append((value, count))
    return found
