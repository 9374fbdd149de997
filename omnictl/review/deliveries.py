"""Late or missing data: which sources feed a KPI, up to when each is complete, and in which periods it has no rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from omnictl.compiler.buckets import literal
from omnictl.errors import EngineError
from omnictl.glossary.leaves import leaves_of
from omnictl.relations import RELATIONS

if TYPE_CHECKING:
    import duckdb

    from omnictl.compiler.catalog import Catalog
    from omnictl.glossary.meaning import Meaning
    from omnictl.review.against import Span
    from omnictl.zone import Zone


@dataclass(frozen=True)
class Fed:
    """The rows that one source gives to what a KPI counts, by period, whether the KPI judges them or not.

    Attributes:
        first: local time of the first of its rows, in a period or before.
    """

    relation: str
    source: str
    rows: tuple[int, ...]
    first: datetime

    def begins_within(self, span: Span) -> bool:
        """Whether its rows begin on a later day than a period does."""
        return span.start.date() < self.first.date() and self.first < span.end


@dataclass(frozen=True)
class Incomplete:
    """A source that is complete up to an instant (local time) before the end of a period."""

    source: str
    until: datetime
    span: Span


def rows_by_source(
    meaning: Meaning, catalog: Catalog, spans: Sequence[Span], zone: Zone, con: duckdb.DuckDBPyConnection
) -> list[Fed]:
    """How many rows each source has in each period, by the relation's own time; one query per relation.

    Relations that are derived, or whose rows hold for months, are left out.

    Raises:
        EngineError: the database refused.
    """
    import duckdb

    found: list[Fed] = []
    for name, channels in _read(meaning, catalog).items():
        relation = RELATIONS[name]
        if relation.written_by != "connector" or not relation.at or relation.column("source") is None:
            continue
        column = relation.column(relation.at)
        if column is None or column.type != "TIMESTAMP":
            continue
        edges = [(zone.to_utc(span.start), zone.to_utc(span.end)) for span in spans]
        inside = [f"{relation.at} >= {literal(low)} and {relation.at} < {literal(high)}" for low, high in edges]
        counts = ", ".join(f"count_if({test})" for test in inside)
        conditions = [f"{relation.at} < {literal(max(high for _, high in edges))}"]
        if relation.column("channel") is not None and None not in channels:
            conditions.append("channel in (select unnest(?))")
        given = [sorted(each for each in channels if each)] if len(conditions) > 1 else []
        text = (
            f"select source, min({relation.at}), {counts}\nfrom {name}\n"
            f"where {' and '.join(conditions)}\ngroup by source\norder by source"
        )
        try:
            rows = con.execute(text, [given[0]] if given else []).fetchall()
        except duckdb.Error as error:
            raise EngineError(f"the rows of {name} cannot be counted: {error}") from error
        found += [Fed(name, source, tuple(own), zone.to_local(first)) for source, first, *own in rows if any(own)]
    return found


def _read(meaning: Meaning, catalog: Catalog) -> dict[str, set[str | None]]:
    """The relations a KPI reads, each with the channels of its data that the KPI is about."""
    found: dict[str, set[str | None]] = {}
    for leaf in leaves_of(meaning):
        name = leaf.branch.reach.relation.name
        found.setdefault(name, set()).update(catalog.channels_of(leaf.branch))
    return found


def incomplete(meaning: Meaning, catalog: Catalog, spans: Sequence[Span], zone: Zone) -> Iterator[Incomplete]:
    """The sources behind a KPI that are not complete to the end of a period, the period first."""
    ends: dict[str, datetime] = {}
    read = _read(meaning, catalog)
    for mark in catalog.watermarks:
        if mark.channel in read.get(mark.relation, ()):
            ends[mark.source] = min(mark.until, ends.get(mark.source, mark.until))
    for span in spans:
        for source, until in sorted(ends.items()):
            if until < zone.to_utc(span.end):
                yield Incomplete(source, zone.to_local(until), span)


def without_rows(fed: Sequence[Fed], count: int) -> list[int]:
    """The periods, by position, in which no source has a row; none when nothing is known of any."""
    if not fed:
        return []
    return [number for number in range(count) if not any(each.rows[number] for each in fed)]
