"""`omnictl journey`: what customers do one after the other."""

from __future__ import annotations

import click

from omnictl.cli.base import Entry, LazyGroup

COMMANDS = {
    "repeat": Entry("omnictl.cli.journey.repeat", "repeat", "Tell how many contacts are followed by another."),
    "matrix": Entry("omnictl.cli.journey.matrix", "matrix", "Tell where customers go next, channel by channel."),
    "needs": Entry("omnictl.cli.journey.needs", "needs", "Tell what it takes to settle what customers come for."),
    "funnel": Entry("omnictl.cli.journey.funnel", "funnel", "Tell how many go through steps, one after the other."),
    "paths": Entry("omnictl.cli.journey.paths", "paths", "Tell the paths that people take, the most frequent first."),
    "after": Entry("omnictl.cli.journey.after", "after_visit", "Tell who does what after a visit or a contact."),
    "leakage": Entry(
        "omnictl.cli.journey.leakage", "leakage", "Estimate how many calls visits of nobody known lead to."
    ),
    "show": Entry("omnictl.cli.journey.show", "show_story", "Show the story of one person."),
}


@click.group(cls=LazyGroup, table=COMMANDS)
def journey() -> None:
    """What customers do one after the other."""
