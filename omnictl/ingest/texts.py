"""Values of Python as columns of text: what is number or time is decided by the same reading of cells as everywhere."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from omnictl.errors import PluginError


def columns_of(rows: list[Mapping[str, Any]], what: str) -> dict[str, Sequence[str | None]]:
    """The rows by column, as texts."""
    for row in rows:
        if not isinstance(row, Mapping):
            raise PluginError(f"{what}: rows() yields {row!r}", hint='yield "interactions", {"interaction_id": …}')
    names = tuple(rows[0])
    same = all(tuple(row) == names for row in rows)  # they nearly always have the same keys in the same order
    if not same:
        names = tuple(dict.fromkeys(name for row in rows for name in row))
    columns: dict[str, Sequence[Any]] = {
        name: [row[name] for row in rows] if same else [row.get(name) for row in rows] for name in names
    }
    for name, values in columns.items():
        if not isinstance(name, str):
            raise PluginError(f"{what}: {name!r} cannot name a column")
        if not set(map(type, values)) <= TEXTS:
            columns[name] = [as_text(value) for value in values]
    return columns


TEXTS = {str, type(None)}


def as_text(value: Any) -> str | None:
    """A value as the text that the reading of cells takes it from: times with their offset where they have one,
    durations in seconds, what is nested as JSON."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat(" ")
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, timedelta):
        return repr(value.total_seconds())
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, (dict, list, tuple)):
        return json.dumps(value, ensure_ascii=False, default=as_text)
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return str(value)
