"""A plan run: the rows of the database laid out as the answer's table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from omnictl.compiler.buckets import Buckets, make_buckets
from omnictl.compiler.finish import COMPARED, ENDS, Finished, finish
from omnictl.compiler.plan import COUNTED_APART, TARGETS, Plan, PlannedKpi
from omnictl.compiler.status import judged
from omnictl.errors import EngineError
from omnictl.render.table import Col, Table
from omnictl.zone import zone_of

if TYPE_CHECKING:
    import duckdb

Row = tuple[Any, ...]
ALL = 2  # the level of everything

WORDS = {  # headings people read, by language
    "en": {
        "period_start": "From", "period_end": "To (excluded)", "total": "Total", "numerator": "numerator",
        "denominator": "denominator", "n": "rows judged", "unknown": "rows unknown", "state": "state", "kpi": "KPI",
        "value": "Value", "target": "Target", "target_high": "Target, upper bound", "status": "Status",
        "definition": "Definition",
        "immature": "rows not observed yet", "unidentified": "rows without a person", "previous": "before",
        "probable": "rows by probable links",
        "change": "change", "previous_state": "state before", "low": "95% from", "high": "95% to",
    },
    "fr": {
        "period_start": "Du", "period_end": "Au (exclu)", "total": "Total", "numerator": "numérateur",
        "denominator": "dénominateur", "n": "lignes jugées", "unknown": "lignes inconnues", "state": "état",
        "kpi": "KPI", "value": "Valeur", "target": "Cible", "target_high": "Cible, borne haute", "status": "Statut",
        "definition": "Définition",
        "immature": "lignes encore non observées", "unidentified": "lignes sans personne", "previous": "avant",
        "probable": "lignes par liens probables",
        "change": "évolution", "previous_state": "état avant", "low": "95 % de", "high": "95 % à",
    },
}  # fmt: skip
PARTS = ("numerator", "denominator", "n", "unknown")
COUNTED = ("n", "unknown", *COUNTED_APART)
LEFT_OUT = {"immature": "not observed to the end of their window", "unidentified": "without a person"}
OF_VALUE = ("previous", "change", "low", "high")  # figures of the value's own unit
IN_UNIT = ("value", "target", "target_high", *OF_VALUE)
NUMBERS = ("value", "numerator", "denominator", "target", "target_high", *OF_VALUE)
FIGURES = dict.fromkeys(NUMBERS, "double")  # were they all empty
CHANGES = {"ratio": "pt"}  # the difference of two ratios is one of points
FURTHER = (*COMPARED, *ENDS)


@dataclass(frozen=True)
class Answer:
    """The answer to a question: its table (with notes), and the definition of each KPI for an export's metadata."""

    table: Table
    definitions: list[dict[str, Any]] = field(default_factory=list)

    @property
    def notes(self) -> list[str]:
        return self.table.notes


def answer(plan: Plan, con: duckdb.DuckDBPyConnection) -> Table:
    """Run a plan on a store.

    Raises:
        EngineError: the database refused.
    """
    import duckdb

    data = (plan.first, plan.last) if plan.first is not None and plan.last is not None else None
    buckets = make_buckets(plan.every, plan.period, zone_of(plan.timezone), data, plan.fiscal)
    if buckets is None or not plan.sql:
        return _Layout(plan).table([], ())

    def run(sql: str) -> tuple[list[str], list[Row]]:
        try:
            cursor = con.execute(sql)
            return [name for name, *_ in cursor.description or ()], cursor.fetchall()
        except duckdb.Error as error:
            asked = ", ".join(kpi.name for kpi in plan.kpis)
            raise EngineError(f"{asked} cannot be answered: {error}") from error

    rows = [_unpadded(plan, row) for row in run(plan.sql)[1] if row[1] is not None or row[0] == ALL]
    finished = finish(plan, rows, lambda each: _Layout(each).places(), buckets, run)
    return _Layout(plan, finished).table(finished.rows, _periods(buckets))


def _unpadded(plan: Plan, row: Row) -> Row:
    """Sums of weights without the zeros that their type puts behind them: 12, and not 12.000000."""
    if not any("probable" in kpi.apart for kpi in plan.kpis):
        return row
    return tuple(each.normalize() if isinstance(each, Decimal) else each for each in row)


def _periods(buckets: Buckets) -> Sequence[Row]:
    """Start and end of each bucket; last, those of the whole."""
    labels = buckets.labels
    return [*pairwise(labels), (labels[0], labels[-1])]


