"""`omnictl journey leakage`: calls after visits of nobody known, beyond those that come anyway."""

from __future__ import annotations

from datetime import date, timedelta

import click

from omnictl.cli.base import Command, Session, pass_session
from omnictl.cli.journey.asked import limit_option, span_asked, store_of_people
from omnictl.cli.kpi.asked import Asked
from omnictl.cli.options import Duration, Names, timeout_option
from omnictl.cli.output import Output, output_options

CUTS = ("page", "article", "intent", "channel", "solution", "device", "entry_point", "business_line")
VISITS = ("anonymous", "known", "all")
CELLS = 50
WEEK_S = 7 * 86_400  # by which visits are shifted: a longer window would meet its own shifted self


@click.command("leakage", cls=Command)
@click.option("--by", type=click.Choice(CUTS), help="Cut by what was read, or by a column of the visit.")
@click.option("--within", type=Duration(), default="60min", metavar="DURATION", help="After a visit; default: 60min.")
@click.option("--visits", type=click.Choice(VISITS), default="anonymous", help="Whose; default: of nobody known.")
@click.option("--match", type=Names(), metavar="NAME,…", help="intent, area, line_type, or none; default: intent.")
@click.option("--without", type=Names(), multiple=True, metavar="DAY,…", help="Leave these days out: incidents.")
@limit_option("Rows of --by", CELLS)
@pass_session
@span_asked
@timeout_option
@output_options
def leakage(
    session: Session,
    output: Output,
    asked: Asked,
    by: str | None,
    within: float,
    visits: str,
    match: tuple[str, ...] | None,
    without: tuple[tuple[str, ...], ...],
    limit: int,
    timeout: float,
) -> None:
    """Estimate how many calls visits of nobody known lead to.

    Calls that begin soon after a visit on the same intent, beyond those after the same visits a week earlier and a
    week later, at the same hour; with a 95 % interval, and a placebo that should be about 0. It is an estimate over
    many visits and says nothing of a single one. Of known people, `omnictl journey after web --then phone` counts.

    \b
    Examples:
      omnictl journey leakage --by article --within 60min
      omnictl journey leakage --by page --where "channel = 'web'" --without 2026-03-12
    """
    from omnictl.journeys.leakage.answer import Sought
    from omnictl.journeys.leakage.answer import leakage as estimate
    from omnictl.journeys.leakage.tables import card, for_people, for_programs

    if within < 1:
        raise click.UsageError("--within takes a second or more")
    if within >= WEEK_S:
        raise click.UsageError("--within is shorter than the week that visits are shifted by")
    chosen = None if match is None else () if match == ("none",) else match
    days = frozenset(_day(text) for texts in without for text in texts)
    sought = Sought(by, timedelta(seconds=within), visits, chosen, days)
    workspace = session.workspace()
    lang = session.language(workspace)
    question = asked.question(workspace.timezone, lang, workspace.fiscal)
    with session.bounds(workspace, timeout), store_of_people(session, workspace, timeout) as connection:
        found = estimate(workspace, sought, question, connection)
    for line in card(found, workspace.timezone, lang):
        session.say(line)
    if output.for_people:
        if limit >= 0 and len(found.cells) > limit:
            session.say(f"note: the first {limit:,} of {len(found.cells):,} are shown; --limit all shows them all")
        output.write(for_people(found, lang, most=limit), lang=lang)
    else:
        output.write(for_programs(found), lang=lang)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise click.UsageError(f"--without takes days such as 2026-03-12, not `{text}`") from error
