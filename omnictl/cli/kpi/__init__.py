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
    "docs": Entry("omnictl.cli.kpi.docs", "docs", "Write the glossary as pages to browse."),
    "check": Entry("omnictl.cli.kpi.check", "check", "Check definitions without data."),
    "lock": Entry("omnictl.cli.kpi.lock", "lock_kpis", "Accept what KPIs mean."),
    "diff": Entry(
        "omnictl.cli.kpi.diff", "diff", "Tell what the glossary says otherwise than a git revision or a folder."
    ),
    "why": Entry("omnictl.cli.kpi.why", "why", "Tell why a figure changed."),
    "explain": Entry(
        "omnictl.cli.kpi.explain", "explain", "Explain by which rules two definitions differ on the same rows."
    ),
}


@click.group(cls=LazyGroup, table=COMMANDS)
def kpi() -> None:
    """The glossary and its figures."""
