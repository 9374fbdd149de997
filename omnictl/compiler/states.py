"""Why a value is empty, or not yet what it will be.

    not_defined    the KPI says nothing here: a channel it is not about, a cut its rows do not have
    not_measured   no source of the channel fills a column it needs, or none tells of conversations
    immature       there are rows, and none whose whole window lies inside the data
    partial        the period ends after a source it needs is complete
    no_rows        nothing was judged
    undefined      rows were judged, and the divisor is zero

The first that holds is told. Counts without rows are 0, and have no state.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from sqlglot import exp

from omnictl.compiler.answerable import COUNTED, Answerable
from omnictl.compiler.buckets import Buckets
from omnictl.compiler.catalog import Catalog, Watermark
from omnictl.compiler.conditions import Conditions, compared
from omnictl.compiler.figures import Figures
from omnictl.compiler.measured import unmeasured
from omnictl.compiler.reads import Read, Reads
from omnictl.compiler.scan import Measure, Scan
from omnictl.compiler.spelling import text_of
from omnictl.compiler.stock import Stock
from omnictl.glossary.leaves import Leaf
from omnictl.glossary.meaning import Branch, Meaning
from omnictl.glossary.parts import channel_in, conjuncts
from omnictl.relations.levels import LEVELS


@dataclass(frozen=True)
class States:
    """The states of one KPI's values in a question.

    Attributes:
        channel: the column of the sums that holds the channel, None when it is no cut.
        filtered: whether the asker's condition speaks of the channel.
        conditions: those of all KPIs of the question, each a column.
    """

    answerable: Answerable
    reads: Reads
    figures: Figures
    catalog: Catalog
    buckets: Buckets
    totals: bool
    channel: str | None
    filtered: bool
    conditions: Conditions

    @cached_property
    def leaves(self) -> list[tuple[Leaf, Read]]:
        """The rows behind the KPI, and where they are read."""
        found = [(leaf, self.reads.of(leaf)) for leaf in self.answerable.leaves]
        return [(leaf, read) for leaf, read in found if read is not None]

    def _split(self, leaf: Leaf) -> str | None:
        """The column of the sums that holds the channel, where the leaf's rows are cut by it."""
        return self.channel if "channel" not in leaf.over else None

    def undefined(self) -> list[str]:
        """SQL conditions under which the KPI says nothing."""
        found = []
        if any(read.scan.cuts is None for _, read in self.leaves):
            found.append(self._cut("true"))
        judging: dict[str, tuple[Meaning, list[tuple[Leaf, Read]]]] = {}
        for leaf, read in self.leaves:
            if leaf.meaning.channels is not None and "channel" not in leaf.over:
                judging.setdefault(leaf.meaning.kpi.address, (leaf.meaning, []))[1].append((leaf, read))
        asked = self.reads.channels_asked() if self.filtered else None
        for meaning, leaves in judging.values():
            if asked is not None and not asked.intersection(meaning.channels or ()):
                found.append("true")  # whatever rows there are
            elif self.channel is not None:
                found.append(self._cut(f"not {self._on(self.channel, meaning.channels or ())}"))
            elif self.filtered:
                found += self._elsewhere(leaves)
        return list(dict.fromkeys(found))

    def _elsewhere(self, leaves: Sequence[tuple[Leaf, Read]]) -> list[str]:
        """There are rows, and none is of a channel the KPI is about."""
        scans = {read.scan.name: read.scan for _, read in leaves}
        if len(scans) != 1:
            return []
        (scan,) = scans.values()
        tests = [self._channel_tests(leaf.branch) for leaf, _ in leaves]
        about = scan.flag(" or ".join(f"({scan.test(test)})" for test in tests if test is not None))
        inside, seen = (self._counted(scan, Measure("count", test)) for test in (about, ""))
        return [f"{inside} = 0 and {seen} > 0"]

    def _counted(self, scan: Scan, measure: Measure) -> str:
        if isinstance(scan, Stock):
            return self.figures.of_stock(scan, "a", measure).name
        return self.figures.of(scan, scan.time_names[0], measure).name

    def _channel_tests(self, branch: Branch) -> exp.Expression | None:
        """The first condition of a branch is that on its channels."""
        return next(conjuncts(branch.where), None) if branch.channels is not None else None

    def unmeasured(self) -> tuple[list[str], set[str | None]]:
        """SQL conditions under which nothing is measured, and the channels where it is not."""
        if self.untold():
            return ["true"], set()
        lacking: set[str | None] = set()
        present: set[str | None] = set()
        for leaf, _ in self.leaves:
            present.update(self.catalog.channels_of(leaf.branch))
            lacking.update(unmeasured(leaf.branch, self.catalog))
        if present and lacking == present:
            return ["true"], lacking
        named = sorted(channel for channel in lacking if channel is not None)
        if self.channel is None or not named:
            return [], lacking
        return [self._cut(self._on(self.channel, tuple(named)))], lacking

    def untold(self) -> bool:
        """The store has contacts, and no source tells of any when it was answered and when it ended: nothing is known
        of what was open, which is not to say that nothing was."""
        kpi = self.answerable.meaning.kpi  # what is no stock has no rows then, and says so
        if not kpi.since or self.catalog.relations is None or not self.catalog.channels("interactions"):
            return False
        levels = any(leaf.branch.reach.relation.name == LEVELS.name for leaf, _ in self.leaves)
        return levels and not self.catalog.channels(LEVELS.name)

    def unfilled(self) -> dict[str, list[str]]:
        """Columns that stand in a sum with a value for NULL, and where no source fills them: the channels, or the
        relation where its rows have none."""
        found: dict[str, list[str]] = {}
        for branch in [leaf.branch for leaf, _ in self.leaves]:
            amounts = [
                each.argument for part in branch.parts.values() for each in part.aggregates if each.kind == "sum"
            ]
            lenient = {
                column.name
                for amount in amounts
                if amount is not None
                for coalesced in amount.find_all(exp.Coalesce)
                for column in coalesced.find_all(exp.Column)
                if not column.table
            }
            for column in sorted(lenient):
                for channel in self.catalog.channels_of(branch):
                    if self.catalog.never_filled(branch.reach.relation.name, column, channel):
                        found.setdefault(column, []).append(channel or branch.reach.relation.name)
        return found

    def waited_for(self) -> list[tuple[Watermark, str | None]]:
        """The watermarks of the sources the KPI needs, that lie before the end of the period; and the column of the
        sums that holds the channel they are about."""
        if not self.buckets.bounded:
            return []
        found = []
        for leaf, _ in self.leaves:
            for each in self.reads.feeding(leaf.branch):
                if self.buckets.first_after(each.until) < self.buckets.count:
                    found.append((each, self._split(leaf)))
        return list(dict.fromkeys(found))

    def partial(self) -> list[str]:
        """SQL conditions under which more is to come."""
        waited = [(each, split, self.buckets.first_after(each.until)) for each, split in self.waited_for()]
        if not waited:
            return []
        first = min(number for _, _, number in waited)
        by_channel: dict[str, int] = {}
        everywhere = []  # of relations without a channel, and where all are one figure: they feed all of them
        for each, split, number in waited:
            if split is not None and each.channel is not None:
                by_channel[each.channel] = min(number, by_channel.get(each.channel, number))
            else:
                everywhere.append(number)
        found = [self._cut(f"period >= {min(everywhere)}")] if everywhere else []
        for number in sorted(set(by_channel.values())):
            names = tuple(sorted(name for name, own in by_channel.items() if own == number))
            found.append(self._cut(f"{self._on(self.channel or '', names)} and period >= {number}"))
        return found + ([f"level = 1 and period >= {first}", "level = 2"] if self.totals else [])

    def _on(self, column: str, names: tuple[str, ...]) -> str:
        """A condition: the column holds one of some channels."""
        return text_of(compared(exp.Paren(this=channel_in(exp.column(column), names))))

    def _cut(self, condition: str) -> str:
        """A condition that is about cuts and not about totals."""
        if not self.totals:
            return condition
        return "level = 0" if condition == "true" else f"level = 0 and {condition}"

    def sql(self) -> tuple[str, str, str]:
        """The state's expression; and when nothing at all, and when no value, is to be shown."""
        kpi = self.answerable.meaning.kpi
        nothing = self.conditions.column(_any(self.undefined()))
        unmeasured = self.conditions.column(_any(self.unmeasured()[0]))
        value = text_of(self.answerable.value)
        cases: list[tuple[str, str]] = [(nothing, "not_defined"), (unmeasured, "not_measured")]
        cases.append((_any([text_of(test) for test in self.answerable.waiting]), "immature"))
        cases.append((self.conditions.column(_any(self.partial())), "partial"))
        if kpi.rollup not in COUNTED and not kpi.since:
            cases.append((f"{text_of(self.answerable.n())} = 0", "no_rows"))
            cases.append((f"{value} is null", "undefined"))
        said = " ".join(f"when {condition} then '{state}'" for condition, state in cases if condition)
        hidden = _any([each for each in (nothing, unmeasured) if each])
        return f"case {said} end" if said else "cast(null as varchar)", nothing, hidden


def _any(conditions: Sequence[str]) -> str:
    if "true" in conditions:
        return "true"
    return conditions[0] if len(conditions) == 1 else " or ".join(f"({each})" for each in conditions)


def _text(text: str) -> str:
    return text_of(exp.Literal.string(text))
