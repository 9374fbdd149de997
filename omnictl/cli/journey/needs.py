"""`omnictl journey needs`: what it takes to settle what customers come for."""

from __future__ import annotations

from dataclasses import replace

import click

from omnictl.cli.base import Command, Session, pass_session
from omnictl.cli.journey.asked import list_options, say_cut, span_asked, store_of_people
from omnictl.cli.kpi.asked import Asked, cut_options, total_option
from omnictl.cli.options import timeout_option
from omnictl.cli.output import Output, output_options

SCOPES = ("all", "assisted")


@click.command(cls=Command)
@click.option("--scope", type=click.Choice(SCOPES), default="all", help="assisted: contacts with people only.")
@cut_options("Cut by these; default: intent.")
@total_option
@list_options("The needs themselves.")
@pass_session
@span_asked
@timeout_option
@output_options
def needs(
    session: Session,
    output: Output,
    asked: Asked,
    scope: str,
    by: tuple[tuple[str, ...], ...],
    every: str | None,
    total: bool,
    listed: bool,
    limit: int,
    timeout: float,
) -> None:
    """Tell what it takes to settle what customers come for.

    A need is a person's interactions for one intent, until the silence of the workspace is over. Per intent: how many
    interactions a need takes, how many are settled by the first, how many change channels, how long they last and what
    they cost, and beside it the contacts that are not followed by another for the same intent, on the same channel and
    on any. What is counted is told first; needs whose silence still runs are not judged. They are the figures of
    chain_length, first_interaction_resolution, channel_switch_rate, time_to_resolution, journey_cost and
    first_contact_resolution. By channel is by that of the first interaction. CSV, JSON and files have a row per cut
    and KPI.

    \b
    Examples:
      omnictl journey needs --period last-month
      omnictl journey needs --by channel --every month --scope assisted
      omnictl journey needs --where "intent = 'claim'" --list --limit all --format csv
    """
    from omnictl.journeys import needs as questions

    if listed and (by or every or total):
        raise click.UsageError("--list gives needs, not figures: leave out --by, --every and --total")
    workspace = session.workspace()
    lang = session.language(workspace)
    asked = replace(asked, by=by or (("intent",),), every=every, total=total)
    question = asked.question(workspace.timezone, lang, workspace.fiscal)
    people = output.for_people
    with session.bounds(workspace, timeout), store_of_people(session, workspace, timeout) as connection:
        if listed:
            table, count = questions.needs_behind(workspace, question, scope, connection, most=limit, people=people)
        else:
            found = questions.needs(workspace, question, scope, connection)
    if listed:
        session.say(questions.counted(count, lang))
        say_cut(session, len(table.rows), count)
        output.write(table, lang=lang)
        return
    for line in questions.card(found, workspace.timezone, lang):
        session.say(line)
    table = questions.for_people(found, lang, periods=every is not None) if people else found.rows
    output.write(table, lang=lang, definitions=found.definitions)
