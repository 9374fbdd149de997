"""Findings of the check that a figure can be had of: what a definition is called, what is tested, what was accepted."""

from __future__ import annotations

from omnictl.findings.page import Page

PAGES = (
    Page(
        "ambiguous-wording",
        "kpi",
        "A label, synonym or wording has several meanings in the trade, and the definition does not say which one\n"
        "is meant: QS and taux de décroché without a threshold, abandoned calls without a direction, rebond of no\n"
        "visits, contact rate of calls made, rappel (a call asked for, or a customer calling again), CPC, DMT in\n"
        "days, DMC that does not say whether hold counts, taux d'occupation over paid time, containment without\n"
        "variants, FCR without a window, NPS without a scale. A warning.",
        "label: {en: QS, fr: QS}\n"
        "rollup: share\n"
        "unit: ratio\n"
        "numerator: count_if(outcome = 'handled')\n"
        "denominator: count(*)",
        "Do what the hint says, or take a wording that has one meaning.",
    ),
    Page(
        "baseline-gone",
        "",
        "An entry of the baseline stands for a finding that is no longer there: it was mended, or its line was\n"
        "changed. Left in place, it would hide the same finding when it comes back. A warning.",
        "omnictl kpi check --baseline known.yml, after a finding of known.yml was mended",
        "Write it anew: omnictl kpi check --baseline known.yml --write-baseline.",
    ),
    Page(
        "case-cannot-fail",
        "kpi",
        "A case gives no rows and expects nothing, or no case of the KPI gives rows and expects a figure. All would\n"
        "hold if the KPI never counted anything. A warning.",
        "tests: [{given: {interactions: []}, expect: null}]",
        "Give rows of which some count and some do not, and expect the figure worked out by hand.",
    ),
    Page(
        "direction-contradicts",
        "kpi",
        "The two bounds between which a figure is said to be good stand the wrong way round: no figure lies between\n"
        "them.",
        "better: [0.9, 0.5]\nunit: ratio",
        "The lowest first: `better: [0.5, 0.9]`; or `better: higher`, `better: lower`.",
    ),
    Page(
        "division-without-meaning",
        "kpi",
        "What is divided does not belong together: a thing by itself, seconds by rows as a share, one rate by\n"
        "another. A figure comes out, and nobody can say what it is.",
        "rollup: share\nunit: ratio\nnumerator: count_if(wait_s > 20)\ndenominator: count_if(20 < wait_s)",
        "Divide a part by what it is a part of (share), an amount by a number (mean), or one amount by another\n"
        "(ratio).",
    ),
    Page(
        "ignore-not-accepted",
        "kpi",
        "A comment would ignore an error that leaves the KPI without a figure. Such an error is told whatever the\n"
        "comment says; warnings, and errors of wording, unit and ownership, can be ignored.",
        "value: count_if(wiat_s > 5)  # ignore unknown-column: the export will have it",
        "Mend the definition, and remove the comment.",
    ),
    Page(
        "ignore-without-effect",
        "kpi",
        "A comment ignores a finding that is not told there, or a code that does not exist. A warning: what it\n"
        "hides one day, nobody will have looked at.",
        "value: count(*)  # ignore unused-parameter: it will be used",
        "Remove the comment, or correct the code.",
    ),
    Page(
        "ignore-without-reason",
        "kpi",
        "A comment ignores a finding and does not say why. Whoever reads it later could not tell whether the reason\n"
        "still holds. The finding is told as well.",
        "parameters: {patience: 20 s}  # ignore unused-parameter",
        "Write the reason behind a colon: # ignore CODE: reason.",
    ),
    Page(
        "lock-damaged",
        "",
        "omnictl.lock is not as `kpi lock` writes it: it was edited, merged with its conflict marks left in, or\n"
        "written by another version. What was accepted cannot be told.",
        "<<<<<<< HEAD in a line of omnictl.lock",
        "Take it from git as it was, or accept everything anew: omnictl kpi lock.",
    ),
    Page(
        "lock-missing",
        "shell",
        "There is no omnictl.lock beside omnictl.yml: nothing was accepted yet, so nothing can be compared.",
        "omnictl kpi lock --check",
        "Write it and commit it: omnictl kpi lock.",
    ),
    Page(
        "locked-and-gone",
        "",
        "omnictl.lock holds a KPI or a variant that the glossary no longer has. Who asks for it gets an error. A\n"
        "warning.",
        "omnictl kpi check, after a KPI of omnictl.lock was removed",
        "Bring it back, or accept that it is gone: omnictl kpi lock.",
    ),
    Page(
        "meaning-changed",
        "",
        "A KPI no longer counts what it did when omnictl.lock was written: an upgrade or an edit changed its\n"
        "expressions, parameters, window, channels or roll-up, or those of a KPI it is made of. The hint shows each\n"
        "key as it was and as it is. Figures go on; figures of before and after do not compare.",
        "omnictl kpi check, after the denominator of a KPI of omnictl.lock was changed",
        "Look at the change, tell those who read the figure, and accept it: omnictl kpi lock KPI.",
    ),
    Page(
        "meaning-twice",
        "kpi",
        "Two KPIs count the same under two names, whatever their expressions look like. Sooner or later one of them\n"
        "will be changed alone. A warning.",
        "kpi: one\n---\nkpi: other\nvalue: (count(*))",
        "Keep one, and make the other's name a synonym of it.",
    ),
    Page(
        "missing-owner",
        "kpi",
        "Nobody answers for the KPI: who would say whether a change of it is right? A warning; the shipped glossary\n"
        "has owners throughout.",
        "label: {en: Effort, fr: Effort}",
        "owner: operations, or whoever decides what it means.",
    ),
    Page(
        "no-case",
        "kpi",
        "No case under `tests` says what the KPI must give, so nothing shows when a change breaks it. A note: it is\n"
        "told with -v, and in JSON and SARIF.",
        "label: {en: Effort, fr: Effort}",
        "Write one or two cases with a few rows and a figure worked out by hand.",
    ),
    Page(
        "not-locked",
        "",
        "omnictl.lock does not hold a KPI or a variant of the glossary yet, so a change of it would go unseen. A\n"
        "warning.",
        "omnictl kpi check, after a KPI was added to a workspace with an omnictl.lock",
        "Accept what it means: omnictl kpi lock KPI.",
    ),
    Page(
        "share-not-a-part",
        "kpi",
        "The numerator of a share counts rows that its denominator does not, so the share may be more than 1. The\n"
        "hint shows such a row. A warning.",
        "rollup: share\n"
        "unit: ratio\n"
        "numerator: count_if(outcome = 'handled')\n"
        "denominator: count_if(outcome = 'abandoned')",
        "Count above among those of below, or declare a ratio: rollup: ratio.",
    ),
    Page(
        "target-out-of-range",
        "kpi",
        "A share is aimed at or bounded by a value below 0 or above 1. Ratios are written as fractions: 80 % is\n0.8.",
        "rollup: share\n"
        "unit: ratio\n"
        "better: higher\n"
        "numerator: count_if(wait_s > 20)\n"
        "denominator: count(*)\n"
        "target: 80",
        "Write the fraction that the hint names.",
    ),
    Page(
        "unbound-channel",
        "kpi",
        "`channels` names a channel, and an expression that differs by channel says nothing for it and has no\n"
        "`default`. The KPI would not be defined there, against what `channels` says.",
        "channels: [phone, chat]\nvalue: {phone: count(*)}",
        "Write the expression for that channel, or a `default`, or take the channel out of `channels`.",
    ),
    Page(
        "unit-contradicts",
        "kpi",
        "The unit cannot be that of what is counted: seconds of rows that are counted, a count of durations that\n"
        "are added up, a share in euros.",
        "unit: seconds\nvalue: count(*)",
        "Take the unit that the hint names, or correct the expression.",
    ),
    Page(
        "unknown-owner",
        "",
        "The owner of a KPI of the workspace's own is not among the `owners` of omnictl.yml: a team that is gone,\n"
        "or a name written two ways.",
        "owners: [operations, digital] in omnictl.yml, and owner: operation in a KPI",
        "Take a name of the list, or add the owner to it.",
    ),
    Page(
        "variant-changes-nothing",
        "kpi",
        "A variant counts the same as the KPI itself, in the same unit and with the same direction and target. Who\n"
        "asks for it believes to see another figure. A warning.",
        "variants: {strict: {value: (count(*)), note: {en: strictly, fr: strictement}}}",
        "Remove it, or let it say what it counts otherwise.",
    ),
    Page(
        "wording-twice",
        "kpi",
        "Two KPIs claim the same label or synonym, capitals and accents aside. A search for the word would answer\n"
        "with either.",
        "kpi: one\n"
        "label: {en: Effort, fr: Effort}\n"
        "---\n"
        "kpi: other\n"
        "label: {en: Efforts, fr: EFFORT}\n"
        "value: count_if(wait_s > 5)",
        "Keep the word for one of them, and call the other by what makes it different.",
    ),
)
