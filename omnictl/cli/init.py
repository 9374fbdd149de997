"""`omnictl init`: a new workspace."""

from __future__ import annotations

from pathlib import Path

import click

from omnictl.cli.base import Command, Session, pass_session


@click.command(cls=Command)
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--from", "first", type=click.Path(path_type=Path), metavar="FILES…", help="Draft a source from each export file."
)
@click.argument("more", metavar="", nargs=-1, type=click.Path(path_type=Path))
@pass_session
def init(session: Session, folder: Path, first: Path | None, more: tuple[Path, ...]) -> None:
    """Make a new workspace, drafted from export files.

    Writes omnictl.yml, referential.yml, kpis/, .gitignore and the secret of the pseudonyms. With --from, every file
    gets a source whose obvious columns are guessed from names and values; each guess is marked, review them. A folder
    that is a workspace already is refused and no file is ever overwritten.

    \b
    Example:
      omnictl init centre --from exports/calls.csv exports/chats.xlsx
    """
    from omnictl.draft import new_workspace

    if more and first is None:
        raise click.UsageError(f"`{more[0]}` is not expected here; export files follow --from")
    made = new_workspace(folder, [path for path in (first, *more) if path is not None])
    for note in made.notes:
        session.say(f"note: {note}")
    for file in made.kept:
        session.say(f"note: {file} was there and stays as it is")
    session.say(f"{folder} is a workspace: " + ", ".join(str(file.relative_to(folder)) for file in made.written))
    following = "review the guesses in omnictl.yml, then" if first else "describe your sources in omnictl.yml, then"
    session.say(f"next: {following} `omnictl -C {folder} run`")
