"""What the compiler knows of the data besides its columns: what is filled, from when to when, and how far complete."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING

from omnictl.glossary.scope import LINKED, PRICED
from omnictl.relations import RELATIONS
from omnictl.relations.base import BASE
from omnictl.relations.column import CHANNELS
from omnictl.relations.families import PHONE_CHANNELS, Family

if TYPE_CHECKING:
    import duckdb

    from omnictl.glossary.meaning import Branch
    from omnictl.zone import Zone

Key = tuple[str, str | None, str]  # relation, channel, column

# DuckDB hands out a year before 1 as a text, and no day can be counted on from the last one there is: times that no
# clock can have meant are taken for the first and the last that can be reckoned with. (greatest() skips NULLs.)
_FIRST, _LAST = "timestamp '0002-01-01'", "timestamp '9998-12-31'"
_FILLS = f"""
select relation, channel, column_name, sum(row_count)::bigint, sum(filled)::bigint,
  case when min(lowest) < {_FIRST} then {_FIRST} else min(lowest) end,
  case when max(highest) > {_LAST} then {_LAST} else max(highest) end
from fills
group by all
"""
# A source that was retired is complete: nothing more will come.
_WATERMARKS = """
select distinct fills.relation, fills.channel, fills.source, sources.watermark, sources.until is null as live
from fills
join sources on sources.source = fills.source
where sources.watermark is not null
order by all
"""
_FIRSTS = f"""
select source, greatest(min(lowest), {_FIRST})
from fills
where relation = 'interactions' and column_name = 'started_at' and lowest is not null
group by source
"""
_STATED = f"""
select source, min(period_start), greatest(max(period_end), cast(max(period_start) + interval '1' day as date))
from {BASE.name}
group by source
order by source
"""
_TABLES = "select table_name from information_schema.tables where table_catalog = current_database()"
_LINKED = """
select
  (select count(*) from interactions),
  (select count(*) from identities),
  (select count(*) from followups),
  exists (select 1 from identities where person_id is not null)
