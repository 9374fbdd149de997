"""Completion, driven as a shell drives it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from workbench import Workbench

from omnictl.cli.main import omnictl

CALL = "from omnictl.cli.main import main; main()"
WORKSPACE = """\
timezone: Europe/Paris
glossary: [standard, kpis/]
sources:
  calls:
    connector: table
    path: calls.csv
    columns: {interaction_id: id, channel: "'phone'", started_at: begun}
  chats:
    connector: table
    path: chats.csv
    columns: {interaction_id: id, channel: "'chat'", started_at: begun}
"""


@pytest.fixture
def centre(workbench: Workbench) -> Path:
    workbench.workspace(WORKSPACE)
    workbench.write("kpis/own.yml", "kpi: visits_at_night\n# not checked here\n---\nkpi: 'quoted_one'\n")
    return workbench.folder


def asked(folder: Path, line: str, shell: str = "bash") -> subprocess.CompletedProcess[str]:
    """What a shell gets that asks about the last word of a line."""
    words = line.split(" ")
    given = {"COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1), "_OMNICTL_COMPLETE": f"{shell}_complete"}
    if shell == "fish":
        given["COMP_CWORD"] = words[-1]
    return subprocess.run(
        [sys.executable, "-c", CALL],
        cwd=folder,
        env={**os.environ, **given},
        capture_output=True,
        text=True,
        check=False,
    )


def offered(folder: Path, line: str) -> list[str]:
    done = asked(folder, line)
    assert (done.returncode, done.stderr) == (0, "")
    return [entry.partition(",")[2] for entry in done.stdout.splitlines() if entry]


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("omnictl sta", ["status"]),
        ("omnictl kpi c", ["compile", "check"]),
        ("omnictl show interac", ["interactions"]),
        ("omnictl show --lim", ["--limit"]),
        ("omnictl kpi query vis", ["visits", "visits_at_night"]),
        ("omnictl kpi query answer_rate quo", ["quoted_one"]),
        ("omnictl kpi show nps", ["nps"]),
        ("omnictl kpi compile transfer", ["transfer_rate"]),
        ("omnictl kpi query nps --every q", ["quarter"]),
        ("omnictl kpi query nps --period last-w", ["last-week"]),
        ("omnictl run --source ch", ["chats"]),
        ("omnictl run --source calls,", ["calls,calls", "calls,chats"]),
        ("omnictl explain yaml-t", ["yaml-tag", "yaml-too-large"]),
        ("omnictl completion z", ["zsh"]),
        ("omnictl nonsense ", []),
        ("omnictl kpi query no_such", []),
    ],
)
def test_what_is_offered(centre: Path, line: str, names: list[str]) -> None:
    if "nonsense" in line:
        done = asked(centre, line)
        assert (done.stdout, done.stderr) == ("", "")
    else:
        assert offered(centre, line) == names


def test_the_folder_said_on_the_line_counts(centre: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    assert offered(elsewhere, f"omnictl -C {centre} kpi show visits_") == ["visits_at_night"]
    assert offered(elsewhere, f"omnictl run -C {centre} --source ch") == ["chats"]


@pytest.mark.parametrize("line", ["omnictl show ", "omnictl kpi query ", "omnictl run --source ", 'omnictl show "'])
def test_without_a_workspace_nothing_is_offered(tmp_path: Path, line: str) -> None:
    assert offered(tmp_path, line) == []


@pytest.mark.parametrize("text", ["sources: [", "timezone: Europe/Pari\n", "glossary: [gone/]\n", "\x00"])
def test_a_workspace_with_faults_is_silent(tmp_path: Path, text: str) -> None:
    (tmp_path / "omnictl.yml").write_text(text)
    assert offered(tmp_path, "omnictl kpi show ") == []


@pytest.mark.parametrize("given", [{}, {"COMP_WORDS": "omnictl s"}, {"COMP_WORDS": "omnictl", "COMP_CWORD": "x"}])
def test_a_shell_that_asks_badly_gets_no_traceback(tmp_path: Path, given: dict[str, str]) -> None:
    environment = {**os.environ, **given, "_OMNICTL_COMPLETE": "bash_complete"}
    done = subprocess.run(
        [sys.executable, "-c", CALL], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == ("", "")
    assert done.returncode == 1


def test_zsh_and_fish_are_answered_in_their_own_form(centre: Path) -> None:
    help_ = "Tell what each source holds, up to when, and what is unmapped."
    assert asked(centre, "omnictl stat", "zsh").stdout == f"plain\nstatus\n{help_}\n"
    assert asked(centre, "omnictl stat", "fish").stdout == f"plain,status\t{help_}\n"


def test_completing_loads_no_database(centre: Path) -> None:
    code = f"import sys, atexit; atexit.register(lambda: print(*{{'duckdb', 'sqlglot'}} & set(sys.modules))); {CALL}"
    given = {"COMP_WORDS": "omnictl kpi query vis", "COMP_CWORD": "3", "_OMNICTL_COMPLETE": "bash_complete"}
    environment = {**os.environ, **given}
    done = subprocess.run([sys.executable, "-c", code], cwd=centre, env=environment, capture_output=True, text=True)
    assert done.stdout == "plain,visits\nplain,visits_at_night\n\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_asks_omnictl(shell: str) -> None:
    done = CliRunner().invoke(omnictl, ["completion", shell])
    assert (done.exit_code, done.stderr) == (0, "")
    assert f"_OMNICTL_COMPLETE={shell}_complete" in done.stdout


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
def test_bash_completes_with_the_script(centre: Path, tmp_path: Path) -> None:
    script = tmp_path / "completion.bash"
    script.write_text(CliRunner().invoke(omnictl, ["completion", "bash"]).stdout)
    called = tmp_path / "omnictl"
    called.write_text(f"#!/bin/sh\nexec {sys.executable} -c '{CALL}' \"$@\"\n")
    called.chmod(0o755)
    lines = [
        f"source {script}",
        "COMP_WORDS=(omnictl kpi query visits_); COMP_CWORD=3",
        f"_omnictl_completion {called}",
        'echo "${COMPREPLY[@]}"',
    ]
    done = subprocess.run(["bash", "--norc", "-c", "\n".join(lines)], cwd=centre, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("visits_at_night\n", "")
