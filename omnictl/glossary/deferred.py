"""Forms that only a plan can write out, for they need the zone, the calendars or the referential of a workspace.

In a KPI's tree each is a call of a known name with its checked arguments. A stranger's text cannot bring one in: the
guard makes them, and refuses every call it did not make.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

HOUR, HALF_HOUR, WEEKDAY = "hour", "half_hour", "weekday"
LOCAL = {HOUR: "number", HALF_HOUR: "text", WEEKDAY: "number"}  # of a time as the zone's clocks show it: what each is
OPEN_SECONDS, OPEN_DAYS, IN_HOURS = "open_seconds", "open_days", "in_hours"
BY_CALENDAR = (OPEN_SECONDS, OPEN_DAYS, IN_HOURS)  # of a time, and the name of a calendar or ''
REFERENTIAL = "referential"  # of a name, its kind, and the attribute
# what has attributes in the referential: the column that holds its name
OBJECTS = {"solution": "solution", "intent": "intent", "channel": "channel"}
STEPPED = "step_object"  # of a type of step: what the interaction's steps of that type are about
NUMBERS = (("intent", "value"),)  # the attributes that are numbers


def local(part: str, time: exp.Expression) -> exp.Anonymous:
    """The hour, half-hour or weekday of a time."""
    return exp.Anonymous(this=part, expressions=[time.copy()])


def by_calendar(what: str, time: exp.Expression, calendar: str) -> exp.Anonymous:
    """What a calendar says of a time; '' is the one that is meant where none is named."""
    return exp.Anonymous(this=what, expressions=[time.copy(), exp.Literal.string(calendar)])


def attribute_of(kind: str, name: exp.Expression, attribute: str) -> exp.Anonymous:
    """What the referential says of a solution, an intent or a channel."""
    given = [name.copy(), exp.Literal.string(kind), exp.Literal.string(attribute)]
    return exp.Anonymous(this=REFERENTIAL, expressions=given)


def stepped(kind: str) -> exp.Anonymous:
    """What the steps of a type are about: an interaction has as many as its steps name."""
    return exp.Anonymous(this=STEPPED, expressions=[exp.Literal.string(kind)])


def deferred_in(tree: exp.Expression) -> Iterator[exp.Anonymous]:
    """The deferred forms of a tree, outer ones first."""
    yield from tree.find_all(exp.Anonymous)


def is_looked_up(node: exp.Expression) -> bool:
    """Whether a form is answered by a table beside the rows, which may lack it: it may be NULL."""
    return isinstance(node, exp.Anonymous) and node.name in (*BY_CALENDAR, REFERENTIAL, STEPPED)
