"""What the second SELECT tells of one KPI: how many people are behind it, and the moments of its two parts.

With a and b what a unit, a row or a person, adds to numerator and denominator, the moments are how many units there
are and the sums of a², a·b and b². Each column is named after the KPI: k1_people, k1_units, k1_aa, k1_ab, k1_bb.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from sqlglot import exp

from omnictl.compiler.cells import CUT
from omnictl.compiler.figures import Figure
from omnictl.compiler.intervals import BY_PERSON
from omnictl.compiler.scan import Scan
from omnictl.compiler.spelling import text_of
from omnictl.glossary.expressions import DIALECT

MOMENTS = ("units", "aa", "ab", "bb")


@dataclass
class Asked:
    """What is asked of one KPI: which rows are behind it, and what each adds to its two parts. `name`: k1, k2 …

    Attributes:
        behind: the figures that count the rows of people.
        kept: the cuts that the denominator is split by, where the others share it; None for all.
        rows: whether it is about people that only its rows tell, as with what stands open.
    """

    name: str
    method: str
    behind: Sequence[Figure] = ()
    rows: bool = False
    above: exp.Expression | None = None
    below: exp.Expression | None = None
    kept: tuple[str, ...] | None = None
    figures: dict[str, Figure] = field(default_factory=dict)

    @property
    def by_person(self) -> bool:
        return bool(self.behind) or self.method in BY_PERSON

    @property
    def over_rows(self) -> bool:
        """Whether rows are its units, and not people."""
        return self.above is not None and self.method not in BY_PERSON

    def scans(self) -> list[Scan]:
        found = {id(each.scan): each.scan for each in self._all()}
        return list(found.values())

    def read(self, scan: Scan, time: str) -> list[Figure]:
        """The figures of a scan by one of its times."""
        return [each for each in self._all() if each.scan is scan and each.time == time]

    def _all(self) -> list[Figure]:
        return [*self.behind, *(self.figures.values() if self.above is not None else ())]

    def columns(self) -> list[str]:
        """What is told of it."""
        found = [f"{self.name}_people"] if self.behind else []
        return found + ([f"{self.name}_{each}" for each in MOMENTS] if self.above is not None else [])

    def units(self) -> list[str]:
        """The columns that are added up by person."""
        found = [f"{self.name}_rows"] if self.behind else []
        return found + ([f"{self.name}_a", f"{self.name}_b"] if self.above is not None and not self.over_rows else [])

    def squares(self) -> list[str]:
        """SQL of the moments over its units."""
        return [f"{sql} as {name}" for name, sql in self._squares().items()]

    def row(self, scan: Scan, time: str, *, by_person: bool) -> Iterator[str]:
        """SQL of what a row of a scan adds to it by one of the scan's times."""
        if by_person and self.behind:
            tests = [
                each.measure.test or "true"
                for each in self.behind
                if each.measure is not None and each.scan is scan and each.time == time
            ]
            test = " or ".join(f"coalesce({each}, false)" for each in dict.fromkeys(tests)) or "false"
            yield f"case when {scan.people_behind(test)} then 1 else 0 end as {self.name}_rows"
        if self.above is None or self.below is None or (not by_person) != self.over_rows:
            return
        if any(each.scan is scan for each in self.figures.values()):
            for tree, name in ((self.above, "a"), (self.below, "b")):
                yield f"{_added_by_row(tree, self.figures, time)} as {self.name}_{name}"

    def told(self, *, by_person: bool) -> dict[str, str]:
        """SQL of its columns over people, or over squares that are added up already."""
        name, found = self.name, {}
        if by_person and self.behind:
            unknown = f"coalesce(sum(case when person is null then {name}_rows end), 0)"
            found[f"{name}_people"] = f"count_if(person is not null and {name}_rows > 0) + {unknown}"
        if self.above is not None and by_person != self.over_rows:
            found |= self._squares() if by_person else self._sums()
        return found

    def shared(self, source: str, keys: Sequence[str], columns: Sequence[str], *, by_person: bool) -> str:
        """Its moments by cut, where several cuts share a denominator: b is what a unit adds to all of these."""
        name, among = self.name, ", ".join(["period", *(self.kept or ())])
        over = f"over (partition by {among})"
        group = ", ".join(["period", *keys])
        own = self._sums()
        if by_person:
            together = f"sum({name}_b) over (partition by {among}, person) as b"
            source = f"(select *, {together} from {source}) as people"
            own = {
                f"{name}_units": f"count_if({name}_b <> 0)",
                f"{name}_aa": f"sum({name}_a * {name}_a)",
                f"{name}_ab": f"sum({name}_a * b)",
                f"{name}_bb": f"sum({name}_b * b)",
            }
        for each in ("units", "bb"):
            own[f"{name}_{each}"] = f"sum({own[f'{name}_{each}']}) {over}"
        told = ", ".join(f"{own.get(column, 'null')} as {column}" for column in columns)
        return f"select {CUT} as level, {group}, {told}\nfrom {source}\ngroup by {group}"

    def _squares(self) -> dict[str, str]:
        a, b = f"{self.name}_a", f"{self.name}_b"
        return {
            f"{self.name}_units": f"count_if({a} <> 0 or {b} <> 0)",
            f"{self.name}_aa": f"sum({a} * {a})",
            f"{self.name}_ab": f"sum({a} * {b})",
            f"{self.name}_bb": f"sum({b} * {b})",
        }

    def _sums(self) -> dict[str, str]:
        return {f"{self.name}_{each}": f"sum({self.name}_{each})" for each in MOMENTS}


def over_relations(column: str) -> str:
    """SQL: a column over the relations that tell it. A KPI of several is about the fewest people that any tells."""
    if column.endswith("_people"):
        return f"coalesce(min(nullif({column}, 0)), 0) as {column}"
    return f"sum({column}) as {column}"


def _added_by_row(tree: exp.Expression, figures: dict[str, Figure], time: str) -> str:
    """A part with every figure as what one row adds to it, by one of the scan's times."""

    def of_row(node: exp.Expression) -> exp.Expression:
        if not isinstance(node, exp.Column):
            return node
        figure = figures[node.name]
        measure = figure.measure
        assert measure is not None, "figures of stocks have no rows"
        if figure.time != time:
            return exp.Literal.number("0.0")
        amount = f"cast({measure.amount} as double)" if measure.amount else "1.0"
        test = measure.test or "true"
        return exp.maybe_parse(f"case when {test} then {amount} else 0.0 end", dialect=DIALECT)

    return text_of(tree.transform(of_row))
