"""`omnictl journey matrix`: where customers go next."""

from __future__ import annotations

import click

from omnictl.cli.base import Command, Session, pass_session
from omnictl.cli.journey.asked import links_asked, store_of_people
from omnictl.cli.kpi.asked import Asked
from omnictl.cli.options import timeout_option
from omnictl.cli.output import Output, output_options


@click.command(cls=Command)
@click.option("--within", metavar="WINDOW", help="J+7, intra-day, 24h …; default: that of channel_transition_rate.")
@click.option("--counts", is_flag=True, help="Interactions instead of shares, in tables for people.")
@pass_session
@links_asked
@timeout_option
@output_options
def matrix(session: Session, output: Output, asked: Asked, within: str | None, counts: bool, timeout: float) -> None:
    """Tell where customers go next, channel by channel.

    One row per channel: the shares of its interactions that the same person follows with one on each channel, as the
    very next thing within the window, or with nothing. A row adds up to 1. They are the figures of
    channel_transition_rate. CSV, JSON and files have a row per pair of channels, with share and counts.

    \b
    Examples:
      omnictl journey matrix --period last-month
      omnictl journey matrix --within 24h --counts
    """
    from omnictl.journeys import matrix as questions

    workspace = session.workspace()
    lang = session.language(workspace)
    question = asked.question(workspace.timezone, lang, workspace.fiscal)
    with session.bounds(workspace, timeout), store_of_people(session, workspace, timeout) as connection:
        answer = questions.matrix(workspace, question, within, connection)
    people = output.for_people
    table = questions.for_people(answer, lang, counts=counts) if people else questions.for_programs(answer)
    output.write(table, lang=lang, definitions=answer.definitions)
