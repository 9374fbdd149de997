"""Times that cannot be: after the export came, ends before beginnings, steps outside their contact; clocks apart."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from omnictl.ingest.completing import by_target, matched_parts
from omnictl.ingest.schema import held_tables
from omnictl.relations import RELATIONS
from omnictl.tracking.checks.finding import DataFinding
from omnictl.tracking.checks.ground import Ground, is_of

if TYPE_CHECKING:
    from omnictl.ingest.contactless import Part
    from omnictl.tracking.checks.scans import Group
    from omnictl.tracking.plan import Event

# Relations whose rows are of the past when they are exported; plans of staffing and customer bases may be of later.
OF_THE_PAST = ("interactions", "segments", "steps", "surveys", "decisions")
LEAST = 5  # contacts that two sources describe, before anything is said of their clocks


def of_clocks(ground: Ground) -> Iterator[DataFinding]:
    """Times that cannot be, by event; then clocks that go apart."""
    yield from _future(ground)
    for event in ground.plan.events:
        for source, group in ground.of(event).items():
            yield from _out_of_order(ground, event, source, group)
    yield from _offsets(ground)


def _out_of_order(ground: Ground, event: Event, source: str, group: Group) -> Iterator[DataFinding]:
    """Ends before beginnings, and steps outside of their interaction."""
    for (column, before), count in group.before.items():
        if count:
            about = ground.about(source, event, event.find(column)).on(column)
            rows = group.filled.get(column, group.rows)
            details: dict[str, object] = {"before": before}
            yield DataFinding("clock-drift", about, "warning", "ended", count=count, rows=rows, details=details)
    if group.outside:
        about = ground.about(source, event, event.find("occurred_at"))
        details = {"tolerance": ground.drift}
        yield DataFinding(
            "clock-drift", about, "warning", "outside", count=group.outside, rows=group.rows, details=details
        )


def _future(ground: Ground) -> Iterator[DataFinding]:
    """Rows that lie after their export came. The tallies tell which sources have any; only these are counted."""
    for relation in OF_THE_PAST:
        bounds: dict[str, datetime] = {}
        for (source, name), newest in ground.held.newest.items():
            received = [
                each.figures.get("received_at")
                for each in (ground.held.standings.get(one) for one in ground.family(source))
                if each is not None
            ]
            known = [moment for moment in received if moment is not None]
            if name == relation and known and ground.asked(source) and newest > max(known) + ground.drift:
                bounds[source] = max(known) + ground.drift
        if not bounds:
            continue
        later = ground.scan.future(relation, bounds)
        for event in (event for event in ground.plan.events if event.relation == relation):
            yield from _later(ground, event, {key.source: found for key, found in later.items() if is_of(event, key)})


def _later(ground: Ground, event: Event, found: dict[str, tuple[int, datetime]]) -> Iterator[DataFinding]:
    groups = ground.of(event)
    for source, (count, last) in found.items():
        about = ground.about(source, event, event.find(RELATIONS[event.relation].at))
        rows = groups[source].rows if source in groups else count
        shown = f"{last:%Y-%m-%d %H:%M}"
        yield DataFinding("clock-drift", about, "warning", "future", count=count, rows=rows, example=shown)


# two clocks


def _offsets(ground: Ground) -> Iterator[DataFinding]:
    """By how much the clocks of two sources differ that describe the same contacts, where that is beyond tolerance.

    The rows of a source that completes another are kept as they were read, with their own beginning.
    """
    connection = ground.scan.connection
    if "interactions" not in held_tables(connection):
        return
    for target, sources in by_target(ground.workspace).items():
        if not ground.asked(target):
            continue
        for part in matched_parts(connection, target, sources):
            if "interactions" in part.relations:
                yield from _offset(ground, part, target)


def _offset(ground: Ground, part: Part, target: str) -> Iterator[DataFinding]:
    ((contacts, median),) = ground.scan.connection.execute(
        f"""
        select count(*), median(epoch(theirs.started_at) - epoch(ours.started_at))
        from temp.{part.matched} m
        join held_interactions theirs on theirs.source = $source and theirs.interaction_id = m.their_id
        join held_interactions ours on ours.source = m.our_source and ours.interaction_id = m.our_id
        where m.our_source = $target
        """,
        {"source": part.source.name, "target": target},
    ).fetchall()
    if contacts < LEAST or abs(median) <= ground.drift.total_seconds():
        return
    details: dict[str, object] = {"offset": timedelta(seconds=round(median)), "other": target}
    about = ground.about(part.source.name)
    yield DataFinding("clock-drift", about, "warning", "offset", rows=contacts, details=details)
