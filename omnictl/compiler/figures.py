"""A KPI's meaning as figures of scans: what each of its parts is made of, over which rows it was judged, and how many
rows could not be.

A row stands in no part of a KPI, and is counted as unknown, when the KPI's condition, its time, or any condition or
amount of any of its parts is NULL. What the store says of its columns tells which of these can happen at all, so that
rows that cannot be unknown cost nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlglot import exp

from omnictl.compiler.catalog import Catalog
from omnictl.compiler.measured import on_measured
from omnictl.compiler.nulls import NULL, Nullness, can_be_null, outcomes
from omnictl.compiler.scan import Measure, Scan
from omnictl.compiler.spelling import text_of
from omnictl.compiler.stock import Kind, Stock
from omnictl.compiler.weights import BY_CHANCE, Weighted
from omnictl.glossary.meaning import Branch
from omnictl.glossary.parts import Aggregate, Part, bracketed, conjuncts
from omnictl.glossary.reach import Reach
from omnictl.glossary.scope import PARENT

if TYPE_CHECKING:
    from omnictl.compiler.reads import Read, Reads

NOTHING = exp.Literal.number(0)


@dataclass(frozen=True)
class Figure:
    """One additive or final column of the answer's sums: where it comes from. One of a stock has no time: its scan
    gives it for every bucket and level; `measure` is then None."""

    name: str
    scan: Scan
    time: str
    column: str
    measure: Measure | None

    @property
    def added(self) -> str:
        """SQL: the figure of a row of the answer, of the rows stacked for it."""
        if self.measure is None or self.measure.additive:
            return f"coalesce(sum({self.name}), 0)"
        return f"coalesce(max({self.name}), 0)" if self.measure.kind == "distinct" else f"max({self.name})"


class Figures:
    """All figures of a question, each once. `reads` knows where the rows of each KPI come from."""

    def __init__(self, reads: Reads) -> None:
        self.reads = reads
        self.spreads: dict[tuple[str, tuple[str, ...]], str] = {}
        self._known: dict[tuple[str, str, str], Figure] = {}

    def __iter__(self) -> Iterator[Figure]:
        return iter(self._known.values())

    def spread(self, column: exp.Expression, kept: tuple[str, ...] | None) -> exp.Expression:
        """A figure of the sums as every cut has it that shares the columns kept; itself when all are."""
        if kept is None:
            return column
        return exp.column(self.spreads.setdefault((column.name, kept), f"w{len(self.spreads) + 1}"))

    def of_stock(self, stock: Stock, kind: Kind, measure: Measure) -> exp.Expression:
        """A figure of a stock, as a column of the sums."""
        column = stock.figure(kind, measure)
        key = (stock.name, "", column)
        if key not in self._known:
            self._known[key] = Figure(f"f{len(self._known) + 1}", stock, "", column, None)
        return exp.column(self._known[key].name)

    def of(self, scan: Scan, time: str, measure: Measure) -> exp.Expression:
        """The figure of a measure by one of the scan's times, as a column of the sums."""
        column = scan.measure(measure)
        key = (scan.name, time, column)
        if key not in self._known:
            self._known[key] = Figure(f"f{len(self._known) + 1}", scan, time, column, measure)
        return exp.column(self._known[key].name)


@dataclass(frozen=True)
class Judged:
    """A branch asked of its scan: its parts as trees over figures; and, counted only when they are wanted, how many
    rows were judged, how many could not be, how many cannot be yet, how many have no person, and how many of those
    judged are so by probable links; None where that is not asked."""

    parts: Mapping[str, exp.Expression]
    n: Callable[[], exp.Expression]
    unknown: Callable[[], exp.Expression]
    immature: Callable[[], exp.Expression] | None = None
    unidentified: Callable[[], exp.Expression] | None = None
    probable: Callable[[], exp.Expression] | None = None


