"""Findings about rules of a tracking plan that rows are held to while they are loaded."""

from __future__ import annotations

from omnictl.findings.page import Page

PAGES = (
    Page(
        "enforcement-impossible",
        "tracking.yml",
        "tracking.yml has rows stamped or quarantined by a rule that no row can be held to: a range of what is no\n"
        "number, values of an identifier, which is never looked at in the clear, or different rules for events that\n"
        "the rows of a source are not told apart by. Nothing is loaded, so that no rule is silently left out.",
        "events: {interactions.phone: {enforcement: stamp, properties: {started_at: {min: 0}}}}",
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
