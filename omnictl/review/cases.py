"""The worked figures of KPIs, tried: given rows go into a database in memory, the question through the compiler.

Given rows need say only what matters. A row takes the KPI's first channel, a time of the KPI's own, an id and a
source, and the defaults of its relation, unless it says otherwise. A column that the rows leave empty may be filled
elsewhere: a few rows do not tell that nothing is measured. What people do next, needs and levels are derived from the
given interactions as they are in a store, where the case does not give them itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any

from omnictl.compiler.answer import answer
from omnictl.compiler.catalog import Catalog, Fill, read_stated
from omnictl.compiler.planner import plan
from omnictl.compiler.question import Question
from omnictl.engines.connection import lock_in, open_memory
from omnictl.errors import EngineError, Place
from omnictl.glossary.glossary import Glossary
from omnictl.glossary.kpi import DEFAULT, PERSON, STATES, Case, Expected, Kpi
from omnictl.glossary.meaning import Meanings
from omnictl.ingest.schema import make_tables
from omnictl.relations import RELATIONS, Column, Relation
from omnictl.relations.column import CHANNELS, TIME
from omnictl.render.table import Table
from omnictl.review.people import derive_from, derived_of, load_people

if TYPE_CHECKING:
    import duckdb

SOURCE = "t"
AT = datetime(2026, 3, 2, 10, 0)  # a Monday, far from any change of the clocks
TOLERANCE = 1e-9
FIRST_CHANNEL = "phone"


@dataclass(frozen=True)
class CaseResult:
    """One expected figure, and what came out.

    Attributes:
        kpi: the address that was asked.
        expected, got: as texts, for people.
    """

    kpi: str
    case: str
    place: Place
    expected: str
    got: str
    passed: bool


@dataclass(frozen=True)
class _Setting:
    timezone: str
    language: str = "en"


def run_cases(glossary: Glossary, kpi: Kpi) -> Iterator[CaseResult]:
    """Try every worked figure of a KPI and of its variants.

    Raises:
        DefinitionError: the KPI, or a cut or parameter of a case, is wrong.
    """
    con = open_memory()
    try:
        lock_in(con)
        make_tables(con)
        trial = _Trial(con, glossary, kpi)
        for variant in ("", *kpi.variants):
            own = glossary.resolve(f"{kpi.id}@{variant}") if variant else kpi
            for case in own.cases:
                for expected in case.expected:
                    yield trial.of(case, replace(expected, variant=expected.variant or variant))
    finally:
        con.close()


@dataclass
class _Trial:
    """The cases of one KPI on one database."""

    con: duckdb.DuckDBPyConnection
    glossary: Glossary
    kpi: Kpi
    loaded: tuple[Any, ...] = ()
    derived: bool = False
    catalog: Catalog = field(default_factory=Catalog)

    def of(self, case: Case, expected: Expected) -> CaseResult:
        address = self.kpi.id + (f"@{expected.variant}" if expected.variant else "")
        address += "".join(f":{name}={value}" for name, value in case.parameters.items())
        told = _told(expected)
        asked = self.glossary.resolve(address)
        try:
            table = self._answered(asked, case)
        except EngineError as error:
            return CaseResult(address, case.name, case.place, told, error.message, False)
        names = [column.name for column in table.columns]
        rows = [dict(zip(names, row, strict=True)) for row in table.rows]
        row = next((row for row in rows if tuple(_text(row[name]) for name in case.by) == expected.cut), None)
        if row is None:
            return CaseResult(address, case.name, case.place, told, "no such row", False)
        unknown = row["unknown"] if expected.unknown is not None else None
        got = Expected(expected.variant, expected.cut, _text(row["value"]) or None, unknown)
        shown = _told(got, row["state"])
        return CaseResult(address, case.name, case.place, told, shown, _equal(expected, row))

    def _answered(self, asked: Kpi, case: Case) -> Table:
        """The answer for a KPI; its rows are loaded unless they are there from the expectation before."""
        shape = (id(case), asked.channels, asked.at, asked.since)
        if self.loaded != shape:
            self.catalog = _load(self.con, asked, case)
            load_people(self.con, case)
            self.loaded, self.derived = shape, False
        if not self.derived and derived_of(self.meanings.of(asked.address)):
            derive_from(self.con, case)
            self.derived = True
        question = Question((asked.address,), by=case.by, long=True)
        return answer(plan(question, self.glossary, _Setting(case.timezone), self.catalog), self.con)

    @cached_property
    def meanings(self) -> Meanings:
        return Meanings(self.glossary)


def _equal(expected: Expected, row: Mapping[str, Any]) -> bool:
    if expected.unknown is not None and row["unknown"] != expected.unknown:
        return False
    value = row["value"]
    if expected.figure is None or value is None:
        return (expected.figure is None and value is None) or (
            expected.figure in STATES and expected.figure == row["state"]
        )
    if expected.figure in STATES:
        return bool(row["state"] == expected.figure)
    above, _, below = expected.figure.partition("/")
    wanted = float(Decimal(above)) / float(Decimal(below)) if below else float(Decimal(above))
    return abs(float(value) - wanted) <= TOLERANCE * max(1.0, abs(wanted))


def _told(expected: Expected, state: str | None = None) -> str:
    cut = f"{', '.join(expected.cut)}: " if expected.cut else ""
    figure = expected.figure if expected.figure is not None else state or "empty"
    unknown = f", {expected.unknown} unknown" if expected.unknown is not None else ""
    return f"{cut}{figure}{unknown}"


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _load(con: duckdb.DuckDBPyConnection, kpi: Kpi, case: Case) -> Catalog:
    """Put a case's rows into the relations, and say of them what a store says of its own."""
    fills: dict[tuple[str, str | None, str], Fill] = {}
    for relation in RELATIONS.values():
        con.execute(f"delete from {relation.name}")
        given = case.given.get(relation.name, ())
        number = 0
        for cells, times in given:
            row = _completed(relation, cells, kpi)
            for column in relation.columns:
                key = (relation.name, row.get("channel"), column.name)
                fills[key] = _filled(fills.get(key, Fill(1, 1)), column, row.get(column.name), times)
            _insert(con, relation, row, number, times)
            number += times
    return Catalog(fills, stated=read_stated(con))


