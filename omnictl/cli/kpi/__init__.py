"""`omnictl kpi`: the glossary and its figures."""

from __future__ import annotations

import click

from omnictl.cli.base import Entry, LazyGroup

COMMANDS = {
    "list": Entry("omnictl.cli.kpi.listing", "list_kpis", "List the KPIs, or those a word finds."),
    "show": Entry("omnictl.cli.kpi.listing", "show_kpi", "Show what a KPI means, channel by channel."),
    "query": Entry("omnictl.cli.kpi.query", "query", "Give the figures of KPIs."),
    "compile": Entry("omnictl.cli.kpi.compile", "compile_kpis", "Print the SQL that answers a question about KPIs."),
    "test": Entry("omnictl.cli.kpi.test", "test_kpis", "Try the worked figures of KPIs."),
    "check": Entry("omnictl.cli.kpi.check", "check", "Check definitions without data."),
    "lock": Entry("omnictl.cli.kpi.lock", "lock_kpis", "Accept what KPIs mean."),
}


@click.group(cls=LazyGroup, table=COMMANDS)
def kpi() -> None:
    """The glossary and its figures."""
