"""Paths in SQL: rows of a unit cut where the silence is long enough, folded, and counted by their names.

A path is cut where more than the silence lies between the end of all rows of a unit so far and its next one: a call
during a long visit is on the path of that visit. From an anchor on, it begins with the first row in it that is one; up
to a goal, it ends with the first row that is one, and the next path begins after that. All of it is windows over the
rows of a unit and sums over paths: a unit with many rows costs no more.

Made from `funnel_rows`: step_1 is a row of the level, step_2 the anchor or goal, cut_1 the name, cut_2 the kind of
its interaction, cut_3 the outcome of that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

if TYPE_CHECKING:
    import duckdb

Transform = Literal["full", "exposure", "first", "frequency"]
TRANSFORMS = get_args(Transform)
MAX_LENGTH = 12
SETTLED = ("handled", "self_served")

_NAMES = """
create temp table path_names as
select name, row_number() over (order by name) as number
from (select distinct coalesce(cut_1, '') as name from funnel_rows) as named
"""
_ROWS = """
create temp table path_rows as
with gaps as (
  select place, unit, moment, until, person_id, {anchor} as anchor, coalesce(cut_1, '') as name, cut_2 as kind,
    cut_3 as outcome,
    coalesce(moment > max(until) over (
      partition by unit order by place rows between unbounded preceding and 1 preceding), true) as begins
  from funnel_rows
), chained as (
  select *, sum(case when begins then 1 else 0 end) over (partition by unit order by place) as chain
  from gaps
), turned as (
  select *, coalesce(sum(case when anchor then 1 else 0 end) over (
    partition by unit, chain order by place rows between unbounded preceding and {until_row}), 0) as anchors,
    max(until) over (partition by unit, chain) as over_at
  from chained
)
select turned.place, turned.unit, chain, {turn} as turn, moment, over_at, person_id, anchor, number as name, kind,
  outcome
from turned
join path_names on path_names.name = turned.name
where {kept}
"""
# `back` counts from the end. The goal closes a path; it is no part of its names.
_NAMED = """
create temp table path_named as
with folded as (
  {folded}
), numbered as (
  select unit, chain, turn, name, times, row_number() over (partition by unit, chain, turn order by place {way}) as nth,
    count(*) over (partition by unit, chain, turn) as names
  from folded
)
select unit, chain, turn, {columns}, max(names) as names
from numbered
where nth <= {length}
group by unit, chain, turn
"""
_FOLDED = {
    "full": "select *, 1 as times from path_rows where {own}",
    "exposure": "select * from (select *, 1 as times, lag(name) over (partition by unit, chain, turn order by place)"
    " as name_before from path_rows where {own}) as rows_before where name_before is null or name_before <> name",
    "first": "select * from (select *, 1 as times, row_number() over (partition by unit, chain, turn, name order by"
    " place) as seen from path_rows where {own}) as rows_seen where seen = 1",
    "frequency": "select * from (select *, count(*) over (partition by unit, chain, turn, name) as times,"
    " row_number() over (partition by unit, chain, turn, name order by place) as seen from path_rows where {own})"
    " as rows_seen where seen = 1",
}
_PATHS = """
create temp table paths_found as
with ended as (
  select *, row_number() over (partition by unit, chain, turn order by place desc) as back from path_rows
), summed as (
  select unit, chain, turn, min(moment) as first_moment, max(moment) as last_moment, max(over_at) as over_at,
    max(case when anchor then 1 else 0 end) as reached, max(person_id) as person_id,
    max(case when back = 1 and kind = 'contact' then 1 else 0 end) as contact,
    max(case when back = 1 and outcome in ({settled}) then 1 else 0 end) as handled
  from ended
  group by unit, chain, turn
)
select summed.*, {columns}, coalesce(names, 0) as names, {over} as mature
from summed
left join path_named
  on path_named.unit = summed.unit and path_named.chain = summed.chain and path_named.turn = summed.turn
where {inside}
"""
_COUNTED = """
select {columns}, max(case when names > {length} then 1 else 0 end) as more,
  count(distinct case when {hit} then unit end) as units, count(case when {hit} then 1 end) as paths,
  count(distinct case when not ({hit}) then unit end) as missed_units,
  count(case when not ({hit}) then 1 end) as missed,
  percentile_cont(0.5) within group (order by case when {hit} then last_moment - first_moment end) as median_ms,
  count(case when contact = 1 and ({hit}) then 1 end) as contacts,
  count(case when handled = 1 and ({hit}) then 1 end) as handled,
  count(distinct person_id) + count(case when person_id is null then 1 end) as people
from paths_found
where mature{shown}
group by {columns}, {longer}
order by {by} desc, {columns}, more
"""
_WHOLE = """
select count(distinct case when {hit} and mature then unit end), count(case when {hit} and mature then 1 end),
  count(distinct case when mature then unit end), count(case when mature then 1 end),
  count(case when not mature then 1 end)
