"""`omnictl journey matrix`: where customers go next."""

from __future__ import annotations

import click

from omnictl.cli.base import Command, Session, pass_session
from omnictl.cli.journey.asked import links_asked, store_of_people
from omnictl.cli.kpi.asked import Asked
from omnictl.cli.options import Names, timeout_option
from omnictl.cli.output import Output, output_options
from omnictl.relations.column import CHANNELS

SIDES = ("channel", "solution", "mode")


@click.command(cls=Command)
@click.option("--by", type=click.Choice(SIDES), default="channel", help="Of both sides; default: the channel.")
@click.option("--after", type=Names(), metavar="CHANNEL,…", help="From these channels alone.")
@click.option("--intent", type=click.Choice(["any", "same"]), default="any", help="Of what follows; default: any.")
@click.option("--within", metavar="WINDOW", help="J+7, intra-day, 24h …; default: that of channel_transition_rate.")
@click.option("--counts", is_flag=True, help="Interactions instead of shares, in tables for people.")
@pass_session
@links_asked
@timeout_option
@output_options
def matrix(
    session: Session, output: Output, asked: Asked, by: str, after: tuple[str, ...] | None, intent: str,
    within: str | None, counts: bool, timeout: float,
) -> None:  # fmt: skip
    """Tell where customers go next, channel by channel.

    One row per channel: the shares of its interactions that the same person follows with one on each channel, as the
    very next thing within the window, or with nothing. A row adds up to 1. --by solution tells solutions, and channels
    where there are none; --by mode tells self-service and people. With --intent same the next contact for the same
    intent is meant. They are the figures of channel_transition_rate and its variants. CSV, JSON and files have a row
    per pair, with share and counts.

    \b
    Examples:
      omnictl journey matrix --period last-month
      omnictl journey matrix --by solution --after faq,form --within J+1
      omnictl journey matrix --within 24h --counts
    """
    from omnictl.journeys import matrix as questions

    if asked.start in CHANNELS:
        raise click.UsageError(f"--from takes a time; --after {asked.start} names a channel")
    workspace = session.workspace()
    lang = session.language(workspace)
    question = asked.question(workspace.timezone, lang, workspace.fiscal)
    with session.bounds(workspace, timeout), store_of_people(session, workspace, timeout) as connection:
        found = questions.matrix(
            workspace, question, within, connection, by=by, same_intent=intent == "same", after=after or ()
        )
    definitions = found.answer.definitions
    window = definitions[0].get("window", "") if definitions else ""
    for line in questions.card(found, window, workspace.timezone, lang):
        session.say(line)
    people = output.for_people
    table = questions.for_people(found, lang, counts=counts) if people else questions.for_programs(found)
    output.write(table, lang=lang, definitions=definitions)
