"""Shipped KPIs of calls, chats, agents' time and costs against SQL written by hand, on random rows full of gaps.

The hand-written side says which rows a KPI is asked of, which of these are known, and what the figure over the known
ones is. It shares nothing with the glossary, the compiler or their way of counting.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from asking import Asking

from omnictl.build import derive
from omnictl.errors import Place
from omnictl.glossary import load_glossary
from omnictl.referential import Intent, Rate, Referential, Solution

SHIPPED = Path(__file__).parents[2] / "kpis"
FAMILIES = ("callback", "capacity", "value")
START, END = datetime(2026, 3, 1), datetime(2026, 4, 1)  # the source is complete up to the end
CHANNELS = (
    "phone", "phone", "phone", "chat", "chat", "callback", "email", "messaging", "video", "agency", "ivr", "web",
)  # fmt: skip
EVER = Place("")
REFERENTIAL = Referential(
    intents={
        "bill": Intent({"en": "Bill"}, contact_class="eliminate", better_with="person"),
        "move": Intent({"en": "Move"}, contact_class="automate", better_with="self_service"),
        "quote": Intent({"en": "Quote"}, contact_class="leverage"),
        "other": Intent({"en": "Other"}, better_with="self_service"),
    },
    solutions={
        "ring": Solution({"en": "Ring"}, "callback"),
        "tonight": Solution({"en": "Tonight"}, "callback"),
        "guide": Solution({"en": "Guide"}, "faq"),
        "vague": Solution({"en": "Vague"}),
    },
    rates=(
        Rate(EVER, "phone", per_contact=Decimal("0.40"), per_second=Decimal("0.012")),
        Rate(EVER, "chat", until=(START + timedelta(days=15)).date(), per_contact=Decimal(2)),
        *(Rate(EVER, channel, per_contact=Decimal(3)) for channel in ("email", "video", "callback", "ivr", "web")),
    ),
)
COST = """
case
  when channel = 'phone' and talk_s is null and coalesce(outcome, '') = 'handled' then null
  when channel = 'phone' then 0.4 + 0.012 * (coalesce(talk_s, 0) + coalesce(hold_s, 0) + coalesce(acw_s, 0))
  when channel = 'chat' and started_at < timestamp '2026-03-16' then 2
  when channel in ('email', 'video', 'callback', 'ivr', 'web') then 3
end
"""
VIEWS = f"""
create view contacts as
select *, {COST} as price, epoch(ended_at) - epoch(started_at) as lasted,
  epoch(answered_at) - epoch(started_at) as replied, epoch(ended_at) - epoch(answered_at) as talked,
  coalesce(talk_s + coalesce(hold_s, 0) + coalesce(acw_s, 0)) as worked,
  coalesce(coalesce(parent_source, source) || parent_id, source || interaction_id) as request
