"""The second SELECT of a question: what its figures do not tell of the rows behind them.

How rows scatter, for intervals: each row stands in a numerator and a denominator with some amount, a and b, and the
sums of a², a·b and b² are given by cut, bucket and total; over rows, or over people with all their rows added up
first. How many people there are, for the floor. It is asked only when one of these is, and reads each relation once
more; the first SELECT stays as it is.

A part of a KPI is written over figures that count or add up rows; here every figure is what one row adds to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlglot import exp

from omnictl.compiler.answerable import Answerable, Answerables
from omnictl.compiler.catalog import Catalog, People
from omnictl.compiler.cells import ALL, BUCKET, CUT
from omnictl.compiler.early import leave_out_early
from omnictl.compiler.figures import Figure, Figures
from omnictl.compiler.intervals import (
    APART,
    CHANCE,
    COUNT,
    NO_QUOTIENT,
    NO_SUMS,
    PERCENTILE,
    SECOND,
    SPREAD,
    STOCK,
    STRETCHES,
)
from omnictl.compiler.moments import Asked, over_relations
from omnictl.compiler.reads import Reads
from omnictl.compiler.scan import Scan
from omnictl.glossary.meaning import Meaning
from omnictl.glossary.scope import FOLLOWUP, PERSON

NO_INTERVAL = {"sum": COUNT, "distinct": COUNT, "percentile": PERCENTILE, "stock": STOCK}
OF_TIME = ("base", "levels", "staffing")  # relations whose rows are stretches of time


class Second:
    """The second SELECT, and how each KPI's interval is worked out. `reads` are its own."""

    def __init__(self, reads: Reads, catalog: Catalog) -> None:
        self.reads, self.catalog = reads, catalog
        self.intervals, self.people = reads.question.interval, reads.question.floor > 0
        self.figures = Figures(reads)
        self.answerables = Answerables(self.figures, catalog)
        self.asked: list[Asked] = []
        self.persons: dict[int, str] = {}

    def add(self, meaning: Meaning, name: str) -> Asked:
        """Ask of a KPI what is asked for."""
        answerable = self.answerables.of(meaning)
        asked = Asked(name, self._method(answerable) if self.intervals else "")
        if self.intervals and asked.method in ("", *SECOND):
            self._parts(asked, answerable)
        if self.people:
            asked.behind = self._behind(answerable)
            asked.rows = not asked.behind and any(leaf.branch.reach.person for leaf in answerable.leaves)
        for scan in asked.scans() if asked.by_person else ():
            self._person(scan)
        self.asked.append(asked)
        return asked

    def _method(self, answerable: Answerable) -> str:
        """How the interval is worked out. What is weighted has none: links may be wrong, and rows do not tell how."""
        return CHANCE if answerable.probable is not None else method_of(answerable)

    def told_of(self, name: str) -> dict[str, Any]:
        """What a plan says of a KPI: how its interval is worked out, and whether it is about people."""
        asked = next((each for each in self.asked if each.name == name), None)
        if asked is None:
            return {}
        told_by = "people" if asked.behind else "rows" if asked.rows else ""
        return {"interval": asked.method, "about_people": told_by}

    def _named(self, tree: exp.Expression | None) -> list[Figure]:
        """The figures of a tree; those that several cuts share too."""
        if tree is None:
            return []
        shared = {name: figure for (figure, _), name in self.figures.spreads.items()}
        known = {each.name: each for each in self.figures}
        return [known[shared.get(column.name, column.name)] for column in tree.find_all(exp.Column)]

    def _parts(self, asked: Asked, answerable: Answerable) -> None:
        """What each row adds to numerator and denominator; or why that cannot be told."""
        above, below = answerable.numerator, answerable.denominator
        if above is None or below is None:
            asked.method = NO_QUOTIENT
            return
        names = [column.name for tree in (above, below) for column in tree.find_all(exp.Column)]
        figures = dict(zip(names, self._named(above) + self._named(below), strict=True))
        spread = {name: kept for (_, kept), name in self.figures.spreads.items()}
        shared = {spread.get(column.name) for column in below.find_all(exp.Column)}
        if len(shared) > 1 or any(column.name in spread for column in above.find_all(exp.Column)):
            asked.method = SPREAD
        elif any(each.measure is None or not each.measure.additive for each in figures.values()) or not (
            _linear(above) and _linear(below)
        ):
            asked.method = NO_SUMS
        elif len({id(each.scan) for each in figures.values()}) != 1:
            asked.method = APART
        else:
            asked.above, asked.below, asked.figures, asked.kept = above, below, figures, shared.pop()

    def _behind(self, answerable: Answerable) -> list[Figure]:
        """The figures that count rows of people: those judged, else all that the KPI is made of."""
        for tree in (answerable.n(), answerable.value):
            named = [each for each in self._named(tree) if not each.scan.hidden]
            found = [each for each in named if each.measure is not None and each.scan.reach.person]
            if found:
                return list({each.name: each for each in found}.values())
        return []

    def _person(self, scan: Scan) -> None:
        """Let a scan tell the person of each row."""
        if id(scan) not in self.persons:
            known = self.catalog.people in (People.KNOWN, People.STALE) and bool(scan.reach.person)
            tree = exp.column("person_id", table=PERSON) if known else exp.cast(exp.null(), exp.DType.BIGINT)
            if known and scan.reach.followed and FOLLOWUP in {alias for alias, _, _ in scan.joins}:
                tree = exp.column("person_id", table=FOLLOWUP)
            self.persons[id(scan)] = scan.amount(tree)

    # the SQL

    def sql(self) -> str:
        """One SELECT whose columns are level, period, cut_1 …, then what is asked; '' when nothing is."""
        wanted = [each for each in self.asked if each.scans()]
        if not wanted:
            return ""
        leave_out_early(self.reads, self.catalog, shows=False)
        keys = [f"cut_{number}" for number in range(1, len(self.reads.question.by) + 1)]
        columns = [column for each in wanted for column in each.columns()]
        steps: list[tuple[str, str]] = []
        rows: list[str] = []
        for scan in self.reads:
            own = [each for each in wanted if any(found is scan for found in each.scans())]
            if not own or scan.hidden:
                continue
            for source, levels in _sources(scan, keys):
                steps += source.judged_steps()
                for by_person in (True, False):
                    some = [each for each in own if (each.by_person if by_person else each.over_rows)]
                    if some:
                        name = f"{source.name}_{'people' if by_person else 'squares'}"
                        steps.append((name, self._units(scan, source, some, keys, by_person=by_person)))
                        rows += self._levels(name, some, keys, columns, levels, by_person=by_person)
        if not rows:
            return ""
        steps.append(("told", "\nunion all\n".join(rows)))
        text = ",\n".join(f"{name} as {_kept(name)}(\n{_indented(body)}\n)" for name, body in steps)
        added = ",\n  ".join(over_relations(name) for name in columns)
        group = ", ".join(["level", "period", *keys])
        return f"with {text}\nselect {group},\n  {added}\nfrom told\ngroup by {group}\norder by {group}"

    def _units(self, scan: Scan, source: Scan, asked: Sequence[Asked], keys: Sequence[str], *, by_person: bool) -> str:
        """What every row of a source adds, by cut and bucket; added up by person, or as squares and products."""
        cuts = [key if key in source.cut_names else f"null as {key}" for key in keys]
        pieces = []
        for time in scan.time_names:
            tests = {each.measure.test for one in asked for each in one.read(scan, time) if each.measure is not None}
            if tests:
                told = [column for each in asked for column in each.row(scan, time, by_person=by_person)]
                person = [f"{self.persons[id(scan)]} as person"] if by_person else []
                columns = ",\n  ".join([f"{time} as period", *cuts, *person, *told])
                any_of = f" and ({' or '.join(f'({each})' for each in sorted(tests))})" if all(tests) else ""
                pieces.append(f"select {columns}\nfrom {source.name}_judged\nwhere {time} is not null{any_of}")
        body = _indented("\nunion all by name\n".join(pieces))
        group = ", ".join(["period", *keys, *(["person"] if by_person else [])])
        added = []
        for each in asked:
            if by_person:
                added += [f"sum({name}) as {name}" for name in each.units()]
            elif each.above is not None:
                added += each.squares()
        return f"select {group},\n  {', '.join(added)}\nfrom (\n{body}\n) as rows_told\ngroup by {group}"

    def _levels(
        self,
        name: str,
        asked: Sequence[Asked],
        keys: Sequence[str],
        columns: Sequence[str],
        levels: Sequence[int],
        *,
        by_person: bool,
    ) -> Iterator[str]:
        """The rows of every level. People are told anew for each: one may be in several cuts."""
        split: dict[int, list[str]] = {CUT: ["period", *keys], BUCKET: ["period"], ALL: []}
        for level, grouped in ((level, split[level]) for level in levels):
            own: dict[str, str] = {}
            for each in asked:
                if level == CUT and each.kept is not None and by_person != each.over_rows:
                    yield each.shared(name, keys, columns, by_person=by_person)
                    own |= {f"{each.name}_people": each.told(by_person=by_person).get(f"{each.name}_people", "null")}
                    continue
                own |= each.told(by_person=by_person)
            names = ", ".join(grouped)
            source = name
            if by_person and level != CUT:
                units = [f"sum({unit}) as {unit}" for each in asked for unit in each.units()]
                source = f"(select {', '.join([*grouped, 'person', *units])} from {name} group by all) as people"
            told = [f"{level} as level"]
            told += [key if key in grouped else f"null as {key}" for key in ("period", *keys)]
            told += [f"{own.get(column, 'null')} as {column}" for column in columns]
            group = f"\ngroup by {names}" if names else ""
            yield f"select {', '.join(told)}\nfrom {source}{group}"


