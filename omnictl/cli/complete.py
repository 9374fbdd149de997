"""What the shell is offered after a Tab: names of relations, KPIs and sources, words for periods.

Called by the shell on every Tab, so nothing here may say anything: without a workspace, or with one that has faults,
nothing is offered. Definitions are not checked; ids are looked for in the text of the glossary.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import click

from omnictl.cli.base import Session

if TYPE_CHECKING:
    from pathlib import Path

    from omnictl.workspace import Workspace

Completing = Callable[[click.Context, click.Parameter, str], list[str]]

_KPI = re.compile(r"""(?m)^kpi: *["']?([A-Za-z_]\w*)""")


def offered(names: Callable[[click.Context], Iterable[str]]) -> Completing:
    """Offer the names that begin with what is typed; behind a comma, the last of several. Never fails."""

    @functools.wraps(names)
    def offer(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
        before, comma, last = incomplete.rpartition(",")
        try:
            return [f"{before}{comma}{name}" for name in names(context) if name.startswith(last)]
        except Exception:  # a shell that completes a line has no place for errors
            return []

    return offer


@offered
def relations(context: click.Context) -> Iterable[str]:
    """What `show` can show."""
    from omnictl.reading import BOOKKEEPING
    from omnictl.relations import RELATIONS

    _workspace(context)
    return sorted({*RELATIONS, *BOOKKEEPING})


@offered
def kpis(context: click.Context) -> Iterable[str]:
    """Ids of the KPIs of the workspace's glossary."""
    from omnictl.glossary.layers import named_folders

    folders = [folder for _, folder in named_folders(_workspace(context).glossary)]
    return sorted({name for folder in folders for name in _ids(folder)})


@offered
def sources(context: click.Context) -> Iterable[str]:
    """Names of the workspace's sources."""
    return sorted(_workspace(context).sources)


@offered
def periods(context: click.Context) -> Iterable[str]:
    """Words for periods."""
    from omnictl.compiler.period import RELATIVE

    return RELATIVE


@offered
def codes(context: click.Context) -> Iterable[str]:
    """Codes of findings."""
    from omnictl.findings import CODES

    return CODES


def _workspace(context: click.Context) -> Workspace:
    from omnictl.workspace import find_workspace, load_workspace

    session = context.find_root().obj
    return load_workspace(find_workspace(session.directory if isinstance(session, Session) else Session().directory))


def _ids(folder: Path) -> Iterable[str]:
    for pattern in ("*.yml", "*.yaml"):
        for file in folder.rglob(pattern):
            yield from _KPI.findall(file.read_text(encoding="utf-8"))
