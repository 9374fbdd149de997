"""`omnictl identity`: who is one person, and why."""

from __future__ import annotations

import click

from omnictl.cli.base import Entry, LazyGroup

COMMANDS = {
    "stats": Entry("omnictl.cli.identity.stats", "stats", "Tell how many interactions have a person, and by what."),
    "explain": Entry("omnictl.cli.identity.explain", "explain", "Tell why two interactions are one person."),
    "largest": Entry("omnictl.cli.identity.largest", "largest", "List the people with the most interactions."),
}


@click.group(cls=LazyGroup, table=COMMANDS)
def identity() -> None:
    """Who is one person, and why."""
