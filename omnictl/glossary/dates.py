"""Values that change on a day: `changes: [{from: 2026-03-01, value: 30 s}]`, of parameters and of targets alike."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from omnictl.errors import Place
from omnictl.places import Fields, Node, Reader

CHANGES = "changes: [{from: 2026-03-01, value: 30 s}]"
FIRST, LAST = date(1900, 1, 1), date(2199, 12, 31)

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")


def day(text: str) -> date | None:
    """The day of `2026-03-01`; None when the text is none, or lies far from every calendar in use."""
    try:
        found = date.fromisoformat(text) if _DAY.match(text) else None
    except ValueError:
        return None
    return found if found is not None and FIRST <= found <= LAST else None


def read_changes(reader: Reader, fields: Fields) -> Iterator[tuple[date, Place, Node]]:
    """Each change of a mapping that has `changes`: its first local day, its place, its value. Days must rise.

    A change that is written wrongly is left out after noting why.
    """
    before: date | None = None
    for item in fields.items("changes"):
        change = reader.fields(item, "a change")
        text, value = change.text("from", required=True), change.take("value", required=True)
        change.done()
        since = day(text) if text is not None else None
        if text is not None and since is None:
            reader.fault(
                "wrong-type", f"`from` of a change must be a day, not `{text}`", change.key_place("from"), CHANGES
            )
        if since is None or value is None:
            continue
        if before is not None and since <= before:
            message = f"{since} is named twice" if since == before else f"{since} stands after {before}"
            hint = "each change begins later than the one before it"
            reader.fault("dates-out-of-order", message, change.key_place("from"), hint)
            continue
        before = since
        yield since, item.place, value
