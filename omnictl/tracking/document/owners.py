"""Who answers for what a plan needs: who provides the data, who defines the KPIs, who acts, who asks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from omnictl.glossary.card import in_language
from omnictl.render.table import Col, Table
from omnictl.tracking.plan import Plan, Texts
from omnictl.workspace import Workspace

Role = Literal["pools", "defines", "acts", "asks"]
ROLES: tuple[Role, ...] = ("pools", "defines", "acts", "asks")
Kind = Literal["source", "event", "kpi", "solution", "need", "plan"]


@dataclass(frozen=True)
class Owner:
    """One thing somebody answers for.

    Attributes:
        who: '' while nobody is named.
        what: its id: name of the source or solution, id of the event, need or plan, address of the KPI.
        label: what it is called, by language; empty where it has no other name.
    """

    who: str
    role: Role
    kind: Kind
    what: str
    label: Texts


@dataclass(frozen=True)
class Owners:
    """Everybody of a plan: by role, then as the plan has them."""

    rows: tuple[Owner, ...] = ()

    def of(self, role: Role) -> dict[str, list[Owner]]:
        """Who has a role, in the order of their names, with what they answer for; '' (nobody) last."""
        found: dict[str, list[Owner]] = {}
        for row in self.rows:
            if row.role == role:
                found.setdefault(row.who, []).append(row)
        return dict(sorted(found.items(), key=lambda each: (not each[0], each[0].casefold(), each[0])))

    def table(self, lang: str) -> Table:
        """One row per thing somebody answers for; `who` is NULL while nobody does. Roles and kinds stay English."""
        columns = [Col(name, type="varchar") for name in ("who", "role", "kind", "what", "label")]
        rows = [
            (who or None, row.role, row.kind, row.what, in_language(row.label, lang) or None)
            for role in ROLES
            for who, rows in self.of(role).items()
            for row in rows
        ]
        return Table(columns, rows, title="owners")


def owners_of(plan: Plan, workspace: Workspace) -> Owners:
    """Who answers for a plan: of its sources and of events no source gives, of its KPIs, of the solutions on its
    channels as the referential tells them, and of its needs."""
    return Owners((*_pooling(plan), *_defining(plan), *_acting(plan, workspace), *_asking(plan)))


def _pooling(plan: Plan) -> Iterator[Owner]:
    for source in plan.sources.values():
        yield Owner(source.retrieval.owner, "pools", "source", source.name, {})
    for event in plan.events:
        theirs = {plan.sources[name].retrieval.owner for name in event.sources if name in plan.sources}
        if not event.sources or not set(event.owner.split(", ")) <= theirs | {""}:
            yield Owner(event.owner, "pools", "event", event.id, event.meaning)


def _defining(plan: Plan) -> Iterator[Owner]:
    yield Owner(plan.owner, "defines", "plan", plan.id, plan.title)
    for kpi in plan.kpis:
        yield Owner(kpi.owner, "defines", "kpi", kpi.address, kpi.label)


def _acting(plan: Plan, workspace: Workspace) -> Iterator[Owner]:
    channels = {event.channel for event in plan.events if event.channel}
    for name, solution in workspace.referential.solutions.items():
        if solution.channel is None or solution.channel in channels:
            yield Owner(solution.owner or "", "acts", "solution", name, solution.label)


def _asking(plan: Plan) -> Iterator[Owner]:
    for need in plan.needs:
        yield Owner(need.asked_by, "asks", "need", need.id, need.question)
