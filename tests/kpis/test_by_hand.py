"""Every shipped KPI and variant against SQL written by hand, on random contacts and surveys full of gaps.

The hand-written side says three things of a KPI: which rows it is asked of, which of these are known, and what the
figure over the known ones is. It shares nothing with the glossary, the compiler or their way of counting.
"""

from __future__ import annotations

import csv
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from asking import AT, Asking
from steps_by_hand import IN_STEPS
from workbench import Workbench

from omnictl.glossary import load_glossary

SHIPPED = Path(__file__).parents[2] / "kpis"
WORKSPACE = """\
workspace: random
timezone: Europe/Paris
country: FR
sources:
  tool:
    connector: table
    timezone: UTC
    path: interactions.csv
    columns: {interactions}
  panel:
    connector: table
    timezone: UTC
    path: surveys.csv
    relation: surveys
    columns: {surveys}
  portfolio:
    connector: table
    path: base.csv
    relation: base
    columns: {base}
"""
CHANNELS = ("phone", "phone", "phone", "chat", "chat", "callback", "email", "social", "messaging", "sms", "mail",
            "video", "agency", "ivr", "chatbot", "form", "web", "app", "faq", "fax")  # fmt: skip


@dataclass(frozen=True)
class Hand:
    """One KPI by hand, in SQL: `asked` and `known` are never NULL, `value` is over the known rows."""

    asked: str
    known: str
    value: str
    relation: str = "interactions"


INBOUND = "direction = 'inbound' and excluded = ''"
# a callback answers a customer, whoever the tool says began it
ASKED_FOR = "excluded = '' and (direction = 'inbound' or (channel = 'callback' and direction = 'outbound'))"
# until somebody answered, where that is dated after the entry into the queue
FIRST = "(if(answered_at is not null and queued_at <= answered_at, epoch(answered_at - queued_at), wait_s))"
QUEUES = f"{INBOUND} and channel in ('phone', 'chat', 'callback') and outcome is distinct from 'blocked'"
TALKS = f"{INBOUND} and channel in ('phone', 'chat') and (outcome is null or outcome = 'handled')"
LATER = "channel in ('email', 'social', 'messaging', 'sms', 'mail')"
WORKS = (
    f"{ASKED_FOR} and channel in ('phone', 'chat', 'video', 'callback', 'email', 'social', 'messaging')"
    f" and (case when {LATER} then answered_at is not null else outcome is null or outcome = 'handled' end)"
)
AT_ONCE = "channel in ('phone', 'chat', 'video', 'callback', 'agency')"
SORTED = "queued_at is not null and outcome is not null"
SHORT_KNOWN = f"{SORTED} and (outcome <> 'abandoned' or wait_s is not null)"
IN_TIME_KNOWN = f"{SHORT_KNOWN} and (outcome <> 'handled' or {FIRST} is not null)"
SERVED_AT_ONCE = "outcome is not null and ended_at is not null"
SERVED = f"({LATER} or outcome is not null) and ended_at is not null"
ANSWERED = "sum((outcome = 'handled')::int)"
IN_TIME = f"sum((outcome = 'handled' and {FIRST} <= 20)::int)"
GAVE_UP = "sum((outcome = 'abandoned')::int)"
GAVE_UP_LATE = "sum((outcome = 'abandoned' and wait_s >= 5)::int)"
WENT = "sum((outcome = 'flow_out')::int)"


def _over(numerator: str, denominator: str) -> str:
    return f"({numerator})::double / nullif({denominator}, 0)"


def _survey(question: str, scale: str, valid: str, value: str, extra: str = "true") -> Hand:
    """`scale` is the condition on scales that may be asked, unknown ones included."""
    asked = (
        f"question = '{question}' and {scale} and {extra} and (answered_at is not null or score is not null)"
        " and excluded_of_interaction = ''"
    )
    known = f"coalesce(answered_at is not null and {valid}, false)"
    return Hand(asked, known, value, "asked_surveys")


