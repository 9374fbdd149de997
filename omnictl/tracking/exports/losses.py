"""What a format has no place for: each field of a plan, how much of the plan carries it, and why it is left out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from omnictl.tracking.exports.facts import FACTS, Level, Scope
from omnictl.tracking.exports.shape import shape_of, unbounded
from omnictl.tracking.plan import Event, Plan, Property


@dataclass(frozen=True)
class Loss:
    """A field that an export leaves out, or does not keep as it is.

    Attributes:
        events, properties: how many of them carry it; none of a field of the plan itself.
        why: what the format lacks, as a sentence without full stop.
    """

    field: str
    why: str
    events: int = 0
    properties: int = 0

    @property
    def text(self) -> str:
        """The loss as one line."""
        counts = ((self.events, "event", "events"), (self.properties, "property", "properties"))
        carriers = " and ".join(f"{count} {one if count == 1 else many}" for count, one, many in counts if count)
        return f"dropped: {self.field}{f' of {carriers}' if carriers else ''} ({self.why})"


@dataclass(frozen=True)
class Form:
    """A format, as far as losses go.

    Attributes:
        label: its name as people write it.
        holds: the facts it has a place for, as `level:field`.
        extended: those it holds in the place it leaves for others' extensions.
    """

    label: str
    holds: frozenset[str]
    extended: frozenset[str] = frozenset()

    def held(self, extensions: bool) -> frozenset[str]:
        """The facts that an export keeps."""
        return self.holds | self.extended if extensions else self.holds


def losses(plan: Plan, form: Form, *, extensions: bool, language: str) -> list[Loss]:
    """The fields that the plan has and an export leaves out, those of the plan first, in the order of the facts."""
    held = form.held(extensions)
    lacking = f"{form.label} has no place for it"
    found = []
    for field in dict.fromkeys(fact.field for fact in FACTS):
        counts: dict[Level, int] = {"plan": 0, "event": 0, "property": 0}
        for fact in FACTS:
            if fact.field != field or f"{fact.level}:{field}" in held:
                continue
            counts[fact.level] = sum(1 for each in scopes(plan, fact.level, language) if fact.said(each))
        if any(counts.values()):
            found.append(Loss(field, lacking, counts["event"], counts["property"]))
    return [*found, *of_shapes(plan)]


def scopes(plan: Plan, level: Level, language: str) -> Iterator[Scope]:
    """What facts of a level are about: the plan, each of its events, or each property of each."""
    if level == "plan":
        yield Scope(plan, language)
        return
    for event in plan.events:
        if level == "event":
            yield Scope(plan, language, event)
            continue
        for each in event.properties:
            yield Scope(plan, language, event, each)


def told(
    plan: Plan,
    field: str,
    why: str,
    *,
    events: Callable[[Event], bool] | None = None,
    properties: Callable[[Event, Property], bool] | None = None,
) -> Iterator[Loss]:
    """The loss of a field by the events and properties that tests find; nothing where they find none."""
    of_events = sum(1 for each in plan.events if events and events(each))
    rows = sum(1 for each in plan.events for one in each.properties if properties and properties(each, one))
    if of_events or rows:
        yield Loss(field, why, of_events, rows)


def of_shapes(plan: Plan) -> Iterator[Loss]:
    """What no format holds: allowed values that are none of their column's type, bounds of what is no number."""
    why = "they are none of the column's type"
    yield from told(plan, "values of another type", why, properties=lambda _, one: bool(shape_of(one).strange))
    yield from told(plan, "low/high of no number", "only numbers have bounds", properties=lambda _, one: unbounded(one))
