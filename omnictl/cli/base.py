"""What every command is made of: options that hold everywhere, groups that load a command when it is called, and the
session that carries what was said before or after the command's name."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from omnictl.cli import diagnostics
from omnictl.errors import did_you_mean

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from omnictl.engines.store import Store
    from omnictl.progress import Progress
    from omnictl.reading import Reading
    from omnictl.workspace import Workspace


COMMON = ("directory", "quiet", "verbose", "lang", "color", "help")


@dataclass
class Session:
    """What holds for the whole call, wherever on the line it was said."""

    directory: Path = Path(".")
    quiet: bool = False
    verbose: int = 0
    lang: str = ""

    def say(self, text: str) -> None:
        """Tell something on stderr, unless told to be quiet."""
        if not self.quiet:
            diagnostics.say(text)

    def detail(self, text: str) -> None:
        """Tell something on stderr that only -v wants to know."""
        if self.verbose:
            self.say(text)

    def progress(self) -> Progress:
        """A meter on stderr, silent unless a person watches."""
        from omnictl.cli.meter import meter

        return meter(quiet=self.quiet)

    def workspace(self) -> Workspace:
        """The workspace of the folder given with -C, or of the current one; its warnings are told.

        Raises:
            DefinitionError: there is none, or it has faults.
        """
        from omnictl.plugins import extend, extended, installed
        from omnictl.workspace import find_workspace, load_workspace

        plugins = installed(built_in=False)
        for broken in plugins.broken:
            self.say(broken.error.text())
        extend(plugins)
        workspace = extended(load_workspace(find_workspace(self.directory)), plugins)
        for warning in workspace.warnings:
            self.say(warning.text())
        return workspace

    @contextmanager
    def reading(
        self, workspace: Workspace, *, personal: bool = False, seconds: float | None = None
    ) -> Iterator[Reading]:
        """The published store of a workspace, as a person may read it.

        Args:
            seconds: how long what is done with it may take; with it, the process is bounded in memory too.

        Raises:
            OmnictlError: nothing has been loaded yet, or the store cannot be read.
        """
        from omnictl.reading import read_published

        store = self.store(workspace)
        if seconds is None:
            with read_published(store, personal=personal) as reading:
                yield reading
            return
        with self.bounds(workspace, seconds), read_published(store, personal=personal, seconds=seconds) as reading:
            yield reading

    def bounds(self, workspace: Workspace, seconds: float) -> AbstractContextManager[None]:
        """The bounds in time and memory of a command that reads the store with a text of somebody's."""
        from omnictl.cli.bounds import bounded
        from omnictl.engines.connection import spill_of

        return bounded(seconds, spill_of(self.store(workspace).published))

    def store(self, workspace: Workspace) -> Store:
        """The workspace's store; nothing is opened."""
        from omnictl.engines.store import Store

        return Store(workspace.store, memory=workspace.memory, threads=workspace.threads)

    def language(self, workspace: Workspace | None = None) -> str:
        """`--lang`, else the workspace's language, else English."""
        return self.lang or (workspace.language if workspace else "en")


pass_session = click.make_pass_decorator(Session)


def _remember(context: click.Context, parameter: click.Parameter, value: Any) -> None:
    """Keep what was said; an option after the command's name wins over the same one before it."""
    session = context.find_root().obj
    if value is None or value is False or value == 0 or not isinstance(session, Session):
        return
    if parameter.name == "color":
        diagnostics.choose_colour(value)
    elif parameter.name == "verbose":
        session.verbose += value
    else:
        setattr(session, str(parameter.name), value)


def common_options() -> list[click.Parameter]:
    """The options that every command takes, before or after its name."""
    folder = click.Path(path_type=Path)
    languages = click.Choice(["en", "fr"])
    when = click.Choice(["auto", "always", "never"])
    keep: dict[str, Any] = {"expose_value": False, "callback": _remember, "is_eager": True}
    return [
        click.Option(
            ["-C", "directory"], type=folder, metavar="DIR", help="Look for the workspace from DIR upwards.", **keep
        ),
        click.Option(["-q", "--quiet"], is_flag=True, help="Errors only on stderr; no notes, no progress.", **keep),
        click.Option(["-v", "--verbose"], count=True, help="Say more on stderr.", **keep),
        click.Option(["--lang"], type=languages, help="Language of labels; default: the workspace's.", **keep),
        click.Option(["--color"], type=when, help="Colour on stderr; default: auto. NO_COLOR is honoured.", **keep),
    ]


class Command(click.Command):
    """A command with the common options, which its help shows apart."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params.extend(common_options())
        self.epilog = self.epilog or diagnostics.EXIT_CODES

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        write_options(self, ctx, formatter)


class Entry(NamedTuple):
    """A command that is not loaded yet: the module, the name it has there, and its line in the help."""

    module: str
    attribute: str
    help: str


class LazyGroup(click.Group):
    """A group whose commands stand in a table and are imported when called: `--help` pays for none of them."""

    def __init__(self, *args: Any, table: Mapping[str, Entry], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.table = table
        self.params.extend(common_options())
        self.epilog = self.epilog or diagnostics.EXIT_CODES

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        entry = self.table.get(cmd_name)
        if entry is None:
            return None
        command = getattr(importlib.import_module(entry.module), entry.attribute)
        if not isinstance(command, click.Command):
            raise TypeError(f"{entry.module}.{entry.attribute} is not a command")
        return command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """The commands and options that begin with what is typed; no command is imported for it."""
        from click.shell_completion import CompletionItem

        found = [
            CompletionItem(name, help=entry.help) for name, entry in self.table.items() if name.startswith(incomplete)
        ]
        return found + click.Command.shell_complete(self, ctx, incomplete)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in self.table and not name.startswith("-"):
            raise click.UsageError(f"No such command `{name}`; {did_you_mean(name, self.table)}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.help) for name, entry in self.table.items()])

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        write_options(self, ctx, formatter)
        self.format_commands(ctx, formatter)


def write_options(command: click.Command, ctx: click.Context, formatter: click.HelpFormatter) -> None:
    """The command's own options, then those that hold everywhere."""
    own: list[tuple[str, str]] = []
    common: list[tuple[str, str]] = []
    for parameter in command.get_params(ctx):
        record = parameter.get_help_record(ctx)
        if record is not None:
            (common if parameter.name in COMMON else own).append(record)
    for heading, records in (("Options", own), ("Everywhere", common)):
        if records:
            with formatter.section(heading):
                formatter.write_dl(records)
