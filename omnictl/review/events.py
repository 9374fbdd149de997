"""Named events: what happened on which days, as people wrote it in `events.yml`.

    - {from: 2026-11-20, to: 2026-11-22, label: {en: Storm, fr: Tempête}, channels: [phone]}

`to` is included when it is a day; without it, the day of `from` is meant. Without `channels`, it concerns all.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from omnictl.errors import DefinitionError, Finding
from omnictl.places import Fields, Node, Reader, Scalar, read
from omnictl.places import Mapping as MappingNode
from omnictl.places import Sequence as SequenceNode
from omnictl.review.against import Span

FORM = "- {from: 2026-11-20, to: 2026-11-22, label: {en: …, fr: …}, channels: [phone]}"
DAY = timedelta(days=1)
_FORMS = ("%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M")


@dataclass(frozen=True)
class Event:
    """Something that happened; `channels` is empty when it concerns all."""

    span: Span
    label: Mapping[str, str]
    channels: tuple[str, ...] = ()

    def labelled(self, lang: str) -> str:
        return self.label.get(lang) or next(iter(self.label.values()))


def load_events(file: Path) -> list[Event]:
    """Read the events of a workspace, in the order of their begin.

    Raises:
        DefinitionError: every fault of the file, each with its place.
    """
    try:
        documents = read(file, shown_as=_shown(file))
    except OSError as error:
        raise DefinitionError(Finding("file-unreadable", f"{file}: {error.strerror}")) from None
    found: list[Event] = []
    for document in documents:
        reader = Reader(document)
        root = document.root
        if not (isinstance(root, Scalar) and root.value is None):
            for node in reader.items(root, "the events"):
                event = _event(reader, node)
                if event is not None:
                    found.append(event)
        reader.finish()
    return sorted(found, key=lambda event: (event.span.start, event.span.end, event.labelled("en")))


def _shown(file: Path) -> str:
    try:
        return str(file.absolute().relative_to(Path.cwd()))
    except ValueError:
        return str(file)


def _event(reader: Reader, node: Node) -> Event | None:
    fields = reader.fields(node, "an event")
    start, end = _time(reader, fields, "from"), _time(reader, fields, "to")
    label = _label(reader, fields.take("label", required=True))
    channels = tuple(fields.texts("channels"))
    fields.done()
    if start is None or not label:
        return None
    last = end if end is not None else start
    until = last[0] + DAY if last[1] else last[0]
    if until <= start[0]:
        place = fields.key_place("to")
        reader.fault("wrong-type", "the event ends before it begins", place, FORM)
        return None
    return Event(Span(start[0], until), label, channels)


def _time(reader: Reader, fields: Fields, key: str) -> tuple[datetime, bool] | None:
    """A local time, and whether it is a whole day."""
    node = fields.take(key, required=key == "from")
    if node is None:
        return None
    text = node.text.strip() if isinstance(node, Scalar) else ""
    for form in _FORMS:
        try:
            return datetime.strptime(text, form), form == _FORMS[0]
        except ValueError:
            continue
    reader.fault("wrong-type", f"`{key}` of an event is a day or a time", node.place, FORM)
    return None


def _label(reader: Reader, node: Node | None) -> dict[str, str]:
    """A text by language; one text alone is taken as English."""
    if node is None:
        return {}
    if isinstance(node, MappingNode):
        entries = reader.fields(node, "`label` of an event").entries()
        return {language: reader.text(each, f"`label` in {language}") or "" for language, _, each in entries}
    if isinstance(node, SequenceNode):
        reader.fault("wrong-type", "`label` of an event is a text, or one per language", node.place, FORM)
        return {}
    text = reader.text(node, "`label` of an event")
    return {"en": text} if text else {}


def overlapping(events: Iterable[Event], spans: Iterable[Span], channels: Collection[str] | None) -> list[Event]:
    """The events that lie in one of the periods, at least in part, and concern one of the channels.

    Args:
        channels: None for all.
    """
    periods = list(spans)
    return [
        event
        for event in events
        if any(event.span.start < each.end and each.start < event.span.end for each in periods)
        and (not event.channels or channels is None or set(event.channels) & set(channels))
    ]
