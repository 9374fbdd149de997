"""A run that kills itself: `python killed_run.py FOLDER N` dies before the N-th thing it does to the store.

Every statement of the writer and every step of publishing counts. Tells how many there were if it lives.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from omnictl.engines import store
from omnictl.run import run
from omnictl.workspace import load_workspace

done = 0


def tick() -> None:
    global done
    done += 1
    if done == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)


class Ticking:
    """A connection that counts its statements."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection

    def execute(self, *args: Any) -> Any:
        tick()
        return self.connection.execute(*args)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.connection, name)


def ticking(function: Callable[..., Any]) -> Callable[..., Any]:
    def counted(*args: Any, **options: Any) -> Any:
        tick()
        return function(*args, **options)

    return counted


open_writer = store.open_writer
store.open_writer = lambda *args, **options: Ticking(open_writer(*args, **options))  # type: ignore[assignment,return-value]
for name in ("replace", "fsync", "copy_file_range", "unlink"):
    if hasattr(os, name):
        setattr(os, name, ticking(getattr(os, name)))
run(load_workspace(Path(sys.argv[1]) / "omnictl.yml"))
sys.stdout.write(str(done))
