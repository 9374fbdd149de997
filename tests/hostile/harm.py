"""What a hostile text must not do: end in a traceback, take long, take much memory, or leave anything on the disk."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

QUICKLY_S = 8.0  # on a machine that does other things too
MEMORY_BYTES = 5 << 30

Disk = dict[str, tuple[int, int]]


def disk(*folders: Path) -> Disk:
    """Every file below some folders, with its size and time of change. What a compiled question keeps is left out."""
    found = {}
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            state = path.lstat()
            if path.is_file() and "cache" not in path.parts:
                found[str(path)] = (state.st_size, state.st_mtime_ns)
    return found


@contextmanager
def harmless(*folders: Path, seconds: float = QUICKLY_S) -> Iterator[None]:
    """What is done inside is quick and leaves the folders as they were."""
    before, began = disk(*folders), time.monotonic()
    yield
    took = time.monotonic() - began
    assert took < seconds, f"took {took:.1f} s"
    assert disk(*folders) == before


def alone(folder: Path, *args: str, seconds: float = QUICKLY_S) -> tuple[int, str]:
    """A command in a process of its own, measured: its exit code and what it said on stderr."""
    script = "from omnictl.cli.main import main; main()"
    err = folder.with_name(folder.name + ".err")
    began = time.monotonic()
    with err.open("w+b") as told:
        line = [sys.executable, "-c", script, "-C", str(folder), *args]
        child = subprocess.Popen(line, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=told, cwd=folder)
        status, usage = _waited_for(child, began + seconds)
        child.returncode = os.waitstatus_to_exitcode(status)
        told.seek(0)
        said = told.read().decode()
    took = time.monotonic() - began
    assert "Traceback" not in said, said
    assert took < seconds, f"took {took:.1f} s\n{said}"
    assert usage.ru_maxrss * 1024 < MEMORY_BYTES, f"took {usage.ru_maxrss / (1 << 20):.1f} GB\n{said}"
    return child.returncode, said


def _waited_for(child: subprocess.Popen[bytes], until: float) -> tuple[int, resource.struct_rusage]:
    """What became of a child, which is killed when its time is over."""
    while time.monotonic() < until:
        pid, status, usage = os.wait4(child.pid, os.WNOHANG)
        if pid:
            return status, usage
        time.sleep(0.01)
    child.kill()
    _, status, usage = os.wait4(child.pid, 0)
    return status, usage
