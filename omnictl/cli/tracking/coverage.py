"""`omnictl tracking coverage`: what of the plan the data can answer, why not, and what a field carries."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from omnictl.cli.base import Command, Session, pass_session
from omnictl.cli.complete import kpis
from omnictl.cli.options import Choices, Instant, Names, timeout_option
from omnictl.cli.output import Output, output_options

if TYPE_CHECKING:
    import duckdb

    from omnictl.tracking.coverage.verdict import Line
    from omnictl.workspace import Workspace

STATES = ("computable", "degraded", "partial", "not_computable")  # the gravest last
FAILING = ("not_computable", "degraded", "never")


@click.command(cls=Command)
@click.argument("addresses", metavar="[KPI]…", nargs=-1, shell_complete=kpis)
@click.option("--by", type=Names(), multiple=True, metavar="DIM,…", help="Cuts; channel: a line per channel too.")
@click.option("--state", "states", type=Choices(STATES), metavar="STATE,…", help="Lines in these states only.")
@click.option("--without", multiple=True, metavar="WHAT", help="What breaks if a SOURCE, SOURCE.COLUMN or COLUMN goes.")
@click.option("--summary", is_flag=True, help="How many lines are in each state, by whom to ask.")
@click.option("--long", is_flag=True, help="One row per reason, channels too, as in CSV and JSON.")
@click.option(
    "--fail-on",
    type=click.Choice(FAILING),
    default="never",
    help="Exit 1 when a KPI is so, or worse; default: never.",
)
@click.option("--now", type=Instant(), metavar="TIME", help="Take this UTC time for the present one.")
@pass_session
@timeout_option
@output_options
def coverage(
    session: Session,
    output: Output,
    addresses: tuple[str, ...],
    by: tuple[tuple[str, ...], ...],
    states: tuple[str, ...] | None,
    without: tuple[str, ...],
    summary: bool,
    long: bool,
    fail_on: str,
    now: datetime | None,
    timeout: float,
) -> int:
    """Tell what of the plan the data can answer.

    For each KPI and cut of tracking.yml, or those named: computable, degraded, partial (the cut lacks, the value does
    not) or not computable, with the gravest reason and its code (C01 to C13; `omnictl explain C04`), the rows
    concerned, whom to ask and the smallest change. Rows are counted in the published store; without one, the states
    are those that mappings promise. A lack is no fault of the call: exit code 1 only if --fail-on asks for it.

    \b
    Examples:
      omnictl tracking coverage
      omnictl tracking coverage service_level --by queue,channel --long
      omnictl tracking coverage --state not_computable --format csv
      omnictl tracking coverage --without calls.wait_s --without chat
      omnictl tracking coverage --summary --fail-on not_computable
    """
    from omnictl.tracking.coverage import tables
    from omnictl.tracking.coverage.covering import Covering
    from omnictl.tracking.coverage.removal import breaks

    if without and (summary or long):
        raise click.UsageError("--without tells what breaks: it goes neither with --summary nor with --long")
    workspace = session.workspace()
    lang = session.language(workspace)
    cuts = list(dict.fromkeys(name for names in by for name in names))
    moment = now or datetime.now(UTC).replace(tzinfo=None)
    with session.bounds(workspace, timeout), _store(session, workspace, timeout) as connection:
        covering = Covering(workspace, connection, moment, addresses, [name for name in cuts if name != "channel"])
        if covering.plan.needs and set(cuts) - {"channel"}:
            message = "--by is for KPIs that are named; the needs of tracking.yml have their own `by` (channel may be)"
            raise click.UsageError(message)
        for warning in covering.warnings:
            session.say(warning.text())
        if without:
            found = breaks(covering, without)
            shown = [each for each in found if not states or each.line.state in states]
            output.write(tables.changes(shown, lang, people=output.for_people), lang=lang)
            return _verdict([each.line for each in found], fail_on)
        lines = covering.coverage().lines
    whole = [line for line in lines if not line.channel]
    if summary:
        output.write(tables.summary(tables.chosen(whole, states or ()), lang), lang=lang)
    elif output.for_people and not long:
        output.write(tables.for_people(tables.chosen(lines, states or (), cuts, channels=False), lang), lang=lang)
    else:
        output.write(tables.for_programs(tables.chosen(lines, states or ()), lang), lang=lang)
    return _verdict(whole, fail_on)


@contextmanager
def _store(session: Session, workspace: Workspace, timeout: float) -> Iterator[duckdb.DuckDBPyConnection | None]:
    """The published store; None where nothing is published, which is said."""
    import duckdb

    from omnictl.engines.connection import told

    store = session.store(workspace)
    if not store.published.exists():
        session.say("note: nothing has been loaded yet: states are what the mappings promise, no row is counted")
        yield None
        return
    connection = store.reader(seconds=timeout)
    try:
        yield connection
    except duckdb.Error as error:
        raise told(error, "the store could not be looked at") from error
    finally:
        connection.close()


def _verdict(lines: list[Line], fail_on: str) -> int:
    """Exit code 1 when a line is in the state asked about, or in a worse one."""
    if fail_on == "never":
        return 0
    failing = STATES[STATES.index(fail_on) :]
    return 1 if any(line.state in failing for line in lines) else 0
