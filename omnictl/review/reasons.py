"""A change in words and tables: late or missing data first, then the change, its parts by cut, repeats, events."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

from omnictl.compiler.catalog import People
from omnictl.render.figures import figure
from omnictl.render.table import Col, Table
from omnictl.review.against import Span
from omnictl.review.causes import Changed
from omnictl.review.cuts import Cut
from omnictl.review.effects import largest_first
from omnictl.review.events import Event

WORDS = {
    "en": {
        "data": "Late or missing data", "complete": "Late or missing data: none found",
        "what": "What", "source": "Source", "when": "Period", "told": "Said",
        "incomplete": "complete up to {0} only", "missing": "no row here, {0} on average before",
        "begins": "its rows begin on {0}",
        "gap": "no row here", "left_out": "no data: left out of the baseline", "closed": "closed: {0}",
        "unlinked": "people are not linked: repeats are not told (`omnictl link`, then `omnictl build`)",
        "stale": "people are not linked everywhere: repeats lack some (`omnictl link`, then `omnictl build`)",
        "before": "Before", "after": "After", "difference": "Change",
        "figure": "Figure", "numerator": "numerator", "denominator": "denominator", "by": "By {0}",
        "contribution": "Adds", "share_before": "Share before", "share_after": "Share after",
        "rate": "By its rate", "mix": "By its share", "others": "{0} others", "other": "1 other",
        "rest": "not told apart",
        "none": "(none)",
        "sum": "together",
        "group": "Group",
        "repeats": "First contacts and repeats (a contact of the same person within J+7 before)",
        "first": "first contacts", "repeat": "repeats", "unidentified": "nobody known",
        "unobserved": "what came before is not in the data", "unknown": "unknown",
        "events": "Named events", "event": "Event", "channels": "Channels", "where": "Lies in",
        "period": "the period", "baseline": "the baseline", "both": "both",
        "headline": "{0}, {1}: {2}, against {3} ({4}): {5}",
        "mean": "mean of {0}", "all": "all",
    },
    "fr": {
        "data": "Données en retard ou manquantes", "complete": "Données en retard ou manquantes : rien à signaler",
        "what": "Quoi", "source": "Source", "when": "Période", "told": "Constat",
        "incomplete": "complète jusqu'au {0} seulement", "missing": "aucune ligne ici, {0} en moyenne avant",
        "begins": "ses lignes commencent le {0}",
        "gap": "aucune ligne ici", "left_out": "pas de données : écartée de la référence", "closed": "fermé : {0}",
        "unlinked": "personnes non reliées : réitérations non dites (`omnictl link`, puis `omnictl build`)",
        "stale": "personnes non reliées partout : réitérations incomplètes (`omnictl link`, puis `omnictl build`)",
        "before": "Avant", "after": "Après", "difference": "Écart",
        "figure": "Chiffre", "numerator": "numérateur", "denominator": "dénominateur",
        "by": "Par {0}", "contribution": "Apport", "share_before": "Part avant", "share_after": "Part après",
        "rate": "Par son taux", "mix": "Par sa part", "others": "{0} autres",
        "other": "1 autre", "rest": "non réparti", "none": "(aucun)",
        "sum": "ensemble",
        "group": "Groupe",
        "repeats": "Premiers contacts et réitérations (un contact de la même personne à J+7 au plus avant)",
        "first": "premiers contacts", "repeat": "réitérations", "unidentified": "personne inconnue",
        "unobserved": "ce qui précède n'est pas dans les données", "unknown": "indéterminé",
        "events": "Événements", "event": "Événement", "channels": "Canaux", "where": "Situé dans",
        "period": "la période", "baseline": "la référence", "both": "les deux",
        "headline": "{0}, {1} : {2}, contre {3} ({4}) : {5}",
        "mean": "moyenne de {0}", "all": "tous",
    },
}  # fmt: skip
Fact = tuple[str, str | None, Span, str]  # kind, source, period, in words


def facts(changed: Changed, lang: str, closed: Mapping[Span, str] | None = None) -> Iterator[Fact]:
    """What is late or missing in the data of the period and of the baseline.

    Args:
        closed: why a period has few rows, where its days are closed.
    """
    words = WORDS.get(lang, WORDS["en"])
    for each in changed.incomplete:
        yield "incomplete", each.source, each.span, words["incomplete"].format(f"{each.until:%Y-%m-%d %H:%M}")
    for fed in changed.fed:
        rows = dict(zip(changed.spans, fed.rows, strict=True))
        usual = [rows[span] for span in changed.baseline]
        if not rows[changed.span] and any(usual):
            told = figure(float(Fraction(sum(usual), len(usual))), "count", lang)
            yield "missing", fed.source, changed.span, words["missing"].format(told)
        for span in changed.baseline if rows[changed.span] or any(usual) else ():
            if not rows[span]:
                yield "gap", fed.source, span, words["gap"]
        for span in (changed.span, *changed.baseline):
            if fed.begins_within(span):
                yield "begins", fed.source, span, words["begins"].format(f"{fed.first:%Y-%m-%d}")
    for span in changed.left_out:
        yield "left_out", None, span, words["left_out"]
    if changed.linked in (People.UNLINKED, People.STALE):
        yield "unlinked", None, changed.span, words[changed.linked.value]
    for span, reason in (closed or {}).items():
        yield "closed", None, span, words["closed"].format(reason)


def for_people(
    changed: Changed, events: Sequence[Event], lang: str, top: int, closed: Mapping[Span, str] | None = None
) -> list[Table]:
    """A table per section, in the order of reading.

    Args:
        top: how many values of a cut are shown; the others are added up.
    """
    words = WORDS.get(lang, WORDS["en"])
    tables = [_data(list(facts(changed, lang, closed)), lang), _change(changed, lang)]
    tables += [_cut(changed, cut, lang, top) for cut in changed.cuts]
    if changed.repeats:
        columns = [Col("group", "", words["group"]), *_figures("count", words)]
        rows = [(words[name], *_three(*pair)) for name, pair in changed.repeats.items()]
        tables.append(Table(columns, rows, words["repeats"]))
    if events:
        tables.append(_events(changed, events, lang))
    return tables


def _data(found: Sequence[Fact], lang: str) -> Table:
    words = WORDS.get(lang, WORDS["en"])
    if not found:
        return Table([], [], words["complete"])
    columns = [Col(name, "", words[name]) for name in ("when", "source", "told")]
    return Table(columns, [(span.in_words(lang), source, told) for _, source, span, told in found], words["data"])


def _change(changed: Changed, lang: str) -> Table:
    words, unit = WORDS.get(lang, WORDS["en"]), changed.kpi.unit
    columns = [Col("figure", "", words["figure"]), *_figures("", words)]

    def shown(value: Fraction | None, unit: str) -> str:
        return figure(float(value), unit, lang) if value is not None else changed.state or ""

    label = changed.kpi.labelled(lang)
    state = f" {changed.state}" if changed.state and changed.after is not None else ""
    change = shown(changed.change, _points(unit)) if changed.after is not None else ""
    rows = [(label, shown(changed.before, unit), shown(changed.after, unit) + state, change)]
    if changed.parts is not None:
        for name in ("numerator", "denominator"):
            old, new = (getattr(each, name) for each in changed.parts)
            rows.append((words[name], shown(old, "count"), shown(new, "count"), shown(new - old, "count")))
    return Table(columns, rows, _headline(changed, lang), list(changed.notes))


def _headline(changed: Changed, lang: str) -> str:
    words, unit = WORDS.get(lang, WORDS["en"]), changed.kpi.unit
    told = ", ".join(span.in_words(lang) for span in changed.baseline)
    against = words["mean"].format(told) if len(changed.baseline) > 1 else told
    if changed.after is None:
        return f"{changed.kpi.labelled(lang)}, {changed.span.in_words(lang)}: {changed.state}"
    before, after = (figure(float(each), unit, lang) for each in (changed.before, changed.after))
    change = figure(float(changed.change), _points(unit), lang)
    if changed.parts is None and changed.before:
        change += f" ({figure(float(changed.change / changed.before), 'ratio', lang)})"
    return words["headline"].format(
        changed.kpi.labelled(lang), changed.span.in_words(lang), after, before, against, change
    )


def _points(unit: str) -> str:
    return "pt" if unit == "ratio" else unit


def _figures(unit: str, words: Mapping[str, str]) -> list[Col]:
    return [Col(name, unit, words[name], "double") for name in ("before", "after", "difference")]


def _three(before: Fraction, after: Fraction) -> tuple[float, float, float]:
    return float(before), float(after), float(after - before)


def _cut(changed: Changed, cut: Cut, lang: str, top: int) -> Table:
    words, unit = WORDS.get(lang, WORDS["en"]), changed.kpi.unit
    title = words["by"].format(cut.name)
    first = Col("value", "", cut.name)
    if cut.effects:
        columns = [
            first,
            Col("share_before", "ratio", words["share_before"]),
            Col("share_after", "ratio", words["share_after"]),
        ]
        columns += [Col("before", unit, words["before"]), Col("after", unit, words["after"])]
        columns += [Col(name, _points(unit), words[name]) for name in ("rate", "mix", "contribution")]
        return Table(columns, _effect_rows(cut, words, top), title)
    columns = [first, *_figures(unit, words)[:2], Col("difference", _points(unit), words["difference"], "double")]
    return Table(columns, _count_rows(cut, words, top), title)


def _count_rows(cut: Cut, words: Mapping[str, str], top: int) -> list[tuple[Any, ...]]:
    order = largest_first(cut.counts)
    rows: list[tuple[Any, ...]] = [
        (_named(value, words), *_three(cut.before[value], cut.after[value])) for value in order[:top]
    ]
    others = order[top:]
    if others:
        sums = [sum((side[value] for value in others), Fraction(0)) for side in (cut.before, cut.after)]
        rows.append((_others(len(others), words), *_three(*sums)))
    if cut.rest:
        rows.append((words["rest"], None, None, float(cut.rest)))
    return rows


def _effect_rows(cut: Cut, words: Mapping[str, str], top: int) -> list[tuple[Any, ...]]:
    order = largest_first({value: effect.total for value, effect in cut.effects.items()})
    rows: list[tuple[Any, ...]] = []
    for value in order[:top]:
        effect = cut.effects[value]
        rates = [float(each.rate) if each.rate is not None else None for each in (effect.before, effect.after)]
        told = [float(each) for each in (effect.rate, effect.mix, effect.total)]
        rows.append((_named(value, words), float(effect.share_before), float(effect.share_after), *rates, *told))
    others = [cut.effects[value] for value in order[top:]]
    if others:
        shares = [float(sum(getattr(each, f"share_{side}") for each in others)) for side in ("before", "after")]
        sums = [float(sum(getattr(each, name) for each in others)) for name in ("rate", "mix", "total")]
        rows.append((_others(len(others), words), *shares, None, None, *sums))
    if cut.rest:
        rows.append((words["rest"], None, None, None, None, None, None, float(cut.rest)))
    effects = cut.effects.values()
    sums = [float(sum(getattr(each, name) for each in effects)) for name in ("rate", "mix", "total")]
    rows.append((words["sum"], 1.0, 1.0, None, None, *sums[:2], sums[2] + float(cut.rest)))
    return rows


def _others(count: int, words: Mapping[str, str]) -> str:
    return words["others" if count > 1 else "other"].format(count)


def _named(value: Any, words: Mapping[str, str]) -> Any:
    return words["none"] if value is None else value


def _events(changed: Changed, events: Sequence[Event], lang: str) -> Table:
    words = WORDS.get(lang, WORDS["en"])
    columns = [Col(name, "", words[name]) for name in ("event", "when", "channels", "where")]
    rows = [
        (
            event.labelled(lang),
            event.span.in_words(lang),
            ", ".join(event.channels) or words["all"],
            words[_lies(changed, event)],
        )
        for event in events
    ]
    return Table(columns, rows, words["events"])


def _lies(changed: Changed, event: Event) -> str:
    def inside(spans: Sequence[Span]) -> bool:
        return any(event.span.start < each.end and each.start < event.span.end for each in spans)

    here, there = inside([changed.span]), inside(changed.baseline)
    return "both" if here and there else "period" if here else "baseline"


FIELDS = (
    ("section", ""), ("by", ""), ("value", ""), ("before", "double"), ("after", "double"), ("change", "double"),
    ("rate_effect", "double"), ("mix_effect", "double"), ("share_before", "double"), ("share_after", "double"),
    ("source", ""), ("from", ""), ("to", ""), ("said", ""),
)  # fmt: skip


def for_programs(
    changed: Changed, events: Sequence[Event], lang: str, closed: Mapping[Span, str] | None = None
) -> Table:
    """All sections in one table: data, change, cut, repeats, event; `to` is not included."""
    rows: list[dict[str, Any]] = []
    for kind, source, span, told in facts(changed, lang, closed):
        rows.append({"section": "data", "value": kind, "source": source, "said": told} | _ends(span))
    after = float(changed.after) if changed.after is not None else None
    change = float(changed.change) if changed.after is not None else None
    figures = {"before": float(changed.before), "after": after, "change": change, "said": changed.state}
    rows.append({"section": "change", "value": changed.kpi.address} | figures | _ends(changed.span))
    rows += [{"section": "baseline"} | _ends(span) for span in changed.baseline]
    for cut in changed.cuts:
        rows += _for_programs(cut)
    for name, pair in changed.repeats.items():
        rows.append(
            {"section": "repeats", "value": name} | dict(zip(("before", "after", "change"), _three(*pair), strict=True))
        )
    for event in events:
        labelled = {"value": _lies(changed, event), "said": event.labelled(lang)}
        rows.append({"section": "event"} | labelled | _ends(event.span))
    columns = [Col(name, "", "", type) for name, type in FIELDS]
    return Table(columns, [tuple(row.get(name) for name, _ in FIELDS) for row in rows], notes=list(changed.notes))


def _ends(span: Span) -> dict[str, Any]:
    return {"from": span.start, "to": span.end}


def _for_programs(cut: Cut) -> Iterator[dict[str, Any]]:
    told = {"section": "cut", "by": cut.name}
    totals = {value: effect.total for value, effect in cut.effects.items()} or cut.counts
    for value in largest_first(totals):
        row = told | {"value": value, "change": float(totals[value])}
        effect = cut.effects.get(value)
        if effect is None:
            yield row | {"before": float(cut.before[value]), "after": float(cut.after[value])}
            continue
        sides = {"before": effect.before.rate, "after": effect.after.rate}
        row |= {name: float(rate) for name, rate in sides.items() if rate is not None}
        row |= {"rate_effect": float(effect.rate), "mix_effect": float(effect.mix)}
        yield row | {"share_before": float(effect.share_before), "share_after": float(effect.share_after)}
    if cut.rest:
        yield {"section": "rest", "by": cut.name, "change": float(cut.rest)}
