"""Sources that hold the same contacts, though neither says that it completes the other: they count twice.

Two sources coincide in a row when the other one has a row on the same channel with the same id, begun within the hour,
or with an identifier of the same value, begun within the minute. The smaller source is asked, by a sample of its ids.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import duckdb

BY_ID = "interaction_id"
APART_BY_ID = timedelta(hours=1)
APART_BY_IDENTIFIER = timedelta(minutes=1)
AT_LEAST = 10  # rows: of fewer nothing can be said
BUSY = 200  # rows of one source; a value on more of them (a switchboard) tells no contact from another
HASHES = 2**64


@dataclass(frozen=True)
class Coincidence:
    """More than half of the rows of `source` are in `other` too.

    `rows` of `source` were looked at (all, or a sample), `coincide` of them found in `other`, most of them by `key`:
    'interaction_id' or an identifier kind.
    """

    source: str
    other: str
    rows: int
    coincide: int
    key: str


class _Span(NamedTuple):
    rows: int
    first_s: float  # since 1970: times of DuckDB go further than those of Python
    last_s: float


def coinciding(
    connection: duckdb.DuckDBPyConnection, pairs_to_skip: Collection[frozenset[str]], *, sample: int = 20_000
) -> list[Coincidence]:
    """The pairs of sources of interactions that coincide in more than half of the smaller one's rows, by name.

    `source` is the smaller one, of two equal ones the later name.

    Args:
        pairs_to_skip: pairs of which one says it completes the other.
        sample: about how many rows of a source are looked at; which ones, their ids alone decide.
    """
    spans = _spans(connection)
    rows = {source: sum(span.rows for span in channels.values()) for source, channels in spans.items()}
    pairs = []
    for first, second in combinations(sorted(spans), 2):
        smaller, larger = (first, second) if rows[first] < rows[second] else (second, first)
        if frozenset((first, second)) not in pairs_to_skip and _may_coincide(spans[smaller], spans[larger]):
            pairs.append((smaller, larger))
    if not pairs:
        return []
    _sample(connection, pairs, {source: min(HASHES - 1, HASHES * sample // rows[source]) for source, _ in pairs})
    _near(connection)
    found = _coincidences(connection)
    for table in ("pairs", "sampled", "seen", "shared", "near"):
        connection.execute(f"drop table coincide_{table}")
    return found


def worded(found: Coincidence) -> str:
    """The finding as its reader sees it, with the lines to add."""
    share = 100 * found.coincide // found.rows  # rounded down: 100 % is all
    key = BY_ID if found.key == BY_ID else f"{{{found.key}: 1 min}}"
    return (
        f"`{found.source}` and `{found.other}`: {share} % of the contacts of `{found.source}` stand in `{found.other}` "
        f"too, and count twice; add to source `{found.source}`: `completes: {found.other}`, `match: [{key}]`"
    )


def _spans(connection: duckdb.DuckDBPyConnection) -> dict[str, dict[str, _Span]]:
    """Source → channel → rows and times."""
    spans: dict[str, dict[str, _Span]] = {}
    for source, channel, rows, first, last in connection.execute(
        """
        select source, channel, count(*), epoch(min(started_at)), epoch(max(started_at))
        from interactions where isfinite(started_at) group by source, channel
        """
    ).fetchall():
        spans.setdefault(source, {})[channel] = _Span(rows, first, last)
    return spans


def _may_coincide(smaller: dict[str, _Span], larger: dict[str, _Span]) -> bool:
    """Whether the channels and times of the larger one can hold more than half of the smaller one's rows."""
    apart_s = APART_BY_ID.total_seconds()
    possible = sum(
        span.rows
        for channel, span in smaller.items()
        if channel in larger
        and span.first_s <= larger[channel].last_s + apart_s
        and larger[channel].first_s - apart_s <= span.last_s
    )
    total = sum(span.rows for span in smaller.values())
    return total >= AT_LEAST and possible * 2 > total


