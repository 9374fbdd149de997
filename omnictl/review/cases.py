"""The worked figures of KPIs, tried: given rows go into a database in memory, the question through the compiler. One
database serves all. What people do next, needs and levels are derived from the given interactions as they are in a
store, where the case does not give them itself."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from omnictl.build.tables import clear
from omnictl.compiler.answer import answer
from omnictl.compiler.catalog import Catalog
from omnictl.compiler.planner import plan
from omnictl.compiler.question import Question
from omnictl.engines.connection import lock_in, open_memory
from omnictl.errors import DefinitionError, EngineError, OmnictlError, Place
from omnictl.glossary.glossary import Glossary
from omnictl.glossary.kpi import Case, Expected, Kpi
from omnictl.glossary.meaning import Meanings
from omnictl.ingest.schema import make_tables
from omnictl.referential import Referential
from omnictl.review.expected import as_expected, differing, equal, text_of, told
from omnictl.review.given import load_rows
from omnictl.review.oracles import figures_of
from omnictl.review.people import FILLED, derive_from, load_people, read_by

if TYPE_CHECKING:
    import duckdb

Row = Mapping[str, Any]


@dataclass(frozen=True)
class CaseResult:
    """One expected figure, and what came out.

    Attributes:
        kpi: the address that was asked.
        expected, got: as texts, for people.
        seconds: it took.
    """

    kpi: str
    case: str
    place: Place
    expected: str
    got: str
    passed: bool
    seconds: float = 0.0


@dataclass(frozen=True)
class _Setting:
    timezone: str
    referential: Referential
    language: str = "en"


def run_cases(glossary: Glossary, kpi: Kpi) -> Iterator[CaseResult]:
    """Try every worked figure of one KPI and of its variants; see `Trial.of`."""
    with trial_of(glossary) as trial:
        yield from trial.of(kpi)


@contextmanager
def trial_of(glossary: Glossary) -> Iterator[Trial]:
    """A database in memory for the worked figures of a glossary."""
    con = open_memory(threads=1)  # a few rows: the threads would wait for one another
    try:
        lock_in(con)
        make_tables(con)
        yield Trial(con, glossary)
    finally:
        con.close()


@dataclass
class Trial:
    """Worked figures on one database: rows stay loaded from one expectation of a case to the next.

    Attributes:
        loaded: what the rows were loaded for.
        held: the relations that may hold rows.
        derived: the relations that were derived from them, as far as a question read them.
        asked, rows: the last answer.
    """

    con: duckdb.DuckDBPyConnection
    glossary: Glossary
    loaded: tuple[Any, ...] = ()
    held: frozenset[str] = frozenset()
    derived: frozenset[str] = frozenset()
    catalog: Catalog = field(default_factory=Catalog)
    asked: tuple[Any, ...] = ()
    rows: Sequence[Row] = ()

    def of(self, kpi: Kpi) -> Iterator[CaseResult]:
        """Try every worked figure of a KPI and of its variants.

        Raises:
            DefinitionError: the KPI, or a cut or parameter of a case, is wrong, and no case says that it must be.
        """
        for variant in ("", *kpi.variants):
            own = self.glossary.resolve(f"{kpi.id}@{variant}") if variant else kpi
            for case in own.cases:
                yield from self._case(kpi.id, case, variant)

    def _case(self, identifier: str, case: Case, variant: str) -> Iterator[CaseResult]:
        """What one case expects, and what came out; then its oracles."""
        for expected in case.expected:
            wanted = replace(expected, variant=expected.variant or variant)
            begun = time.perf_counter()
            yield replace(self._tried(identifier, case, wanted), seconds=time.perf_counter() - begun)
        if case.whole and case.by and not any(expected.error for expected in case.expected):
            yield from self._others(identifier, case, variant)
        for name in case.oracles:
            begun = time.perf_counter()
            yield replace(self._compared(identifier, case, name, variant), seconds=time.perf_counter() - begun)

    def _tried(self, identifier: str, case: Case, expected: Expected) -> CaseResult:
        address = _address(identifier, case, expected.variant)
        wanted = told(expected)
        try:
            rows = self._answered(address, case)
        except DefinitionError as error:
            if not expected.error:
                raise
            codes = [finding.code for finding in error.findings]
            return CaseResult(address, case.name, case.place, wanted, _refused(codes), expected.error in codes)
        except EngineError as error:
            return CaseResult(address, case.name, case.place, wanted, error.message, False)
        if expected.error:
            return CaseResult(address, case.name, case.place, wanted, "an answer", False)
        row = next((row for row in rows if _cut(row, case) == expected.cut), None)
        if row is None:
            return CaseResult(address, case.name, case.place, wanted, "no such row", False)
        got = as_expected(row, expected)
        return CaseResult(address, case.name, case.place, wanted, told(got, row["state"]), equal(expected, row))

    def _others(self, identifier: str, case: Case, variant: str) -> Iterator[CaseResult]:
        """The rows that no expectation names, where the rows expected are all there are."""
        named = {expected.cut for expected in case.expected}
        address = _address(identifier, case, case.expected[0].variant or variant if case.expected else variant)
        try:
            rows = self._answered(address, case)
        except OmnictlError:  # told by the expectations
            return
        for row in rows:
            if _cut(row, case) not in named:
                got = told(Expected("", _cut(row, case), text_of(row["value"]) or None), row["state"])
                yield CaseResult(address, case.name, case.place, "no such row", got, False)

    def _compared(self, identifier: str, case: Case, name: str, variant: str) -> CaseResult:
        """The KPI's figures beside those of an oracle."""
        address = _address(identifier, case, name or variant)
        try:
            rows = self._answered(address, case)
            wanted = figures_of(self.con, case.oracles[name].text, case.by)
        except EngineError as error:
            return CaseResult(address, case.name, case.oracles[name].place, "the oracle's figure", error.message, False)
        got = {_cut(row, case): row["value"] for row in rows}
        differs = differing(wanted, got)
        told_wanted, told_got = differs or ("the oracle's figure", "the same")
        return CaseResult(address, case.name, case.oracles[name].place, told_wanted, told_got, differs is None)

    def _answered(self, address: str, case: Case) -> Sequence[Row]:
        """The answer for a KPI; its rows are loaded unless they are there from the expectation before."""
        if self.asked == (id(case), address):
            return self.rows
        self.asked = ()
        asked = self.glossary.resolve(address)
        shape = (id(case), asked.channels, asked.at, asked.since)
        if self.loaded != shape:
            self._load(asked, case)
            self.loaded = shape
        question = Question((asked.address,), by=case.by, long=True)
        setting = _Setting(case.timezone, case.referential)
        planned = plan(question, self.glossary, setting, self.catalog, self.meanings)
        read = frozenset(FILLED) if case.oracles else read_by(sql for _, sql in planned.statements())
        if not read <= self.derived:
            self.held |= read
            derive_from(self.con, case, read - self.derived)
            self.derived |= read
        table = answer(planned, self.con)
        names = [column.name for column in table.columns]
        self.rows = [dict(zip(names, row, strict=True)) for row in table.rows]
        self.asked = (id(case), address)
        return self.rows

    def _load(self, asked: Kpi, case: Case) -> None:
        """Put a case's rows in the place of those before."""
        self.loaded, self.derived = (), frozenset()
        for relation in self.held:
            clear(self.con, relation)
        self.held = frozenset([*case.given, "identities"])
        self.catalog = load_rows(self.con, asked, case)
        load_people(self.con, case)

    @cached_property
    def meanings(self) -> Meanings:
        return Meanings(self.glossary)


def _address(identifier: str, case: Case, variant: str) -> str:
    address = identifier + (f"@{variant}" if variant else "")
    return address + "".join(f":{name}={value}" for name, value in case.parameters.items())


def _cut(row: Row, case: Case) -> tuple[str, ...]:
    return tuple(text_of(row[name]) for name in case.by)


def _refused(codes: Sequence[str]) -> str:
    return f"refused: {', '.join(dict.fromkeys(codes))}"
