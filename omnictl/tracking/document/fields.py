"""The properties of an event as the table an implementer follows."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from omnictl.render.document import Cell, Code, Grid, Inline, Strong
from omnictl.render.figures import NARROW_SPACE
from omnictl.render.values import plain
from omnictl.tracking.document.conversions import Conversion, conversion
from omnictl.tracking.document.edition import Edition, joined, said
from omnictl.tracking.document.words import OURS, TYPES
from omnictl.tracking.meanings import unit_of
from omnictl.tracking.plan import Feed, Property

HEADS = ("field", "meaning", "type", "required", "values", "filled")


def fields_grid(edition: Edition, properties: Sequence[Property], source: str, gaps: Sequence[Property] = ()) -> Grid:
    """One row per property.

    Args:
        source: the one whose section it is, '' for an event that none gives.
        gaps: those of the properties that it should give and does not.
    """
    words = edition.words
    heads = [words[each] for each in (HEADS if source else HEADS[:-1])]
    rows: list[list[Cell]] = []
    for each in properties:
        row: list[Cell] = [
            _named(edition, each),
            edition.text(each.meaning) or words["none"],
            type_of(each, edition.lang),
            _pieces(edition, needed_for(edition, each)) or words["optional"],
            _pieces(edition, values_of(edition, each)) or words["any"],
        ]
        rows.append([*row, filled_by(edition, each, source, each in gaps)] if source else row)
    return Grid(rows, heads)


def _named(edition: Edition, each: Property) -> Cell:
    if each.name in (each.column, each.identifier):
        return Code(each.name)
    return [Code(each.name), f" ({edition.words['column']} ", Code(each.column), ")"]


def type_of(each: Property, lang: str) -> str:
    """The type and unit in words: `decimal number, seconds`."""
    name = TYPES[each.type][lang]
    return f"{name}, {unit_of(each.unit, lang)}" if each.unit not in ("", "count") else name


def needed_for(edition: Edition, each: Property) -> list[list[Inline]]:
    """Why it must be there, each reason as one piece; none for what is merely good to have."""
    words = edition.words
    found: list[list[Inline]] = []
    if each.required:
        found.append([Strong(words["always"])])
    if each.kpis:
        found.append(said(words["cannot"], edition.some_kpis(each.kpis)))
    if each.helps:
        found.append(said(words["helps"], edition.some_kpis(each.helps)))
    if each.cuts:
        found.append(said(words["cuts"], joined([Code(cut) for cut in each.cuts])))
    if each.purposes:
        found.append(said(words["purposes"], joined([edition.purpose(name) for name in each.purposes])))
    if each.one_of:
        found.append([words["one_of"]])
    if each.unplanned and not found:
        found.append([words["unplanned"]])
    return found


def values_of(edition: Edition, each: Property) -> list[list[Inline]]:
    """What values it may have, each rule as one piece; none where any will do."""
    words, lang = edition.words, edition.lang
    found: list[list[Inline]] = []
    if each.values:
        found.append(_codes(each.values))
    if each.looked_for and set(each.looked_for) != set(each.values):
        found.append(said(words["looked_for"], _codes(each.looked_for)))
    low, high = (None if bound is None else number(bound, lang) for bound in (each.low, each.high))
    if low is not None and high is not None:
        found.append([words["from_to"].format(low, high)])
    elif low is not None or high is not None:
        found.append([words["at_least"].format(low) if low is not None else words["at_most"].format(high)])
    if each.nulls is not None:
        found.append([words["empty"].format(share(each.nulls, lang))])
    return found


def filled_by(edition: Edition, each: Property, source: str, missing: bool) -> Cell:
    """Which of the tool's own fields gives it now, or that none does."""
    words = edition.words
    own = [feed for feed in each.feeds if feed.source == source]
    if own:
        return _pieces(edition, [_feed(edition, feed) for feed in own])
    others = [edition.link(feed.source, "source", feed.source, code=True) for feed in each.feeds]
    elsewhere = said(words["given_by"], joined(others)) if others else []
    if others and edition.given(each, source):
        return elsewhere
    none: Inline = Strong(words["nothing_yet"]) if missing else words["nothing_gives"]
    return [none, *([" (", *elsewhere, ")"] if elsewhere else [])]


def _feed(edition: Edition, feed: Feed) -> list[Inline]:
    words = edition.words
    if not feed.fields:
        return said(words["constant"], [Code(feed.expression)]) if feed.expression else [words["made"]]
    fields = edition.some([Code(each) for each in feed.fields])
    ours = made_by_omnictl(feed.expression, edition.lang)
    if ours:
        return said(words["from_fields"], fields, [ours])
    read = conversion(feed.expression)
    if read is not None:
        return _converted(edition, fields, read)
    own = feed.connector or feed.fields == (feed.expression.strip('"'),)  # what a connector does is its own affair
    return fields if own or not feed.expression else said(words["from_fields"], fields, [Code(feed.expression)])


def _converted(edition: Edition, fields: list[Inline], read: Conversion) -> list[Inline]:
    words = edition.words
    if read.format:
        return said(words["from_format"], fields, [Code(read.format)])
    pairs = [said(words["becomes"], _codes([old]), _codes([new])) for old, new in read.values]
    if not pairs:
        return [*fields, ", ", words["lower"]]
    pairs += [[words[f"else_{read.rest}"]]] if read.rest else []
    found: list[Inline] = [*fields, words["colon"]]
    for number, each in enumerate(pairs):
        found += [", ", *each] if number else each
    return found


def made_by_omnictl(expression: str, lang: str) -> str:
    """What omnictl makes of a tool's fields by itself, in words; '' where an expression is somebody's own."""
    begun, on, key = expression.partition(" on ")
    words = OURS.get(begun if on else expression)
    return words[lang].format(key) if words is not None else ""


def _codes(values: Sequence[str]) -> list[Inline]:
    """Texts that machines read; one that nobody could see is shown by its quotes."""
    return joined([Code(value if value.strip() else f"'{value}'") for value in values])


def _pieces(edition: Edition, pieces: Sequence[Sequence[Inline]]) -> list[Inline]:
    found: list[Inline] = []
    for piece in pieces:
        found += [edition.words["semicolon"], *piece] if found else list(piece)
    return found


def number(value: Decimal, lang: str) -> str:
    """A bound with its own digits: 3600.5, and 3600,5 in French."""
    text = plain(value.normalize() + 0)
    return text.replace(".", ",") if lang == "fr" else text


def share(value: Decimal, lang: str) -> str:
    """A share as a percentage with its own digits: 2%, and 2 % in French."""
    return number(value * 100, lang) + (f"{NARROW_SPACE}%" if lang == "fr" else "%")
