"""Findings about tracking plans: what `omnictl tracking check` says of the data."""

from __future__ import annotations

from omnictl.findings.page import Page

PAGES = (
    Page(
        "clock-drift",
        "",
        "Times that cannot be: rows that lie after their export was received, ends before beginnings, steps\n"
        "outside of the interaction they belong to, or two sources whose clocks go apart on the contacts both\n"
        "describe. The tolerance is `tolerances: {clock: 5 min}` of tracking.yml, five minutes unless it is said.\n"
        "A warning.",
        "clock-drift: 12 `interactions.phone` of `telephony` lie after their export was received",
        "Look at `timezone` of the source first: most drift is a zone read wrongly. Else have the tool's clock\nset.",
    ),
    Page(
        "delivery-empty",
        "",
        "Files of a source came and hold no record. They count as loaded, and give nothing. A warning.",
        "delivery-empty: `chat`: 1 of 12 files hold no record, such as exports/chat-2026-03-04.csv",
        "Ask the owner whether there was nothing to export that day, or whether the export broke.",
    ),
    Page(
        "delivery-late",
        "",
        "A delivery came later after the one before it than `every` and `lateness` of the source's `retrieval`\n"
        "allow (a warning), or is due now and has not come (an error). Times are those of the files; days on which\n"
        "nobody works are left out.",
        "delivery-late: `telephony` has not come since 2026-03-08 02:00 UTC, and is due every 1 d",
        "Ask the owner for the delivery, or say how often it truly comes: retrieval: {every: 1 d, lateness: 6 h}.",
    ),
    Page(
        "delivery-missing",
        "",
        "Between the first and the last data of a source there are spans without any, though `every` of its\n"
        "`retrieval` promises some. A span is `every`, or a local day where it comes more often. Days on which all\n"
        "calendars of the referential are closed are not expected, nor a day of the week that passed three times\n"
        "without data.",
        "delivery-missing: `telephony` has no data for 2 of the 31 days expected: 2026-03-09, 2026-03-17",
        "Have the days exported again, within `backfill` of the source; the next `omnictl run` fills them in.",
    ),
    Page(
        "duplicate-rows",
        "",
        "Records of a source came again and replaced earlier ones (a note), or two sources hold the same contacts\n"
        "though neither says that it completes the other, so that each counts twice (a warning).",
        "duplicate-rows: 98.0% of the contacts of `crm` stand in `telephony` too, by their id, and count twice",
        "Say so in omnictl.yml: completes: telephony, with what makes a match; or leave one of the sources out.",
    ),
    Page(
        "event-missing",
        "",
        "The plan has an event, a source is to record it, and the store holds no row of it. The message tells\n"
        "apart a source that was never loaded, one whose load failed, and one that was loaded and gave none.",
        "event-missing: `web` was loaded and holds no `steps.web.form_submit`: 0 of its 4,120 rows",
        "Have the tool record the event as `omnictl tracking plan` describes it, or take the need out of\n"
        "tracking.yml.",
    ),
    Page(
        "event-unplanned",
        "",
        "The store holds contacts on a channel, steps of a type, answers to a question or whole relations that the\n"
        "plan does not have: nobody asked for them, or a need is not written down. A warning.",
        "event-unplanned: `bots` records contacts on `messaging`, which the plan does not have: 310 rows",
        "Write the need in tracking.yml, add the channel to `channels` of the plan, or leave the rows out with\n"
        "`where`.",
    ),
    Page(
        "property-empty",
        "",
        "A source maps a property, and each of its rows is without: the field is there and nobody fills it, or the\n"
        "mapping names another one. An error where a KPI cannot be computed without it.",
        "property-empty: `telephony` maps `queue` of `interactions.phone`, and all of 1,204 rows are without",
        "Look at the field in the export: mend the mapping when it holds the value elsewhere, else ask the owner.",
    ),
    Page(
        "property-missing",
        "",
        "KPIs or cuts of the plan need a property of an event that has rows, and no source gives it, or one of the\n"
        "sources does not. An error where nobody gives what a KPI cannot be computed without; a warning where the\n"
        "plan is the whole glossary, which no workspace is expected to fill.",
        "property-missing: no source gives `outcome` of `interactions.chat`",
        "Map a field of the export to it in omnictl.yml; where there is none, have the tool record it.",
    ),
    Page(
        "property-nulls",
        "",
        "More rows are without a property than the plan allows: `nulls` of the property, or `tolerances: {nulls:\n"
        "5%}` of the plan. Only rows that must have it count: a call nobody answered lacks no agent. An error\n"
        "where the plan says `nulls` for the property itself, else a warning.",
        "property-nulls: `outcome` is missing on 12.0% of the `interactions.phone` of `telephony`, the plan allows\n"
        "5.0%",
        "Ask the owner why the field is empty; a higher share that is sound is said under `events` of\ntracking.yml.",
    ),
    Page(
        "source-not-connected",
        "",
        "The plan has an event that no source of the workspace records, so that what needs it cannot be computed.\n"
        "A note where the plan is the whole glossary, or nothing needs the event.",
        "source-not-connected: no source records `surveys.nps`",
        "Connect a source that records it: `omnictl init` drafts one from an export.",
    ),
    Page(
        "source-unreachable",
        "",
        "Nothing can be said of a source: its path names no file, a file cannot be opened, its last load failed,\n"
        "or it was never loaded. The command exits with 2, however sound the other sources are.",
        "source-unreachable: `telephony`: no file matches `exports/calls-*.csv`",
        "Bring the files back or correct `path`, then `omnictl run`. A source that is gone for good leaves\n"
        "omnictl.yml.",
    ),
    Page(
        "value-out-of-range",
        "",
        "Values lie below or above what a property may be: durations and counts are never negative, shares lie\n"
        "between 0 and 1, scores on their scale; `min` and `max` of tracking.yml bound others.",
        "value-out-of-range: `wait_s` of `interactions.phone` in `telephony` lies outside [0 … ] on 3 rows, such\n"
        "as -12.000",
        "Look at the example in the export: a difference of clocks, another unit, or a mark for unknown such as\n"
        "-1, which the mapping can make empty: nullif(wait, -1).",
    ),
    Page(
        "value-unplanned",
        "",
        "A property has values that its list in the plan does not have, or outcomes in codes that no mapping knows\n"
        "and that were left empty. The most frequent ones are shown.",
        "value-unplanned: `queue` of `interactions.phone` in `telephony` has values the plan does not have, 2.1%\n"
        "of them: TEST (14)",
        "Add the value to `values` of the property in tracking.yml, map the code, or have the tool stop writing\nit.",
    ),
    Page(
        "value-unreadable",
        "",
        "Records were rejected because a column could not be read as what it is, or cells were left empty because\n"
        "they could not. More rejects than `max_rejects` of the source are an error, else it is a warning.",
        "value-unreadable: `telephony`: 14 records rejected for `started_at`: it is no time",
        "`omnictl show rejects` lists the records with file and line. Mend the mapping, or have the export mended.",
    ),
)
