"""A source's mapping as one SELECT over an export: every record once, our cells, and what becomes of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from omnictl.connectors.names import folded
from omnictl.engines.connection import named, quoted
from omnictl.errors import DefinitionError, Finding
from omnictl.ingest.cells import Cell, cell
from omnictl.ingest.expressions import Expression, Functions, bound, read_expression
from omnictl.ingest.feeds import Feed
from omnictl.relations import Column, Relation
from omnictl.relations.column import TEXT, TIME
from omnictl.workspace import Source, Text

if TYPE_CHECKING:
    import duckdb

# What becomes of a record (`_fate`). From `REJECTED` on: REJECTED + 4 * its cell's number + why.
# COMPLETING: it is part of a row that another file's record begins, which is written with that file.
# QUARANTINED: it breaks a rule of the tracking plan; see `enforcing`. More than any cell's code.
USED, FILTERED, SUPERSEDED, WHERE_FAILED, COMPLETING, REJECTED = 0, 1, 2, 3, 4, 16
QUARANTINED = 65_535
EMPTY, UNREADABLE, FOREIGN, SKIPPED_TIME = range(4)
BY_CHANNEL = "that of the channel"  # the default of an interaction's kind, known once its channel is
FILE = '"file number"'  # beside the columns of an export
MASK_BITS = 60  # cells per `_bad` column


@dataclass(frozen=True)
class Landing:
    """How the records of one shape of export are landed.

    Attributes:
        cells: ours, in the order of their numbers.
        final, steps, tried, tail: the parts of the SELECT, outermost first.
        rest: columns of the export that no expression names. A record whose named columns are all empty (`_blank`)
            is blank only if these are empty too; where there are any, `_fate` leaves that open.
        local_times: whether some times without offset are read in the source's zone.
    """

    cells: tuple[Cell, ...]
    final: str
    steps: str
    tried: str
    tail: str
    rest: tuple[tuple[str, str], ...]
    local_times: bool

    def select(self, origin: str, carried: Mapping[str, str] | None = None) -> str:
        """One row per row of `origin`, in order: our cells, `_bad0` …, `_fate`, `_blank`, `_file`, and whatever is
        `carried` from the origin, by name."""
        others = carried or {}
        final = "".join(f",\n  {name}" for name in others)
        tried = "".join(f",\n  {column} as {name}" for name, column in others.items())
        return f"{self.final}{final}\nfrom ({self.steps}{self.tried}{tried}\nfrom ({origin}{self.tail}"

    @staticmethod
    def numbered(exports: Iterable[tuple[int, str]]) -> str:
        """The records of exports given as file number and SELECT, each with the number of its file."""
        return " union all ".join(
            f"select *, {number}::integer as {FILE} from ({export}\n)" for number, export in exports
        )

    def reason(self, fate: int, zone: str) -> tuple[str | None, str]:
        """The column and the words for a rejected record."""
        if fate == WHERE_FAILED:
            return None, "`where` cannot be evaluated"
        number, why = divmod(fate - REJECTED, 4)
        column = self.cells[number].column
        words = {
            EMPTY: "it is empty",
            UNREADABLE: f"it cannot be read as {column.type}",
            FOREIGN: f"it is none of {', '.join(value for value in column.among if value)}",
            SKIPPED_TIME: f"the local time does not exist in {zone}: the clock skipped it",
        }
        return column.name, f"{column.name}: {words[why]}"


@dataclass
class SourceMapping:
    """The expressions of a feed, parsed; `landing` fits them to an export's columns."""

    feed: Feed
    cells: list[tuple[str, Column, Expression]]  # name in the landed table, our column, what fills it
    where: Expression | None
    _landings: dict[tuple[tuple[str, str], ...], Landing] = field(default_factory=dict)

    @property
    def source(self) -> Source:
        return self.feed.source

    @property
    def relation(self) -> Relation:
        return self.feed.relation

    @property
    def needs(self) -> frozenset[str]:
        """The columns an export must have."""
        expressions = [expression for _, _, expression in self.cells] + ([self.where] if self.where else [])
        return frozenset().union(*(expression.needs for expression in expressions))

    @property
    def types(self) -> list[tuple[str, str]]:
        """The columns of the landed table."""
        found: list[tuple[str, str]] = [(name, column.type) for name, column, _ in self.cells]
        names = {name for name, _, _ in self.cells}
        found += [("_outcome", TEXT)] if "outcome" in names else []
        found += [("_version_time", TIME)] if "version_at" in names else []
        return found + [(column.name, column.type) for column in self._unmapped_keys]

    @property
    def _unmapped_keys(self) -> list[Column]:
        """Columns of the relation's key that nothing fills: their default stands for them."""
        filled = {name for name, _, _ in self.cells} | {"source"}
        key = [self.relation.column(name) for name in self.relation.key if name not in filled]
        return [column for column in key if column is not None and column.default is not None]

    @property
    def masks(self) -> int:
        """How many `_bad` columns there are."""
        return (len(self.cells) + MASK_BITS - 1) // MASK_BITS

    def landing(self, connection: duckdb.DuckDBPyConnection, columns: Mapping[str, str]) -> Landing:
        """The landing of an export with these columns.

        Raises:
            DefinitionError: a column is missing, or an expression does not fit; all of them at once.
        """
        shape = tuple(columns.items())
        if shape not in self._landings:
            self._landings[shape] = self._fit(connection, columns)
        return self._landings[shape]

    def _fit(self, connection: duckdb.DuckDBPyConnection, columns: Mapping[str, str]) -> Landing:
        expressions = [expression for _, _, expression in self.cells] + ([self.where] if self.where else [])
        fitted = bound(connection, expressions, columns)
        where = fitted.pop() if self.where else None
        cells: list[Cell] = []
        findings: list[Finding] = []
        for number, ((_, column, _), expression) in enumerate(zip(self.cells, fitted, strict=True)):
            try:
                cells.append(cell(number, column, expression, self.source.timezone))
            except DefinitionError as error:
                findings.extend(error.findings)
        if where is not None and where.type not in ("BOOLEAN", '"NULL"'):
            message = f"{where.what} is of type {where.type}, a condition was expected"
            findings.append(where.text.finding("expression-type", message))
        if findings:
            raise DefinitionError(findings)
        used = {folded(name) for expression in (*fitted, *([where] if where else [])) for name in expression.columns}
        read = tuple((name, kind) for name, kind in columns.items() if folded(name) in used)
        rest = tuple((name, kind) for name, kind in columns.items() if folded(name) not in used)
        names = tuple(name for name, _, _ in self.cells)
        final, steps, tried, tail = _select(
            tuple(cells), names, self._unmapped_keys, where, read, blank_decides=not rest
        )
        return Landing(
            cells=tuple(cells),
            final=final,
            steps=steps,
            tried=tried,
            tail=tail,
            rest=rest,
            local_times=any(cell.local for cell in cells),
        )


