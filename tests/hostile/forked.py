"""A process that has imported `omnictl`, has opened nothing, and forks itself for each command it is told.

A command forked from it is a process of its own, with memory, a clock and an end of its own, and is spared the start of
an interpreter. `asked_of_forks` is for tests; as a script this is the process that is asked, one JSON line a command.
"""

from __future__ import annotations

import atexit
import functools
import importlib
import json
import os
import pkgutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple, TextIO


class Ended(NamedTuple):
    """How a command ended: its exit code, negative for a signal; and what it took."""

    code: int
    seconds: float
    memory_bytes: int


def asked_of_forks(folder: Path, args: list[str], err: Path, seconds: float) -> Ended:
    """Run `omnictl ARGS` in a folder, with what it says on stderr in a file; killed when its time is over."""
    asking = _forking()
    asked = {"folder": str(folder), "args": args, "err": str(err), "seconds": seconds, "environment": dict(os.environ)}
    assert asking.stdin is not None
    assert asking.stdout is not None
    asking.stdin.write(json.dumps(asked) + "\n")
    asking.stdin.flush()
    return Ended(*json.loads(asking.stdout.readline()))


@functools.cache
def _forking() -> subprocess.Popen[str]:
    """The process that forks, which lives as long as the tests do."""
    process = subprocess.Popen([sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    atexit.register(process.communicate)
    return process


def serve(asked: TextIO, answers: TextIO) -> dict[str, Any]:
    """Fork for each line; only the forked come back from here, each with what it is to do."""
    for line in asked:
        order: dict[str, Any] = json.loads(line)
        began = time.monotonic()
        child = os.fork()
        if not child:
            return order
        status, usage = _waited_for(child, began + order["seconds"])
        answer = (os.waitstatus_to_exitcode(status), time.monotonic() - began, usage.ru_maxrss * 1024)
        answers.write(json.dumps(answer) + "\n")
        answers.flush()
    os._exit(0)  # at once: modules of DuckDB left unused complain at the end of an interpreter


def _waited_for(child: int, until: float) -> tuple[int, Any]:
    """What became of a child, which is killed when its time is over."""
    while time.monotonic() < until:
        pid, status, usage = os.wait4(child, os.WNOHANG)
        if pid:
            return status, usage
        time.sleep(0.005)
    os.kill(child, 9)
    _, status, usage = os.wait4(child, 0)
    return status, usage


def become(order: dict[str, Any]) -> None:
    """Take the files, the folder, the environment and the arguments of a command just started."""
    nothing = os.open(os.devnull, os.O_RDWR)
    err = os.open(order["err"], os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
    for mine, given in ((0, nothing), (1, nothing), (2, err)):
        os.dup2(given, mine)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115  the old one may hold what was read ahead
    os.chdir(order["folder"])
    os.environ.clear()
    os.environ.update(order["environment"])
    time.tzset()
    sys.argv = ["omnictl", "-C", order["folder"], *order["args"]]


def import_all() -> None:
    """What commands import when they are called for."""
    import duckdb  # noqa: F401
    import sqlglot
    import tabulate  # noqa: F401

    import omnictl

    sqlglot.parse_one("select 1", read="duckdb").sql(dialect="duckdb")
    for module in pkgutil.walk_packages(omnictl.__path__, "omnictl."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)


if __name__ == "__main__":
    import_all()
    become(serve(sys.stdin, sys.stdout))
    from omnictl.cli.main import main

    main()
