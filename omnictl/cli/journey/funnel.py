"""`omnictl journey funnel`: how many go through given steps."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from omnictl.cli.base import Command, Session, pass_session
from omnictl.cli.journey.asked import limit_option, say_cut, span_asked, store_of_people
from omnictl.cli.kpi.asked import Asked
from omnictl.cli.options import Names, timeout_option
from omnictl.cli.output import Output, output_options

if TYPE_CHECKING:
    from omnictl.journeys.funnel.definition import FunnelAsked
    from omnictl.journeys.funnel.rules import Effect

UNITS, ORDERS, ENTRIES = ("person", "interaction", "need"), ("ordered", "strict", "any"), ("first", "any", "every")
EFFECTS, ATTRIBUTIONS = ("remove", "drop", "restart"), ("first", "last", "step")
WRITTEN = ("unit", "order", "within", "window", "anchor", "entry", "represents", "ties", "hold", "by", "attribution")


@click.command(cls=Command)
@click.argument("steps", metavar="STEP…", nargs=-1)
@click.option("--file", "file", type=click.Path(path_type=Path), metavar="FILE", help="Read the funnel from YAML.")
@click.option("--unit", type=click.Choice(UNITS), help="What is counted; default: person.")
@click.option("--order", type=click.Choice(ORDERS), help="Of the steps; default: ordered, others may come between.")
@click.option("--anchored", type=Names(), metavar="N,…", help="Of --order any: steps that keep their place.")
@click.option("--strict-within", "within", type=Names(), metavar="CHANNEL,…", help="What breaks --order strict.")
@click.option("--window", metavar="WINDOW", help="J+7, intra-day, 60min …; default: J+7.")
@click.option(
    "--anchor", type=click.Choice(["first", "step"]), help="Window from step 1, or from each; default: first."
)
@click.option("--entry", type=click.Choice(ENTRIES), help="Which rows of step 1 begin an attempt; default: any.")
@click.option("--represents", type=click.Choice(["furthest", "converted"]), help="Attempt taken; default: furthest.")
@click.option("--ties", metavar="RULE", help="At one instant: allow, later, or grace=2s; default: allow.")
@click.option("--optional", type=Names(), metavar="N,…", help="Steps that may be left out.")
@click.option("--exclude", multiple=True, metavar="STEP", help="What must not happen on the way.")
@click.option(
    "--exclude-between", "between", metavar="I-J", help="After step I, before step J; default: first to last."
)
@click.option("--exclude-effect", "effect", type=click.Choice(EFFECTS), help="On the attempt; default: remove.")
@click.option("--hold", type=Names(), metavar="COLUMN,…", help="The same in all steps, such as intent.")
@click.option("--by", type=Names(), metavar="COLUMN,…", help="Cut by these columns.")
@click.option("--attribution", type=click.Choice(ATTRIBUTIONS), help="Whose row cuts: of which step; default: first.")
@click.option("--list", "listed", type=click.IntRange(1), metavar="N", help="The units that did step N.")
@click.option("--dropped", is_flag=True, help="Of --list: those that did not do the next one.")
@limit_option("Of --list")
@pass_session
@span_asked
@timeout_option
@output_options
def funnel(
    session: Session,
    output: Output,
    asked: Asked,
    steps: tuple[str, ...],
    file: Path | None,
    listed: int | None,
    dropped: bool,
    limit: int,
    timeout: float,
    **given: Any,
) -> None:
    """Tell how many go through steps, one after the other.

    A STEP is a channel (phone, faq, or contact, visit), or what happened in an interaction (page:/claims/**,
    article:a12, form_submit); brackets narrow it: phone[outcome=handled]. Each row of step 1 in the period begins an
    attempt, later steps may fall after it; an attempt whose window is not over in the data is left out and counted.
    The 18 rules that decide the figures are told first.

    \b
    Examples:
      omnictl journey funnel faq phone --window J+1 --period last-month
      omnictl journey funnel 'page:/claims/**' form_submit 'phone[outcome=handled]' --order strict
      omnictl journey funnel web chat phone --by intent
      omnictl journey funnel web chat phone --list 2 --dropped
      omnictl journey funnel --file claims.yml
    """
    from omnictl.journeys.funnel.answer import ask_funnel, units_of
    from omnictl.journeys.funnel.card import card
    from omnictl.journeys.funnel.tables import counted, told
    from omnictl.journeys.funnel.tables import listed as table_of
    from omnictl.zone import zone_of

    if bool(steps) == (file is not None):
        raise click.UsageError("name the steps, or the --file that does")
    if dropped and listed is None:
        raise click.UsageError("--dropped says which of --list N are meant")
    if listed is not None and given["by"]:
        raise click.UsageError("--list gives units, not figures: leave out --by")
    wanted = _wanted(steps, file, given)
    if listed is not None and listed > len(wanted.steps):
        raise click.UsageError(f"--list {listed}: there are {len(wanted.steps)} steps")
    workspace = session.workspace()
    lang = session.language(workspace)
    question = asked.question(workspace.timezone, lang, workspace.fiscal)
    with session.bounds(workspace, timeout), store_of_people(session, workspace, timeout) as connection:
        found = ask_funnel(workspace, question, wanted, connection)
        for line in card(found, workspace.timezone, lang):
            session.say(line)
        if listed is None:
            output.write(told(found, lang, people=output.for_people), lang=lang)
            return
        units = list(units_of(connection, found, listed, dropped=dropped, most=limit))
    whole = units[0]["units"] if units else 0
    session.say(counted(whole, listed, lang, dropped=dropped))
    say_cut(session, len(units), whole)
    output.write(table_of(found, units, zone_of(workspace.timezone), lang), lang=lang)


def _wanted(steps: tuple[str, ...], file: Path | None, given: dict[str, Any]) -> FunnelAsked:
    """The funnel of the file or of the line; what the line says besides holds."""
    from omnictl.journeys.funnel.definition import (
        ExclusionAsked,
        FunnelAsked,
        StepAsked,
        between_of,
        on_line,
        read_funnel,
    )

    found = FunnelAsked() if file is None else read_funnel(file)
    if steps:
        found = replace(found, steps=tuple(StepAsked(on_line(text, "STEP")) for text in steps))
    if given["optional"]:
        numbers = _numbers(given["optional"], len(found.steps), "optional")
        told = tuple(replace(each, optional=at in numbers) for at, each in enumerate(found.steps, 1))
        found = replace(found, steps=told)
    if given["anchored"]:
        numbers = _numbers(given["anchored"], len(found.steps), "anchored")
        told = tuple(replace(each, anchored=at in numbers) for at, each in enumerate(found.steps, 1))
        found = replace(found, steps=told)
    if given["exclude"]:
        between = between_of(given["between"]) if given["between"] else None
        effect: Effect = given["effect"] or "remove"
        excluded = (ExclusionAsked(on_line(text, "--exclude"), None, between, effect) for text in given["exclude"])
        found = replace(found, exclude=tuple(excluded))
    elif given["between"] or given["effect"]:
        raise click.UsageError("--exclude-between and --exclude-effect say more of --exclude STEP")
    return replace(found, **{name: given[name] for name in WRITTEN if given[name] is not None})


def _numbers(texts: tuple[str, ...], steps: int, name: str) -> set[int]:
    found = {int(text) for text in texts if text.isascii() and text.isdigit() and len(text) < 3}
    if len(found) != len(set(texts)) or not all(1 <= each <= steps for each in found):
        raise click.UsageError(f"--{name} takes numbers of steps, 1 to {steps}")
    return found
