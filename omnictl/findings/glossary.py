"""Findings about a KPI's definition as a whole: its name, its keys, its layers, its tests."""

from __future__ import annotations

from omnictl.findings.page import Page

PAGES = (
    Page(
        "level-summed",
        "kpi",
        "A column that states a level per period, such as the customers of a base, is summed. Over two months the sum\n"
        "would count every customer twice.",
        "from: base\nat: period_start\nvalue: sum(active)",
        "Make it a stock: `rollup: stock` with `value: active`; its parts of one period add up, its periods do not.",
    ),
    Page(
        "comma-in-braces",
        "kpi",
        "Inside {…} YAML takes a comma for the end of an entry, so an expression with a comma is cut in two and its\n"
        "second half is read as a channel.",
        "value: {phone: count_if(coalesce(wait_s, 0) > 5), default: count(*)}",
        "Write one channel to a line, or put the expression in double quotes.",
    ),
    Page(
        "composed-has-own",
        "kpi",
        "A KPI made only of other KPIs judges no rows of its own: each of the others brings its relation, time and\n"
        "condition. A key that would say it again could only contradict them.",
        "at: started_at\nvalue: kpi(contacts_received)",
        "Remove from, at, where and channels, or write the expression over columns.",
    ),
    Page(
        "invalid-name",
        "kpi",
        "The name of a KPI, part, parameter or variant cannot be used in an address or an expression.",
        "kpi: Answer-Rate",
        "Small letters, digits and `_`, with a letter first: answer_rate.",
    ),
    Page(
        "kpi-by-channel",
        "kpi",
        "kpi() differs by channel. Another KPI already says what it counts on each channel.",
        "value: {phone: kpi(calls_offered), default: kpi(visits)}",
        "Make the difference in the KPI that is referred to, or refer to one KPI for all channels.",
    ),
    Page(
        "kpi-cycle",
        "kpi",
        "The KPI is made of itself, directly or by way of others; the message shows the way.",
        "kpi: effort\nvalue: kpi(effort)",
        "Break the circle: one of the KPIs must be counted from rows.",
    ),
    Page(
        "kpi-exists-below",
        "kpi",
        "A glossary below has a KPI of this name. Whether it is to be changed or replaced must be said: a name taken\n"
        "by chance would silently change the figures of everybody.",
        "kpi: visits",
        "Say `extends: standard` (the keys listed replace) or `replaces: standard`, or choose another name.",
    ),
    Page(
        "kpi-twice",
        "kpi",
        "One glossary holds two KPIs of one name. The hint tells where the first is.",
        "kpi: effort\nvalue: count(*)\n---\nkpi: effort\nvalue: count_if(wait_s > 60)",
        "Rename one, remove it, or make it a variant of the other.",
    ),
    Page(
        "missing-language",
        "kpi",
        "A text for people is there in one language only. The shipped glossary has all in English and French.",
        "label: {en: Effort}",
        "Add the other language. What is missing is shown in the language there is.",
    ),
    Page(
        "no-channel",
        "kpi",
        "The KPI limits itself to channels, or differs by channel, and the rows of its relation have none.",
        "from: staffing\nat: interval_start\nchannels: [phone]\nvalue: count(*)",
        "Leave `channels` out, or judge a relation that has a channel.",
    ),
    Page(
        "not-in-a-variant",
        "kpi",
        "A variant is the same KPI counted another way. It cannot have a name, an owner or tests of its own.",
        "variants: {strict: {kpi: strict_effort, value: count(*)}}",
        "Remove the key from the variant, or make a KPI of its own.",
    ),
    Page(
        "nothing-below",
        "kpi",
        "`extends` or `replaces` names a glossary below that has no KPI of this name.",
        "kpi: efort\nextends: standard",
        "Correct the name of the KPI or of the glossary, or leave the key out: the KPI is new.",
    ),
    Page(
        "rollup-contradicts",
        "kpi",
        "`rollup` says how figures add up over cuts and periods, and the expressions are made otherwise: a share\n"
        "whose numerator sums while its denominator counts, a mean of counts, a sum of distinct values. Totals would\n"
        "be wrong.",
        "rollup: sum\nnumerator: count(*)\nvalue: count(*)",
        "Take the roll-up the hint names, or correct the expression.",
    ),
    Page(
        "too-many-rows",
        "",
        "The rows of a test are written out and `times` repeats them; together they are more than a test takes.",
        "tests: [{given: {interactions: [{times: 2000000}]}, expect: 2000000}]",
        "Use smaller numbers: a rule shows as well on ten rows.",
    ),
    Page(
        "unknown-part",
        "kpi",
        "The formula of an index names a part that `parts` does not have.",
        "rollup: index\n"
        "parts: {good: count_if(wait_s < 20), bad: count_if(wait_s > 60)}\n"
        "formula: 100.0 * (good - badd) / (good + bad)",
        "Correct the name, or add the part.",
    ),
    Page(
        "unknown-relation",
        "kpi",
        "`from`, or a test, names a relation that does not exist or that no KPI can judge.",
        "from: calls",
        "Take a name from the hint; `omnictl show` lists the relations. Calls are rows of `interactions`.",
    ),
    Page(
        "unknown-family",
        "kpi",
        "within() names a family of follow-ups that does not exist. Families say which other interaction of the same\n"
        "person is looked for: the next one, the next contact, the contact before for the same intent.",
        "window: J+7\nvalue: count_if(within(next_contacts))",
        "Take the name from the hint; the columns of `followups` begin with them.",
    ),
    Page(
        "unused-channel",
        "kpi",
        "An expression is written for a channel that `channels` leaves out, so it is never asked. A warning.",
        "channels: [phone]\nvalue: {chat: count_if(wait_s > 0), default: count(*)}",
        "Add the channel to `channels`, or remove the expression.",
    ),
    Page(
        "unused-parameter",
        "kpi",
        "A parameter is declared and no expression names it, so that changing it changes nothing. A warning.",
        "parameters: {patience: 20 s}",
        "Write :patience in an expression, or remove the parameter.",
    ),
    Page(
        "window-missing",
        "kpi",
        "within(), or a column of what the same person did next, needs to know how soon that counts. Without a window\n"
        "the figure would grow with every day of data.",
        "value: count_if(within(next_contact))",
        "Add a window: J+7 (local calendar days), intra-day, or 72 h (rolling). KPIs that have one can be cut by such\n"
        "a column.",
    ),
    Page(
        "window-not-accepted",
        "kpi",
        "The KPI counts what has no follow-ups: needs, whose window is the silence that ends them; levels and stocks,\n"
        "which hold at an instant; rows that belong to no interaction.",
        "from: needs\nat: first_at\nwindow: J+3",
        "Remove the window. Of needs, `resolved_first` and `closed` say what a window would; their silence is set in\n"
        "omnictl.yml.",
    ),
    Page(
        "window-unused",
        "kpi",
        "The KPI has a window, and no expression and no cut of it asks what lies within it.",
        "window: J+7",
        "Ask for it: count_if(within(next_contact)), or remove the window.",
    ),
    Page(
        "wrong-window",
        "kpi",
        "The text is no window: neither a number of local calendar days, nor a duration longer than nothing.",
        "window: 7\nvalue: count_if(within(next_contact))",
        "J+7 is seven local calendar days, intra-day the same day (J+0), 72 h is rolling: from the end of one to the\n"
        "start of the other.",
    ),
)
