"""What one check looks at: the plan, the store's own knowledge, and the rows that were counted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from omnictl.relations import RELATIONS
from omnictl.tracking.checks.finding import Subject, subject_of
from omnictl.tracking.checks.held import Held
from omnictl.tracking.checks.scans import Group, GroupKey, Groups, Scan
from omnictl.tracking.events import BY_CHANNEL
from omnictl.tracking.plan import TOLD_BY, Event, Plan, Property

if TYPE_CHECKING:
    from omnictl.workspace import Workspace


@dataclass(frozen=True)
class Ground:
    """What one check looks at.

    Attributes:
        partial: whether only some KPIs are asked about: then what the plan does not have says nothing.
        whole: whether the plan is of the whole glossary, which no workspace is expected to fill.
        sources: those that are looked at.
        nulls, drift: tolerances of the plan.
        now: the present moment, naive UTC; `since`: rows before it are not looked at.
        groups: relation → what was counted, the rows of sources that complete another under its name.
    """

    workspace: Workspace
    plan: Plan
    held: Held
    scan: Scan
    nulls: Decimal
    drift: timedelta
    now: datetime
    sources: tuple[str, ...]
    groups: Mapping[str, Groups]
    partial: bool = False
    whole: bool = False
    since: datetime | None = None

    def about(self, source: str, event: Event | None = None, property: Property | None = None) -> Subject:
        """The subject of a finding."""
        return subject_of(self.plan, source, event, property)

    def under(self, source: str) -> str:
        """The source under whose name rows stand: the one it completes, else itself."""
        planned = self.plan.sources.get(source)
        return planned.completes if planned is not None and planned.completes else source

    def family(self, source: str) -> tuple[str, ...]:
        """The sources whose rows stand under a name."""
        return tuple(name for name in self.plan.sources if self.under(name) == source) or (source,)

    def asked(self, source: str) -> bool:
        """Whether a source, or one that completes it, is looked at."""
        return any(name in self.sources for name in self.family(source))

    def of(self, event: Event) -> dict[str, Group]:
        """The rows of an event by the source under whose name they stand; of those that are looked at."""
        return {source: group for source, group in self.everywhere(event).items() if self.asked(source)}

    def everywhere(self, event: Event) -> dict[str, Group]:
        """The same of all sources."""
        found: dict[str, Group] = {}
        for key, group in self.groups.get(event.relation, {}).items():
            if is_of(event, key):
                found.setdefault(key.source, Group()).add(group)
        return found

    def unplanned(self) -> Iterator[tuple[str, GroupKey, Group]]:
        """The rows that no event of the plan has, by relation."""
        for relation, groups in self.groups.items():
            events = [event for event in self.plan.events if event.relation == relation]
            for key, group in groups.items():
                if group.rows and self.asked(key.source) and not any(is_of(event, key) for event in events):
                    yield relation, key, group


def is_of(event: Event, key: GroupKey) -> bool:
    """Whether rows are of an event. Parts of contacts whose channel nobody knows are of none."""
    if event.relation in BY_CHANNEL and event.channel != key.channel:
        return False
    return event.relation not in TOLD_BY or event.kind == key.kind


def merged(groups: Groups, under: Mapping[str, str]) -> Groups:
    """Groups with the rows of sources under the names where they stand."""
    found: Groups = {}
    for key, group in groups.items():
        name = key._replace(source=under.get(key.source, key.source))
        found.setdefault(name, Group()).add(group)
    return found


def shown_relations() -> tuple[str, ...]:
    """The relations of which there are events: those that connectors fill, without identifiers."""
    return tuple(
        name for name, relation in RELATIONS.items() if relation.written_by == "connector" and name != "identifiers"
    )
