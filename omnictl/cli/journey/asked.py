"""The options of questions about journeys: which rows of which period."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from omnictl.cli.base import Session
from omnictl.cli.kpi.asked import Asked, links_option, span_options

if TYPE_CHECKING:
    import duckdb

    from omnictl.workspace import Workspace

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
