"""`omnictl identity find`: what carries an identifier, and whose it is."""

from __future__ import annotations

import click

from omnictl.cli.base import Command, Session, pass_session
from omnictl.cli.identity.store import linked
from omnictl.cli.identity.values import given_values, values_options
from omnictl.cli.output import Output, output_options


@click.command(cls=Command)
@values_options
@pass_session
@output_options
def find(session: Session, output: Output, values: tuple[str, ...], listed: str | None, kind: str | None) -> int:
    """Tell which interactions and people carry an identifier.

    Values are given in the clear and are normalised and hashed as the exports' are: a number in any spelling, an
    e-mail address in any case. One row per interaction or survey and kind; the value itself is never shown. `cut`
    says why a value links nobody (limit: too many owners, busy: too many contacts). Exit code 1 when nothing carries
    them.

    \b
    Examples:
      omnictl identity find phone=0612345678
      omnictl identity find --kind email --values customers.txt --format csv
      omnictl identity find --values - < values.txt
    """
    from omnictl.erasure.found import buried
    from omnictl.erasure.found import find as find_given
    from omnictl.erasure.given import hash_given
    from omnictl.ingest.secret import known_secret

    given = given_values(session, values, listed, kind)
    workspace = session.workspace()
    with linked(session, workspace) as store:
        hash_given(store, workspace, known_secret(workspace, store), given)
        table = find_given(store)
        erased = buried(store)
    output.write(table, lang=session.language(workspace))
    people = {row[5] for row in table.rows if row[5] is not None}
    carriers = {row[:3] for row in table.rows}
    session.say(f"note: {_told(len(carriers), 'interaction or survey', 'interactions and surveys')} of "
                f"{_told(len(people), 'person', 'people')}")  # fmt: skip
    if erased:
        session.say(f"note: {_told(erased, 'value was', 'values were')} erased before; later records are left out")
    return 0 if table.rows else 1


def _told(count: int, one: str, more: str) -> str:
    return f"{count:,} {one if count == 1 else more}"
