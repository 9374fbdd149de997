"""`omnictl show`: the rows of a relation, or the relations there are."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import click

from omnictl.cli.base import Command, Session, pass_session
from omnictl.cli.complete import relations
from omnictl.cli.options import Limit, timeout_option
from omnictl.cli.output import Output, output_options
from omnictl.errors import OmnictlError, did_you_mean
from omnictl.reading import BOOKKEEPING, Reading
from omnictl.relations import RELATIONS
from omnictl.relations.runs import RUN_NUMBER
from omnictl.render import Col, Table

DEFAULT_ROWS = 20


@click.command(cls=Command)
@click.argument("relation", required=False, shell_complete=relations)
@click.option("--columns", metavar="A,B", help="These columns only, in this order.")
@click.option("--where", metavar="CONDITION", help="Rows that meet an SQL condition only.")
@click.option("--limit", type=Limit(), default=DEFAULT_ROWS, metavar="N|all", help="Rows to show; default: 20.")
@click.option("--personal", is_flag=True, help="Show personal columns too.")
@timeout_option
@pass_session
@output_options
def show(
    session: Session,
    output: Output,
    relation: str | None,
    columns: str | None,
    where: str | None,
    limit: int,
    personal: bool,
    timeout: float,
) -> None:
    """Show the rows of a relation.

    Without a name, list the relations with their rows and meaning. In tables for people, columns that are empty in
    all rows shown are left out unless --columns names them.

    \b
    Examples:
      omnictl show interactions --where "channel = 'phone' and wait_s > 300"
      omnictl show rejects --limit all --format csv --out rejects.csv
    """
    workspace = session.workspace()
    lang = session.language(workspace)
    with session.reading(workspace, personal=personal, seconds=timeout) as reading:
        if relation is None:
            output.write(_listed(reading), lang=lang)
            return
        table, more = _rows(reading, relation, columns, where, None if limit < 0 else limit)
    if more:
        session.say(f"note: more rows than {limit:,}; --limit all shows them")
    if output.for_people and columns is None:
        table = _without_empty_columns(table)
    output.write(table, lang=lang)


def _listed(reading: Reading) -> Table:
    def meaning(name: str) -> str:
        return RELATIONS[name].one_row_is if name in RELATIONS else BOOKKEEPING[name]

    counts = " union all ".join(f"select '{name}', count(*) from \"{name}\"" for name in reading.tables)
    rows = dict(reading.answer(counts)[0].rows) if counts else {}
    listed = [(name, rows[name], meaning(name)) for name in reading.tables]
    return Table([Col("relation"), Col("rows", "count"), Col("one_row_is")], listed)


def _rows(
    reading: Reading, relation: str, columns: str | None, where: str | None, limit: int | None
) -> tuple[Table, bool]:
    name = relation.casefold()
    if name not in reading.tables and name in RELATIONS:
        hint = "a source that gives it must be loaded: `omnictl run`"
        raise OmnictlError(f"nothing of `{name}` has been loaded yet", hint=hint)
    if name not in reading.tables:
        raise OmnictlError(f"there is no relation `{relation}`", hint=did_you_mean(name, reading.tables))
    chosen = _chosen(reading, name, columns)
    text = "select " + ", ".join(f'"{column}"' for column in chosen) + f'\nfrom "{name}"'
    if where:
        text += f"\nwhere (\n{where}\n)"
    text += f"\norder by {_order(reading, name)}"
    table, more = reading.answer(text, limit)
    units = _units(name, chosen, table)
    columns_out = [replace(column, unit=unit) for column, unit in zip(table.columns, units, strict=True)]
    return replace(table, columns=columns_out), more


def _units(name: str, columns: list[str], table: Table) -> list[str]:
    """UTC for times, count for counts; other figures are shown as they are stored."""
    known = RELATIONS.get(name)
    if known is not None:
        units = {column.name: column.unit for column in known.columns}
        return [units[column] if units[column] in ("UTC", "count") else "" for column in columns]
    times = {position for row in table.rows for position, value in enumerate(row) if isinstance(value, datetime)}
    return ["UTC" if position in times else "" for position in range(len(columns))]


def _chosen(reading: Reading, name: str, columns: str | None) -> list[str]:
    there = reading.tables[name]
    if columns is None:
        return there
    chosen = [column.strip().casefold() for column in columns.split(",") if column.strip()]
    for column in chosen:
        if column not in there:
            personal = name in RELATIONS and column in RELATIONS[name].personal
            hint = "it is personal: --personal shows it" if personal else did_you_mean(column, there)
            raise OmnictlError(f"`{column}` is not a column of {name} that can be shown", hint=hint)
    return chosen or there


def _order(reading: Reading, name: str) -> str:
    """By key, then by every column: rows stand in one order whatever the store did."""
    key = RELATIONS[name].key if name in RELATIONS else ()
    first = [column for column in key if column in reading.tables[name]]
    if name == "runs":  # newest first
        return ", ".join([f"{RUN_NUMBER} desc", *(f'"{column}" desc' for column in first)])
    return ", ".join(f'"{column}"' for column in first) or "all"


def _without_empty_columns(table: Table) -> Table:
    filled = [
        position for position in range(len(table.columns)) if any(row[position] not in (None, "") for row in table.rows)
    ]
    if not table.rows or len(filled) == len(table.columns):
        return table
    left_out = len(table.columns) - len(filled)
    return replace(
        table,
        columns=[table.columns[position] for position in filled],
        rows=[tuple(row[position] for position in filled) for row in table.rows],
        notes=[*table.notes, f"{left_out} columns that are empty here are left out; --columns names them"],
    )
