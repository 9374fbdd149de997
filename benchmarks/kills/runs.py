"""Runs of `omnictl` in processes of their own: watched ones, killed ones, and plain ones."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from benchmarks.children import omnictl
from benchmarks.kills.stages import stages_of
from benchmarks.kills.watched import HELD

PATIENCE_S = 120.0


@dataclass
class Trace:
    """The events of a whole run, and when each was told, in seconds from the start of the process."""

    events: list[str] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    ended: float = 0.0

    @property
    def stages(self) -> list[str]:
        return stages_of(self.events)

    def seconds_of(self, position: int) -> float:
        """How long an event took: until the next one, or the end."""
        following = self.times[position + 1] if position + 1 < len(self.times) else self.ended
        return following - self.times[position]


@dataclass(frozen=True)
class Aim:
    """Where to kill: `after_s` after an event was told, or, when None, while the process holds before doing it."""

    position: int
    after_s: float | None


def aims(trace: Trace, stage: str, draw: random.Random) -> Aim:
    """A random moment of a stage: half of the time by the clock, else before one of its events."""
    positions = [n for n, each in enumerate(trace.stages) if each == stage]
    if draw.random() < 0.5:
        return Aim(draw.choice(positions), None)
    lengths = [trace.seconds_of(n) for n in positions]
    (position,) = draw.choices(positions, weights=lengths)
    return Aim(position, draw.random() * trace.seconds_of(position))


def plain_run(folder: Path) -> int:
    """`omnictl run`; its exit code."""
    command = [str(part) for part in omnictl("run", "--quiet", workspace=folder)]
    return subprocess.run(command, capture_output=True, check=False, timeout=PATIENCE_S).returncode


def traced_run(folder: Path) -> Trace:
    """A watched run to its end.

    Raises:
        RuntimeError: it failed.
    """
    trace = Trace()
    with _watched(folder, 0) as (process, told, began):
        for line in told:
            trace.events.append(line.rstrip("\n"))
            trace.times.append(time.monotonic() - began)
        code = process.wait(PATIENCE_S)
        trace.ended = time.monotonic() - began
    if code != 0:
        raise RuntimeError(f"the run in {folder} failed: exit {code}")
    return trace


def killed_run(folder: Path, aim: Aim) -> list[str] | None:
    """Kill a run with all its processes; the events it told before. None: it had ended before it could be killed."""
    hold = aim.position + 1 if aim.after_s is None else 0
    events: list[str] = []
    with _watched(folder, hold) as (process, told, _):
        for line in told:
            if line.rstrip("\n") == HELD:
                break
            events.append(line.rstrip("\n"))
            if aim.after_s is not None and len(events) == aim.position + 1:
                time.sleep(aim.after_s)
                break
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        events += [line.rstrip("\n") for line in told if line.rstrip("\n") != HELD]
        code = process.wait(PATIENCE_S)
    return events if code == -signal.SIGKILL else None


@contextmanager
def _watched(folder: Path, hold: int) -> Iterator[tuple[subprocess.Popen[bytes], IO[str], float]]:
    reading, writing = os.pipe()
    command = [sys.executable, "-m", "benchmarks.kills.watched", str(writing), str(hold), str(folder)]
    command += ["-C", str(folder), "run", "--quiet"]
    began = time.monotonic()
    process = subprocess.Popen(
        command, pass_fds=[writing], start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    os.close(writing)
    try:
        with os.fdopen(reading, encoding="utf-8", errors="replace") as told:
            yield process, told, began
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