"""
MOMENT = timedelta(microseconds=1)
# Columns of needs that tell how their interactions came out. A need of several is not resolved at the first, whatever
# they came to; without any outcome that would be all that is told.
OF_OUTCOMES = ("resolved", "resolved_first")


@dataclass(frozen=True)
class Fill:
    """One column on one channel: how many rows there are, how many are filled, the times between which they lie."""

    rows: int
    filled: int
    lowest: datetime | None = None
    highest: datetime | None = None


@dataclass(frozen=True)
class Watermark:
    """Up to when a source is complete, for one relation and channel it feeds. Naive UTC."""

    relation: str
    channel: str | None
    source: str
    until: datetime


@dataclass(frozen=True)
class Stated:
    """The local days for which a source states levels: the first, and the one after the last."""

    source: str
    first: date
    end: date


class People(Enum):
    """How far the people behind interactions are known: to all that is stored, to what was stored before, to none of it
    because nobody linked it, or because nothing in it tells a person."""

    KNOWN = "known"
    STALE = "stale"
    UNLINKED = "unlinked"
    NONE = "none"


@dataclass(frozen=True)
class Catalog:
    """The store in figures.

    Attributes:
        watermarks: of the sources from which more will come.
        retired: of the others.
        people: how far the people behind interactions are known.
        relations: those that the store has; None when nothing is known of it.
    """

    fills: dict[Key, Fill] = field(default_factory=dict)
    watermarks: tuple[Watermark, ...] = ()
    stated: tuple[Stated, ...] = ()
    people: People = People.KNOWN
    relations: frozenset[str] | None = None
    retired: tuple[Watermark, ...] = ()

    def placed(self, zone: Zone) -> Catalog:
        """With the levels stated by local days placed in time: they are data, and complete, up to their last day."""
        if not self.stated:
            return self
        spans = {
            each.source: tuple(zone.to_utc(_midnight(day)) for day in (each.first, each.end)) for each in self.stated
        }
        key = (BASE.name, None, BASE.at)
        fill = self.fills.get(key, Fill(1, 1))
        low, high = min(low for low, _ in spans.values()), max(high for _, high in spans.values())
        fills = {**self.fills, key: replace(fill, lowest=low, highest=high - MOMENT)}
        watermarks = [
            replace(each, until=max(each.until, spans[each.source][1]))
            if each.relation == BASE.name and each.source in spans
            else each
            for each in self.watermarks
        ]
        return replace(self, fills=fills, watermarks=tuple(watermarks))

    def channels(self, relation: str) -> list[str | None]:
        """The channels a relation has rows of, sorted, None last."""
        found = {channel for name, channel, _ in self.fills if name == relation}
        return sorted(found, key=lambda channel: (channel is None, channel or ""))

    def channels_of(self, branch: Branch) -> list[str | None]:
        """The channels of the data that a branch is about; None where its relation has no channel of its own."""
        relation = branch.reach.relation
        found = self.channels(relation.name)
        if relation.column("channel") is None:
            return found
        if branch.channels is not None:
            return [channel for channel in found if channel in branch.channels]
        return [channel for channel in found if channel not in branch.others]

    def may_be_null(self, relation: str, column: str, channels: Iterable[str] | None = None) -> bool:
        """Whether a column may be NULL, on some channels or on all. Without figures it may, unless it never is."""
        known = RELATIONS[relation].column(column)
        if known is not None and known.required:
            return False
        found = self._of(relation, column, channels)
        return not found or any(fill.filled < fill.rows for fill in found)

    def never_filled(self, relation: str, column: str, channel: str | None) -> bool:
        """Whether a channel has rows, and none of them has the column."""
        if column == LINKED:
            return self.people in (People.UNLINKED, People.NONE)
        if column == PRICED:
            rates = self._of("costs", "cost", [channel] if channel is not None else None)
            return bool(rates) and not any(fill.filled for fill in rates)
        if relation == "needs" and column in OF_OUTCOMES:
            outcomes = self._of("interactions", "outcome", None)
            if outcomes and not any(fill.filled for fill in outcomes):
                return True
        fill = self.fills.get((relation, channel, column))
        return fill is not None and fill.rows > 0 and fill.filled == 0

    def bounds(self, relation: str, columns: Iterable[str]) -> tuple[datetime, datetime] | None:
        """The first and the last instant in some columns of a relation."""
        wanted = set(columns)
        found = [fill for (name, _, column), fill in self.fills.items() if name == relation and column in wanted]
        low = [fill.lowest for fill in found if fill.lowest is not None]
        high = [fill.highest for fill in found if fill.highest is not None]
        return (min(low), max(high)) if low and high else None

    def observed_until(self, family: Family) -> datetime | None:
        """Up to when all sources are complete in which a family looks for what follows; None when nothing limits it.

        Where all of them are retired that is the last watermark of any source, as `build` has it.
        """
        found = _feeding(family, self.watermarks)
        if not found and _feeding(family, self.retired):
            return max(each.until for each in (*self.watermarks, *self.retired))
        return min((each.until for each in found), default=None)

    def observed_since(self, family: Family, firsts: Mapping[str, datetime]) -> datetime | None:
        """From when on all sources have rows in which a family looks for what came before; None when none does.

        Args:
            firsts: the first instant of each source.
        """
        found = {each.source for each in _feeding(family, (*self.watermarks, *self.retired))}
        return max((firsts[source] for source in found if source in firsts), default=None)

    def first_to_end(self, family: Family) -> list[str]:
        """The sources a family waits for while others, in which it looks too, are further; none where all are level."""
        found = _feeding(family, self.watermarks)
        first = min((each.until for each in found), default=None)
        waited = {each.source for each in found if each.until == first}
        return sorted(waited) if waited != {each.source for each in found} else []

    def _of(self, relation: str, column: str, channels: Iterable[str] | None) -> list[Fill]:
        wanted = None if channels is None else set(channels)
        return [
            fill
            for (name, channel, of), fill in self.fills.items()
            if name == relation and of == column and (wanted is None or channel is None or channel in wanted)
        ]


def read_catalog(con: duckdb.DuckDBPyConnection) -> Catalog:
    """Read what a store says of itself."""
    fills = {
        (relation, channel, column): Fill(rows, filled, low, high)
        for relation, channel, column, rows, filled, low, high in con.execute(_FILLS).fetchall()
    }
    ends = con.execute(_WATERMARKS).fetchall()
    watermarks = tuple(Watermark(*row) for *row, live in ends if live)
    retired = tuple(Watermark(*row) for *row, live in ends if not live)
    relations = frozenset(name for (name,) in con.execute(_TABLES).fetchall())
    return Catalog(fills, watermarks, read_stated(con), _people(con, relations), relations, retired)


def firsts_of(con: duckdb.DuckDBPyConnection) -> dict[str, datetime]:
    """The first start of the interactions of each source."""
    return dict(con.execute(_FIRSTS).fetchall())


def _people(con: duckdb.DuckDBPyConnection, relations: frozenset[str]) -> People:
    if not relations.issuperset(("identities", "followups")):
        return People.UNLINKED
    found = con.execute(_LINKED).fetchone()
    interactions, linked, followed, anybody = found if found is not None else (0, 0, 0, False)
    if interactions and not linked:
        return People.UNLINKED
    if not anybody:
        return People.NONE
    return People.KNOWN if interactions == linked == followed else People.STALE


def read_stated(con: duckdb.DuckDBPyConnection) -> tuple[Stated, ...]:
    """For which days each source states levels."""
    return tuple(Stated(*row) for row in con.execute(_STATED).fetchall())


def _feeding(family: Family, watermarks: Iterable[Watermark]) -> list[Watermark]:
    return [each for each in watermarks if each.relation == "interactions" and _in_pool(family, each)]


def _in_pool(family: Family, watermark: Watermark) -> bool:
    """Whether a channel's interactions are what a family looks for. A channel of its own kind may be."""
    if family.pool == "anything":
        return True
    if family.pool == "phone":
        return watermark.channel in PHONE_CHANNELS
    mode, kind = CHANNELS.get(watermark.channel or "", ("", ""))
    if family.pool == "assisted":
        return not kind or mode == "assisted"
    return not kind or (kind == "visit") == (family.pool == "visits")


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day)
