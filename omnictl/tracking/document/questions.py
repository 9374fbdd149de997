"""What is asked, and the KPIs that answer it."""

from __future__ import annotations

from collections.abc import Iterable

from omnictl.render.document import Block, Cell, Code, Grid, Heading, Inline, Items, Paragraph
from omnictl.review.glossary_words import value_name
from omnictl.tracking.document.edition import Edition, facts, joined
from omnictl.tracking.document.spans import spoken_every
from omnictl.tracking.plan import Need, PlannedKpi


def need_blocks(edition: Edition) -> list[Block]:
    """Every question with what is decided with the answer."""
    words = edition.words
    found: list[Block] = [Heading(words["needs"], anchor="needs")]
    if not edition.plan.needs:
        found.append(Paragraph(words["no_needs"]))
    for need in edition.plan.needs:
        found += _need(edition, need)
    return found


def _need(edition: Edition, need: Need) -> list[Block]:
    words = edition.words
    told = facts(
        (words["decision"], edition.text(need.decision) or words["not_said"]),
        (words["asked_by"], need.asked_by or words["nobody"]),
        (words["how_often"], spoken_every(need.every, edition.lang) if need.every else words["not_said"]),
        (words["by"], joined([Code(each) for each in need.by])),
        (words["channels"], joined([Code(each) for each in need.channels]) or words["all_channels"]),
    )
    kpis: list[Cell] = [[edition.kpi(address), " ", Code(address)] for address in need.kpis]
    return [
        Heading(edition.text(need.question) or need.id, 3, edition.anchors["need", need.id]),
        told,
        Paragraph(words["need_kpis"]),
        Items(kpis),
    ]


def kpi_blocks(edition: Edition) -> list[Block]:
    """Every KPI of the plan: what it is, whose it is, and the events it rests on."""
    words = edition.words
    if not edition.plan.kpis:
        return []
    found: list[Block] = [Heading(words["kpis"], anchor="kpis"), Paragraph(words["kpi_intro"])]
    for kpi in edition.plan.kpis:
        found += [
            Heading(edition.text(kpi.label) or kpi.address, 3, edition.anchors["kpi", kpi.address]),
            _told(edition, kpi),
        ]
    return found


def _told(edition: Edition, kpi: PlannedKpi) -> Grid:
    words = edition.words
    return facts(
        (words["kpi"], Code(kpi.address)),
        (words["definition"], edition.text(kpi.definition)),
        (words["unit"], value_name(kpi.unit, edition.lang)),
        (words["defined_by"], kpi.owner or words["nobody"]),
        (words["serves"], _questions(edition, kpi.needs)),
        (words["by"], joined([Code(each) for each in kpi.by])),
        (words["kpi_events"], joined(_rests_on(edition, kpi.address)) or words["none"]),
    )


def _questions(edition: Edition, needs: Iterable[str]) -> list[Inline]:
    return joined([edition.purpose(name) for name in needs], between=" · ")


def _rests_on(edition: Edition, address: str) -> list[Inline]:
    return [edition.event(event) for event in edition.plan.events if address in event.kpis]
