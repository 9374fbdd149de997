"""One event's worth of rows, as the plan has it and as the store has it: whether a column is there, and why not."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from omnictl.relations import RELATIONS
from omnictl.tracking.coverage.held import PERSON, Cell, Held
from omnictl.tracking.coverage.verdict import Reason, State
from omnictl.tracking.events import BY_CHANNEL, EventKey
from omnictl.tracking.grammar import NULLS, TrackingFile
from omnictl.tracking.plan import IDENTIFIER, TOLD_BY, Event, Plan, Property
from omnictl.tracking.wants import leading_to_interaction

if TYPE_CHECKING:
    from omnictl.workspace import Workspace

_MISSING = re.compile("there is no column `([^`]+)`")  # how a failed load says that a field of its mapping is gone
MOST_FIELDS = 4  # told of what a column is made of


@dataclass
class Ground:
    """What verdicts are judged by.

    Attributes:
        held: None where no store was read.
        planned: the ids of the events of the workspace's own plan, where `plan` is about more.
        changed: sources whose mapping is another one than they were loaded with.
    """

    plan: Plan
    workspace: Workspace
    held: Held | None
    file: TrackingFile = field(default_factory=TrackingFile)
    planned: frozenset[str] | None = None
    changed: frozenset[str] = frozenset()
    _events: dict[str, Event] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._events = {event.id: event for event in self.plan.events}

    @property
    def nulls(self) -> Decimal:
        """The share of rows that may lack what a KPI needs."""
        return self.file.nulls if self.file.place is not None else NULLS

    # the plan

    def events(self, relation: str, channel: str | None, kinds: Iterable[str]) -> list[Event]:
        """The planned events of some rows."""
        keys = [
            EventKey(relation, channel if relation in BY_CHANNEL else None, kind) for kind in (tuple(kinds) or ("",))
        ]
        found = [self._events[key.id] for key in keys if key.id in self._events]
        if found or tuple(kinds) or relation not in TOLD_BY:
            return found
        return [
            each
            for each in self.plan.events
            if each.relation == relation and (relation not in BY_CHANNEL or channel in (None, each.channel))
        ]

    def id_of(self, relation: str, channel: str | None, kinds: Iterable[str]) -> str:
        """The id of the event some rows are of; that of the relation when there are several."""
        names = tuple(kinds)
        kind = names[0] if len(names) == 1 else ""
        return EventKey(relation, channel if relation in BY_CHANNEL else None, kind).id

    def givers(self, events: Iterable[Event]) -> tuple[str, ...]:
        """The sources that give some events, those that complete others last."""
        names = dict.fromkeys(name for event in events for name in event.sources)
        return tuple(sorted(names, key=lambda name: bool(self._completes(name))))

    def _completes(self, name: str) -> str:
        source = self.plan.sources.get(name)
        return source.completes if source is not None else ""

    def group(self, name: str) -> set[str]:
        """A source and those that complete it."""
        return {name, *(each.name for each in self.plan.sources.values() if each.completes == name)}

    def owner(self, sources: Iterable[str], events: Iterable[Event] = ()) -> str:
        """Whom to ask: the owners of sources, else of events, else of the plan."""
        named = [self.plan.sources[name].retrieval.owner for name in sources if name in self.plan.sources]
        named = [each for each in named if each] or [event.owner for event in events if event.owner]
        return ", ".join(dict.fromkeys(named)) or self.plan.owner

    def place(self, source: str) -> str:
        """Where a source stands, as `omnictl.yml:120`."""
        found = self.plan.sources.get(source)
        return f"{found.place.file}:{found.place.line}" if found is not None and found.place is not None else ""

    # the rows

    def rows(self, relation: str, channel: str | None, kinds: Iterable[str] = ()) -> int | None:
        """How many rows there are; None where nothing is counted."""
        return self.held.rows(relation, channel, kinds) if self.held is not None else None

    def absent(self, relation: str, channel: str | None, kinds: tuple[str, ...]) -> Reason | None:
        """Why there are no rows at all, or none of a channel for none tells its own."""
        if channel is not None and (astray := self.led_nowhere(relation, kinds)) is not None:
            return astray
        rows = self.rows(relation, channel, kinds)
        events = self.events(relation, channel, kinds)
        givers = self.givers(events)
        if rows or (rows is None and givers):
            return None
        event = events[0].id if len(events) == 1 else self.id_of(relation, channel, kinds)
        outside = self.planned is not None and not any(each.id in self.planned for each in events)
        if not givers and (not events or outside):
            return Reason("C01", "not_computable", "", event, rows=rows, of=rows, owner=self.plan.owner, fix="plan")
        if not givers:
            owner = self.owner((), events)
            return Reason("C02", "not_computable", "", event, rows=rows, owner=owner, fix="connect")
        return self._never_seen(events, givers, event)

    def _never_seen(self, events: list[Event], givers: tuple[str, ...], event: str) -> Reason:
        """No row came, of an event that sources give: nothing was fetched, or nothing was in it."""
        assert self.held is not None
        states = {name: self.held.standings[name].state for name in givers if name in self.held.standings}
        unfetched = [name for name, state in states.items() if state in ("never", "missing", "failed")]
        variant = "unfetched" if unfetched and len(unfetched) == len(states) else "empty"
        told = unfetched if variant == "unfetched" else list(givers)
        message = self.held.standings[told[0]].figures.get("message") or "" if variant == "unfetched" else ""
        words = {"state": states.get(told[0], ""), "message": _first_line(str(message))}
        return Reason(
            "C03", "not_computable", variant, event, source=", ".join(told), rows=0, owner=self.owner(told, events),
            fix="fetch" if variant == "unfetched" else "send", place=self.place(told[0]), words=words,
        )  # fmt: skip

    def unplanned(self, relation: str, channel: str | None, kinds: tuple[str, ...]) -> Reason | None:
        """Rows that come, of an event that the workspace's plan does not hold."""
        if self.planned is None or RELATIONS[relation].written_by != "connector":
            return None
        events = self.events(relation, channel, kinds)
        outside = [event for event in events if event.id not in self.planned]
        if events and not outside:
            return None
        rows = self.rows(relation, channel, kinds)
        event = outside[0].id if outside else self.id_of(relation, channel, kinds)
        cells = self.held.at(relation, channel, kinds) if self.held is not None else []
        found = self.givers(events) or tuple(sorted({source for source, _ in cells}))
        return Reason(
            "C01", "degraded", "given", event, source=", ".join(found), rows=rows, of=rows, owner=self.plan.owner,
            fix="plan",
        )  # fmt: skip

    # columns

    def has(self, relation: str, channel: str | None, kinds: tuple[str, ...], column: str) -> bool:
        """Whether a column can be told of some rows at all."""
        return self.lacks(relation, channel, kinds, column, "not_computable") is None

    def led_nowhere(self, relation: str, kinds: tuple[str, ...]) -> Reason | None:
        """Why no row tells its channel, where rows need not say of which interaction they are."""
        leading = leading_to_interaction(relation)
        if not leading or self.has(relation, None, kinds, "channel"):
            return None
        lacks = [self.lacks(relation, None, kinds, each, "not_computable") for each in leading]
        return next((each for each in lacks if each is not None), None)

    def lacks(
        self, relation: str, channel: str | None, kinds: tuple[str, ...], column: str, state: State
    ) -> Reason | None:
        """Why no row has a column; None where some have it, or there are no rows."""
        shape = RELATIONS[relation].column(column)
        if shape is not None and (shape.required or shape.default is not None):
            return None
        events = self.events(relation, channel, kinds)
        feeds = self._feeds(events, column)
        rows = self.rows(relation, channel, kinds)
        if self.held is None or rows is None:
            return None if feeds or not self.givers(events) else self._missing(events, column, state, rows, "")
        if not rows:
            return None
        filled = self.held.filled(relation, channel, kinds, column)
        failed = self._gone(events, column)
        if failed:
            return self._missing(events, column, state, rows, "field", failed)
        if filled and not self._taken_out(relation, channel, kinds, column, feeds):
            return None
        if filled or not feeds:
            return self._missing(events, column, state, rows, "unmapped" if filled else "")
        owner = self.owner(feeds, events)
        first = next(iter(feeds))
        words = {"fields": some(self._fields(events, column)) or column}
        return Reason(
            "C05", state, "", events[0].id if events else "", column, ", ".join(feeds), rows=rows, of=rows, owner=owner,
            fix="fill", place=self.place(first), words=words,
        )  # fmt: skip

    def property_of(self, events: Iterable[Event], column: str) -> Property | None:
        """The planned property of a column."""
        return next((found for event in events if (found := event.find(column)) is not None), None)

    def _feeds(self, events: Iterable[Event], column: str) -> dict[str, None]:
        return {
            feed.source: None
            for event in events
            for each in event.properties
            if each.column == column
            for feed in each.feeds
        }

    def _fields(self, events: Iterable[Event], column: str) -> dict[str, None]:
        found = [each for event in events for each in event.properties if each.column == column]
        return {field: None for each in found for feed in each.feeds for field in feed.fields}

    def _gone(self, events: Iterable[Event], column: str) -> tuple[str, str] | None:
        """The source, and the field, where the last load of all that feed a column failed for want of such a field."""
        assert self.held is not None
        found: tuple[str, str] | None = None
        for feed in (
            feed for event in events for each in event.properties if each.column == column for feed in each.feeds
        ):
            standing = self.held.standings.get(feed.source)
            lost = _MISSING.search(str(standing.figures.get("message") or "")) if standing is not None else None
            if standing is None or standing.state != "failed" or lost is None:
                return None
            names = {name for name in feed.fields if name.partition(".")[0].casefold() == lost[1].casefold()}
            if not names:
                return None
            found = found or (feed.source, lost[1])
        return found

    def _taken_out(
        self, relation: str, channel: str | None, kinds: tuple[str, ...], column: str, feeds: Iterable[str]
    ) -> bool:
        """Whether the rows have the column only from before a mapping was changed that gives it no more."""
        assert self.held is not None
        having = [name for name, cell in self.held.at(relation, channel, kinds) if cell.filled.get(column)]
        groups = [self.group(name) for name in having]
        known = set(feeds)
        return bool(groups) and all(not group & known and group & self.changed for group in groups)

    def _missing(
        self,
        events: list[Event],
        column: str,
        state: State,
        rows: int | None,
        variant: str,
        failed: tuple[str, str] | None = None,
    ) -> Reason:
        givers = self.givers(events)
        own = [name for name in givers if not self._completes(name)] or list(givers)
        declared = next((name for name in (*own, *givers) if self._is_declared(name)), None)
        told = [failed[0]] if failed else own if declared in own or declared is None else [declared]
        first = failed[0] if failed else declared or (told[0] if told else "")
        fix = "export" if failed else "map" if declared else "ask"
        words = {"fields": failed[1] if failed else column, "first": first}
        return Reason(
            "C04", state, variant, events[0].id if events else "", column, ", ".join(told), rows=rows, of=rows,
            owner=self.owner(told, events), fix=fix, place=self.place(first), words=words,
        )  # fmt: skip

    def _is_declared(self, name: str) -> bool:
        source = self.workspace.sources.get(name)
        return source is not None and source.declared

    def sparse(self, relation: str, channel: str | None, kinds: tuple[str, ...], column: str) -> list[Reason]:
        """Sources too many of whose rows lack a column, where that is so of all rows together."""
        if self.held is None:
            return []
        events = self.events(relation, channel, kinds)
        known = self.property_of(events, column)
        most = known.nulls if known is not None and known.nulls is not None else self.nulls
        cells = self.held.at(relation, channel, kinds)
        rows = sum(cell.rows for _, cell in cells)
        filled = sum(cell.filled.get(column, cell.rows) for _, cell in cells)
        if not rows or not filled or Decimal(rows - filled) / rows <= most:
            return []
        return [
            self._sparse(events, column, source, cell) for source, cell in _together(cells) if _over(cell, column, most)
        ]

    def _sparse(self, events: list[Event], column: str, source: str, cell: Cell) -> Reason:
        lacking = cell.rows - cell.filled.get(column, cell.rows)
        words = {"fields": some(self._fields(events, column)) or column}
        return Reason(
            "C06", "degraded", "", events[0].id if events else "", column, source, rows=lacking, of=cell.rows,
            owner=self.owner([source], events), fix="fill", place=self.place(source), words=words,
        )  # fmt: skip

    # people

    def thin(self, channel: str | None, state: State) -> Reason | None:
        """Why the people behind contacts cannot be told, or of too few."""
        events = self.events("interactions", channel, ())
        given = {
            feed.source: None
            for event in events
            for each in event.properties
            if each.identifier in self.workspace.identity.link_on
            for feed in each.feeds
        }
        event = events[0].id if len(events) == 1 else self.id_of("interactions", channel, ())
        givers = self.givers(events)
        if self.held is None:
            return None if given or not givers else self._nobody(event, events, givers, None)
        rows = self.held.rows("interactions", channel)
        if not rows:
            return None
        known = self.held.filled("interactions", channel, (), PERSON)
        lacking = rows - known
        if not known and not given:
            return self._nobody(event, events, givers, rows)
        if known and Decimal(known) / rows >= self.file.identified:
            return None
        unlinked = self.held.catalog.people.value == "unlinked"
        first = next(iter(given), givers[0] if givers else "")
        return Reason(
            "C10", state if not known else "degraded", "unlinked" if unlinked else "", event, f"{IDENTIFIER}*",
            ", ".join(given or givers), rows=lacking, of=rows, owner=self.owner(given or givers, events),
            fix="link" if unlinked else "identify", place=self.place(first),
            words={"floor": str(self.file.identified)},
        )  # fmt: skip

    def _nobody(self, event: str, events: list[Event], givers: tuple[str, ...], rows: int | None) -> Reason:
        kinds = ", ".join(f"`{kind}`" for kind in self.workspace.identity.link_on)
        declared = next((name for name in givers if self._is_declared(name)), None)
        first = declared or (givers[0] if givers else "")
        return Reason(
            "C04", "not_computable", "person", event, f"{IDENTIFIER}*", ", ".join(givers), rows=rows, of=rows,
            owner=self.owner(givers, events), fix="identify", place=self.place(first), words={"kinds": kinds},
        )  # fmt: skip


def _together(cells: list[tuple[str, Cell]]) -> Iterator[tuple[str, Cell]]:
    """The rows of each source, whatever their kinds."""
    found: dict[str, Cell] = {}
    for source, cell in cells:
        known = found.get(source)
        if known is not None:
            names = {*known.filled, *cell.filled}
            filled = {name: known.filled.get(name, 0) + cell.filled.get(name, 0) for name in names}
            cell = Cell(known.rows + cell.rows, filled)
        found[source] = cell
    yield from sorted(found.items())


def _over(cell: Cell, column: str, most: Decimal) -> bool:
    lacking = cell.rows - cell.filled.get(column, cell.rows)
    return bool(cell.rows) and Decimal(lacking) / cell.rows > most


def _first_line(text: str) -> str:
    return text.removeprefix("error: ").split("\n")[0]


def some(fields: Iterable[str]) -> str:
    """The first fields: an intent is made of every column that a rule of the referential looks at."""
    found = list(fields)
    return ", ".join(found[:MOST_FIELDS]) + (", …" if len(found) > MOST_FIELDS else "")