ENTITLED = f"{INBOUND} and kind = 'contact' and (parent_kind is null or parent_kind = 'within')"
PAGES = f"{INBOUND} and kind = 'visit' and channel in ('web', 'app')"
TIMED = "(page_views is not null and engaged_s is not null)"
THREADS = f"{INBOUND} and kind = 'contact' and {LATER}"
NEWEST = "(select max(started_at) from store.interactions)"  # up to which the source is complete
OLDEST = "(select min(started_at) from store.interactions)"
MEAN_BASE = "((31 * 640 + 334 * 700) / 365.0)"
OPENED = "resolved_at is null or resolved_at >= started_at"
ANSWERED_LATER = f"{THREADS} and answered_at >= started_at"
CSAT_VALID = "((scale = 'csat_1_5' and score between 1 and 5) or (scale = 'good_bad' and score in (0, 1)))"
FIVE_VALID = "(scale = 'csat_1_5' and score between 1 and 5)"
HAPPY = "sum((case scale when 'good_bad' then score = 1 else score in (4, 5) end)::int)"
NPS_VALID = "scale is not null and score between 0 and 10"
NPS = (
    "100.0 * (sum((score in (9, 10))::int) - sum((score in (0, 1, 2, 3, 4, 5, 6))::int))::double / nullif(count(*), 0)"
)
OF_US = "excluded_of_interaction = ''"
FIVE_SCALE = "(scale is null or scale = 'csat_1_5')"
SEVEN_SCALE, SEVEN_VALID = "(scale is null or scale = 'ease_1_7')", "scale is not null and score between 1 and 7"
SELF = "(channel in ('ivr', 'chatbot', 'form', 'web', 'app', 'faq'))"
NPS_SCALE = "(scale is null or scale = 'nps_0_10')"

