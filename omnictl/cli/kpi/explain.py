"""`omnictl kpi explain`: why two reports disagree."""

from __future__ import annotations

import click

from omnictl.cli.base import Command, Session, pass_session
from omnictl.cli.complete import kpis
from omnictl.cli.journey.asked import span_asked
from omnictl.cli.kpi.asked import Asked
from omnictl.cli.options import timeout_option
from omnictl.cli.output import Output, output_options


@click.command(cls=Command)
@click.argument("one", metavar="A", shell_complete=kpis)
@click.argument("other", metavar="B", shell_complete=kpis)
@pass_session
@span_asked
@timeout_option
@output_options
def explain(session: Session, output: Output, asked: Asked, one: str, other: str, timeout: float) -> None:
    """Explain by which rules two definitions differ on the same rows.

    A and B are a KPI and its variant, or two KPIs over the same rows in the same unit; @v5 alone is that variant of
    A. Both figures are given, and between them a waterfall: the rules that differ are taken one after the other, in
    the order of the definition; each step is a figure of its own, with the rows that come in and go out. The steps
    add up to the difference exactly.

    \b
    Examples:
      omnictl kpi explain service_level @v5 --period 2026-11
      omnictl kpi explain answer_rate service_level --where "channel = 'phone'" --lang fr
    """
    from omnictl.compiler.ask import governed
    from omnictl.review.explained import explain as explained
    from omnictl.review.sides import glossary_of
    from omnictl.review.waterfall import sentences, table_of

    workspace = session.workspace()
    lang = session.language(workspace)
    if other.startswith(("@", ":")):
        other = one.partition("@")[0].partition(":")[0] + other
    question = governed(asked.question(workspace.timezone, lang, workspace.fiscal), workspace)
    glossary = glossary_of(workspace)
    with session.bounds(workspace, timeout):
        connection = session.store(workspace).reader(seconds=timeout)
        try:
            found = explained(glossary, workspace, one, other, question, connection)
        finally:
            connection.close()
    if output.for_people:
        for line in sentences(found, lang):
            session.say(line)
    output.write(table_of(found, lang), lang=lang)
