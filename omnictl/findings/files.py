"""Findings about YAML files as such: whether they can be found, read and understood."""

from __future__ import annotations

from omnictl.findings.page import Page

PAGES = (
    Page(
        "duplicate-key",
        "omnictl.yml",
        "A mapping holds the same key twice. Most readers of YAML silently take the last one; here neither is.",
        "timezone: Europe/Paris\ntimezone: UTC",
        "Keep one of the two.",
    ),
    Page(
        "file-missing",
        "omnictl.yml",
        "A file that is named does not exist, or is a folder. Paths count from the folder of omnictl.yml.",
        "referential: refferential.yml",
        "Correct the name, or remove the key.",
    ),
    Page(
        "file-unreadable",
        "",
        "The file is there and cannot be read: the system refuses it, usually for want of rights.",
        "A KPI file that belongs to another user and has the rights 0600.",
        "Give the user who runs omnictl the right to read it.",
    ),
    Page(
        "folder-missing",
        "omnictl.yml",
        "A folder of KPIs does not exist. `glossary` lists `standard` and folders, counted from the folder of\n"
        "omnictl.yml.",
        "glossary: [standard, our-kpis/]",
        "Make the folder, correct its name, or take it off the list.",
    ),
    Page(
        "missing-key",
        "kpi",
        "A key without which the definition means nothing is not there. For a KPI it depends on `rollup`: a share\n"
        "needs a numerator and a denominator, a sum a value, an index its parts and a formula.",
        "rollup: share\nnumerator: count_if(outcome = 'handled')",
        "Add the key that is named.",
    ),
    Page(
        "unknown-key",
        "omnictl.yml",
        "A key that omnictl does not know, most often a slip. It is refused, since what it was meant to say would\n"
        "otherwise be silently lost.",
        "timezone: Europe/Paris\nlangage: fr",
        "Take the name the hint gives, or remove the key.",
    ),
    Page(
        "unknown-value",
        "omnictl.yml",
        "The value is none of the few that are possible there; or a KPI, a condition or a row of a case names a text that\n"
        "the column never holds, such as outcome = 'answered', which would count nothing without a word.",
        "timezone: Europe/Paris\nlanguage: de",
        "Take one of the values the hint lists.",
    ),
    Page(
        "wrong-type",
        "omnictl.yml",
        "The value is of another kind than the key takes: a text where a list is expected, a number without its unit,\n"
        "`true` where a name should stand. Nothing is converted by guess: `NO` is not false and `20:00` is no number.",
        "timezone: Europe/Paris\nengine: {threads: many}",
        "Write the value as the message says: a duration with its unit (20 s), a share (0.5%), a text in quotes.",
    ),
    Page(
        "yaml-anchor",
        "kpi",
        "Anchors (&name) and aliases (*name) are not accepted: a few lines of them can grow into gigabytes, and what\n"
        "is written is no longer what is read.",
        "where: &inbound direction = 'inbound'",
        "Write the value out. A text that begins with & or * stands in quotes.",
    ),
    Page(
        "yaml-encoding",
        "",
        "The file is not UTF-8, so its accents cannot be told. The message says at which byte.",
        "A file with French labels saved as Windows-1252.",
        "Save the file as UTF-8.",
    ),
    Page(
        "yaml-key",
        "omnictl.yml",
        "The key of a mapping is a list or a mapping. Only texts are keys.",
        "timezone: Europe/Paris\nengine: {[memory, threads]: 2}",
        "Write one key to an entry. A key that begins with [ or { stands in quotes.",
    ),
    Page(
        "yaml-syntax",
        "omnictl.yml",
        "The text is not YAML: a bracket or a quote is not closed, an entry is not indented as its neighbours, or a\n"
        "value holds `: ` without quotes. The place is where the reader gave up, which may be after the slip.",
        "timezone: Europe/Paris\nglossary: [standard, kpis/",
        "Close what is open; indent with spaces; put texts that hold `: ` or ` #` in quotes.",
    ),
    Page(
        "yaml-tag",
        "kpi",
        "Tags (!name) ask a reader of YAML to make an object of its program. None is made here.",
        "value: !!python/name:os.system ''",
        "Remove the tag. A text that begins with ! stands in quotes.",
    ),
    Page(
        "yaml-too-large",
        "",
        "The file is too large, or its lists and mappings are nested too deeply, to be a definition somebody wrote.",
        "A file of forty thousand opening brackets.",
        "Split the file. Data belongs into an export, not into a definition.",
    ),
)