from interactions;
create view work as
select s.*, i.channel, i.direction, i.excluded from segments as s join interactions as i using (source, interaction_id);
create view chains as
select n.*, i.channel from needs as n
join interactions as i on i.source = n.first_source and i.interaction_id = n.first_interaction_id;
create view time_of as select *, 'none' as channel from staffing;
create view menus as
select s.*, i.channel, i.direction, i.excluded, i.outcome
from steps as s join interactions as i using (source, interaction_id);
create view shown as select o.*, 'none' as channel from offers as o join decisions as d using (source, decision_id)
"""


@dataclass(frozen=True)
class Hand:
    """One KPI by hand, in SQL: `asked` and `known` are never NULL, `value` is over the known rows."""

    asked: str
    known: str
    value: str
    relation: str = "contacts"
    split: bool = True  # whether it is told by channel too


INBOUND = "direction = 'inbound' and excluded = ''"
# a callback answers a customer, whoever the tool says began it
ASKED_FOR = "excluded = '' and (direction = 'inbound' or (channel = 'callback' and direction = 'outbound'))"
LATER = "channel in ('email', 'messaging')"
AT_ONCE = "channel in ('phone', 'chat', 'video', 'callback', 'agency')"
QUEUED = f"{INBOUND} and outcome is distinct from 'blocked' and channel in ('phone', 'chat')"
CHATS = f"{INBOUND} and outcome is distinct from 'blocked' and channel in ('chat', 'messaging')"
MAYBE_HANDLED = f"{ASKED_FOR} and (outcome is null or outcome = 'handled')"
DONE = f"{ASKED_FOR} and (if({LATER}, answered_at is not null, outcome is null or outcome = 'handled'))"
PEOPLE = f"({LATER} or {AT_ONCE})"
SORTED = "queued_at is not null and outcome is not null"
ENDED = "ended_at is not null and outcome is not null"
ENTITLED = f"{INBOUND} and kind = 'contact' and (parent_kind is null or parent_kind = 'within')"
GAVE_UP = f"{INBOUND} and channel in ('phone', 'chat') and (outcome is null or outcome = 'abandoned')"
PARTS = f"{INBOUND} and kind = 'agent' and (outcome is null or outcome = 'handled')"
SHORT = "outcome <> 'abandoned' or wait_s is not null"
NOT_SHORT = "outcome <> 'abandoned' or wait_s >= 5"
CALLBACKS = "channel = 'callback' and direction <> 'internal' and excluded = ''"
CLOSED = "scope = 'all' and closed"
SHOWN = "solution in ('ring', 'tonight', 'vague')"
KNOWN_OFFER = "solution <> 'vague' and chosen is not null"


def of(above: str, below: str = "count(*)") -> str:
    return f"({above})::double / nullif({below}, 0)"


def count(test: str) -> str:
    return f"count_if({test})"


HANDS: dict[str, Hand] = {
    "intent_coverage_rate": Hand(
        f"{DONE} and {PEOPLE}", f"{LATER} or outcome is not null", of(count("coalesce(intent <> 'misspelt', false)"))
    ),
    "intent_coverage_rate@received": Hand(ENTITLED, "true", of(count("coalesce(intent <> 'misspelt', false)"))),
    "intent_coverage_rate@before_the_contact": Hand(
        f"{DONE} and {PEOPLE}", f"{LATER} or outcome is not null",
        of(count("coalesce(intent_source in ('queue', 'page', 'ivr_node', 'solution'), false)")),
    ),
    "intent_coverage_rate@after_the_contact": Hand(
        f"{DONE} and {PEOPLE}", f"{LATER} or outcome is not null",
        of(count("intent_source is not distinct from 'wrap_up'")),
    ),
    "short_abandonment_rate": Hand(
        QUEUED,
        "queued_at is not null and (coalesce(outcome <> 'abandoned', false) or coalesce(wait_s >= 5, false)"
        " or (outcome is not null and wait_s is not null))",
        of(count("outcome = 'abandoned' and wait_s < 5")),
    ),
    "short_abandonment_rate@since_arrival": Hand(
        QUEUED,
        "queued_at is not null and (coalesce(outcome <> 'abandoned', false) or coalesce(lasted >= 5, false)"
        " or (outcome is not null and lasted is not null))",
        of(count("outcome = 'abandoned' and lasted < 5")),
    ),
    "average_time_to_abandon": Hand(
        f"{GAVE_UP} and not coalesce(wait_s < 5, false)", f"{SORTED} and wait_s is not null", "avg(wait_s)::double"
    ),
    "average_time_to_abandon@all_abandons": Hand(
        GAVE_UP, f"{SORTED} and wait_s is not null", "avg(wait_s)::double"
    ),
    "average_time_to_abandon@patience": Hand(
        QUEUED, f"{SORTED} and wait_s is not null", of("sum(wait_s)", count("outcome = 'abandoned'"))
    ),
    "overflow_rate": Hand(QUEUED, SORTED, of(count("outcome = 'flow_out'"))),
    "overflow_rate@turned_away": Hand(
        f"{INBOUND} and channel in ('phone', 'ivr')", "outcome is not null", of(count("outcome = 'blocked'"))
    ),
    "answer_rate@received": Hand(
        f"{INBOUND} and channel in ('phone', 'ivr')", "outcome is not null", of(count("outcome = 'handled'"))
    ),
    "abandonment_rate@ccai": Hand(
        f"{QUEUED} and channel = 'phone'", f"{SORTED} and ({SHORT})",
        of(
            count("outcome = 'abandoned' and wait_s >= 5"),
            count(f"outcome in ('handled', 'abandoned') and ({NOT_SHORT})"),
        ),
    ),
    "abandonment_rate@talkdesk": Hand(
        f"{INBOUND} and outcome is distinct from 'blocked' and channel in ('phone', 'ivr')",
        "case when channel = 'phone' then outcome is not null and (outcome <> 'abandoned' or lasted is not null)"
        " else coalesce(outcome <> 'dropped', false) or coalesce(lasted < 5, false)"
        " or (outcome is not null and lasted is not null) end",
        of(
            count("outcome = if(channel = 'phone', 'abandoned', 'dropped') and lasted >= 5"),
            count("(channel = 'phone' and outcome = 'handled')"
                  " or (outcome = if(channel = 'phone', 'abandoned', 'dropped') and lasted >= 5)"),
        ),
    ),
    "average_speed_of_answer@from_arrival": Hand(
        f"{MAYBE_HANDLED} and channel in ('phone', 'chat')", f"{SORTED} and replied is not null", "avg(replied)"
    ),
    "average_talk_time": Hand(
        f"{MAYBE_HANDLED} and channel in ('phone', 'video', 'callback')", f"{ENDED} and talk_s is not null",
        "avg(talk_s)::double",
    ),
    "average_talk_time@with_hold": Hand(
        f"{MAYBE_HANDLED} and channel in ('phone', 'video', 'callback')", f"{ENDED} and talk_s is not null",
        of("sum(talk_s) + sum(coalesce(hold_s, 0))"),
    ),
    "average_talk_time@median": Hand(
        f"{MAYBE_HANDLED} and channel in ('phone', 'video', 'callback')", f"{ENDED} and talk_s is not null",
        "quantile_cont(talk_s::double, 0.5)",
    ),
    "average_after_contact_work": Hand(
        f"{MAYBE_HANDLED} and channel in ('phone', 'chat', 'callback')", f"{ENDED} and acw_s is not null",
        "avg(acw_s)::double",
    ),
    "average_after_contact_work@where_there_is_some": Hand(
        f"{MAYBE_HANDLED} and channel in ('phone', 'chat', 'callback')", f"{ENDED} and acw_s is not null",
        "(avg(acw_s) filter (where acw_s > 0))::double",
    ),
    "average_after_contact_work@capped": Hand(
        f"{MAYBE_HANDLED} and channel in ('phone', 'chat', 'callback')", f"{ENDED} and acw_s is not null",
        "avg(if(acw_s > 120, 120, acw_s))::double",
    ),
    "average_handle_time@per_agent": Hand(
        f"{PARTS} and channel not in ('agency', 'ivr', 'web')", f"{ENDED} and talk_s is not null",
        of("sum(talk_s) + sum(coalesce(hold_s, 0)) + sum(coalesce(acw_s, 0))"), "work",
    ),
    "transfer_rate@of_offered": Hand(
        QUEUED,
        "ended_at is not null and (coalesce(outcome <> 'handled', false) or coalesce(transfers < 1, false)"
        " or (outcome is not null and transfers is not null))",
        of(count("outcome = 'handled' and transfers >= 1")),
    ),
    "transfer_rate@from_the_queue": Hand(
        f"{PARTS} and channel in ('phone', 'chat')", ENDED, of("count(transfer_kind)"), "work"
    ),
    "transfer_rate@external": Hand(
        f"{PARTS} and channel in ('phone', 'chat')", ENDED,
        of("count(distinct if(transfer_kind = 'external', interaction_id, null))", "count(distinct interaction_id)"),
        "work",
    ),
    "calls_offered@queue_entries": Hand(
        f"{INBOUND} and kind = 'queue' and outcome is distinct from 'blocked'"
        " and channel in ('phone', 'chat', 'callback')",
        "true", "count(*)", "work",
    ),
    "calls_offered@to_agents": Hand(
        f"{INBOUND} and kind = 'agent' and channel in ('phone', 'chat', 'callback')", "true", "count(*)", "work"
    ),
    "answer_rate@of_agents": Hand(
        f"{INBOUND} and kind = 'agent' and channel in ('phone', 'chat', 'callback')", "outcome is not null",
        of(count("outcome = 'handled'")), "work",
    ),
    "contacts_handled@per_agent": Hand(
        f"{INBOUND} and kind = 'agent' and {PEOPLE}", "outcome is not null", count("outcome = 'handled'"), "work"
    ),
    "contacts_handled@per_queue": Hand(
        f"{INBOUND} and kind = 'queue' and {PEOPLE}", "outcome is not null", count("outcome = 'handled'"), "work"
    ),
    "channel_share@of_handle_time": Hand(
        f"{MAYBE_HANDLED} and channel in ('phone', 'video', 'chat', 'callback')",
        "outcome is not null and worked is not null",
        of("sum(worked)", f"(select sum(worked) from contacts where {ASKED_FOR} and outcome = 'handled'"
                          " and channel in ('phone', 'video', 'chat', 'callback'))"),
    ),
    "channel_share@of_needs": Hand(
        "scope = 'all' and contacts > 0", "true",
        of("count(*)", "(select count(*) from chains where scope = 'all' and contacts > 0)"), "chains",
    ),
    "channel_share@digital": Hand(
        ENTITLED, "true", of(count("not channel in ('phone', 'ivr', 'callback', 'mail', 'agency')"))
    ),
    "ivr_abandonment_rate": Hand(
        f"{INBOUND} and type = 'ivr_node' and channel in ('ivr', 'phone')",
        "channel <> 'ivr' or outcome is not null",
        of("count(distinct if(channel = 'ivr' and outcome = 'dropped', interaction_id, null))",
           "count(distinct interaction_id)"),
        "menus",
    ),
    "ivr_abandonment_rate@all_calls": Hand(
        f"{INBOUND} and channel in ('ivr', 'phone')", "channel = 'phone' or outcome is not null",
        of(count("channel = 'ivr' and outcome = 'dropped'")),
    ),
    "ivr_abandonment_rate@ended_in_the_menu": Hand(
        f"{INBOUND} and channel = 'ivr'", "outcome is not null", of(count("outcome = 'dropped'"))
    ),
    "chat_answer_rate": Hand(
        CHATS, f"{SORTED} and ({SHORT})", of(count("outcome = 'handled'"), count(NOT_SHORT))
    ),
    "chat_answer_rate@agent_wrote": Hand(
        CHATS, f"{SORTED} and ({SHORT}) and (outcome <> 'handled' or agent_messages is not null)",
        of(count("outcome = 'handled' and agent_messages > 0"), count(NOT_SHORT)),
    ),
    "chat_first_response_time": Hand(
        f"{MAYBE_HANDLED} and channel = 'chat'", "outcome is not null and replied is not null", "avg(replied)"
    ),
    "chat_first_response_time@from_the_queue": Hand(
        f"{MAYBE_HANDLED} and channel = 'chat'", f"{SORTED} and answered_at is not null",
        "avg(epoch(answered_at - queued_at))",
    ),
    "chat_first_response_time@median": Hand(
        f"{MAYBE_HANDLED} and channel = 'chat'", "outcome is not null and replied is not null",
        "quantile_cont(replied, 0.5)",
    ),
    "chat_first_response_time@p90": Hand(
        f"{MAYBE_HANDLED} and channel = 'chat'", "outcome is not null and replied is not null",
        "quantile_cont(replied, 0.9)",
    ),
    "chat_duration": Hand(f"{MAYBE_HANDLED} and channel = 'chat'", f"{ENDED} and talked is not null", "avg(talked)"),
    "chat_duration@capped": Hand(
        f"{MAYBE_HANDLED} and channel = 'chat'", f"{ENDED} and talked is not null",
        "avg(if(talked > 3600, 3600, talked))",
    ),
    "chat_duration@median": Hand(
        f"{MAYBE_HANDLED} and channel = 'chat'", f"{ENDED} and talked is not null", "quantile_cont(talked, 0.5)"
    ),
    "callback_reach_rate": Hand(
        CALLBACKS, "outcome is not null",
        of("count(distinct if(outcome = 'handled', request, null))", "count(distinct request)"),
    ),
    "callback_reach_rate@requests": Hand(CALLBACKS, "true", "count(distinct request)"),
    "callback_reach_rate@per_attempt": Hand(CALLBACKS, "outcome is not null", of(count("outcome = 'handled'"))),
    "callback_request_rate": Hand(
        SHOWN, KNOWN_OFFER, of("count(distinct if(chosen, decision_id, null))", "count(distinct decision_id)"),
        "shown", split=False,
    ),
    "callback_request_rate@per_offer": Hand(SHOWN, KNOWN_OFFER, of(count("chosen")), "shown", split=False),
    "callback_request_rate@recommended": Hand(
        f"{SHOWN} and coalesce(recommended, true)", f"{KNOWN_OFFER} and recommended is not null",
        of("count(distinct if(chosen, decision_id, null))", "count(distinct decision_id)"), "shown", split=False,
    ),
    "occupancy": Hand(
        "agent <> ''", "handling_s is not null and idle_s is not null",
        of("sum(handling_s)", "sum(handling_s) + sum(idle_s)"), "time_of", split=False,
    ),
    "occupancy@of_queues": Hand(
        "agent = '' and queue <> ''", "handling_s is not null and idle_s is not null",
        of("sum(handling_s)", "sum(handling_s) + sum(idle_s)"), "time_of", split=False,
    ),
    "occupancy@utilisation": Hand(
        "agent <> ''", "handling_s is not null and paid_s is not null", of("sum(handling_s)", "sum(paid_s)"),
        "time_of", split=False,
    ),
    "shrinkage": Hand(
        "agent <> ''", "handling_s is not null and idle_s is not null and paid_s is not null",
        "1 - " + of("sum(handling_s) + sum(idle_s)", "sum(paid_s)"), "time_of", split=False,
    ),
    "shrinkage@not_logged_in": Hand(
        "agent <> ''", "staffed_s is not null and paid_s is not null", "1 - " + of("sum(staffed_s)", "sum(paid_s)"),
        "time_of", split=False,
    ),
    "offered_load": Hand(
        "agent = '' and queue <> ''", "handling_s is not null and interval_s is not null",
        of("sum(handling_s)", "1800 * count(distinct interval_start)"), "time_of", split=False,
    ),
    "offered_load@of_agents": Hand(
        "agent <> ''", "handling_s is not null and interval_s is not null",
        of("sum(handling_s)", "1800 * count(distinct interval_start)"), "time_of", split=False,
    ),
    "cost_per_contact": Hand(
        f"{ASKED_FOR} and {PEOPLE}", f"price is not null and ({LATER} or outcome is not null)",
        of("sum(price)", count(f"if({LATER}, answered_at is not null, outcome = 'handled')")),
    ),
    "cost_per_contact@received": Hand(ENTITLED, "price is not null", "avg(price)::double"),
    "cost_per_contact@of_those_handled": Hand(
        f"{DONE} and {PEOPLE}", f"price is not null and ({LATER} or outcome is not null)", "avg(price)::double"
    ),
    "avoidable_contact_share": Hand(
        f"{DONE} and {PEOPLE}",
        f"({LATER} or outcome is not null) and coalesce(intent in ('bill', 'move', 'quote'), false)",
        of(count("intent <> 'quote'")),
    ),
    "avoidable_contact_share@caused_by_us": Hand(
        f"{DONE} and {PEOPLE}",
        f"({LATER} or outcome is not null) and coalesce(intent in ('bill', 'move', 'quote'), false)",
        of(count("intent = 'bill'")),
    ),
    "avoidable_contact_share@better_self_served": Hand(
        f"{DONE} and {PEOPLE}",
        f"({LATER} or outcome is not null) and coalesce(intent <> 'misspelt', false)",
        of(count("intent in ('move', 'other')")),
    ),
    "cost_per_resolution": Hand(
        CLOSED, "cost is not null and resolved is not null", of("sum(cost)", count("resolved")), "chains"
    ),
    "cost_per_resolution@assisted": Hand(
        "scope = 'assisted' and closed", "cost is not null and resolved is not null",
        of("sum(cost)", count("resolved")), "chains",
    ),
    "cost_per_resolution@silent_is_unresolved": Hand(
        CLOSED, "cost is not null", of("sum(cost)", "sum(if(resolved, 1, 0))"), "chains"
    ),
    "journey_cost": Hand(CLOSED, "cost is not null", "avg(cost)::double", "chains"),
    "journey_cost@assisted": Hand("scope = 'assisted' and closed", "cost is not null", "avg(cost)::double", "chains"),
    "journey_cost@with_open": Hand("scope = 'all'", "cost is not null", "avg(cost)::double", "chains"),
    "journey_cost@total": Hand(CLOSED, "cost is not null", "sum(cost)", "chains"),
}  # fmt: skip
ELSEWHERE = {  # what follows within a window, and what holds at an instant
    "repeat_contact_cost", "repeat_contact_cost@any_intent", "repeat_contact_cost@as_seen", "retry_rate",
    "retry_rate@same_day", "retry_rate@all_abandons", "offered_load@conversations", "chat_answer_rate@in_hours",
    # opening hours, and parts of two relations: among their own cases
    "answer_rate@in_hours", "service_level@in_hours", "callback_request_rate@of_offered",
    # how many at once: in test_concurrency_by_hand.py
    "concurrent_conversations", "concurrent_conversations@peak", "concurrent_conversations@of_agents",
    "concurrent_conversations@of_agents_peak",
}  # fmt: skip


def _rows(draw: random.Random) -> dict[str, list[dict[str, Any]]]:
    """Random rows; a good part of what may be NULL is. No two contacts begin within a minute: none is a duplicate."""

    def maybe(*values: Any) -> Any:
        return draw.choice([None, *values, *values, *values, *values])

    contacts: list[dict[str, Any]] = []
    for number in range(2000):
        begun = START + timedelta(seconds=1300 * number + draw.randrange(1200))
        answered = begun + timedelta(seconds=draw.randrange(1, 300))
        channel = draw.choice(CHANNELS)
        answers = channel == "callback" and draw.random() < 0.8
        contacts.append(
            {
                "interaction_id": f"i{number}", "channel": channel, "started_at": begun,
                "direction": draw.choice(["inbound"] * 6 + ["outbound", "internal"]),
                "excluded": draw.choice([""] * 9 + ["test"]),
                "queued_at": maybe(begun + timedelta(seconds=5)), "answered_at": maybe(answered),
                "ended_at": maybe(
                    begun + timedelta(seconds=draw.choice([3, 5, 60])),
                    answered + timedelta(seconds=draw.randrange(9000)),
                ),
                "outcome": maybe(*["handled"] * 3, *["abandoned"] * 2, "flow_out", "blocked", "dropped"),
                "wait_s": maybe(0, Decimal("4.999"), 5, 20, draw.randrange(900)),
                "talk_s": maybe(draw.randrange(900)), "hold_s": maybe(draw.randrange(60)),
                "acw_s": maybe(0, draw.randrange(300)), "transfers": maybe(0, 0, 0, 1, 3),
                "agent_messages": maybe(0, 1, 5), "intent": maybe("bill", "move", "quote", "other", "misspelt"),
                "intent_source": maybe("queue", "page", "wrap_up", "export"),
                "parent_source": maybe("t", "forms") if answers else None,
                "parent_id": f"p{draw.randrange(60)}" if answers else None,
                "parent_kind": "answer" if answers else draw.choice([None, None, "within", "escalation"]),
            }
        )  # fmt: skip
    segments = [
        {
            "segment_id": f"s{number}", "interaction_id": f"i{draw.randrange(2000)}", "started_at": START,
            "ended_at": maybe(START + timedelta(seconds=90)), "kind": draw.choice(["queue", "agent", "agent"]),
            "outcome": maybe("handled", "handled", "abandoned", "blocked"), "talk_s": maybe(draw.randrange(600)),
            "hold_s": maybe(5), "acw_s": maybe(0, 40), "transfer_kind": draw.choice([None, None, "warm", "external"]),
        }
        for number in range(3000)
    ]  # fmt: skip
    steps = [
        {
            "step_id": f"e{number}", "interaction_id": f"i{draw.randrange(2000)}", "occurred_at": START,
            "type": draw.choice(["ivr_node", "ivr_node", "message"]),
        }
        for number in range(1500)
    ]  # fmt: skip
    staffing = [
        {
            "queue": queue, "agent": agent, "interval_start": START + timedelta(minutes=30 * number),
            "interval_s": 1800, "staffed_s": maybe(1700, 1800), "handling_s": maybe(0, 400, 1500),
            "idle_s": maybe(0, 300), "paid_s": maybe(1800),
        }
        for number in range(100)
        for queue, agent in (("help", ""), ("sales", ""), ("", "ana"), ("", "bob"))
    ]  # fmt: skip
    decisions = [{"decision_id": f"d{number}", "occurred_at": START} for number in range(200)]
    offers = [
        {
            "decision_id": f"d{number}", "solution": solution,
            "chosen": maybe(True, False), "recommended": maybe(True, False),
        }
        for number in range(200)
        for solution in draw.sample(["ring", "tonight", "guide", "vague"], draw.randrange(5))
    ]  # fmt: skip
    return {
        "interactions": contacts, "segments": segments, "steps": steps, "staffing": staffing,
        "decisions": decisions, "offers": offers,
    }  # fmt: skip


@dataclass(frozen=True)
class Setting:
    timezone: str = "UTC"
    language: str = "en"
    referential: Referential = REFERENTIAL


@pytest.fixture(scope="module")
def asking() -> Iterator[Asking]:
    draw = random.Random(20261122)
    made = Asking(load_glossary(["standard"]), **_rows(draw))
    made.setting = Setting()  # type: ignore[assignment]
    made.complete_until("t", "interactions", END)
    people = [(number // 6 % 60 if draw.random() < 0.8 else None, f"i{number}") for number in range(2000)]
    listed = ", ".join(f"({'null' if person is None else person}, '{name}')" for person, name in people)
    made.con.execute(f"create temp table people as select * from (values {listed}) as given(person, id)")
    made.con.execute(
        "insert into identities (source, interaction_id, person_id, link)"
        " select 't', id, person, if(person is null, 'none', 'certain') from people"
    )
    derive(made.con, timezone="UTC", silence=timedelta(days=7), referential=REFERENTIAL)
    made.con.execute(VIEWS)
    yield made
    made.con.close()


Figures = dict[str | None, tuple[float | None, int]]  # by channel; the total under None


def _of_hand(asking: Asking, hand: Hand) -> Figures:
    cuts = "grouping sets ((channel), ())" if hand.split else "grouping sets (())"
    channel = "channel" if hand.split else "null"
    text = f"select {channel}, {{}} from {hand.relation} where {hand.asked}{{}} group by {cuts}"
    values = dict(asking.con.execute(text.format(hand.value, f" and ({hand.known})")).fetchall())
    unknown = dict(asking.con.execute(text.format(f"count_if(not ({hand.known}))", "")).fetchall())
    return {cut: (values.get(cut), count) for cut, count in unknown.items()}


@pytest.fixture(scope="module")
def compiled(asking: Asking) -> dict[str, Figures]:
    """All that is told by channel asked at once, then the rest."""
    found: dict[str, Figures] = {}
    for split in (True, False):
        names = [name for name, hand in HANDS.items() if hand.split is split]
        rows = asking.rows(*names, by=("channel",) if split else (), total=split, parts=True)
        for name in names:
            found[name] = {row.get("channel"): (row[name], row[f"{name}_unknown"] or 0) for row in rows}
    return found


@pytest.mark.parametrize("name", sorted(HANDS))
def test_equals_the_figure_by_hand(name: str, asking: Asking, compiled: dict[str, Figures]) -> None:
    expected = _of_hand(asking, HANDS[name])
    assert any(value for value, _ in expected.values()), "the random rows say nothing of this KPI"
    for cut, (value, unknown) in expected.items():
        ours, ours_unknown = compiled[name][cut]
        if ours is None and not value:  # nothing was judged, or nothing is measured there
            continue
        assert ours is not None and float(ours) == pytest.approx(float(value or 0), rel=1e-9), cut
        if cut is None or not name.startswith("channel_share"):  # of shares they are those of the whole
            assert ours_unknown == unknown, cut
    for cut in compiled[name].keys() - expected.keys():
        assert not compiled[name][cut][0], cut


WATCHED = """
create temp view watched as
select c.*, person_id, if(ended_at >= started_at, ended_at, started_at) as ends
from contacts as c join identities using (source, interaction_id)
where excluded = '' and person_id is not null
"""
RETRIES = f"""
select count_if(exists (
    from watched as o where o.person_id = r.person_id and o.channel in ('phone', 'ivr') and o.direction = 'inbound'
      and o.started_at > r.started_at and o.started_at <= r.ends + interval 1 hour
  ) or coalesce((
    select arg_min(o.channel in ('phone', 'ivr') and o.started_at <= r.ends + interval 1 minute, o.started_at)
    from watched as o where o.person_id = r.person_id and o.started_at > r.started_at
  ), false)), count(*)
