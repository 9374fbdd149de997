"""Two definitions explained, as the table and the sentences people read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from omnictl.render.figures import figure
from omnictl.render.table import Col, Table
from omnictl.review.explained import Explained, Figure, Step
from omnictl.review.hybrids import Rule
from omnictl.review.membership import Shared

WORDS = {
    "en": {
        "step": "Step", "rule": "Rule", "value": "Figure", "points": "Moves by", "numerator": "Numerator",
        "denominator": "Denominator", "in": "{}: rows in", "out": "{}: rows out", "counted": "Rows",
        "without": "without {0}", "also": "also {1}", "instead": "{1} instead of {0}",
        "alike": "{0} and {1} count the same rows the same way here.",
        "equal": "{0}: {2}; {1}: {3}: the same figure, though the definitions differ.",
        "differ": "{0}: {2}; {1}: {3}: {4}.",
        "most": "The rule that moves most: {0}: {1} ({2}).",
        "rows": "{0}: {1} rows in both, {2} only in A, {3} only in B.",
    },
    "fr": {
        "step": "Étape", "rule": "Règle", "value": "Chiffre", "points": "Effet", "numerator": "Numérateur",
        "denominator": "Dénominateur", "in": "{} : lignes en plus", "out": "{} : lignes en moins",
        "counted": "Lignes", "without": "sans {0}", "also": "avec en plus {1}", "instead": "{1} au lieu de {0}",
        "alike": "{0} et {1} comptent ici les mêmes lignes de la même façon.",
        "equal": "{0} : {2} ; {1} : {3} : le même chiffre, bien que les définitions diffèrent.",
        "differ": "{0} : {2} ; {1} : {3} : {4}.",
        "most": "La règle qui pèse le plus : {0} : {1} ({2}).",
        "rows": "{0} : {1} lignes communes, {2} dans A seulement, {3} dans B seulement.",
    },
}  # fmt: skip

_PARAMETER = re.compile(r"(?<![:\w]):([a-z][a-z0-9_]*)")


def words_of(lang: str) -> Mapping[str, str]:
    return WORDS.get(lang, WORDS["en"])


def told(rule: Rule, lang: str, values: Mapping[str, str]) -> str:
    """A rule in words: `where: without wait_s < :short (short = 5 s)`."""
    words = words_of(lang)
    form = words["also"] if rule.old is None else words["without"] if rule.new is None else words["instead"]
    named = dict.fromkeys(_PARAMETER.findall(f"{rule.old} {rule.new}"))
    meant = ", ".join(f"{name} = {values[name]}" for name in named if name in values)
    text = rule.key + _colon(lang) + form.format(rule.old, rule.new)
    return f"{text} ({meant})" if meant else text


def _colon(lang: str) -> str:
    return " : " if lang == "fr" else ": "


def told_step(step: Step, lang: str, values: Mapping[str, str]) -> str:
    """The rules of a step in words."""
    return "; ".join(told(rule, lang, values) for rule in step.rules)


def table_of(found: Explained, lang: str) -> Table:
    """The waterfall: the first figure, a row per step, the last figure with the whole difference. `_in` and `_out` are
    rows that come into a side and leave it; of the last row all those that do between the two definitions."""
    words = words_of(lang)
    sides = tuple(found.rows)
    quotient = found.first.denominator is not None and found.last.denominator is not None
    parts = ("numerator", "denominator") if quotient else ()
    columns = [Col("step", "", words["step"]), Col("rule", "", words["rule"])]
    columns += [
        Col("value", found.unit, words["value"], "double"),
        Col("points", _unit(found), words["points"], "double"),
    ]
    columns += [Col(part, "", words[part], "double") for part in parts]
    for side in sides:
        columns += [Col(f"{side}_{way}", "count", words[way].format(words[side])) for way in ("in", "out")]

    def row(name: Any, rule: str, of: Figure, points: Any, rows: Mapping[str, Shared]) -> tuple[Any, ...]:
        moved = [count for side in sides for count in _moved(rows.get(side))]
        return (name, rule, of.value, points, *(getattr(of, part) for part in parts), *moved)

    rows = [row("A", found.one, found.first, None, {})]
    for number, step in enumerate(found.steps, 1):
        rows.append(row(str(number), told_step(step, lang, found.values), step.figure, float(step.points), step.rows))
    rows.append(row("B", found.other, found.last, float(found.points), found.rows))
    return Table(columns, rows, f"{found.one} → {found.other}", list(found.notes))


def _moved(rows: Shared | None) -> tuple[int | None, int | None]:
    return (None, None) if rows is None else (rows.second, rows.first)


def _unit(found: Explained) -> str:
    return "pt" if found.unit == "ratio" else found.unit


def sentences(found: Explained, lang: str) -> Iterator[str]:
    """The answer in short: both figures, the rule that moves most, the rows they share."""
    words = words_of(lang)
    if not found.steps:
        yield words["alike"].format(found.one, found.other)
        return
    values = [figure(each.value, found.unit, lang) for each in (found.first, found.last)]
    if not found.points:
        yield words["equal"].format(found.one, found.other, *values)
    else:
        moved = figure(float(found.points), _unit(found), lang)
        yield words["differ"].format(found.one, found.other, *values, moved)
    most = max(found.steps, key=lambda step: abs(step.points))
    if most.points:
        (key, _, rule) = told_step(most, lang, found.values).partition(_colon(lang))
        yield words["most"].format(key, rule, figure(float(most.points), _unit(found), lang))
    for side, rows in found.rows.items():
        counts = [figure(each, "count", lang) for each in (rows.both, rows.first, rows.second)]
        yield words["rows"].format(words[side], *counts)
