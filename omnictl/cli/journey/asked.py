"""The options of questions about journeys: which rows of which period, and what is behind a figure, one by one."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from omnictl.cli.base import Session
from omnictl.cli.kpi.asked import Asked, links_option, span_options
from omnictl.cli.options import Given, Limit

if TYPE_CHECKING:
    import duckdb

    from omnictl.workspace import Workspace

LISTED = 100  # rows of a list, unless --limit says
NOTHING: dict[str, Any] = dict.fromkeys(("total", "parts", "long", "personal"), False)


def span_asked(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the period and condition of a question, and hand it `asked`, a question about no KPI yet."""

    @span_options
    @functools.wraps(command)
    def with_span(session: Session, *args: Any, **kwargs: Any) -> Any:
        given = {name: kwargs.pop(name) for name in ("period", "start", "end", "where", "now")}
        return command(session, *args, asked=Asked(kpis=(), by=(), every=None, **given, **NOTHING), **kwargs)

    return with_span


def links_asked(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command period, condition and links of a question, and hand it `asked`, as `span_asked` does."""

    @links_option
    @span_asked
    @functools.wraps(command)
    def with_links(session: Session, *args: Any, asked: Asked, links: str, **kwargs: Any) -> Any:
        return command(session, *args, asked=replace(asked, links=links), **kwargs)

    return with_links


def limit_option(told: str, rows: int = LISTED) -> Given:
    """`--limit`: how many rows are shown, -1 for all. `told`: of what."""
    told = f"{told}; default: {rows}."
    return click.option("--limit", type=Limit(1), default=rows, metavar="N|all", help=told)


def list_options(told: str) -> Given:
    """Give a command the options that list what is behind its figures: `listed` and `limit`. `told`: what that is."""

    def with_list(command: Callable[..., Any]) -> Callable[..., Any]:
        return click.option("--list", "listed", is_flag=True, help=told)(limit_option("Of --list")(command))

    return with_list


def say_cut(session: Session, shown: int, there: int, which: str = "first") -> None:
    """Tell, where rows are left out, which of those there are are shown."""
    if shown < there:
        session.say(f"note: the {which} {shown:,} are shown; --limit all shows them all")


@contextmanager
def store_of_people(session: Session, workspace: Workspace, seconds: float) -> Iterator[duckdb.DuckDBPyConnection]:
    """The published store; says so when people or follow-ups are not those of what is loaded and said now.

    Raises:
        EngineError: nothing is published yet.
    """
    from omnictl.run import stale
    from omnictl.stages import made_of

    connection = session.store(workspace).reader(seconds=seconds)
    try:
        for stage, reason in stale(workspace, connection).items():
            if stage == "build" or made_of(connection, stage) is not None:
                session.say(f"note: {stage} is stale: {reason}; `omnictl run` brings it up to date")
        yield connection
    finally:
        connection.close()
