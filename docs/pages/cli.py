"""cli.md: the help of every command."""

from __future__ import annotations

from collections.abc import Iterator

import click

from omnictl.cli.base import LazyGroup
from omnictl.cli.main import omnictl

WIDTH = 100
HEAD = """\
# Commands

Data goes to stdout, all else to stderr. The options under *Everywhere* may stand before or after the command's name.

| exit code | means |
| --- | --- |
| 0 | done; a figure without a value but with a state is an answer too |
| 1 | findings or differences of a check; for `run` and `ingest`: a source failed, is missing or gave too many rejects |
| 2 | could not run: a mistyped line, a fault in a definition, a question that cannot be asked, nothing published |
| 130 | interrupted with Ctrl-C |
| 141 | the reader of a pipe went away |

| variable | does |
| --- | --- |
| `NO_COLOR` | set and not empty: no colours |
| `FORCE_COLOR` | set and not empty: colours without a terminal |
| `CI` | set and not empty: no progress |
"""


def page() -> str:
    parts = [HEAD]
    for name, help_text in _helps("omnictl", omnictl, None):
        parts.append(f"## {name}\n\n```text\n{help_text}\n```\n")
    return "\n".join(parts)


def _helps(name: str, command: click.Command, parent: click.Context | None) -> Iterator[tuple[str, str]]:
    context = command.make_context(name, [], parent=parent, resilient_parsing=True)
    context.terminal_width = WIDTH
    yield context.command_path, context.get_help()
    if isinstance(command, LazyGroup):
        for each in command.list_commands(context):
            found = command.get_command(context, each)
            if found is not None:
                yield from _helps(each, found, context)
