"""The rows behind a KPI, its own and those of the KPIs it is made of, each with the dimensions that are left aside
there: a denominator may be one figure for all channels, or of a relation that knows no channel."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from omnictl.errors import did_you_mean
from omnictl.glossary.expressions import Fault
from omnictl.glossary.parts import ADDITIVE
from omnictl.glossary.watch import family_of

if TYPE_CHECKING:
    from omnictl.glossary.meaning import Branch, Meaning
    from omnictl.glossary.written import Written

Dimensions = frozenset[str]  # names of columns, in small letters
BELOW = "denominator"


@dataclass(frozen=True)
class Leaf:
    """Rows of one branch of a KPI that stand in some of its parts. `over`: dimensions they are not split by."""

    meaning: Meaning
    branch: Branch
    over: Dimensions


def leaves_of(meaning: Meaning, over: Dimensions = frozenset()) -> list[Leaf]:
    """All rows behind a KPI, each once."""
    found: dict[tuple[str, int, Dimensions], Leaf] = {}
    for leaf in _leaves(meaning, over):
        found.setdefault((leaf.meaning.kpi.address, id(leaf.branch), leaf.over), leaf)
    return list(found.values())


def _leaves(meaning: Meaning, over: Dimensions) -> Iterator[Leaf]:
    below = over | meaning.over
    for branch in meaning.branches:
        if below == over or set(branch.parts) != {BELOW}:
            yield Leaf(meaning, branch, over)
        if below != over and BELOW in branch.parts:
            yield Leaf(meaning, branch, below)
    for name, part in meaning.composed.items():
        for address in part.kpis:
            yield from _leaves(meaning.kpis[address], below if name == BELOW else over)


def check_dimensions(meaning: Meaning) -> Iterator[tuple[Written, Fault]]:
    """What is wrong with `by` and `denominator_over`: names that the rows do not have, a denominator that cannot be
    added up over them."""
    kpi, leaves = meaning.kpi, leaves_of(meaning)
    above = [leaf for leaf in leaves if not leaf.over]
    for written in kpi.by:
        wanted = [leaf for leaf in leaves if written.text.casefold() not in leaf.over]
        yield from _unknown(written, wanted, "it is always asked with this cut")
    for written in kpi.denominator_over:
        yield from _unknown(written, above, "its numerator is split by it")
    for leaf in leaves if kpi.denominator_over else ():
        parts = [leaf.branch.parts[BELOW]] if leaf.meaning is meaning and BELOW in leaf.branch.parts else []
        if leaf.meaning is not meaning:
            parts = list(leaf.branch.parts.values())
        if leaf.over and any(each.kind not in ADDITIVE for part in parts for each in part.aggregates):
            message = "the denominator counts distinct values or ranks them: they do not add up over a dimension"
            yield kpi.denominator_over[0], Fault("rollup-contradicts", message, 0, len(kpi.denominator_over[0].text))
            return


def _unknown(written: Written, leaves: list[Leaf], why: str) -> Iterator[tuple[Written, Fault]]:
    for leaf in leaves:
        reach = leaf.branch.reach
        if reach.find(written.text) is None:
            message = f"{reach.relation.name} has no column `{written.text}`: {why}"
            hint = did_you_mean(written.text, reach.names())
            yield written, Fault("unknown-column", message, 0, len(written.text), hint)
            return
        if leaf.meaning.kpi.window is None and family_of(written.text) is not None:
            message = f"`{written.text}` is what followed within a window: `{leaf.meaning.kpi.id}` has none"
            yield written, Fault("window-missing", message, 0, len(written.text), "window: J+7, or 72 h")
            return
