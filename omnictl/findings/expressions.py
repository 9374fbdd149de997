"""Findings about expressions: SQL over the columns of one relation."""

from __future__ import annotations

from omnictl.findings.page import Page

PAGES = (
    Page(
        "aggregate-in-row",
        "kpi",
        "An aggregate stands where one row is judged: in `where`, in `at`, or inside another aggregate.",
        "where: sum(wait_s) > 10",
        "Say it of one row (wait_s > 10); what is counted over rows belongs into value, numerator and denominator.",
    ),
    Page(
        "column-outside-aggregate",
        "kpi",
        "A figure is one value for many rows, and a column has one for each of them. Which is meant is not said.",
        "value: wait_s",
        "Put it into an aggregate: sum(wait_s), or count_if(wait_s > 20).",
    ),
    Page(
        "division-by-zero",
        "kpi",
        "Something is divided by a zero that is written out. It has no value in any row.",
        "value: count(*) / 0",
        "Correct the number. A denominator that may become zero is no fault: the figure is then empty, and says so.",
    ),
    Page(
        "expression-syntax",
        "kpi",
        "The text is no SQL expression: an operator or a bracket is missing, a quote is not closed, a word is not\n"
        "understood. The caret shows where the reader stopped.",
        "value: count_if(outcome = 'handled'",
        "Correct it. Texts stand in single quotes, names of columns in none.",
    ),
    Page(
        "expression-too-large",
        "",
        "The expression is longer, or nested deeper, than anything a person reads; or a parameter has more than\n"
        "1,000 values.",
        "A value of ten thousand `or`.",
        "Use `in (…)` for lists; map values to fewer ones in the source's mapping.",
    ),
    Page(
        "kpi-and-columns",
        "kpi",
        "kpi() is a whole figure with its own rows; beside it stands an aggregate over the rows of this KPI. In one\n"
        "part only one of the two can be.",
        "value: kpi(visits) + count(*)",
        "Make the columns a KPI of their own, and refer to both.",
    ),
    Page(
        "kpi-in-row",
        "kpi",
        "kpi() stands among columns. It is a figure over many rows, not a value of one.",
        "where: kpi(visits) > 3",
        "Use kpi() in value, numerator, denominator and parts only.",
    ),
    Page(
        "no-aggregate",
        "kpi",
        "The expression gives no figure: nothing is counted or added up in it.",
        "value: 3",
        "Count or add up: count(*), count_if(…), sum(…), count(distinct …), or kpi(…).",
    ),
    Page(
        "no-interaction",
        "kpi",
        "The function interaction(…) reads the interaction a row belongs to, and rows of this relation belong to none.",
        "from: staffing\nat: interval_start\nvalue: count_if(interaction('channel') = 'phone')",
        "Use a column of the relation itself, or judge another relation.",
    ),
    Page(
        "not-accepted",
        "kpi",
        "The expression uses something that is not among what a definition may use: a sub-query, another table, a\n"
        "function that is not on the list, a setting. Definitions come from many hands, so only what is known to be\n"
        "harmless and to mean the same on every engine passes.",
        "where: regexp_matches(queue, 'claims')",
        "Use comparisons, in, like, between, case, and the functions the hint lists.",
    ),
    Page(
        "not-additive",
        "kpi",
        "Parts are added up over cuts and periods before anything is divided. A part that multiplies or divides\n"
        "figures with each other does not add up: its total would be wrong.",
        "value: count(*) * count_if(wait_s > 0)",
        "Divide by way of numerator and denominator; an index has parts and a formula.",
    ),
    Page(
        "not-an-expression",
        "kpi",
        "One expression is expected and something else stands there: nothing, several separated by commas, or a\n"
        "statement.",
        "value: count(*), sum(wait_s)",
        "Write one expression, without `as`. The relation stands in `from`, the condition in `where`.",
    ),
    Page(
        "ratio-per-row",
        "kpi",
        "A ratio of each row is added up. The sum of ratios is not the ratio of sums, and its mean weighs a short\n"
        "call like a long one.",
        "value: sum(talk_s / wait_s)",
        "Add up above and below apart: numerator: sum(talk_s), denominator: sum(wait_s).",
    ),
    Page(
        "wrong-kind",
        "kpi",
        "A value is of another kind than what it is used for: a number as a condition, a text added to a time, a text\n"
        "compared with a number.",
        "where: wait_s",
        "Write the comparison that is meant: wait_s > 0. A time is written timestamp '2026-11-20 08:30:00'.",
    ),
    Page(
        "wrong-percentile",
        "kpi",
        "The share of a percentile lies between 0 and 1.",
        "rollup: percentile\nvalue: quantile_cont(wait_s, 90)",
        "Write 0.9 for the 90th percentile.",
    ),
)
