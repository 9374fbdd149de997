"""Stderr: errors, notes and their colours. Nothing here ever writes to stdout."""

from __future__ import annotations

import os
import re
import sys

import click

from omnictl.errors import OmnictlError

EXIT_CODES = "Exit codes: 0 done · 1 findings or differences of a check · 2 could not run."

_COLOURS = {"error": "red", "warning": "yellow"}
_HEAD = re.compile(r"(?m)\b(error|warning)(\[[a-z0-9-]+\])?:")
_HINT = re.compile(r"(?m)^      = .*$")
_CARET = re.compile(r"(?m)^( +\| [ \t]*)(\^+)$")

_chosen = "auto"


def choose_colour(when: str) -> None:
    """Keep what `--color` said: auto, always or never."""
    global _chosen
    _chosen = when


def coloured() -> bool:
    """Whether stderr takes colours: `--color`, then NO_COLOR, then FORCE_COLOR, then a terminal that is not dumb."""
    if _chosen != "auto":
        return _chosen == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return sys.stderr.isatty() and os.environ.get("TERM") != "dumb"


def say(text: str) -> None:
    """Write a text to stderr; what it quotes cannot steer the terminal."""
    from omnictl.render.safe import lines

    text = lines(text)
    if coloured():
        text = _HEAD.sub(lambda found: click.style(found[0], fg=_COLOURS[found[1]], bold=True), text)
        text = _HINT.sub(lambda found: click.style(found[0], fg="cyan"), text)
        text = _CARET.sub(lambda found: found[1] + click.style(found[2], fg="red", bold=True), text)
    click.echo(text, err=True, color=True)


def error(fault: OmnictlError) -> None:
    """Write an error the user can act on."""
    say(fault.text())


def usage(fault: click.ClickException) -> None:
    """Write what is wrong with the line that was typed."""
    context = getattr(fault, "ctx", None)
    if isinstance(fault, click.exceptions.NoArgsIsHelpError):
        say(fault.format_message())
        return
    if context is not None:
        say(context.get_usage())
    text = f"error: {fault.format_message()}"
    if context is not None:
        text += f"\n      = `{context.command_path} --help` shows what it takes"
    say(text)


def bug() -> None:
    """Write the traceback of what should not have happened."""
    import traceback

    say(traceback.format_exc().rstrip())
    say("error: this is a bug of omnictl, not a fault of yours; please report it with the lines above")
