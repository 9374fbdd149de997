"""What each tool must record: a section per source that whoever runs it reads alone, and one for what nobody gives."""

from __future__ import annotations

from omnictl.render.document import Block, Code, Grid, Heading, Inline, Paragraph, Strong
from omnictl.tracking.document.edition import Edition, facts, joined, said, worded
from omnictl.tracking.document.fields import fields_grid
from omnictl.tracking.document.spans import spoken, spoken_every, spoken_kept
from omnictl.tracking.document.words import METHODS
from omnictl.tracking.plan import Event, PlannedSource


def tool_blocks(edition: Edition) -> list[Block]:
    """The section of every source, then the events that no source gives."""
    words = edition.words
    found: list[Block] = [Heading(words["tools"], anchor="tools")]
    if edition.plan.events:
        found.append(Paragraph(said(words["legend"], [Strong(words["always"])], [Strong(words["nothing_yet"])])))
    if not edition.plan.sources:
        found.append(Paragraph(words["no_tools"]))
    for source in edition.plan.sources.values():
        found += _tool(edition, source)
    if edition.unrecorded:
        found += [Heading(words["gaps"], 3), Paragraph(words["gaps_intro"])]
        for event in edition.unrecorded:
            found += _event(edition, event, "")
    return found


def _tool(edition: Edition, source: PlannedSource) -> list[Block]:
    words = edition.words
    heading = Heading(f"{words['tool']} {source.name}", 3, edition.anchors["source", source.name])
    events = edition.events_of(source.name)
    found: list[Block] = [heading, _retrieval(edition, source)]
    if not events:
        found.append(Paragraph(words["nothing_planned"]))
    for event in events:
        found += _event(edition, event, source.name)
    return found


def _retrieval(edition: Edition, source: PlannedSource) -> Grid:
    words, lang, how = edition.words, edition.lang, source.retrieval
    unsaid = words["not_said"]
    completed: list[Inline] = []
    if source.completes:
        completed = [edition.link(source.completes, "source", source.completes, code=True)]
    return facts(
        (words["pools"], how.owner or words["nobody"]),
        (words["gives"], joined([edition.event(each, source.name) for each in edition.events_of(source.name)])),
        (words["completes"], completed),
        (words["channels"], joined([Code(each) for each in source.channels])),
        (words["reads"], Code(source.connector)),
        (words["files"], joined([Code(each) for each in source.paths]) or unsaid),
        (words["method"], METHODS[lang].get(how.method.casefold(), how.method) or unsaid),
        (words["frequency"], spoken_every(how.every, lang) if how.every else unsaid),
        (words["lateness"], spoken(how.lateness, lang) if how.lateness is not None else unsaid),
        (words["backfill"], spoken(how.backfill, lang) if how.backfill is not None else unsaid),
        (words["store"], how.store or unsaid),
        (words["retention"], spoken_kept(how.retention, lang) or unsaid),
        (words["zone"], source.timezone),
    )


def _event(edition: Edition, event: Event, source: str) -> list[Block]:
    words = edition.words
    properties = sorted(event.properties, key=lambda each: each.unplanned)  # what nothing needs comes last
    fields = [each for each in properties if not each.identifier]
    identifiers = [each for each in properties if each.identifier]
    told = facts(
        ("id", Code(event.id)),
        (words["version"], event.version),
        (words["channel"], [Code(event.channel)] if event.channel else ""),
        (words["owner"], event.owner or words["nobody"]),
        (words["enforcement"], worded(words[event.enforcement])),
    )
    found: list[Block] = [Heading(event.name, 4, edition.anchors["event", source, event.id])]
    if meaning := edition.text(event.meaning):
        found.append(Paragraph(meaning))
    found.append(told)
    gaps = edition.gaps(event, source)
    if fields:
        found += [Heading(words["fields"], 5), fields_grid(edition, fields, source, gaps)]
    if identifiers:
        found += [Heading(words["identifiers"], 5), Paragraph(words["identifiers_why"], "note")]
        found.append(fields_grid(edition, identifiers, source, gaps))
    return found