def read_mapping(connection: duckdb.DuckDBPyConnection, feed: Feed) -> SourceMapping:
    """Parse the expressions of a feed.

    Raises:
        DefinitionError: what is no expression, or none a mapping may hold; all of them at once.
    """
    functions = Functions.of(connection)
    findings: list[Finding] = []

    def read(text: Text, what: str) -> Expression | None:
        try:
            return read_expression(connection, functions, text, f"{what} of source `{feed.source.name}`")
        except DefinitionError as error:
            findings.extend(error.findings)
            return None

    cells: list[tuple[str, Column, Expression]] = []
    for name, text in feed.columns.items():
        expression = read(text, f"`{name}`")
        if expression is not None:
            cells.append((*_target(feed.relation, name), expression))
    for kind, text in feed.identifiers.items():
        expression = read(text, f"identifier `{kind}`")
        if expression is not None:
            cells.append((identifier_name(kind), Column(kind, TEXT, "an identifier, in the clear"), expression))
    where = read(feed.where, "`where`") if feed.where else None
    if findings:
        raise DefinitionError(findings)
    return SourceMapping(feed, cells, where)


def identifier_name(kind: str) -> str:
    """What an identifier in the clear is called in the landed table."""
    return f"_id_{kind}"


def _target(relation: Relation, name: str) -> tuple[str, Column]:
    """Name in the landed table, and the column to read a value as."""
    column = relation.column(name)
    if column is None:
        return f"_{name}", Column(name, TEXT, "an input of match rules")
    if relation.name == "identifiers" and name == "value":
        return name, Column(name, TEXT, "an identifier, in the clear")  # without one, there is nothing to keep
    if relation.name == "interactions" and name == "kind":
        return name, replace(column, default=BY_CHANNEL)
    return name, column


