"""`omnictl kpi query`: the figures of KPIs."""

from __future__ import annotations

from datetime import datetime

import click

from omnictl.cli.base import Command, Session, pass_session
from omnictl.cli.options import Names, timeout_option
from omnictl.cli.output import Output, output_options
from omnictl.compiler.question import EVERY

MOMENTS = ["%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S"]


@click.command(cls=Command)
@click.argument("kpis", metavar="KPI…", nargs=-1, required=True)
@click.option("--by", type=Names(), multiple=True, metavar="COLUMN,…", help="Cut by these columns.")
@click.option("--every", type=click.Choice(EVERY), help="One row per period of this length.")
@click.option("--period", metavar="PERIOD", help="yesterday, last-week, 2026, 2026-Q3, 2026-11, 2026-W47, 2026-11-20 …")
@click.option("--from", "start", metavar="TIME", help="From this local time on, included.")
@click.option("--to", "end", metavar="TIME", help="Up to this local time, not included.")
@click.option("--where", metavar="CONDITION", help="Rows that meet an SQL condition only.")
@click.option("--total", is_flag=True, help="Rows of the whole too, recomputed from the parts.")
@click.option("--parts", is_flag=True, help="Numerator, denominator, rows judged and unknown too.")
@click.option("--long", is_flag=True, help="One row per KPI, with its parts, target, state and definition.")
@click.option("--now", type=click.DateTime(MOMENTS), metavar="TIME", help="Take this local time for the present one.")
@click.option("--personal", is_flag=True, help="Let personal columns be cut by.")
@timeout_option
@pass_session
@output_options
def query(
    session: Session,
    output: Output,
    kpis: tuple[str, ...],
    by: tuple[tuple[str, ...], ...],
    every: str | None,
    period: str | None,
    start: str | None,
    end: str | None,
    where: str | None,
    total: bool,
    parts: bool,
    long: bool,
    now: datetime | None,
    personal: bool,
    timeout: float,
) -> None:
    """Give the figures of KPIs.

    A KPI is named by its id, with a variant and parameters where wanted: abandonment_rate@genesys,
    service_level:answer_threshold=30s. Days, weeks and months are those of the workspace's zone. Without a period,
    the answer covers the data. An empty value has a state that says why.

    \b
    Examples:
      omnictl kpi query contacts_received answer_rate --by channel --every month --period 2026
      omnictl kpi query service_level@v5 --by queue --period last-week --parts --format csv
    """
    from omnictl.compiler import Question, ask, now_in, period_of

    workspace = session.workspace()
    moment = now or now_in(workspace.timezone)
    lang = session.language(workspace)
    question = Question(
        kpis=kpis,
        by=tuple(dict.fromkeys(name for names in by for name in names)),
        every=every,
        period=period_of(period, start, end, moment),
        where=where,
        total=total,
        parts=parts,
        long=long,
        lang=lang,
        now=moment,
        personal=personal,
    )
    with session.bounds(workspace, timeout):
        connection = session.store(workspace).reader(seconds=timeout)
        try:
            answer = ask(workspace, question, connection)
        finally:
            connection.close()
    output.write(answer.table, lang=lang)
