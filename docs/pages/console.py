"""Pages with examples that run: every `console` block is run in order and its output written below each command.

A page is run in an empty folder of its own. `<!-- file: calls.csv -->` before a block writes the block to that file;
A command stands after `$ `; stdout and stderr follow as a terminal shows them, and a line `(exit 1)` when the exit code
is not 0.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

BLOCK = re.compile(r"(?ms)^(?:<!-- file: (?P<file>\S+) -->\n)?```(?P<kind>\w*)\n(?P<body>.*?)^```$")
TIMES = re.compile(r"\b\d+\.\d+ s\b")  # how long a stage took; differs from run to run


def refreshed(page: str) -> str:
    """The page with the output of its commands as they are now.

    Raises:
        RuntimeError: a command takes too long.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)

        def replaced(block: re.Match[str]) -> str:
            if block["file"]:
                target = folder / block["file"]
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(block["body"], encoding="utf-8")
            if block["kind"] != "console":
                return block[0]
            return "```console\n" + "".join(_run_again(block["body"], folder)) + "```"

        return BLOCK.sub(replaced, page)


def _run_again(body: str, folder: Path) -> Iterator[str]:
    """Each command with its output; the old output where only times differ."""
    for part in re.split(r"(?m)^(?=\$ )", body):
        if not part.startswith("$ "):
            continue
        command, _, old = part.partition("\n")
        while command.endswith("\\"):
            line, _, old = old.partition("\n")
            command += "\n" + line
        new = _output(command.removeprefix("$ "), folder)
        yield command + "\n" + (old if TIMES.sub("", old) == TIMES.sub("", new) else new)


def _output(command: str, folder: Path) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OMNICTL_")}
    environment |= {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "NO_COLOR": "1",
        "CI": "1",
        "TZ": "Europe/Paris",
        "COLUMNS": "100",
        "OMNICTL_PLUGINS": "",  # a page shows omnictl as it comes; one on plugins says otherwise itself
    }
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
        timeout=300,
        check=False,
    )
    text = done.stdout if not done.stdout or done.stdout.endswith("\n") else done.stdout + "\n"
    return text + (f"(exit {done.returncode})\n" if done.returncode else "")
