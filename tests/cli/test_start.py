"""What starting costs, what help says, and how the line of arguments is read."""

from __future__ import annotations

import importlib
import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from omnictl import __version__
from omnictl.cli.base import Command, LazyGroup
from omnictl.cli.main import COMMANDS, omnictl

HEAVY = ("duckdb", "_duckdb", "sqlglot", "yaml", "tabulate", "importlib.metadata", "pluggy", "omnictl.workspace")


def commands() -> list[tuple[str, click.Command]]:
    """Every command by the words that call it."""
    found: list[tuple[str, click.Command]] = []

    def walk(prefix: str, group: LazyGroup) -> None:
        context = click.Context(group)
        for name in group.list_commands(context):
            command = group.get_command(context, name)
            assert command is not None
            found.append((f"{prefix}{name}", command))
            if isinstance(command, LazyGroup):
                walk(f"{prefix}{name} ", command)

    walk("", omnictl)
    return found


def heavy_modules_after(*arguments: str) -> list[str]:
    """The heavy modules that one call has loaded."""
    code = (
        "import sys\n"
        f"sys.argv = ['omnictl', *{arguments!r}]\n"
        "from omnictl.cli.main import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        f"print(*[name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stderr.split()


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["kpi", "--help"], ["nonsense"]])
def test_help_and_version_load_nothing_heavy(arguments: list[str]) -> None:
    loaded = heavy_modules_after(*arguments)
    assert [name for name in loaded if name in HEAVY] == []


@pytest.mark.parametrize("name", [name for name, _ in commands()])
def test_the_help_of_a_command_loads_no_database(name: str) -> None:
    assert [module for module in heavy_modules_after(*name.split(), "--help") if "duckdb" in module] == []


def test_version_is_that_of_the_package() -> None:
    done = CliRunner().invoke(omnictl, ["--version"])
    assert (done.exit_code, done.stdout, done.stderr) == (0, f"omnictl {__version__}\n", "")


@pytest.mark.parametrize(("name", "command"), commands())
def test_every_command_helps(name: str, command: click.Command) -> None:
    done = CliRunner().invoke(omnictl, [*name.split(), "-h"])
    assert done.exit_code == 0
    assert "Everywhere:" in done.stdout
    assert "Exit codes:" in done.stdout
    assert command.help
    if isinstance(command, Command):
        assert "Example" in done.stdout, "a command's help gives an example"


@pytest.mark.parametrize("group", [omnictl, *[command for _, command in commands() if isinstance(command, LazyGroup)]])
def test_the_line_of_help_is_the_commands_own(group: LazyGroup) -> None:
    for entry in group.table.values():
        command = getattr(importlib.import_module(entry.module), entry.attribute)
        assert (command.help or "").splitlines()[0] == entry.help


def test_no_arguments_show_the_help_on_stderr() -> None:
    done = CliRunner().invoke(omnictl, [])
    assert (done.exit_code, done.stdout) == (2, "")
    assert "Commands:" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["shwo"], "did you mean `show`?"),
        (["kpi", "qurey"], "did you mean `query`?"),
        (["status", "--fromat", "csv"], "--format"),
        (["show", "--format", "xml"], "'xml' is not one of"),
        (["show", "--limit", "few"], "`few` is not a number of rows"),
        (["sql"], "Missing argument"),
    ],
)
def test_a_mistyped_line_is_told_with_the_nearest_name(arguments: list[str], said: str) -> None:
    done = CliRunner().invoke(omnictl, arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_all_commands_are_in_the_table() -> None:
    assert list(COMMANDS) == [
        "init",
        "demo",
        "run",
        "ingest",
        "link",
        "build",
        "status",
        "show",
        "sql",
        "kpi",
        "journey",
        "identity",
        "tracking",
        "connectors",
        "plugins",
        "explain",
        "completion",
    ]
