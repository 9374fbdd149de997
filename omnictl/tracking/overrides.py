"""What tracking.yml says over a plan that the plan cannot take: things that there are not, and bounds and values that
a column cannot have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from omnictl.errors import Finding, did_you_mean
from omnictl.relations import RELATIONS
from omnictl.relations.column import BIGINT, BOOLEAN, COUNT, DATE, DECIMAL, SHARE, TIME
from omnictl.tracking.events import usual_kind
from omnictl.tracking.grammar import PropertyWords, TrackingFile
from omnictl.tracking.plan import IDENTIFIER, TOLD_BY, Event, Property

if TYPE_CHECKING:
    from omnictl.workspace import Workspace

_NUMBERS = (COUNT, BIGINT, DECIMAL, SHARE)


def overrides(
    file: TrackingFile, events: Sequence[Event], workspace: Workspace, kinds: Iterable[str]
) -> Iterator[Finding]:
    """What the file says that the plan cannot take, in reading order of its parts.

    Args:
        events: of the whole plan; () where only some KPIs are looked at, and the others are not known.
        kinds: the kinds of identifiers that sources give.
    """
    yield from _of_events(file, events)
    yield from _of_purposes(file, {*workspace.identity.link_on, *kinds})
    yield from _of_channels(file, workspace)


def _of_events(file: TrackingFile, events: Sequence[Event]) -> Iterator[Finding]:
    ids = {event.id: event for event in events}
    usual = {file.convention.event(each.relation, each.channel, usual_kind(each)): each for each in events}
    met: dict[str, str] = {}
    for name, words in file.events.items() if events else ():
        event = ids.get(name) or usual.get(name)
        if event is None:
            hint = did_you_mean(name, [*ids, *usual])
            yield file.finding("unknown-event", f"the plan has no event `{name}`", words.place, hint)
            continue
        if event.id in met:
            message = f"`{met[event.id]}` and `{name}` are one event"
            yield file.finding("duplicate-key", message, words.place, "say all of it under one of the two")
        met[event.id] = name
        for column, said in words.properties.items():
            asked = event.find(column)
            if asked is None:
                hint = did_you_mean(column, [each.column for each in event.properties])
                message = f"event `{name}` has no property `{column}`"
                yield file.finding("unknown-property", message, said.place, hint)
            else:
                yield from _of_property(file, event, asked, said)


def _of_property(file: TrackingFile, event: Event, asked: Property, said: PropertyWords) -> Iterator[Finding]:
    """Bounds and values that a property cannot have."""
    if said.low is not None or said.high is not None:
        if asked.type not in _NUMBERS:
            message = f"`{asked.column}` of `{event.id}` is no number: it has neither `min` nor `max`"
            yield file.finding("wrong-type", message, said.place, "values: [...] names the values of a text")
        elif asked.low is not None and asked.high is not None and asked.low > asked.high:
            message = f"`{asked.column}` of `{event.id}` lies between {asked.low} and {asked.high}: nothing does"
            yield file.finding("wrong-type", message, said.place)
    column = RELATIONS[event.relation].column(asked.column)
    fixed = {"channel": event.channel or "", TOLD_BY.get(event.relation, ""): event.kind}.get(asked.column, "")
    possible = (fixed,) if fixed else column.among if column is not None else ()
    strange = [value for value in said.values if possible and value not in possible]
    if strange:
        message = f"`{asked.column}` of `{event.id}` is never `{strange[0]}`"
        yield file.finding("unknown-value", message, said.place, did_you_mean(strange[0], possible))
    elif fault := _fault_of_values(asked, said.values):
        yield file.finding("wrong-type", f"`{asked.column}` of `{event.id}` {fault}", said.place)


def _fault_of_values(asked: Property, values: Sequence[str]) -> str:
    """Why a property cannot have these values; '' when it can."""
    if not values:
        return ""
    if asked.identifier:
        return "is a pseudonym: its values cannot be told"
    if asked.type in (TIME, DATE):
        return "is a time: its values cannot be listed"
    if asked.type == BOOLEAN and not {*values} <= {"true", "false"}:
        return "is true or false"
    strange = [value for value in values if asked.type in _NUMBERS and not _is_number(value)]
    return f"is a number, `{strange[0]}` is none" if strange else ""


def _is_number(text: str) -> bool:
    try:
        return Decimal(text).is_finite()
    except InvalidOperation:
        return False


def _of_purposes(file: TrackingFile, kinds: set[str]) -> Iterator[Finding]:
    """Columns that there are not; an identifier that no source gives, which one may give later, is a warning."""
    columns = {f"{name}.{each}" for name, relation in RELATIONS.items() for each in relation.names}
    identifiers = {f"{IDENTIFIER}{kind}" for kind in kinds}
    for purpose in file.purposes.values():
        for column in purpose.columns:
            hint = did_you_mean(column, columns | identifiers)
            if column.startswith(IDENTIFIER):
                if column not in identifiers:
                    message = f"no source gives `{column}`"
                    yield file.finding("unknown-property", message, purpose.place, hint, "warning")
            elif column not in columns:
                yield file.finding("unknown-property", f"there is no column `{column}`", purpose.place, hint)


def _of_channels(file: TrackingFile, workspace: Workspace) -> Iterator[Finding]:
    known: Mapping[str, object] = workspace.referential.channels
    named = [(file.place, channel) for channel in file.channels]
    named += [(need.at(channel), channel) for need in file.needs for channel in need.channels]
    for place, channel in named:
        if channel not in known:
            hint = did_you_mean(channel, known)
            yield file.finding("unknown-channel", f"there is no channel `{channel}`", place, hint)