def _sample(connection: duckdb.DuckDBPyConnection, pairs: list[tuple[str, str]], limits: dict[str, int]) -> None:
    """Make `coincide_pairs`, `coincide_sampled` and `coincide_seen`, the identifiers of the sampled rows."""
    connection.execute(
        """
        create or replace temp table coincide_pairs as
        select unnest($sources::varchar[]) as source, unnest($others::varchar[]) as other
        """,
        {"sources": [source for source, _ in pairs], "others": [other for _, other in pairs]},
    )
    connection.execute(
        """
        create or replace temp table coincide_sampled as
        with limits as (select unnest($sources::varchar[]) as source, unnest($limits::ubigint[]) as highest)
        select i.source, i.interaction_id, i.channel, i.started_at
        from interactions as i join limits as l on l.source = i.source
        where hash(i.interaction_id) <= l.highest and isfinite(i.started_at)
        """,
        {"sources": list(limits), "limits": list(limits.values())},
    )
    connection.execute(
        """
        create or replace temp table coincide_seen as
        select distinct s.source, s.interaction_id, s.channel, s.started_at, i.kind, i.value
        from identifiers as i join coincide_sampled as s on s.source = i.source and s.interaction_id = i.owner_id
        where i.owner = 'interaction'
        """
    )


def _near(connection: duckdb.DuckDBPyConnection) -> None:
    """Make `coincide_near`: the rows of other sources that share an id or a value with a sampled row."""
    connection.execute(
        f"""
        create or replace temp table coincide_shared as
        select distinct source, owner_id, kind, value from identifiers
        where owner = 'interaction' and source in (select other from coincide_pairs)
        and value in (select value from coincide_seen)
        qualify count(*) over (partition by source, kind, value) <= {BUSY}
        """
    )
    connection.execute(
        """
        create or replace temp table coincide_near as
        select source, interaction_id, channel, started_at from interactions
        where source in (select other from coincide_pairs) and isfinite(started_at)
        and interaction_id in (
            select interaction_id from coincide_sampled union select owner_id from coincide_shared
        )
        """
    )


def _coincidences(connection: duckdb.DuckDBPyConnection) -> list[Coincidence]:
    rows = connection.execute(
        """
        with found as (
            select s.source, p.other, s.interaction_id, $id as key
            from coincide_sampled as s join coincide_pairs as p on p.source = s.source
            join coincide_near as o
            on o.source = p.other and o.interaction_id = s.interaction_id and o.channel = s.channel
            where abs(epoch_us(o.started_at) - epoch_us(s.started_at)) <= $apart_by_id
            union
            select s.source, p.other, s.interaction_id, s.kind
            from coincide_seen as s join coincide_pairs as p on p.source = s.source
            join coincide_shared as v on v.source = p.other and v.kind = s.kind and v.value = s.value
            join coincide_near as o
            on o.source = v.source and o.interaction_id = v.owner_id and o.channel = s.channel
            where abs(epoch_us(o.started_at) - epoch_us(s.started_at)) <= $apart_by_identifier
        ),
        keys as (
            select source, other, key from found group by source, other, key
            qualify row_number() over (
                partition by source, other order by count(*) desc, key <> $id, key
            ) = 1
        ),
        shares as (
            select source, other, count(distinct interaction_id) as coincide from found group by source, other
        ),
        sizes as (select source, count(*) as looked_at from coincide_sampled group by source)
        select source, other, looked_at, coincide, key
        from shares join keys using (source, other) join sizes using (source)
        where coincide * 2 > looked_at and looked_at >= $at_least
        order by source, other
        """,
        {
            "id": BY_ID,
            "apart_by_id": APART_BY_ID // timedelta(microseconds=1),
            "apart_by_identifier": APART_BY_IDENTIFIER // timedelta(microseconds=1),
            "at_least": AT_LEAST,
        },
    ).fetchall()
    return [Coincidence(*row) for row in rows]
