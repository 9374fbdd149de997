"""A workspace in a temporary folder, driven through the `omnictl` script as a user drives it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

ACCOUNTED = ("records", "used", "rejected", "superseded", "filtered")


def omnictl_script() -> str:
    """The installed `omnictl` that belongs to the interpreter running the tests."""
    script = shutil.which("omnictl", path=str(Path(sys.executable).parent)) or shutil.which("omnictl")
    assert script, "omnictl is not installed: pip install -e '.[dev]'"
    return script


class Workbench:
    """Write exports and an omnictl.yml into `folder`, call commands, read their JSON."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, name: str, content: str | bytes) -> Path:
        """A file of the workspace, byte for byte."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def workspace(self, text: str) -> None:
        """The omnictl.yml."""
        self.write("omnictl.yml", text)

    def call(self, *args: str, expect: int = 0) -> subprocess.CompletedProcess[str]:
        """Run one command; its exit code must be `expect`, and it must never show a traceback."""
        environment = {key: value for key, value in os.environ.items() if not key.startswith("OMNICTL_")}
        done = subprocess.run(
            [omnictl_script(), "-C", str(self.folder), *args],
            capture_output=True,
            text=True,
            env=environment,
            check=False,
            timeout=300,
        )
        assert "Traceback" not in done.stderr, done.stderr
        assert done.returncode == expect, f"{args}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def rows(self, *args: str, expect: int = 0) -> list[dict[str, Any]]:
        """The rows that a command gives as JSON."""
        answer: list[dict[str, Any]] = json.loads(self.call(*args, "--format", "json", expect=expect).stdout)
        return answer

    def sql(self, select: str, *flags: str) -> list[dict[str, Any]]:
        return self.rows("sql", select, *flags)

    def accounting(self, source: str) -> dict[str, int]:
        """What became of the records of a source in its last run, by `show runs`; they must add up."""
        runs = [row for row in self.rows("show", "runs") if row["source"] == source and row["stage"] == "ingest"]
        last = max(runs, key=lambda row: (row["run_id"], row["started_at"]))
        counts = {name: int(last[name]) for name in ACCOUNTED}
        parts = counts["used"] + counts["rejected"] + counts["superseded"] + counts["filtered"]
        assert counts["records"] == parts, counts
        return counts
