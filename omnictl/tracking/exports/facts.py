"""What a plan says besides names, types and descriptions: each fact with its value, for who writes and who counts.

One list serves both: what an export writes of a fact and whether the plan has it at all come from the same place.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from omnictl.glossary.card import in_language
from omnictl.sources import Retrieval
from omnictl.tracking.exports.shape import number, shape_of
from omnictl.tracking.plan import Event, Need, Plan, PlannedSource, Property, Texts

Level = Literal["plan", "event", "property"]


@dataclass(frozen=True)
class Scope:
    """What a fact is about: the plan, one of its events, or a property of that event."""

    plan: Plan
    language: str
    event: Event | None = None
    property: Property | None = None


@dataclass(frozen=True)
class Fact:
    """Something a plan may say.

    Attributes:
        field: as losses call it.
        key: as extensions call it, in camelCase; '' for what is written elsewhere only.
        said: its value, of what JSON can hold; empty where the plan does not say it.
    """

    level: Level
    field: str
    key: str
    said: Callable[[Scope], Any]


def _of_plan(read: Callable[[Plan], Any]) -> Callable[[Scope], Any]:
    return lambda scope: read(scope.plan)


def _of_event(read: Callable[[Event], Any]) -> Callable[[Scope], Any]:
    return lambda scope: read(scope.event) if scope.event else None


def _of_property(read: Callable[[Property], Any]) -> Callable[[Scope], Any]:
    return lambda scope: read(scope.property) if scope.property else None


def _of_retrieval(read: Callable[[Retrieval], str]) -> Callable[[Scope], Any]:
    """The texts by source, of those sources of the event that say it."""

    def said(scope: Scope) -> dict[str, str]:
        fetched = scope.plan.retrieval(scope.event) if scope.event else []
        return {name: text for name, retrieval in fetched if (text := read(retrieval))}

    return said


def _of_source(read: Callable[[PlannedSource], Any]) -> Callable[[Scope], Any]:
    def said(scope: Scope) -> dict[str, Any]:
        names = scope.event.sources if scope.event else ()
        known = [scope.plan.sources[name] for name in names if name in scope.plan.sources]
        return {each.name: value for each in known if (value := read(each))}

    return said


def needs_of(plan: Plan, event: Event) -> list[Need]:
    """The needs that ask for a KPI of the event, on its channel."""
    asked = set(event.kpis)
    return [
        need
        for need in plan.needs
        if asked.intersection(need.kpis)
        and (not need.channels or event.channel is None or event.channel in need.channels)
    ]


def _needs(scope: Scope) -> list[dict[str, Any]]:
    told = []
    for need in needs_of(scope.plan, scope.event) if scope.event else []:
        entry = {
            "id": need.id,
            "question": in_language(need.question, scope.language),
            "decision": in_language(need.decision, scope.language),
            "askedBy": need.asked_by,
            "every": iso_duration(need.every),
            "by": list(need.by),
        }
        told.append({key: value for key, value in entry.items() if value})
    return told


def _purposes(scope: Scope) -> dict[str, str]:
    """The texts of the declared purposes that properties of the event serve."""
    named = {name for each in (scope.event.properties if scope.event else ()) for name in each.purposes}
    return {name: in_language(texts, scope.language) for name, texts in scope.plan.purposes.items() if name in named}


def _feeds(one: Property) -> list[dict[str, Any]]:
    told = []
    for feed in one.feeds:
        entry = {"source": feed.source, "fields": list(feed.fields), "expression": feed.expression}
        told.append({key: value for key, value in entry.items() if value})
    return told


def _kpi_cards(scope: Scope) -> list[dict[str, Any]]:
    """The KPIs of the event as people know them."""
    asked = scope.event.kpis if scope.event else ()
    cards = []
    for kpi in scope.plan.kpis:
        if kpi.address in asked:
            label = in_language(kpi.label, scope.language)
            entry = {"address": kpi.address, "label": label, "unit": kpi.unit, "owner": kpi.owner}
            told = {**entry, "by": list(kpi.by), "referential": list(kpi.referential)}
            cards.append({key: value for key, value in told.items() if value})
    return cards


def _translations(scope: Scope) -> dict[str, str]:
    """What the event or property means in the other languages, where they say something else."""
    about = scope.property or scope.event
    meaning = about.meaning if about else {}
    shown = in_language(meaning, scope.language)
    return {language: " ".join(text.split()) for language, text in meaning.items() if text and text != shown}


def iso_duration(span: timedelta | None) -> str:
    """A duration as ISO 8601 writes it, `P1DT6H`; '' for none."""
    if span is None:
        return ""
    seconds = span.seconds
    parts = ((seconds // 3600, "H"), (seconds // 60 % 60, "M"), (seconds % 60, "S"))
    clock = "".join(f"{value}{unit}" for value, unit in parts if value)
    days = f"{span.days}D" if span.days else ""
    return f"P{days}{f'T{clock}' if clock else ''}" if days or clock else "PT0S"


FACTS: tuple[Fact, ...] = (
    Fact("plan", "plan.title", "planTitle", lambda scope: in_language(scope.plan.title, scope.language)),
    Fact("plan", "plan.version", "plan", _of_plan(lambda plan: f"{plan.id} {plan.version}".strip())),
    Fact("plan", "plan.owner", "planOwner", _of_plan(lambda plan: plan.owner)),
    Fact("plan", "plan.naming", "naming", _of_plan(lambda plan: plan.naming)),
    Fact("event", "id", "event", _of_event(lambda event: event.id)),
    Fact("event", "version", "version", _of_event(lambda event: event.version)),
    Fact("event", "owner", "owner", _of_event(lambda event: event.owner)),
    Fact("event", "enforcement", "enforcement", _of_event(lambda e: e.enforcement if e.enforcement != "off" else "")),
    Fact("event", "kpis", "servesKpis", _of_event(lambda event: list(event.kpis))),
    Fact("event", "kpi cards", "kpis", _kpi_cards),
    Fact("event", "needs", "needs", _needs),
    Fact("event", "purposes", "purposes", _purposes),
    Fact("event", "sources", "sources", _of_event(lambda event: list(event.sources))),
    Fact("event", "source.connector", "connector", _of_source(lambda source: source.connector)),
    Fact("event", "source.paths", "paths", _of_source(lambda source: list(source.paths))),
    Fact("event", "source.completes", "completes", _of_source(lambda source: source.completes)),
    Fact("event", "retrieval.method", "retrievalMethod", _of_retrieval(lambda one: one.method)),
    Fact("event", "retrieval.every", "retrievalFrequency", _of_retrieval(lambda one: iso_duration(one.every))),
    Fact("event", "retrieval.lateness", "lateness", _of_retrieval(lambda one: iso_duration(one.lateness))),
    Fact("event", "retrieval.owner", "retrievalOwner", _of_retrieval(lambda one: one.owner)),
    Fact("event", "retrieval.backfill", "backfill", _of_retrieval(lambda one: iso_duration(one.backfill))),
    Fact("event", "target store", "targetStore", _of_retrieval(lambda one: one.store)),
    Fact("event", "retrieval.retention", "retention", _of_retrieval(lambda one: one.retention)),
    Fact("event", "other languages", "meaning", _translations),
    Fact("property", "other languages", "meaning", _translations),
    Fact("property", "column", "column", _of_property(lambda one: one.column if one.column != one.name else "")),
    Fact("property", "unit", "unit", _of_property(lambda one: one.unit)),
    Fact("property", "values", "", _of_property(lambda one: list(shape_of(one).values))),
    Fact("property", "low/high", "", _of_property(lambda one: shape_of(one).bounded)),
    Fact(
        "property", "nulls", "nullShare", _of_property(lambda one: None if one.nulls is None else [number(one.nulls)])
    ),
    Fact("property", "privacy", "pii", _of_property(lambda one: one.privacy)),
    Fact("property", "purposes", "purposes", _of_property(lambda one: list(one.purposes))),
    Fact("property", "kpis", "servesKpis", _of_property(lambda one: list(one.kpis))),
    Fact("property", "helps", "helpsKpis", _of_property(lambda one: list(one.helps))),
    Fact("property", "cuts", "cuts", _of_property(lambda one: list(one.cuts))),
    Fact("property", "looked_for", "lookedFor", _of_property(lambda one: list(one.looked_for))),
    Fact("property", "one_of", "oneOf", _of_property(lambda one: one.one_of)),
    Fact("property", "vendor fields", "sourceFields", _of_property(_feeds)),
    Fact("property", "unplanned", "unplanned", _of_property(lambda one: one.unplanned)),
)


def said(scope: Scope, level: Level, fields: frozenset[str]) -> dict[str, Any]:
    """What the plan says of some facts of a level, by the key of each, in the order of FACTS."""
    wanted = [fact for fact in FACTS if fact.level == level and f"{level}:{fact.field}" in fields and fact.key]
    found = {fact.key: value for fact in wanted if (value := fact.said(scope))}
    if isinstance(share := found.get("nullShare"), list):  # in a list so that none at all, 0, is something said
        found["nullShare"] = share[0]
    return found


def kebab(key: str) -> str:
    """camelCase as kebab-case."""
    return re.sub(r"(?=[A-Z])", "-", key).lower()


def description(meaning: Texts, language: str, otherwise: str = "") -> str:
    """What something means, on one line; `otherwise` where nobody said."""
    return " ".join(in_language(meaning, language).split()) or otherwise