class _Layout:
    """Where each column of the SELECT goes. It gives level, period, cuts, then per KPI: value, parts, target, state."""

    def __init__(self, plan: Plan, finished: Finished | None = None) -> None:
        self.plan = plan
        self.further = finished.further if finished is not None else [{}] * len(plan.kpis)
        self.notes = [*plan.notes, *(finished.notes if finished is not None else ())]
        self.words = WORDS.get(plan.lang, WORDS["en"])
        self.starts: list[int] = []
        position = 2 + len(plan.by)
        for kpi in plan.kpis:
            self.starts.append(position)
            position += 1 + len(self._given(kpi)) + self._aimed + 1

    def table(self, rows: list[Row], periods: Sequence[Row]) -> Table:
        rows = [self._judged(row) for row in rows] if self.plan.aimed else rows
        columns, laid = self._long(rows, periods) if self.plan.long else self._wide(rows, periods)
        return Table(columns, laid, notes=[*self.notes, *self._left_out(rows)])

    def places(self) -> list[dict[str, int]]:
        """Where each figure of each KPI stands in a row of the SELECT."""
        found = []
        for number, kpi in enumerate(self.plan.kpis):
            start, state = self.starts[number], self._state(number)
            names = {"value": start} | {name: start + offset for offset, name in enumerate(self._given(kpi), 1)}
            names |= {name: state - self._aimed + offset for offset, name in enumerate(TARGETS)} if self._aimed else {}
            found.append(names | {"state": state})
        return found

    def _left_out(self, rows: list[Row]) -> Iterator[str]:
        """How many rows each KPI could not judge yet, and how many have no person; over all cuts and buckets. Not told
        where a row stands in several cuts."""
        if any(name.casefold().startswith("step.") for name in self.plan.by):
            return
        for number, kpi in enumerate(self.plan.kpis):
            amounts = [
                (self._whole(rows, number, name), words) for name, words in LEFT_OUT.items() if name in kpi.apart
            ]
            told = [f"{_amount(amount)} {words}" for amount, words in amounts if amount]
            if told:
                yield f"{kpi.name}: rows left out: {', '.join(told)}"
            if "probable" in kpi.apart:
                probable, judged = (self._whole(rows, number, name) for name in ("probable", "n"))
                share = f"{100 * probable / judged:.1f} %" if judged else "none"
                yield f"{kpi.name}: by probable links: {share} of {_amount(judged)} rows judged"

    def _whole(self, rows: list[Row], number: int, name: str) -> Any:
        """A count of a KPI over all cuts and buckets."""
        kpi = self.plan.kpis[number]
        column = self.starts[number] + 1 + self._given(kpi).index(name)
        split = range(len(self.plan.by)) if kpi.split is None else kpi.split
        counts = {(row[1], *(row[2 + cut] for cut in split)): row[column] or 0 for row in rows if row[0] == 0}
        return sum(counts.values())

    def _given(self, kpi: PlannedKpi) -> list[str]:
        """The parts that the SELECT gives of a KPI, by name."""
        if not self.plan.measured:
            return list(kpi.apart)
        return [*(f"part_{part}" for part in kpi.parts), *PARTS, *kpi.apart]

    def _told(self, kpi: PlannedKpi) -> list[str]:
        """The parts of a KPI that are shown."""
        return self._given(kpi) if self.plan.parts or self.plan.long else []

    def _state(self, number: int) -> int:
        """Where the state of a KPI stands."""
        kpi = self.plan.kpis[number]
        return self.starts[number] + 1 + len(self._given(kpi)) + self._aimed

    @property
    def _aimed(self) -> int:
        """How many columns before the state tell what is aimed at: in the SELECT two bounds and a margin, in a row
        that is laid out the target, its upper bound where it has two, and the status."""
        return len(TARGETS) if self.plan.aimed else 0

    def _judged(self, row: Row) -> Row:
        laid = list(row)
        for number, start in enumerate(self.starts):
            state = self._state(number)
            defined = row[state] != "not_defined"
            laid[state - 3 : state] = judged(row[start], *row[state - 3 : state]) if defined else (None, None, None)
        return tuple(laid)

    def _keys(self) -> list[Col]:
        columns = [Col(name, "", self.words[name]) for name in ("period_start", "period_end")]
        columns += [Col(name) for name in self.plan.by]
        return columns + ([Col("total", "", self.words["total"])] if self.plan.total else [])

    def _keyed(self, rows: list[Row], periods: Sequence[Row]) -> Iterator[tuple[Row, Row]]:
        """Each row with the values of its keys."""
        people = [number for number, name in enumerate(self.plan.by) if name.casefold() == "person_id"]
        for row in rows:
            period = periods[-1 if row[1] is None else row[1]]
            cuts = list(row[2 : 2 + len(self.plan.by)])
            for number in people:
                cuts[number] = _person(cuts[number])
            yield (*period, *cuts, *((row[0] > 0,) if self.plan.total else ())), row

    def _aims(self, state: int, banded: bool) -> list[tuple[str, int]]:
        """What is told of a KPI's target, by name, and where it stands."""
        found = [("target", state - 3), ("target_high", state - 2), ("status", state - 1)]
        return [each for each in found if banded or each[0] != "target_high"]

    def _wide(self, rows: list[Row], periods: Sequence[Row]) -> tuple[list[Col], list[Row]]:
        columns, taken = self._keys(), []
        for number, kpi in enumerate(self.plan.kpis):
            start = self.starts[number]
            columns.append(Col(kpi.name, kpi.unit, kpi.label))
            taken.append(start)
            for offset, part in enumerate(self._told(kpi), 1):
                name = part.removeprefix("part_")
                label = f"{kpi.label}: {self.words.get(name, name)}"
                columns.append(Col(f"{kpi.name}_{name}", _unit(kpi, name), label, FIGURES.get(name, "")))
                taken.append(start + offset)
            for name, place in self.further[number].items():
                label = f"{kpi.label}: {self.words[name]}"
                columns.append(Col(f"{kpi.name}_{name}", _unit(kpi, name), label, FIGURES.get(name, "")))
                taken.append(place)
            state = self._state(number)
            for name, place in self._aims(state, kpi.banded) if self.plan.status else ():
                unit = "" if name == "status" else kpi.unit
                label = f"{kpi.label}: {self.words[name].lower()}"
                columns.append(Col(f"{kpi.name}_{name}", unit, label, FIGURES.get(name, "")))
                taken.append(place)
            if any(row[state] is not None for row in rows):
                columns.append(Col(f"{kpi.name}_state", "", f"{kpi.label}: {self.words['state']}"))
                taken.append(state)
        choose: Callable[[Row], Row] = itemgetter(*taken) if len(taken) > 1 else lambda row: (row[taken[0]],)
        return columns, [(*keys, *choose(row)) for keys, row in self._keyed(rows, periods)]

    def _long(self, rows: list[Row], periods: Sequence[Row]) -> tuple[list[Col], list[Row]]:
        """One row per KPI, in the order they were asked for within each row of the wide answer."""
        apart = [name for name in COUNTED_APART if any(name in kpi.apart for kpi in self.plan.kpis)]
        banded = any(kpi.banded for kpi in self.plan.kpis)
        further = [name for name in FURTHER if any(name in each for each in self.further)]
        aimed = [name for name, _ in self._aims(0, banded)]
        names = ("kpi", "value", *PARTS, *apart, *further, *aimed, "state", "definition")
        columns = self._keys()
        units = {kpi.unit for kpi in self.plan.kpis}
        unit = units.pop() if len(units) == 1 else ""
        for name in names:
            shown = (
                unit if name in ("value", "target", "target_high", *OF_VALUE) else "count" if name in COUNTED else ""
            )
            shown = CHANGES.get(shown, shown) if name == "change" else shown
            columns.append(Col(name, shown, self.words[name], FIGURES.get(name, "")))
        laid = []
        for keys, row in self._keyed(rows, periods):
            for number, kpi in enumerate(self.plan.kpis):
                start, state = self.starts[number], self._state(number)
                given = dict(zip(self._given(kpi), row[start + 1 :], strict=False))
                told = [given.get(name) for name in (*PARTS, *apart)]
                places = self.further[number]
                told += [row[places[name]] if name in places else None for name in further]
                aims = [row[place] for _, place in self._aims(state, banded)]
                laid.append((*keys, kpi.name, row[start], *told, *aims, row[state], kpi.definition))
        return columns, laid


def _amount(count: Any) -> str:
    """How many rows, as a note says it: weights add up to hundredths."""
    return f"{count:.2f}".rstrip("0").rstrip(".") if count % 1 else str(int(count))


def _person(number: int | None) -> str | None:
    """A person as 16 hex digits."""
    return None if number is None else f"{number % 2**64:016x}"


def _unit(kpi: PlannedKpi, part: str) -> str:
    """Rows are counted; a part has no unit of its own, since what a numerator adds up is seen in the definition."""
    if part in OF_VALUE:
        return CHANGES.get(kpi.unit, kpi.unit) if part == "change" else kpi.unit
    return "count" if part in COUNTED or part in kpi.parts else ""
