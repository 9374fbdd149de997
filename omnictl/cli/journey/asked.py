"""The options of questions about journeys: which rows of which period."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from omnictl.cli.base import Session
from omnictl.cli.kpi.asked import Asked, span_options

NOTHING: dict[str, Any] = dict.fromkeys(("total", "parts", "long", "personal"), False)


def span_asked(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the period and condition of a question, and hand it `asked`, a question about no KPI yet."""

    @span_options
    @functools.wraps(command)
    def with_span(session: Session, *args: Any, **kwargs: Any) -> Any:
        given = {name: kwargs.pop(name) for name in ("period", "start", "end", "where", "now")}
        return command(session, *args, asked=Asked(kpis=(), by=(), every=None, **given, **NOTHING), **kwargs)

    return with_span
