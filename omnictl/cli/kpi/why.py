"""`omnictl kpi why`: why a figure changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from omnictl.cli.base import Command, Session, pass_session
from omnictl.cli.complete import kpis
from omnictl.cli.journey.asked import span_asked
from omnictl.cli.kpi.asked import Asked
from omnictl.cli.options import Names, timeout_option
from omnictl.cli.output import Output, output_options
from omnictl.errors import OmnictlError

if TYPE_CHECKING:
    from omnictl.compiler import Question
    from omnictl.review.against import Span
    from omnictl.review.causes import Changed
    from omnictl.review.events import Event
    from omnictl.workspace import Workspace


@click.command(cls=Command)
@click.argument("kpi", metavar="KPI", shell_complete=kpis)
@click.option("--against", metavar="BASELINE", help="'4 same weekdays' (of a day), previous, or year.")
@click.option("--by", type=Names(), multiple=True, metavar="COLUMN,…", help="Cut by these; default: the usual ones.")
@click.option("--top", type=click.IntRange(1), default=10, metavar="N", help="Values shown of each cut; default: 10.")
@pass_session
@span_asked
@timeout_option
@output_options
def why(
    session: Session,
    output: Output,
    asked: Asked,
    kpi: str,
    against: str | None,
    by: tuple[tuple[str, ...], ...],
    top: int,
    timeout: float,
) -> None:
    """Tell why a figure changed.

    What data is late or missing comes first. Then the change is taken apart: what each value of each cut adds to a
    count, what rates and mix add to a ratio, and how much of a volume are repeats. The parts add up to the change. Last
    come the events of events.yml. A day is measured against the mean of the four same weekdays before, anything else
    against the period before; days without data are left out, and named.

    \b
    Examples:
      omnictl kpi why contacts_received --period yesterday
      omnictl kpi why service_level --period 2026-11 --against year --by channel,queue
    """
    from omnictl.compiler.ask import governed
    from omnictl.review.against import against_of
    from omnictl.review.causes import why as reasons_of
    from omnictl.review.closures import closures
    from omnictl.review.reasons import for_people, for_programs
    from omnictl.review.sides import glossary_of

    workspace = session.workspace()
    lang = session.language(workspace)
    question = governed(asked.question(workspace.timezone, lang, workspace.fiscal), workspace)
    span = _span(question)
    glossary = glossary_of(workspace)
    names = tuple(dict.fromkeys(name for given in by for name in given))
    with session.bounds(workspace, timeout):
        connection = session.store(workspace).reader(seconds=timeout)
        try:
            baseline = against_of(against, span)
            found = reasons_of(glossary, workspace, kpi, span, baseline, question, connection, by=names)
        finally:
            connection.close()
    events = _events(workspace, found)
    closed = closures(workspace.referential.calendars, found.spans, lang)
    if output.for_people:
        output.write(*for_people(found, events, lang, top, closed), lang=lang)
    else:
        output.write(for_programs(found, events, lang, closed), lang=lang)


def _span(question: Question) -> Span:
    from omnictl.review.against import Span

    period = question.period
    if period.start is None or period.end is None:
        raise OmnictlError("a change needs a period with both its ends", hint="--period yesterday, or --from and --to")
    return Span(period.start, period.end)


def _events(workspace: Workspace, found: Changed) -> list[Event]:
    from omnictl.review.events import load_events, overlapping

    if workspace.events is None:
        return []
    spans = (found.span, *found.baseline)
    return overlapping(load_events(workspace.events), spans, found.meaning.channels)
