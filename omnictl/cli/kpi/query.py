"""`omnictl kpi query`: the figures of KPIs."""

from __future__ import annotations

import click

from omnictl.cli.base import Command, Session, pass_session
from omnictl.cli.kpi.asked import Asked, question_options
from omnictl.cli.options import timeout_option
from omnictl.cli.output import Output, output_options


@click.command(cls=Command)
@pass_session
@question_options
@timeout_option
@output_options
def query(session: Session, output: Output, asked: Asked, timeout: float) -> None:
    """Give the figures of KPIs.

    A KPI is named by its id, with a variant and parameters where wanted: abandonment_rate@genesys,
    service_level:answer_threshold=30s. Days, weeks and months are those of the workspace's zone. Without a period,
    the answer covers the data. An empty value has a state that says why. Parquet and Excel files carry the
    definitions of the KPIs.

    \b
    Examples:
      omnictl kpi query contacts_received answer_rate --by channel --every month --period 2026
      omnictl kpi query service_level@v5 --by queue --period last-week --parts --format csv
      omnictl kpi query answer_rate --every day --period 2026-11 --out november.xlsx
    """
    from omnictl.compiler import ask

    workspace = session.workspace()
    lang = session.language(workspace)
    question = asked.question(workspace.timezone, lang, workspace.fiscal)
    with session.bounds(workspace, timeout):
        connection = session.store(workspace).reader(seconds=timeout)
        try:
            answer = ask(workspace, question, connection)
        finally:
            connection.close()
    output.write(answer.table, lang=lang, definitions=answer.definitions)
