"""Findings about tracking.yml, and about what a plan that is derived from it asks."""

from __future__ import annotations

from omnictl.findings.page import Page

FILE = "tracking.yml"
_NEED = "needs:\n  - {id: waits, question: How many wait?, decision: Staff., kpis: [abandonment_rate]"

PAGES = (
    Page(
        "cut-not-defined",
        FILE,
        "A need asks for a cut that none of its KPIs has: their rows lack the column, so that no breakdown could be\n"
        "answered, whatever is recorded.",
        f"{_NEED}, by: [colour]}}",
        "Name a column of the rows the KPI judges, `step.article` and its like, `hour`, or an attribute such as\n"
        "`solution.owner`; or ask a KPI that has the cut.",
    ),
    Page(
        "document-path",
        "",
        "One of the `documents` of tracking.yml lies outside of the workspace, or would take the place of what\n"
        "omnictl reads: a definition, a KPI, an export, the store. Nothing is written.",
        "document-path: `omnictl.yml` is a definition of the workspace: it is not written over",
        "Give the document a place of its own: `documents: [{path: plan/plan.html}]`.",
    ),
    Page(
        "need-too-rare",
        "",
        "A need is answered more often than the data it rests on come: `every` of the need is shorter than `every`\n"
        "of a source's `retrieval`.",
        "need-too-rare: need `waits` is answered every 1 h, and comes `calls` every 1 d",
        "Have the export come as often as the question is asked, or ask less often.",
    ),
    Page(
        "need-without-decision",
        FILE,
        "A need does not say what is decided with its answer. A figure that decides nothing need not be recorded.",
        "needs:\n  - {id: waits, question: How many wait?, kpis: [abandonment_rate]}",
        "Write the decision: `decision: Staff the half-hours that miss their target.`, or leave the need out.",
    ),
    Page(
        "personal-unused",
        FILE,
        "A source records personal data, an identifier or a customer's words, that no KPI, cut or purpose of the\n"
        "plan needs. What is not needed must not be kept.",
        f"{_NEED}, channels: [phone]}}",
        "Leave the column out of the source's mapping, or say what it serves:\n"
        "purposes: {quality: {text: Read by the quality team., columns: [surveys.comment]}}.",
    ),
    Page(
        "plan-breaking",
        "",
        "Data that kept to the plan of the other revision do not keep to this one: a property that rows must have\n"
        "is new, a name, a type or a list of values has changed, a source is gone or comes more seldom. An error\n"
        "until the version of the event, or of the plan, has a new first number; a warning then.",
        "plan-breaking: interactions.phone.queue: values removed: accueil, factures → accueil",
        "Tell those who record it, and raise the first number of the version: 1.4.0 becomes 2.0.0.",
    ),
    Page(
        "plan-empty",
        FILE,
        "tracking.yml must hold exactly one YAML document; an empty file holds none.",
        "plan: {id: harbour}\n---\nplan: {id: other}",
        "Keep one document; without any need, leave the file out.",
    ),
    Page(
        "plan-harmless",
        "",
        "The plan asks otherwise than at the other revision, and data that kept to the old one keep to the new one:\n"
        "an optional property, a further value, a wider range, another owner, other words. A note.",
        "plan-harmless: interactions.faq: owner: digital → web",
        "Nothing has to be mended; raise the second number of the version: 1.4.0 becomes 1.5.0.",
    ),
    Page(
        "plan-meaning",
        "",
        "The same rows mean another thing than at the other revision: a column is filled by another expression, or\n"
        "a KPI of the plan counts otherwise. Figures of before and after cannot be compared without saying so.",
        "plan-meaning: interactions.phone.outcome from calls: filling: case issue … → case issue …",
        "Say it to those who read the KPIs it hits, and raise the first number of the version.",
    ),
    Page(
        "plan-name",
        FILE,
        "A name of an event or property does not keep to the convention that `naming` declares, or is too long.",
        f"{_NEED}}}\nevents: {{interactions.phone: {{name: CallEnded}}}}",
        "Write it as the hint says, or declare the convention you keep: naming: {style: PascalCase}.",
    ),
    Page(
        "plan-name-twice",
        FILE,
        "Two events, or two properties of one event, have the same name, so that nobody could tell them apart.",
        f"{_NEED}}}\nevents: {{interactions.phone: {{properties: {{outcome: {{name: wait_s}}}}}}}}",
        "Give one of them another name, or none: the convention makes one.",
    ),
    Page(
        "plan-version",
        "",
        "An event, or the plan, has changed and its version does not say how much: a breaking change wants a new\n"
        "first number, any other a new second one. Events without a version of their own have that of the plan.",
        "plan-version: interactions.phone: its version went from 1.4.0 to 1.4.1, which does not say that much\n"
        "has changed",
        "Raise `version` under `plan`, or under the event.",
    ),
    Page(
        "property-unneeded",
        "",
        "A source records columns that no KPI and no cut of the plan needs. Harmless, and worth knowing before\n"
        "anybody is asked to keep recording them. A note: `-v` tells it.",
        "property-unneeded: `calls` records `site`, `entry_point`: no KPI of the plan needs it",
        "Nothing has to be mended.",
    ),
    Page(
        "retrieval-unsaid",
        FILE,
        "A source of the plan does not say how it is fetched, how often, or who answers for it, so that nobody\n"
        "knows when data are late and whom to ask.",
        f"{_NEED}}}",
        "retrieval: {method: sftp, every: 1 d, lateness: 2 h, owner: telephony} at the source in omnictl.yml.",
    ),
    Page(
        "unknown-event",
        FILE,
        "tracking.yml speaks of an event that the plan does not have: no KPI asked for wants it.",
        f"{_NEED}}}\nevents: {{phone_contact_endd: {{owner: switch}}}}",
        "Write its id or name as `omnictl tracking plan` tells them, or ask a KPI that wants it.",
    ),
    Page(
        "unknown-property",
        FILE,
        "tracking.yml speaks of a property that an event does not have, or a purpose names a column that no\n"
        "relation has.",
        f"{_NEED}}}\npurposes: {{quality: {{text: Read., columns: [surveys.coment]}}}}",
        "Write the column's name: `outcome`, `surveys.comment`, `identifier.ip`.",
    ),
    Page(
        "wrong-pattern",
        FILE,
        "The pattern of `naming` cannot name events: a part it names does not exist, or one is lacking, so that\n"
        "two events would have one name.",
        "naming: {events: '{channel}_{thing}'}",
        "Use `{channel}`, `{object}` and `{action}`, each of them, in any order.",
    ),
    Page(
        "wrong-version",
        FILE,
        "A version of the plan, or of an event, is not three numbers with dots between.",
        "plan: {id: harbour, version: 1.2}",
        "Write `major.minor.patch`, such as 1.4.0.",
    ),
)