def all_empty(columns: Iterable[tuple[str, str]]) -> str:
    """A condition: nothing stands in any of these columns of the export, given with their types.

    A `coalesce` looks at a column only where those before it are empty; an `and` would look at all of them. Texts come
    last, and are trimmed only where they begin with a blank or a control character.
    """
    listed = sorted(columns, key=lambda column: column[1] == "VARCHAR")
    filled = [
        f"case when {named(name)} >= '!' then 1 when trim({named(name)}) <> '' then 1 end"
        if kind == "VARCHAR"
        else f"case when {named(name)} is not null then 1 end"
        for name, kind in listed
    ]
    return f"coalesce({', '.join(filled)}) is null" if filled else "false"


def _select(
    cells: tuple[Cell, ...],
    names: tuple[str, ...],
    unmapped_keys: list[Column],
    where: Expression | None,
    read: tuple[tuple[str, str], ...],
    *,
    blank_decides: bool,
) -> tuple[str, str, str, str]:
    """The parts of the SELECT of a landing, outermost first; the export's own stands before the last."""
    tried = [f"{cell.tried} as t{number}" for number, cell in enumerate(cells)]
    tried += [f"{all_empty(read)} as _blank", f"{FILE} as _file"]
    if where is not None:
        tried.append(f"try({{'v': {where.sql}}}) as w")
    reads = [f"{sql} as {name}" for cell in cells for name, sql in cell.read]
    values = [f"{cell.value} as v{number}" for number, cell in enumerate(cells)]
    numbered = enumerate(zip(cells, names, strict=True))
    final = [f"{_defaulted(cell, number)} as {named(name)}" for number, (cell, name) in numbered]
    final += [f"{cell.foreign} as _outcome" for cell in cells if cell.foreign]
    final += [f"{cell.moment or 'null::timestamp'} as _version_time" for cell in cells if cell.name == "version_at"]
    final += [f"{quoted(column.default or '')} as {named(column.name)}" for column in unmapped_keys]
    final += [_bad(cells, mask) for mask in range((len(cells) + MASK_BITS - 1) // MASK_BITS)]
    final += [f"({_fate(cells, where, blank_decides=blank_decides)})::usmallint as _fate", "_blank", "_file"]
    between = [values, *([reads] if reads else [])]
    steps = "".join(f"select *, {_lines(step)}\nfrom (" for step in between)
    tail = ") as file" + ")" * (len(between) + 1)
    return f"select {_lines(final)}", steps, f"select {_lines(tried)}", tail


def _defaulted(cell: Cell, number: int) -> str:
    default = cell.column.default
    return f"v{number}" if default is None or default == BY_CHANNEL else f"coalesce(v{number}, {quoted(default)})"


def _lines(items: list[str]) -> str:
    return ",\n  ".join(items)


def _bad(cells: tuple[Cell, ...], mask: int) -> str:
    """Which cells could not be read, as the bits of a number."""
    bits = [
        f"case when {cell.unreadable} then {1 << (number % MASK_BITS)}::ubigint else 0::ubigint end"
        for number, cell in enumerate(cells)
        if cell.unreadable and number // MASK_BITS == mask
    ]
    return f"{' | '.join(bits) or '0::ubigint'} as _bad{mask}"


def _fate(cells: tuple[Cell, ...], where: Expression | None, *, blank_decides: bool) -> str:
    """What becomes of a record before versions are compared: blank, left out, rejected, else used."""
    cases = [f"when _blank then {FILTERED}"] if blank_decides else []
    if where is not None:
        cases.append(f"when w is null then {WHERE_FAILED} when not coalesce(w.v, false) then {FILTERED}")
    for number, one in enumerate(cells):
        if not one.column.required:
            continue
        code = REJECTED + 4 * number
        if one.unreadable:
            if one.skipped_time:
                cases.append(f"when v{number} is null and {one.skipped_time} then {code + SKIPPED_TIME}")
            cases.append(f"when {one.unreadable} then {code + (FOREIGN if one.column.among else UNREADABLE)}")
        if one.column.default is None:
            cases.append(f"when v{number} is null then {code + EMPTY}")
    return f"case {' '.join(cases)} else {USED} end" if cases else str(USED)
