"""The plan as one page: what nobody records yet, the questions, every event to be found, and one section per tool."""

from __future__ import annotations

from omnictl.render.document import Block, Cell, Code, Grid, Heading, Inline, Items, Page, Paragraph, Search
from omnictl.review.glossary_pages import plain
from omnictl.tracking.document.edition import PAGE, Edition, facts, joined
from omnictl.tracking.document.keeping import naming_blocks, owner_blocks, personal_blocks, referential_blocks
from omnictl.tracking.document.owners import Owners
from omnictl.tracking.document.questions import kpi_blocks, need_blocks
from omnictl.tracking.document.tools import tool_blocks
from omnictl.tracking.events import OURS
from omnictl.tracking.plan import Event, Plan

PARTS = (
    *(("gaps", "gaps_nav"), ("needs", "needs"), ("kpis", "kpis"), ("events", "events"), ("tools", "tools")),
    *(("personal", "personal"), ("naming", "naming"), ("referential", "referential"), ("owners", "owners")),
)


def plan_page(plan: Plan, lang: str, owners: Owners) -> Page:
    """The page of a plan in one language."""
    edition = Edition(plan, lang)
    blocks: list[Block] = [
        *_head(edition),
        *_gaps(edition),
        *need_blocks(edition),
        *kpi_blocks(edition),
        *_events(edition),
        *tool_blocks(edition),
        *personal_blocks(edition),
        *naming_blocks(edition),
        *referential_blocks(edition),
        *owner_blocks(edition, owners),
    ]
    there = {block.anchor for block in blocks if isinstance(block, Heading)}
    links = [edition.part(edition.words[word], part) for part, word in PARTS if part in there]
    return Page(PAGE, lang, edition.title, blocks, links, words=edition.words)


def _head(edition: Edition) -> list[Block]:
    plan, words = edition.plan, edition.words
    counts = (("needs", plan.needs), ("kpis", plan.kpis), ("events", plan.events), ("sources", plan.sources))
    told = [words[f"one_{key}"] if len(each) == 1 else words[f"count_{key}"].format(len(each)) for key, each in counts]
    return [
        Heading(edition.title, 1),
        Paragraph(words["lead"], "lead"),
        facts(
            (words["plan"], [Code(plan.id)] if plan.id else ""),
            (words["version"], plan.version),
            (words["owner"], plan.owner or words["nobody"]),
            (words["content"], ", ".join(told)),
        ),
        Paragraph(words["how_to_read"]),
    ]


def _gaps(edition: Edition) -> list[Block]:
    words = edition.words
    found: list[Block] = [Heading(words["gaps"], anchor="gaps")]
    if edition.unrecorded:
        heads = [words["event"], words["meaning"], words["waiting"]]
        rows: list[list[Cell]] = [
            [
                edition.event(event),
                edition.text(event.meaning),
                _waiting(edition, event),
            ]
            for event in sorted(edition.unrecorded, key=lambda each: not each.kpis)
        ]
        found += [Paragraph(words["gaps_intro"]), Grid(rows, heads)]
    else:
        found.append(Paragraph(words["gaps_none"]))
    fields = _missing_fields(edition)
    if fields:
        heads = [words["tool"], words["event"], words["fields"], words["waiting"]]
        found += [Paragraph(words["gaps_fields"]), Grid(fields, heads)]
    return found


def _waiting(edition: Edition, event: Event) -> Cell:
    """The KPIs that wait for an event, or why it is in the plan though none does."""
    return edition.some_kpis(event.kpis) or edition.words["by_ours" if event.relation in OURS else "none"]


def _missing_fields(edition: Edition) -> list[list[Cell]]:
    found: list[list[Cell]] = []
    for name in edition.plan.sources:
        for event in edition.events_of(name):
            missing = edition.gaps(event, name)
            if missing:
                kpis = edition.some_kpis(kpi for each in missing for kpi in each.kpis)
                fields: list[Inline] = joined([Code(each.name) for each in missing])
                tool = edition.link(name, "source", name, code=True)
                found.append([tool, edition.event(event, name), fields, kpis or edition.words["none"]])
    return found


def _events(edition: Edition) -> list[Block]:
    words, events = edition.words, edition.plan.events
    if not events:
        return []
    lines: list[Cell] = []
    for event in events:
        sources = edition.sources_of(event)
        by: list[Inline] = [words["unrecorded"]]
        if sources:
            by = [f"{words['recorded_by']} ", *joined([edition.link(each, "source", each) for each in sources])]
        lines.append([edition.event(event), " ", edition.text(event.meaning), " (", *by, ")"])
    names = [event.id for event in events]
    return [
        Heading(words["events"], anchor="events"),
        Search(words["search"], words["found"], words["nothing"], _index(edition), stays=False),
        Items(lines, names),
    ]


def _index(edition: Edition) -> dict[str, str]:
    return {event.id: plain(" ".join(_words_of(edition, event))) for event in edition.plan.events}


def _words_of(edition: Edition, event: Event) -> list[str]:
    """All that an event can be found by: its names, its properties, the tools' own fields and the KPIs."""
    found = [event.id, event.name, event.name.replace("_", " "), *event.meaning.values(), *event.sources, event.owner]
    for each in event.properties:
        found += [each.name, each.column, *each.meaning.values()]
        found += [field for feed in each.feeds for field in feed.fields]
    for address in event.kpis:
        found += [address, *(edition.kpis[address].label.values() if address in edition.kpis else ())]
    return list(dict.fromkeys(found))
