"""The glossary as tables: a short one for the terminal, a full one for those who live in spreadsheets."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path

from omnictl.glossary.card import better, in_language, page_of, targets_of
from omnictl.glossary.kpi import DEFAULT, ByChannel, Kpi
from omnictl.glossary.unanswered import Unanswered
from omnictl.render.table import Col, Table

SHORT = ("id", "label", "question", "unit", "better", "channels", "family", "glossary")
FULL = (
    "id", "family", "label", "label_en", "label_fr", "question", "question_en", "question_fr", "definition",
    "definition_en", "definition_fr", "unit", "better", "rollup", "channels", "owner", "parameters", "variants",
    "window", "formula", "from", "at", "where", "target", "wording", "vendors", "synonyms", "synonyms_en",
    "synonyms_fr", "source", "glossary",
)  # fmt: skip
LANGUAGES = ("en", "fr")
BETWEEN = "; "  # the things of one cell


def family(kpi: Kpi) -> str:
    """The folder its file lies in."""
    return Path(kpi.place.file).parent.name


def in_order(kpis: Iterable[Kpi]) -> list[Kpi]:
    """By family, then by id."""
    return sorted(kpis, key=lambda kpi: (family(kpi), kpi.id))


def short_table(kpis: Iterable[Kpi], lang: str) -> Table:
    """One row per KPI, with what tells it apart."""
    rows = []
    for kpi in in_order(kpis):
        channels = ", ".join(kpi.channels) if kpi.channels else None
        about = (kpi.id, kpi.labelled(lang), in_language(kpi.question, lang), kpi.unit, better(kpi), channels)
        rows.append((*about, family(kpi), kpi.layer))
    return Table([Col(name) for name in SHORT], rows, title="KPIs")


def full_table(kpis: Iterable[Kpi], others: Collection[Unanswered], lang: str) -> Table:
    """One row per KPI with all that it says of itself; then, when there are any, the names rows cannot answer.

    Those have a `label` and in `not_by_rows` the reason; that column is left out when no such name is asked for.
    """
    names = [*FULL, *(["not_by_rows"] if others else [])]
    told = [_said(kpi, lang) for kpi in in_order(kpis)]
    told += [
        {
            "id": each.name,
            "label": in_language(each.label, lang),
            **{f"label_{language}": each.label.get(language, "") for language in LANGUAGES},
            "not_by_rows": each.told(lang),
        }
        for each in others
    ]
    return Table([Col(name) for name in names], [tuple(row.get(name) or None for name in names) for row in told])


def _said(kpi: Kpi, lang: str) -> dict[str, str]:
    every = [word for language in LANGUAGES for word in kpi.synonyms.get(language, ())]
    found = {
        "id": kpi.id,
        "family": family(kpi),
        "label": kpi.labelled(lang),
        "question": in_language(kpi.question, lang),
        "definition": " ".join(in_language(kpi.definition, lang).split()),
        "unit": kpi.unit,
        "better": better(kpi),
        "rollup": kpi.rollup,
        "channels": ", ".join(kpi.channels or ()),
        "owner": kpi.owner,
        "parameters": BETWEEN.join(f"{name} = {each.told}" for name, each in kpi.parameters.items()),
        "variants": BETWEEN.join(f"{name}: {in_language(note, lang)}" for name, note in kpi.variants.items()),
        "window": kpi.window.text if kpi.window is not None else "",
        "formula": formula(kpi),
        "from": _texts(kpi.relation),
        "at": _texts(kpi.at or kpi.since),
        "where": _texts(kpi.where),
        "target": BETWEEN.join(f"{cut}: {told}" if cut else told for _, cut, told in targets_of(kpi)),
        "wording": BETWEEN.join(f"{channel}: {in_language(each, lang)}" for channel, each in kpi.wording.items()),
        "vendors": BETWEEN.join(f"{each.shown}: {each.name}" for each in kpi.vendors.values() if each.name),
        "synonyms": ", ".join(dict.fromkeys(every)),
        "source": BETWEEN.join(kpi.sources),
        "glossary": kpi.layer,
    }
    for language in LANGUAGES:
        found[f"label_{language}"] = kpi.label.get(language, "")
        found[f"question_{language}"] = kpi.question.get(language, "")
        found[f"definition_{language}"] = " ".join(kpi.definition.get(language, "").split())
        found[f"synonyms_{language}"] = ", ".join(kpi.synonyms.get(language, ()))
    return found


def formula(kpi: Kpi) -> str:
    """What is counted, in one line; parts that differ by channel are told by channel."""
    told = [f"{part}: {text}" for part, text in _parts(kpi)]
    return BETWEEN.join([*told, *([f"formula: {kpi.formula.text}"] if kpi.formula is not None else [])])


def _texts(by_channel: ByChannel) -> str:
    """An expression in one cell; told by channel where it differs."""
    said = ((channel, " ".join(written.text.split())) for channel, written in by_channel.items())
    return BETWEEN.join(text if channel == DEFAULT else f"{channel}: {text}" for channel, text in said)


def _parts(kpi: Kpi) -> Iterable[tuple[str, str]]:
    for part, by_channel in kpi.parts.items():
        for channel, written in by_channel.items():
            on = "" if channel == DEFAULT else f" ({channel})"
            yield part + on, " ".join(written.text.split())


def unanswered_table(others: Iterable[Unanswered], lang: str) -> Table:
    """The names rows cannot answer: `id`, `label`, `not_by_rows` (the reason) and what answers `instead`."""
    rows = [
        (each.name, in_language(each.label, lang), in_language(each.why, lang), each.pointer(lang) or None)
        for each in others
    ]
    return Table([Col(name) for name in ("id", "label", "not_by_rows", "instead")], rows, title="not by rows")


def unanswered_text(other: Unanswered, lang: str) -> str:
    """A page of text about a name rows cannot answer."""
    title = f"{in_language(other.label, lang)}  ({other.name})"
    rows = [("not by rows", None, in_language(other.why, lang))]
    return page_of(title, [*rows, *([("instead", None, other.pointer(lang))] if other.pointer(lang) else [])])
