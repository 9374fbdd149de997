"""The figures of one KPI in several periods, for one value of a cut or for all: one question where the periods are
buckets of one length, else one each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from omnictl.compiler.answer import answer
from omnictl.compiler.planner import plan
from omnictl.compiler.question import Period, Question
from omnictl.review.against import Span, one_question

if TYPE_CHECKING:
    import duckdb

    from omnictl.compiler.catalog import Catalog
    from omnictl.compiler.planner import Setting
    from omnictl.glossary.meaning import Meanings
    from omnictl.render.table import Table
    from omnictl.review.effects import Parts

FISCAL = ("quarter", "year")  # buckets that may begin elsewhere than the calendar's
HIDDEN = "hidden"  # the state of a figure that the workspace does not show
Cell = tuple[int, Any]  # period by position, value of the cut; None is a value too


@dataclass(frozen=True)
class Told:
    """One figure of one period."""

    row: Mapping[str, Any]

    @property
    def value(self) -> Fraction:
        """The value, nothing where there is none."""
        return _exact(self.row["value"])

    @property
    def parts(self) -> Parts | None:
        """Numerator and denominator; None where the KPI is no quotient."""
        from omnictl.review.effects import Parts

        above, below = self.row["numerator"], self.row["denominator"]
        return None if above is None or below is None else Parts(_exact(above), _exact(below))

    @property
    def hidden(self) -> bool:
        """Whether it is about too few people to be shown."""
        return self.state == HIDDEN

    @property
    def state(self) -> str | None:
        found = self.row["state"]
        return None if found is None else str(found)

    def count(self, name: str) -> Fraction:
        """Rows counted apart: `n`, `unknown`, `immature`, `unidentified`; 0 where that is not asked."""
        return _exact(self.row.get(name))


def _exact(value: Any) -> Fraction:
    return Fraction(0) if value is None else Fraction(value)


@dataclass
class Asked:
    """A KPI put to a store in several periods.

    Attributes:
        question: whose condition holds; about no KPI.
        notes: what the answers so far said beside their figures.
    """

    meanings: Meanings
    setting: Setting
    catalog: Catalog
    con: duckdb.DuckDBPyConnection
    spans: tuple[Span, ...]
    question: Question
    notes: list[str] = field(default_factory=list)

    def figures(self, address: str, by: str | None = None) -> dict[Cell, Told]:
        """The figures by period and value.

        Raises:
            DefinitionError: the KPI cannot be cut so.
            EngineError: the database refused.
        """
        unit = one_question(self.spans)
        unit = None if unit in FISCAL and self.question.fiscal is not None else unit
        if unit is not None:
            whole = Span(min(each.start for each in self.spans), max(each.end for each in self.spans))
            table = self._table(address, by, whole, unit)
            places = {span.start: number for number, span in enumerate(self.spans)}
            return {(places[start], value): told for start, value, told in _rows(table, by) if start in places}
        found: dict[Cell, Told] = {}
        for number, span in enumerate(self.spans):
            for _, value, told in _rows(self._table(address, by, span, None), by):
                found[number, value] = told
        return found

    def _table(self, address: str, by: str | None, span: Span, every: str | None) -> Table:
        question = replace(
            self.question,
            kpis=(address,),
            by=(by,) if by is not None else (),
            every=every,
            period=Period(span.start, span.end),
            long=True,
        )
        table = answer(plan(question, self.meanings.glossary, self.setting, self.catalog, self.meanings), self.con)
        self.notes += table.notes
        return table


def _rows(table: Table, by: str | None) -> Sequence[tuple[datetime, Any, Told]]:
    names = [column.name for column in table.columns]
    found = []
    for row in table.rows:
        told = dict(zip(names, row, strict=True))
        found.append((_time(told["period_start"]), told[by] if by is not None else None, Told(told)))
    return found


def _time(label: date | datetime) -> datetime:
    """A label as the local time it stands for; of an hour shown twice both are the same."""
    if isinstance(label, datetime):
        return label.replace(tzinfo=None)
    return datetime(label.year, label.month, label.day)
