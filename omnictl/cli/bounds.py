"""The bounds of a command that runs a text a stranger may have written: a time and an amount of memory.

DuckDB looks at its own limits between pieces of work. One call that makes a text of two thousand million characters is
one piece, and its memory, like that of planning, is under no limit. So a thread watches the process, and ends it.
Readers hold nothing that could be left half done.
"""

from __future__ import annotations

import os
import resource
import shutil
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from omnictl.cli import diagnostics
from omnictl.errors import EngineError

GRACE_S = 1.0  # for the database to stop by itself
PAUSE_S = 0.05
MEMORY_BYTES = 4 << 30  # of the whole process: the database, and the rows it gave
EXIT_CODE = 2
TOO_LONG = "maximum execution time"  # what DuckDB says when its own limit ends a statement
LONGER = "ask for less, or allow more time with --timeout"


@contextmanager
def bounded(seconds: float, spill: Path | None, *, memory_bytes: int = MEMORY_BYTES) -> Iterator[None]:
    """End this process, with an error, when what is done inside takes too long or too much memory.

    Args:
        spill: the folder the database uses for what does not fit in memory; removed. None: it has none.
    """
    done = threading.Event()
    until = time.monotonic() + seconds + GRACE_S

    def watch() -> None:
        while not done.wait(PAUSE_S):
            if time.monotonic() > until:
                _end(f"no answer within {seconds:g} s", LONGER, spill)
            if resident() > memory_bytes:
                size = f"{memory_bytes / (1 << 30):g} GB"
                _end(f"the answer takes more than {size} of memory", "ask for less: --limit, fewer columns", spill)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    except Exception as error:
        if TOO_LONG not in str(error):
            raise
        raise EngineError(f"no answer within {seconds:g} s", hint=LONGER) from error
    finally:
        done.set()
        watcher.join()


def resident() -> int:
    """The bytes of memory this process holds now; the most it ever held where the system does not tell."""
    try:
        with open("/proc/self/statm", "rb") as told:
            return int(told.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most if sys.platform == "darwin" else most * 1024


def _end(message: str, hint: str, spill: Path | None) -> NoReturn:
    diagnostics.say(f"error: {message}\n      = {hint}")
    if spill is not None:
        shutil.rmtree(spill, ignore_errors=True)
    os._exit(EXIT_CODE)