def judge(branch: Branch, read: Read, figures: Figures, catalog: Catalog) -> Judged:
    """Ask a branch's parts of its relation's scan."""
    scan = read.scan
    nullness = nullness_of(branch, catalog)
    placed = placing(branch, nullness, scan.buckets.noon_s)
    time = scan.time(placed, nullable=can_be_null(placed, nullness_in(branch.reach, None, catalog)))
    conditions = list(conjuncts(branch.where))
    watch = _Watched(branch, scan, conditions)
    required = list(required_of(branch, [*conditions, *watch.tests], nullness))
    required += on_measured(branch, [*conditions, *watch.tests], deciding(branch), catalog)
    flag = flag_of(scan, [*conditions, *watch.tests, *required])
    unsure = bool(required) or watch.unsure or (branch.where is not None and can_be_null(branch.where, nullness))

    def rows(test: str) -> exp.Expression:
        return figures.spread(figures.of(scan, time, Measure("count", test)), read.kept)

    def judged() -> exp.Expression:
        return rows(flag)

    def probable() -> exp.Expression:
        return rows(f"{flag} and {BY_CHANCE}" if flag else BY_CHANCE)

    def immature() -> exp.Expression:
        return rows(watch.immature())

    def unidentified() -> exp.Expression:
        return rows(watch.unidentified())

    def unknown() -> exp.Expression:
        if not unsure:
            return NOTHING.copy()
        known = judged()
        for others in (immature if watch.mature else None, unidentified if watch.identified else None):
            known = exp.Add(this=known, expression=others()) if others is not None else known
        known = exp.Paren(this=known) if isinstance(known, exp.Add) else known
        return exp.Paren(this=exp.Sub(this=rows(seen_flag(scan, conditions)), expression=known))

    def counted(aggregate: Aggregate) -> exp.Expression:
        return figures.spread(figures.of(scan, time, measure_of(aggregate, scan, flag)), read.kept)

    return Judged(
        {name: _part(part, counted) for name, part in branch.parts.items()},
        judged,
        unknown,
        immature if watch.mature is not None else None,
        unidentified if watch.identified is not None else None,
        probable if isinstance(scan, Weighted) else None,
    )


class _Watched:
    """What must be seen of a branch's rows before they are judged, asked of its scan. A row that the branch's
    condition holds for is judged, or has no person, or is not mature, or is unknown; one of the four."""

    def __init__(self, branch: Branch, scan: Scan, conditions: Sequence[exp.Expression]) -> None:
        self.identified = branch.watch.identified if branch.watch is not None else None
        self.mature = branch.watch.mature if branch.watch is not None else None
        self.scan = scan
        self.conditions = conditions

    @property
    def tests(self) -> list[exp.Expression]:
        return [each for each in (self.identified, self.mature) if each is not None]

    @property
    def unsure(self) -> bool:
        """Whether the window may be unknown: a row with a person that is followed by nothing on principle."""
        followed = self.mature is not None and any(column.table for column in self.mature.find_all(exp.Column))
        return self.mature is not None and (self.identified is not None or followed)

    def unidentified(self) -> str:
        """The column that tells which rows have no person."""
        return self._missing([], self.identified)

    def immature(self) -> str:
        """The column that tells which rows have a person, and a window whose end is not in the data."""
        return self._missing([self.identified] if self.identified is not None else [], self.mature)

    def _missing(self, given: Sequence[exp.Expression], wanted: exp.Expression | None) -> str:
        tests = [self.scan.test(bracketed(each)) for each in (*self.conditions, *given)]
        lacking = f"not ({self.scan.test(wanted)})" if wanted is not None else "false"
        return self.scan.flag(" and ".join([*tests, lacking]))


def seen_flag(scan: Scan, conditions: Iterable[exp.Expression]) -> str:
    """The column that tells which rows are judged or unknown; '' when all are."""
    tests = [scan.test(bracketed(each)) for each in conditions]
    return scan.flag(f"({' and '.join(tests)}) is not false") if tests else ""


def see(scan: Scan, catalog: Catalog) -> None:
    """Let a cut be seen by the relation's own time, so that the rows of an answer do not depend on the KPIs asked."""
    reach = scan.reach
    if not scan.buckets.bounded and not scan.measures:  # only stocks are asked: their rows are not all there are
        scan.seen_by = scan.time(NOTHING, nullable=False)
    if not reach.times or not scan.buckets.bounded:
        return
    nullness = nullness_in(reach, None, catalog)
    own: list[exp.Expression] = [exp.column(name, table=None if reach.relation.at else PARENT) for name in reach.times]
    tree = own[0]
    column = reach.find(reach.times[0])
    if column is not None and column.kind == "date":
        tree = _noon(exp.cast(tree, exp.DType.TIMESTAMP), scan.buckets.noon_s)
    elif len(own) > 1 and can_be_null(tree, nullness):
        tree = exp.Coalesce(this=tree, expressions=own[1:])
    scan.seen_by = scan.time(tree, nullable=can_be_null(tree, nullness))


def nullness_of(branch: Branch, catalog: Catalog) -> Nullness:
    """Which columns may be NULL in the rows of a branch."""
    return nullness_in(branch.reach, branch.channels, catalog)


def nullness_in(reach: Reach, channels: tuple[str, ...] | None, catalog: Catalog) -> Nullness:
    """Which columns may be NULL on some channels. What is joined always may: it can be missing."""

    def nullness(column: exp.Expression) -> str:
        if isinstance(column, exp.Column) and column.table:
            return "maybe"
        return "maybe" if catalog.may_be_null(reach.relation.name, column.name, channels) else "never"

    return nullness


