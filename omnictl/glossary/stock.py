"""The keys of what holds at an instant, and of what a denominator leaves aside: `open`, `over_time`, `by`,
`denominator_over`. Read here, understood with the KPI's expressions."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from omnictl.glossary.kpi import OVER_TIME, ROLLUPS, ByChannel, OverTime
from omnictl.places import Fields, Node, Scalar

if TYPE_CHECKING:
    from omnictl.glossary.grammar import KpiReader
    from omnictl.glossary.written import Written

Expressions = Callable[[Node, str], ByChannel]

OPEN = "open: {since: started_at, until: resolved_at}"


def read_open(
    reader: KpiReader, root: Fields, rollup: str | None, expressions: Expressions
) -> tuple[ByChannel, ByChannel]:
    """When a row opens and when it closes; both empty when the KPI does not say.

    Args:
        expressions: reads an expression, or one per channel.
    """
    node = root.take("open")
    if node is None:
        return {}, {}
    if rollup is not None and rollup != "stock":
        message = f"`open` counts the rows open at an instant: rollup `{rollup}` counts those of a period"
        reader.fault("rollup-contradicts", message, root.key_place("open"), "rollup: stock")
    if "at" in root.node.entries:
        message = "`open` says when a row counts: a stock of open rows has no `at`"
        reader.fault("rollup-contradicts", message, root.key_place("at"), "leave `at` out, or `open`")
    fields = reader.fields(node, "`open`")
    found = []
    for key in ("since", "until"):
        each = fields.take(key)
        if each is None:
            reader.fault("missing-key", f"`open` needs `{key}`", root.key_place("open"), OPEN)
        found.append({} if each is None else expressions(each, f"open: {key}"))
    fields.done()
    return found[0], found[1]


def read_over_time(reader: KpiReader, root: Fields, rollup: str | None) -> OverTime | None:
    """What a stock is of a period; None for what is no stock."""
    given = root.choice("over_time", OVER_TIME)
    if rollup == "stock":
        return cast(OverTime, given or OVER_TIME[0])
    if rollup is not None and "over_time" in root.node.entries:
        message = f"`over_time` says what a stock is of a period: rollup `{rollup}` is taken over the whole of it"
        reader.fault("rollup-contradicts", message, root.key_place("over_time"), "rollup: stock")
    return None


def read_dimensions(reader: KpiReader, root: Fields, key: str, rollup: str | None = None) -> tuple[Written, ...]:
    """Names of dimensions, one or a list. `rollup`: of a KPI that must have a denominator."""
    node = root.take(key)
    if node is None:
        return ()
    if rollup is not None and "denominator" not in ROLLUPS[rollup]:
        message = f"rollup `{rollup}` has no denominator: `{key}` says nothing"
        reader.fault("rollup-contradicts", message, root.key_place(key), "rollup: share, ratio or mean")
    found: dict[str, Written] = {}
    for item in [node] if isinstance(node, Scalar) else reader.items(node, f"`{key}`"):
        written = reader.written(item, "a dimension")
        if written is not None and written.text in found:
            reader.fault("asked-twice", f"`{key}` names `{written.text}` twice", item.place)
        elif written is not None:
            found[written.text] = written
    if not found and not isinstance(node, Scalar):
        reader.fault("wrong-type", f"`{key}` must name a dimension", node.place, f"{key}: [channel]")
    return tuple(found.values())
