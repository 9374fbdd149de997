"""kpis.md: the shipped glossary, in English and French."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

from omnictl.glossary import Kpi, load_glossary
from omnictl.glossary.card import card

LANGUAGES = ("en", "fr")
SAID_ABOVE = ("id", "label", "question", "definition", "written in")
TRANSLATED = ("note", "called", "variant", "vendor", "synonyms")
PROSE = ("note", "called", "variant", "vendor", "synonyms", "better", "channels", "owner", "sources", "target", "unit",
         "rollup", "over time", "always cut by", "denominator over")  # fmt: skip

HEAD = """\
# Shipped KPIs

`omnictl kpi show ID` gives the same card in your language, `kpi query ID` the figures. Parts and conditions stand as
the definition writes them, by channel where they differ. Files: `kpis/<family>/<id>.yml`.
"""


def page() -> str:
    kpis = sorted(load_glossary(["standard"]).kpis.values(), key=lambda kpi: (_family(kpi), kpi.id))
    parts = [HEAD]
    for family, members in groupby(kpis, _family):
        parts.append(f"## {family.capitalize()}\n")
        parts += [_card(kpi) for kpi in members]
    return "\n".join(parts)


def _family(kpi: Kpi) -> str:
    return Path(kpi.place.file).parent.name


def _card(kpi: Kpi) -> str:
    cards = {lang: card(kpi, lang).rows for lang in LANGUAGES}
    lines = [f"### {kpi.id}\n"]
    for lang, rows in cards.items():
        told = {what: text for what, _, text in rows}
        lines += [
            f"**{told['label']}**, *{lang}*. {told['question']}",
            *([told["definition"]] if "definition" in told else []),
            "",
        ]
    lines += ["| | | |", "| --- | --- | --- |"]
    for what in dict.fromkeys(what for what, _, _ in cards["en"] if what not in SAID_ABOVE):
        for lang in LANGUAGES if what in TRANSLATED else ("en",):
            name = f"{what}, {lang}" if what in TRANSLATED else what
            lines += [
                f"| {name} | {of or ''} | {_cell(what, text)} |" for each, of, text in cards[lang] if each == what
            ]
    return "\n".join(lines) + "\n"


def _cell(what: str, text: str) -> str:
    text = text.replace("|", "\\|")
    return f"`{text}`" if what not in PROSE else text
