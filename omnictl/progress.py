"""How far a long work has come: what the work tells, and the listener that says nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol


class Stage(Protocol):
    """One stage under way."""

    def advance(self, n: int = 1, note: str = "") -> None:
        """`n` more units are done; `note` says what is being done now."""


class Progress(Protocol):
    """Hears about stages. A command line draws them, a library stays silent."""

    def stage(self, name: str, total: int | None = None) -> AbstractContextManager[Stage]:
        """Begin a stage of `total` units, None when their number is not known."""


class _SilentStage:
    def advance(self, n: int = 1, note: str = "") -> None:
        return None


class Silent:
    """Tells nobody."""

    @contextmanager
    def stage(self, name: str, total: int | None = None) -> Iterator[Stage]:
        yield _SilentStage()