HANDS: dict[str, Hand] = {
    "contacts_received": Hand(ENTITLED, "true", "count(*)"),
    "contacts_received@past_the_menu": Hand(f"{ENTITLED} and channel <> 'ivr'", "true", "count(*)"),
    "contacts_handled": Hand(
        f"{ASKED_FOR} and ({LATER} or {AT_ONCE})",
        f"{LATER} or outcome is not null",
        f"sum((case when {LATER} then answered_at is not null else outcome = 'handled' end)::int)",
    ),
    "calls_offered": Hand(QUEUES, "queued_at is not null", "count(*)"),
    "answer_rate": Hand(QUEUES, SHORT_KNOWN, _over(ANSWERED, f"{ANSWERED} + {GAVE_UP_LATE}")),
    "answer_rate@all_abandons": Hand(QUEUES, SORTED, _over(ANSWERED, f"{ANSWERED} + {GAVE_UP}")),
    "answer_rate@genesys": Hand(QUEUES, SORTED, _over(ANSWERED, "count(*)")),
    "answer_rate@offered_less_short": Hand(
        QUEUES, SHORT_KNOWN, _over(ANSWERED, f"count(*) - {GAVE_UP} + {GAVE_UP_LATE}")
    ),
    "service_level": Hand(QUEUES, IN_TIME_KNOWN, _over(IN_TIME, f"{ANSWERED} + {GAVE_UP_LATE}")),
    "service_level@v2": Hand(
        QUEUES, f"{SORTED} and (outcome <> 'handled' or {FIRST} is not null)", _over(IN_TIME, f"{ANSWERED} + {GAVE_UP}")
    ),
    "service_level@v3": Hand(
        QUEUES,
        f"{SORTED} and (outcome <> 'handled' or {FIRST} is not null)",
        _over(IN_TIME, f"{ANSWERED} + {GAVE_UP} + {WENT}"),
    ),
    "service_level@v4": Hand(
        QUEUES, f"{SORTED} and (outcome <> 'handled' or {FIRST} is not null)", _over(IN_TIME, ANSWERED)
    ),
    "service_level@v5": Hand(
        QUEUES, f"queued_at is not null and {FIRST} is not null", _over(f"sum(({FIRST} <= 20)::int)", "count(*)")
    ),
    "service_level@v6": Hand(
        QUEUES,
        IN_TIME_KNOWN,
        _over(IN_TIME, f"{ANSWERED} + sum((outcome = 'abandoned' and not wait_s <= 20)::int)"),
    ),
    "service_level@v7": Hand(QUEUES, IN_TIME_KNOWN, _over(IN_TIME, f"count(*) - {GAVE_UP} + {GAVE_UP_LATE}")),
    "abandonment_rate": Hand(QUEUES, SHORT_KNOWN, _over(GAVE_UP_LATE, f"{ANSWERED} + {GAVE_UP_LATE}")),
    "abandonment_rate@genesys": Hand(QUEUES, SORTED, _over(GAVE_UP, "count(*)")),
    "abandonment_rate@amazon": Hand(QUEUES, SORTED, _over(GAVE_UP, "count(*)")),
    "abandonment_rate@all_abandons": Hand(QUEUES, SORTED, _over(GAVE_UP, f"{ANSWERED} + {GAVE_UP}")),
    "average_speed_of_answer": Hand(TALKS, f"{SORTED} and {FIRST} is not null", f"avg({FIRST})::double"),
    "average_speed_of_answer@every_queue": Hand(TALKS, f"{SORTED} and wait_s is not null", "avg(wait_s)::double"),
    "average_speed_of_answer@all_waits": Hand(
        f"{INBOUND} and channel in ('phone', 'chat') and outcome is distinct from 'blocked'",
        f"queued_at is not null and {FIRST} is not null",
        f"avg({FIRST})::double",
    ),
    "wait_time_p90": Hand(
        f"{INBOUND} and channel in ('phone', 'chat') and outcome is distinct from 'blocked'"
        " and not coalesce(outcome = 'abandoned' and wait_s < 5, false)",
        f"queued_at is not null and {FIRST} is not null"
        " and (coalesce(outcome <> 'abandoned', false) or coalesce(wait_s >= 5, false))",
        f"quantile_cont({FIRST}::double, 0.9)",
    ),
    "wait_time_p90@answered": Hand(
        TALKS, f"{SORTED} and {FIRST} is not null", f"quantile_cont({FIRST}::double, 0.9)"
    ),
    "average_handle_time": Hand(
        WORKS,
        f"{SERVED} and talk_s is not null",
        _over("sum(talk_s) + sum(coalesce(hold_s, 0)) + sum(coalesce(acw_s, 0))", "count(*)"),
    ),
    "average_handle_time@by_start": Hand(
        WORKS,
        f"({LATER} or outcome is not null) and talk_s is not null",
        _over("sum(talk_s) + sum(coalesce(hold_s, 0)) + sum(coalesce(acw_s, 0))", "count(*)"),
    ),
    "average_handle_time@without_after_work": Hand(
        WORKS, f"{SERVED} and talk_s is not null", _over("sum(talk_s) + sum(coalesce(hold_s, 0))", "count(*)")
    ),
    "transfer_rate": Hand(
        TALKS, f"{SERVED_AT_ONCE} and transfers is not null", _over("sum((transfers > 0)::int)", "count(*)")
    ),
    "transfer_rate@per_contact": Hand(
        TALKS, f"{SERVED_AT_ONCE} and transfers is not null", _over("sum(transfers)", "count(*)")
    ),
    "visits": Hand(f"{INBOUND} and kind = 'visit'", "true", "count(*)"),
    "visits@consented": Hand(f"{INBOUND} and kind = 'visit'", "consent is not null", "sum(consent::int)"),
    "visits@acted": Hand(f"{INBOUND} and kind = 'visit'", "true", "sum((action is not null)::int)"),
    "final_action_rate": Hand(
        f"{INBOUND} and kind = 'visit'", "true", _over("sum((action is not null)::int)", "count(*)")
    ),
    "final_action_rate@as_marked": Hand(
        f"{INBOUND} and kind = 'visit'", "true", _over("sum((action is not null)::int)", "count(*)")
    ),
    "final_action_rate@logged_in": Hand(
        f"{INBOUND} and kind = 'visit' and authenticated is distinct from false", "authenticated is not null",
        _over("sum((action is not null)::int)", "count(*)"),
    ),
    "bounce_rate": Hand(
        PAGES, "page_views is not null or action is not null",
        _over("sum((action is null and page_views = 1)::int)", "count(*)"),
    ),
    "bounce_rate@matomo": Hand(PAGES, "page_views is not null", _over("sum((page_views = 1)::int)", "count(*)")),
    "bounce_rate@ga4": Hand(
        PAGES, f"action is not null or coalesce(page_views >= 2 or engaged_s >= 10, false) or {TIMED}",
        _over("sum((action is null and page_views < 2 and engaged_s < 10)::int)", "count(*)"),
    ),
    "bounce_rate@yandex": Hand(
        PAGES, f"coalesce(page_views >= 2 or engaged_s >= 15, false) or {TIMED}",
        _over("sum((coalesce(page_views < 2, false) and coalesce(engaged_s < 15, false))::int)", "count(*)"),
    ),
    "channel_share": Hand(
        ENTITLED, "true", _over("count(*)", f"(select count(*) from store.interactions where {ENTITLED})")
    ),
    "channel_share@past_the_menu": Hand(
        f"{ENTITLED} and channel <> 'ivr'", "true",
        _over("count(*)", f"(select count(*) from store.interactions where {ENTITLED} and channel <> 'ivr')"),
    ),
    "channel_share@with_a_person": Hand(
        f"{ENTITLED} and ({LATER} or {AT_ONCE})", "true",
        _over("count(*)", f"(select count(*) from store.interactions where {ENTITLED} and ({LATER} or {AT_ONCE}))"),
    ),
    "contact_rate": Hand(ENTITLED, "true", f"count(*) / {MEAN_BASE}"),
    "contact_rate@end_of_period": Hand(ENTITLED, "true", "count(*) / 700.0"),
    "contact_rate@past_the_menu": Hand(
        f"{ENTITLED} and channel <> 'ivr'", "true", f"count(*) / {MEAN_BASE}"
    ),
    "backlog": Hand(THREADS, OPENED, f"sum((resolved_at is null or resolved_at > {NEWEST})::int)"),
    "backlog@mean": Hand(
        THREADS, OPENED,
        f"sum(epoch(least(coalesce(resolved_at, {NEWEST}), {NEWEST}) - started_at)) / epoch({NEWEST} - {OLDEST})",
    ),
    "backlog@unanswered": Hand(
        THREADS, "true", f"sum((answered_at is null or answered_at > {NEWEST})::int)"
    ),
    "first_response_time": Hand(ANSWERED_LATER, "true", "avg(epoch(answered_at - started_at))"),
    "first_response_time@by_receipt": Hand(ANSWERED_LATER, "true", "avg(epoch(answered_at - started_at))"),
    "first_response_time@median": Hand(
        ANSWERED_LATER, "true", "quantile_cont(epoch(answered_at - started_at)::double, 0.5)"
    ),
    "first_response_time@p90": Hand(
        ANSWERED_LATER, "true", "quantile_cont(epoch(answered_at - started_at)::double, 0.9)"
    ),
    "csat": _survey("csat", "true", CSAT_VALID, _over(HAPPY, "count(*)")),
    "csat@very_satisfied": _survey("csat", "true", FIVE_VALID, _over("sum((score = 5)::int)", "count(*)")),
    "csat@neutral_left_out": _survey(
        "csat", "true", CSAT_VALID, _over(HAPPY, "sum((scale <> 'csat_1_5' or score <> 3)::int)")
    ),
    "csat@mean_score": _survey("csat", FIVE_SCALE, FIVE_VALID, "avg(score)::double"),
    "csat@declared_cut": _survey(
        "csat", "(scale is null or scale = 'csat_1_10')", "scale is not null and score between 1 and 10",
        _over("sum((score >= 8)::int)", "count(*)"),
    ),
    "nps": _survey("nps", NPS_SCALE, NPS_VALID, NPS),
    "nps@rounded": _survey("nps", NPS_SCALE, NPS_VALID, f"round({NPS})"),
    "nps@shares_rounded": _survey(
        "nps", NPS_SCALE, NPS_VALID,
        "round(100.0 * sum((score >= 9)::int) / count(*)) - round(100.0 * sum((score <= 6)::int) / count(*))",
    ),
    "rnps": _survey(
        "nps", NPS_SCALE, f"{NPS_VALID} and scope is not null", NPS, "(scope is null or scope = 'relational')"
    ),
    "tnps": _survey(
        "nps", NPS_SCALE, f"{NPS_VALID} and scope is not null", NPS, "(scope is null or scope = 'transactional')"
    ),
    "tnps@contact_known": _survey(
        "nps", NPS_SCALE, f"{NPS_VALID} and scope is not null", NPS,
        "(scope is null or scope = 'transactional') and interaction_id is not null",
    ),
    "ces_effort": _survey(
        "ces", "(scale is null or scale = 'effort_1_5')", "scale is not null and score between 1 and 5",
        "avg(score)::double",
    ),
    "ces_effort@ease": _survey(
        "ces", "(scale is null or scale = 'ease_1_5')", "scale is not null and score between 1 and 5",
        "avg(score)::double",
    ),
    "ces_effort@net_ease": _survey(
        "ces", "(scale is null or scale = 'effort_1_5')", "scale is not null and score between 1 and 5",
        _over("100 * (sum((score in (1, 2))::int) - sum((score in (4, 5))::int))", "count(*)"),
    ),
    "ces2_mean": _survey("ces", SEVEN_SCALE, SEVEN_VALID, "avg(score)::double"),
    "ces2_top_box@net_ease": _survey(
        "ces", SEVEN_SCALE, SEVEN_VALID,
        _over("100 * (sum((score in (5, 6, 7))::int) - sum((score in (1, 2, 3))::int))", "count(*)"),
    ),
    "ces2_top_box@net_ease_six_seven": _survey(
        "ces", SEVEN_SCALE, SEVEN_VALID,
        _over("100 * (sum((score in (6, 7))::int) - sum((score in (1, 2, 3))::int))", "count(*)"),
    ),
    "survey_answers": Hand(
        f"{OF_US} and (answered_at is not null or score is not null)", "answered_at is not null",
        "sum((score is not null)::int)", "asked_surveys",
    ),
    "survey_answers@contacts": Hand(
        f"{OF_US} and interaction_id is not null and score is not null", "answered_at is not null",
        "count(distinct interaction_id)", "asked_surveys",
    ),
    "survey_response_rate": Hand(
        OF_US, "invited_at is not null", _over("sum((score is not null)::int)", "count(*)"), "asked_surveys"
    ),
    "selfcare_rate": Hand(
        f"{INBOUND} and action is not null and outcome is distinct from 'escalated'", "channel <> 'fax'",
        _over(f"sum({SELF}::int)", "count(*)"),
    ),
    "selfcare_rate@of_contacts": Hand(
        f"{INBOUND} and (outcome is null or outcome in ('self_served', 'handled'))", "outcome is not null",
        _over("sum((outcome = 'self_served')::int)", "count(*)"),
    ),
    "selfcare_rate@visits": Hand(
        f"{INBOUND} and (parent_kind is null or parent_kind = 'within')", "channel <> 'fax'",
        _over(f"sum({SELF}::int)", "count(*)"),
    ),
    "ivr_containment_rate@of_the_menu": Hand(
        f"{INBOUND} and channel = 'ivr'", "outcome is not null",
        _over("sum((outcome = 'self_served')::int)", "count(*)"),
    ),
    "ces2_top_box": _survey(
        "ces", "(scale is null or scale = 'ease_1_7')", "scale is not null and score between 1 and 7",
        _over("sum((score in (5, 6, 7))::int)", "count(*)"),
    ),
    "ces2_top_box@six_seven": _survey(
        "ces", "(scale is null or scale = 'ease_1_7')", "scale is not null and score between 1 and 7",
        _over("sum((score in (6, 7))::int)", "count(*)"),
    ),
}  # fmt: skip
ELSEWHERE = {  # without a channel, or with a figure that takes more than one SELECT: tested below
    "customer_base", "customer_base@at_the_end", "customer_base@highest", "backlog@peak",
    "visits@acted_by_steps", "first_response_time@business", "first_response_time@business_median",
    "answer_rate@in_hours", "service_level@in_hours",
}  # fmt: skip
OF_PEOPLE = ("journeys",)  # the family tested in test_journeys_by_hand.py, as are these of other families
ALSO_OF_PEOPLE = ("identification_rate", "unique_contacting_customers", "chat_concurrency")
SURVEYS = """
create temp view asked_surveys as
select surveys.* exclude (channel), coalesce(surveys.channel, interactions.channel) as channel,
  coalesce(interactions.excluded, '') as excluded_of_interaction
from store.surveys
left join store.interactions
  on interactions.source = surveys.interaction_source and interactions.interaction_id = surveys.interaction_id
"""
VALUES = """
select channel, grouping(channel) = 1 as total, {value} as value
from {relation} where {asked} and ({known}) group by grouping sets ((channel), ())
"""
UNKNOWN = """
select channel, grouping(channel) = 1 as total, count_if(not ({known})) as unknown
from {relation} where {asked} group by grouping sets ((channel), ())
"""

