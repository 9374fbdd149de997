"""`omnictl demo`: a living example, built and run to the end."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from omnictl.cli.base import Command, Session, pass_session
from omnictl.cli.output import Output, output_options
from omnictl.cli.run import enforced, report_table, tell
from omnictl.render import Table

if TYPE_CHECKING:
    from omnictl.workspace import Workspace

KPIS = ("contacts_received", "answer_rate", "abandonment_rate", "service_level", "average_handle_time", "csat", "nps")
NEXT = (
    *("reiteration_rate", "phone_after_web_rate", "first_interaction_resolution", "identification_rate"),
    "unique_contacting_customers",
)
REASONS = 8  # of rejects shown
TRY = (
    "journey repeat --by channel",
    "journey repeat --after web --then phone --within 1h,24h --by intent",
    "journey matrix",
)


@click.command(cls=Command)
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--interactions", type=int, default=100_000, show_default=True, metavar="N", help="Contacts and visits.")
@click.option("--seed", type=int, default=1, show_default=True, metavar="S", help="Another seed, another year.")
@click.option("--end", type=click.DateTime(["%Y-%m-%d"]), metavar="DATE", help="Last day; default: yesterday.")
@pass_session
@output_options
def demo(session: Session, output: Output, folder: Path, interactions: int, seed: int, end: datetime | None) -> int:
    """Build a living example and run it to the end.

    One year of a French insurer that does not exist: calls, visits, help pages, forms, bots, chats, callbacks, e-mails
    and surveys, written as the export files of their tools, with the faults such files have. Then it is loaded, people
    are linked across all of it, and its main KPIs, what happens next, its rejects and where to look next are shown. DIR
    must be new or empty. The switch's files are read by a plugin, omnictl-asterisk.

    \b
    Example:
      omnictl demo demo --interactions 20000
    """
    from omnictl.demo import build_demo
    from omnictl.run import run
    from omnictl.workspace import FILE_NAME, load_workspace

    progress = session.progress()
    built = build_demo(folder, interactions=interactions, seed=seed, end=end.date() if end else None, progress=progress)
    session.say(f"{len(built.files)} export files, {built.size / 1e6:.1f} MB, of {built.first} to {built.last}")
    workspace = load_workspace(folder / FILE_NAME)
    report = run(
        workspace,
        session.store(workspace),
        progress=progress,
        command="omnictl demo",
        rules=enforced(session, workspace),
    )
    tell(session, report)
    loaded = replace(report_table(report, messages=False), title="What became of the records")
    output.write(loaded, *_shown(session, workspace), lang=session.language(workspace))
    session.say(f"\nnext: {folder / 'README.md'}, and")
    for command in ("status", *TRY, f"journey show --interaction {built.story}"):
        session.say(f"  omnictl -C {folder} {command}")
    return report.exit_code


def _shown(session: Session, workspace: Workspace) -> tuple[Table, ...]:
    """The main KPIs by channel, what happens next, and why records were rejected."""
    from omnictl.compiler import Question, ask
    from omnictl.standing import reasons_table

    connection = session.store(workspace).reader()
    try:
        lang = session.language(workspace)
        figures = ask(workspace, Question(kpis=KPIS, by=("channel",), lang=lang), connection).table
        after = ask(workspace, Question(kpis=NEXT, by=("channel",), total=True, lang=lang), connection).table
    finally:
        connection.close()
    with session.reading(workspace) as reading:
        reasons = reasons_table(reading, REASONS)
    return (
        replace(figures, title="Main KPIs by channel"),
        replace(after, title="People, and what happens next, by channel"),
        reasons,
    )
