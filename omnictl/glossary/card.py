"""The definition card of a KPI: what it means, what is counted on each channel, and what each channel calls it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path

from omnictl.glossary.kpi import DEFAULT, ByChannel, Kpi
from omnictl.glossary.layers import STANDARD
from omnictl.render.table import Col, Table

WIDTH = 100
INDENT = 18

Line = tuple[str, str, str]  # what is told, the channel (or part, parameter, variant) it is told of, the text


def card(kpi: Kpi, lang: str) -> Table:
    """The card as rows: `what`, `of` (a channel, part, parameter or variant), `text`."""
    rows = [(what, of or None, " ".join(text.split())) for what, of, text in _lines(kpi, lang) if text.strip()]
    return Table([Col("what"), Col("of"), Col("text")], rows, title=kpi.labelled(lang))


def card_text(kpi: Kpi, lang: str) -> str:
    """The card as a page of text, at most 100 characters wide."""
    blocks = [f"{kpi.labelled(lang)}  ({kpi.address})"]
    before = ""
    for what, of, text in card(kpi, lang).rows:
        if what in ("id", "label"):
            continue
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
    yield "channels", "", ", ".join(kpi.channels) if kpi.channels else "all"
    for part, expressions in kpi.parts.items():
        for channel, text in _by_channel(expressions):
            yield part, channel, text
    yield "denominator over", "", ", ".join(written.text for written in kpi.denominator_over)
    if kpi.formula is not None:
        yield "formula", "", kpi.formula.text
    times = (("open since", kpi.since), ("open until", kpi.until))
    for what, texts in (("from", kpi.relation), ("at", kpi.at), *times, ("where", kpi.where)):
        for channel, text in _by_channel(texts):
            yield what, channel, text
    for channel, words in kpi.wording.items():
        yield "called", channel, in_language(words, lang)
    for name, parameter in kpi.parameters.items():
        yield "parameter", name, parameter.told
    yield from _targets(kpi)
    for name, note in kpi.variants.items():
        yield "variant", f"@{name}", in_language(note, lang)
    yield "synonyms", "", ", ".join(kpi.synonyms.get(lang, ()))
    yield "owner", "", kpi.owner
    yield "sources", "", "; ".join(kpi.sources)
    file = Path(kpi.place.file)
    shown = f"the shipped glossary, {file.parent.name}/{file.name}" if kpi.layer == STANDARD else str(file)
    yield "written in", "", f"{shown}:{kpi.place.line}"


def _targets(kpi: Kpi) -> Iterator[Line]:
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


def _by_channel(texts: ByChannel) -> Iterator[tuple[str, str]]:
    for channel, written in texts.items():
        alone = channel == DEFAULT and len(texts) == 1
        yield "" if alone else "other channels" if channel == DEFAULT else channel, written.text
