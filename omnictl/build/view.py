"""The view `followups`: what is stored of each family as a key, a time and an offer, told as gaps, days and names.

Where the data ends, the offsets of the zone and the names of offers are written into the text of the view. So a moved
watermark changes this text and no row, and a question pays for the columns that it reads and no join.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from omnictl.build.clock import Clock, literal
from omnictl.build.feeds import Feeds, Span
from omnictl.engines.connection import named, quoted
from omnictl.relations.families import FAMILIES, Family

if TYPE_CHECKING:
    import duckdb

SECONDS = "decimal(18, 3)"
OWN = ("source", "interaction_id", "key", "person_id", "weight")


@dataclass(frozen=True)
class Offer:
    """A channel and a solution, and the number under which rows name both."""

    number: int
    channel: str
    mode: str | None
    solution: str | None


def make_view(
    connection: duckdb.DuckDBPyConnection,
    feeds: Feeds,
    clock: Clock,
    view: str = "followups",
    rows: str = "followup_rows",
) -> None:
    """Make a view anew over a table of such rows; that table and `followup_offers` stand."""
    listed = connection.execute("select offer, channel, mode, solution from followup_offers order by offer")
    text = view_of([Offer(*row) for row in listed.fetchall()], feeds, clock, rows)
    connection.execute(f"create or replace view {view} as\n{text}")


def view_of(offers: Iterable[Offer], feeds: Feeds, clock: Clock, rows: str = "followup_rows") -> str:
    """The SELECT of the relation's columns in order. `rows`: the table it tells."""
    known = list(offers)
    columns = [*map(named, OWN)]
    for family in FAMILIES.values():
        columns += _columns(family, known, feeds, clock)
    return "select " + ",\n    ".join(columns) + f"\nfrom {rows}"


def _columns(family: Family, offers: list[Offer], feeds: Feeds, clock: Clock) -> Iterator[str]:
    """The family's columns of the relation, in its order."""
    name, at = family.name, f"{family.name}_at"
    if family.back:
        overlap = f"{at} > started_at"
        apart, days = f"epoch(started_at) - epoch({at})", f"date_diff('day', {clock.day(at)}, start_day)"
    else:
        overlap = f"{at} < end_at"
        apart, days = f"epoch({at}) - epoch(end_at)", f"date_diff('day', end_day, {clock.day(at)})"
    yield f"{name}_key"
    yield f"case when {overlap} then cast(0 as {SECONDS}) else cast({apart} as {SECONDS}) end as {name}_gap_s"
    yield f"case when {overlap} then 0 else cast({days} as integer) end as {name}_days"
    yield f"{overlap} as {name}_overlap"
    yield from _observed(family, offers, feeds, clock)
    told: dict[str, Callable[[Offer], str | None]] = {
        "channel": lambda offer: offer.channel,
        "mode": lambda offer: offer.mode,
        "solution": lambda offer: offer.solution,
    }
    for shown in family.shown:
        values = [(offer.number, _text(told[shown](offer))) for offer in offers]
        yield f"{by_number(f'{name}_offer', values)} as {name}_{shown}"


def _text(value: str | None) -> str:
    return "cast(null as varchar)" if value is None else quoted(value)


def _observed(family: Family, offers: list[Offer], feeds: Feeds, clock: Clock) -> Iterator[str]:
    """How long from the end to the end of the data; for mirrors, from its beginning to the start."""
    if "channel" in family.same or family.other:
        spans = {channel: feeds.of_family(family, channel) for channel in {offer.channel for offer in offers}}
        edges = [(offer.number, _edge(family, spans[offer.channel], clock)) for offer in offers]
        edge_s = by_number("offer", [(number, seconds) for number, (seconds, _) in edges])
        edge_day = by_number("offer", [(number, day) for number, (_, day) in edges])
    else:
        edge_s, edge_day = _edge(family, feeds.of_family(family), clock)
    if family.back:
        seconds = f"case when end_at is not null then epoch(started_at) - {edge_s} end"  # rows that count have an end
        days = f"date_diff('day', {edge_day}, start_day)"
    else:
        seconds, days = f"{edge_s} - epoch(end_at)", f"date_diff('day', end_day, {edge_day}) - 1"
    yield f"cast({seconds} as {SECONDS}) as {family.name}_observed_s"
    yield f"cast({days} as integer) as {family.name}_observed_days"


def _edge(family: Family, span: Span, clock: Clock) -> tuple[str, str]:
    """SQL: up to when the family is observed, in seconds since 1970, and the local day that is not whole any more.

    For mirrors: from when on, and the first local day that is whole.
    """
    instant = span.since if family.back else span.until
    if instant is None:
        return "cast(null as double)", "cast(null as date)"
    day = clock.first_whole_day(instant) if family.back else clock.day_of(instant)
    return f"epoch({literal(instant)})", f"date '{day.isoformat()}'"


def by_number(column: str, values: Iterable[tuple[int, str]]) -> str:
    """SQL: what stands for a number; NULL for NULL.

    Numbers that follow one another and stand for the same share a branch, and branches are halved at each comparison.

    Args:
        values: every number that there is, in order, and the SQL of what stands for it.
    """
    runs: list[tuple[int, str]] = []
    for number, value in values:
        if not runs or runs[-1][1] != value:
            runs.append((number, value))
    return f"case when {column} is not null then {_halved(column, runs)} end"


def _halved(column: str, runs: list[tuple[int, str]]) -> str:
    if len(runs) == 1:
        return runs[0][1]
    middle = len(runs) // 2
    before, after = _halved(column, runs[:middle]), _halved(column, runs[middle:])
    return f"case when {column} < {runs[middle][0]} then {before} else {after} end"
