"""Which rows stand in a KPI's numerator and denominator, compared row by row with those of another definition.

The rows are read as the compiler reads them: one scan per relation, with the conditions, the unknown cells and the
windows of each definition; a row counts as moved when it stands in a part under one definition and not under the next.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from omnictl.compiler.buckets import Buckets, make_buckets
from omnictl.compiler.figures import flag_of, nullness_in, nullness_of, placing, required_of
from omnictl.compiler.nulls import can_be_null
from omnictl.compiler.question import Question
from omnictl.compiler.reads import Reads
from omnictl.compiler.scan import Measure, Scan
from omnictl.errors import EngineError
from omnictl.glossary.leaves import BELOW, Leaf
from omnictl.glossary.parts import conjuncts

if TYPE_CHECKING:
    import duckdb

    from omnictl.compiler.lookups import Grounds
    from omnictl.glossary.meaning import Branch, Meaning

QUOTIENT = ("numerator", "denominator")
COUNTED = ("counted",)  # the one side of a figure that is no quotient: every row that stands in a part of it


@dataclass(frozen=True)
class Shared:
    """Rows of one side of two definitions: those in both, in the first alone, in the second alone."""

    both: int
    first: int
    second: int


@dataclass
class Membership:
    """Definitions over the same rows.

    Args:
        meanings: none of them a stock.
        question: whose period and condition hold; it has no cuts.
        grounds: by which names and opening hours are looked up; its catalog has its levels placed in time.
    """

    meanings: Sequence[Meaning]
    question: Question
    grounds: Grounds
    tests: dict[tuple[int, str], dict[str, str]] = field(default_factory=dict)  # definition, side: test by scan

    def __post_init__(self) -> None:
        zone, none = self.grounds.zone, Buckets(None, (), (None, None))
        buckets = make_buckets(None, self.question.period, zone, None) or none
        self.reads = Reads(self.question, buckets, zone, self.grounds.catalog, grounds=self.grounds)
        for number, meaning in enumerate(self.meanings):
            for side in self.sides:
                self.tests[number, side] = self._tests(meaning, side)

    @property
    def sides(self) -> tuple[str, ...]:
        """What rows are compared in: numerator and denominator where every definition has both."""
        return QUOTIENT if all(set(QUOTIENT) <= set(each.parts) for each in self.meanings) else COUNTED

    def compare(self, pairs: Sequence[tuple[int, int]], con: duckdb.DuckDBPyConnection) -> list[dict[str, Shared]]:
        """For each pair of definitions, by side, the rows they share and do not; one read per relation.

        Raises:
            EngineError: the database refused.
        """
        import duckdb

        counts = [[0, 0, 0] for _ in range(len(pairs) * len(self.sides))]
        for scan in self.reads:
            columns = [scan.measure(Measure("count", test)) for test in self._asked(scan, pairs)]
            steps = ",\n".join(f"{name} as (\n{text}\n)" for name, text in scan.steps())
            added = ", ".join(f"coalesce(sum({column}), 0)::bigint" for column in columns)
            try:
                row = con.execute(f"with {steps}\nselect {added}\nfrom {scan.name}_parts").fetchone() or ()
            except duckdb.Error as error:
                raise EngineError(f"the rows cannot be compared: {error}") from error
            for place, count in enumerate(row):
                counts[place // 3][place % 3] += count
        told = iter(Shared(*each) for each in counts)
        return [{side: next(told) for side in self.sides} for _ in pairs]

    def _asked(self, scan: Scan, pairs: Sequence[tuple[int, int]]) -> Iterator[str]:
        """The three tests of each pair and side."""
        for first, second in pairs:
            for side in self.sides:
                one, other = (self.tests[each, side].get(scan.name, "false") for each in (first, second))
                yield f"({one}) is true and ({other}) is true"
                yield f"({one}) is true and ({other}) is not true"
                yield f"({one}) is not true and ({other}) is true"

    def _tests(self, meaning: Meaning, side: str) -> dict[str, str]:
        """By scan, SQL that tells whether a row stands on a side."""
        found: dict[str, list[str]] = {}
        for scan, test in self._standing(meaning, side):
            found.setdefault(scan.name, []).append(test)
        return {name: " or ".join(f"({test})" for test in tests) for name, tests in found.items()}

    def _standing(self, meaning: Meaning, side: str) -> Iterator[tuple[Scan, str]]:
        parts = meaning.parts if side in COUNTED else (side,)
        for name in parts:
            over = meaning.over if name == BELOW else frozenset[str]()
            for branch in meaning.branches:
                if name in branch.parts:
                    read = self.reads.of(Leaf(meaning, branch, over))
                    if read is not None:
                        yield read.scan, self._in(branch, name, read.scan)
            composed = meaning.composed.get(name)
            for address in composed.kpis if composed is not None else ():
                yield from self._standing(meaning.kpis[address], COUNTED[0])

    def _in(self, branch: Branch, part: str, scan: Scan) -> str:
        """SQL over the judged rows: whether a row stands in a part of a branch."""
        nullness = nullness_of(branch, self.grounds.catalog)
        placed = placing(branch, nullness, scan.buckets.noon_s)
        time = scan.time(placed, nullable=can_be_null(placed, nullness_in(branch.reach, None, self.grounds.catalog)))
        conditions = list(conjuncts(branch.where))
        if branch.watch is not None:
            conditions += [each for each in (branch.watch.identified, branch.watch.mature) if each is not None]
        flag = flag_of(scan, [*conditions, *required_of(branch, conditions, nullness)])
        tested = [each.condition for each in branch.parts[part].aggregates]
        own = "" if None in tested else " or ".join(f"({scan.test(each)})" for each in tested if each is not None)
        return " and ".join(each for each in (flag, f"({own})" if own else "", f"{time} is not null") if each)