ELSEWHERE |= {
    # what follows a session, and needs: among the repeats of test_journeys_by_hand.py
    "true_containment_rate", "true_containment_rate@same_intent", "true_containment_rate@give_ups_stay",
    "true_containment_rate@any_contact", "deflection_proxy", "deflection_proxy@self_service_score",
    "ivr_containment_rate", "ivr_containment_rate@raw", "ivr_containment_rate@by_nodes",
    "survey_response_rate@of_contacts",
}  # fmt: skip


def _maybe(draw: random.Random, value: Any, share: float = 0.15) -> Any:
    return "" if draw.random() < share else value


def _interactions(draw: random.Random, count: int) -> list[dict[str, Any]]:
    rows = []
    for number in range(count):
        begun = datetime(2026, 1, 5) + timedelta(seconds=draw.randrange(300 * 86400))
        wait = draw.choice([0, 1, 4.999, 5, 5.001, 19, 20, 20.001, draw.randrange(600)])
        rows.append(
            {
                "interaction_id": f"i{number}",
                "channel": draw.choice(CHANNELS),
                "direction": draw.choice(["inbound"] * 8 + ["outbound", "internal"]),
                "excluded": draw.choice([""] * 10 + ["test", "robot"]),
                "parent_kind": draw.choice([""] * 6 + ["within", "escalation", "answer"]),
                "started_at": begun,
                "queued_at": _maybe(draw, begun + timedelta(seconds=5)),
                "answered_at": _maybe(draw, begun + timedelta(seconds=5 + int(wait)), 0.4),
                "ended_at": _maybe(draw, begun + timedelta(seconds=900)),
                "outcome": draw.choice(
                    ["handled"] * 5
                    + ["abandoned"] * 3
                    + ["flow_out", "blocked", "dropped", "escalated", "self_served", ""]
                ),
                # one in seven was transferred into another queue and waited there
                "wait_s": _maybe(draw, wait + (40 if number % 7 == 0 else 0)),
                "talk_s": _maybe(draw, draw.randrange(900_000) / 1000),
                "hold_s": _maybe(draw, draw.randrange(60), 0.5),
                "acw_s": _maybe(draw, draw.randrange(120), 0.5),
                "transfers": _maybe(draw, draw.choice([0, 0, 0, 1, 3])),
                "consent": _maybe(draw, draw.choice(["true", "false"])),
                "page_views": _maybe(draw, draw.choice([0, 1, 1, 2, 7])),
                "engaged_s": _maybe(draw, draw.choice([0, 9.999, 10, 14.999, 15, 90])),
                "action": _maybe(draw, "pay", 0.7),
                "authenticated": _maybe(draw, draw.choice(["true", "false"])),
                "resolved_at": _maybe(draw, begun + timedelta(minutes=draw.randrange(-600, 20_000)), 0.3),
            }
        )
    return rows


