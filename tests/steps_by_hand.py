"""Shipped KPIs of events, bots, threads and contact pages in SQL written by hand.

By hand a KPI is which rows it may be about, which of these are known, and a figure over the known ones; sets of visits,
forms and sessions are made by grouping. `events` are steps with what their interaction says.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

END = datetime(2026, 4, 4)  # as far as the source is complete


@dataclass(frozen=True)
class Hand:
    """One KPI by hand: `asked` and `known` are conditions that are never NULL, `value` is a SELECT from `known`."""

    relation: str
    asked: str
    known: str
    value: str
    by: str = "channel"


def _mean(condition: str) -> str:
    return f"select avg(({condition})::int) from known"


def _of(group: str, flags: str, value: str) -> str:
    """A figure over groups of known rows; `flags` are what holds for any row of a group."""
    named = ", ".join(
        f"bool_or({sql}) as {name}" for name, _, sql in (flag.partition("=") for flag in flags.split(";"))
    )
    return f"select {value} from (select {named} from known group by {group})"


VISIT = "source, interaction_id"
PART = "source, interaction_id, part_id"
INBOUND = "direction = 'inbound' and excluded = ''"
SITE = f"{INBOUND} and channel in ('web', 'app')"
PAGES = f"{SITE} and kind = 'visit'"
LOGIN = f"{SITE} and type = 'login'"
HELP = f"{INBOUND} and channel in ('faq', 'web', 'app')"
SEARCHED = f"{INBOUND} and channel in ('web', 'app', 'faq', 'chatbot', 'contact_page') and type = 'search'"
FORM = f"{INBOUND} and channel in ('web', 'app', 'form') and part_kind is not distinct from 'form'"
STARTED = "type in ('form_start', 'form_field', 'form_submit', 'form_error')"
TOLD = "part_id is not null and part_done is not null"
SENT = "type = 'form_submit' and result = 'success'"
SUBMITTED = "part_id is not null and (type <> 'form_submit' or result is not null)"
BOT = f"{INBOUND} and channel = 'chatbot'"
WROTE = f"{BOT} and coalesce(customer_messages, 1) >= 1"
WRITTEN = "customer_messages is not null"
OPEN = f"{WROTE} and coalesce(in_hours, true)"
CONTAINED = "coalesce(outcome, '') not in ('escalated', 'handled')"
ENDED = f"{WRITTEN} and outcome is not null"
SETTLED = f"outcome = 'self_served' or ({CONTAINED} and coalesce(resolved, false))"
TURNS = (
    f"{INBOUND} and channel in ('chatbot', 'ivr') and type = 'bot_turn'"
    " and coalesce(result, '') not in ('slot', 'small_talk')"
)
BOT_TURNS = f"{BOT} and type = 'bot_turn'"
FELL = "result is not distinct from 'fallback'"
TICKETS = f"{INBOUND} and kind = 'contact' and channel in ('email', 'social', 'messaging', 'sms', 'mail', 'form')"
RESOLVED = f"{TICKETS} and resolved_at is not null"
TOOK = f"{RESOLVED} and resolved_at >= started_at"
IN_A_DAY = "answered_at >= started_at and answered_at <= started_at + interval 24 hour"
COME_BACK = f"{TICKETS} and (resolved_at is not null or coalesce(reopens, 1) >= 1)"
# Who may not be asked at all is unknown, however young.
WEEK = (
    f"(coalesce(resolved_at, started_at) <= timestamp '{END}' - interval 7 day"
    " or (resolved_at is null and reopens is null))"
)
USED = f"{INBOUND} and solution is not null"
OWN_WORD = (
    "case when resolved is not null then resolved when outcome is not null"
    " then outcome in ('handled', 'self_served') end"
)
DONE = (
    "case when channel in ('web', 'app') then action is not null or coalesce(outcome, '') in ('handled', 'self_served')"
    f" else {OWN_WORD} end"
)
MENU = "channel in ('contact_page', 'web', 'app', 'faq', 'form', 'chatbot', 'visual_ivr', 'ivr', 'phone')"
PARTS = f"{INBOUND} and {MENU} and part_kind is not null"
PAIR = "source, decision_id"
LEFT = "part_last and not part_done"
LEAVES = (
    "((part_last is not null and part_done is not null) or part_last is not distinct from false"
    " or coalesce(part_done, false))"
)

HANDS: dict[str, Hand] = {
    "engagement_rate": Hand(
        "interactions", PAGES,
        "coalesce(engaged_s >= 10, false) or coalesce(page_views >= 2, false) or action is not null"
        " or (engaged_s is not null and page_views is not null)",
        _mean("coalesce(engaged_s, 0) >= 10 or coalesce(page_views, 0) >= 2 or action is not null"),
    ),
    "engagement_rate@strict": Hand(
        "interactions", PAGES,
        "coalesce(engaged_s >= 60, false) or coalesce(page_views >= 2, false) or action is not null"
        " or (engaged_s is not null and page_views is not null)",
        _mean("coalesce(engaged_s, 0) >= 60 or coalesce(page_views, 0) >= 2 or action is not null"),
    ),
    "engagement_rate@by_time": Hand("interactions", PAGES, "engaged_s is not null", _mean("engaged_s >= 10")),
    "authentication_dropoff_rate": Hand(
        "events", LOGIN, "true", _of(VISIT, "ok=coalesce(result = 'success', false)", "avg((not ok)::int)")
    ),
    "authentication_dropoff_rate@after_failure": Hand(
        "events", LOGIN, "true",
        _of(VISIT, "ok=coalesce(result = 'success', false);no=coalesce(result = 'failure', false)",
            "avg((no and not ok)::int)"),
    ),
    "authentication_dropoff_rate@as_marked": Hand(
        "events", LOGIN, "authenticated is not null", _of(VISIT, "known_in=authenticated", "avg((not known_in)::int)")
    ),
    "faq_helpfulness_rate": Hand("events", f"{HELP} and type = 'vote'", "value is not null", _mean("value > 0")),
    "faq_helpfulness_rate@per_view": Hand(
        "events", f"{HELP} and type in ('vote', 'article')", "type = 'article' or value is not null",
        "select count(*) filter (where type = 'vote' and value > 0)"
        " / nullif(count(*) filter (where type = 'article'), 0) from known",
    ),
    "faq_helpfulness_rate@vote_rate": Hand(
        "events", f"{HELP} and type in ('vote', 'article')", "true",
        "select count(*) filter (where type = 'vote') / nullif(count(*) filter (where type = 'article'), 0) from known",
    ),
    "faq_helpfulness_rate@per_visit": Hand(
        "events", f"{HELP} and type = 'vote'", "value is not null", _of(VISIT, "yes=value > 0", "avg(yes::int)")
    ),
    "search_no_result_rate": Hand("events", SEARCHED, "value is not null", _mean("value = 0")),
    "search_no_result_rate@per_visit": Hand(
        "events", SEARCHED, "value is not null", _of(VISIT, "nothing=value = 0", "avg(nothing::int)")
    ),
    "search_no_result_rate@distinct_queries": Hand(
        "events", SEARCHED, "object is not null and value is not null",
        _of("lower(object)", "nothing=value = 0", "avg(nothing::int)"),
    ),
    "form_start_rate": Hand("events", FORM, "part_id is not null", _of(PART, f"s={STARTED}", "avg(s::int)")),
    "form_start_rate@edited": Hand(
        "events", FORM, "part_id is not null", _of(PART, f"s={STARTED} and type <> 'form_start'", "avg(s::int)")
    ),
    "form_start_rate@per_load": Hand(
        "events", FORM, "part_id is not null",
        _of(PART, f"s={STARTED}", "count_if(s) / nullif((select count(*) from known where type = 'page'), 0)"),
    ),
    "form_start_rate@per_visit": Hand(
        "events", FORM, "part_id is not null", _of(VISIT, f"s={STARTED}", "avg(s::int)")
    ),
    "form_completion_rate": Hand(
        "events", FORM, TOLD, _of(PART, f"s={STARTED};d=part_done", "count_if(d) / nullif(count_if(s or d), 0)")
    ),
    "form_completion_rate@of_views": Hand("events", FORM, TOLD, _of(PART, "d=part_done", "avg(d::int)")),
    "form_completion_rate@by_submit": Hand(
        "events", FORM, SUBMITTED, _of(PART, f"s={STARTED};ok={SENT}", "count_if(ok) / nullif(count_if(s), 0)")
    ),
    "form_completion_rate@per_visit": Hand(
        "events", FORM, TOLD, _of(VISIT, f"s={STARTED};d=part_done", "count_if(d) / nullif(count_if(s or d), 0)")
    ),
    "form_abandonment_rate": Hand(
        "events", FORM, TOLD,
        _of(PART, f"s={STARTED};d=part_done", "count_if(s and not d) / nullif(count_if(s or d), 0)"),
    ),
    "form_abandonment_rate@viewers_too": Hand(
        "events", FORM, TOLD, _of(PART, "d=part_done", "avg((not d)::int)")
    ),
    "form_abandonment_rate@by_submit": Hand(
        "events", FORM, SUBMITTED,
        _of(PART, f"s={STARTED};ok=coalesce({SENT}, false)", "count_if(s and not ok) / nullif(count_if(s), 0)"),
    ),
    "form_abandonment_rate@after_error": Hand(
        "events", FORM, TOLD,
        _of(PART, f"s={STARTED};d=part_done;e=type = 'form_error'",
            "count_if(e and not d) / nullif(count_if(s or d), 0)"),
    ),
    "bot_understanding_rate": Hand(
        "events", TURNS, f"{FELL} or confidence is not null", _mean(f"not ({FELL}) and confidence >= 0.7")
    ),
    "bot_understanding_rate@no_fallback": Hand("events", TURNS, "true", _mean(f"not ({FELL})")),
    "bot_understanding_rate@whole_sessions": Hand(
        "events", TURNS, "true", _of(VISIT, f"fell={FELL}", "avg((not fell)::int)")
    ),
    "bot_containment_rate": Hand("interactions", WROTE, ENDED, _mean(CONTAINED)),
    "bot_containment_rate@satisfied": Hand(
        "interactions", WROTE,
        f"{WRITTEN} and (outcome is not null or not coalesce(resolved, true))",
        _mean(f"{CONTAINED} and coalesce(resolved, outcome = 'self_served')"),
    ),
    "bot_containment_rate@all_opened": Hand("interactions", BOT, "outcome is not null", _mean(CONTAINED)),
    "bot_containment_rate@in_hours": Hand("interactions", OPEN, f"{ENDED} and in_hours is not null", _mean(CONTAINED)),
    "bot_escalation_rate": Hand("interactions", WROTE, ENDED, _mean(f"not {CONTAINED}")),
    "bot_escalation_rate@in_hours": Hand(
        "interactions", OPEN, f"{ENDED} and in_hours is not null", _mean(f"not {CONTAINED}")
    ),
    "bot_escalation_rate@requested": Hand(
        "events", BOT_TURNS, "outcome is not null or coalesce(result, '') = 'handover'",
        _of(VISIT, f"handed=not {CONTAINED} or coalesce(result, '') = 'handover'", "avg(handed::int)"),
    ),
    "bot_resolution_rate": Hand("interactions", WROTE, f"{ENDED} and intent is not null", _mean(SETTLED)),
    "bot_resolution_rate@completed": Hand(
        "interactions", WROTE, f"{ENDED} and intent is not null", _mean("outcome = 'self_served'")
    ),
    "bot_resolution_rate@declared": Hand(
        "interactions", WROTE,
        f"{WRITTEN} and intent is not null and (outcome is not null or not coalesce(resolved, false))",
        f"select count_if(resolved and {CONTAINED}) / nullif(count(resolved), 0) from known",
    ),
    "bot_resolution_rate@all_sessions": Hand("interactions", WROTE, ENDED, _mean(SETTLED)),
    "bot_dropoff_rate": Hand(
        "interactions", WROTE, f"{WRITTEN} and (outcome is not null or coalesce(resolved, false))",
        _mean(f"{CONTAINED} and coalesce(outcome, '') <> 'self_served' and not coalesce(resolved, false)"),
    ),
    "response_within_target_rate": Hand(
        "interactions", f"{TICKETS} and started_at <= timestamp '{END}' - interval 24 hour", "true",
        _mean(f"coalesce({IN_A_DAY}, false)"),
    ),
    "response_within_target_rate@answered": Hand(
        "interactions", f"{TICKETS} and coalesce(answered_at >= started_at, false)", "true", _mean(IN_A_DAY)
    ),
    "response_within_target_rate@by_reply": Hand(
        "interactions", f"{TICKETS} and coalesce(answered_at >= started_at, false)", "true", _mean(IN_A_DAY)
    ),
    "full_resolution_time": Hand(
        "interactions", TOOK, "true", "select avg(epoch(resolved_at - started_at)) from known"
    ),
    "full_resolution_time@by_receipt": Hand(
        "interactions", TOOK, "true", "select avg(epoch(resolved_at - started_at)) from known"
    ),
    "full_resolution_time@median": Hand(
        "interactions", TOOK, "true", "select median(epoch(resolved_at - started_at)) from known"
    ),
    "full_resolution_time@p90": Hand(
        "interactions", TOOK, "true", "select quantile_cont(epoch(resolved_at - started_at), 0.9) from known"
    ),
    "full_resolution_time@never_reopened": Hand(
        "interactions", f"{TOOK} and coalesce(reopens, 0) = 0", "reopens is not null",
        "select avg(epoch(resolved_at - started_at)) from known",
    ),
    "one_touch_rate": Hand("interactions", RESOLVED, "agent_messages is not null", _mean("agent_messages in (0, 1)")),
    "one_touch_rate@one_reply": Hand(
        "interactions", f"{RESOLVED} and coalesce(agent_messages, 1) <> 0", "agent_messages is not null",
        _mean("agent_messages = 1"),
    ),
    "one_touch_rate@no_follow_up": Hand(
        "interactions", RESOLVED, "customer_messages is not null", _mean("customer_messages in (0, 1)")
    ),
    "reopen_rate": Hand("interactions", f"{COME_BACK} and {WEEK}", "reopens is not null", _mean("reopens > 0")),
    "reopen_rate@as_seen": Hand("interactions", COME_BACK, "reopens is not null", _mean("reopens > 0")),
    "reopen_rate@reopenings": Hand(
        "interactions", f"{COME_BACK} and {WEEK}", "reopens is not null", "select sum(reopens) / count(*) from known"
    ),
    "orientation_success_rate@completed": Hand("interactions", USED, f"({DONE}) is not null", _mean(DONE)),
    "scenario_exposures": Hand(
        "decisions", "true", "session is not null and scenario is not null",
        "select count(*) from (select distinct session from known)", "",
    ),
    "scenario_exposures@displays": Hand("decisions", "true", "scenario is not null", "select count(*) from known", ""),
    "scenario_exposures@page": Hand(
        "decisions", "true", "session is not null", "select count(*) from (select distinct session from known)", ""
    ),
    "intent_selection_rate": Hand(
        "decisions", "true", "session is not null and scenario is not null",
        _of("session", "chose=intent is not null", "avg(chose::int)"), "",
    ),
    "intent_selection_rate@displays": Hand(
        "decisions", "true", "scenario is not null", _mean("intent is not null"), ""
    ),
    "solution_click_rate": Hand("offers", "true", "chosen is not null", _mean("chosen"), "solution"),
    "solution_click_rate@first_position": Hand(
        "offers", "coalesce(position, 1) = 1", "position is not null and chosen is not null",
        _mean("chosen"), "solution",
    ),
    "solution_completion_rate": Hand(
        "offers", "entered_at is not null", "true", _mean("coalesce(completed_at >= entered_at, false)"), "solution"
    ),
    "solution_completion_rate@of_clicks": Hand(
        "offers", "coalesce(chosen, true)", "chosen is not null", _mean("completed_at is not null"), "solution"
    ),
    "guidance_follow_rate": Hand(
        "offers", "true", "recommended is not null and (chosen is not null or not recommended)",
        _of(PAIR, "r=recommended;f=recommended and chosen", "count_if(f) / nullif(count_if(r), 0)"), "device",
    ),
    "guidance_follow_rate@entered": Hand(
        "offers", "true", "recommended is not null",
        _of(PAIR, "r=recommended;f=recommended and entered_at is not null", "count_if(f) / nullif(count_if(r), 0)"),
        "device",
    ),
    "guidance_follow_rate@of_choices": Hand(
        "offers", "true", "recommended is not null and chosen is not null",
        _of(PAIR, "r=recommended;c=chosen;f=recommended and chosen", "count_if(f) / nullif(count_if(r and c), 0)"),
        "device",
    ),
    "step_dropoff_rate": Hand(
        "events", PARTS, f"part_id is not null and {LEAVES}",
        _of(PART, f"l=coalesce({LEFT}, false)", "avg(l::int)"), "object",
    ),
    "step_dropoff_rate@menus": Hand(
        "events", f"{PARTS} and part_kind = 'menu'", f"part_id is not null and {LEAVES}",
        _of(PART, f"l=coalesce({LEFT}, false)", "avg(l::int)"), "object",
    ),
    "step_dropoff_rate@events": Hand(
        "events", PARTS, f"part_id is not null and {LEAVES}", _mean(f"coalesce({LEFT}, false)"), "object"
    ),
    "bot_dropoff_rate@at_node": Hand(
        "events", BOT_TURNS,
        "is_last is not distinct from false or coalesce(resolved, false) or coalesce(outcome, '') = 'self_served'"
        f" or not {CONTAINED} or (is_last is not null and outcome is not null)",
        _of(VISIT, f"l=coalesce(is_last and {CONTAINED} and outcome <> 'self_served'"
            " and not coalesce(resolved, false), false)",
            "avg(l::int)"),
        "object",
    ),
}  # fmt: skip
ELSEWHERE = {  # with people, or shares over all values of a cut: tested below
    # with calendars: by their own worked cases
    "response_within_target_rate@business", "response_within_target_rate@next_day", "full_resolution_time@business",
    "bot_containment_rate@no_contact", "bot_resolution_rate@no_contact", "final_action_rate@per_visitor",
    "final_action_rate@of_intent",
    "orientation_success_rate", "orientation_success_rate@any_contact", "solution_click_rate@share_of_clicks",
    "form_field_dropoff_share", "form_field_dropoff_share@on_error", "form_field_dropoff_share@viewers_too",
}  # fmt: skip
IN_STEPS = set(HANDS) | ELSEWHERE  # what test_steps_by_hand.py looks at
