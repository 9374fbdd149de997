"""The given rows of a worked figure, loaded into the relations of a database in memory.

Given rows need say only what matters. A row takes the KPI's first channel, a time of the KPI's own, an id and a
source, and the defaults of its relation, unless it says otherwise. A column that the rows leave empty may be filled
elsewhere: a few rows do not tell that nothing is measured.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from omnictl.compiler.catalog import Catalog, Fill, read_stated
from omnictl.errors import EngineError
from omnictl.glossary.kpi import DEFAULT, PERSON, Case, Kpi
from omnictl.relations import RELATIONS, Column, Relation
from omnictl.relations.base import BASE
from omnictl.relations.column import CHANNELS, TIME

if TYPE_CHECKING:
    import duckdb

SOURCE = "t"
AT = datetime(2026, 3, 2, 10, 0)  # a Monday, far from any change of the clocks
FIRST_CHANNEL = "phone"


def load_rows(con: duckdb.DuckDBPyConnection, kpi: Kpi, case: Case) -> Catalog:
    """Put a case's rows into the relations, which are empty, and say of them what a store says of its own.

    Raises:
        EngineError: a cell is none of its column.
    """
    fills: dict[tuple[str, str | None, str], Fill] = {}
    for relation in RELATIONS.values():
        rows = [(_completed(relation, cells, kpi), times) for cells, times in case.given.get(relation.name, ())]
        for row, times in rows:
            for column in relation.columns:
                key = (relation.name, row.get("channel"), column.name)
                fills[key] = _filled(fills.get(key, Fill(1, 1)), column, row.get(column.name), times)
        if rows:
            _insert(con, relation, rows)
    return Catalog(fills, stated=read_stated(con) if BASE.name in case.given else ())


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
        row["channel"] = first_channel(kpi)
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


def first_channel(kpi: Kpi) -> str:
    """The channel of a given row that names none."""
    if kpi.channels:
        return kpi.channels[0]
    named = [
        channel for by in (*kpi.parts.values(), kpi.where, kpi.at, kpi.since) for channel in by if channel != DEFAULT
    ]
    return named[0] if named else FIRST_CHANNEL


def _insert(
    con: duckdb.DuckDBPyConnection, relation: Relation, rows: Sequence[tuple[Mapping[str, str | None], int]]
) -> None:
    """Store rows, each so many times and in their order, with an id of its own where none is given."""
    import duckdb

    columns = [
        column
        for column in relation.columns
        if _is_id(relation, column) or any(row.get(column.name) is not None for row, _ in rows)
    ]
    chosen, cells, number = [], [], 0
    for place, column in enumerate(columns):
        cell = f"cast(c{place} as {column.type})"
        chosen.append(f"coalesce({cell}, '{column.name[0]}' || n)" if _is_id(relation, column) else cell)
    for row, times in rows:
        cells += [*(row.get(column.name) for column in columns), number, times]
        number += times
    names = ", ".join(f'"{column.name}"' for column in columns)
    given = ", ".join([*(f"c{place}" for place in range(len(columns))), "number", "times"])
    one = f"({', '.join(['?::varchar'] * len(columns))}, ?::integer, ?::integer)"
    try:
        con.execute(
            f"insert into {relation.name} ({names}) select {', '.join(chosen)} "
            f"from (select *, number + unnest(range(times)) as n from (values {', '.join([one] * len(rows))}) "
            f"as given({given})) order by n",
            cells,
        )
    except duckdb.Error as error:
        raise EngineError(f"the given rows cannot be read: {error}") from error


def _is_id(relation: Relation, column: Column) -> bool:
    return column.name in relation.key and column.name.endswith("_id")
