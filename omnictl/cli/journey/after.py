"""`omnictl journey after`: what people do after an interaction."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from omnictl.cli.base import Command, Session, pass_session
from omnictl.cli.complete import offered
from omnictl.cli.journey.asked import list_options, say_cut, span_asked, store_of_people
from omnictl.cli.kpi.asked import Asked, cut_options
from omnictl.cli.options import Names, timeout_option
from omnictl.cli.output import Output, output_options
from omnictl.relations.column import CHANNELS

if TYPE_CHECKING:
    from omnictl.compiler import Question
    from omnictl.journeys.after.answer import Asked as Sought
    from omnictl.workspace import Workspace

FOLLOWING = ("contact", "visit", "assisted", "phone")
BEGINNING = ("agent", "contact", "visit", "article:", "page:", "form:")


@offered
def following(context: click.Context) -> list[str]:
    """What may follow."""
    return sorted({*CHANNELS, *FOLLOWING})


@offered
def beginning(context: click.Context) -> list[str]:
    """What a question may begin with."""
    return sorted({*CHANNELS, *BEGINNING})


@click.command("after", cls=Command)
@click.argument("origin", shell_complete=beginning)
@click.option(
    "--then",
    "links",
    multiple=True,
    metavar="CHANNEL",
    shell_complete=following,
    help="What follows; again: then that.",
)
@click.option("--within", type=Names(), metavar="WINDOW,…", default="24h", help="2h, J+1, intra-day …; default: 24h.")
@cut_options("article, page, form, intent, channel …", metavar="CUT,…")
@click.option("--intent", type=click.Choice(["any", "same"]), default="any", help="Of what follows; default: any.")
@click.option("--about", metavar="INTENT", help="What this intent, or one below it, is of; read or asked for.")
@list_options("The interactions that are followed, each with what follows.")
@pass_session
@span_asked
@timeout_option
@output_options
def after_visit(
    session: Session,
    output: Output,
    asked: Asked,
    origin: str,
    links: tuple[str, ...],
    within: tuple[str, ...],
    by: tuple[tuple[str, ...], ...],
    every: str | None,
    intent: str,
    about: str | None,
    listed: bool,
    limit: int,
    timeout: float,
) -> None:
    """Tell who does what after a visit or a contact.

    Of the interactions on ORIGIN, how many the same person follows with one on a channel within a window. ORIGIN is a
    channel, several (web,app), agent (what a person handled), contact, visit, or what was read: article:/faq/bill/*.
    CHANNEL is a channel, or contact, visit, assisted, phone (the voice menu included). What is counted is told first;
    what cannot be judged is counted apart. An interaction that read several articles counts once for each.

    \b
    Examples:
      omnictl journey after faq --then phone --within 2h --by article
      omnictl journey after faq --then phone --within 2h --by article --about payment
      omnictl journey after agent --then web --within J+1 --by intent
      omnictl journey after agent --then web --then phone --within 24h
    """
    from omnictl.journeys.after.answer import Asked as Sought

    if listed and len(within) != 1:
        raise click.UsageError("--list takes one window: --within 2h")
    if listed and (by or every):
        raise click.UsageError("--list gives interactions, not figures: leave out --by and --every")
    if not within:
        raise click.UsageError("--within takes a window: 2h, J+1")
    cuts = tuple(dict.fromkeys(name for names in by for name in names))
    sought = Sought(origin, links or ("contact",), within, cuts, intent == "same", about)
    workspace = session.workspace()
    lang = session.language(workspace)
    question = replace(asked, every=every).question(workspace.timezone, lang, workspace.fiscal)
    with session.bounds(workspace, timeout):
        if listed:
            _list(session, output, workspace, question, sought, limit, timeout)
        else:
            _figures(session, output, workspace, question, sought, timeout)


def _figures(
    session: Session, output: Output, workspace: Workspace, question: Question, sought: Sought, timeout: float
) -> None:
    from omnictl.journeys.after.answer import follow, understood
    from omnictl.journeys.after.tables import card, for_people, for_programs

    lang = session.language(workspace)
    with store_of_people(session, workspace, timeout) as connection:
        found = follow(workspace, understood(workspace, sought, connection), question, connection)
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
    sought: Sought,
    limit: int,
    timeout: float,
) -> None:
    from omnictl.journeys.after.answer import followers, understood
    from omnictl.journeys.after.tables import listed

    with store_of_people(session, workspace, timeout) as connection:
        after = understood(workspace, sought, connection)
        people = output.for_people
        table, number = followers(workspace, after, question, connection, most=limit, people=people)
    lang = session.language(workspace)
    session.say(listed(after, number, lang))
    say_cut(session, len(table.rows), number)
    output.write(table, lang=lang)
