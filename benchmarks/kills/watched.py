"""`omnictl` as it is, watched from within: `python -m benchmarks.kills.watched PIPE HOLD FOLDER ARGUMENT…`.

Every statement given to DuckDB and everything Python does to a file below FOLDER is told to the pipe, one line each,
before it is done. At event HOLD (from 1; 0: never) the process holds still for whoever comes to kill it. Nothing of
omnictl is named here but its entry, so that its insides may change.
"""

from __future__ import annotations

import os
import sys
import time
from typing import Any

HELD = "held"


class Teller:
    """Tells events to a pipe, and holds at one of them."""

    def __init__(self, pipe: int, hold: int, folder: str) -> None:
        self.pipe = pipe
        self.hold = hold
        self.folder = folder
        self.told = 0

    def tell(self, what: str) -> None:
        self.told += 1
        os.write(self.pipe, f"{what}\n".encode())
        if self.told == self.hold:
            os.write(self.pipe, f"{HELD}\n".encode())
            time.sleep(3600)

    def audited(self, event: str, arguments: tuple[Any, ...]) -> None:
        """An audit hook: what Python does to files."""
        if event == "fcntl.flock":
            self.tell("lock")
        elif event in ("open", "os.rename", "os.remove") and arguments:
            path = os.fsdecode(arguments[0]) if isinstance(arguments[0], (str, bytes, os.PathLike)) else ""
            if path.startswith(self.folder):
                target = f" {os.fsdecode(arguments[1])}" if event == "os.rename" else ""
                self.tell(f"{event.removeprefix('os.')} {path}{target}")


class Watched:
    """A connection that tells its statements."""

    def __init__(self, connection: Any, teller: Teller) -> None:
        self._connection = connection
        self._teller = teller

    def execute(self, statement: Any, *rest: Any, **named: Any) -> Any:
        self._teller.tell("sql " + " ".join(str(statement).split())[:60])
        return self._connection.execute(statement, *rest, **named)

    def __enter__(self) -> Watched:
        return self

    def __exit__(self, *raised: object) -> None:
        self._connection.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


def main() -> None:
    pipe, hold, folder, *arguments = sys.argv[1:]
    teller = Teller(int(pipe), int(hold), folder)
    teller.tell("start")

    import duckdb

    connect = duckdb.connect
    duckdb.connect = lambda *args, **options: Watched(connect(*args, **options), teller)  # type: ignore[assignment]
    sys.addaudithook(teller.audited)

    from omnictl.cli.main import main as omnictl

    sys.argv = ["omnictl", *arguments]
    omnictl()


if __name__ == "__main__":
    main()
