"""`omnictl sql`: one SELECT over the relations."""

from __future__ import annotations

import sys

import click

from omnictl.cli.base import Command, Session, pass_session
from omnictl.cli.options import timeout_option
from omnictl.cli.output import Output, output_options


@click.command(cls=Command)
@click.argument("select")
@click.option("--limit", type=click.IntRange(min=0), metavar="N", help="Give N rows at most.")
@click.option("--personal", is_flag=True, help="Let the text read personal columns.")
@timeout_option
@pass_session
@output_options
def sql(session: Session, output: Output, select: str, limit: int | None, personal: bool, timeout: float) -> None:
    """Answer one SELECT over the relations.

    The text is in DuckDB's SQL and reads the published store; `-` takes it from stdin. It can change nothing, reach
    no file and no setting, and personal columns do not exist for it without --personal. Times are UTC.

    \b
    Example:
      omnictl sql "select channel, count(*) as n from interactions group by all order by n desc"
    """
    text = sys.stdin.read() if select == "-" else select
    workspace = session.workspace()
    with session.reading(workspace, personal=personal, seconds=timeout) as reading:
        table, more = reading.answer(text, limit)
    if more:
        session.say(f"note: more rows than {limit:,}")
    output.write(table, lang=session.language(workspace))
