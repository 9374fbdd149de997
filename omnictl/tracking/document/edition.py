"""A plan in one language: what its things are called, and where on the page they stand."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from omnictl.glossary.card import in_language
from omnictl.render.document import Cell, Code, Grid, Inline, Link
from omnictl.review.glossary_pages import plain
from omnictl.tracking.document.words import WORDS
from omnictl.tracking.plan import Event, Need, Plan, PlannedKpi, Property, Texts

PAGE = "plan"  # the path that links of the page to its own parts lead to
MOST = 6  # KPIs or fields told in one cell; the flat table has them all

_BEFORE_SIGN = re.compile(r" (?=[;:!?»])|(?<=«) ")


@dataclass(frozen=True)
class Edition:
    """A plan in a language."""

    plan: Plan
    lang: str

    @cached_property
    def words(self) -> dict[str, str]:
        return {key: typeset(text, self.lang) for key, text in WORDS[self.lang].items()}

    def text(self, texts: Texts) -> str:
        """A text in the language, its line breaks as blanks."""
        return typeset(" ".join(in_language(texts, self.lang).split()), self.lang)

    @property
    def title(self) -> str:
        return self.text(self.plan.title) or self.words["title"]

    @cached_property
    def kpis(self) -> dict[str, PlannedKpi]:
        return {kpi.address: kpi for kpi in self.plan.kpis}

    @cached_property
    def needs(self) -> dict[str, Need]:
        return {need.id: need for need in self.plan.needs}

    @cached_property
    def anchors(self) -> dict[tuple[str, ...], str]:
        """Where things stand: ("kpi", address), ("need", id), ("source", name), ("event", source or '', id)."""
        things: list[tuple[str, ...]] = [("kpi", address) for address in self.kpis]
        things += [("need", name) for name in self.needs]
        for name in self.plan.sources:
            things.append(("source", name))
            things += [("event", name, event.id) for event in self.events_of(name)]
        things += [("event", "", event.id) for event in self.unrecorded]
        found: dict[tuple[str, ...], str] = {}
        taken: set[str] = set()
        for thing in things:
            slug = _slug("-".join(each for each in thing if each))
            name, number = slug, 1
            while name in taken:
                number += 1
                name = f"{slug}-{number}"
            taken.add(name)
            found[thing] = name
        return found

    @cached_property
    def unrecorded(self) -> list[Event]:
        """The events that no source gives."""
        return [event for event in self.plan.events if not self.sources_of(event)]

    def sources_of(self, event: Event) -> list[str]:
        """The sources whose sections have an event."""
        return [name for name in self.plan.sources if name in event.sources]

    def events_of(self, source: str) -> list[Event]:
        """The events that a source gives."""
        return [event for event in self.plan.events if source in event.sources]

    def link(self, text: str, *thing: str, code: bool = False) -> Inline:
        """A text that leads to a thing of the page; the text alone where the page does not have it."""
        anchor = self.anchors.get(thing)
        if anchor is None:
            return Code(text) if code else text
        return Link(text, f"{PAGE}#{anchor}", code)

    def part(self, text: str, anchor: str) -> Link:
        """A text that leads to a part of the page."""
        return Link(text, f"{PAGE}#{anchor}")

    def kpi(self, address: str) -> Inline:
        """A KPI by its label."""
        known = self.kpis.get(address)
        return self.link((self.text(known.label) if known else "") or address, "kpi", address)

    def event(self, event: Event, source: str | None = None) -> Inline:
        """An event by its name: where a source's section has it, the first one's if none is named."""
        where = source if source is not None else next(iter(self.sources_of(event)), "")
        return self.link(event.name, "event", where, event.id, code=True)

    def some_kpis(self, addresses: Iterable[str]) -> list[Inline]:
        """The first KPIs by their labels, and how many more there are."""
        return self.some([self.kpi(each) for each in dict.fromkeys(addresses)])

    def some(self, parts: Sequence[Inline]) -> list[Inline]:
        """The first of many with commas between, and how many more there are."""
        shown = joined(parts[:MOST])
        more = len(parts) - MOST
        return [*shown, " ", self.words["and_more"].format(more)] if more > 0 else shown

    def purpose(self, name: str) -> Inline:
        """Why personal data are kept: a need's question, a KPI, or a declared purpose."""
        need = self.needs.get(name)
        if need is not None:
            return self.link(self.text(need.question) or name, "need", name)
        if name in self.kpis:
            return self.kpi(name)
        return self.text(self.plan.purposes.get(name, {})) or name

    def gaps(self, event: Event, source: str) -> list[Property]:
        """What rows must have and a source does not give yet, nor one that it completes or that completes it.

        Of identifiers any of which will do, one that is given is enough.
        """
        enough = any(each.one_of and self.given(each, source) for each in event.properties)
        lacking = [each for each in event.properties if each.needed and not self.given(each, source)]
        return [each for each in lacking if not (each.one_of and enough)]

    def given(self, property: Property, source: str) -> bool:
        """Whether a source's rows have a property, from itself or from one they are completed by."""
        sources = self.plan.sources
        related = {source, sources[source].completes if source in sources else ""}
        related |= {name for name, each in sources.items() if each.completes == source}
        return any(feed.source in related for feed in property.feeds)


def typeset(text: str, lang: str) -> str:
    """A text whose lines do not break before the French signs that have a blank before them."""
    return _BEFORE_SIGN.sub("\u00a0", text) if lang == "fr" else text


def joined(parts: Iterable[Inline], between: str = ", ") -> list[Inline]:
    """Several with commas between."""
    found: list[Inline] = []
    for each in parts:
        found += [between, each] if found else [each]
    return found


def said(template: str, *parts: Sequence[Inline]) -> list[Inline]:
    """A sentence of words with `{}` where the parts stand."""
    pieces = template.split("{}")
    found: list[Inline] = [pieces[0]]
    for part, rest in zip(parts, pieces[1:], strict=True):
        found += [*part, rest]
    return [each for each in found if each != ""]


def facts(*told: tuple[str, Cell]) -> Grid:
    """A table of what is known of one thing; what is empty is left out."""
    return Grid([[name, cell] for name, cell in told if cell])


def worded(text: str) -> list[Inline]:
    """Words of the frame, where back-ticks set apart what a machine reads."""
    pieces = text.split("`")
    return [Code(piece) if number % 2 else piece for number, piece in enumerate(pieces) if piece]


def _slug(text: str) -> str:
    return "".join(sign if sign.isascii() and sign.isalnum() else "-" for sign in plain(text))
