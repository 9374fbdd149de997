"""Findings about a question: what is asked for, cut by what, over which period."""

from __future__ import annotations

from omnictl.findings.page import Page

PAGES = (
    Page(
        "agent-cut",
        "",
        "The question tells single agents apart, by a cut or by a condition, and the workspace says that agents are\n"
        "told apart no finer than by team.",
        "privacy: {agents: team} in omnictl.yml, and: omnictl kpi query answer_rate --by agent",
        "Ask by team. Who may see agents says so in omnictl.yml: `privacy: {agents: agent}`.",
    ),
    Page(
        "calendar-missing",
        "shell",
        "Opening hours are asked for, and no calendar says them; or there are several, the expression names none, and\n"
        "none of them is the default one. Time by the clock is never taken for opening hours.",
        "omnictl kpi query first_response_time@business",
        'Write one into referential.yml: calendars: {support: {open: {mon-fri: "08:30-19:00"}, holidays: FR}}. Of\n'
        "several, name one, business_seconds(started_at, answered_at, 'support'), or say `default: true` in one.",
    ),
    Page(
        "unknown-step",
        "shell",
        "A step of a funnel or of a path is no channel, no kind of interaction and no type of step; or it says of a\n"
        "channel which page is meant.",
        "omnictl journey funnel faqs phone",
        "Correct the name: a channel (phone, faq), contact or visit, or what happens in an interaction\n"
        "(page:/claims/**, article:a12, form_submit). Brackets narrow it: phone[outcome=handled].",
    ),
    Page(
        "unknown-attribute",
        "shell",
        "The referential says no such thing of a solution, an intent or a channel.",
        "omnictl kpi query contacts_received --by solution.ownr",
        "Correct the name. What the company wants to say besides stands under `attributes` of the entry:\n"
        "claim_faq: {label: …, attributes: {brand: north}}, asked as solution.brand.",
    ),
    Page(
        "unknown-calendar",
        "shell",
        "An expression names a calendar that the referential does not have.",
        "omnictl kpi query contacts_received --where \"in_hours(started_at, 'suport')\"",
        "Correct the name, or add the calendar under `calendars` of referential.yml.",
    ),
    Page(
        "asked-twice",
        "shell",
        "A KPI or a cut is named twice in one question. Two columns of one name could not be told apart.",
        "omnictl kpi query answer_rate answer_rate",
        "Name it once. A variant or another parameter makes it another KPI: service_level service_level@v5.",
    ),
    Page(
        "compare-without-period",
        "shell",
        "What is compared needs a period with a start and an end: without one the answer covers the data, and nothing\n"
        "lies before it.",
        "omnictl kpi query answer_rate --compare previous",
        "Name the period: --period 2026-11, or --from and --to.",
    ),
    Page(
        "cut-missing",
        "shell",
        "A KPI that is always asked by a cut is asked together with others that were not cut that way. Cutting these\n"
        "too would change their rows.",
        "omnictl kpi query contacts_received channel_share",
        "Add the cut that the message names to --by, or ask the KPI alone.",
    ),
    Page(
        "empty-period",
        "shell",
        "The period ends where it begins, or before. Its end is not included.",
        "omnictl kpi query answer_rate --from 2026-11-20 --to 2026-11-20",
        "Name the day after as its end, or the day as the period: --period 2026-11-20.",
    ),
    Page(
        "links-not-weighed",
        "shell",
        "Figures over probable links add up weights: a visit that is one person's by 0.6 counts 0.6 of a visit there.\n"
        "Distinct values, percentiles, what stands open, and needs are no sums of rows, and have no such figure.",
        "omnictl kpi query unique_contacting_customers --links probable",
        "Leave out --links: the KPI is told over certain links. Ask it apart from those that are weighed.",
    ),
    Page(
        "no-kpi",
        "",
        "A question names no KPI. The command line asks for one; a program that builds a question can forget it.",
        "Question(kpis=())",
        "Name at least one; `omnictl kpi list` shows them.",
    ),
    Page(
        "personal-cut",
        "shell",
        "The cut is a personal column: its values may say something of one person, and an answer would show them.",
        "omnictl kpi query answer_rate --by attributes",
        "Cut by another column. Who may see personal columns says so: --personal.",
    ),
    Page(
        "too-many-buckets",
        "shell",
        "The period has so many half-hours or hours that nobody would read the answer.",
        "omnictl kpi query answer_rate --every 30min --from 1990-01-01 --to 2026-01-01",
        "Ask for a shorter period or for longer buckets: --every day.",
    ),
    Page(
        "two-periods",
        "shell",
        "The period is given by name and by its ends at once.",
        "omnictl kpi query answer_rate --period 2026 --from 2026-03-01",
        "Say it one way: --period, or --from and --to.",
    ),
    Page(
        "unknown-cut",
        "shell",
        "No KPI asked for has rows with that column, or none has all of the cuts together.",
        "omnictl kpi query answer_rate --by chanel",
        "Take a name from the hint; a KPI can be cut by the columns of its relation and of the interaction.",
    ),
    Page(
        "unknown-kpi",
        "shell",
        "The glossary has no KPI of that name.",
        "omnictl kpi query anser_rate",
        "Take the name the hint gives; `omnictl kpi list --search WORD` looks into labels and synonyms too.",
    ),
    Page(
        "unknown-parameter",
        "shell",
        "An address sets, or an expression names, a parameter that the KPI does not declare.",
        "omnictl kpi query service_level:threshold=30s",
        "Take a name from the hint, or declare it under `parameters`; `omnictl kpi show KPI` lists them.",
    ),
    Page(
        "unknown-period",
        "shell",
        "The text is no period or no time that omnictl knows, or a day that is not on the calendar.",
        "omnictl kpi query answer_rate --period last-wek",
        "yesterday, last-week, last-7-days, 2026, 2026-Q3, 2026-11, 2026-W47, 2026-11-20.",
    ),
    Page(
        "unknown-variant",
        "shell",
        "The KPI has no variant of that name.",
        "omnictl kpi query service_level@v9",
        "Take the name the hint gives; `omnictl kpi show KPI` lists the variants.",
    ),
    Page(
        "wrong-parameter",
        "shell",
        "The parameter is of another kind than the value an address gives it: a duration, a number or a text.",
        "omnictl kpi query service_level:answer_threshold=often",
        "Write a duration with its unit and without a space: service_level:answer_threshold=30s.",
    ),
)
