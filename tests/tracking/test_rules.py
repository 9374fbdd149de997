"""From a plan to what rows are held to: which rules a row can break, and which a plan cannot ask for."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from omnictl.errors import Place
from omnictl.ingest.rules import Bounds, EventRules, Rules
from omnictl.relations import RELATIONS
from omnictl.sources import Retrieval
from omnictl.tracking.enforcement import Enforced, rules_of
from omnictl.tracking.grammar import TrackingFile
from omnictl.tracking.plan import Event, Feed, Plan, PlannedSource, Property

AT = Place("tracking.yml", 3, 3)


def prop(relation: str, name: str, **more: Any) -> Property:
    column = RELATIONS[relation].column(name)
    return replace(Property(name, name, column.type if column else "VARCHAR", {}), **more)


def event(relation: str, channel: str | None, *properties: Property, kind: str = "", **more: Any) -> Event:
    name = ".".join(part for part in (relation, channel, kind) if part)
    plain = Event(name, name, relation, channel, kind, {}, "9.9.9", properties, "", "stamp", ("calls",), AT)
    return replace(plain, **more)


def made(*events: Event, completes: dict[str, str] | None = None, file: TrackingFile | None = None) -> Enforced:
    names = {name for each in events for name in each.sources}
    sources = {
        name: PlannedSource(name, "table", (), Retrieval(), completes=(completes or {}).get(name, ""))
        for name in sorted(names)
    }
    return rules_of(Plan("small", "1.0.0", {}, "", "", (), (), events, sources), file)


def bounds(found: Enforced, source: str = "calls") -> tuple[Bounds, ...]:
    (rules,) = found.rules[source]
    return rules.events[0].bounds


def codes(found: Enforced) -> list[str]:
    return [each.code for each in found.findings]


def test_sources_without_an_enforced_event_have_no_rules() -> None:
    calls = event("interactions", "phone", enforcement="off")
    chats = event("interactions", "chat", sources=("chats",))
    assert set(made(calls, chats).rules) == {"chats"}


def test_the_rules_of_a_source() -> None:
    wait = prop("interactions", "wait_s", low=Decimal(0), high=Decimal(60))
    queue = prop("interactions", "queue", values=("a", "b"))
    free = prop("interactions", "site")
    calls = event("interactions", "phone", wait, queue, free, enforcement="quarantine")
    mails = event("interactions", "email", wait, enforcement="off")
    page = event("steps", "web", kind="page", sources=("site",))
    (rules,) = made(calls, mails, page).rules["calls"]
    assert rules == Rules(
        relation="interactions",
        plan="small",
        version="1.0.0",
        told_by="",
        events=(
            EventRules(
                "interactions.phone",
                "phone",
                "",
                False,
                "quarantine",
                (Bounds("wait_s", low=Decimal(0), high=Decimal(60)), Bounds("queue", ("a", "b"))),
            ),
            EventRules("interactions.email", "email", "", False, ""),
        ),
        planned=("phone", "email"),
        unplanned="quarantine",
    )


def test_the_mildest_action_is_taken_with_what_nobody_plans() -> None:
    found = made(event("interactions", "phone", enforcement="quarantine"), event("interactions", "chat"))
    assert found.rules["calls"][0].unplanned == "stamp"


def test_what_a_row_cannot_break_is_no_rule() -> None:
    direction = RELATIONS["interactions"].column("direction")
    assert direction is not None
    found = made(
        event(
            "interactions",
            "phone",
            prop("interactions", "interaction_id", required=True, kpis=("calls_offered",)),
            prop("interactions", "channel", values=("phone",)),
            prop("interactions", "direction", values=direction.among),
        )
    )
    assert bounds(found) == ()


@pytest.mark.parametrize(
    ("nulls", "of_all", "kpis", "needed"),
    [
        (None, "0.05", ("k",), False),  # some rows may lack it
        (Decimal(0), "0.05", (), True),
        (Decimal(0), "0.05", ("k",), True),
        (None, "0", ("k",), True),
        (None, "0", (), False),
        (Decimal("0.1"), "0", ("k",), False),
    ],
)
def test_a_row_lacks_what_no_row_may_lack(nulls: Any, of_all: str, kpis: tuple[str, ...], needed: bool) -> None:
    asked = prop("interactions", "queue", nulls=nulls, kpis=kpis)
    found = made(event("interactions", "phone", asked), file=TrackingFile(nulls=Decimal(of_all)))
    assert bounds(found) == ((Bounds("queue", needed=True),) if needed else ())


def test_what_another_source_may_fill_is_not_held_against_a_row() -> None:
    queue = prop("interactions", "queue", nulls=Decimal(0), feeds=(Feed("calls"), Feed("cdr"), Feed("far")))
    calls = event("interactions", "phone", queue, sources=("calls", "cdr", "far"))
    found = made(calls, completes={"cdr": "calls"})
    assert (bounds(found), bounds(found, "cdr")) == ((), ())
    assert bounds(found, "far") == (Bounds("queue", needed=True),)
    assert codes(found) == ["enforcement-in-part"] * 2
    assert [(each.severity, each.place) for each in found.findings] == [("warning", AT)] * 2


def test_what_steps_give_visits_later_is_not_held_against_them() -> None:
    intent = prop("interactions", "intent", nulls=Decimal(0), values=("pay",))
    found = made(event("interactions", "web", intent))
    assert bounds(found) == (Bounds("intent", ("pay",)),)
    assert codes(found) == ["enforcement-in-part"]


@pytest.mark.parametrize(
    "asked",
    [
        prop("interactions", "started_at", low=Decimal(0)),
        prop("interactions", "queue", high=Decimal(3)),
        prop("interactions", "identifier.phone", values=("0611111111",)),
    ],
    ids=lambda asked: asked.column,
)
def test_what_cannot_be_enforced_is_refused(asked: Property) -> None:
    (told,) = made(event("interactions", "phone", asked)).findings
    assert (told.code, told.place, told.severity) == ("enforcement-impossible", AT, "error")
    assert made(event("interactions", "phone", asked, enforcement="off")).rules == {}


def test_steps_of_which_nobody_tells_the_channel_are_held_to_one_rule() -> None:
    web = event("steps", "web", prop("steps", "object", values=("a",)), kind="page")
    app = event("steps", "app", prop("steps", "object", values=("a",)), kind="page")
    (rules,) = made(web, app).rules["calls"]
    assert [(each.event, each.channel) for each in rules.events] == [("steps.page", None)]
    other = event("steps", "app", prop("steps", "object", values=("b",)), kind="page")
    (told,) = made(web, other).findings
    assert (told.code, told.severity) == ("enforcement-impossible", "error")
    assert "do not tell which" in told.message
    (_, rules) = made(event("interactions", "web"), web, other).rules["calls"]
    assert [(each.event, each.channel, each.sole) for each in rules.events] == [
        ("steps.web.page", "web", False),
        ("steps.app.page", "app", False),
    ]