def placing(branch: Branch, nullness: Nullness, noon_s: int) -> exp.Expression:
    """The time a row is placed by: the KPI's own, else that of the relation, by which a row without it is counted
    as unknown. `noon_s`: when it is noon in the zone, in seconds of a day of UTC."""
    if branch.daily:
        return _noon(branch.at, noon_s)
    if not can_be_null(branch.at, nullness):
        return branch.at
    own = {column.name for column in branch.at.find_all(exp.Column)} if isinstance(branch.at, exp.Column) else set()
    parent = branch.reach.relation.at == ""
    others: list[exp.Expression] = [
        exp.column(name, table=PARENT if parent else None) for name in branch.reach.times if name not in own
    ]
    return exp.Coalesce(this=branch.at, expressions=others) if others else branch.at


def _noon(midnight: exp.Expression, noon_s: int) -> exp.Expression:
    """Noon of a local day, in UTC: it lies in the day, whatever the clocks do at midnight."""
    noon = exp.Interval(this=exp.Literal.string(str(noon_s)), unit=exp.var("SECOND"))
    return exp.Add(this=midnight.copy(), expression=noon)


def required_of(branch: Branch, conditions: Iterable[exp.Expression], nullness: Nullness) -> Iterator[exp.Expression]:
    """What must hold for a row to be known, besides the KPI's own condition."""
    deciders, aggregates = deciding(branch), _aggregates(branch)
    given = _implied(conditions, nullness)
    strict = {}
    for tree in deciders:
        for column in tree.find_all(exp.Column):
            name = text_of(column)
            if name not in given and outcomes(tree, _but(nullness, {name: "always"})) == NULL:
                strict[name] = column
    for column in strict.values():
        if nullness(column) == "maybe":
            yield _known(column)
    settled = _but(nullness, dict.fromkeys([*given, *strict], "never"))
    for tree in deciders:
        if can_be_null(tree, settled):
            yield _known(exp.Paren(this=tree.copy()))
    for aggregate in aggregates:
        argument, condition = aggregate.argument, aggregate.condition
        if argument is not None and condition is not None and can_be_null(argument, settled):
            out = exp.Not(this=exp.Paren(this=condition.copy()))
            yield exp.Paren(this=exp.Or(this=out, expression=_known(exp.Paren(this=argument.copy()))))


def deciding(branch: Branch) -> list[exp.Expression]:
    """What makes a row unknown where it is NULL: its time, every condition, and what is summed of every row."""
    aggregates = _aggregates(branch)
    tested = [aggregate.condition for aggregate in aggregates if aggregate.condition is not None]
    always = [each.argument for each in aggregates if each.argument is not None and each.condition is None]
    return [branch.at, *tested, *always]


def _aggregates(branch: Branch) -> list[Aggregate]:
    return [aggregate for part in branch.parts.values() for aggregate in part.aggregates]


def _implied(conditions: Iterable[exp.Expression], nullness: Nullness) -> set[str]:
    """Columns that cannot be NULL where all conditions are true."""
    found = set()
    for tree in conditions:
        for column in tree.find_all(exp.Column):
            name = text_of(column)
            if "T" not in outcomes(tree, _but(nullness, {name: "always"})):
                found.add(name)
    return found


def _but(nullness: Nullness, known: Mapping[str, str]) -> Nullness:
    return lambda column: known.get(text_of(column)) or nullness(column)


def _known(tree: exp.Expression) -> exp.Expression:
    return exp.Not(this=exp.Is(this=tree.copy(), expression=exp.null()))


def flag_of(scan: Scan, conditions: Iterable[exp.Expression]) -> str:
    """The column that tells which rows are judged; '' when all are."""
    return scan.judge(scan.test(bracketed(each)) for each in conditions)


def _part(part: Part, counted: Callable[[Aggregate], exp.Expression]) -> exp.Expression:
    """A part's tree with each aggregate as its figure."""
    found = {f"a{number}": counted(aggregate) for number, aggregate in enumerate(part.aggregates)}
    return filled(part.tree, found)


def measure_of(aggregate: Aggregate, scan: Scan, flag: str) -> Measure:
    test = flag
    if aggregate.condition is not None:
        own = scan.test(bracketed(aggregate.condition))
        test = f"{flag} and {own}" if flag else own
    amount = scan.amount(aggregate.argument) if aggregate.argument is not None else ""
    return Measure(aggregate.kind, test, amount, aggregate.share)


def filled(tree: exp.Expression, values: Mapping[str, exp.Expression]) -> exp.Expression:
    """A tree with its placeholders replaced, in brackets where they are more than a column."""

    def replaced(node: exp.Expression) -> exp.Expression:
        if isinstance(node, exp.Placeholder) and node.name in values:
            value = values[node.name].copy()
            return value if isinstance(value, (exp.Column, exp.Literal, exp.Func, exp.Paren)) else exp.Paren(this=value)
        return node

    return tree.transform(replaced)


def added(trees: Iterable[exp.Expression]) -> exp.Expression:
    """The sum of some figures; zeros left out."""
    found: exp.Expression | None = None
    for tree in trees:
        if tree != NOTHING:
            found = tree.copy() if found is None else exp.Add(this=found, expression=tree.copy())
    return found if found is not None else NOTHING.copy()
