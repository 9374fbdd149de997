"""One KPI on its page: what it means, what is counted where, its variants, its vendors, its worked figures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain

from omnictl.glossary.card import OTHERS, better, by_channel, in_language, targets_of
from omnictl.glossary.kpi import ByChannel, Case, Expected, Kpi
from omnictl.glossary.layers import STANDARD
from omnictl.render.document import Block, Cell, Code, Fold, Grid, Heading, Paragraph
from omnictl.review.book import Entry
from omnictl.review.glossary_words import WORDS, family_name, value_name

MOST_GIVEN = 40  # rows of a worked figure that are shown


def card_blocks(entry: Entry, lang: str) -> list[Block]:
    """The blocks of a KPI's page; parts it says nothing in are left out."""
    parts = (_head, _facts, _counted, _worlds, _variants, _vendors, _names, _worked)
    return [block for part in parts for block in part(entry, lang)]


def _head(entry: Entry, lang: str) -> Iterator[Block]:
    kpi = entry.kpi
    yield Heading(kpi.labelled(lang), 1)
    yield Paragraph(Code(kpi.id), "note")
    yield Paragraph(in_language(kpi.question, lang), "lead")
    if kpi.definition:
        yield Paragraph(" ".join(in_language(kpi.definition, lang).split()))


def _facts(entry: Entry, lang: str) -> Iterator[Block]:
    kpi, words = entry.kpi, WORDS[lang]
    channels: list[Cell] = [words["all"]]
    if kpi.channels:
        channels = [f"{', '.join(kpi.channels)} ({words['elsewhere']})"]
    written = words["shipped"] if kpi.layer == STANDARD else kpi.layer
    facts: list[tuple[str, Cell]] = [
        (words["better"], value_name(better(kpi), lang)),
        (words["unit"], value_name(kpi.unit, lang)),
        (words["rollup"], value_name(kpi.rollup, lang)),
        (words["over_time"], value_name(kpi.over_time or "", lang)),
        (words["channels"], channels[0]),
        (words["window"], kpi.window.text if kpi.window is not None else ""),
        (words["by"], ", ".join(each.text for each in kpi.by)),
        (words["over"], ", ".join(each.text for each in kpi.denominator_over)),
        (words["parameters"], ", ".join(f"{name} = {each.told}" for name, each in kpi.parameters.items())),
        (words["target"], _target(kpi)),
        (words["owner"], kpi.owner),
        (words["family"], family_name(entry.family, lang)),
        (words["written"], f"{written}, {entry.file}"),
    ]
    yield Heading(words["facts"])
    yield Grid([[name, cell] for name, cell in facts if cell])


def _target(kpi: Kpi) -> str:
    return "; ".join(f"{cut}: {told}" if cut else told for _, cut, told in targets_of(kpi))


def _counted(entry: Entry, lang: str) -> Iterator[Block]:
    """Every expression by channel, the parts first."""
    kpi, words = entry.kpi, WORDS[lang]
    told = [(part, expressions) for part, expressions in kpi.parts.items()]
    rows = [row for part, expressions in told for row in _rows(part, expressions, kpi, words)]
    if kpi.formula is not None:
        rows.append([words["formula"], words["all"], Code(kpi.formula.text)])
    keys: list[tuple[str, ByChannel]] = [("from", kpi.relation), ("at", kpi.at), ("where", kpi.where)]
    keys += [("open since", kpi.since), ("open until", kpi.until)]
    rows += [row for key, expressions in keys for row in _rows(words[key], expressions, kpi, words)]
    yield Heading(words["counted"])
    yield Grid(rows, (words["part"], words["channel"], words["expression"]))


def _rows(part: str, expressions: ByChannel, kpi: Kpi, words: Mapping[str, str]) -> Iterator[list[Cell]]:
    for channels, text in by_channel(expressions, kpi.channels):
        on = words["others"] if channels == OTHERS else channels or words["all"]
        yield [part, on, Code(" ".join(text.split()))]


def _worlds(entry: Entry, lang: str) -> Iterator[Block]:
    words = WORDS[lang]
    if entry.kpi.wording:
        rows: list[list[Cell]] = [[channel, in_language(each, lang)] for channel, each in entry.kpi.wording.items()]
        yield Heading(words["worlds"])
        yield Grid(rows, (words["channel"], words["called"]))