BASE = [
    {"period_start": "2026-01-01", "period_end": "2026-02-01", "segment": "home", "active": 400},
    {"period_start": "2026-01-01", "period_end": "2026-02-01", "segment": "motor", "active": 240},
    {"period_start": "2026-02-01", "period_end": "2027-01-01", "segment": "home", "active": 450},
    {"period_start": "2026-02-01", "period_end": "2027-01-01", "segment": "motor", "active": 250},
]


TOPS = {"good_bad": 1, "csat_1_5": 5, "nps_0_10": 10, "ease_1_7": 7, "effort_1_5": 5, "ease_1_5": 5}


def _surveys(draw: random.Random, count: int, contacts: int) -> list[dict[str, Any]]:
    scales = {
        "csat": ["csat_1_5", "csat_1_5", "good_bad", "csat_1_10", "stars_1_10", ""],
        "nps": ["nps_0_10"] * 4 + ["nps_1_5", ""],
        "ces": ["ease_1_7"] * 4 + ["effort_1_5", "effort_1_5", "ease_1_5", ""],
    }
    rows = []
    for number in range(count):
        question = draw.choice(sorted(scales))
        scale = draw.choice(scales[question])
        top = TOPS.get(scale, 10)
        answered = datetime(2026, 1, 5) + timedelta(seconds=draw.randrange(300 * 86400))
        blank = draw.random() < 0.15
        about = draw.random() < 0.6
        rows.append(
            {
                "survey_id": f"s{number}",
                "interaction_source": "tool" if about else "",
                "interaction_id": f"i{draw.randrange(contacts + 50)}" if about else "",
                "channel": _maybe(draw, draw.choice(["phone", "chat", "web"]), 0.7),
                "invited_at": _maybe(draw, answered - timedelta(hours=draw.randrange(1, 60)), 0.1),
                "answered_at": "" if blank else _maybe(draw, answered, 0.05),
                "question": question,
                "scope": _maybe(draw, draw.choice(["relational", "transactional"])),
                "scale": scale,
                "score": "" if blank else _maybe(draw, draw.randrange(0, top + 2), 0.05),
            }
        )
    return rows