from watched as r
where channel = 'phone' and direction = 'inbound' and outcome = 'abandoned' and wait_s >= 5 and queued_at is not null
  and ends + interval 1 hour <= timestamp '{END}'
"""
REPEATED = """
select sum(price) from watched as r
where direction = 'inbound' and kind = 'contact' and (parent_kind is null or parent_kind = 'within')
  and channel not in ('ivr', 'web')
  and 7 >= (
    select date_diff('day', arg_max(o.ends, o.started_at)::date, r.started_at::date) from watched as o
    where o.person_id = r.person_id and o.intent = r.intent and o.direction = 'inbound' and o.kind = 'contact'
      and o.started_at < r.started_at
  )
"""


def test_what_follows_by_hand(asking: Asking) -> None:
    asking.con.execute(WATCHED)
    (row,) = asking.rows("retry_rate", parts=True)
    hand = asking.con.execute(RETRIES).fetchone()
    assert hand is not None and 0 < hand[0] < hand[1]
    assert (row["retry_rate_numerator"], row["retry_rate_denominator"]) == hand
    (cost,) = asking.con.execute(REPEATED).fetchone() or (None,)
    assert float(asking.value("repeat_contact_cost@as_seen")) == pytest.approx(float(cost))


def test_every_kpi_of_these_families_and_variant_is_checked() -> None:
    shipped = set()
    named = {name.partition("@")[0] for name in HANDS if "@" not in name}
    for path in SHIPPED.rglob("*.yml"):
        if path.parent.name in FAMILIES or path.stem in named:
            kpi = yaml.safe_load(path.read_text(encoding="utf-8"))
            shipped |= {kpi["kpi"], *(f"{kpi['kpi']}@{variant}" for variant in kpi.get("variants", {}))}
    assert shipped <= set(HANDS) | ELSEWHERE