def _variants(entry: Entry, lang: str) -> Iterator[Block]:
    """Each variant by its address, with what it counts where that is not the KPI's."""
    words, kpi = WORDS[lang], entry.kpi
    rows: list[list[Cell]] = []
    for name, variant in entry.variants.items():
        label = in_language(variant.label, lang)
        note = in_language(kpi.variants[name], lang)
        said: list[str | Code] = [note if label == in_language(kpi.label, lang) else f"{label}. {note}"]
        for key, text in _changes(kpi, variant):
            said += [f" · {words.get(key, key)}: ", Code(text)]
        rows.append([Code(f"{kpi.id}@{name}"), said])
    if rows:
        yield Heading(words["variants"])
        yield Grid(rows, (words["address"], words["says"]))


def _changes(kpi: Kpi, variant: Kpi) -> Iterator[tuple[str, str]]:
    """What a variant counts, and of which rows, where that is not what the KPI does; one text for all channels."""
    before, after = kpi.expressions(), variant.expressions()
    for key, expressions in after.items():
        told, known = (
            {channel: " ".join(each.text.split()) for channel, each in texts.items()}
            for texts in (expressions, before.get(key, {}))
        )
        if told != known:
            yield key, "; ".join(told.values())
    if variant.window is not None and (kpi.window is None or kpi.window.text != variant.window.text):
        yield "window", variant.window.text
    if variant.channels != kpi.channels and variant.channels:
        yield "channels", ", ".join(variant.channels)


def _vendors(entry: Entry, lang: str) -> Iterator[Block]:
    words = WORDS[lang]
    rows: list[list[Cell]] = [
        [each.shown, each.name or words["none"], in_language(each.differs, lang)] for each in entry.kpi.vendors.values()
    ]
    if rows:
        yield Heading(words["vendors"])
        yield Grid(rows, (words["vendor"], words["name"], words["differs"]))


def _names(entry: Entry, lang: str) -> Iterator[Block]:
    words, kpi = WORDS[lang], entry.kpi
    rows: list[list[Cell]] = [[language, ", ".join(each)] for language, each in kpi.synonyms.items() if each]
    if rows:
        yield Heading(words["synonyms"])
        yield Grid(rows)
    if kpi.sources:
        yield Heading(words["sources"])
        yield Paragraph("; ".join(kpi.sources))


def _worked(entry: Entry, lang: str) -> Iterator[Block]:
    """The cases of the KPI, with the rows that are given and the figures that come out."""
    words = WORDS[lang]
    cases = [(entry.kpi, case) for case in entry.kpi.cases]
    cases += [(variant, case) for variant in entry.variants.values() for case in variant.cases]
    if cases:
        yield Heading(words["worked"])
    for kpi, case in cases:
        yield Fold(case.name, [*_expected(entry.kpi, kpi, case, lang), *_given(case, lang)])


def _expected(kpi: Kpi, asked: Kpi, case: Case, lang: str) -> Iterator[Block]:
    words = WORDS[lang]
    overridden = "".join(f":{name}={text.replace(' ', '')}" for name, text in case.parameters.items())
    rows: list[list[Cell]] = []
    for each in case.expected:
        variant = each.variant or asked.variant
        address = kpi.id + (f"@{variant}" if variant else "") + overridden
        rows.append([Code(address), ", ".join(each.cut), _figure(each, words)])
    if case.by:
        yield Grid(rows, (words["asked"], f"{words['per']} {', '.join(case.by)}", words["figure"]))
    elif rows:
        yield Grid([[address, figure] for address, _, figure in rows], (words["asked"], words["figure"]))


def _figure(each: Expected, words: Mapping[str, str]) -> str:
    if each.error:
        return f"{words['refused']}: {each.error}"
    figure = each.figure if each.figure is not None else words["empty"]
    return f"{figure} ({each.unknown} {words['unknown']})" if each.unknown else figure


def _given(case: Case, lang: str) -> Iterator[Block]:
    """The rows of each relation; of a long one only how many there are."""
    words = WORDS[lang]
    for relation, given in case.given.items():
        count = sum(times for _, times in given)
        yield Paragraph(words["rows"].format(count, relation), "note")
        if not given or len(given) > MOST_GIVEN:
            continue
        names = list(dict.fromkeys(chain.from_iterable(cells for cells, _ in given)))
        rows: list[list[Cell]] = [
            [*(_cell(cells, name) for name in names), str(times) if times > 1 else ""] for cells, times in given
        ]
        several = any(times > 1 for _, times in given)
        heads = [*names, *([words["times"]] if several else [])]
        if heads:
            yield Grid([row[: len(heads)] for row in rows], heads)


def _cell(cells: Mapping[str, str | None], name: str) -> Cell:
    if name not in cells:
        return ""
    text = cells[name]
    return "NULL" if text is None else text