def _filled(known: Fill, column: Column, cell: str | None, times: int) -> Fill:
    """What is known of a column with some more cells; at first it is as if another row were filled."""
    filled = known.filled + (times if cell is not None else 0)
    time = _time(cell) if column.type == TIME else None
    low = min((each for each in (known.lowest, time) if each is not None), default=None)
    high = max((each for each in (known.highest, time) if each is not None), default=None)
    return Fill(known.rows + times, filled, low, high)


def _time(cell: str | None) -> datetime | None:
    """A given time; None for what is none, which the database tells."""
    try:
        found = datetime.fromisoformat(cell) if cell is not None else None
    except ValueError:
        return None
    return found if found is None or found.tzinfo is None else None


def _completed(relation: Relation, given: Mapping[str, str | None], kpi: Kpi) -> dict[str, str | None]:
    """A given row with what it does not say. Ids are filled in as it is stored."""
    row: dict[str, str | None] = {column.name: column.default for column in relation.columns if column.required}
    row["source"] = SOURCE
    if relation.name == "interactions":
        row["channel"] = _first_channel(kpi)
        row["started_at"] = AT.isoformat()
    if relation.at:
        row[relation.at] = AT.isoformat()
    channel = given.get("channel") or row.get("channel") or ""
    times = kpi.since or kpi.at
    at = times.get(channel) or times.get(DEFAULT)
    for column in relation.columns:
        if at is not None and column.type == "TIMESTAMP" and column.name in at.text:
            row[column.name] = AT.isoformat()
    if "interaction_source" in relation.names and given.get("interaction_id") is not None:
        row["interaction_source"] = SOURCE
    row |= {name: cell for name, cell in given.items() if name != PERSON}
    if relation.name == "interactions" and "kind" not in given:
        row["kind"] = CHANNELS.get(row["channel"] or "", ("", "contact"))[1]
    return row


def _first_channel(kpi: Kpi) -> str:
    if kpi.channels:
        return kpi.channels[0]
    named = [
        channel for by in (*kpi.parts.values(), kpi.where, kpi.at, kpi.since) for channel in by if channel != DEFAULT
    ]
    return named[0] if named else FIRST_CHANNEL


def _insert(
    con: duckdb.DuckDBPyConnection, relation: Relation, row: Mapping[str, str | None], number: int, times: int
) -> None:
    """Store a row so many times, each with an id of its own where none is given."""
    import duckdb

    columns = [column for column in relation.columns if row.get(column.name) is not None or _is_id(relation, column)]
    values, cells = [], []
    for column in columns:
        cell = row.get(column.name)
        values.append(f"cast(? as {column.type})" if cell is not None else f"'{column.name[0]}' || (n + {number})")
        cells += [cell] if cell is not None else []
    names = ", ".join(f'"{column.name}"' for column in columns)
    try:
        con.execute(
            f"insert into {relation.name} ({names}) select {', '.join(values)} from range({times}) as given(n)", cells
        )
    except duckdb.Error as error:
        raise EngineError(f"the given rows cannot be read: {error}") from error


def _is_id(relation: Relation, column: Column) -> bool:
    return column.name in relation.key and column.name.endswith("_id")