from paths_found
"""


@dataclass(frozen=True)
class Asked:
    """How paths are cut and counted.

    Attributes:
        anchored: start: they begin with an anchor; end: they end with a goal, where they reach it; '' for neither.
        length: how many names are told.
        start, end: milliseconds between which a path begins (of anchored `end`: ends); None for no bound.
        watermark: up to when the data is complete; None: every silence is over.
    """

    anchored: Literal["", "start", "end"]
    transform: Transform
    length: int
    start: int | None = None
    end: int | None = None
    watermark: int | None = None

    @property
    def hit(self) -> str:
        return "reached = 1" if self.anchored == "end" else "true"


@dataclass(frozen=True)
class Trail:
    """Paths of one sequence of names.

    Attributes:
        names: in order, each with how often it came (transform `frequency`), else 1.
        more: whether the paths go on (anchored `end`: began earlier) beyond these names.
        units, paths: that took it; anchored `end`: and reached the goal.
        missed_units, missed: anchored `end`: that took it and did not.
        median_ms: from the first row to the last.
        contacts, handled: paths whose last interaction is a contact; is handled or self-served.
        people: how many different people stand behind all of it.
    """

    names: tuple[tuple[str, int], ...]
    more: bool
    units: int
    paths: int
    missed_units: int
    missed: int
    median_ms: float | None
    contacts: int
    handled: int
    people: int


@dataclass(frozen=True)
class Whole:
    """All paths: units and paths that count (of anchored `end`: that reached the goal), those of all, and how many
    paths are left out because their silence is not over."""

    units: int
    paths: int
    all_units: int
    all_paths: int
    immature: int


def find_paths(connection: duckdb.DuckDBPyConnection, asked: Asked) -> Whole:
    """Make `paths_found`, one row per path."""
    end = asked.anchored == "end"
    connection.execute(_NAMES)
    connection.execute(
        _ROWS.format(
            anchor="step_2" if asked.anchored else "false",
            until_row="1 preceding" if end else "current row",
            turn="anchors" if end else "0",
            kept="anchors > 0" if asked.anchored == "start" else "true",
        )
    )
    columns = _columns(asked)
    connection.execute(
        _NAMED.format(
            folded=_FOLDED[asked.transform].format(own="not anchor" if end else "true"),
            way="desc" if end else "asc",
            columns=", ".join(
                f"max(case when nth = {place} then {of} end) as {name}_{place}"
                for place in range(1, asked.length + 1)
                for name, of in (("name", "name"), ("times", "times"))
            ),
            length=asked.length,
        )
    )
    edge = "last_moment" if end else "first_moment"
    inside = [f"{edge} >= {asked.start}"] if asked.start is not None else []
    inside += [f"{edge} < {asked.end}"] if asked.end is not None else []
    connection.execute(
        _PATHS.format(
            columns=", ".join(columns),
            settled=", ".join(f"'{each}'" for each in SETTLED),
            over="true" if asked.watermark is None else f"over_at <= {asked.watermark}",
            inside=" and ".join(inside) or "true",
        )
    )
    row = connection.execute(_WHOLE.format(hit=asked.hit)).fetchone()
    return Whole(*(int(each) for each in row)) if row else Whole(0, 0, 0, 0, 0)


def count_trails(
    connection: duckdb.DuckDBPyConnection, asked: Asked, *, by: Literal["units", "paths"] = "units"
) -> list[Trail]:
    """Every sequence of names, the most frequent first."""
    columns = ", ".join(_columns(asked))
    longer = f"case when names > {asked.length} then 1 else 0 end"
    sql = _COUNTED.format(columns=columns, length=asked.length, hit=asked.hit, by=by, longer=longer, shown="")
    names = dict(connection.execute("select number, name from path_names").fetchall())
    found = []
    for row in connection.execute(sql).fetchall():
        cells, rest = row[: 2 * asked.length], row[2 * asked.length :]
        told = [(names[name], times) for name, times in zip(cells[::2], cells[1::2], strict=True) if name is not None]
        found.append(Trail(tuple(told[::-1] if asked.anchored == "end" else told), bool(rest[0]), *rest[1:]))
    return found


def together(connection: duckdb.DuckDBPyConnection, asked: Asked, besides: Sequence[Trail]) -> dict[str, Any]:
    """What all trails but some add up to: their units are different ones, not a sum."""
    columns = _columns(asked)
    ids = {name: number for number, name in connection.execute("select number, name from path_names").fetchall()}
    shown = []
    for each in besides:
        told = each.names[::-1] if asked.anchored == "end" else each.names
        cells = [cell for name, times in told for cell in (ids[name], times)]
        cells += [None] * (len(columns) - len(cells))
        tests = [f"{c} is null" if v is None else f"{c} = {v}" for c, v in zip(columns, cells, strict=True)]
        shown.append(f"({' and '.join(tests)} and names {'>' if each.more else '<='} {asked.length})")
    rest = f"mature and not coalesce({' or '.join(shown)}, false)" if shown else "mature"
    row = connection.execute(
        f"select count(distinct case when {asked.hit} then unit end), count(case when {asked.hit} then 1 end),"
        f" count(distinct case when not ({asked.hit}) then unit end), count(case when not ({asked.hit}) then 1 end),"
        " count(distinct person_id) + count(case when person_id is null then 1 end)"
        f" from paths_found where {rest}"
    ).fetchone()
    names = ("units", "paths", "missed_units", "missed", "people")
    return dict(zip(names, row or (0,) * len(names), strict=True))


def _columns(asked: Asked) -> list[str]:
    return [f"{name}_{place}" for place in range(1, asked.length + 1) for name in ("name", "times")]
