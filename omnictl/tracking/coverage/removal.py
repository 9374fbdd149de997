"""What breaks when a source, a column or a field of an export goes: the lines whose state changes, before and after."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from omnictl.compiler.catalog import People
from omnictl.errors import OmnictlError, did_you_mean
from omnictl.relations import RELATIONS
from omnictl.tracking.coverage.covering import Covering
from omnictl.tracking.coverage.held import PERSON, Cell, Held, Spot, people_without
from omnictl.tracking.coverage.judging import NO_ROWS
from omnictl.tracking.coverage.overall import overall_anew
from omnictl.tracking.coverage.spots import Ground
from omnictl.tracking.coverage.unknown import SPARSE
from omnictl.tracking.coverage.verdict import Line, Reason, State, gravest
from omnictl.tracking.lineage import CONSENT
from omnictl.tracking.plan import IDENTIFIER, Event, Feed, Plan, Property


@dataclass(frozen=True)
class Removed:
    """What goes: a whole source (`name` is ''), a column or field of one, or of every source (`source` is '')."""

    source: str
    name: str

    def takes(self, property: Property, feed: Feed, *, fields: bool) -> bool:
        """Whether it is what a feed is made of.

        Args:
            fields: whether the vendor's names count too.
        """
        if self.source and feed.source != self.source:
            return False
        if not self.name or self.name in (property.column, property.identifier):
            return True
        wanted = self.name.casefold()
        return fields and any(wanted in (each.casefold(), each.partition(".")[0].casefold()) for each in feed.fields)


@dataclass(frozen=True)
class Change:
    """A line after the removal, its state before, and the reasons that are new."""

    line: Line
    before: State
    reasons: tuple[Reason, ...]


def removed(plan: Plan, texts: Iterable[str]) -> list[Removed]:
    """What is meant by `SOURCE`, `SOURCE.COLUMN`, `SOURCE.FIELD` or `COLUMN`.

    Raises:
        OmnictlError: the plan has no such source, column or field.
    """
    return [_one(plan, text) for text in texts]


def _one(plan: Plan, text: str) -> Removed:
    source, dot, name = text.partition(".")
    if text in plan.sources:
        return Removed(text, "")
    found = Removed(source, name) if dot and name and source in plan.sources else Removed("", text)
    if not text or not any(found.takes(each, feed, fields=True) for each, feed in _feeds(plan)):
        known = [*plan.sources, *(each.column for each, _ in _feeds(plan)), *_dotted(plan)]
        raise OmnictlError(f"no source gives `{text}`", hint=did_you_mean(text, known))
    return found


def _dotted(plan: Plan) -> Iterator[str]:
    for each, feed in _feeds(plan):
        yield f"{feed.source}.{each.column}"
        yield from (f"{feed.source}.{name}" for name in feed.fields)


def _feeds(plan: Plan) -> Iterator[tuple[Property, Feed]]:
    for event in plan.events:
        for each in event.properties:
            for feed in each.feeds:
                yield each, feed


def breaks(covering: Covering, texts: Sequence[str]) -> list[Change]:
    """The lines whose state gets worse, those of a KPI together.

    Raises:
        OmnictlError: the plan has no such source, column or field.
    """
    try:
        gone = removed(covering.plan, texts)
    except OmnictlError:  # what only other KPIs are made of is known to the whole plan
        gone = removed(covering.whole_plan, texts)
    counted = covering.judged(covering.plan, covering.held)
    before = {line.key: line for line in covering.confirmed(counted)}
    pardoned = {line.key: _sparse(line.reasons) - _sparse(before[line.key].reasons) for line in counted}
    after = covering.judged(without(covering.plan, gone), _data_without(covering, gone))
    found = overall_anew(_pardon(line, pardoned.get(line.key, set())) for line in after)
    return [
        _change(covering, line, before[line.key], gone)
        for line in found
        if line.key in before and line.state != before[line.key].state
    ]


def _sparse(reasons: Iterable[Reason]) -> set[tuple[str, str, str]]:
    return {(each.column, each.source, each.channel) for each in reasons if each.code == SPARSE}


def _pardon(line: Line, known: set[tuple[str, str, str]]) -> Line:
    """A line without the empty columns that the compiler found to be no loss."""
    kept = [
        each for each in line.reasons if each.code != SPARSE or (each.column, each.source, each.channel) not in known
    ]
    return replace(line, reasons=tuple(kept), state=gravest(each.state for each in kept)) if line.channel else line


def _change(covering: Covering, line: Line, before: Line, gone: Sequence[Removed]) -> Change:
    known = {(each.code, each.event, each.column, each.source) for each in before.reasons}
    new = [each for each in line.reasons if (each.code, each.event, each.column, each.source) not in known]
    return Change(line, before.state, tuple(_blamed(covering, each, gone) for each in new[:1] or line.reasons[:1]))


def _blamed(covering: Covering, reason: Reason, gone: Sequence[Removed]) -> Reason:
    """A reason at the source that gives, today, what it lacks."""
    event = covering.plan.event(reason.event)
    if event is not None and reason.code in NO_ROWS:
        return _of_rows(covering, reason, event, gone)
    each = event.find(reason.column) if event is not None and reason.column else None
    if each is None or reason.code not in ("C04", "C05", "C12"):
        return reason
    sources = list(dict.fromkeys(feed.source for feed in each.feeds if _goes(each, feed, gone)))
    if not sources:
        return reason
    ground = Ground(covering.plan, covering.workspace, None)
    place, owner = ground.place(sources[0]), ground.owner(sources)
    words = {**reason.words, "first": sources[0]}
    return replace(reason, source=", ".join(sources), owner=owner, place=place, fix="keep", words=words)


def _of_rows(covering: Covering, reason: Reason, event: Event, gone: Sequence[Removed]) -> Reason:
    """Of an event whose rows go, the sources by which they come today."""
    sources = sorted(lost_sources(event, gone) & set(event.sources))
    if not sources:
        return reason
    ground = Ground(covering.plan, covering.workspace, None)
    place, owner = ground.place(sources[0]), ground.owner(sources)
    told = ", ".join(sources)
    return replace(
        reason, code="C02", variant="gone", source=told, owner=owner, place=place, fix="keep_source",
        words={"first": sources[0]},
    )  # fmt: skip


# the plan


def without(plan: Plan, gone: Sequence[Removed]) -> Plan:
    """A plan whose sources no longer give what goes. A row that cannot be used without it goes with it."""
    return replace(plan, events=tuple(_event_without(event, gone) for event in plan.events))


def _event_without(event: Event, gone: Sequence[Removed]) -> Event:
    lost = lost_sources(event, gone)
    properties = tuple(
        replace(
            each, feeds=tuple(feed for feed in each.feeds if feed.source not in lost and not _goes(each, feed, gone))
        )
        for each in event.properties
    )
    return replace(event, properties=properties, sources=tuple(each for each in event.sources if each not in lost))


def lost_sources(event: Event, gone: Sequence[Removed]) -> set[str]:
    """The sources that no longer give an event at all."""
    found = {each.source for each in gone if not each.name}
    for each in event.properties:
        if each.required:
            found |= {feed.source for feed in each.feeds if _goes(each, feed, gone)}
    return found


def _goes(property: Property, feed: Feed, gone: Sequence[Removed]) -> bool:
    return any(each.takes(property, feed, fields=bool(each.source) or each.name != property.column) for each in gone)


# the data


def _data_without(covering: Covering, gone: Sequence[Removed]) -> Held | None:
    """What the store would hold."""
    held, plan = covering.held, covering.plan
    if held is None:
        return None
    ground = Ground(plan, covering.workspace, held)
    cells: dict[Spot, Mapping[str, Cell]] = {}
    unlinked: set[str] = set()
    for spot, sources in held.cells.items():
        events = ground.events(spot[0], spot[1], (spot[2],) if spot[2] else ())
        lost = {name for event in events for name in lost_sources(event, gone)} | {
            each.source for each in gone if not each.name
        }
        kept: dict[str, Cell] = {}
        for source, cell in sources.items():
            givers = {name for event in events for name in event.sources} & ground.group(source)
            if source not in lost and not (givers and givers <= lost):
                columns = set(_emptied(events, ground.group(source), gone))
                if CONSENT in columns and covering.workspace.identity.consent == "required":
                    columns.add(PERSON)
                unlinked |= {
                    f"{source}.{name.removeprefix(IDENTIFIER)}" for name in columns if name.startswith(IDENTIFIER)
                }
                kept[source] = Cell(cell.rows, {name: 0 if name in columns else n for name, n in cell.filled.items()})
        cells[spot] = kept
    return _relinked(covering, held.with_cells(cells), unlinked)


def _emptied(events: Iterable[Event], group: set[str], gone: Sequence[Removed]) -> Iterator[str]:
    """The columns that a source, and those that complete it, give no more."""
    for event in events:
        lost = lost_sources(event, gone)
        for each in event.properties:
            shape = RELATIONS[event.relation].column(each.column)
            if shape is not None and (shape.required or shape.default is not None):  # omnictl fills it
                continue
            own = [feed for feed in each.feeds if feed.source in group]
            if own and all(feed.source in lost or _goes(each, feed, gone) for feed in own):
                yield each.column


def _relinked(covering: Covering, held: Held, unlinked: set[str]) -> Held:
    """With the people that the identifiers left still tell."""
    if not unlinked or covering.connection is None:
        return held
    known = people_without(covering.connection, covering.workspace.identity.link_on, unlinked)
    cells: dict[Spot, Mapping[str, Cell]] = dict(held.cells)
    for spot, sources in held.cells.items():
        if spot[0] == "interactions":
            cells[spot] = {
                source: replace(
                    cell,
                    filled={**cell.filled, PERSON: min(cell.filled.get(PERSON, 0), known.get((spot[1], source), 0))},
                )
                for source, cell in sources.items()
            }
    anybody = any(
        cell.filled.get(PERSON) for spot, own in cells.items() if spot[0] == "interactions" for cell in own.values()
    )
    catalog = held.catalog if anybody else replace(held.catalog, people=People.NONE)
    return replace(held, cells=cells, catalog=catalog)
