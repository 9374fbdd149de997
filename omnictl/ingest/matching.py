"""Which row of another source tells of which row of ours: one to one, nearest first.

Ids are joined. Identifiers are matched in rounds: two rows that are each other's nearest are a pair however the
nearest are taken first, so a round takes all such pairs at once. Nearest is looked up by time along the rows that
share a value, never among all pairs, so a switchboard's number costs what any other rows cost. A round that takes
little has met chains of rows, each nearer to the next than to the one before: `nearest` takes what is left then in
one pass. So n rows cost at most four first rounds and one pass: time n log n, memory n.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from omnictl.ingest.nearest import nearest_pairs

if TYPE_CHECKING:
    import duckdb

FEW = 2_000  # so few points are done sooner outside the database than in another round
SHRINKS = 0.75  # what a round may leave of the points it had: so all rounds together cost no more than four first ones
TABLES = (
    "match_theirs",
    "match_ours",
    "match_lines",
    "match_their_points",
    "match_our_points",
    "match_near_ours",
    "match_near_theirs",
    "match_pairs",
    "match_taken",
)


@dataclass(frozen=True)
class ById:
    """Same id, whatever the times."""


@dataclass(frozen=True)
class ByIdentifier:
    """Same identifier of this kind, at most `gap_s` seconds apart."""

    kind: str
    gap_s: float


Key = ById | ByIdentifier


@dataclass(frozen=True)
class _Sides:
    theirs: str
    theirs_ids: str
    ours: str
    ours_ids: str
    into: str
    afterwards: bool

    @property
    def end(self) -> str:
        """The time a gap counts from, of a row `o` of ours, in microseconds. An end before the beginning is none."""
        return "greatest(epoch_us(o.at), epoch_us(o.until))" if self.afterwards else "epoch_us(o.at)"


def match(
    connection: duckdb.DuckDBPyConnection,
    keys: Sequence[Key],
    *,
    theirs: str,
    theirs_ids: str,
    ours: str,
    ours_ids: str,
    into: str,
    afterwards: bool = False,
    known: str = "",
) -> int:
    """Find for rows of theirs the row of ours they tell of.

    A row of theirs gets at most one of ours, a row of ours at most one of theirs per slot. Keys are tried in order,
    each on what the ones before left. For an identifier the pair with the smallest gap is taken first, then that of
    what is left; equal gaps go by the time of ours, its id, the time of theirs, its id. The order of rows does not
    matter.

    Args:
        theirs: table or (sub-query) with `id` (VARCHAR, unique within its slot), `slot` (VARCHAR), `at` (TIMESTAMP; a
            row without goes by id only).
        theirs_ids: the same with `id`, `kind` (VARCHAR), `value` (BIGINT): the identifiers of theirs.
        ours: `id` (VARCHAR, unique), `at`, `until` (TIMESTAMP or NULL).
        ours_ids: like `theirs_ids`.
        into: the temporary table to make: `slot`, `their_id`, `our_id`, `via` ('interaction_id' or the kind), `gap_s`
            (DOUBLE, seconds; NULL where a time is unknown).
        afterwards: theirs follow ours, as surveys do: the gap counts from `until` (from `at` where it is unknown or
            earlier), is 0 before it, and a row before `at` is no candidate by identifier. Otherwise the gap is between
            the two `at`, and `until` is not looked at.

    Returns:
        The number of pairs.
    """
    sides = _Sides(theirs, theirs_ids, ours, ours_ids, into, afterwards)
    connection.execute(
        f"""
        create or replace temp table {into} (
            slot varchar, their_id varchar, our_id varchar, via varchar, gap_s double
        )
        """
    )
    if known:
        connection.execute(f"insert into {into} {known}")
    for key in keys:
        if isinstance(key, ById):
            _by_id(connection, sides)
        else:
            _by_identifier(connection, sides, key)
    ((pairs,),) = connection.execute(f"select count(*) from {into}").fetchall()
    return int(pairs)


def _by_id(connection: duckdb.DuckDBPyConnection, sides: _Sides) -> None:
    connection.execute(
        f"""
        insert into {sides.into}
        select t.slot, t.id, o.id, 'interaction_id',
            case when isfinite(t.at) and isfinite(o.at)
            then greatest(0, epoch_us(t.at) - {sides.end}, epoch_us(o.at) - epoch_us(t.at)) / 1e6 end
        from {sides.theirs} as t join {sides.ours} as o on o.id = t.id
        where not exists (from {sides.into} as m where m.slot = t.slot and m.their_id = t.id)
        and not exists (from {sides.into} as m where m.slot = t.slot and m.our_id = o.id)
        """
    )


def _by_identifier(connection: duckdb.DuckDBPyConnection, sides: _Sides, key: ByIdentifier) -> None:
    limit = round(key.gap_s * 1_000_000)
    before, left = 0, _gather(connection, sides, key.kind)
    while left > FEW and (not before or left <= SHRINKS * before):
        before, left = left, _round(connection, limit, sides.afterwards)
    if left:
        _finish(connection, limit, sides.afterwards)
    connection.execute(
        f"""
        insert into {sides.into}
        select t.slot, t.id, o.id, $kind,
            greatest(0, any_value(t.began) - any_value(o.until), any_value(o.began) - any_value(t.began)) / 1e6
        from match_pairs as p join match_theirs as t on t.number = p.theirs join match_ours as o on o.number = p.ours
        group by t.slot, t.id, o.id
        """,
        {"kind": key.kind},
    )
    for table in TABLES:
        connection.execute(f"drop table if exists {table}")


def _gather(connection: duckdb.DuckDBPyConnection, sides: _Sides, kind: str) -> int:
    """Number what is unmatched and shares a value, by time and id, so that a smaller number is the earlier row.

    Rows of ours are numbered once per slot. Gives the number of points: rows times the values of each.
    """
    connection.execute(
        f"""
        create or replace temp table match_theirs as
        select dense_rank() over (order by t.at, t.id, t.slot) as number, t.slot, t.id, i.value, epoch_us(t.at) as began
        from {sides.theirs} as t
        join (
            select id, value from {sides.theirs_ids}
            where kind = $kind and value in (select value from {sides.ours_ids} where kind = $kind)
        ) as i on i.id = t.id
        where isfinite(t.at)
        and not exists (from {sides.into} as m where m.slot = t.slot and m.their_id = t.id)
        """,
        {"kind": kind},
    )
    connection.execute(
        """
        create or replace temp table match_lines as
        select slot, value, row_number() over () as line from (select distinct slot, value from match_theirs)
        """
    )
    connection.execute(
        f"""
        create or replace temp table match_ours as
        select dense_rank() over (order by o.at, o.id, i.slot) as number, i.slot, o.id, i.line,
            epoch_us(o.at) as began, {sides.end} as until
        from {sides.ours} as o
        join (
            select i.id, l.slot, l.line from {sides.ours_ids} as i join match_lines as l on l.value = i.value
            where i.kind = $kind
        ) as i on i.id = o.id
        where isfinite(o.at)
        and not exists (from {sides.into} as m where m.slot = i.slot and m.our_id = o.id)
        """,
        {"kind": kind},
    )
    connection.execute("create or replace temp table match_pairs (theirs bigint, ours bigint)")
    return _points(
        connection,
        "select l.line, t.number, t.began from match_theirs as t join match_lines as l using (slot, value)",
        "select line, number, began, until from match_ours",
    )


def _points(connection: duckdb.DuckDBPyConnection, theirs: str, ours: str) -> int:
    connection.execute(f"create or replace temp table match_their_points as {theirs}")
    connection.execute(f"create or replace temp table match_our_points as {ours}")
    ((left,),) = connection.execute(
        "select (select count(*) from match_their_points) + (select count(*) from match_our_points)"
    ).fetchall()
    return int(left)


# The nearest of ours to a row of theirs is the first one, by number, that is not over by then (of the rows of ours only
# those matter that last longer than all before them), or the last one over before. A row of theirs is nearest to one of
# ours if it is the first since its beginning, or the last before it. Of rows at one time the one with the smallest
# number stands for all. A place packs the gap and the number, so that the smaller is the nearer.
NEAREST_OF_OURS = """
    with endings as (
        select line, until, min(began) as began, min(number) as number from match_our_points group by line, until
    ),
    lasting as (
        from endings where not $afterwards
        union all
        select line, until, began, number from match_our_points where $afterwards
        qualify until > coalesce(
            max(until) over (partition by line order by number rows between unbounded preceding and 1 preceding),
            until - 1
        )
    ),
    near as (
        select t.number, o.number as other, greatest(0, o.began - t.began) as gap
        from match_their_points as t asof join lasting as o
        on o.line = t.line and o.until >= t.began
        where o.began <= t.began or not $afterwards
        union all
        select t.number, o.number, t.began - o.until
        from match_their_points as t asof join endings as o
        on o.line = t.line and o.until < t.began
    )
    select number, min(gap::hugeint * 4294967296 + other) as place from near where gap <= $limit group by number
