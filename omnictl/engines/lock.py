"""One writer at a time: a lock file that says who holds it. The kernel lets go of it when the process dies."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from omnictl.errors import EngineError

PAUSE_S = 0.1  # between two attempts


class StoreBusy(EngineError):
    """Somebody else is writing to the store."""


@contextmanager
def exclusive(file: Path, *, wait_s: float, command: str) -> Iterator[None]:
    """Hold the lock of a file while inside.

    Args:
        wait_s: how long to wait for another holder; 0 does not wait.
        command: what the holder does, told to those who find the lock taken.

    Raises:
        StoreBusy: another process still holds it when the time is over.
        OSError: the file cannot be made.
    """
    import fcntl

    descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        until = time.monotonic() + wait_s
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= until:
                    raise StoreBusy(_who_holds(descriptor), hint=_WHAT_TO_DO) from None
                time.sleep(PAUSE_S)
        _sign(descriptor, command)
        yield
    finally:
        os.close(descriptor)


_WHAT_TO_DO = "wait for it with --wait 10min"


def _sign(descriptor: int, command: str) -> None:
    holder = {"pid": os.getpid(), "since": f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}", "command": command}
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, json.dumps(holder).encode(), 0)


def _who_holds(descriptor: int) -> str:
    try:
        holder = json.loads(os.pread(descriptor, 4096, 0))
        what = f" (`{holder['command']}`)" if holder["command"] else ""
        return f"the store is being written by process {holder['pid']}{what} since {holder['since']} UTC"
    except (ValueError, KeyError, TypeError):  # the holder has not signed yet
        return "the store is being written by another process"
