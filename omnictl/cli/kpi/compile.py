"""`omnictl kpi compile`: the SQL that answers a question."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from omnictl.cli.base import Command, Session, pass_session
from omnictl.cli.kpi.asked import Asked, question_options
from omnictl.cli.kpi.listing import workspace_around
from omnictl.cli.output import Output
from omnictl.errors import OmnictlError

if TYPE_CHECKING:
    from omnictl.compiler import Question
    from omnictl.compiler.plan import Plan
    from omnictl.workspace import Workspace

DIALECTS = ("duckdb", "spark", "databricks", "postgres", "trino", "snowflake", "bigquery", "clickhouse")
NO_DATA = "without data every column may be empty, and a period that is not named has no end"


@click.command("compile", cls=Command)
@pass_session
@question_options
@click.option("--dialect", type=click.Choice(DIALECTS), default="duckdb", help="Whose SQL; default: duckdb, as run.")
@click.option(
    "-o", "--out", type=click.Path(path_type=Path), metavar="FILE", help="Write to FILE, whole or not at all."
)
def compile_kpis(session: Session, asked: Asked, dialect: str, out: Path | None) -> None:
    """Print the SQL that answers a question about KPIs.

    The question is put as in `kpi query`; the text for DuckDB is the one that is run. It reads the relations of the
    store by their names. What the store says of its columns shapes the text; without a store, or outside of a
    workspace, the text asks about columns that are never empty too. Texts for Spark have been run and compared
    with DuckDB's; one with anything that was not, and every text for another engine, says so in its first line.
    What is compared, and what an interval or the floor needs besides, are further SELECTs behind the first; the ends of
    intervals, hidden figures and the largest cuts are worked out of the rows afterwards.

    \b
    Examples:
      omnictl kpi compile answer_rate --by channel --every day --period 2026-11
      omnictl kpi compile service_level nps --period 2026 --dialect spark --out answer.sql
    """
    from omnictl.compiler.dialects import translated

    workspace = workspace_around(session)
    lang = session.language(workspace)
    zone, fiscal = (workspace.timezone, workspace.fiscal) if workspace else ("UTC", None)
    plan = _plan(session, workspace, asked.question(zone, lang, fiscal))
    if not plan.sql:
        hint = "name the period, for instance --period 2026"
        raise OmnictlError(f"there is no data to divide into periods of a {asked.every}", hint=hint)
    statements = plan.statements()
    found = {told: translated(sql, dialect) for told, sql in statements}
    texts = [each.sql for each in found.values()]
    if len(texts) > 1:
        texts = [f"-- {told}\n{each.sql};\n" for told, each in found.items()]
    file = None if out is None or str(out) == "-" else out
    Output("text", file, session).text("\n".join(texts).rstrip("\n"))
    for remark in dict.fromkeys(remark for each in found.values() for remark in each.remarks):
        session.say(f"note: {dialect}: {remark}")
    if plan.finished:
        session.say(f"note: worked out of these rows afterwards: {', '.join(plan.finished)}")


def _plan(session: Session, workspace: Workspace | None, question: Question) -> Plan:
    """The plan as `kpi query` makes it; without a store, that over a store nothing is known of."""
    from omnictl.compiler.ask import plan_for, plan_without_data

    if workspace is None:
        session.say("note: no workspace here: the shipped glossary and UTC are taken")
        return plan_without_data(None, question)
    store = session.store(workspace)
    if not store.published.exists():
        session.say(f"note: there is no data yet: {NO_DATA}")
        return plan_without_data(workspace, question)
    connection = store.reader()
    try:
        return plan_for(workspace, question, connection)
    finally:
        connection.close()
