"""What a plan has the rows of each source held to while they are loaded; what it cannot have them held to is said.

A row is judged by itself. A share of rows is not: where some rows may lack a property, one that does breaks nothing,
and `tracking check` tells whether too many do.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from omnictl.errors import Finding, Place
from omnictl.ingest.rules import Action, Bounds, EventRules, Rules, SourceRules
from omnictl.relations import RELATIONS
from omnictl.relations.column import BIGINT, CHANNELS, COUNT, DECIMAL, SHARE
from omnictl.tracking.grammar import TrackingFile
from omnictl.tracking.plan import TOLD_BY, Event, Plan, Property

_NUMBERS = (COUNT, BIGINT, DECIMAL, SHARE)
_BY_STEPS = ("intent", "intent_source", "solution")  # what visits take from their steps, once all sources are loaded


@dataclass(frozen=True)
class Enforced:
    """The rules of sources, and what is wrong with them or worth knowing."""

    rules: SourceRules
    findings: tuple[Finding, ...] = ()


def rules_of(plan: Plan, file: TrackingFile | None = None) -> Enforced:
    """What a plan has rows held to, and what is to be said of that: errors too, of what cannot be enforced.

    Args:
        file: tracking.yml, for its tolerances, and for the lines of findings.
    """
    making = _Making(plan, file or TrackingFile(), [])
    rules: dict[str, Sequence[Rules]] = {}
    for source in dict.fromkeys(name for event in plan.events for name in event.sources):
        found = tuple(making.of_source(source))
        if found:
            rules[source] = found
    return Enforced(rules, tuple(making.findings))


@dataclass(frozen=True)
class _Making:
    """Rules while they are made."""

    plan: Plan
    file: TrackingFile
    findings: list[Finding]

    def of_source(self, source: str) -> Iterator[Rules]:
        """The rules of the relations some of whose events are enforced."""
        given = [event for event in self.plan.events if source in event.sources]
        for relation in dict.fromkeys(event.relation for event in given):
            events = [event for event in given if event.relation == relation]
            actions: list[Action] = [each.enforcement for each in events if each.enforcement != "off"]
            if not actions:
                continue
            alone = not any(event.relation == "interactions" for event in given)
            yield Rules(
                relation=relation,
                plan=self.plan.id,
                version=self.plan.version,
                told_by=TOLD_BY.get(relation, ""),
                events=tuple(self._events(source, events, alone=alone)),
                planned=self._planned(relation),
                unplanned="stamp" if "stamp" in actions else "quarantine",
            )

    def _planned(self, relation: str) -> tuple[str, ...]:
        """What the plan has of a relation: channels of interactions, else kinds."""
        events = [event for event in self.plan.events if event.relation == relation]
        told = [event.channel or "" if relation == "interactions" else event.kind for event in events]
        return () if "" in told else tuple(dict.fromkeys(told))

    def _events(self, source: str, events: Sequence[Event], *, alone: bool) -> Iterator[EventRules]:
        """The rules of the events of one relation.

        Args:
            alone: the source gives no interactions, so its rows do not tell of which channel they are.
        """
        by_kind: dict[str, list[Event]] = {}
        for event in events:
            by_kind.setdefault(event.kind, []).append(event)
        for kind, same in by_kind.items():
            sole = len(same) == 1
            rules = [self._event(source, event, sole=sole) for event in same]
            if not sole and alone and same[0].channel is not None:
                rules = self._of_any_channel(source, kind, same, rules)
            yield from rules

    def _of_any_channel(
        self, source: str, kind: str, events: Sequence[Event], rules: Sequence[EventRules]
    ) -> list[EventRules]:
        """One rule for events that rows cannot be told of; they must ask for the same."""
        named = ".".join(part for part in (events[0].relation, kind) if part)
        one = {replace(each, event=named, channel=None, sole=False) for each in rules}
        if len(one) > 1:
            ids = " and ".join(f"`{event.id}`" for event in events)
            message = f"{ids} are held to different rules, and rows of `{source}` do not tell which of them they are"
            place = next((event.place for event in events if event.place is not None), self.plan.place)
            self._refuse(message, place, "say the same of each, or `enforcement: off`")
        return list(one)[:1]

    def _event(self, source: str, event: Event, *, sole: bool) -> EventRules:
        if event.enforcement == "off":
            return EventRules(event.id, event.channel, event.kind, sole, "")
        bounds = tuple(each for one in event.properties if (each := self._bounds(source, event, one)) is not None)
        return EventRules(event.id, event.channel, event.kind, sole, event.enforcement, bounds)

    def _bounds(self, source: str, event: Event, asked: Property) -> Bounds | None:
        """What is asked of a property that a row can break; None: nothing."""
        column = RELATIONS[event.relation].column(asked.column)
        ours = column.among if column is not None else ()
        telling = asked.column in ("channel", TOLD_BY.get(event.relation))  # else the row is of another event
        values = () if telling or (ours and set(ours) <= set(asked.values)) else asked.values
        ranged = asked.low is not None or asked.high is not None
        if (asked.identifier and values) or (ranged and asked.type not in _NUMBERS):
            what = "values of an identifier" if asked.identifier else "a range of what is no number"
            message = f"`{asked.column}` of `{event.id}`: {what} cannot be enforced"
            self._refuse(message, self._place(event, asked), "take it out, or `enforcement: off`")
            return None
        needed = not asked.required and self._must_stand(asked) and not self._comes_later(source, event, asked)
        found = Bounds(asked.column, tuple(values), asked.low, asked.high, needed)
        return found if any(found.kinds) else None

    def _must_stand(self, asked: Property) -> bool:
        """Whether no row may lack a property: the plan says so of it, or of all and KPIs need it."""
        if asked.nulls is not None:
            return asked.nulls == 0
        return self.file.nulls == 0 and asked.needed and not asked.one_of

    def _comes_later(self, source: str, event: Event, asked: Property) -> bool:
        """Whether what a row lacks when it is loaded may be filled from elsewhere; that is said."""
        visit = CHANNELS.get(event.channel or "", ("", ""))[1] == "visit"
        if event.relation == "interactions" and visit and asked.column in _BY_STEPS:
            self._in_part(event, asked, "visits take it from their steps, once all sources are loaded")
            return True
        family = self._family(source)
        others = sorted({feed.source for feed in asked.feeds} & family - {source})
        if others:
            self._in_part(event, asked, f"`{others[0]}` may fill what `{source}` lacks")
        return bool(others)

    def _family(self, source: str) -> set[str]:
        """The sources whose records become one with those of a source."""
        planned = self.plan.sources
        target = (planned[source].completes if source in planned else "") or source
        return {target, *(name for name, each in planned.items() if each.completes == target)}

    def _in_part(self, event: Event, asked: Property, why: str) -> None:
        message = f"rows of `{event.id}` without `{asked.column}` are not held back or stamped: {why}"
        hint = "`omnictl tracking check` counts them"
        self._note(
            self.file.finding("enforcement-in-part", message, self._place(event, asked), hint, severity="warning")
        )

    def _refuse(self, message: str, place: Place | None, hint: str) -> None:
        self._note(self.file.finding("enforcement-impossible", message, place, hint))

    def _note(self, finding: Finding) -> None:
        if finding not in self.findings:  # several sources may give an event
            self.findings.append(finding)

    def _place(self, event: Event, asked: Property) -> Place | None:
        """Where the file speaks of a property, else of its event, else the file."""
        words = next((each for each in self.file.events.values() if each.place == event.place), None)
        said = words.properties.get(asked.column) if words is not None else None
        return said.place if said is not None else event.place or self.plan.place
