"""Findings about values that change and differ: parameters over time and by cut, and targets."""

from __future__ import annotations

from omnictl.findings.page import Page

PAGES = (
    Page(
        "dates-out-of-order",
        "kpi",
        "The `changes` of a parameter or of a target name a day twice, or one that lies before the one above it. What\n"
        "holds on a day must be read off without sorting.",
        "parameters:\n"
        "  limit: {value: 20 s, changes: [{from: 2026-03-01, value: 30 s}, {from: 2026-02-01, value: 25 s}]}\n"
        "value: count_if(wait_s > :limit)",
        "Write the changes in the order of their days, each day once.",
    ),
    Page(
        "parameter-kinds",
        "kpi",
        "A value of a parameter is of another kind than its first: a number where the others are durations, a text\n"
        "where they are numbers.",
        "parameters: {limit: {value: 20 s, by: {channel: {chat: 45}}}}\nvalue: count_if(wait_s > :limit)",
        "Write all values of a parameter alike: durations with their unit, numbers without.",
    ),
    Page(
        "parameter-varies",
        "kpi",
        "A parameter whose value changes on a day or differs by cut stands where all rows need one number: in a\n"
        "formula, beside an aggregate, as the share of a percentile, or in the time that places the row.",
        "parameters: {weight: {value: 2, by: {channel: {chat: 3}}}}\nvalue: sum(wait_s) * :weight",
        "Name it inside the aggregate, where each row has its own value: sum(wait_s * :weight).",
    ),
    Page(
        "target-twice",
        "kpi",
        "A target says twice what is aimed at for the same rows, so that nobody knows which is meant.",
        "better: higher\ntarget: [{value: 100}, {value: 120}]",
        "Leave one, give one a `where`, or say from which day on the other holds: changes: [{from: …, value: …}].",
    ),
    Page(
        "target-without-direction",
        "kpi",
        "The KPI has a target of one value, and `better` does not say whether a figure should lie above or below it.\n"
        "The target is shown, and no status is told. A warning.",
        "better: neutral\ntarget: 100",
        "Say better: higher or better: lower, or give the target two bounds: [lowest, highest].",
    ),
    Page(
        "unknown-dimension",
        "kpi",
        "A parameter or a target differs by a column that the KPI's rows do not have.",
        "parameters: {limit: {value: 20 s, by: {chanel: {chat: 45 s}}}}\nvalue: count_if(wait_s > :limit)",
        "Take the name from the hint. A parameter set for all KPIs in omnictl.yml may differ only by what the rows of\n"
        "each of them have: else set it for one KPI.",
    ),
    Page(
        "value-never-reached",
        "kpi",
        "A parameter has a value for a channel that the KPI is not about, so that no row ever takes it. A warning.",
        "channels: [phone]\n"
        "parameters: {limit: {value: 20 s, by: {channel: {chat: 45 s}}}}\n"
        "value: count_if(wait_s > :limit)",
        "Remove the value, or add the channel to `channels`.",
    ),
)
