"""`omnictl journey repeat`: how many contacts are followed by another."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from omnictl.cli.base import Command, Session, pass_session
from omnictl.cli.complete import offered
from omnictl.cli.journey.asked import links_asked, store_of_people
from omnictl.cli.kpi.asked import Asked
from omnictl.cli.options import Limit, Names, timeout_option
from omnictl.cli.output import Output, output_options
from omnictl.compiler.question import EVERY
from omnictl.relations.column import CHANNELS

if TYPE_CHECKING:
    from omnictl.compiler import Question
    from omnictl.journeys.repeat import Followed
    from omnictl.workspace import Workspace

THEN = ("contact", "same-channel", "phone", "visit")
DEFAULT_ROWS = 100


@offered
def channels(context: click.Context) -> list[str]:
    """Names of channels."""
    return sorted(CHANNELS)


@click.command(cls=Command)
@click.option("--after", type=Names(), metavar="CHANNEL,…", shell_complete=channels, help="After contacts on these.")
@click.option("--then", type=click.Choice(THEN), default="contact", help="What follows; default: a contact.")
@click.option("--intent", type=click.Choice(["any", "same"]), default="any", help="Of what follows; default: any.")
@click.option("--within", type=Names(), metavar="WINDOW,…", help="intra-day, J+7, 24h …; default: six, up to J+30.")
@click.option("--by", type=Names(), multiple=True, metavar="COLUMN,…", help="Cut by these columns.")
@click.option("--every", type=click.Choice(EVERY), help="One row per period of this length.")
@click.option("--total", is_flag=True, help="Rows of the whole too, recomputed from the parts.")
@click.option("--list", "listed", is_flag=True, help="The contacts concerned, with what follows each; one window.")
@click.option("--limit", type=Limit(), default=DEFAULT_ROWS, metavar="N|all", help="Of --list; default: 100.")
@pass_session
@links_asked
@timeout_option
@output_options
def repeat(
    session: Session,
    output: Output,
    asked: Asked,
    after: tuple[str, ...] | None,
    then: str,
    intent: str,
    within: tuple[str, ...] | None,
    by: tuple[tuple[str, ...], ...],
    every: str | None,
    total: bool,
    listed: bool,
    limit: int,
    timeout: float,
) -> None:
    """Tell how many contacts are followed by another.

    Of the handled contacts of known people, the share that the same person follows with another contact the same day,
    and within 1, 3, 7, 14 and 30 days. What is counted is told first; a contact whose window is not over in the data
    is not judged. They are the figures of reiteration_rate and its variants; of web_rebound_rate with --then visit,
    and of phone_after_web_rate for calls after visits. CSV, JSON and files have a row per cut and window.

    \b
    Examples:
      omnictl journey repeat --by channel --period last-month
      omnictl journey repeat --after chat --then phone --intent same --within J+7
      omnictl journey repeat --after chat --then phone --intent same --within J+7 --list
      omnictl journey repeat --after web --then phone --within 1h,24h --by intent
    """
    from omnictl.journeys.behind import LIST_WINDOW
    from omnictl.journeys.repeat import WINDOWS, followed_by

    if asked.start in CHANNELS:
        raise click.UsageError(f"--from takes a time; --after {asked.start} names a channel")
    if listed and asked.links != "certain":
        raise click.UsageError("--list shows contacts of people who are certain: leave out --links probable")
    if listed and within is not None and len(within) != 1:
        raise click.UsageError("--list takes one window: --within J+7")
    followed = followed_by(then, intent == "same", after or ())
    workspace = session.workspace()
    lang = session.language(workspace)
    asked = replace(asked, by=by, every=every, total=total)
    question = asked.question(workspace.timezone, lang, workspace.fiscal)
    with session.bounds(workspace, timeout):
        if listed:
            window = within[0] if within else LIST_WINDOW
            _list(session, output, workspace, question, followed, window, after or (), limit, timeout)
        else:
            windows = within or WINDOWS
            _figures(session, output, workspace, question, followed, windows, after or (), timeout)


def _figures(
    session: Session,
    output: Output,
    workspace: Workspace,
    question: Question,
    followed: Followed,
    windows: tuple[str, ...],
    after: tuple[str, ...],
    timeout: float,
) -> None:
    from omnictl.journeys.repeat import card, for_people, for_programs, repeat

    lang = session.language(workspace)
    with store_of_people(session, workspace, timeout) as connection:
        found = repeat(workspace, question, followed, windows, connection, after=after)
    for line in card(found, workspace.timezone, lang):
        session.say(line)
    people = output.for_people
    table = for_people(found, lang, periods=question.every is not None) if people else for_programs(found)
    output.write(table, lang=lang, definitions=found.definitions)


def _list(
    session: Session,
    output: Output,
    workspace: Workspace,
    question: Question,
    followed: Followed,
    window: str,
    after: tuple[str, ...],
    limit: int,
    timeout: float,
) -> None:
    from omnictl.journeys.behind import contacts_behind

    lang = session.language(workspace)
    with store_of_people(session, workspace, timeout) as connection:
        table, contacts = contacts_behind(
            workspace, question, followed, window, connection, after=after, most=limit, people=output.for_people
        )
    told = "1 contact is" if contacts == 1 else f"{contacts:,} contacts are"
    session.say(f"{told} followed within {window} by {followed.next['en']}")
    if len(table.rows) < contacts:
        session.say(f"note: the first {len(table.rows):,} are shown; --limit all shows them all")
    output.write(table, lang=lang)
