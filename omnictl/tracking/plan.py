"""A tracking plan as data: which events each tool must record, with which properties, for which KPIs and needs.

An event is what one kind of row is about: the contacts of a channel, one type of step, one question of a survey. Its
properties are our columns, and the kinds of identifiers its rows carry.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Literal

from omnictl.errors import Finding, Place
from omnictl.relations.column import Type
from omnictl.sources import Retrieval

Texts = Mapping[str, str]  # language: text
Enforcement = Literal["off", "stamp", "quarantine"]
ENFORCEMENTS: tuple[Enforcement, ...] = ("off", "stamp", "quarantine")
Privacy = Literal["", "personal", "pseudonym"]

IDENTIFIER = "identifier."  # before the kind: the column of an identifier
# The column whose value tells what kind of event a row is.
TOLD_BY = {"steps": "type", "surveys": "question", "segments": "kind"}


@dataclass(frozen=True)
class Feed:
    """What one source gives of a property.

    Attributes:
        fields: the vendor's names of what it is made of; () for a constant, and where the connector does not tell.
        expression: how it is made of them; '' where the connector does not tell.
        connector: whether the source's connector says so, else omnictl.yml.
    """

    source: str
    fields: tuple[str, ...] = ()
    expression: str = ""
    connector: bool = False


@dataclass(frozen=True)
class Property:
    """One column of an event.

    Attributes:
        name: in the plan's naming convention.
        column: of the relation, or `identifier.KIND`.
        required: a record without it cannot be used.
        values: the only ones it may have; () for any.
        looked_for: the values that the plan's KPIs look for.
        low, high: the range it must lie in, both included; None for no bound.
        nulls: the share of rows that may lack it; None for the plan's own tolerance.
        kpis: those of the plan that cannot be computed without it; where it is `one_of` several, without any of them.
        helps: those that are computed without it, less well.
        cuts: the cuts asked for that need it.
        purposes: the needs and declared purposes a personal property serves; () of one that is not personal.
        feeds: the sources that give it; () while none does.
        unplanned: whether only a source's mapping has it: no KPI or cut wants it.
        one_of: whether another identifier of the event does as well.
    """

    name: str
    column: str
    type: Type
    meaning: Texts
    unit: str = ""
    required: bool = False
    values: tuple[str, ...] = ()
    looked_for: tuple[str, ...] = ()
    low: Decimal | None = None
    high: Decimal | None = None
    nulls: Decimal | None = None
    privacy: Privacy = ""
    kpis: tuple[str, ...] = ()
    helps: tuple[str, ...] = ()
    cuts: tuple[str, ...] = ()
    purposes: tuple[str, ...] = ()
    feeds: tuple[Feed, ...] = ()
    unplanned: bool = False
    one_of: bool = False

    @property
    def identifier(self) -> str:
        """The kind of identifier it is; '' for a column."""
        return self.column.removeprefix(IDENTIFIER) if self.column.startswith(IDENTIFIER) else ""

    @property
    def needed(self) -> bool:
        """Whether rows must have it: for omnictl to use them, or for a KPI to be computed."""
        return self.required or bool(self.kpis)


@dataclass(frozen=True)
class Event:
    """What a tool must record of one thing that happens.

    Attributes:
        id: relation, channel and kind with dots: `interactions.phone`, `steps.faq.article`, `surveys.nps`.
        name: in the plan's naming convention.
        channel: None where the relation has none.
        kind: the type of step, the question of the survey, the kind of segment; '' for others.
        owner: who answers for it: as the plan says, else the owners of its sources.
        sources: those that give it.
        place: where tracking.yml speaks of it; None where it does not.
    """

    id: str
    name: str
    relation: str
    channel: str | None
    kind: str
    meaning: Texts
    version: str
    properties: tuple[Property, ...]
    owner: str = ""
    enforcement: Enforcement = "off"
    sources: tuple[str, ...] = ()
    place: Place | None = None

    @property
    def kpis(self) -> tuple[str, ...]:
        """The KPIs that need any of its properties."""
        return tuple(dict.fromkeys(kpi for each in self.properties for kpi in (*each.kpis, *each.helps)))

    def find(self, column: str) -> Property | None:
        """The property of a column."""
        return next((each for each in self.properties if each.column == column), None)


@dataclass(frozen=True)
class Need:
    """A question of the business.

    Attributes:
        question, decision: what is asked, and what is decided with the answer, by language.
        by: the cuts wanted.
        channels: those it is about; () for all that the workspace has.
        every: how often it is answered; None when that is not said.
        places: where each KPI, cut and channel of it is written.
    """

    id: str
    question: Texts
    decision: Texts
    asked_by: str
    kpis: tuple[str, ...]
    by: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    every: timedelta | None = None
    place: Place | None = None
    places: Mapping[str, Place] = field(default_factory=dict)

    def at(self, name: str) -> Place | None:
        """Where a KPI, cut or channel of it is written; else where the need is."""
        return self.places.get(name, self.place)


@dataclass(frozen=True)
class PlannedSource:
    """A source as the plan knows it.

    Attributes:
        events: the ids of the events it gives.
        channels: those its mapping names; () when only the data tell.
        timezone: of its times that say none; '' where a connector knows it.
    """

    name: str
    connector: str
    paths: tuple[str, ...]
    retrieval: Retrieval
    events: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    completes: str = ""
    timezone: str = ""
    place: Place | None = None


@dataclass(frozen=True)
class PlannedKpi:
    """A KPI of the plan, with the cuts that are asked of it, those it has, and the needs that ask; `channels` are those
    that all of them name, () where one asks for all."""

    address: str
    label: Texts
    unit: str
    owner: str
    by: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    referential: tuple[str, ...] = ()  # what referential.yml must say: `rates`, `match`, `solutions`, `calendars`
    definition: Texts = field(default_factory=dict)  # as the glossary tells it
    channels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Plan:
    """A tracking plan.

    Attributes:
        place: of the file it was read from; None when KPIs were named instead.
        naming: the convention, in words.
        findings: what is wrong with it, or worth knowing.
    """

    id: str
    version: str
    title: Texts
    owner: str
    naming: str
    needs: tuple[Need, ...]
    kpis: tuple[PlannedKpi, ...]
    events: tuple[Event, ...]
    sources: Mapping[str, PlannedSource] = field(default_factory=dict)
    purposes: Mapping[str, Texts] = field(default_factory=dict)
    findings: Sequence[Finding] = ()
    place: Place | None = None

    def event(self, id: str) -> Event | None:
        """The event of an id or name."""
        return next((each for each in self.events if id in (each.id, each.name)), None)

    def retrieval(self, event: Event) -> list[tuple[str, Retrieval]]:
        """How each source of an event is fetched."""
        return [(name, self.sources[name].retrieval) for name in event.sources if name in self.sources]
