"""Shipped KPIs of events, bots, threads and contact pages against SQL written by hand, on random rows full of gaps.

What is written by hand (steps_by_hand.py) shares nothing with the glossary, the compiler or their way of counting.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from asking import Asking
from steps_by_hand import DONE, END, FORM, HANDS, IN_STEPS, INBOUND, LEFT, STARTED, Hand

from omnictl.build import derive
from omnictl.glossary import load_glossary
from omnictl.referential import Referential

SHIPPED = Path(__file__).parents[2] / "kpis"
START = datetime(2026, 2, 20)
CHANNELS = (
    "web",
    "web",
    "app",
    "faq",
    "form",
    "chatbot",
    "chatbot",
    "chatbot",
    "ivr",
    "email",
    "email",
    "social",
    "phone",
)
TYPES = (
    "page",
    "article",
    "search",
    "form_start",
    "form_field",
    "form_submit",
    "form_error",
    "login",
    "bot_turn",
    "vote",
)


FAMILIES = ("forms", "chatbot", "orientation")
OF_OTHER_FAMILIES = (
    "engagement_rate", "authentication_dropoff_rate", "faq_helpfulness_rate", "search_no_result_rate",
    "response_within_target_rate", "full_resolution_time", "one_touch_rate", "reopen_rate",
)  # fmt: skip
EVENTS = """
create view events as
select s.*, i.channel, i.direction, i.excluded, i.outcome, i.resolved, i.authenticated
from steps as s
join interactions as i using (source, interaction_id)
"""
OFFERS = """
create view hand_offers as
select o.*, d.device from offers as o join decisions as d using (source, decision_id)
"""


def _rows(draw: random.Random) -> dict[str, list[dict[str, Any]]]:
    """Random rows; a good part of what may be NULL is."""

    def maybe(*values: Any) -> Any:
        return draw.choice([None, *values, *values, *values])

    contacts = []
    for number in range(1200):
        begun = START + timedelta(seconds=draw.randrange(int((END - START).total_seconds()) - 7200))
        contacts.append(
            {
                "interaction_id": f"i{number}", "channel": draw.choice(CHANNELS), "started_at": begun,
                "ended_at": maybe(begun + timedelta(minutes=draw.randrange(60))),
                "direction": draw.choice(["inbound"] * 7 + ["outbound"]),
                "excluded": draw.choice([""] * 9 + ["test"]),
                "outcome": maybe("handled", "self_served", "escalated", "dropped", "abandoned"),
                "resolved": maybe(True, False), "action": maybe("pay") if draw.random() < 0.4 else None,
                "intent": maybe("bill", "move"), "solution": maybe("form", "area") if draw.random() < 0.5 else None,
                "engaged_s": maybe(3, 10, 59.5, 75), "page_views": maybe(0, 1, 2, 9),
                "authenticated": maybe(True, False),
                "customer_messages": maybe(0, 1, 2, 5), "agent_messages": maybe(0, 1, 2, 5),
                "in_hours": maybe(True, False), "reopens": maybe(0, 0, 1, 3),
                "answered_at": maybe(begun + timedelta(hours=draw.randrange(-2, 50))),
                "resolved_at": maybe(begun + timedelta(hours=draw.randrange(-2, 300))),
            }
        )  # fmt: skip
    steps = [
        {
            "step_id": f"s{number}", "interaction_id": f"i{draw.randrange(1200)}", "occurred_at": START,
            "type": draw.choice(TYPES), "object": maybe("one", "One", "two"), "value": maybe(0, 1, 2),
            "result": maybe("success", "failure", "fallback", "slot", "small_talk", "handover", "fine"),
            "confidence": maybe(0.5, 0.7, 0.9), "is_last": maybe(True, False),
            "part_kind": maybe("form", "form", "menu"),
            "part_id": maybe("a", "b"), "part_last": maybe(True, False), "part_done": maybe(True, False),
        }
        for number in range(6000)
    ]  # fmt: skip
    decisions = [
        {
            "decision_id": f"d{number}", "occurred_at": START, "session": maybe(f"v{draw.randrange(150)}"),
            "scenario": maybe("home"), "intent": maybe("bill"), "device": maybe("mobile", "desktop"),
        }
        for number in range(300)
    ]  # fmt: skip
    offers = [
        {
            "decision_id": f"d{number}", "solution": solution, "position": maybe(1, 2), "chosen": maybe(True, False),
            "recommended": maybe(True, False), "entered_at": maybe(START + timedelta(minutes=draw.randrange(9))),
            "completed_at": maybe(START + timedelta(minutes=draw.randrange(20))),
        }
        for number in range(300)
        for solution in draw.sample(["form", "call", "faq", "area"], draw.randrange(4))
    ]  # fmt: skip
    return {"interactions": contacts, "steps": steps, "decisions": decisions, "offers": offers}


@pytest.fixture(scope="module")
def asking() -> Iterator[Asking]:
    draw = random.Random(20260402)
    made = Asking(load_glossary(["standard"]), "UTC", **_rows(draw))
    made.complete_until("t", "interactions", END)
    people = [(number, draw.randrange(90)) for number in range(1200) if draw.random() < 0.8]
    made.con.execute(
        "insert into identities (source, interaction_id, link) select source, interaction_id, 'none' from interactions"
    )
    made.con.executemany(
        "update identities set person_id = ?, link = 'certain', via = 'token' where interaction_id = ?",
        [[person, f"i{number}"] for number, person in people],
    )
    derive(made.con, timezone="UTC", silence=timedelta(days=7), referential=Referential())
    made.con.execute(EVENTS)
    made.con.execute(OFFERS)
    yield made
    made.con.close()


def _by_hand(asking: Asking, hand: Hand) -> dict[str | None, tuple[float | None, int]]:
    """Value and unknown by cut; without a cut under ''."""
    relation = {"offers": "hand_offers"}.get(hand.relation, hand.relation)
    cut = hand.by or "''"
    found = {}
    asked = f"select *, {cut} as cut from {relation} where {hand.asked}"
    cuts = asking.con.execute(f"select distinct cut from ({asked})").fetchall()
    for (value,) in cuts:
        asking.con.execute(
            f"create or replace temp view asked as {asked} and {cut} is not distinct from {_text(value)}"
        )
        unknown = asking.con.execute(f"select count(*) from asked where not ({hand.known})").fetchone()
        known = f"with known as (select * from asked where {hand.known}) {hand.value}"
        figure = asking.con.execute(known).fetchone()
        found[value] = (figure[0] if figure else None, unknown[0] if unknown else 0)
    return found


def _text(value: str | None) -> str:
    return "null" if value is None else f"'{value}'"


@pytest.fixture(scope="module")
def compiled(asking: Asking) -> dict[str, dict[str | None, tuple[float | None, int]]]:
    """Each KPI by its cut; those with the same one are asked at once."""
    found: dict[str, dict[str | None, tuple[float | None, int]]] = {}
    for by in sorted({hand.by for hand in HANDS.values()}):
        names = [name for name, hand in HANDS.items() if hand.by == by]
        rows = asking.rows(*names, by=(by,) if by else (), parts=True)
        for name in names:
            found[name] = {row[by] if by else "": (row[name], row[f"{name}_unknown"] or 0) for row in rows}
    return found


@pytest.mark.parametrize("name", HANDS)
def test_equals_the_figure_by_hand(name: str, asking: Asking, compiled: dict[str, Any]) -> None:
    expected = _by_hand(asking, HANDS[name])
    assert any(value for value, _ in expected.values()), "the random rows say nothing of this KPI"
    for cut, (value, unknown) in expected.items():
        ours, ours_unknown = compiled[name][cut]
        assert ours_unknown == unknown, cut
        if value is None:
            assert ours is None, cut
        else:
            assert float(ours) == pytest.approx(float(value), rel=1e-9), cut
    for cut in compiled[name].keys() - expected.keys():
        assert not compiled[name][cut][0] and not compiled[name][cut][1], cut


NEXT = """
with contacts as (
  select i.*, p.person_id, coalesce(i.ended_at, i.started_at) as ends
  from interactions as i
  join identities as p using (source, interaction_id)
  where p.person_id is not null and i.excluded = ''
),
pairs as (
  select one.interaction_id,
    row_number() over (partition by one.interaction_id order by other.started_at, other.interaction_id) as place,
    other.channel as next_channel, other.started_at as next_start
  from contacts as one
  join contacts as other
    on other.person_id = one.person_id
    and (other.started_at, other.interaction_id) > (one.started_at, one.interaction_id)
  where other.kind = 'contact' and other.direction = 'inbound' and (not {same} or other.intent = one.intent)
    and not exists (
      select 1 from contacts as first
      where first.person_id = other.person_id and first.channel = other.channel and first.intent = other.intent
        and first.direction = 'inbound' and first.started_at <= other.started_at
        and first.started_at >= other.started_at - interval 60 second
        and (first.started_at, first.interaction_id) < (other.started_at, other.interaction_id)
    )
)
select contacts.*, next_channel, next_start
from contacts
left join pairs on pairs.interaction_id = contacts.interaction_id and pairs.place = 1
where direction = 'inbound'
"""


def _followed(asking: Asking, *, same: bool, asked: str, good: str) -> tuple[int, int]:
    """How many contacts are good, and of how many."""
    rows = f"select {good} as good from ({NEXT.format(same=same)}) where {asked}"
    found = asking.con.execute(f"select count_if(good), count(*) from ({rows})").fetchone()
    assert found is not None and found[0] > 5, "the random rows say nothing of this KPI"
    return found


@pytest.mark.parametrize("same", [False, True])
def test_bots_that_spare_a_contact_by_hand(asking: Asking, same: bool) -> None:
    """`web`, `form`, `chatbot` and `ivr` are no persons; a contact within 48 hours of the end is one too soon."""
    told = "customer_messages >= 1 and outcome is not null" + (" and intent is not null" if same else "")
    asked = f"channel = 'chatbot' and {told} and ends <= timestamp '{END}' - interval 48 hour"
    person = "next_channel in ('phone', 'email', 'social') and next_start <= ends + interval 48 hour"
    name = "bot_resolution_rate@no_contact" if same else "bot_containment_rate@no_contact"
    good = f"outcome not in ('escalated', 'handled') and not coalesce({person}, false)"
    (row,) = asking.rows(name, parts=True)
    assert (row[f"{name}_numerator"], row[f"{name}_denominator"]) == _followed(
        asking, same=same, asked=asked, good=good
    )


@pytest.mark.parametrize("same", [False, True])
def test_success_of_solutions_by_hand(asking: Asking, same: bool) -> None:
    """J+7 ends with the seventh day after the end; the data must hold that day."""
    whole = f"ends::date + 7 < date '{END.date()}'"
    asked = f"solution is not null and intent is not null and ({DONE}) is not null and {whole}"
    good = f"{DONE} and not coalesce(next_start::date <= ends::date + 7, false)"
    name = "orientation_success_rate" if same else "orientation_success_rate@any_contact"
    (row,) = asking.rows(name, parts=True)
    assert (row[f"{name}_numerator"], row[f"{name}_denominator"]) == _followed(
        asking, same=same, asked=asked, good=good
    )


def test_acts_by_person_by_hand(asking: Asking) -> None:
    visits = "select person_id, bool_or(action is not null) as acted from interactions"
    people = "join identities using (source, interaction_id)"
    condition = f"where kind = 'visit' and {INBOUND} and person_id is not null group by person_id"
    hand = asking.con.execute(f"select avg(acted::int) from ({visits} {people} {condition})").fetchone()
    assert hand is not None and 0 < hand[0] < 1
    assert asking.value("final_action_rate@per_visitor") == pytest.approx(hand[0])


def test_acts_of_those_who_came_for_something_by_hand(asking: Asking) -> None:
    condition = f"kind = 'visit' and {INBOUND} and intent is not null"
    hand = asking.con.execute(f"select avg((action is not null)::int) from interactions where {condition}").fetchone()
    assert hand is not None and 0 < hand[0] < 1
    assert asking.value("final_action_rate@of_intent") == pytest.approx(hand[0])


@pytest.mark.parametrize(
    ("name", "relation", "cut", "counted", "all_of_them"),
    [
        ("solution_click_rate@share_of_clicks", "hand_offers", "solution", "chosen", "chosen"),
        ("form_field_dropoff_share", "events", "object", STARTED, STARTED),
        ("form_field_dropoff_share@on_error", "events", "object", "type = 'form_error'", STARTED),
        ("form_field_dropoff_share@viewers_too", "events", "object", "true", "true"),
    ],
)
def test_shares_by_hand(asking: Asking, name: str, relation: str, cut: str, counted: str, all_of_them: str) -> None:
    rows = f"(select * from {relation} where {FORM} and {LEFT})" if relation == "events" else relation
    whole = f"select count_if({all_of_them}) from {rows}"
    shares = f"select {cut}, count_if({counted}) / ({whole}) from {rows} group by {cut}"
    hand = {value: share for value, share in asking.con.execute(shares).fetchall() if share}
    assert len(hand) >= 3
    ours = {row[cut]: row[name] for row in asking.rows(name, by=(cut,)) if row[name]}
    assert ours == pytest.approx(hand)


def test_every_kpi_of_steps_and_variant_is_checked() -> None:
    shipped = {"final_action_rate@per_visitor", "final_action_rate@of_intent"}
    for path in SHIPPED.rglob("*.yml"):
        if path.parent.name in FAMILIES or path.stem in OF_OTHER_FAMILIES:
            kpi = yaml.safe_load(path.read_text(encoding="utf-8"))
            shipped |= {kpi["kpi"], *(f"{kpi['kpi']}@{variant}" for variant in kpi.get("variants", {}))}
    with_calendars = {"full_resolution_time@business", "response_within_target_rate@next_day"}
    assert shipped - with_calendars == IN_STEPS  # those are in test_contacts_by_hand.py
