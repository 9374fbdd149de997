"""Sources as they are loaded: whether their files can be reached, what could not be read, what came twice."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

from omnictl.connectors.files import matching
from omnictl.errors import DefinitionError, OmnictlError, Severity
from omnictl.ingest.coinciding import BY_ID, coinciding
from omnictl.ingest.completing import by_target
from omnictl.sources import Source
from omnictl.tracking.checks.finding import DataFinding
from omnictl.tracking.checks.ground import Ground

CLOSED = {"failed": "failed", "missing": "failed", "too_many_rejects": "refused"}


def of_reach(ground: Ground) -> Iterator[DataFinding]:
    """The sources nothing can be said of: their files are not there or not readable, or they were not loaded."""
    for name in ground.sources:
        about = ground.about(name)
        reason = _unreachable(ground.workspace.root, ground.workspace.sources[name])
        standing = ground.held.standings.get(name)
        state = standing.state if standing is not None else "never"
        if reason:
            details: dict[str, object] = {"reason": reason}
            yield DataFinding("source-unreachable", about, "error", "files", details=details)
        elif state in CLOSED:
            told = str(standing.figures.get("message") or state) if standing is not None else state
            details = {"reason": told.removeprefix("error: ").split("\n")[0]}
            yield DataFinding("source-unreachable", about, "error", CLOSED[state], details=details)
        elif state == "never":
            yield DataFinding("source-unreachable", about, "error", "never")


def _unreachable(root: Path, source: Source) -> str:
    """Why the files of a source cannot be reached; '' when each can be opened."""
    try:
        for path in matching(root, source.paths):
            with path.open("rb") as file:
                file.read(1)
    except DefinitionError as error:  # a variable of the path is not set
        return error.findings[0].message
    except OmnictlError as error:
        return error.message
    except OSError as error:
        return f"{error.filename}: {error.strerror}"
    return ""


def of_reading(ground: Ground) -> Iterator[DataFinding]:
    """Records and cells that could not be read, by column where that is known; more than a source allows is an
    error."""
    for name in ground.sources:
        standing = ground.held.standings.get(name)
        figures = standing.figures if standing is not None else {}
        records = int(figures.get("records") or 0)
        allowed = ground.workspace.sources[name].max_rejects or 0
        severity: Severity = "error" if int(figures.get("rejected") or 0) > records * allowed else "warning"
        for each in ground.held.rejects.get(name, []):
            events = [event for event in ground.plan.events if name in event.sources and event.find(each.column)]
            event = events[0] if len(events) == 1 else None
            about = ground.about(name, event, event.find(each.column) if event is not None else None)
            details: dict[str, object] = {"reason": each.reason.removeprefix(f"{each.column}: ")}
            if each.column:
                about = about.on(each.column)
            said = "rejects" if each.column else "records"
            yield DataFinding(
                "value-unreadable", about, severity, said, count=each.records, rows=records, details=details
            )
        cells = int(figures.get("unreadable_cells") or 0)
        if cells:
            yield DataFinding("value-unreadable", ground.about(name), "warning", "cells", count=cells)


def of_repeats(ground: Ground) -> Iterator[DataFinding]:
    """Records that came again, and contacts that two sources hold though neither completes the other."""
    for name in ground.sources:
        standing = ground.held.standings.get(name)
        figures = standing.figures if standing is not None else {}
        superseded = int(figures.get("superseded") or 0)
        if superseded:
            records = int(figures.get("records") or 0)
            yield DataFinding(
                "duplicate-rows", ground.about(name), "note", "superseded", count=superseded, rows=records
            )
    yield from _coinciding(ground)


def _coinciding(ground: Ground) -> Iterator[DataFinding]:
    if len(ground.held.feeds.get("interactions", ())) < 2:
        return
    families = [[target, *(each.name for each in sources)] for target, sources in by_target(ground.workspace).items()]
    together = {frozenset(pair) for family in families for pair in combinations(family, 2)}
    for found in coinciding(ground.scan.connection, together):
        if not (ground.asked(found.source) or ground.asked(found.other)):
            continue
        key = {"en": "their id", "fr": "leur identifiant"} if found.key == BY_ID else {"en": found.key, "fr": found.key}
        details: dict[str, object] = {"other": found.other, "key": key}
        about = ground.about(found.source)
        yield DataFinding(
            "duplicate-rows", about, "warning", "coinciding", count=found.coincide, rows=found.rows, details=details
        )
