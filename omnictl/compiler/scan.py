"""One relation, read once: what is tested and measured of each row, which rows are judged, and what is counted of them.

The scan is three steps of SQL, each a named CTE, so that nothing is worked out twice however many KPIs are asked:

    <relation>_rows     each row's cuts, bucket numbers, simple tests and amounts
    <relation>_judged   which rows a KPI judges: its conditions together, and nothing it needs unknown
    <relation>_parts    the aggregates, by cut and bucket

KPIs dated by different columns share the scan: the last step groups by the bucket of each. Nearly all rows have the
same one in all, so few groups are added, and each KPI adds them up by its own. What does not add up (distinct values,
percentiles) is taken directly where one column dates everything, and is otherwise kept as lists until the end.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from sqlglot import exp

from omnictl.compiler.buckets import Buckets
from omnictl.compiler.conditions import compared
from omnictl.compiler.lookups import Lookups, looks_up, repeats
from omnictl.compiler.spelling import aliases_of, text_of
from omnictl.glossary.parts import AggregateKind
from omnictl.glossary.reach import Reach
from omnictl.glossary.scope import COST, FOLLOWUP, KNOWN, PARENT, PERSON

COMMON = "t0"  # column of what all judged rows have in common
OWN = "r"  # alias of the relation when something is joined
CONNECTIVES = (exp.And, exp.Or, exp.Not, exp.Paren, exp.Boolean)


@dataclass(frozen=True)
class Measure:
    """One aggregate of a scan.

    Attributes:
        test: SQL over the judged rows' columns; '' for all rows.
        amount: name of the column that is summed, told apart or ranked.
    """

    kind: AggregateKind
    test: str = ""
    amount: str = ""
    share: Decimal | None = None

    @property
    def additive(self) -> bool:
        return self.kind in ("count", "sum")

    def sql(self, *, direct: bool) -> str:
        """The aggregate; as a list of values when it is not additive and is to be taken later."""
        amount = f"cast({self.amount} as double)" if self.kind == "percentile" else self.amount
        chosen = f"case when {self.test} then {amount} end" if self.test else amount
        if self.kind == "count":
            return f"count_if({self.test})" if self.test else "count(*)"
        if self.kind == "sum":
            return f"sum({chosen})"
        if direct:
            return self.over(chosen)
        unique = "distinct " if self.kind == "distinct" else ""
        return f"list({unique}{amount})" + (f" filter (where {self.test})" if self.test else "")

    def over(self, values: str) -> str:
        """The aggregate over single values."""
        return f"count(distinct {values})" if self.kind == "distinct" else f"quantile_cont({values}, {self.share})"


@dataclass
class Scan:
    """What is asked of one relation.

    Attributes:
        cuts: what the rows are cut by, one tree per cut; None when the relation lacks one of them.
        where: the asker's condition.
        pushed: conditions without which no KPI judges a row; set when no cut needs the others to be seen.
        totals: whether figures over all cuts are asked too.
        seen_by: the time by which a row is seen in the period, whether a KPI judges it or not; '' by any.
        sees_apart: whether cuts are seen in a step of their own, since the scan itself leaves rows out.
        label: what its steps are called; '' as its relation.
        positions: which of the answer's cuts it has, from 0; None for all.
        hidden: whether its cuts are no rows of the answer, but what a denominator is spread over.
        lookups: what is joined to its rows for local times, opening hours and names of the referential.
        qualified: whether the rows' own columns are told from those of what is joined, as the rows step is written.
    """

    reach: Reach
    buckets: Buckets
    cuts: Sequence[exp.Expression] | None
    where: exp.Expression | None
    totals: bool
    pushed: list[exp.Expression] = field(default_factory=list)
    tests: dict[str, tuple[str, exp.Expression]] = field(default_factory=dict)
    amounts: dict[str, tuple[str, exp.Expression]] = field(default_factory=dict)
    judged: dict[frozenset[str], str] = field(default_factory=dict)
    flags: dict[str, str] = field(default_factory=dict)
    times: dict[str, tuple[str, exp.Expression, bool]] = field(default_factory=dict)
    seen_by: str = ""
    sees_apart: bool = False
    measures: dict[Measure, str] = field(default_factory=dict)
    label: str = ""
    positions: tuple[int, ...] | None = None
    hidden: bool = False
    lookups: Lookups | None = None
    qualified: bool = False

    @property
    def name(self) -> str:
        return self.label or self.reach.relation.name

    @property
    def table(self) -> str:
        """Where the rows are read from."""
        return self.reach.relation.name

    @property
    def asked(self) -> bool:
        """Whether anything is counted of it, or cuts are seen in it."""
        return bool(self.measures or self.seen_by)

    # what is asked

    def test(self, tree: exp.Expression) -> str:
        """SQL over the rows step for a condition: every simple test in it is a column there."""

        def replaced(node: exp.Expression) -> exp.Expression:
            if isinstance(node, CONNECTIVES):
                for key, value in node.args.items():
                    if isinstance(value, exp.Expression):
                        node.set(key, replaced(value))
                return node
            return exp.column(self._column(self.tests, "t", node))

        return text_of(replaced(tree.copy()))

    def amount(self, tree: exp.Expression) -> str:
        """The column of the rows step that holds a value."""
        return self._column(self.amounts, "x", tree)

    def judge(self, tests: Iterable[str]) -> str:
        """The column of the judged step that holds several conditions over tests together; '' for none."""
        wanted = frozenset(tests)
        return self.judged.setdefault(wanted, f"j{len(self.judged) + 1}") if wanted else ""

    def flag(self, test: str) -> str:
        """The column of the judged step that holds one condition over tests."""
        return self.flags.setdefault(test, f"s{len(self.flags) + 1}")

    def time(self, tree: exp.Expression, *, nullable: bool) -> str:
        """The column of the parts step that holds the bucket's number of a time, which may be NULL in some rows."""
        if not self.buckets.bounded:
            tree, nullable = exp.Literal.number(0), False
        return self.times.setdefault(text_of(tree), (f"period_{len(self.times) + 1}", tree, nullable))[0]

    def measure(self, measure: Measure) -> str:
        """The column of the parts step that holds an aggregate."""
        return self.measures.setdefault(measure, f"c{len(self.measures) + 1}")

    def _column(self, columns: dict[str, tuple[str, exp.Expression]], prefix: str, tree: exp.Expression) -> str:
        return columns.setdefault(text_of(tree), (f"{prefix}{len(columns) + 1}", tree))[0]

    @property
    def can_see_apart(self) -> bool:
        """Whether the cuts are seen without what is joined, by which time is known, and reading them apart costs less
        than joining what follows to every row."""
        if FOLLOWUP not in self._tables():
            return False
        trees = [*(self.cuts or ()), *([self.where] if self.where is not None else [])]
        trees += [tree for name, tree, _ in self.times.values() if name == self.seen_by]
        if any(looks_up(tree) for tree in trees):
            return False
        timed = bool(self.seen_by) or not self.buckets.bounded
        return timed and bool(self.cuts) and not any(alias for tree in trees for alias in aliases_of(tree))

    # the SQL

    @property
    def direct(self) -> bool:
        """Whether aggregates that do not add up can be taken in the scan: one bucket per row, and no totals."""
        return len(self.times) == 1 and not self.totals

    @property
    def checked(self) -> bool:
        """Whether only rows of the period are read at all; with several times a row may lie in it by one of them."""
        return len(self.times) == 1 and self.buckets.given

    @property
    def cut_names(self) -> list[str]:
        if self.cuts is None:
            return []
        positions = range(len(self.cuts)) if self.positions is None else self.positions
        return [f"cut_{position + 1}" for position in positions]

    @property
    def time_names(self) -> list[str]:
        return [name for name, _, _ in self.times.values()]

    def steps(self) -> Iterator[tuple[str, str]]:
        """The CTEs of the scan: name and text."""
        if self.sees_apart:
            yield f"{self.name}_seen", self._seen()
        yield from self.judged_steps()
        keys = [*self.cut_names, *self.time_names]
        aggregates = [f"{self.aggregate(measure)} as {name}" for measure, name in self.measures.items()]
        yield (
            f"{self.name}_parts",
            f"select {_lines([', '.join(keys), *aggregates])}\nfrom {self.name}_judged\ngroup by {', '.join(keys)}",
        )
        if self.repeated and self.totals:
            yield from self.whole.steps()

    def aggregate(self, measure: Measure) -> str:
        """SQL of an aggregate of the judged rows."""
        return measure.sql(direct=self.direct)

    def people_behind(self, test: str) -> str:
        """SQL over the judged rows: those that meet a test, and tell how many people there are."""
        return test

    def judged_steps(self) -> Iterator[tuple[str, str]]:
        """The rows, and which of them a KPI judges."""
        yield from self._read()
        yield f"{self.name}_judged", self._judged()

    @property
    def repeated(self) -> bool:
        """Whether a row stands in several cuts."""
        return any(repeats(tree) for tree in self.cuts or ())

    @property
    def whole(self) -> Scan:
        """What is over all cuts: itself, or where a row stands in several of them, the same with each row once."""
        if not self.repeated:
            return self
        name = f"{self.name}_whole"
        lookups = Lookups(self.lookups.grounds, name) if self.lookups is not None else None
        return replace(self, cuts=[], positions=None, label=name, lookups=lookups, seen_by="")

    def _read(self) -> Iterator[tuple[str, str]]:
        """The rows, after the tables that are joined to them."""
        rows = self._rows()  # as it is written, it finds what it needs
        yield from self.lookups.steps() if self.lookups is not None else ()
        yield f"{self.name}_rows", rows

    def _seen(self) -> str:
        """The cuts of all rows of the period, whether a KPI judges them or not."""
        columns = [f"{self._text(tree)} as {name}" for name, tree in zip(self.cut_names, self.cuts or (), strict=True)]
        conditions = [self._text(compared(self.where))] if self.where is not None else []
        for name, tree, nullable in self.times.values():
            if name == self.seen_by and self.buckets.bounded:
                number = self.buckets.number(self._text(tree), checked=False, nullable=nullable)
                conditions.append(f"{number} is not null")
        text = f"select distinct {_lines(columns)}\nfrom {self.table}"
        return text + ("\nwhere " + "\n  and ".join(f"({each})" for each in conditions) if conditions else "")

    def _rows(self) -> str:
        joins = self.joins
        # where anything is joined to the rows, columns must say whose they are
        self.qualified = bool(joins) or any(looks_up(tree) for tree in self._trees())
        columns = [f"{self._sql(tree)} as {name}" for name, tree in zip(self.cut_names, self.cuts or (), strict=True)]
        columns += self._time_columns()
        common = self._common()
        if common:
            columns.append(" and ".join(self._sql(self._tests_by_name[name]) for name in common) + f" as {COMMON}")
        for name, tree in (*self.tests.values(), *self.amounts.values()):
            columns.append(f"{self._sql(tree)} as {name}")
        columns += self._further()
        text = f"select {_lines(columns)}\nfrom {self.table}"
        conditions = [self._sql(each) for each in ([self.where] if self.where is not None else []) + self.pushed]
        conditions += self._time_conditions()
        if self.qualified:
            text += f" as {OWN}"
        for alias, relation, link in joins:
            on = " and ".join(f"{alias}.{theirs} = {OWN}.{own}" for own, theirs in link)
            text += f"\nleft join {relation} as {alias} on {on}"
        text += self.lookups.joins() if self.lookups is not None else ""
        return text + ("\nwhere " + "\n  and ".join(f"({each})" for each in conditions) if conditions else "")

    def _further(self) -> list[str]:
        """Columns of the rows step that no KPI asks for."""
        return []

    def _time_columns(self) -> list[str]:
        """The number of each time's bucket."""
        found = []
        for name, tree, nullable in self.times.values():
            number = self.buckets.number(self._sql(tree), checked=self.checked, nullable=nullable)
            found.append(f"{number} as {name}")
        return found

    def _time_conditions(self) -> list[str]:
        """What leaves out the rows of other periods."""
        if not (self.buckets.bounded and self.buckets.given):
            return []
        inside = [self.buckets.within(self._sql(tree)) for _, tree, _ in self.times.values()]
        return [inside[0] if len(inside) == 1 else " or ".join(f"({each})" for each in inside)]

    def _judged(self) -> str:
        """The flags; what all of them share is tested once."""
        common = self._common()
        columns = ["*"]
        for tests, name in self.judged.items():
            rest = sorted(tests - set(common), key=_order)
            columns.append(f"{' and '.join([COMMON, *rest] if common else rest)} as {name}")
        columns += [f"{test} as {name}" for test, name in self.flags.items()]
        return f"select {_lines(columns)}\nfrom {self.name}_rows"

    def _common(self) -> list[str]:
        """The simple tests that every flag holds; none when that saves nothing."""
        if len(self.judged) < 2:
            return []
        shared = frozenset.intersection(*self.judged) & set(self._tests_by_name)
        return sorted(shared, key=_order) if len(shared) > 1 else []

    @property
    def _tests_by_name(self) -> dict[str, exp.Expression]:
        return dict(self.tests.values())

    @property
    def relations(self) -> list[str]:
        """The relations it reads."""
        return [self.reach.relation.name, *(relation for _, relation, _ in self.joins)]

    @property
    def joins(self) -> list[tuple[str, str, tuple[tuple[str, str], ...]]]:
        """What is joined because something of it is read: alias, relation, own columns with its key. Each has at most
        one row for a row of the scan."""
        of_interaction = ((PERSON, "identities"), (FOLLOWUP, "followups"), (COST, "costs"))
        known = [(alias, relation, self.reach.person) for alias, relation in of_interaction]
        known.append((KNOWN, "sources", (("source", "source"),)))
        if self.reach.parent is not None:
            known.insert(0, (PARENT, self.reach.parent.name, self.reach.link))
        read = self._tables()
        return [each for each in known if each[0] in read]

    def _tables(self) -> set[str]:
        """The aliases that stand before columns."""
        return {alias for tree in self._trees() for alias in aliases_of(tree)}

    def _trees(self) -> list[exp.Expression]:
        """Everything that is worked out of a row."""
        trees = [tree for _, tree in (*self.tests.values(), *self.amounts.values())]
        trees += self._time_trees()
        return [*trees, *(self.cuts or ()), *self.pushed, *([self.where] if self.where is not None else [])]

    def _time_trees(self) -> list[exp.Expression]:
        return [tree for _, tree, _ in self.times.values()]

    def _sql(self, tree: exp.Expression) -> str:
        tree = compared(tree)
        if self.qualified:
            tree = tree.copy()
            for column in list(tree.find_all(exp.Column)):
                if not column.table:
                    column.set("table", exp.to_identifier(OWN))
        return self._text(tree)

    def _text(self, tree: exp.Expression) -> str:
        """SQL of a tree whose columns are named as they are read."""
        lowered = self.lookups.lowered(tree) if self.lookups is not None else tree
        return text_of(lowered)


def _order(test: str) -> tuple[int, str]:
    """Tests in the order they were first asked for: t2 before t10, simple ones before what is made of several."""
    return len(test), test


def _lines(columns: Sequence[str]) -> str:
    return ",\n  ".join(columns)
