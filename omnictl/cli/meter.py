"""Progress on a terminal: one line per stage, redrawn on stderr while it runs, left standing when it ends."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from omnictl.progress import Progress, Silent, Stage
from omnictl.render.safe import one_line

REDRAW_S = 0.1  # faster than this the terminal, not the work, takes the time
CLEAR = "\r\x1b[K"


def meter(*, quiet: bool) -> Progress:
    """A meter when a person watches stderr; silent when told so, in a CI job, and on a terminal that cannot redraw."""
    watched = sys.stderr.isatty() and os.environ.get("TERM") != "dumb" and not os.environ.get("CI")
    return Meter() if watched and not quiet else Silent()


@dataclass
class _Line:
    """The line of one stage."""

    name: str
    total: int | None
    done: int = 0
    note: str = ""
    began: float = field(default_factory=time.monotonic)
    drawn: float = 0.0

    def advance(self, n: int = 1, note: str = "") -> None:
        self.done += n
        self.note = note or self.note
        now = time.monotonic()
        if now - self.drawn >= REDRAW_S:
            self.drawn = now
            self.draw()

    def draw(self, end: str = "") -> None:
        count = f"{self.done:,}" + (f"/{self.total:,}" if self.total else "") if self.done or self.total else ""
        took = f"{time.monotonic() - self.began:.1f} s"
        parts = [self.name, count, took, "" if end else self.note]
        text = one_line("  ".join(part for part in parts if part))
        width = shutil.get_terminal_size().columns - 1
        sys.stderr.write(CLEAR + text[:width] + end)
        sys.stderr.flush()


class Meter:
    """Draws the stages of a run."""

    @contextmanager
    def stage(self, name: str, total: int | None = None) -> Iterator[Stage]:
        line = _Line(name, total)
        line.draw()
        try:
            yield line
        except BaseException:
            sys.stderr.write(CLEAR)  # the error that follows gets a clean line
            raise
        line.draw(end="\n")
