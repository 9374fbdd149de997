"""Why two reports disagree: two definitions on the same rows, and what each rule in between moves.

Every step is a figure of its own, computed by the compiler from a definition that has the rules taken so far. So the
steps add up to the difference exactly, and each can be asked for by hand. What a rule moves depends on the rules taken
before it; they are taken in the order of the definition (`hybrids`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from omnictl.compiler.answer import answer
from omnictl.compiler.catalog import read_catalog
from omnictl.compiler.lookups import Grounds
from omnictl.compiler.planner import plan
from omnictl.errors import OmnictlError
from omnictl.glossary.leaves import leaves_of
from omnictl.glossary.meaning import Meanings
from omnictl.referential import Referential
from omnictl.review.hybrids import Between, Overlaid, Rule, on_the_way
from omnictl.review.membership import Membership, Shared
from omnictl.zone import zone_of

if TYPE_CHECKING:
    import duckdb

    from omnictl.compiler.planner import Setting
    from omnictl.compiler.question import Question
    from omnictl.glossary.glossary import Glossary
    from omnictl.glossary.kpi import Kpi
    from omnictl.glossary.meaning import Meaning


@dataclass(frozen=True)
class Figure:
    """A figure with what it is made of; `numerator` and `denominator` are None where it is no quotient."""

    value: Any
    numerator: Any
    denominator: Any
    n: int | None
    unknown: int | None
    state: str | None

    @property
    def exact(self) -> Fraction | None:
        """The value before it was rounded to a double; None where there is none."""
        if self.value is None:
            return None
        if self.numerator is None or self.denominator is None:
            return Fraction(self.value)
        return Fraction(self.numerator) / Fraction(self.denominator)


@dataclass(frozen=True)
class Step:
    """Some rules taken, mostly one: the figure after them, how far it moved, and by side the rows that moved; empty
    where rows are not compared."""

    rules: tuple[Rule, ...]
    figure: Figure
    points: Fraction
    rows: Mapping[str, Shared]


@dataclass(frozen=True)
class Explained:
    """Two definitions on the same rows.

    Attributes:
        one, other: their addresses.
        unit: of both.
        first, last: their figures.
        steps: from one to the other; their points add up to the difference of the figures.
        rows: by side, the rows of both, of the one alone and of the other alone; empty where rows are not compared.
        values: of the parameters that both have alike, as they are written.
        notes: what must be said beside the figures.
    """

    one: str
    other: str
    unit: str
    first: Figure
    last: Figure
    steps: tuple[Step, ...]
    rows: Mapping[str, Shared]
    values: Mapping[str, str]
    notes: tuple[str, ...]

    @property
    def points(self) -> Fraction:
        """The difference of the two figures."""
        return (self.last.exact or Fraction(0)) - (self.first.exact or Fraction(0))


def explain(
    glossary: Glossary, setting: Setting, one: str, other: str, question: Question, con: duckdb.DuckDBPyConnection
) -> Explained:
    """Explain by which rules two figures differ.

    Args:
        one, other: addresses.
        question: whose period and condition hold for both; about no KPI, without cuts.

    Raises:
        OmnictlError: the two are not over the same rows, not in the same unit, or one has no figure.
        DefinitionError: there is no such KPI, or a fault of one.
        EngineError: the database refused.
    """
    zone = zone_of(setting.timezone)
    meanings = Meanings(glossary, zone)
    ends = meanings.of(one), meanings.of(other)
    _check_comparable(*ends, one, other)
    kpis = ends[0].kpi, ends[1].kpi
    way = on_the_way(glossary, *kpis, zone)
    figures, notes = _figures(way, glossary, setting, question, con)
    for address, figure in ((one, figures[0]), (other, figures[-1])):
        if figure.exact is None:
            raise OmnictlError(f"{address} has no figure here: {figure.state}", hint="another --period or --where")
    kept = [number for number, figure in enumerate(figures) if figure.exact is not None]
    pairs = [*pairwise(kept), (0, len(way) - 1)]
    rows = _moved(way, pairs, question, setting, con)
    steps = []
    for (before, after), moved in zip(pairs[:-1], rows, strict=False):
        rules = tuple(rule for each in way[before + 1 : after + 1] for rule in each.rules)
        points = (figures[after].exact or Fraction(0)) - (figures[before].exact or Fraction(0))
        steps.append(Step(rules, figures[after], points, moved))
    unit, values = kpis[0].unit, _alike(kpis[0], kpis[1])
    return Explained(one, other, unit, figures[0], figures[-1], tuple(steps), rows[-1], values, notes)


def _alike(one: Kpi, other: Kpi) -> dict[str, str]:
    """The parameters that two KPIs have alike, or that one alone has."""
    texts = [{name: each.told for name, each in kpi.parameters.items()} for kpi in (other, one)]
    return {
        name: text for side in texts for name, text in side.items() if all(s.get(name, text) == text for s in texts)
    }


def _check_comparable(one: Meaning, other: Meaning, *addresses: str) -> None:
    told = " and ".join(addresses)
    if one.kpi.unit != other.kpi.unit:
        message = f"{told} cannot be compared: one is in {one.kpi.unit}, the other in {other.kpi.unit}"
        raise OmnictlError(message, hint="compare a KPI with its variant, or two KPIs of one unit")
    relations = [sorted({leaf.branch.reach.relation.name for leaf in leaves_of(each)}) for each in (one, other)]
    if relations[0] != relations[1] and one.kpi.id != other.kpi.id:
        told_of = " against ".join(" and ".join(each) for each in relations)
        message = f"{told} are not over the same rows: {told_of}"
        raise OmnictlError(message, hint="compare a KPI with its variant, or two KPIs of one relation")
    for meaning, address in zip((one, other), addresses, strict=True):
        if meaning.by:
            message = f"{address} is always cut by {' and '.join(meaning.by)}: it has no figure of its own to explain"
            raise OmnictlError(message, hint="compare KPIs that are not cut; `omnictl kpi query` shows both, cut alike")


def _figures(
    way: Sequence[Between], glossary: Glossary, setting: Setting, question: Question, con: duckdb.DuckDBPyConnection
) -> tuple[list[Figure], tuple[str, ...]]:
    """The figure of each definition, all from one SELECT; and the notes of the first and the last."""
    overlaid = Overlaid(glossary, {each.kpi.id: each.kpi for each in way})
    meanings = Meanings(overlaid, zone_of(setting.timezone))
    asked = replace(question, kpis=tuple(each.kpi.id for each in way), long=True)
    table = answer(plan(asked, overlaid, setting, read_catalog(con), meanings), con)
    names = [column.name for column in table.columns]
    rows = [dict(zip(names, row, strict=True)) for row in table.rows]
    if not rows:
        raise OmnictlError("there is no data to explain", hint="another --period, or `omnictl run`")
    fields = ("value", "numerator", "denominator", "n", "unknown", "state")
    return [Figure(*(row[name] for name in fields)) for row in rows], _said(table.notes, way)


def _said(notes: Sequence[str], way: Sequence[Between]) -> tuple[str, ...]:
    """The notes that are about the two ends, or about none; what holds for both ends is told once."""
    ends = {way[0].kpi.id: "A", way[-1].kpi.id: "B"}
    said: dict[str, list[str]] = {}
    for note in notes:
        about = next(
            (each.kpi.id for each in reversed(way) if note.startswith((f"{each.kpi.id}:", f"{each.kpi.id} "))), ""
        )
        if about in ends:
            said.setdefault(note.removeprefix(about).lstrip(": ").removeprefix("is "), []).append(ends[about])
        elif not about:
            said.setdefault(note, [])
    return tuple(f"{' and '.join(letters)}: {text}" if letters else text for text, letters in said.items())


def _moved(
    way: Sequence[Between],
    pairs: Sequence[tuple[int, int]],
    question: Question,
    setting: Setting,
    con: duckdb.DuckDBPyConnection,
) -> list[Mapping[str, Shared]]:
    """By pair and side, the rows of both and of each; nothing of stocks, whose rows stand in many moments."""
    meanings = [each.meaning for each in way]
    if any(leaf.branch.stock for meaning in meanings for leaf in leaves_of(meaning)):
        return [{} for _ in pairs]
    zone = zone_of(setting.timezone)
    referential = getattr(setting, "referential", None) or Referential()
    lang = question.lang or setting.language
    members = Membership(meanings, question, Grounds(zone, referential, read_catalog(con).placed(zone), lang))
    return list(members.compare(pairs, con))
