"""`omnictl identity`: how far linking reaches, why two interactions are one person, and who is suspiciously large."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from omnictl.cli.base import Command, Entry, LazyGroup, Session, pass_session
from omnictl.cli.output import Output, output_options
from omnictl.errors import OmnictlError

if TYPE_CHECKING:
    import duckdb

    from omnictl.workspace import Workspace

COMMANDS = {
    "stats": Entry("omnictl.cli.identity", "stats", "Tell how many interactions have a person, and by what."),
    "explain": Entry("omnictl.cli.identity", "explain", "Tell why two interactions are one person."),
    "largest": Entry("omnictl.cli.identity", "largest", "List the people with the most interactions."),
}
SECTIONS = ("coverage", "kinds", "people")
SECONDS = 300.0  # one statement may take as long: these read the whole store


@click.group(cls=LazyGroup, table=COMMANDS)
def identity() -> None:
    """Who is one person, and why."""


@click.command(cls=Command)
@click.option("--section", type=click.Choice(SECTIONS), help="One table only; default: all for people, else coverage.")
@pass_session
@output_options
def stats(session: Session, output: Output, section: str | None) -> None:
    """Tell how many interactions have a person, and by what.

    Three tables: the interactions with a person by channel, and why the others have none; the kinds of identifiers,
    how many interactions each holds, and how many values stopped linking because too many owners share them (limit) or
    too many contacts carry them (busy); people by number of interactions.

    \b
    Examples:
      omnictl identity stats
      omnictl identity stats --section kinds --format csv
    """
    from omnictl.identity.stats import by_kind, coverage, sizes

    workspace = session.workspace()
    everything = section is None and output.for_people
    with linked(session, workspace) as store:
        tables = {
            "coverage": lambda: coverage(store, workspace.identity),
            "kinds": lambda: by_kind(store, workspace.identity),
            "people": lambda: sizes(store),
        }
        chosen = SECTIONS if everything else (section or "coverage",)
        output.write(*(tables[name]() for name in chosen), lang=session.language(workspace))


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


@contextmanager
def linked(session: Session, workspace: Workspace) -> Iterator[duckdb.DuckDBPyConnection]:
    """The published store, once its interactions have been linked; says so when they were linked otherwise.

    Raises:
        OmnictlError: nothing has been linked yet.
        EngineError: nothing is published yet.
    """
    import duckdb

    from omnictl.engines.connection import told
    from omnictl.run import stale
    from omnictl.stages import made_of

    connection = session.store(workspace).reader(seconds=SECONDS)
    try:
        if made_of(connection, "link") is None:
            raise OmnictlError("nothing has been linked yet", hint="`omnictl run` does it")
        if "link" in (old := stale(workspace, connection)):
            session.say(f"note: link is stale: {old['link']}; `omnictl run` brings it up to date")
        yield connection
    except duckdb.Error as error:
        raise told(error, "the question could not be answered") from error
    finally:
        connection.close()
