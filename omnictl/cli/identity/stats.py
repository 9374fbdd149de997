"""`omnictl identity stats`: how far linking reaches."""

from __future__ import annotations

import click

from omnictl.cli.base import Command, Session, pass_session
from omnictl.cli.identity.store import linked
from omnictl.cli.output import Output, output_options

SECTIONS = ("coverage", "kinds", "people", "fields", "patterns", "calibration", "thresholds")
OF_CERTAIN = SECTIONS[:3]


@click.command(cls=Command)
@click.option(
    "--section",
    type=click.Choice(SECTIONS),
    help="One table only; default: the first three for people, else coverage.",
)
@pass_session
@output_options
def stats(session: Session, output: Output, section: str | None) -> None:
    """Tell how many interactions have a person, and by what.

    Three tables: the interactions with a person by channel, and why the others have none; the kinds of identifiers,
    how many interactions each holds, and how many values stopped linking because too many owners share them (limit) or
    too many contacts carry them (busy); people by number of interactions.

    Four more tell how far probable links can be trusted: fields and patterns, what agreement is worth; calibration and
    thresholds, how probabilities did on interactions of known people that nothing was learned from.

    \b
    Examples:
      omnictl identity stats
      omnictl identity stats --section kinds --format csv
      omnictl identity stats --section thresholds
    """
    from omnictl.identity.probable.told import calibration, levels, patterns, thresholds
    from omnictl.identity.stats import by_kind, coverage, sizes

    workspace = session.workspace()
    everything = section is None and output.for_people
    with linked(session, workspace) as store:
        tables = {
            "coverage": lambda: coverage(store, workspace.identity),
            "kinds": lambda: by_kind(store, workspace.identity),
            "people": lambda: sizes(store),
            "fields": lambda: levels(store),
            "patterns": lambda: patterns(store),
            "calibration": lambda: calibration(store),
            "thresholds": lambda: thresholds(store),
        }
        chosen = OF_CERTAIN if everything else (section or "coverage",)
        output.write(*(tables[name]() for name in chosen), lang=session.language(workspace))
