"""Files that are still being written: those that have settled, or whose writer has said that they are done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from pathlib import Path

from omnictl.connectors.files import on_disk


@dataclass(frozen=True)
class Waiting:
    """A file that is left for the next run, and why."""

    path: Path
    reason: str


def ready_files(
    paths: Sequence[Path], settle: timedelta | None, ready: str, now: datetime
) -> tuple[list[Path], list[Waiting]]:
    """Tell the files that may be read from those that wait.

    Args:
        settle: a file changed within this time waits. A file from further ahead than that is of another clock, whose
            times say nothing: it is taken.
        ready: the name of a companion that must lie beside a file. `*` stands for the file's name, with or without its
            endings: `*.done` is `calls.csv.done` or `calls.done` beside `calls.csv`. Without `*` it is one file for all
            of its folder, such as `_SUCCESS`. Companions are no exports themselves. '': none is needed.
        now: naive UTC.
    """
    taken: list[Path] = []
    waiting: list[Waiting] = []
    for path in paths:
        if ready and fnmatchcase(path.name, ready):
            continue
        reason = _not_done(path, ready) or _not_settled(path, settle, now)
        if reason:
            waiting.append(Waiting(path, reason))
        else:
            taken.append(path)
    return taken, waiting


def _not_done(path: Path, ready: str) -> str:
    if not ready:
        return ""
    names = {path.name[: len(path.name) - len("".join(path.suffixes[place:]))] for place in range(len(path.suffixes))}
    candidates = sorted({ready.replace("*", name) for name in (path.name, *names) if name}, key=len, reverse=True)
    if any(path.with_name(name).exists() for name in candidates):
        return ""
    return f"there is no {' or '.join(candidates)} yet"


def _not_settled(path: Path, settle: timedelta | None, now: datetime) -> str:
    if settle is None:
        return ""
    try:
        _, modified = on_disk(path)
    except OSError:
        return ""  # who examines it says what is wrong
    age = now - modified
    if abs(age) >= settle:
        return ""
    return f"it changed {max(0, round(age.total_seconds()))} s ago, and is to settle for {settle.total_seconds():g} s"
