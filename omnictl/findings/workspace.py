"""Findings about a workspace: omnictl.yml, the mappings of its sources, and the referential."""

from __future__ import annotations

from omnictl.findings.page import Page

PAGES = (
    Page(
        "missing-option",
        "",
        "A connector has an option that must be given, and the source does not give it.",
        "calls: {connector: vocalia, path: data/*.csv}, where vocalia needs `account`",
        "Add the option to the source; `omnictl connectors show NAME` lists them.",
    ),
    Page(
        "unknown-kind",
        "identity",
        "A setting of `identity` names a kind of identifier that no source has, and that looks like one there is. It\n"
        "does nothing: people are linked without it.",
        "identity: {limits: {phne: 3}}",
        "Take the name from the hint. It is a warning and stops nothing.",
    ),
    Page(
        "unknown-option",
        "",
        "A source says something under a key that is none of omnictl's and no option of its connector.",
        "calls: {connector: vocalia, path: data/*.csv, sitte: Lille}, where the option is `site`",
        "Take a name from the hint; `omnictl connectors show NAME` lists the options.",
    ),
    Page(
        "column-not-in-export",
        "columns",
        "A mapping names something that is no column of the export. Names count as the file's header writes them. The\n"
        "moment of the run (current_date, now) is refused the same way: figures would change from day to day.",
        "wait_s: waitt::integer",
        "Take a name from the hint. A text stands in single quotes ('phone'), a name with spaces in double ones.",
    ),
    Page(
        "completes-chain",
        "omnictl.yml",
        "A source completes one that completes another one itself. A record could then fill a contact by way of a\n"
        "record that is no contact; which of the two fills first would be anybody's guess.",
        "timezone: Europe/Paris\nsources:\n"
        "  calls: {connector: table, path: a.csv, columns: {interaction_id: id, channel: c, started_at: t}}\n"
        "  cdr: {connector: table, path: b.csv, completes: calls, "
        "columns: {interaction_id: id, channel: c, started_at: t}}\n"
        "  crm: {connector: table, path: c.csv, completes: cdr, "
        "columns: {interaction_id: id, channel: c, started_at: t}}",
        "Have both complete the same source; their order in omnictl.yml says which one fills first.",
    ),
    Page(
        "expression-not-scalar",
        "columns",
        "A mapping gives one value for one record. An aggregate, a sub-query, a window or a function that makes rows\n"
        "is about many; a random number or the present time is not about the record at all.",
        "wait_s: sum(wait)",
        "Say it of one record. What is added up over records is a KPI's business.",
    ),
    Page(
        "expression-refused",
        "columns",
        "The database understands the expression and cannot evaluate it over these columns; its own words follow.\n"
        "Most often a text is added to or compared with a number: the cells of CSV and Excel files are text.",
        "wait_s: wait + 'x'::integer[]",
        "Cast the cells: wait::integer, or strptime(opened, '%d/%m/%Y %H:%M').",
    ),
    Page(
        "expression-type",
        "columns",
        "The expression gives a value of a type that its column cannot take, or that is no condition in `where`.",
        "wait_s: string_split(wait, ',')",
        "Cast it to the type that is expected, or map it to another column.",
    ),
    Page(
        "identifier-kind",
        "omnictl.yml",
        "The name of a kind of identifier holds something other than small letters, digits and `_`.",
        "timezone: Europe/Paris\n"
        "sources:\n"
        "  calls:\n"
        "    connector: table\n"
        "    path: calls.csv\n"
        "    columns: {interaction_id: id, channel: \"'phone'\", started_at: begun}\n"
        "    identifiers: {Client-No: customer}",
        "Name it like client_no: phone, email, account, cookie and names of your own.",
    ),
    Page(
        "match-rule",
        "referential.yml",
        "A match rule looks at one column by a pattern, and says which intent, solution or business line it means. It\n"
        "has two columns to look at or none, or it says nothing.",
        "match:\n  - {queue: 'claims*'}",
        "Give exactly one pattern, and at least one of intent, solution and business_line.",
    ),
    Page(
        "match-without-completes",
        "omnictl.yml",
        "`match` and `unmatched` say how a source completes another one, and this source does not say which one.",
        "timezone: Europe/Paris\nsources:\n"
        "  cdr: {connector: table, path: b.csv, unmatched: drop, "
        "columns: {interaction_id: id, channel: c, started_at: t}}",
        "Add `completes` with the name of the other source, or take the key away.",
    ),
    Page(
        "missing-column",
        "omnictl.yml",
        "The mapping leaves out a column without which a row of the relation cannot be: its key, its channel or the\n"
        "time it began.",
        "timezone: Europe/Paris\n"
        "sources:\n"
        "  calls: {connector: table, path: calls.csv, columns: {interaction_id: id, started_at: begun}}",
        "Fill it from a column of the export, or with a text: channel: \"'phone'\".",
    ),
    Page(
        "no-effect",
        "referential.yml",
        "The key is part of the grammar and this version of omnictl does nothing with it. It is said so that nobody\n"
        "waits for an effect.",
        "solutions: {faq_claim: {channel: faq, success: \"action = 'read'\"}}",
        "Leave it for a later version, or remove it. It is a warning and stops nothing.",
    ),
    Page(
        "no-identifiers",
        "omnictl.yml",
        "Identifiers are given for a relation whose rows belong to nobody, or to an interaction that carries them.",
        "timezone: Europe/Paris\n"
        "sources:\n"
        "  parts:\n"
        "    connector: table\n"
        "    relation: segments\n"
        "    path: parts.csv\n"
        "    columns: {interaction_id: id, segment_id: part, started_at: begun, kind: \"'agent'\"}\n"
        "    identifiers: {phone: ani}",
        "Give them with the interaction itself, or map the file to the relation `identifiers`.",
    ),
    Page(
        "no-timezone",
        "omnictl.yml",
        "The workspace does not say in which zone its clocks run, so days begin at midnight UTC. In Paris that moves\n"
        "one or two hours of every night into the wrong day.",
        "workspace: centre",
        "Add it: timezone: Europe/Paris.",
    ),
    Page(
        "source-name",
        "omnictl.yml",
        "The name of a source is written on every row and in file names; it holds characters that cannot stand there.",
        "timezone: Europe/Paris\n"
        "sources:\n"
        "  my/calls:\n"
        "    connector: table\n"
        "    path: calls.csv\n"
        "    columns: {interaction_id: id, channel: \"'phone'\", started_at: begun}",
        "Use letters, digits, `_`, `-` and `.`.",
    ),
    Page(
        "unknown-channel",
        "kpi",
        "The channel is none that omnictl ships and none that the referential adds. Data of an unknown channel is\n"
        "kept, so it is a warning; but a slip here leaves the figure without its rows.",
        "channels: [phone, chatt]",
        "Correct the name, or add it under `channels` of referential.yml with its mode and kind.",
    ),
    Page(
        "unknown-column",
        "kpi",
        "The relation has no column of that name. In a mapping it means a column of the relation that is filled, in a\n"
        "KPI one of the relation that `from` names. Some columns are filled by omnictl and cannot be mapped.",
        "value: count_if(waited_s > 20)",
        "Take a name from the hint; `omnictl show RELATION` and the reference list them.",
    ),
    Page(
        "unknown-encoding",
        "omnictl.yml",
        "`encoding` names none that text files can be written in.",
        "timezone: Europe/Paris\n"
        "sources:\n"
        "  calls:\n"
        "    connector: table\n"
        "    path: calls.csv\n"
        "    encoding: windows\n"
        "    columns: {interaction_id: id, channel: \"'phone'\", started_at: begun}",
        "Usual ones are utf-8, cp1252 (Windows, Western Europe), latin-1 and utf-16. Left out, it is found out.",
    ),
    Page(
        "unknown-holidays",
        "referential.yml",
        "The public holidays of a country are named that omnictl does not work out. It knows FR, and FR-AM for Alsace\n"
        "and Moselle.",
        "calendars: {support: {open: {mon-fri: '08:30-19:00'}, holidays: BE}}",
        "List the days: closed: [2026-07-21, 2026-12-25].",
    ),
    Page(
        "unknown-intent",
        "referential.yml",
        "An intent is named that is not among `intents`: by a match rule, a solution, or as the parent of another.",
        "intents: {claim: {label: {en: Claim, fr: Sinistre}}}\nmatch:\n  - {queue: 'claims*', intent: claims}",
        "Correct the name, or add the intent.",
    ),
    Page(
        "unknown-solution",
        "referential.yml",
        "A match rule gives a solution that is not among `solutions`.",
        "solutions: {call: {label: {en: Call us, fr: Appelez-nous}, channel: phone}}\n"
        "match:\n"
        "  - {queue: 'claims*', solution: calls}",
        "Correct the name, or add the solution.",
    ),
    Page(
        "unknown-source",
        "referential.yml",
        "A source is named that omnictl.yml does not have, or that cannot be meant: a match rule limited to it would\n"
        "never match, and a source that `completes` it would complete nothing. No source completes itself, or one\n"
        "that has no contacts.",
        "intents: {claim: {label: {en: Claim, fr: Sinistre}}}\n"
        "match:\n"
        "  - {queue: 'claims*', source: cals, intent: claim}",
        "Correct the name; without `source`, a rule holds for all.",
    ),
    Page(
        "unknown-timezone",
        "omnictl.yml",
        "The name is no time zone. Names are those of the IANA database; abbreviations such as CET or CEST are not\n"
        "places and say nothing about summer time.",
        "timezone: Europe/Pari",
        "Name the place: Europe/Paris, America/Montreal, Indian/Reunion, UTC.",
    ),
    Page(
        "variable-unset",
        "omnictl.yml",
        "The text takes a value from the environment, ${NAME}, and the variable is not set or empty.",
        "timezone: Europe/Paris\nstore: ${COCKPIT_STORE}",
        "Set the variable where omnictl runs, or give what holds without it: ${COCKPIT_STORE:-.omnictl}.",
    ),
    Page(
        "workspace-empty",
        "omnictl.yml",
        "The file holds no document, or more than one: it is empty, holds only comments, or is cut by `---`.",
        "# to be written",
        "Write one document; `omnictl init DIR --from FILES` drafts one.",
    ),
    Page(
        "workspace-missing",
        "shell",
        "There is no omnictl.yml in the folder or in one above it, so there is nothing to work on.",
        "omnictl -C / status",
        "Go into the workspace, or name it with -C DIR. `omnictl init DIR` makes one, `omnictl demo DIR` an example.",
    ),
    Page(
        "wrong-calendar",
        "referential.yml",
        "A calendar says on which days of the week a service is open, and from when to when. Hours are given once per\n"
        "day and do not overlap; one calendar at most is the default.",
        "calendars: {support: {open: {mon-fri: '8h30-19h'}}}",
        "Days are mon to sun, or from one to another; hours are written 08:30-19:00, several with commas between.\n"
        "An end that is not after its start is of the next day: 22:00-06:00.",
    ),
    Page(
        "wrong-rate",
        "referential.yml",
        "A rate says what one interaction costs: of a channel, of a solution, or of both, per contact, per second or\n"
        "both, in EUR, between two days. Two rates of the same channel and solution cannot hold at once.",
        "rates:\n  - {per_contact: 0.40}",
        "Name the channel or the solution, and an amount that is not negative; `to` is the first day on which a rate\n"
        "no longer holds, so that the next one may begin with it.",
    ),
)
