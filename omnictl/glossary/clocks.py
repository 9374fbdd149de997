"""What expressions may ask of clocks, opening hours and the referential: `hour(started_at)`, `in_hours(queued_at)`,
`business_seconds(started_at, answered_at)`, `solution.owner`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sqlglot import exp

from omnictl.errors import did_you_mean
from omnictl.glossary.deferred import (
    HALF_HOUR,
    HOUR,
    IN_HOURS,
    LOCAL,
    NUMBERS,
    OBJECTS,
    OPEN_DAYS,
    OPEN_SECONDS,
    attribute_of,
    by_calendar,
    local,
)  # fmt: skip
from omnictl.glossary.expressions import spelled
from omnictl.glossary.scope import Typed

if TYPE_CHECKING:
    from omnictl.glossary.guard import RowGuard

BETWEEN = {"business_seconds": OPEN_SECONDS, "business_days": OPEN_DAYS}
CALLED = (*LOCAL, IN_HOURS, *BETWEEN)
HINTS = {
    IN_HOURS: "in_hours(started_at), or in_hours(started_at, 'support')",
    **{name: f"{name}(started_at, answered_at), or {name}(started_at, answered_at, 'support')" for name in BETWEEN},
}
_ATTRIBUTE = re.compile(r"[a-z][a-z0-9_]{0,40}\Z")


def called(guard: RowGuard, node: exp.Expression) -> Typed | None:
    """A call of one of these functions; None when it is none."""
    name = str(node.this).casefold()
    if name in LOCAL:
        return shown(guard, node, name, node.expressions)
    if name == IN_HOURS or name in BETWEEN:
        return _by_calendar(guard, node, name)
    return None


def hour(guard: RowGuard, node: exp.Expression) -> Typed:
    """The hour of a time; the parser knows this function."""
    return shown(guard, node, HOUR, [node.this])


def shown(guard: RowGuard, node: exp.Expression, part: str, given: list[exp.Expression]) -> Typed:
    """The hour, half-hour or weekday of a time, as the clocks of the workspace's zone show it."""
    if len(given) != 1:
        return guard.fault("not-accepted", f"{part}() takes one time", node, f"{part}(started_at)")
    return Typed(local(part, guard.of_kind(given[0], "time", part)), LOCAL[part])


def alone(guard: RowGuard, node: exp.Expression, part: str) -> Typed | None:
    """`hour`, `half_hour` or `weekday` on its own: of the time that a row is dated by; None where there is none."""
    scope = guard.scope
    if scope.at is None:
        return None
    if scope.daily and part in (HOUR, HALF_HOUR):
        return guard.fault("unknown-column", f"what is dated by a day has no `{part}`", node)
    return Typed(local(part, scope.at), LOCAL[part])


def _by_calendar(guard: RowGuard, node: exp.Expression, name: str) -> Typed:
    """What the calendar says of one time, or of two and the opening hours between them."""
    times = 2 if name in BETWEEN else 1
    given, named = node.expressions[:times], node.expressions[times:]
    calendar = named[0].name if named and isinstance(named[0], exp.Literal) and named[0].is_string else ""
    if len(given) < times or len(named) > 1 or (named and not calendar):
        told = "two times" if times == 2 else "a time"
        message = f"{name}() takes {told}, and the name of a calendar where there are several"
        return guard.fault("not-accepted", message, node, HINTS[name])
    found = [guard.of_kind(each, "time", spelled(node)) for each in given]
    if name == IN_HOURS:
        return Typed(by_calendar(IN_HOURS, found[0], calendar), "boolean")
    since, until = (by_calendar(BETWEEN[name], each, calendar) for each in found)
    return Typed(exp.Paren(this=exp.Sub(this=until, expression=since)), "number")


def attribute(guard: RowGuard, node: exp.Expression) -> Typed | None:
    """`solution.owner`: what the referential says of the row's solution, intent or channel; None when it is none."""
    kind, name = str(node.args["table"].name).casefold(), node.name.casefold()
    if node.args.get("db") or not _ATTRIBUTE.match(name) or guard.scope.reach is None:
        return None
    if kind == "step":
        message = f"an interaction has several steps: `step.{name}` is a cut of an answer, and no column"
        return guard.fault("unknown-column", message, node, f"--by step.{name}")
    column = OBJECTS.get(kind)
    if column is None:
        hint = did_you_mean(kind, OBJECTS)
        if not hint:
            return None
        return guard.fault("unknown-column", f"the referential says nothing of `{kind}`", node, hint)
    found = guard.scope.reach.find(column)
    if found is None:
        relation = guard.scope.reach.relation.name
        return guard.fault("unknown-column", f"{relation} has no `{column}`", node)
    named = guard.named(found)
    return Typed(attribute_of(kind, named.node, name), "number" if (kind, name) in NUMBERS else "text")
