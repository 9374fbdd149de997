"""`omnictl tracking`: from the KPIs wanted to what each tool must record, and whether it does."""

from __future__ import annotations

import click

from omnictl.cli.base import Entry, LazyGroup

COMMANDS = {
    "init": Entry("omnictl.cli.tracking.init", "init", "Draft a plan from what is there."),
    "plan": Entry("omnictl.cli.tracking.plan", "plan", "Tell what each tool must record, and which KPIs need it."),
    "check": Entry("omnictl.cli.tracking.check", "check", "Hold the data against the plan."),
    "coverage": Entry("omnictl.cli.tracking.coverage", "coverage", "Tell what of the plan the data can answer."),
    "diff": Entry(
        "omnictl.cli.tracking.diff", "diff", "Tell what the plan asks otherwise than at a git revision or in a folder."
    ),
}


@click.group(cls=LazyGroup, table=COMMANDS)
def tracking() -> None:
    """From KPIs to what each tool must record, and whether it does."""
