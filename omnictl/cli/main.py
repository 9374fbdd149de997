"""The commands by name, and the one place where errors become texts and exit codes.

0 done · 1 findings or differences of a check · 2 could not run · 130 interrupted · 141 the reader of a pipe went
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

import click

from omnictl import __version__
from omnictl.cli import diagnostics
from omnictl.cli.base import Entry, LazyGroup, Session
from omnictl.errors import OmnictlError

COMMANDS = {
    "init": Entry("omnictl.cli.init", "init", "Make a new workspace, drafted from export files."),
    "demo": Entry("omnictl.cli.demo", "demo", "Build a living example and run it to the end."),
    "run": Entry("omnictl.cli.run", "run", "Bring the store up to date with the exports."),
    "ingest": Entry("omnictl.cli.run", "ingest", "Load the exports into the store."),
    "link": Entry("omnictl.cli.run", "link", "Find the people behind the interactions."),
    "build": Entry("omnictl.cli.run", "build", "Make follow-ups, needs and levels of interactions and people."),
    "status": Entry("omnictl.cli.status", "status", "Tell what each source holds, up to when, and what is unmapped."),
    "show": Entry("omnictl.cli.show", "show", "Show the rows of a relation."),
    "sql": Entry("omnictl.cli.sql", "sql", "Answer one SELECT over the relations."),
    "kpi": Entry("omnictl.cli.kpi", "kpi", "The glossary and its figures."),
    "journey": Entry("omnictl.cli.journey", "journey", "What customers do one after the other."),
    "identity": Entry("omnictl.cli.identity", "identity", "Who is one person, and why."),
    "tracking": Entry(
        "omnictl.cli.tracking", "tracking", "From KPIs to what each tool must record, and whether it does."
    ),
    "connectors": Entry("omnictl.cli.connectors", "connectors", "What can be read."),
    "plugins": Entry(
        "omnictl.cli.connectors",
        "plugins",
        "List the plugins, what they bring, and what is wrong with them.",
    ),
    "explain": Entry("omnictl.cli.explain", "explain", "Explain a finding by its code, or list the codes."),
    "completion": Entry("omnictl.cli.completion", "completion", "Print the script that completes commands in a shell."),
}

COMPLETE = "_OMNICTL_COMPLETE"  # what the shell's script says it wants, in this variable
INTERRUPTED = 130
READER_GONE = 141
COULD_NOT_RUN = 2
COLLECTED = (50_000, 20, 100)  # trees of definitions are many objects that all stay: looking for rubbish finds none


class Root(LazyGroup):
    """The `omnictl` command. Unlike click's own, its `main` knows our errors and exit codes."""

    def main(self, args: Sequence[str] | None = None, prog_name: str | None = None, **extra: Any) -> NoReturn:  # type: ignore[override]
        if COMPLETE in os.environ:
            sys.exit(_complete(self))
        gc.set_threshold(*COLLECTED)
        sys.exit(call(self, list(sys.argv[1:] if args is None else args)))


def _complete(root: click.Command) -> int:
    """Answer a shell that completes a line; silent whatever happens, since the line is still being typed."""
    from click.shell_completion import shell_complete

    try:
        return shell_complete(root, {"obj": Session()}, "omnictl", COMPLETE, os.environ[COMPLETE])
    except Exception:
        return 1


def call(root: click.Command, args: list[str]) -> int:
    """Run one line of arguments and return the exit code; every error has been told on stderr."""
    diagnostics.choose_colour("auto")
    if sys.stdout is None:  # closed by who called us
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n")
    try:
        with root.make_context("omnictl", args, obj=Session()) as context:
            code = root.invoke(context)
        sys.stdout.flush()
    except click.exceptions.Exit as stop:
        return _flushed(stop.exit_code)
    except click.ClickException as fault:
        diagnostics.usage(fault)
        return COULD_NOT_RUN
    except OmnictlError as fault:
        diagnostics.error(fault)
        return fault.exit_code
    except BrokenPipeError:
        return _reader_gone()
    except (KeyboardInterrupt, EOFError, click.Abort):
        diagnostics.say("\ninterrupted")
        return INTERRUPTED
    except Exception as fault:
        if _by_the_user(fault):
            diagnostics.say("\ninterrupted")
            return INTERRUPTED
        diagnostics.bug()
        return COULD_NOT_RUN
    return code if isinstance(code, int) else 0


def _by_the_user(fault: Exception) -> bool:
    """Whether it is what DuckDB makes of Ctrl-C while it works."""
    return isinstance(fault, RuntimeError) and str(fault) == "Query interrupted"


def _flushed(code: int) -> int:
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        return _reader_gone()
    return code


def _reader_gone() -> int:
    """`omnictl … | head`: say nothing, now or when the interpreter flushes at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return READER_GONE


@click.group(
    cls=Root,
    table=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=f"{diagnostics.EXIT_CODES} Start with `omnictl demo DIR`.",
)
@click.version_option(__version__, prog_name="omnictl", message="%(prog)s %(version)s")
def omnictl() -> None:
    """The omnichannel cockpit as code: exports of contact-centre tools in, right KPIs out."""


def main() -> NoReturn:
    """The entry of the `omnictl` script."""
    omnictl.main()
