"""What is wrong with what values mean: values outside of a list, and sources that mean different things by one name."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from omnictl.tracking.coverage.held import ODD
from omnictl.tracking.coverage.verdict import Reason
from omnictl.tracking.giving import LONGEST, texts_of
from omnictl.tracking.plan import TOLD_BY, Event, Feed

if TYPE_CHECKING:
    from omnictl.tracking.coverage.spots import Ground
    from omnictl.tracking.wants import Want


def odd_values(ground: Ground, want: Want, channel: str | None) -> Iterator[Reason]:
    """Sources too many of whose rows have a value that the plan does not list."""
    if ground.held is None:
        return
    for event in ground.events(want.relation, channel, want.kinds):
        found: dict[str, tuple[int, int]] = dict(ground.held.odd.get((event.id, want.column), {}))
        if (want.relation, want.column) == ("interactions", "outcome"):
            for source, cell in ground.held.at("interactions", channel):
                odd, rows = found.get(source, (0, cell.rows))
                found[source] = (odd + cell.filled.get(ODD, 0), rows)
        for source, (odd, rows) in sorted(found.items()):
            if rows and Decimal(odd) / rows > ground.nulls:
                yield Reason(
                    "C07", "degraded", "", event.id, want.column, source, rows=odd, of=rows,
                    owner=ground.owner([source], [event]), fix="values", place=ground.place(source),
                )  # fmt: skip


def differing(ground: Ground, want: Want, channel: str | None) -> Iterator[Reason]:
    """Sources of one event whose mappings can never give a value that a KPI looks for, and that another source gives.

    Only mappings that list their values are judged: of one that hands on what the export has, nothing is known.
    """
    if not want.values or want.column in ("channel", "kind", TOLD_BY.get(want.relation)):
        return
    for event in ground.events(want.relation, channel, want.kinds):
        each = event.find(want.column)
        if each is None or len(each.feeds) < 2:
            continue
        listed = {feed.source: texts for feed in each.feeds if (texts := _texts(ground, feed, want.column))}
        for value in sorted(want.values):
            giving = [name for name, texts in listed.items() if value in texts]
            for name in sorted(listed.keys() - set(giving)):
                others = [
                    other for other in giving if other not in ground.group(name) and name not in ground.group(other)
                ]
                if others and _apart(ground, event, channel, name, others):
                    yield _different(ground, event, want.column, value, name, others[0])


def _texts(ground: Ground, feed: Feed, column: str) -> set[str] | None:
    source = ground.workspace.sources.get(feed.source)
    text = source.columns[column].text if source is not None and column in source.columns else feed.expression
    return texts_of(text) if text and len(text) < LONGEST else None


def _apart(ground: Ground, event: Event, channel: str | None, name: str, others: list[str]) -> bool:
    """Whether a source and another have rows of their own, where that can be told."""
    if ground.held is None:
        return True
    having = {source for source, cell in ground.held.at(event.relation, channel) if cell.rows}
    return name in having and any(other in having for other in others)


def _different(ground: Ground, event: Event, column: str, value: str, name: str, other: str) -> Reason:
    rows = of = None
    if ground.held is not None:
        cells = ground.held.at(event.relation, event.channel)
        rows = sum(cell.rows for source, cell in cells if source == name)
        of = sum(cell.rows for _, cell in cells)
    return Reason(
        "C13", "degraded", "", event.id, column, name, rows=rows, of=of, owner=ground.owner([name, other], [event]),
        fix="agree", place=ground.place(name), words={"value": value, "other": other},
    )  # fmt: skip
