"""Tracking plans written by hand: one that has every field, and names that break careless writers.

`whole_plan()` is of a small help desk: telephone from two sources, chat that no source gives yet, one survey.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from omnictl.errors import Place
from omnictl.relations.column import Type
from omnictl.sources import Retrieval
from omnictl.tracking.plan import Event, Feed, Need, Plan, PlannedKpi, PlannedSource, Property

AWKWARD_EVENT = 'Réponse "à chaud" | 😀'
AWKWARD_NAMES = ("null", "on", "yes", "1e3", 'l\'« avis » | "dit"', "- *a: #b", "2026-03-01", "naïve 😀", "~", "")


def prop(column: str, type: Type = "VARCHAR", **more: object) -> Property:
    """A property named as its column, with a meaning in English and French unless it is given."""
    name = column.removeprefix("identifier.")
    said = {"meaning": {"en": f"the {name}", "fr": f"le champ {name}"}, **more}
    return replace(Property(name, column, type, {}), **said)  # type: ignore[arg-type]


def event(relation: str, channel: str | None, *properties: Property, kind: str = "", **more: object) -> Event:
    """An event whose id and name follow from what it is."""
    parts = [each for each in (relation, channel, kind) if each]
    plain = Event(
        id=".".join(parts),
        name="_".join(parts),
        relation=relation,
        channel=channel,
        kind=kind,
        meaning={"en": f"one row of {relation}", "fr": f"une ligne de {relation}"},
        version="1.0.0",
        properties=properties,
    )
    return replace(plain, **more)  # type: ignore[arg-type]


def source(name: str, *events: str, connector: str = "table", **retrieval: object) -> PlannedSource:
    """A source that gives events, fetched as `retrieval` says."""
    fetched = replace(Retrieval(), **retrieval)  # type: ignore[arg-type]
    return PlannedSource(name, connector, (f"{name}/*.csv",), fetched, events, place=Place("omnictl.yml", 5, 3))


def plan_of(*events: Event, sources: Sequence[PlannedSource] = (), **more: object) -> Plan:
    """A plan of events, without needs or KPIs unless they are given."""
    plain = Plan(
        id="help-desk",
        version="1.0.0",
        title={"en": "Help desk", "fr": "Assistance"},
        owner="data-office",
        naming="{channel}_{object}_{action}, snake_case, 64 characters at most",
        needs=(),
        kpis=(),
        events=events,
        sources={each.name: each for each in sources},
    )
    return replace(plain, **more)  # type: ignore[arg-type]


def _feeds(*pairs: tuple[str, str], connector: bool = False) -> tuple[Feed, ...]:
    return tuple(Feed(name, (field,), field, connector) for name, field in pairs)


def phone_event() -> Event:
    """Calls, from two sources: every type of column, enums, bounds, personal data, one property nobody planned."""
    return event(
        "interactions",
        "phone",
        prop("interaction_id", required=True, feeds=_feeds(("switch", "CallId"), ("overflow", "id"), connector=True)),
        prop("started_at", "TIMESTAMP", unit="UTC", required=True, feeds=_feeds(("switch", "Start"))),
        prop(
            "outcome",
            required=True,
            values=("handled", "abandoned", "no"),
            looked_for=("abandoned",),
            kpis=("abandonment_rate",),
            feeds=_feeds(("switch", "Result")),
        ),
        prop(
            "wait_s",
            "DECIMAL(18,3)",
            unit="s",
            low=Decimal(0),
            high=Decimal("3600.5"),
            nulls=Decimal("0.02"),
            kpis=("average_wait",),
        ),
        prop("transfers", "INTEGER", low=Decimal(0), helps=("average_wait",)),
        prop("sequence", "BIGINT", unplanned=True, feeds=(Feed("switch"),)),
        prop("propensity", "DOUBLE", unit="0 to 1", low=Decimal(0), high=Decimal(1)),
        prop("recorded", "BOOLEAN", required=True),
        prop("day", "DATE", cuts=("day",)),
        prop("agent", privacy="personal", kpis=("average_wait",), purposes=("coaching",)),
        prop(
            "identifier.phone",
            one_of=True,
            privacy="pseudonym",
            purposes=("staffing-of-peaks",),
            feeds=_feeds(("switch", "Ani")),
        ),
        name="phone_contact_ended",
        version="1.2.0",
        owner="telephony-team",
        enforcement="quarantine",
        sources=("switch", "overflow"),
        meaning={"en": "A call: it ended\nin the switch.", "fr": "Un appel s'est terminé."},
        place=Place("tracking.yml", 30, 3),
    )


def chat_event() -> Event:
    """Chats, which no source gives: `outcome` has other values than that of calls, `wait_s` another type."""
    return event(
        "interactions",
        "chat",
        prop("interaction_id", required=True),
        prop("outcome", values=("handled", "dropped")),
        prop("wait_s", "INTEGER", unit="s", high=Decimal(900)),
        name="chat_contact_ended",
        version="0.3.1",
        meaning={"fr": "Un tchat s'est terminé."},
    )


def survey_event() -> Event:
    """Answers to one question, with names that YAML, Markdown, SQL and shells would each read as something else."""
    answers = [
        Property(name or "empty", f"c{number}", "VARCHAR", {"en": name or "nothing"})
        for number, name in enumerate(AWKWARD_NAMES)
    ]
    return event(
        "surveys",
        None,
        prop("score", "INTEGER", required=True, values=("0", "1", "5", "10")),
        prop("comment", values=("null", "on", "1e3", "", "été", 'a "b" | c')),
        *answers,
        kind="csat",
        name=AWKWARD_EVENT,
        sources=("forms",),
        enforcement="stamp",
    )


def whole_plan() -> Plan:
    """The help desk's plan: every field of a plan has a value somewhere."""
    switch = source(
        "switch",
        "interactions.phone",
        connector="asterisk",
        method="api-pull",
        every=timedelta(hours=1),
        lateness=timedelta(minutes=90),
        owner="telephony-team",
        backfill=timedelta(days=90),
        store="warehouse.raw_calls",
        retention="13 months",
    )
    overflow = source(
        "overflow",
        "interactions.phone",
        method="file-drop",
        every=timedelta(days=1),
        lateness=timedelta(hours=6),
        owner="partner-desk",
        retention="as the contract says",
    )
    need = Need(
        id="staffing-of-peaks",
        question={"en": "When do callers give up?", "fr": "Quand les appelants renoncent-ils ?"},
        decision={"en": "Move agents to those hours.", "fr": "Déplacer des conseillers vers ces heures."},
        asked_by="head of service",
        kpis=("abandonment_rate",),
        by=("hour",),
        channels=("phone",),
        every=timedelta(days=7),
        place=Place("tracking.yml", 8, 5),
    )
    return plan_of(
        phone_event(),
        chat_event(),
        survey_event(),
        sources=(switch, overflow, source("forms", "surveys.csat", method="webhook")),
        id="help-desk_2",
        version="2.1.0",
        needs=(need,),
        kpis=(
            PlannedKpi(
                "abandonment_rate",
                {"en": "Abandonment rate", "fr": "Taux d'abandon"},
                "percent",
                "cx-data",
                ("hour",),
                ("staffing-of-peaks",),
            ),
            PlannedKpi("average_wait", {"en": "Average wait", "fr": "Attente moyenne"}, "s", "cx-data"),
        ),
        purposes={"coaching": {"en": "Coaching of agents", "fr": "Accompagnement des conseillers"}},
        place=Place("tracking.yml"),
    )
