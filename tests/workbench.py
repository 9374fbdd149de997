"""A workspace in a temporary folder, driven through the command line as a user drives it."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

ACCOUNTED = ("records", "used", "rejected", "superseded", "filtered")


@dataclass(frozen=True)
class Said:
    """What one command wrote, and its exit code."""

    stdout: str
    stderr: str
    code: int


class Workbench:
    """Write exports and an omnictl.yml into `folder`, call commands, read their JSON.

    Commands run inside this process, which spares the start of an interpreter; `as_script` runs the installed
    `omnictl` in a process of its own.

    Args:
        plugins: which of the installed plugins there are, as OMNICTL_PLUGINS says it; None: all.
    """

    def __init__(self, folder: Path, *, as_script: bool = False, plugins: str | None = "") -> None:
        self.folder = folder
        self.as_script = as_script
        self.plugins = plugins

    def write(self, name: str, content: str | bytes) -> Path:
        """A file of the workspace, byte for byte."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def workspace(self, text: str) -> None:
        """The omnictl.yml."""
        self.write("omnictl.yml", text)

    def call(self, *args: str, expect: int = 0) -> Said:
        """Run one command; its exit code must be `expect`, and it must never show a traceback."""
        said = self.try_(*args)
        assert said.code == expect, f"{args}: exit {said.code}\n{said.stdout}\n{said.stderr}"
        return said

    def try_(self, *args: str) -> Said:
        """Run one command; whatever comes of it, it must never show a traceback."""
        line = ["-C", str(self.folder), *args]
        kept = {key: value for key, value in os.environ.items() if not key.startswith("OMNICTL_")}
        others = kept | ({} if self.plugins is None else {"OMNICTL_PLUGINS": self.plugins})
        said = _in_a_process(line, others) if self.as_script else _in_this_process(line, others)
        assert "Traceback" not in said.stderr, said.stderr
        return said

    def rows(self, *args: str, expect: int = 0) -> list[dict[str, Any]]:
        """The rows that a command gives as JSON."""
        answer: list[dict[str, Any]] = json.loads(self.call(*args, "--format", "json", expect=expect).stdout)
        return answer

    def sql(self, select: str, *flags: str) -> list[dict[str, Any]]:
        return self.rows("sql", select, *flags)

    def accounting(self, source: str) -> dict[str, int]:
        """What became of the records of a source in its last run, by `show runs`; they must add up."""
        runs = [row for row in self.rows("show", "runs") if row["source"] == source and row["stage"] == "ingest"]
        last = max(runs, key=lambda row: (row["started_at"], row["run_id"]))
        counts = {name: int(last[name]) for name in ACCOUNTED}
        parts = counts["used"] + counts["rejected"] + counts["superseded"] + counts["filtered"]
        assert counts["records"] == parts, counts
        return counts


def _in_this_process(line: list[str], environment: dict[str, str]) -> Said:
    from omnictl.cli.main import call, omnictl

    out, err = io.StringIO(), io.StringIO()
    with mock.patch.dict(os.environ, environment, clear=True), redirect_stdout(out), redirect_stderr(err):
        code = call(omnictl, line)
    return Said(out.getvalue(), err.getvalue(), code)


def _in_a_process(line: list[str], environment: dict[str, str]) -> Said:
    script = shutil.which("omnictl", path=str(Path(sys.executable).parent)) or shutil.which("omnictl")
    assert script, "omnictl is not installed: pip install -e '.[dev]'"
    done = subprocess.run([script, *line], capture_output=True, text=True, env=environment, check=False, timeout=300)
    return Said(done.stdout, done.stderr, done.returncode)