def _sources(scan: Scan, keys: Sequence[str]) -> list[tuple[Scan, tuple[int, ...]]]:
    """What a scan's levels are told by: itself, and where a row stands in several cuts, for totals each row once."""
    above = (BUCKET, ALL) if keys else (ALL,)
    if keys and scan.cuts is None:
        return [(scan, above)]
    return [(scan, (CUT,)), (scan.whole, above)] if scan.repeated else [(scan, (CUT, *above))]


def method_of(answerable: Answerable) -> str:
    """How the interval of a KPI is worked out; '' when its rows must tell; else why it has none."""
    kpi = answerable.meaning.kpi
    if kpi.rollup in NO_INTERVAL:
        return NO_INTERVAL[kpi.rollup]
    if any(leaf.branch.reach.relation.name in OF_TIME for leaf in answerable.leaves):
        return STRETCHES
    windowed = any(leaf.meaning.kpi.window is not None for leaf in answerable.leaves)
    if kpi.rollup == "share":
        return "clustered" if windowed else "wilson" if _counts(answerable) else "linear"
    return "people" if windowed else "linear"


def _counts(answerable: Answerable) -> bool:
    """Whether a share is one of rows, and not of amounts."""
    parts = [
        aggregate for leaf in answerable.leaves for part in leaf.branch.parts.values() for aggregate in part.aggregates
    ]
    return all(each.kind == "count" for each in parts)


def _linear(tree: exp.Expression) -> bool:
    """Whether a tree adds up and scales figures, and adds no number of its own."""
    if isinstance(tree, exp.Column):
        return True
    if isinstance(tree, (exp.Paren, exp.Neg, exp.Cast)):
        return _linear(tree.this)
    if isinstance(tree, (exp.Add, exp.Sub)):
        return _linear(tree.this) and _linear(tree.expression)
    if isinstance(tree, exp.Mul):
        number, other = (tree.this, tree.expression) if not tree.this.find(exp.Column) else (tree.expression, tree.this)
        return not number.find(exp.Column) and _linear(other)
    return isinstance(tree, exp.Div) and not tree.expression.find(exp.Column) and _linear(tree.this)


def _kept(name: str) -> str:
    return "materialized " if name.endswith(("_people", "_squares")) else ""


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.split("\n"))
