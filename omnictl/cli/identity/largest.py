"""`omnictl identity largest`: who is suspiciously large."""

from __future__ import annotations

import click

from omnictl.cli.base import Command, Session, pass_session
from omnictl.cli.identity.store import linked
from omnictl.cli.output import Output, output_options


@click.command(cls=Command)
@click.option("--top", type=click.IntRange(1, 10_000), default=10, metavar="N", help="How many; default: 10.")
@click.option("--personal", is_flag=True, help="Show the pseudonyms of identifiers too.")
@pass_session
@output_options
def largest(session: Session, output: Output, top: int, personal: bool) -> None:
    """List the people with the most interactions.

    For each: from how many sources and channels, how many identifiers of each kind, and the values most of the
    interactions carry. `suspicious` says what one person hardly has: several values of the strongest kind, or more
    contacts within 30 days than `busy` allows one number. Such a value belongs on the list `identity: ignore`, or under
    a lower limit.

    \b
    Examples:
      omnictl identity largest
      omnictl identity largest --top 50 --format csv
    """
    from omnictl.identity.largest import largest as largest_people

    workspace = session.workspace()
    with linked(session, workspace) as store:
        table = largest_people(store, workspace.identity, top, personal=personal)
    output.write(table, lang=session.language(workspace))
