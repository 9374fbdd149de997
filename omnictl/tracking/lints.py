"""What is worth saying of a plan before any data is looked at: names, minimisation, retrieval."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from omnictl.errors import Finding, Severity
from omnictl.tracking.enforcement import rules_of
from omnictl.tracking.grammar import EventWords, TrackingFile
from omnictl.tracking.plan import Event, Plan, Property

if TYPE_CHECKING:
    from omnictl.workspace import Workspace


def lints(plan: Plan, workspace: Workspace, file: TrackingFile) -> Iterator[Finding]:
    """What is worth saying, in reading order of the plan."""
    yield from _names(plan, file)
    yield from _personal(plan, workspace)
    yield from _unneeded(plan, workspace)
    yield from _retrieval(plan, workspace)
    yield from _rhythm(plan, file)
    yield from rules_of(plan, file).findings


def _names(plan: Plan, file: TrackingFile) -> Iterator[Finding]:
    """Names that do not keep to the convention, or that two things share."""
    convention = file.convention
    taken: dict[str, str] = {}
    for event in plan.events:
        words = file.events.get(event.id) or next((w for w in file.events.values() if w.place == event.place), None)
        place = words.place if words is not None else file.place
        if fault := convention.fault(event.name):
            hint = convention.better(event.name)
            message = f"event `{event.name}`: {fault}"
            yield file.finding("plan-name", message, place, f"name: {hint}" if hint else "", "warning")
        if event.name in taken:
            message = f"`{event.id}` and `{taken[event.name]}` have one name: `{event.name}`"
            yield file.finding("plan-name-twice", message, place)
        taken.setdefault(event.name, event.id)
        yield from _property_names(event, words, file)


def _property_names(event: Event, words: EventWords | None, file: TrackingFile) -> Iterator[Finding]:
    taken: dict[str, str] = {}
    for each in event.properties:
        said = words.properties.get(each.column) if words is not None else None
        place = said.place if said is not None else event.place or file.place
        if fault := file.convention.fault(each.name):
            hint = file.convention.better(each.name)
            message = f"property `{each.name}` of `{event.name}`: {fault}"
            yield file.finding("plan-name", message, place, f"name: {hint}" if hint else "", "warning")
        if each.name in taken:
            message = f"`{each.column}` and `{taken[each.name]}` of `{event.name}` have one name: `{each.name}`"
            yield file.finding("plan-name-twice", message, place)
        taken.setdefault(each.name, each.column)


def unused_personal(plan: Plan) -> list[tuple[str, str, str]]:
    """Source, relation and column of personal data that no event of theirs needs: one that any needs is recorded for
    it, and cannot be left out of a source for the others alone."""
    found: dict[tuple[str, str, str], bool] = {}
    for event, each in _properties(plan):
        for feed in each.feeds if each.privacy else ():
            key = (feed.source, event.relation, each.column)
            found[key] = found.get(key, False) or bool(each.purposes)
    return [key for key, used in found.items() if not used]


def _personal(plan: Plan, workspace: Workspace) -> Iterator[Finding]:
    """Personal data that nothing justifies."""
    for source, column in dict.fromkeys((source, column) for source, _, column in unused_personal(plan)):
        message = f"`{source}` records `{column}`, which is personal: no KPI, cut or purpose of the plan needs it"
        hint = f"leave it out of the source, or say why under `purposes`: {{columns: [{column}]}}"
        yield _said(workspace.sources[source].finding("personal-unused", message, hint), "warning")


def _unneeded(plan: Plan, workspace: Workspace) -> Iterator[Finding]:
    """Columns that are recorded for no KPI: harmless, and told to those who want to know."""
    found: dict[str, dict[str, None]] = {}
    for _, each in _properties(plan):
        for feed in each.feeds if each.unplanned and not each.privacy else ():
            found.setdefault(feed.source, {})[each.column] = None
    for source, columns in found.items():
        message = f"`{source}` records {', '.join(f'`{column}`' for column in columns)}: no KPI of the plan needs it"
        yield _said(workspace.sources[source].finding("property-unneeded", message), "note")


def _retrieval(plan: Plan, workspace: Workspace) -> Iterator[Finding]:
    """Sources of which nobody knows how often they come, or who answers for them."""
    for name, planned in plan.sources.items():
        lacking = [
            key for key in ("method", "every", "owner") if planned.events and not getattr(planned.retrieval, key)
        ]
        if lacking:
            message = f"source `{name}` does not say {_listed(f'`{key}`' for key in lacking)} of its `retrieval`"
            hint = "retrieval: {method: sftp, every: 1 d, lateness: 2 h, owner: telephony}"
            yield _said(workspace.sources[name].finding("retrieval-unsaid", message, hint), "warning")


def _rhythm(plan: Plan, file: TrackingFile) -> Iterator[Finding]:
    """Needs that are answered more often than their data come."""
    for need in plan.needs:
        if need.every is None:
            continue
        slow = [
            f"`{name}` every {_days(source.retrieval.every.total_seconds())}"
            for name, source in plan.sources.items()
            if source.retrieval.every is not None
            and source.retrieval.every > need.every
            and any(need.id in _needs_of(plan, event) for event in plan.events if name in event.sources)
        ]
        if slow:
            message = (
                f"need `{need.id}` is answered every {_days(need.every.total_seconds())}, and comes {_listed(slow)}"
            )
            yield file.finding("need-too-rare", message, need.place, "ask for the export as often", "warning")


def _said(finding: Finding, severity: Severity) -> Finding:
    return replace(finding, severity=severity)


def _needs_of(plan: Plan, event: Event) -> set[str]:
    wanted = {kpi for each in event.properties for kpi in each.kpis}
    return {need for kpi in plan.kpis if kpi.address in wanted for need in kpi.needs}


def _properties(plan: Plan) -> Iterator[tuple[Event, Property]]:
    for event in plan.events:
        for each in event.properties:
            yield event, each


def _listed(items: Iterable[str]) -> str:
    *some, last = items
    return f"{', '.join(some)} and {last}" if some else last


def _days(seconds: float) -> str:
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= size and seconds % size == 0:
            return f"{seconds / size:g} {unit}"
    return f"{seconds:g} s"
