"""`omnictl tracking plan`: what each tool must record."""

from __future__ import annotations

import click

from omnictl.cli.base import Command, Session, pass_session
from omnictl.cli.complete import kpis
from omnictl.cli.output import Output, output_options


@click.command(cls=Command)
@click.argument("addresses", metavar="[KPI]…", nargs=-1, shell_complete=kpis)
@click.option("--by", default="", metavar="DIM,…", help="Cuts asked of the KPIs that are named.")
@pass_session
@output_options
def plan(session: Session, output: Output, addresses: tuple[str, ...], by: str) -> int:
    """Tell what each tool must record, and which KPIs need it."""
    from omnictl.render import Col, Table
    from omnictl.tracking.load import load_plan

    workspace = session.workspace()
    found = load_plan(workspace, addresses, [name.strip() for name in by.split(",") if name.strip()])
    names = ("event", "property", "required", "source", "fields", "kpis")
    rows = [
        (event.name, each.name, each.required, feed.source if feed else None, ", ".join(feed.fields) if feed else None,
         ", ".join(each.kpis))
        for event in found.events
        for each in event.properties
        for feed in each.feeds or (None,)
    ]  # fmt: skip
    output.write(Table([Col(name) for name in names], rows), lang=session.language(workspace))
    return 0
