"""Pages with examples that run: every `console` block is run in order and its output written below each command.

A page is run in an empty folder of its own. `<!-- file: calls.csv -->` before a block writes the block to that file,
`<!-- file: calls.csv of 2026-03-05T00:15Z -->` as if it had come at that time;
`<!-- install: omnictl-vocalia -->` stands for `pip install` of a folder the page wrote: from then on its entry points
are found, and no others. A command stands after `$ `; stdout and stderr follow as a terminal shows them, and a line
`(exit 1)` when the exit code is not 0.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

BLOCK = re.compile(
    r"(?ms)^<!-- install: (?P<install>\S+) -->$"
    r"|^(?:<!-- file: (?P<file>\S+)(?: of (?P<time>\S+))? -->\n)?```(?P<kind>\w*)\n(?P<body>.*?)^```$"
)
SITE = ".site"
TIMES = re.compile(r"\b\d+\.\d+ ?s\b")  # how long a stage took; differs from run to run


def refreshed(page: str) -> str:
    """The page with the output of its commands as they are now.

    Raises:
        RuntimeError: a command takes too long.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)

        def replaced(block: re.Match[str]) -> str:
            if block["install"]:
                _install(folder, folder / block["install"])
                return block[0]
            if block["file"]:
                target = folder / block["file"]
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(block["body"], encoding="utf-8")
                if block["time"]:
                    came = datetime.fromisoformat(block["time"]).timestamp()
                    os.utime(target, (came, came))
            if block["kind"] != "console":
                return block[0]
            return "```console\n" + "".join(_run_again(block["body"], folder)) + "```"

        return BLOCK.sub(replaced, page)


def _install(folder: Path, package: Path) -> None:
    """Leave what `pip install -e` would: the package's metadata beside the path to it."""
    project = tomllib.loads((package / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    name, version = project["name"], project["version"]
    info = folder / SITE / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n", encoding="utf-8")
    groups = project["entry-points"].items()
    lines = [f"[{group}]\n" + "".join(f"{key} = {value}\n" for key, value in each.items()) for group, each in groups]
    (info / "entry_points.txt").write_text("\n".join(lines), encoding="utf-8")
    with (folder / SITE / "paths").open("a", encoding="utf-8") as paths:
        paths.write(f"{name} {package}\n")


def _installed(folder: Path) -> dict[str, str]:
    """The variables that let Python find what the page installed, and omnictl no other plugin."""
    listed = folder / SITE / "paths"
    rows = [line.split(" ", 1) for line in listed.read_text(encoding="utf-8").splitlines()] if listed.exists() else []
    before = os.environ.get("PYTHONPATH", "")
    paths = [str(folder / SITE), *(path for _, path in rows), *([before] if before else [])]
    return {"OMNICTL_PLUGINS": ",".join(name for name, _ in rows)} | (
        {"PYTHONPATH": os.pathsep.join(paths)} if rows else {}
    )


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
        **_installed(folder),
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