def _write(path: Path, rows: Sequence[dict[str, Any]]) -> str:
    """Write a CSV whose columns have our own names; returns the mapping, as a flow of YAML."""
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    times = {name for name in rows[0] if name.endswith("_at")}
    columns = {name: f"strptime({name}, '%Y-%m-%d %H:%M:%S')" if name in times else name for name in rows[0]}
    return yaml.safe_dump(columns, default_flow_style=True, width=10_000).strip()


@pytest.fixture(scope="module")
def random_store(tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    bench = Workbench(tmp_path_factory.mktemp("random"))
    draw = random.Random(20261121)
    contacts = _write(bench.folder / "interactions.csv", _interactions(draw, 4000))
    answers = _write(bench.folder / "surveys.csv", _surveys(draw, 3000, 4000))
    base = _write(bench.folder / "base.csv", BASE)
    told = {"interactions": contacts, "surveys": answers, "base": base}
    bench.workspace(WORKSPACE.format(**told))
    bench.call("run")
    assert bench.accounting("tool")["used"] == 4000
    assert bench.accounting("panel")["used"] == 3000
    return bench


Figures = dict[tuple[str | None, bool], tuple[float | None, int]]


@pytest.fixture(scope="module")
def compiled(random_store: Workbench) -> dict[str, Figures]:
    """Value and unknown of each KPI by channel and in total, all asked at once."""
    asked = sorted(HANDS)
    rows = random_store.rows("kpi", "query", *asked, "--by", "channel", "--total", "--parts")
    return {
        address: {(row["channel"], bool(row["total"])): (row[address], row[f"{address}_unknown"]) for row in rows}
        for address in asked
    }


@pytest.fixture(scope="module")
def by_hand(random_store: Workbench) -> dict[str, Figures]:
    con = duckdb.connect()
    con.execute(f"attach '{random_store.folder / '.omnictl' / 'store.duckdb'}' as store (read_only)")
    con.execute(SURVEYS)
    found: dict[str, Figures] = {}
    for address, hand in HANDS.items():
        relation = hand.relation if hand.relation == "asked_surveys" else f"store.{hand.relation}"
        terms = {"relation": relation, "asked": hand.asked, "known": hand.known, "value": hand.value}
        values = {(row[0], row[1]): row[2] for row in con.execute(VALUES.format(**terms)).fetchall()}
        found[address] = {
            (channel, total): (values.get((channel, total)), unknown)
            for channel, total, unknown in con.execute(UNKNOWN.format(**terms)).fetchall()
        }
    return found


@pytest.mark.parametrize("address", sorted(HANDS))
def test_equals_the_figure_by_hand(address: str, compiled: dict[str, Figures], by_hand: dict[str, Figures]) -> None:
    expected = by_hand[address]
    assert any(value for value, _ in expected.values()), "the random rows say nothing of this KPI"
    for cut, (value, unknown) in expected.items():
        ours, ours_unknown = compiled[address].get(cut, (None, 0))
        counted = ours_unknown or 0
        assert counted == unknown, (cut, ours_unknown, unknown)
        if value is None or value == 0:
            assert ours is None or float(ours) == 0, (cut, ours)
        else:
            assert ours is not None
            assert float(ours) == pytest.approx(float(value), rel=1e-9), cut
    for cut, (value, unknown_rows) in compiled[address].items():
        if cut not in expected:
            assert not value, (cut, value)
            assert not unknown_rows, (cut, unknown_rows)


def test_every_shipped_kpi_and_variant_is_checked() -> None:
    """Here, or in a module beside this one that names it."""
    beside = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*_by_hand.py"))
    shipped = set()
    for path in SHIPPED.rglob("*.yml"):
        if path.parent.name in OF_PEOPLE or path.stem in ALSO_OF_PEOPLE:
            continue
        kpi = yaml.safe_load(path.read_text(encoding="utf-8"))
        shipped.add(kpi["kpi"])
        shipped |= {f"{kpi['kpi']}@{variant}" for variant in kpi.get("variants", {})}
    here = set(HANDS) | ELSEWHERE
    assert here <= shipped
    assert [address for address in sorted(shipped - here - IN_STEPS) if f'"{address}"' not in beside] == []


def test_asking_for_more_changes_nothing(random_store: Workbench, compiled: dict[str, Figures]) -> None:
    for address in ("service_level", "wait_time_p90", "csat"):
        for row in random_store.rows("kpi", "query", address, "--by", "channel", "--total"):
            value, _ = compiled[address][(row["channel"], bool(row["total"]))]
            assert row[address] == value


@pytest.mark.parametrize(
    ("address", "above"),
    [
        ("ivr_containment_rate", "channel = 'ivr' and outcome = 'self_served'"),
        ("ivr_containment_rate@raw", "channel = 'ivr'"),
    ],
)
def test_calls_through_the_menu_by_hand(random_store: Workbench, address: str, above: str) -> None:
    """Of all calls, on every channel alike; an end nobody tells is unknown in the menu, and no matter in a queue."""
    asked = f"{INBOUND} and (channel = 'phone' or (channel = 'ivr' and outcome is distinct from 'escalated'))"
    known = "(channel = 'phone' or outcome is not null)"
    with duckdb.connect() as con:
        con.execute(f"attach '{random_store.folder / '.omnictl' / 'store.duckdb'}' as store (read_only)")
        counted = f"count_if({known} and {above}), count_if({known}), count_if(not {known})"
        (figures,) = con.execute(f"select {counted} from store.interactions where {asked}").fetchall()
    names = [f"{address}_{name}" for name in ("numerator", "denominator", "unknown")]
    (row,) = random_store.rows("kpi", "query", address, "--parts")
    assert tuple(row[name] for name in names) == figures
    assert figures[0] > 0
    cut = {each["channel"]: each for each in random_store.rows("kpi", "query", address, "--parts", "--by", "channel")}
    assert (cut["ivr"][names[0]], cut["ivr"][names[1]]) == figures[:2]


def test_answers_of_contacts_by_hand(random_store: Workbench) -> None:
    address = "survey_response_rate@of_contacts"
    (row,) = random_store.rows("kpi", "query", address, "survey_answers@contacts", "contacts_handled")
    assert row[address] == pytest.approx(row["survey_answers@contacts"] / row["contacts_handled"])


def test_the_base_by_hand(random_store: Workbench) -> None:
    names = ("customer_base", "customer_base@at_the_end", "customer_base@highest")
    year = random_store.rows("kpi", "query", *names, "--period", "2026", "--every", "month", "--total")
    assert [[float(row[name]) for name in names] for row in year[:12]] == [[640] * 3] + [[700] * 3] * 11
    assert [float(year[12][name]) for name in names] == [pytest.approx((31 * 640 + 334 * 700) / 365), 700, 700]
    segments = random_store.rows("kpi", "query", "customer_base", "--by", "segment", "--period", "2026-01")
    assert {row["segment"]: float(row["customer_base"]) for row in segments} == {"home": 400, "motor": 240}


PEAKS = """
with threads as (
  select channel, started_at, resolved_at from store.interactions
  where direction = 'inbound' and excluded = '' and channel in ('email', 'social', 'messaging', 'sms', 'mail')
    and (resolved_at is null or resolved_at >= started_at)
)
select instants.channel, max((
  select count(*) from threads where threads.channel = instants.channel
    and threads.started_at <= instants.started_at
    and (threads.resolved_at is null or threads.resolved_at > instants.started_at)
)) from threads as instants group by instants.channel
"""


def test_the_peak_by_hand(random_store: Workbench) -> None:
    """A peak is reached when something opens: what stands is counted at each of these instants."""
    con = duckdb.connect()
    con.execute(f"attach '{random_store.folder / '.omnictl' / 'store.duckdb'}' as store (read_only)")
    expected = dict(con.execute(PEAKS).fetchall())
    rows = random_store.rows("kpi", "query", "backlog@peak", "--by", "channel")
    assert {row["channel"]: row["backlog@peak"] for row in rows if row["backlog@peak"] is not None} == expected
    daily = random_store.rows("kpi", "query", "backlog@peak", "--by", "channel", "--every", "day", "--period", "2026")
    for channel, peak in expected.items():
        assert max(row["backlog@peak"] for row in daily if row["channel"] == channel) == peak


@pytest.mark.parametrize(
    "asked", [("--every", "month"), ("--by", "channel", "--total"), ("--period", "2027", "--parts")]
)
def test_a_kept_plan_gives_the_same(random_store: Workbench, asked: tuple[str, ...]) -> None:
    names = ("backlog", "backlog@mean", "backlog@peak", "contact_rate", "contacts_received")
    cache = random_store.folder / ".omnictl" / "cache"
    known = set(cache.glob("*.json"))
    first = random_store.call("kpi", "query", *names, *asked, "--format", "json")
    made = set(cache.glob("*.json")) - known
    assert len(made) == 1
    again = random_store.call("kpi", "query", *names, *asked, "--format", "json")
    assert again == first
    assert set(cache.glob("*.json")) == known | made


def test_shares_of_channels_are_asked_for_by_channel(random_store: Workbench) -> None:
    rows = random_store.rows("kpi", "query", "channel_share")
    assert sum(row["channel_share"] for row in rows) == pytest.approx(1)
    refused = random_store.call("kpi", "query", "channel_share", "visits", expect=2)
    assert "cut-missing" in refused.stderr
    assert "--by channel" in refused.stderr


def test_acts_told_by_steps_alone_are_acts() -> None:
    """No visit names its act; the steps tell, several in a visit, and of another tool's visit with the same id."""
    visits = [{"source": source, "interaction_id": str(n), "channel": "web"} for source in "ab" for n in range(5)]
    steps = [
        {"source": source, "interaction_id": visit, "type": kind}
        for source, visit, kind in (
            ("a", "0", "action"), ("a", "0", "action"), ("a", "1", "page"), ("b", "0", "action"), ("b", "4", "action"),
        )
    ]  # fmt: skip
    stamped = [{**step, "occurred_at": AT} for step in steps]
    asking = Asking(load_glossary(["standard"]), interactions=visits, steps=stamped)
    assert asking.value("final_action_rate") == pytest.approx(3 / 10)
    assert {row["channel"]: row["final_action_rate"] for row in asking.rows("final_action_rate", by=("channel",))} == {
        "web": pytest.approx(3 / 10)
    }
    (marked,) = asking.rows("final_action_rate@as_marked")
    assert marked["final_action_rate@as_marked_state"] == "not_measured"
