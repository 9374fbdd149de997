"""`omnictl journey paths`: what people do one after the other."""

from __future__ import annotations

from typing import Any

import click

from omnictl.cli.base import Command, Session, pass_session
from omnictl.cli.journey.asked import span_asked, store_of_people
from omnictl.cli.kpi.asked import Asked
from omnictl.cli.options import timeout_option
from omnictl.cli.output import Output, output_options

LEVELS, TRANSFORMS = ("channel", "solution", "page", "article"), ("full", "exposure", "first", "frequency")


@click.command(cls=Command)
@click.option("--after", metavar="STEP", help="From this on: a channel, page:/claims/** …")
@click.option("--before", metavar="STEP", help="What led up to this.")
@click.option("--level", type=click.Choice(LEVELS), default="channel", help="Names of paths; default: channel.")
@click.option("--within", metavar="WINDOW", default="J+7", help="The longest silence in a path; default: J+7.")
@click.option("--length", type=click.IntRange(1, 12), default=5, metavar="N", help="Names told; default: 5.")
@click.option("--transform", type=click.Choice(TRANSFORMS), default="exposure", help="Default: exposure, repeats fold.")
@click.option("--unit", type=click.Choice(["person", "need"]), default="person", help="Whose paths; default: person.")
@click.option("--count", type=click.Choice(["units", "paths"]), default="units", help="What ranks; default: units.")
@click.option("--top", type=click.IntRange(1, 1000), default=20, metavar="N", help="The N most frequent; default: 20.")
@click.option("--min", "least", type=click.IntRange(1), default=1, metavar="N", help="Only those so many took.")
@pass_session
@span_asked
@timeout_option
@output_options
def paths(
    session: Session, output: Output, asked: Asked, after: str | None, before: str | None, timeout: float, **given: Any
) -> None:
    """Tell the paths that people take, the most frequent first.

    A path is what one person does with no silence longer than the window. --after begins it with a step, --before
    tells what led up to one, beside the same paths that did not: every page lies on the way of some call. The last row
    holds all other paths.

    \b
    Examples:
      omnictl journey paths --period last-month
      omnictl journey paths --after faq --within J+1
      omnictl journey paths --before phone --level article --within J+1 --length 3
    """
    from omnictl.journeys.paths.answer import PathsAsked, ask_paths, card, told

    workspace = session.workspace()
    lang = session.language(workspace)
    question = asked.question(workspace.timezone, lang, workspace.fiscal)
    wanted = PathsAsked(start=after or "", goal=before or "", **given)
    with session.bounds(workspace, timeout), store_of_people(session, workspace, timeout) as connection:
        found = ask_paths(workspace, question, wanted, connection)
    for line in card(found, workspace.timezone, lang):
        session.say(line)
    output.write(told(found, lang, people=output.for_people), lang=lang)
