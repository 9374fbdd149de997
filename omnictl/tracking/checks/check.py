"""`tracking check`: the published store against the plan, every kind of finding after the other."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from omnictl.errors import SEVERITIES
from omnictl.tracking.checks.carried import ANY_QUESTION, carried
from omnictl.tracking.checks.clocks import of_clocks
from omnictl.tracking.checks.deliveries import Delivered, grid_of, of_deliveries
from omnictl.tracking.checks.finding import DataFinding
from omnictl.tracking.checks.ground import Ground, merged, shown_relations
from omnictl.tracking.checks.held import Held, held_of
from omnictl.tracking.checks.origins import of_reach, of_reading, of_repeats
from omnictl.tracking.checks.scans import Group, GroupKey, Groups, Scan
from omnictl.tracking.checks.values import of_events
from omnictl.tracking.grammar import TrackingFile
from omnictl.tracking.plan import Plan

if TYPE_CHECKING:
    import duckdb

    from omnictl.workspace import Workspace

UNREACHABLE = "source-unreachable"


@dataclass(frozen=True)
class Checked:
    """The result of a check.

    Attributes:
        findings: the gravest first, then in the order of the plan.
        grid: the deliveries of each source.
        events, sources: how many were looked at.
    """

    plan: Plan
    findings: Sequence[DataFinding]
    grid: Sequence[Delivered]
    events: int
    sources: int

    @property
    def reached(self) -> bool:
        """Whether every source could be looked at."""
        return not any(each.code == UNREACHABLE for each in self.findings)


@dataclass(frozen=True)
class Extent:
    """What is looked at.

    Attributes:
        sources: names; () for all.
        since: UTC; None for all rows.
        partial: whether the plan is of KPIs that were named, so that what it does not have says nothing.
    """

    sources: Collection[str] = ()
    since: datetime | None = None
    partial: bool = False


def check(
    workspace: Workspace,
    plan: Plan,
    connection: duckdb.DuckDBPyConnection,
    now: datetime,
    *,
    file: TrackingFile | None = None,
    extent: Extent | None = None,
) -> Checked:
    """Hold a published store against a plan.

    Args:
        connection: a reader's; temporary tables are made in it where sources complete each other.
        now: the present moment, naive UTC.
        file: tracking.yml, for its tolerances.
        extent: what is looked at; default: everything.

    Raises:
        duckdb.Error: a statement takes longer than the connection allows, or more memory.
    """
    ground = _ground(workspace, plan, connection, now, file or TrackingFile(), extent or Extent())
    grid = grid_of(ground)
    found = [*of_reach(ground), *of_events(ground)]
    if ground.since is None:
        found += [*of_reading(ground), *of_repeats(ground)]
    found += [*of_clocks(ground), *of_deliveries(ground, grid)]
    events = [event for event in plan.events if not (extent and extent.sources) or _given(ground, event.sources)]
    shown = [each for each in found if not (extent and extent.sources) or _concerns(ground, each)]
    return Checked(plan, ordered(shown), grid, len(events), len(ground.sources))


def ordered(findings: Sequence[DataFinding]) -> list[DataFinding]:
    """The gravest first; else as they were found."""
    return sorted(findings, key=lambda each: SEVERITIES.index(each.severity))


def _given(ground: Ground, sources: Collection[str]) -> bool:
    return any(name in ground.sources for name in sources)


def _concerns(ground: Ground, finding: DataFinding) -> bool:
    """Whether a finding is of a source that was asked for, or of an event of it."""
    about = finding.about
    if about.source:
        return ground.asked(ground.under(about.source))
    event = ground.plan.event(about.event)
    return event is not None and _given(ground, event.sources)


def _ground(
    workspace: Workspace,
    plan: Plan,
    connection: duckdb.DuckDBPyConnection,
    now: datetime,
    file: TrackingFile,
    extent: Extent,
) -> Ground:
    held = held_of(workspace, connection, now)
    scan = Scan(connection, file.drift, extent.since, held.channels())
    under = {name: source.completes for name, source in plan.sources.items() if source.completes}
    return Ground(
        workspace=workspace,
        plan=plan,
        held=held,
        scan=scan,
        nulls=file.nulls,
        drift=file.drift,
        now=now,
        sources=tuple(name for name in workspace.sources if not extent.sources or name in extent.sources),
        groups=_groups(plan, held, scan, under),
        partial=extent.partial,
        whole=not plan.needs and not extent.partial,
        since=extent.since,
    )


def _groups(plan: Plan, held: Held, scan: Scan, under: dict[str, str]) -> dict[str, Groups]:
    """The rows of each relation that any source feeds, counted once."""
    found: dict[str, Groups] = {}
    for relation in shown_relations():
        if relation not in held.feeds:
            continue
        events = [event for event in plan.events if event.relation == relation]
        if events:
            tallied = held.tallies.get(relation) if relation == "interactions" and scan.since is None else None
            groups = scan.groups(relation, events, tallied)
        else:
            groups = scan.kinds(relation)
        found[relation] = merged(groups, under)
    if any(each.identifier for event in plan.events for each in event.properties):
        _add_identifiers(found, merged(carried(scan, plan.events), under))
    return found


def _add_identifiers(groups: dict[str, Groups], identifiers: Groups) -> None:
    for key, one in identifiers.items():
        survey = key.kind == ANY_QUESTION
        for name, group in groups.get("surveys" if survey else "interactions", {}).items():
            if name.source == key.source and (survey or name == GroupKey(key.source, key.channel, "")):
                _carry(group, one)


def _carry(group: Group, one: Group) -> None:
    for column, count in one.filled.items():
        group.filled[column] = min(group.rows, count)
