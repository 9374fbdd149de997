"""What a hostile text must not do: end in a traceback, take long, take much memory, or leave anything on the disk."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hostile.forked import asked_of_forks

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
    err = folder.with_name(folder.name + ".err")
    ended = asked_of_forks(folder, list(args), err, seconds)
    said = err.read_text(encoding="utf-8")
    assert "Traceback" not in said, said
    assert ended.seconds < seconds, f"took {ended.seconds:.1f} s\n{said}"
    assert ended.memory_bytes < MEMORY_BYTES, f"took {ended.memory_bytes / (1 << 30):.1f} GB\n{said}"
    return ended.code, said
