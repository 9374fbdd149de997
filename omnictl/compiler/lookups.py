"""The forms of a scan's expressions that need more than the row: local times, opening hours, and what the referential
says of a name. Local times are written out; for the others a small table is joined to the rows, once per table and
key, each with at most one row for a row of the scan.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache

from sqlglot import exp

from omnictl import localtime
from omnictl.calendars import default_of
from omnictl.compiler.catalog import Catalog
from omnictl.compiler.named import table_of
from omnictl.compiler.spelling import text_of
from omnictl.engines.connection import quoted
from omnictl.glossary.deferred import (
    BY_CALENDAR,
    HALF_HOUR,
    HOUR,
    LOCAL,
    OPEN_DAYS,
    OPEN_SECONDS,
    REFERENTIAL,
    STEPPED,
    WEEKDAY,
    deferred_in,
    is_looked_up,
)  # fmt: skip
from omnictl.opening import Opening
from omnictl.referential import Referential
from omnictl.zone import Zone

WEEK = timedelta(days=7)
UNKNOWN_SPAN = (date(2000, 1, 1), date(2049, 12, 31))  # where nothing is known of the data
SHOWN = {HOUR: localtime.hour, HALF_HOUR: localtime.half_hour, WEEKDAY: localtime.weekday}


@dataclass(frozen=True)
class Grounds:
    """What expressions need beside the row: the zone, the referential, between which days the data lies."""

    zone: Zone
    referential: Referential
    catalog: Catalog
    lang: str = ""

    @property
    def span(self) -> tuple[date, date]:
        """Whole years that hold every time of the data."""
        low = [fill.lowest for fill in self.catalog.fills.values() if fill.lowest is not None]
        high = [fill.highest for fill in self.catalog.fills.values() if fill.highest is not None]
        if not low or not high:
            return UNKNOWN_SPAN
        earliest, latest = localtime.EARLIEST + WEEK, localtime.LATEST - WEEK
        first = min(max(min(low).date(), earliest), latest) - timedelta(days=2)
        last = min(max(max(high).date(), earliest), latest) + timedelta(days=2)
        return max(date(first.year, 1, 1), localtime.EARLIEST), date(last.year, 12, 31)

    def opening(self, name: str) -> Opening:
        """A calendar of the workspace; '' is the one that is meant where none is named."""
        calendars = self.referential.calendars
        found = calendars[name or default_of(calendars) or ""]
        return Opening(found, self.zone, *self.span)


@dataclass
class Lookups:
    """What is joined to the rows of one scan.

    Attributes:
        prefix: what the names of its tables begin with.
        row: the alias of the rows.
        tables: the SELECT of each table, by name.
        joined: the alias of each table, with the column and the SQL by which a row finds its own.
        stepped: the alias of each type of step whose objects are joined; an interaction has several.
    """

    grounds: Grounds
    prefix: str = ""
    row: str = "r"
    tables: dict[str, str] = field(default_factory=dict)
    joined: dict[tuple[str, str, str], str] = field(default_factory=dict)
    stepped: dict[str, str] = field(default_factory=dict)

    def steps(self) -> Iterator[tuple[str, str]]:
        """The CTEs: name and text."""
        yield from self.tables.items()

    def joins(self) -> str:
        """SQL of the joins, each on a line of its own."""
        found = [
            f"left join {table} as {alias} on {alias}.{column} = {key}"
            for (table, column, key), alias in self.joined.items()
        ]
        found += [
            f"left join {table} as {alias} on {alias}.source = {self.row}.source"
            f" and {alias}.interaction_id = {self.row}.interaction_id"
            for table, alias in self.stepped.items()
        ]
        return "".join(f"\n{each}" for each in found)

    def lowered(self, tree: exp.Expression) -> exp.Expression:
        """A tree with its forms written out. Its columns are named as the rows step names them."""
        if not _defers(tree):
            return tree
        root = exp.Paren(this=tree.copy())
        for node in list(deferred_in(root))[::-1]:  # inner ones first
            node.replace(exp.Var(this=self._written(node)))
        found: exp.Expression = root.this
        return found

    def _written(self, node: exp.Anonymous) -> str:
        if node.name == STEPPED:
            return self._stepped(node.expressions[0].name)
        what, given = node.name, text_of(node.expressions[0])
        texts = [each.name for each in node.expressions[1:]]
        if what in LOCAL:
            shown = localtime.shown(given, self.grounds.zone, *self.grounds.span)
            return SHOWN[what](shown)
        if what in BY_CALENDAR:
            return self._opening(what, given, texts[0])
        assert what == REFERENTIAL, f"{what} is no form of a plan"
        return self._named(given, *texts)

    def _opening(self, what: str, at: str, calendar: str) -> str:
        grounds = self.grounds
        opening = grounds.opening(calendar)
        names = list(grounds.referential.calendars)
        table = f"{self.prefix}_open{names.index(calendar or default_of(grounds.referential.calendars) or '') + 1}"
        if table not in self.tables:
            self.tables[table] = opening.table()
        alias = self._alias(table, "day", opening.day(at))
        if what == OPEN_DAYS:
            return f"{alias}.days"
        return opening.passed(at, alias) if what == OPEN_SECONDS else opening.inside(at, alias)

    def _named(self, name: str, kind: str, attribute: str) -> str:
        table = f"{self.prefix}_{kind}_{attribute}"
        if table not in self.tables:
            self.tables[table] = table_of(self.grounds.referential, kind, attribute, self.grounds.lang)
        return f"{self._alias(table, 'name', name)}.value"

    def _stepped(self, kind: str) -> str:
        table = f"{self.prefix}_step_{kind}"
        self.tables[table] = (
            "select distinct source, interaction_id, object as value\n"
            f"from steps\nwhere type = {quoted(kind)} and object is not null"
        )
        return f"{self.stepped.setdefault(table, f's{len(self.stepped) + 1}')}.value"

    def _alias(self, table: str, column: str, key: str) -> str:
        return self.joined.setdefault((table, column, key), f"l{len(self.joined) + 1}")


@lru_cache(maxsize=4096)
def _defers(tree: exp.Expression) -> bool:
    """Whether a tree has any form to write out."""
    return next(deferred_in(tree), None) is not None


@lru_cache(maxsize=4096)
def repeats(tree: exp.Expression) -> bool:
    """Whether a tree has several values for one row."""
    return any(node.name == STEPPED for node in deferred_in(tree))


@lru_cache(maxsize=4096)
def looks_up(tree: exp.Expression) -> bool:
    """Whether a tree needs a table beside the rows."""
    return any(is_looked_up(node) for node in deferred_in(tree))
