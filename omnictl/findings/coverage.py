"""The codes of `omnictl tracking coverage`: why a KPI, or a breakdown of it, cannot be told, or less well.

They are no faults of a text, so they stand apart from the findings.
"""

from __future__ import annotations

from omnictl.findings.page import Page

PAGES = (
    Page(
        "C01",
        "",
        "Event not planned: a KPI reads an event that the workspace's plan does not hold. Where a source gives it all\n"
        "the same, the KPI is degraded only: it is computed, and nobody promised that it will be tomorrow.",
        "tracking.yml with `channels: [phone]`, and data of the channel chat",
        "Add the KPI to a need of tracking.yml, or the channel to its `channels`.",
    ),
    Page(
        "C02",
        "",
        "Source not connected: the plan holds the event, and no source of omnictl.yml gives it.",
        "occupancy without a source of the relation staffing",
        "Connect a source that gives the event; the line names whom to ask.",
    ),
    Page(
        "C03",
        "",
        "Event never seen: a source gives the event, and the store has no row of it. Either the source was read and 0\n"
        "rows were received, or it was never retrieved, which the reason tells apart.",
        "a source whose folder is still empty",
        "Fetch the export, or ask its owner why nothing is in it.",
    ),
    Page(
        "C04",
        "",
        "Property missing: rows of the event come, and no source gives the property that the KPI needs.",
        "service_level where no source fills answered_at and wait_s",
        "Fill the column in the source that the line names, or ask the owner for a field it can be made of.",
    ),
    Page(
        "C05",
        "",
        "Property always empty: a source maps the property, and it is empty in every row.",
        "wait_s: wait, where the export leaves `wait` empty",
        "Ask the owner of the source to fill the field.",
    ),
    Page(
        "C06",
        "",
        "Property mostly empty: more rows lack it than the plan tolerates (`tolerances: {nulls: 5%}`, or `nulls` of\n"
        "the property). KPIs without a window count only the rows that they could not judge for it.",
        "20 % of calls without an intent",
        "Ask the owner of the source to fill the field, or raise the tolerance and say why.",
    ),
    Page(
        "C07",
        "",
        "Values not planned: too many rows have a value that is not among those the plan lists, or an outcome that is\n"
        "none of omnictl's.",
        "outcome: state, where `state` is `ok` or `ko`",
        "Map the values in omnictl.yml, or list them in tracking.yml.",
    ),
    Page(
        "C08",
        "",
        "Stale: the source is later than its `retrieval` allows, or its last load failed. The figures are those of\n"
        "what came before.",
        "retrieval: {every: 1d, lateness: 2h}, and a last delivery of a week ago",
        "Ask the owner of the source for the delivery; `omnictl status` tells what each source waits for.",
    ),
    Page(
        "C09",
        "",
        "Gap in the retrieval grid: on some days the source should have rows and has none. A weekday counts as\n"
        "expected when it hardly ever was without rows; public holidays do not.",
        "a daily source with no row on one Tuesday",
        "Fetch the missing days again, or ask the owner for them.",
    ),
    Page(
        "C10",
        "",
        "Identity too thin: a KPI about people, and fewer rows than `tolerances: {identified: 50%}` asks for can be\n"
        "linked to a person; where none can, the KPI is not computable.",
        "chats of which one in ten carries an identifier",
        "Give the identifier in the source, or run `omnictl link` and `omnictl build` where people are not linked yet.",
    ),
    Page(
        "C11",
        "",
        "Window not over: many rows are too recent for the KPI's window. The reason says from which day they will be\n"
        "mature, were the sources complete up to it.",
        "reiteration_rate over the data of five days, with a window of seven",
        "Wait, or ask for an earlier period.",
    ),
    Page(
        "C12",
        "",
        "Dimension missing: the value can be told, and a breakdown that is asked for cannot.",
        "contacts_received --by queue, where no source gives the queue",
        "Fill the column of the breakdown in the source that the line names.",
    ),
    Page(
        "C13",
        "",
        "Semantics differ: two sources of one event give the same property, and by its mapping one of them can never\n"
        "say a value that the KPI looks for and that the other says. Only mappings that list their values are judged.",
        "outcome: \"'handled'\" in one source of phone calls, and handled or abandoned in the other",
        "Let both sources say the value, or agree on one meaning.",
    ),
)
