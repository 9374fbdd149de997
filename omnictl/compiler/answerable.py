"""Each KPI asked as expressions over the question's sums: its value, its parts, the rows behind them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from sqlglot import exp

from omnictl.compiler.catalog import Catalog
from omnictl.compiler.figures import Figures, Judged, added, filled, judge
from omnictl.compiler.merge import merged
from omnictl.glossary.meaning import Meaning
from omnictl.glossary.parts import Part


@dataclass(frozen=True)
class Answerable:
    """One KPI over the sums.

    Attributes:
        value, numerator, denominator: the last two only where the KPI is a quotient.
        named: the named parts of an index.
        n, unknown: rows judged, and rows that could not be; counted only when they are called for.
        leaves: the KPIs whose rows are judged: itself, or those it is made of.
    """

    meaning: Meaning
    value: exp.Expression
    numerator: exp.Expression | None
    denominator: exp.Expression | None
    named: Mapping[str, exp.Expression]
    n: Callable[[], exp.Expression]
    unknown: Callable[[], exp.Expression]
    leaves: tuple[Meaning, ...]


class Answerables:
    """The KPIs of a question; one that several are made of is worked out once."""

    def __init__(self, figures: Figures, catalog: Catalog) -> None:
        self.figures = figures
        self.catalog = catalog
        self._known: dict[str, Answerable] = {}

    def of(self, meaning: Meaning) -> Answerable:
        address = meaning.kpi.address
        if address not in self._known:
            self._known[address] = self._worked_out(meaning)
        return self._known[address]

    def _worked_out(self, meaning: Meaning) -> Answerable:
        additive = meaning.kpi.rollup not in ("distinct", "percentile")
        branches = meaning.branches if additive or not meaning.branches else (merged(meaning.branches),)
        judged = [judge(branch, self.figures, self.catalog) for branch in branches]
        others = {name: self.of(other) for name, other in meaning.kpis.items()}
        parts = {name: self._part(name, meaning, judged, others) for name in meaning.parts}
        value = filled(meaning.formula, parts)
        numerator, denominator = quotient(filled(meaning.formula, parts))
        behind = [others[name] for name in _base(meaning)]
        return Answerable(
            meaning=meaning,
            value=value,
            numerator=numerator,
            denominator=denominator,
            named=parts if meaning.kpi.rollup == "index" else {},
            n=lambda: added([*(each.n() for each in judged), *(other.n() for other in behind)]),
            unknown=lambda: added([*(each.unknown() for each in judged), *(o.unknown() for o in others.values())]),
            leaves=tuple(leaves_of(meaning)),
        )

    def _part(
        self, name: str, meaning: Meaning, judged: list[Judged], others: Mapping[str, Answerable]
    ) -> exp.Expression:
        composed = meaning.composed.get(name)
        if composed is not None:
            return filled(composed.tree, {f"k{n}": others[each].value for n, each in enumerate(composed.kpis)})
        found = [each.parts[name] for each in judged if name in each.parts]
        return found[0] if len(found) == 1 else added(found)


def _base(meaning: Meaning) -> list[str]:
    """The KPIs whose rows a KPI made of others is about: those of its denominator, else all."""
    below: Part | None = meaning.composed.get("denominator")
    if below is not None:
        return list(dict.fromkeys(below.kpis))
    return [] if meaning.branches else list(meaning.kpis)


def leaves_of(meaning: Meaning) -> Iterator[Meaning]:
    """The KPIs that judge rows, among a KPI and those it is made of; each once."""
    seen: dict[str, Meaning] = {}

    def visit(each: Meaning) -> None:
        if each.kpi.address in seen:
            return
        seen[each.kpi.address] = each
        for other in each.kpis.values():
            visit(other)

    visit(meaning)
    return (each for each in seen.values() if each.branches)


def quotient(tree: exp.Expression) -> tuple[exp.Expression | None, exp.Expression | None]:
    """What a value divides, and by what, when it is one division."""
    while isinstance(tree, exp.Paren):
        tree = tree.this
    if not isinstance(tree, exp.Div) or not isinstance(tree.expression, exp.Nullif):
        return None, None
    above, below = tree.this, tree.expression.this
    return (
        above.this if isinstance(above, exp.Cast) else above,
        below.this if isinstance(below, exp.Cast) else below,
    )
