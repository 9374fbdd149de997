"""What a document says, against what is expected of it.

`Reader` walks the tree of a document and collects every finding. It is how the workspace, the referential and the
glossary are validated: all problems at once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from decimal import Decimal
from typing import TypeVar

from omnictl.errors import DefinitionError, Finding, Place, Severity, did_you_mean
from omnictl.places.nodes import Document, Mapping, Node, Scalar, Sequence, excerpt_of, kind_of, shortened

_DURATION = re.compile(r"([0-9]+(?:\.[0-9]+)?) ?(s|sec|min|h|d|w)\Z")
_SECONDS = {"s": 1, "sec": 1, "min": 60, "h": 3600, "d": 86_400, "w": 604_800}
_LONGEST = timedelta(days=36_525)  # a hundred years; instants that lie so far apart leave the calendar

T = TypeVar("T")


def duration(text: str) -> timedelta | None:
    """A duration such as `20 s`, `30min`, `2h`, `7 d`; None when the text is none, or beyond a hundred years."""
    found = _DURATION.match(text.strip())
    if not found:
        return None
    seconds = Decimal(found[1]) * _SECONDS[found[2]]
    return timedelta(seconds=float(seconds)) if seconds <= _LONGEST.total_seconds() else None


class Reader:
    """Walks a document and collects what is wrong with it.

    Each `Fields` taken with `mapping` reports the keys nobody asked for when its `done` is called. Accessors
    return None (or the default) after noting a finding, so that one pass finds every fault.
    """

    def __init__(self, document: Document) -> None:
        self.document = document
        self.findings: list[Finding] = []

    def fault(self, code: str, message: str, place: Place, hint: str = "", severity: Severity = "error") -> None:
        """Note one finding at a place of this document."""
        excerpt = excerpt_of(self.document.lines, place)
        self.findings.append(Finding(code, shortened(message), place, hint, severity, excerpt))

    def root(self, what: str) -> Fields:
        """The fields of the document's root, which must be a mapping."""
        return self.fields(self.document.root, what)

    def fields(self, node: Node | None, what: str) -> Fields:
        """The fields of a mapping; an empty mapping after a finding when the node is something else."""
        if isinstance(node, Mapping):
            return Fields(self, node, what)
        place = node.place if node is not None else Place(self.document.file)
        if node is not None and not (isinstance(node, Scalar) and node.value is None):
            self.fault("wrong-type", f"{what} must be a mapping, not {kind_of(node)}", place)
        return Fields(self, Mapping(place, {}, {}), what)

    def text(self, node: Node, what: str) -> str | None:
        """A text, exactly as written; a number is taken as its own text."""
        if isinstance(node, Scalar) and node.value is not None:
            return node.text
        self.fault("wrong-type", f"{what} must be a text, not {kind_of(node)}", node.place)
        return None

    def choice(self, node: Node, what: str, among: Iterable[str]) -> str | None:
        """A text that must be one of the names given."""
        text = self.text(node, what)
        names = list(among)
        if text is not None and text not in names:
            self.fault("unknown-value", f"{what} cannot be `{text}`", node.place, did_you_mean(text, names))
            return None
        return text

    def number(self, node: Node, what: str) -> Decimal | None:
        """An integer or a decimal."""
        if isinstance(node, Scalar) and isinstance(node.value, (int, Decimal)) and not isinstance(node.value, bool):
            return Decimal(node.value)
        self.fault("wrong-type", f"{what} must be a number, not {kind_of(node)}", node.place)
        return None

    def boolean(self, node: Node, what: str) -> bool | None:
        """`true` or `false`."""
        if isinstance(node, Scalar) and isinstance(node.value, bool):
            return node.value
        self.fault("wrong-type", f"{what} must be true or false, not {kind_of(node)}", node.place)
        return None

    def duration(self, node: Node, what: str) -> timedelta | None:
        """A duration with its unit: s, min, h, d or w."""
        found = duration(node.text) if isinstance(node, Scalar) else None
        if found is None:
            message = f"{what} must be a duration, not {kind_of(node)}"
            self.fault("wrong-type", message, node.place, "write it with its unit: 20 s, 30 min, 2 h, 7 d")
        return found

    def items(self, node: Node, what: str) -> list[Node]:
        """The items of a list."""
        if isinstance(node, Sequence):
            return node.items
        self.fault("wrong-type", f"{what} must be a list, not {kind_of(node)}", node.place)
        return []

    def texts(self, node: Node, what: str) -> list[str]:
        """A list of texts; one text alone is a list of one."""
        nodes = [node] if isinstance(node, Scalar) else self.items(node, what)
        found = [self.text(item, what) for item in nodes]
        return [text for text in found if text is not None]

    def finish(self) -> None:
        """Raise what was found, errors only; warnings stay in `findings`."""
        errors = [finding for finding in self.findings if finding.severity == "error"]
        if errors:
            raise DefinitionError(errors)


class Fields:
    """The keys of one mapping, taken one by one; `done` reports the keys that nobody took."""

    def __init__(self, reader: Reader, node: Mapping, what: str) -> None:
        self.reader = reader
        self.node = node
        self.what = what
        self.known: list[str] = []

    @property
    def place(self) -> Place:
        return self.node.place

    def key_place(self, key: str) -> Place:
        return self.node.keys.get(key, self.node.place)

    def take(self, key: str, *, required: bool = False) -> Node | None:
        """The node of a key, None when it is absent or null (a finding when required)."""
        self.known.append(key)
        node = self.node.get(key)
        if node is None or (isinstance(node, Scalar) and node.value is None and not node.quoted):
            if required:
                place = self.key_place(key) if node is not None else self.node.place
                self.reader.fault("missing-key", f"{self.what} needs `{key}`", place)
            return None
        return node

    def _as(self, key: str, read: Callable[[Node, str], T | None], required: bool) -> T | None:
        node = self.take(key, required=required)
        return None if node is None else read(node, f"`{key}` of {self.what}")

    def text(self, key: str, *, required: bool = False) -> str | None:
        return self._as(key, self.reader.text, required)

    def choice(self, key: str, among: Iterable[str], *, required: bool = False) -> str | None:
        names = list(among)
        return self._as(key, lambda node, what: self.reader.choice(node, what, names), required)

    def number(self, key: str, *, required: bool = False) -> Decimal | None:
        return self._as(key, self.reader.number, required)

    def boolean(self, key: str, *, required: bool = False) -> bool | None:
        return self._as(key, self.reader.boolean, required)

    def duration(self, key: str, *, required: bool = False) -> timedelta | None:
        return self._as(key, self.reader.duration, required)

    def items(self, key: str, *, required: bool = False) -> list[Node]:
        return self._as(key, self.reader.items, required) or []

    def texts(self, key: str, *, required: bool = False) -> list[str]:
        return self._as(key, self.reader.texts, required) or []

    def fields(self, key: str, *, required: bool = False) -> Fields:
        """The fields of a mapping under a key; no fields when it is absent."""
        node = self.take(key, required=required)
        return self.reader.fields(node, f"`{key}` of {self.what}")

    def entries(self) -> Iterator[tuple[str, Place, Node]]:
        """Every key with its place and node, where keys are names the user chooses."""
        for key, node in self.node.entries.items():
            self.known.append(key)
            yield key, self.node.keys[key], node

    def done(self) -> None:
        """Note a finding for every key that nobody took, with the nearest known one."""
        for key, place in self.node.keys.items():
            if key not in self.known:
                self.reader.fault(
                    "unknown-key", f"unknown key `{key}` in {self.what}", place, did_you_mean(key, self.known)
                )
