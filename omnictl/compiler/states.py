"""Why a value is empty, or not yet what it will be.

    not_defined    the KPI says nothing here: a channel it is not about, a cut its rows do not have
    not_measured   no source of the channel fills a column it needs
    partial        the period ends after a source it needs is complete
    no_rows        nothing was judged
    undefined      rows were judged, and the divisor is zero

The first that holds is told. Counts without rows are 0, and have no state.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from sqlglot import exp

from omnictl.compiler.answerable import Answerable
from omnictl.compiler.buckets import Buckets
from omnictl.compiler.catalog import Catalog, Watermark
from omnictl.compiler.figures import Figures, conjuncts
from omnictl.compiler.scan import Measure, Scan
from omnictl.glossary.expressions import DIALECT
from omnictl.glossary.meaning import Branch, Meaning, channel_in

COUNTED = ("sum", "distinct")  # roll-ups whose value without rows is 0


@dataclass(frozen=True)
class States:
    """The states of one KPI's values in a question.

    Attributes:
        channel: the column of the sums that holds the channel, None when it is no cut.
        filtered: whether the asker's condition speaks of the channel.
    """

    answerable: Answerable
    scans: Mapping[str, Scan]
    figures: Figures
    catalog: Catalog
    buckets: Buckets
    totals: bool
    channel: str | None
    filtered: bool

    @cached_property
    def branches(self) -> list[tuple[Meaning, Branch]]:
        return [(leaf, branch) for leaf in self.answerable.leaves for branch in leaf.branches]

    def undefined(self) -> list[str]:
        """SQL conditions under which the KPI says nothing."""
        found = []
        if any(self.scans[branch.reach.relation.name].cuts is None for _, branch in self.branches):
            found.append(self._cut("true"))
        for leaf in self.answerable.leaves:
            if leaf.channels is None:
                continue
            if self.channel is not None:
                test = channel_in(exp.column(self.channel), leaf.channels)
                found.append(self._cut(f"not ({test.sql(DIALECT)})"))
            elif self.filtered:
                found += self._elsewhere(leaf)
        return list(dict.fromkeys(found))

    def _elsewhere(self, leaf: Meaning) -> list[str]:
        """There are rows, and none is of a channel the KPI is about."""
        scans = {branch.reach.relation.name for branch in leaf.branches}
        if len(scans) != 1:
            return []
        scan = self.scans[scans.pop()]
        tests = [self._channel_tests(branch) for branch in leaf.branches]
        about = scan.flag(" or ".join(f"({scan.test(test)})" for test in tests if test is not None))
        time = scan.time_names[0]
        inside = self.figures.of(scan, time, Measure("count", about)).name
        seen = self.figures.of(scan, time, Measure("count")).name
        return [f"{inside} = 0 and {seen} > 0"]

    def _channel_tests(self, branch: Branch) -> exp.Expression | None:
        """The first condition of a branch is that on its channels."""
        return next(conjuncts(branch.where), None) if branch.channels is not None else None

    def unmeasured(self) -> tuple[list[str], set[str | None]]:
        """SQL conditions under which nothing is measured, and the channels where it is not."""
        lacking: set[str | None] = set()
        present: set[str | None] = set()
        for _, branch in self.branches:
            relation = branch.reach.relation.name
            for channel in self._channels(branch):
                present.add(channel)
                if any(self.catalog.never_filled(relation, column, channel) for column in branch.needs):
                    lacking.add(channel)
        if present and lacking == present:
            return ["true"], lacking
        named = sorted(channel for channel in lacking if channel is not None)
        if self.channel is None or not named:
            return [], lacking
        return [self._cut(channel_in(exp.column(self.channel), tuple(named)).sql(DIALECT))], lacking

    def _channels(self, branch: Branch) -> list[str | None]:
        """The channels of the data that a branch is about; None where its relation has no channel of its own."""
        relation = branch.reach.relation
        found = self.catalog.channels(relation.name)
        if relation.column("channel") is None:
            return found
        if branch.channels is not None:
            return [channel for channel in found if channel in branch.channels]
        return [channel for channel in found if channel not in branch.others]

    def unfilled(self) -> dict[str, list[str]]:
        """Columns that stand in a sum with a value for NULL, by the channels where no source fills them."""
        found: dict[str, list[str]] = {}
        for _, branch in self.branches:
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
                for channel in self._channels(branch):
                    if channel is not None and self.catalog.never_filled(branch.reach.relation.name, column, channel):
                        found.setdefault(column, []).append(channel)
        return found

    def waited_for(self) -> list[Watermark]:
        """The watermarks of the sources the KPI needs, that lie before the end of the period."""
        if not self.buckets.bounded:
            return []
        found = []
        for _, branch in self.branches:
            channels = self._channels(branch)
            for each in self.catalog.watermarks:
                feeds = each.relation == branch.reach.relation.name and each.channel in channels
                if feeds and self.buckets.first_after(each.until) < self.buckets.count:
                    found.append(each)
        return list(dict.fromkeys(found))

    def partial(self) -> list[str]:
        """SQL conditions under which more is to come."""
        numbers = {each: self.buckets.first_after(each.until) for each in self.waited_for()}
        if not numbers:
            return []
        first = min(numbers.values())
        by_channel: dict[str, int] = {}
        everywhere = []  # of relations without a channel: they feed all of them
        for each, number in numbers.items():
            if self.channel is not None and each.channel is not None:
                by_channel[each.channel] = min(number, by_channel.get(each.channel, number))
            else:
                everywhere.append(number)
        found = [self._cut(f"period >= {min(everywhere)}")] if everywhere else []
        for number in sorted(set(by_channel.values())):
            names = tuple(sorted(name for name, own in by_channel.items() if own == number))
            test = channel_in(exp.column(self.channel or ""), names).sql(DIALECT)
            found.append(self._cut(f"{test} and period >= {number}"))
        return found + ([f"level = 1 and period >= {first}", "level = 2"] if self.totals else [])

    def _cut(self, condition: str) -> str:
        """A condition that is about cuts and not about totals."""
        if not self.totals:
            return condition
        return "level = 0" if condition == "true" else f"level = 0 and {condition}"

    def sql(self) -> tuple[str, str, str]:
        """The state's expression; and when nothing at all, and when no value, is to be shown."""
        rollup = self.answerable.meaning.kpi.rollup
        nothing, unmeasured = _any(self.undefined()), _any(self.unmeasured()[0])
        value = self.answerable.value.sql(DIALECT)
        cases: list[tuple[str, str]] = [(nothing, "not_defined"), (unmeasured, "not_measured")]
        cases.append((_any(self.partial()), "partial"))
        if rollup not in COUNTED:
            cases.append((f"{self.answerable.n().sql(DIALECT)} = 0", "no_rows"))
            cases.append((f"{value} is null", "undefined"))
        said = " ".join(f"when {condition} then '{state}'" for condition, state in cases if condition)
        hidden = _any([each for each in (nothing, unmeasured) if each])
        return f"case {said} end" if said else "cast(null as varchar)", nothing, hidden


def _any(conditions: Sequence[str]) -> str:
    if "true" in conditions:
        return "true"
    return conditions[0] if len(conditions) == 1 else " or ".join(f"({each})" for each in conditions)


def _text(text: str) -> str:
    return exp.Literal.string(text).sql(DIALECT)
