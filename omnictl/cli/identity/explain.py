"""`omnictl identity explain`: why two interactions are one person."""

from __future__ import annotations

from dataclasses import replace

import click

from omnictl.cli.base import Command, Session, pass_session
from omnictl.cli.identity.store import linked
from omnictl.cli.output import Output, output_options
from omnictl.errors import OmnictlError


@click.command(cls=Command)
@click.argument("interactions", nargs=-1, required=True, metavar="SOURCE/ID [SOURCE/ID]")
@click.option("--personal", is_flag=True, help="Show the pseudonyms of identifiers too.")
@pass_session
@output_options
def explain(session: Session, output: Output, interactions: tuple[str, ...], personal: bool) -> int:
    """Tell why two interactions are one person.

    Of two interactions, the shortest way from one to the other: interactions, and the kind of identifier each shares
    with the next. Exit code 1 when they are not one person. Of one interaction, its identifiers: which link, which do
    not and why.

    \b
    Examples:
      omnictl identity explain calls/1716900000.12 web/8f31
      omnictl identity explain calls/1716900000.12 --personal
    """
    from omnictl.identity.explain import identifiers_table, path_table
    from omnictl.identity.person import Key

    if len(interactions) > 2:
        raise OmnictlError("one interaction or two are explained, not more")
    workspace = session.workspace()
    lang = session.language(workspace)
    with linked(session, workspace) as store:
        known = {source for (source,) in store.execute("select source from sources").fetchall()}
        keys = [Key.of(text, known) for text in interactions]
        if len(keys) == 2:
            way = path_table(store, workspace.identity, *keys, personal=personal)
            if way is not None:
                output.write(way, lang=lang)
                return 0
        tables = [identifiers_table(store, workspace.identity, key, personal=personal) for key in keys]
    if len(tables) == 1:
        output.write(tables[0], lang=lang)
        return 0
    if output.for_people:
        output.write(*tables, lang=lang)
    else:
        columns = [replace(tables[0].columns[0], name="interaction"), *tables[0].columns]
        rows = [(str(key), *row) for key, table in zip(keys, tables, strict=True) for row in table.rows]
        output.write(
            replace(tables[0], columns=columns, rows=rows, notes=[n for t in tables for n in t.notes]), lang=lang
        )
    session.say(f"note: {keys[0]} and {keys[1]} are not one person")
    return 1