"""
NEAREST_OF_THEIRS = """
    with firsts as (select line, began, min(number) as number from match_their_points group by all),
    near as (
        select o.number, t.number as other, greatest(0, t.began - o.until) as gap
        from match_our_points as o asof join firsts as t
        on t.line = o.line and t.began >= o.began
        union all
        select o.number, t.number, o.began - t.began
        from match_our_points as o asof join firsts as t
        on t.line = o.line and t.began < o.began
        where not $afterwards
    )
    select number, min(gap::hugeint * 4294967296 + other) as place from near where gap <= $limit group by number
"""


def _round(connection: duckdb.DuckDBPyConnection, limit: int, afterwards: bool) -> int:
    """Take all pairs that are each other's nearest. Rows without a candidate get none later. Gives what is left."""
    values = {"limit": limit, "afterwards": afterwards}
    connection.execute(f"create or replace temp table match_near_ours as {NEAREST_OF_OURS}", values)
    connection.execute(f"create or replace temp table match_near_theirs as {NEAREST_OF_THEIRS}", values)
    connection.execute(
        """
        create or replace temp table match_taken as
        select t.number as theirs, o.number as ours from match_near_ours as t join match_near_theirs as o
        on o.number = (t.place % 4294967296)::bigint and t.number = (o.place % 4294967296)::bigint
        """
    )
    connection.execute("insert into match_pairs from match_taken")
    return _points(
        connection,
        """
        select * from match_their_points where number in (select number from match_near_ours)
        and number not in (select theirs from match_taken)
        """,
        """
        select * from match_our_points where number in (select number from match_near_theirs)
        and number not in (select ours from match_taken)
        """,
    )


def _finish(connection: duckdb.DuckDBPyConnection, limit: int, afterwards: bool) -> None:
    pairs = nearest_pairs(
        connection.execute("select line, number, began from match_their_points").fetchall(),
        connection.execute("select line, number, began, until from match_our_points").fetchall(),
        limit=limit,
        afterwards=afterwards,
    )
    connection.execute(
        "insert into match_pairs select unnest($theirs::bigint[]), unnest($ours::bigint[])",
        {"theirs": [pair[0] for pair in pairs], "ours": [pair[1] for pair in pairs]},
    )
