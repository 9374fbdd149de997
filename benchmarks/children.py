"""Child processes and what they cost: CPU seconds and peak memory as the kernel counts them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

FLOORS = Path(__file__).parent / "floors"


@dataclass(frozen=True)
class Spent:
    """One finished child: user plus system seconds of all its threads, its greatest resident memory, what it wrote."""

    cpu_s: float
    peak_bytes: int
    output: str


def spend(arguments: Sequence[str | Path], *, folder: Path | None = None) -> Spent:
    """Run a child to its end and count what it cost.

    The parent stays small on purpose, it never loads DuckDB: the kernel lets a child's peak begin at its parent's.

    Raises:
        RuntimeError: it failed; the message holds the end of what it said.
    """
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        command = [str(argument) for argument in arguments]
        child = subprocess.Popen(command, stdout=out, stderr=err, cwd=folder, env=_environment())
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        if child.returncode != 0:
            said = (err.read() or out.read())[-2000:]
            raise RuntimeError(f"{' '.join(map(str, arguments))}: exit {child.returncode}\n{said}")
        return Spent(usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, out.read())


def _environment() -> dict[str, str]:
    """Ours, in which Python keeps what it compiles: an installed program is not compiled anew each time it starts."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def omnictl(*arguments: str | Path, workspace: Path | None = None) -> list[str | Path]:
    """The command line of the installed `omnictl` of this interpreter."""
    script = shutil.which("omnictl", path=str(Path(sys.executable).parent))
    if script is None:
        raise RuntimeError("omnictl is not installed beside this Python: pip install -e .")
    where: list[str | Path] = ["-C", workspace] if workspace else []
    return [script, *where, *arguments]


def floor(script: str, *arguments: str | Path) -> list[str | Path]:
    """The command line of a hand-written floor."""
    return [sys.executable, FLOORS / script, *arguments]
