"""How a call ends: exit codes, streams, colours, interruption, a reader that leaves."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from omnictl.cli import diagnostics
from omnictl.cli.main import call, omnictl
from omnictl.errors import DefinitionError, EngineError, Finding, Place

MAIN = "from omnictl.cli.main import main; main()"
FINDING = Finding("unknown-key", "unknown key `x`", Place("omnictl.yml", 3, 5), "did you mean `y`?", excerpt="    x: 1")


def raising(fault: BaseException) -> click.Command:
    @click.command()
    def fails() -> None:
        raise fault

    return fails


@pytest.mark.parametrize(
    ("fault", "code", "said"),
    [
        (DefinitionError(FINDING), 2, "omnictl.yml:3:5: error[unknown-key]: unknown key `x`"),
        (EngineError("no", hint="do this"), 2, "error: no\n      = do this"),
        (KeyboardInterrupt(), 130, "interrupted"),
        (click.UsageError("what?"), 2, "error: what?"),
        (ZeroDivisionError("a bug"), 2, "this is a bug of omnictl"),
    ],
)
def test_each_fault_has_its_code_and_words(
    fault: BaseException, code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(raising(fault), []) == code
    told = capsys.readouterr()
    assert told.out == ""
    assert said in told.err


def test_only_a_bug_shows_a_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    call(raising(ZeroDivisionError("a bug")), [])
    assert "ZeroDivisionError: a bug" in capsys.readouterr().err
    call(raising(EngineError("no")), [])
    assert "Traceback" not in capsys.readouterr().err


def test_what_an_error_quotes_cannot_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    call(raising(EngineError("bad \x1b[31m value \x07 \u202e")), [])
    assert capsys.readouterr().err == "error: bad \\x1b[31m value \\x07 \\u202e\n"


@pytest.mark.parametrize(
    ("options", "environment", "coloured"),
    [
        ([], {}, False),
        (["--color", "always"], {}, True),
        (["--color", "always"], {"NO_COLOR": "1"}, True),
        (["--color", "never"], {"FORCE_COLOR": "1"}, False),
        ([], {"FORCE_COLOR": "1"}, True),
        ([], {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        ([], {"FORCE_COLOR": "1", "NO_COLOR": ""}, True),
    ],
)
def test_colours_follow_the_option_then_the_environment(
    tmp_path: Path, options: list[str], environment: dict[str, str], coloured: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    done = CliRunner().invoke(omnictl, ["-C", str(tmp_path), "status", *options], color=True)
    assert done.exit_code == 2
    assert ("\x1b[" in done.stderr) is coloured
    assert "error[workspace-missing]" in done.stderr


def test_colour_marks_place_hint_and_caret() -> None:
    diagnostics.choose_colour("always")
    done = CliRunner().invoke(omnictl, ["--color", "always", "-C", "/nonexistent", "status"], color=True)
    assert "\x1b[31m\x1b[1merror[workspace-missing]:\x1b[0m" in done.stderr


def test_options_that_hold_everywhere_stand_before_or_after(tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    for line in (["-C", str(tmp_path / "here"), "status"], ["status", "-C", str(tmp_path / "here")]):
        done = CliRunner().invoke(omnictl, line)
        assert f"no omnictl.yml in {tmp_path / 'here'}" in done.stderr
    after = CliRunner().invoke(omnictl, ["-C", "/nonexistent", "status", "-C", str(tmp_path / "here")])
    assert str(tmp_path / "here") in after.stderr


def test_a_reader_that_leaves_is_no_error() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as pipe:
        done = subprocess.run([sys.executable, "-c", MAIN, "--help"], stdout=pipe, stderr=subprocess.PIPE, check=False)
    assert (done.returncode, done.stderr) == (141, b"")


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-c", MAIN, "-C", str(tmp_path), "kpi", "list"],
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert done.returncode == 2
    assert done.stderr.startswith(b"error: stdout cannot be written: No space left on device")
    assert b"Traceback" not in done.stderr


def test_a_closed_stdout_is_no_bug() -> None:
    done = subprocess.run(["sh", "-c", '"$1" -c "$2" --version >&-', "sh", sys.executable, MAIN], capture_output=True)
    assert (done.returncode, done.stderr) == (0, b"")


def test_ctrl_c_ends_with_130_and_a_line() -> None:
    code = (
        "import sys, time, click\n"
        "from omnictl.cli.main import call\n"
        "@click.command()\n"
        "def waits():\n    print('ready', flush=True)\n    time.sleep(30)\n"
        "sys.exit(call(waits, []))\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=10)
    assert process.returncode == 130
    assert told.strip() == b"interrupted"


@pytest.mark.parametrize(
    ("terminal", "environment", "drawn"), [(True, {}, True), (True, {"CI": "1"}, False), (False, {}, False)]
)
def test_progress_is_drawn_for_a_person_only(terminal: bool, environment: dict[str, str], drawn: bool) -> None:
    code = (
        "from omnictl.cli.meter import meter\n"
        "with meter(quiet=False).stage('calls', 2) as stage:\n    stage.advance(2, 'a\\x1b[2J.csv')\n"
    )
    kept = {name: value for name, value in os.environ.items() if name != "CI"}
    controller, follower = pty.openpty()
    stderr = follower if terminal else subprocess.PIPE
    environment = {**kept, "TERM": "xterm", **environment}
    done = subprocess.run(
        [sys.executable, "-c", code], stderr=stderr, stdout=subprocess.PIPE, env=environment, check=True
    )
    os.close(follower)
    os.set_blocking(controller, False)
    time.sleep(0.05)
    try:
        told = os.read(controller, 4096) if terminal else done.stderr
    except (OSError, BlockingIOError):
        told = b""
    os.close(controller)
    assert done.stdout == b""
    assert (b"calls  2/2" in told) is drawn
    assert b"\x1b[2J" not in told
