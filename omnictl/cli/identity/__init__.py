"""`omnictl identity`: who is one person, and why."""

from __future__ import annotations

import click

from omnictl.cli.base import Entry, LazyGroup

COMMANDS = {
    "stats": Entry("omnictl.cli.identity.stats", "stats", "Tell how many interactions have a person, and by what."),
    "explain": Entry("omnictl.cli.identity.explain", "explain", "Tell why two interactions are one person."),
    "largest": Entry("omnictl.cli.identity.largest", "largest", "List the people with the most interactions."),
    "find": Entry("omnictl.cli.identity.find", "find", "Tell which interactions and people carry an identifier."),
    "erase": Entry("omnictl.cli.identity.erase", "erase", "Erase people for good, by an identifier of theirs."),
}


@click.group(cls=LazyGroup, table=COMMANDS)
def identity() -> None:
    """Who is one person, and why."""
