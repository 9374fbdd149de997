"""`omnictl status`: what each source holds, up to when, and what nobody has given a meaning."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from omnictl import standing
from omnictl.cli import diagnostics
from omnictl.cli.base import Command, Session, pass_session
from omnictl.cli.options import Choices
from omnictl.cli.output import Output, output_options
from omnictl.render import Table

if TYPE_CHECKING:
    from omnictl.workspace import Workspace

SECTIONS = ("sources", "unmapped", "rejects")
SHOWN = 15  # rows of the second and third table when people read all three


@click.command(cls=Command)
@click.option("--section", type=click.Choice(SECTIONS), help="One table only; default: all for people, else sources.")
@click.option(
    "--fail-on",
    type=Choices(standing.CONCERNS),
    metavar="WHAT,…",
    help="Exit 1 for any of late, rejects, missing, unmapped, stale.",
)
@click.option("--now", type=click.DateTime(), metavar="TIME", help="Take this UTC time for the present one.")
@pass_session
@output_options
def status(
    session: Session, output: Output, section: str | None, fail_on: tuple[str, ...] | None, now: datetime | None
) -> int:
    """Tell what each source holds, up to when, and what is unmapped.

    Three tables: the sources, with their state, watermark and accounting; the queues, pages and codes that nothing
    gives a meaning, by volume; the reasons of rejects. A source is late when its `retrieval` says that a newer
    delivery should be there; a stage over all sources is stale, and said to be, when what it was made of has changed.

    \b
    Examples:
      omnictl status
      omnictl status --section unmapped --format csv
      omnictl status --quiet --fail-on late,missing,rejects
    """
    workspace = session.workspace()
    lang = session.language(workspace)
    moment = now or datetime.now(UTC).replace(tzinfo=None)
    if not session.store(workspace).published.exists():
        found = standing.standings(workspace, None, moment)
        output.write(standing.sources_table(found), lang=lang)
        session.say("note: nothing has been loaded yet; `omnictl run` does it")
        return _verdict(standing.concerns(found, None), fail_on)
    with session.reading(workspace) as reading:
        found = standing.standings(workspace, reading, moment)
        everything = section is None and output.for_people
        limit = SHOWN if everything else None
        tables = {
            "sources": standing.sources_table(found),
            "unmapped": standing.unmapped_table(reading, limit),
            "rejects": standing.reasons_table(reading, limit),
        }
    if output.for_people:
        tables["sources"] = _with_short_messages(tables["sources"])
    shown = [table for table in tables.values() if table.rows] if everything else [tables[section or "sources"]]
    output.write(*(shown or [tables["sources"]]), lang=lang)
    old = _stale(session, workspace)
    for stage, reason in old.items():
        session.say(f"note: {stage} is stale: {reason}; `omnictl run` brings it up to date")
    return _verdict(standing.concerns(found, tables["unmapped"], old), fail_on)


def _stale(session: Session, workspace: Workspace) -> dict[str, str]:
    """The stages that are stale, and why."""
    from omnictl.run import stale

    connection = session.store(workspace).reader()
    try:
        return stale(workspace, connection)
    finally:
        connection.close()


def _with_short_messages(table: Table) -> Table:
    """The first line of each message: `show runs` has them whole."""
    rows = [(*row[:-1], row[-1] and row[-1].removeprefix("error: ").split("\n")[0]) for row in table.rows]
    return replace(table, rows=rows)


def _verdict(told: dict[str, list[str]], fail_on: tuple[str, ...] | None) -> int:
    """Exit code 1, and why, when one of the concerns asked about is there."""
    reasons = [f"error[{name}]: {reason}" for name in fail_on or () for reason in told[name]]
    for reason in reasons:
        diagnostics.say(reason)
    return 1 if reasons else 0
