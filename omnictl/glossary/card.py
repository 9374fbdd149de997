"""The definition card of a KPI: what it means, what is counted on each channel, and what each channel calls it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from omnictl.glossary.kpi import DEFAULT, ByChannel, Kpi
from omnictl.glossary.layers import STANDARD
from omnictl.render.table import Col, Table

WIDTH = 100
INDENT = 18
OTHERS = "other channels"

Line = tuple[str, str, str]  # what is told, the channel (or part, parameter, variant) it is told of, the text


def card(kpi: Kpi, lang: str) -> Table:
    """The card as rows: `what`, `of` (a channel, part, parameter or variant), `text`."""
    rows = [(what, of or None, " ".join(text.split())) for what, of, text in _lines(kpi, lang) if text.strip()]
    return Table([Col("what"), Col("of"), Col("text")], rows, title=kpi.labelled(lang))


def card_text(kpi: Kpi, lang: str) -> str:
    """The card as a page of text, at most 100 characters wide."""
    rows = [row for row in card(kpi, lang).rows if row[0] not in ("id", "label")]
    return page_of(f"{kpi.labelled(lang)}  ({kpi.address})", rows)


def page_of(title: str, rows: Iterable[tuple[str, str | None, str]]) -> str:
    """Lines of `what`, `of` and text under a title, as a page at most 100 characters wide."""
    blocks = [title]
    before = ""
    for what, of, text in rows:
        head = "" if what == before else what
        lead = f"{head:<{INDENT - 2}}  " + (f"{of}: " if of else "")
        blocks += textwrap.wrap(
            text, WIDTH, initial_indent=lead, subsequent_indent=" " * INDENT, break_long_words=False
        )
        before = what
    return "\n".join(blocks) + "\n"


def _lines(kpi: Kpi, lang: str) -> Iterator[Line]:
    yield "id", "", kpi.address
    yield "label", "", kpi.labelled(lang)
    yield "question", "", in_language(kpi.question, lang)
    yield "definition", "", in_language(kpi.definition, lang)
    yield "note", "", in_language(kpi.note, lang)
    yield "unit", "", kpi.unit
    yield "better", "", better(kpi)
    yield "rollup", "", kpi.rollup
    yield "over time", "", kpi.over_time or ""
    yield "window", "", kpi.window.text if kpi.window is not None else ""
    yield "always cut by", "", ", ".join(written.text for written in kpi.by)
    yield "channels", "", f"{', '.join(kpi.channels)}; not defined on others" if kpi.channels else "all"
    for part, expressions in kpi.parts.items():
        for channel, text in by_channel(expressions, kpi.channels):
            yield part, channel, text
    yield "denominator over", "", ", ".join(written.text for written in kpi.denominator_over)
    if kpi.formula is not None:
        yield "formula", "", kpi.formula.text
    times = (("open since", kpi.since), ("open until", kpi.until))
    for what, texts in (("from", kpi.relation), ("at", kpi.at), *times, ("where", kpi.where)):
        for channel, text in by_channel(texts, kpi.channels):
            yield what, channel, text
    for channel, words in kpi.wording.items():
        yield "called", channel, in_language(words, lang)
    for name, parameter in kpi.parameters.items():
        yield "parameter", name, parameter.told
    yield from targets_of(kpi)
    for name, note in kpi.variants.items():
        yield "variant", f"@{name}", in_language(note, lang)
    for vendor in kpi.vendors.values():
        yield "vendor", vendor.shown, " · ".join(filter(None, (vendor.name, in_language(vendor.differs, lang))))
    yield "synonyms", "", ", ".join(kpi.synonyms.get(lang, ()))
    yield "owner", "", kpi.owner
    yield "sources", "", "; ".join(kpi.sources)
    file = Path(kpi.place.file)
    shown = f"the shipped glossary, {file.parent.name}/{file.name}" if kpi.layer == STANDARD else str(file)
    yield "written in", "", f"{shown}:{kpi.place.line}"


def targets_of(kpi: Kpi) -> Iterator[Line]:
    """What it aims at, for every row first: `target`, the cut, the goal with its days."""
    aims = sorted(kpi.target.aims if kpi.target is not None else (), key=lambda aim: len(aim.where))
    for aim in aims:
        origin = kpi.target.origin if kpi.target is not None else ""
        yield "target", aim.cut, ", ".join([aim.told, *([origin] if origin else [])])


def in_language(texts: Mapping[str, str], lang: str) -> str:
    """The text in a language, else in English, else in any, else ''."""
    return texts.get(lang) or texts.get("en") or next(iter(texts.values()), "")


def better(kpi: Kpi) -> str:
    """Which way is better: higher, lower, neutral, or between two bounds."""
    if isinstance(kpi.better, str):
        return kpi.better
    low, high = ("" if bound is None else str(bound) for bound in kpi.better)
    return f"{low} to {high}" if low and high else f"from {low}" if low else f"up to {high}"


def by_channel(texts: ByChannel, channels: tuple[str, ...] | None) -> Iterator[tuple[str, str]]:
    """Expressions with the channels each holds on: '' for all of them, `OTHERS` for those that are not named.

    Args:
        channels: those the KPI is defined on, None for all.
    """
    if len(texts) == 1 and DEFAULT in texts:
        yield "", texts[DEFAULT].text
        return
    named = channels or [channel for channel in texts if channel != DEFAULT]
    groups: dict[str, list[str]] = {}
    for channel in named:
        written = texts.get(channel) or texts.get(DEFAULT)
        if written is not None:
            groups.setdefault(written.text, []).append(channel)
    for text, members in groups.items():
        yield ", ".join(members), text
    if channels is None and DEFAULT in texts:
        yield OTHERS, texts[DEFAULT].text
