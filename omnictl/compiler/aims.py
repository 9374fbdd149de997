"""What is aimed at in each row of an answer, as SQL, and how a figure stands to it.

A bucket takes the target that holds on the local day it begins. A row of a cut takes that of its cut, the aim with the
most conditions first; totals, and cuts that nothing is said of, take the general one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlglot import exp

from omnictl.compiler.buckets import Buckets, Label
from omnictl.compiler.plan import TARGETS
from omnictl.compiler.spelling import text_of
from omnictl.glossary.kpi import Kpi
from omnictl.glossary.leaves import leaves_of
from omnictl.glossary.meaning import Meaning
from omnictl.glossary.targets import Aim, Goal, Target

Bounds = tuple[Decimal | None, Decimal | None, Decimal | None]  # as `TARGETS`; without a margin nothing is judged


def target_of(kpi: Kpi) -> Target | None:
    """What a KPI aims at: its target; where it says nothing for all rows, the band that is better."""
    if isinstance(kpi.better, str):
        return kpi.target
    band = Aim((), ((None, Goal(*kpi.better, band=True)),), None, kpi.place)
    given = kpi.target.aims if kpi.target is not None else ()
    if any(not aim.where for aim in given):
        return kpi.target
    return Target((*given, band), kpi.target.origin if kpi.target is not None else "")


def banded(kpi: Kpi) -> bool:
    """Whether some target of a KPI has two bounds."""
    target = target_of(kpi)
    goals = [goal for aim in (target.aims if target is not None else ()) for _, goal in aim.goals]
    return any(goal.band and goal.low is not None and goal.high is not None for goal in goals)


def bounds_of(goal: Goal, watch: Decimal | None, kpi: Kpi) -> Bounds:
    """The bounds that a goal sets; of one value that which `better` names, and none is judged where it names none."""
    margin = watch if watch is not None else goal.margin
    if goal.band:
        return goal.low, goal.high, margin
    if kpi.better == "lower":
        return None, goal.high, margin
    return goal.low, None, margin if kpi.better == "higher" else None


@dataclass(frozen=True)
class Aims:
    """The targets of a question: its cuts, and its buckets."""

    by: Sequence[str]
    buckets: Buckets

    def columns(self, meaning: Meaning) -> list[tuple[str, str]]:
        """Name and SQL of each of `TARGETS`, over the rows of the answer's sums."""
        target = target_of(meaning.kpi)
        cut = [name.casefold() for name in self.by]
        given = target.aims if target is not None else ()
        aims = [aim for aim in given if all(dimension.casefold() in cut for dimension, _ in aim.where)]

        def column(number: int) -> str:
            def chosen(goal: Goal, watch: Decimal | None) -> str:
                amount = bounds_of(goal, watch, meaning.kpi)[number]
                return "null" if amount is None else format(amount, "f")

            general, branches = "null", []
            for aim in aims:
                value = self._over_time(aim, chosen)
                if aim.where:
                    branches.append(f"when {self._test(meaning, aim)} then {value}")
                else:
                    general = value
            if all(branch.endswith(f" then {general}") for branch in branches):
                return general
            return f"case {' '.join(branches)} else {general} end"

        return [(name, column(number)) for number, name in enumerate(TARGETS)]

    def _test(self, meaning: Meaning, aim: Aim) -> str:
        """SQL: whether a row is of the aim's cut."""
        cut = [name.casefold() for name in self.by]
        tests = ["level = 0"]
        for dimension, value in aim.where:
            column = f"cut_{cut.index(dimension.casefold()) + 1}"
            found = (leaf.branch.reach.find(dimension) for leaf in leaves_of(meaning))
            textual = all(each is None or each.kind == "text" for each in found)
            literal = text_of(exp.Literal.string(value))
            tests.append(f"{column if textual else f'cast({column} as varchar)'} = {literal}")
        return " and ".join(tests)

    def _over_time(self, aim: Aim, chosen: Callable[[Goal, Decimal | None], str]) -> str:
        """SQL: what an aim says of a row's bucket; before its first day nothing."""
        found = [(0 if since is None else self._first(since), chosen(goal, aim.watch)) for since, goal in aim.goals]
        reached = [(number, value) for number, value in found if number < max(1, self.buckets.count)]
        started = [value for number, value in reached if number == 0]
        text = started[-1] if started else "null"
        later = [f"when coalesce(period, 0) >= {number} then {value}" for number, value in reversed(reached) if number]
        return f"case {' '.join(later)} else {text} end" if later else text

    def _first(self, since: date) -> int:
        """The number of the first bucket that begins on a day or after it."""
        return sum(1 for label in self.buckets.labels[:-1] if label is None or _day(label) < since)


def _day(label: Label) -> date:
    return label.date() if isinstance(label, datetime) else label
