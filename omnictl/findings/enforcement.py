"""Findings about rules of a tracking plan that rows are held to while they are loaded."""

from __future__ import annotations

from omnictl.findings.page import Page

PAGES = (
    Page(
        "enforcement-impossible",
        "",
        "tracking.yml has rows stamped or quarantined by different rules for events that the rows of a source are\n"
        "not told apart by. Nothing is loaded, so that no rule is silently left out.",
        "enforcement-impossible: `segments.phone` and `segments.chat` are held to different rules, and rows of `acd`\n"
        "do not tell which of them they are",
        "Take the rule out, say the same of the events, or let `enforcement` of the event be off.",
    ),
    Page(
        "enforcement-in-part",
        "",
        "No row may lack a property, says tracking.yml, and a row that lacks it when it is loaded may still get it:\n"
        "from a source that completes this one, or from the steps of the visit. Such a row is neither stamped nor\n"
        "quarantined for it; the other rules of the event hold.",
        "events: {interactions.web: {enforcement: stamp, properties: {intent: {nulls: 0%}}}}",
        "`omnictl tracking check` counts the rows that lack it in the end. It is a warning and stops nothing.",
    ),
)
