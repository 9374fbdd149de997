"""`omnictl identity explain`: why two interactions are one person, or may be."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from omnictl.cli.base import Command, Session, pass_session
from omnictl.cli.identity.store import linked
from omnictl.cli.output import Output, output_options
from omnictl.errors import OmnictlError

if TYPE_CHECKING:
    import duckdb

    from omnictl.identity.person import Key
    from omnictl.render.table import Table
    from omnictl.workspace import Identity


@click.command(cls=Command)
@click.argument("interactions", nargs=-1, required=True, metavar="SOURCE/ID [SOURCE/ID]")
@click.option("--personal", is_flag=True, help="Show the pseudonyms of identifiers too.")
@click.option("--candidates", is_flag=True, help="Of one interaction: whose it may be, and nothing else.")
@pass_session
@output_options
def explain(session: Session, output: Output, interactions: tuple[str, ...], personal: bool, candidates: bool) -> int:
    """Tell why two interactions are one person.

    Of two interactions, the shortest way from one to the other: interactions, and the kind of identifier each shares
    with the next. Exit code 1 when they are not certainly one person; where it is only probable, how likely it is, and
    what agrees. Of one interaction, its identifiers: which link, which do not and why; and whose it may be when that is
    not certain: how likely, what agrees and differs, what each of it is worth (log2 of m / u), and where it was seen.

    \b
    Examples:
      omnictl identity explain calls/1716900000.12 web/8f31
      omnictl identity explain calls/1716900000.12 --personal
      omnictl identity explain web/8f31 --candidates --format json
    """
    from omnictl.identity.explain import identifiers_table, path_table
    from omnictl.identity.person import Key
    from omnictl.identity.probable.explain import candidates_table

    if len(interactions) > 2:
        raise OmnictlError("one interaction or two are explained, not more")
    if candidates and len(interactions) > 1:
        raise OmnictlError("`--candidates` are those of one interaction")
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
            if (likely := _probably(session, store, workspace.identity, *keys)) is not None:
                output.write(likely, lang=lang)
                return 1
        tables = [identifiers_table(store, workspace.identity, key, personal=personal) for key in keys]
        likely = candidates_table(store, workspace.identity, keys[0])
    if len(tables) == 1:
        shown = [likely] if candidates else [*tables, likely] if likely.rows and output.for_people else tables
        output.write(*shown, lang=lang)
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


def _probably(
    session: Session, store: duckdb.DuckDBPyConnection, identity: Identity, one: Key, other: Key
) -> Table | None:
    """The candidate that makes two interactions one person's, None when there is none; says how likely it is."""
    from omnictl.identity.probable.explain import candidates_table, person_of, probability_of

    for asked, certain in ((one, other), (other, one)):
        likely = probability_of(store, asked, certain)
        if likely is not None:
            person = person_of(store, certain)
            session.say(f"note: not certain: with probability {likely:.2f} {asked} is of the person of {certain}")
            return candidates_table(store, identity, asked, of_person=person)
    return None
