"""What a store holds, counted by event and source: rows, rows that have each column, people, what came when."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from omnictl.compiler.catalog import Catalog, Fill
from omnictl.engines.connection import named
from omnictl.relations import RELATIONS
from omnictl.standing import Standing, standings_of
from omnictl.tracking.plan import IDENTIFIER, TOLD_BY, Event
from omnictl.tracking.rhythm import BEGIN, STATED

if TYPE_CHECKING:
    import duckdb

    from omnictl.workspace import Workspace

Spot = tuple[str, str | None, str]  # relation, channel, kind; None and '' where the relation has none
PERSON = "person_id"  # among the filled columns of interactions: those whose person is known
ODD = "_outcome"  # among them: those whose outcome is none of ours
_BY_PARENT = ("steps", "segments", "surveys")  # their rows are on the channel of their interaction

_FILLS = """
select relation, channel, source, column_name, row_count, filled
from fills
"""
_PEOPLE = """
select interactions.channel, interactions.source, count(*), count(identities.person_id), count(interactions._outcome)
from interactions
left join identities using (source, interaction_id)
group by all
"""
_DAYS = """
select source, cast(timezone($zone, timezone('UTC', {at})) as date) as day, count(*)
from {relation}
where {at} between $since and $until
group by all
order by all
"""
_EVER = datetime(2200, 1, 1)  # what is stated beforehand may be of next year


@dataclass(frozen=True)
class Cell:
    """The rows of one source at one spot, and of how many each column is filled."""

    rows: int
    filled: Mapping[str, int]


@dataclass(frozen=True)
class Edge:
    """An instant (naive UTC) after which rows end too late for a window, or, `back`, before which they start too
    early."""

    at: datetime
    back: bool = False


@dataclass(frozen=True)
class Held:
    """What a store holds.

    Attributes:
        cells: spot → source → rows.
        standings: how each source stands, by name.
        shapes: source → what its mapping was when it was loaded.
        days: relation and source → local day → rows, of relations whose rows have a time.
        firsts: source → its first start (naive UTC).
        outside: channel and edge → contacts and visits of known people behind it.
        odd: event and column → source → rows with a value that the plan does not list, and rows.
    """

    catalog: Catalog
    cells: Mapping[Spot, Mapping[str, Cell]]
    standings: Mapping[str, Standing] = field(default_factory=dict)
    shapes: Mapping[str, str] = field(default_factory=dict)
    days: Mapping[tuple[str, str], Mapping[date, int]] = field(default_factory=dict)
    firsts: Mapping[str, datetime] = field(default_factory=dict)
    outside: Mapping[tuple[str, Edge], int] = field(default_factory=dict)
    odd: Mapping[tuple[str, str], Mapping[str, tuple[int, int]]] = field(default_factory=dict)

    def at(self, relation: str, channel: str | None, kinds: Iterable[str] = ()) -> list[tuple[str, Cell]]:
        """The rows of every source at a spot; `channel` None: on every channel; no kinds: of every kind."""
        wanted = set(kinds)
        return [
            (source, cell)
            for (name, where, kind), sources in self.cells.items()
            if name == relation and (channel is None or where == channel) and (not wanted or kind in wanted)
            for source, cell in sources.items()
        ]

    def rows(self, relation: str, channel: str | None, kinds: Iterable[str] = ()) -> int:
        """How many rows there are at a spot."""
        return sum(cell.rows for _, cell in self.at(relation, channel, kinds))

    def filled(self, relation: str, channel: str | None, kinds: Iterable[str], column: str) -> int:
        """How many of them have a column."""
        return sum(cell.filled.get(column, 0) for _, cell in self.at(relation, channel, kinds))

    @property
    def channels(self) -> list[str]:
        """Those that contacts and visits are on."""
        return sorted({where for relation, where, _ in self.cells if relation == "interactions" and where})

    def with_cells(self, cells: Mapping[Spot, Mapping[str, Cell]]) -> Held:
        """The same with other rows; what the compiler knows of the data follows."""
        fills: dict[tuple[str, str | None, str], Fill] = {
            key: fill for key, fill in self.catalog.fills.items() if key[0] not in {spot[0] for spot in cells}
        }
        for key, fill in self.catalog.fills.items():
            relation, channel, column = key
            if key in fills:
                continue
            found = [
                cell
                for (name, where, _), sources in cells.items()
                if name == relation and (channel is None or where == channel)
                for cell in sources.values()
            ]
            rows = sum(cell.rows for cell in found)
            filled = min(fill.filled, sum(cell.filled.get(column, fill.filled) for cell in found))
            if rows:
                fills[key] = replace(fill, rows=min(fill.rows, rows), filled=filled)
        return replace(self, cells=cells, catalog=replace(self.catalog, fills=fills))


def read_held(
    connection: duckdb.DuckDBPyConnection,
    workspace: Workspace,
    catalog: Catalog,
    events: Iterable[Event],
    now: datetime,
    firsts: Mapping[str, datetime],
    edges: Iterable[Edge] = (),
) -> Held:
    """Count what a published store holds.

    Args:
        events: the planned ones; of their properties is counted how many rows have them.
        now: the present moment, naive UTC; decides what is late.
        firsts, edges: see `Held`.
    """
    events = list(events)
    columns: dict[str, dict[str, None]] = {}
    for event in events:
        columns.setdefault(event.relation, {}).update(
            {each.column: None for each in event.properties if each.needed or each.helps or each.cuts}
        )
    cells: dict[Spot, dict[str, tuple[int, dict[str, int]]]] = {}
    for relation, channel, source, column, rows, filled in connection.execute(_FILLS).fetchall():
        if relation in _BY_PARENT or relation not in RELATIONS or RELATIONS[relation].written_by != "connector":
            continue
        most, known = cells.setdefault((relation, channel, ""), {}).get(source, (0, {}))
        cells[relation, channel, ""][source] = (max(most, rows), known | {column: filled})
    for channel, source, _, people, odd in connection.execute(_PEOPLE).fetchall():
        cells.get(("interactions", channel, ""), {}).get(source, (0, {}))[1].update({PERSON: people, ODD: odd})
    for relation in _BY_PARENT:
        for channel, kind, source, rows, filled in _counted(connection, relation, columns.get(relation, ())):
            cells.setdefault((relation, channel, kind), {})[source] = (rows, filled)
    shapes = dict(connection.execute("select source, fingerprint from sources").fetchall())
    return Held(
        catalog,
        {spot: {source: Cell(*each) for source, each in sources.items()} for spot, sources in cells.items()},
        _standings(connection, workspace, now),
        shapes,
        _days(connection, workspace, now),
        firsts,
        _outside(connection, edges),
        dict(_odd(connection, events)),
    )


def _counted(
    connection: duckdb.DuckDBPyConnection, relation: str, columns: Iterable[str]
) -> list[tuple[str | None, str, str, int, dict[str, int]]]:
    """The rows of a relation whose rows lie on the channel of their interaction, by channel, kind and source."""
    known = [name for name in dict.fromkeys(columns) if RELATIONS[relation].column(name) is not None]
    counts = "".join(f", count({relation}.{named(name)})" for name in known)
    own = f"coalesce({relation}.channel, interactions.channel)" if relation == "surveys" else "interactions.channel"
    shape = RELATIONS[relation]
    source, identifier = shape.owner or ("source", "interaction_id")
    text = (
        f"select {own} as channel, coalesce({relation}.{TOLD_BY[relation]}, '') as kind, {relation}.source, count(*)"
        f"{counts}\nfrom {relation}\nleft join interactions on interactions.source = {relation}.{source}\n"
        f"  and interactions.interaction_id = {relation}.{identifier}\ngroup by 1, 2, 3\norder by 1, 2, 3"
    )
    return [
        (channel, kind, name, rows, dict(zip(known, filled, strict=True)))
        for channel, kind, name, rows, *filled in connection.execute(text).fetchall()
    ]


def _standings(connection: duckdb.DuckDBPyConnection, workspace: Workspace, now: datetime) -> dict[str, Standing]:
    return {each.name: each for each in standings_of(workspace, connection, now) if each.source is not None}


def _days(
    connection: duckdb.DuckDBPyConnection, workspace: Workspace, now: datetime
) -> dict[tuple[str, str], dict[date, int]]:
    """Rows by local day, of sources that say how often they come; a day that cannot have been is none."""
    expected = {name for name, source in workspace.sources.items() if source.retrieval and source.retrieval.every}
    found: dict[tuple[str, str], dict[date, int]] = {}
    fed = connection.execute("select distinct relation from fills").fetchall() if expected else []
    for (relation,) in fed:
        shape = RELATIONS.get(relation)
        at = shape.column(shape.at) if shape is not None and shape.at else None
        if shape is None or shape.written_by != "connector" or at is None or at.type != "TIMESTAMP":
            continue
        text = _DAYS.format(at=named(at.name), relation=relation)
        until = _EVER if relation in STATED else now + timedelta(days=1)
        bounds = {"zone": workspace.timezone, "since": BEGIN, "until": until}
        for source, day, rows in connection.execute(text, bounds).fetchall():
            if source in expected and day is not None:
                found.setdefault((relation, source), {})[day] = rows
    return found


def _outside(connection: duckdb.DuckDBPyConnection, edges: Iterable[Edge]) -> dict[tuple[str, Edge], int]:
    """By channel, the contacts and visits of known people behind some edges."""
    wanted = sorted(set(edges), key=lambda edge: (edge.back, edge.at))
    if not wanted:
        return {}
    late = "count_if(greatest(started_at, coalesce(ended_at, started_at)) > ?)"
    counts = ", ".join("count_if(started_at < ?)" if edge.back else late for edge in wanted)
    text = (
        f"select channel, {counts}\nfrom interactions\njoin identities using (source, interaction_id)\n"
        "where person_id is not null\ngroup by channel"
    )
    found = connection.execute(text, [edge.at for edge in wanted]).fetchall()
    return {(channel, edge): rows for channel, *row in found for edge, rows in zip(wanted, row, strict=True)}


def _odd(
    connection: duckdb.DuckDBPyConnection, events: Iterable[Event]
) -> Iterator[tuple[tuple[str, str], dict[str, tuple[int, int]]]]:
    """Values that tracking.yml does not list, of columns whose values omnictl does not know."""
    for event in events:
        shape = RELATIONS[event.relation]
        told = TOLD_BY.get(event.relation)
        for each in event.properties:
            known = shape.column(each.column)
            if not each.values or known is None or known.among or each.column in ("channel", told):
                continue
            tests = {told: event.kind, "channel": event.channel if shape.column("channel") is not None else None}
            said = {name: value for name, value in tests.items() if name and value}
            where = " and ".join(f"{named(name)} = ?" for name in said) or "true"
            text = (
                f"select source, count_if(not list_contains(?, {named(each.column)}::varchar)), count(*)\n"
                f"from {event.relation}\nwhere {where}\ngroup by source\norder by source"
            )
            rows = connection.execute(text, [list(each.values), *said.values()]).fetchall()
            yield (event.id, each.column), {source: (odd, of) for source, odd, of in rows}


LINKED_BY = """
select interactions.channel, interactions.source, count(*)
from interactions
where exists (
  select 1
  from identifiers
  where identifiers.owner = 'interaction' and identifiers.source = interactions.source
    and identifiers.owner_id = interactions.interaction_id and list_contains($kinds, identifiers.kind)
    and not list_contains($gone, identifiers.source || '.' || identifiers.kind)
)
group by all
"""


def people_without(
    connection: duckdb.DuckDBPyConnection, kinds: Iterable[str], gone: Iterable[str]
) -> dict[tuple[str | None, str], int]:
    """By channel and source, how many interactions still have an identifier that links.

    Args:
        gone: identifiers that are taken away, as `source.kind`.
    """
    known = {"kinds": sorted(kinds), "gone": sorted(each.replace(IDENTIFIER, "") for each in gone)}
    return {(channel, source): rows for channel, source, rows in connection.execute(LINKED_BY, known).fetchall()}
