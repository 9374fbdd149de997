"""`omnictl completion`: the script by which a shell completes commands."""

from __future__ import annotations

import click

from omnictl.cli.base import Command, Session, pass_session
from omnictl.cli.main import COMPLETE

SHELLS = ("bash", "zsh", "fish")


@click.command(cls=Command)
@click.argument("shell", type=click.Choice(SHELLS))
@pass_session
def completion(session: Session, shell: str) -> None:
    """Print the script that completes commands in a shell.

    Commands, options, relations, KPIs, sources and words for periods are completed; names are those of the workspace
    around, or of -C DIR.

    \b
    Examples:
      omnictl completion bash > ~/.local/share/bash-completion/completions/omnictl
      omnictl completion zsh > ~/.zfunc/_omnictl
      omnictl completion fish > ~/.config/fish/completions/omnictl.fish
    """
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    if kind is None:
        raise click.UsageError(f"{shell} cannot be completed")
    script = kind(click.Group(), {}, "omnictl", COMPLETE)
    # not `source()`, which asks the bash that is found first for its version
    click.echo(script.source_template % script.source_vars(), nl=False)
