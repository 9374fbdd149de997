"""Each KPI asked as expressions over the question's sums: its value, its parts, the rows behind them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlglot import exp

from omnictl.compiler.catalog import Catalog
from omnictl.compiler.figures import Figures, Judged, added, filled, judge
from omnictl.compiler.merge import merged
from omnictl.compiler.standing import judge_stock
from omnictl.glossary.leaves import BELOW, Dimensions, Leaf, leaves_of
from omnictl.glossary.meaning import Branch, Meaning
from omnictl.glossary.parts import Part

COUNTED = ("sum", "distinct")  # roll-ups whose value without rows is 0; so is that of a stock of open rows


@dataclass(frozen=True)
class Answerable:
    """One KPI over the sums.

    Attributes:
        value, numerator, denominator: the last two only where the KPI is a quotient.
        named: the named parts of an index.
        n, unknown: rows judged, and rows that could not be; counted only when they are called for.
        immature, unidentified: rows that cannot be judged yet, and rows without a person; None where that is not asked.
        probable: of the rows judged, what stands for probable links; None where none can.
        waiting: conditions over the sums under which there are rows and none is mature.
        kept: the answer's cuts that its rows are split by, as columns; None for all.
        leaves: the rows that are judged: its own, or those of the KPIs it is made of.
    """

    meaning: Meaning
    value: exp.Expression
    numerator: exp.Expression | None
    denominator: exp.Expression | None
    named: Mapping[str, exp.Expression]
    n: Callable[[], exp.Expression]
    unknown: Callable[[], exp.Expression]
    leaves: tuple[Leaf, ...]
    immature: exp.Expression | None = None
    unidentified: exp.Expression | None = None
    probable: exp.Expression | None = None
    waiting: tuple[exp.Expression, ...] = ()
    kept: tuple[str, ...] | None = None


class Answerables:
    """The KPIs of a question; one that several are made of is worked out once."""

    def __init__(self, figures: Figures, catalog: Catalog) -> None:
        self.figures = figures
        self.catalog = catalog
        self._known: dict[tuple[str, Dimensions], Answerable] = {}

    def of(self, meaning: Meaning, over: Dimensions = frozenset()) -> Answerable:
        """A KPI over the sums. `over`: dimensions it is not split by."""
        key = (meaning.kpi.address, over)
        if key not in self._known:
            self._known[key] = self._worked_out(meaning, over)
        return self._known[key]

    def _worked_out(self, meaning: Meaning, over: Dimensions) -> Answerable:
        below = over | meaning.over
        overs = {name: below if name == BELOW else over for name in meaning.parts}
        own = {each: self._judged(meaning, each) for each in _told(overs, meaning, composed=False)}
        others = {each: self._others(meaning, overs, each) for each in _told(overs, meaning, composed=True)}
        parts = {
            name: self._part(name, meaning, own.get(each, []), others.get(each, {})) for name, each in overs.items()
        }
        counted = own.get(below, []) or own.get(over, [])  # the rows of the denominator, where it has own ones
        made_of = [other for each in others.values() for other in each.values()]
        immature = _together([_asked(each.immature) for each in counted] + [other.immature for other in made_of])
        unidentified = _together(
            [_asked(each.unidentified) for each in counted] + [other.unidentified for other in made_of]
        )
        waiting = [test for other in made_of for test in other.waiting]
        value = filled(meaning.formula, parts)
        if any(each.immature is not None for each in counted) and immature is not None:
            waiting.append(_none_mature(added(each.n() for each in counted), immature))
            if meaning.kpi.rollup in COUNTED:  # nothing counted of rows that cannot be judged yet is not none
                value = exp.Case(ifs=[exp.If(this=waiting[-1].copy(), true=exp.null())], default=value)
        numerator, denominator = quotient(filled(meaning.formula, parts))
        behind = [others[each][name] for each, name in _base(meaning, overs)]
        probable = _together([_asked(each.probable) for each in counted] + [other.probable for other in behind])
        return Answerable(
            meaning=meaning,
            value=value,
            numerator=numerator,
            denominator=denominator,
            named=parts if meaning.kpi.rollup == "index" else {},
            n=lambda: added([*(each.n() for each in counted), *(other.n() for other in behind)]),
            unknown=lambda: added([*(each.unknown() for each in counted), *(o.unknown() for o in made_of)]),
            leaves=tuple(leaves_of(meaning, over)),
            immature=immature,
            unidentified=unidentified,
            probable=probable,
            waiting=tuple(waiting),
            kept=self._kept(meaning, below),
        )

    def _kept(self, meaning: Meaning, over: Dimensions) -> tuple[str, ...] | None:
        """The cuts that the rows counted are split by."""
        branch = meaning.branches[0] if meaning.branches else None
        read = self.figures.reads.of(Leaf(meaning, branch, over)) if branch is not None else None
        return read.kept if read is not None else None

    def _judged(self, meaning: Meaning, over: Dimensions) -> list[Judged]:
        """The KPI's own branches, asked of their scans."""
        additive = meaning.kpi.rollup not in ("distinct", "percentile", "stock")
        branches = meaning.branches if additive or not meaning.branches else (merged(meaning.branches),)
        return [self._asked(meaning, branch, over) for branch in branches]

    def _asked(self, meaning: Meaning, branch: Branch, over: Dimensions) -> Judged:
        read = self.figures.reads.of(Leaf(meaning, branch, over))
        assert read is not None, "a KPI is answered only where every relation of it can be"
        if meaning.kpi.over_time is not None:
            return judge_stock(branch, meaning.kpi.over_time, read, self.figures, self.catalog)
        return judge(branch, read, self.figures, self.catalog)

    def _others(self, meaning: Meaning, overs: Mapping[str, Dimensions], over: Dimensions) -> dict[str, Answerable]:
        """The KPIs that parts are made of, those that leave the same dimensions aside."""
        parts = [part for name, part in meaning.composed.items() if overs[name] == over]
        return {name: self.of(meaning.kpis[name], over) for part in parts for name in part.kpis}

    def _part(
        self, name: str, meaning: Meaning, judged: list[Judged], others: Mapping[str, Answerable]
    ) -> exp.Expression:
        composed = meaning.composed.get(name)
        if composed is not None:
            return filled(composed.tree, {f"k{n}": others[each].value for n, each in enumerate(composed.kpis)})
        found = [each.parts[name] for each in judged if name in each.parts]
        return found[0] if len(found) == 1 else added(found)


def _asked(count: Callable[[], exp.Expression] | None) -> exp.Expression | None:
    return count() if count is not None else None


def _together(counts: list[exp.Expression | None]) -> exp.Expression | None:
    """Counts added up; None when nothing counts."""
    found = [each for each in counts if each is not None]
    return added(found) if found else None


def _none_mature(judged: exp.Expression, immature: exp.Expression) -> exp.Expression:
    """There are rows, and none can be judged yet."""
    none = exp.EQ(this=exp.Paren(this=judged.copy()), expression=exp.Literal.number(0))
    some = exp.GT(this=exp.Paren(this=immature.copy()), expression=exp.Literal.number(0))
    return exp.And(this=none, expression=some)


def _told(overs: Mapping[str, Dimensions], meaning: Meaning, *, composed: bool) -> list[Dimensions]:
    """The dimensions that parts leave aside, each once: of parts made of other KPIs, or of own rows."""
    return list(dict.fromkeys(over for name, over in overs.items() if (name in meaning.composed) == composed))


def _base(meaning: Meaning, overs: Mapping[str, Dimensions]) -> list[tuple[Dimensions, str]]:
    """The KPIs whose rows a KPI made of others is about: those of its denominator, else all."""
    below: Part | None = meaning.composed.get(BELOW)
    parts = {BELOW: below} if below is not None else {} if meaning.branches else meaning.composed
    return list(dict.fromkeys((overs[name], each) for name, part in parts.items() for each in part.kpis))


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
