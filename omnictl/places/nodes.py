"""YAML as a tree whose nodes know where they stand.

A document is read as a tree of `Scalar`, `Sequence` and `Mapping` nodes with their places, from the event
stream of the YAML parser, never by its object constructor: anchors, aliases, tags, duplicate keys and nesting
bombs are refused with their place before anything is built, and no scalar silently becomes something else.
Only `null`, `~`, `true`, `false`, plain decimal integers and plain decimals are typed; `NO`, `on`, `20:00`,
`+33612345678`, `010` and `2026-03-01` stay the text they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from omnictl.errors import DefinitionError, Finding, Place
from omnictl.places.faults import decoded, not_yaml

MAX_BYTES = 4_000_000
MAX_DEPTH = 32  # libyaml's own constructor crashes the interpreter on some 40,000 nested brackets
MAX_NODES = 200_000
MAX_DOCUMENTS = 2_000  # of one file
MOST_TOLD = 600  # characters of a message
MOST_SHOWN = 60  # of a value in one

_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,17})\Z")
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]{0,17})\.[0-9]{1,18}\Z")


@dataclass(frozen=True)
class Scalar:
    """One value: its text as written, and the value that text has."""

    place: Place
    text: str
    value: str | int | Decimal | bool | None
    quoted: bool = False


@dataclass(frozen=True)
class Sequence:
    place: Place
    items: list[Node]


@dataclass(frozen=True)
class Mapping:
    place: Place
    entries: dict[str, Node]
    keys: dict[str, Place]

    def get(self, key: str) -> Node | None:
        return self.entries.get(key)


Node = Scalar | Sequence | Mapping


@dataclass(frozen=True)
class Document:
    """One YAML document: its root, and the lines of its file for excerpts."""

    file: str
    root: Node
    lines: list[str] = field(repr=False, default_factory=list)


def kind_of(node: Node) -> str:
    """What a node is, in words for a message."""
    if isinstance(node, Mapping):
        return "a mapping"
    if isinstance(node, Sequence):
        return "a list"
    text = node.text if len(node.text) <= MOST_SHOWN else f"{node.text[:MOST_SHOWN]}…"
    return "nothing" if node.value is None else f"`{text}`"


def plain(node: Node) -> Any:
    """The node as ordinary Python values (dict, list, str, int, Decimal, bool, None)."""
    if isinstance(node, Mapping):
        return {key: plain(value) for key, value in node.entries.items()}
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    return node.value


def _scalar_value(text: str, quoted: bool) -> str | int | Decimal | bool | None:
    if quoted:
        return text
    if text in ("", "~", "null"):
        return None
    if text in ("true", "false"):
        return text == "true"
    if _INTEGER.match(text):
        return int(text)
    if _DECIMAL.match(text):
        return Decimal(text)
    return text


class _Builder:
    """Events in, nodes out; a stack of open containers instead of recursion."""

    def __init__(self, file: str, lines: list[str]) -> None:
        self.file = file
        self.lines = lines
        self.findings: list[Finding] = []

    def place(self, event: Any) -> Place:
        start, end = event.start_mark, event.end_mark
        width = end.column - start.column if end.line == start.line else 1
        return Place(self.file, start.line + 1, start.column + 1, max(1, width))

    def fault(self, code: str, message: str, place: Place, hint: str = "") -> Finding:
        finding = Finding(code, shortened(message), place, hint, excerpt=excerpt_of(self.lines, place))
        self.findings.append(finding)
        return finding

    def documents(self, events: Iterator[Any]) -> Iterator[Node]:
        import yaml

        stack: list[tuple[Sequence | Mapping, Scalar | None]] = []
        root: Node | None = None
        count = documents = 0
        for event in events:
            if not isinstance(event, yaml.NodeEvent):  # most are values: they are asked about once
                if isinstance(event, yaml.DocumentStartEvent):
                    stack, root = [], None
                    continue
                if isinstance(event, yaml.DocumentEndEvent):
                    if root is not None:
                        yield root
                    documents += 1
                    if documents > MAX_DOCUMENTS:
                        what = f"the file holds more than {MAX_DOCUMENTS:,} documents"
                        raise DefinitionError(self.fault("yaml-too-large", what, self.place(event)))
                    continue
                if isinstance(event, (yaml.SequenceEndEvent, yaml.MappingEndEvent)):
                    stack.pop()
                continue
            place = self.place(event)
            count += 1
            if count > MAX_NODES or len(stack) >= MAX_DEPTH:
                what = (
                    f"nested deeper than {MAX_DEPTH} levels" if count <= MAX_NODES else f"more than {MAX_NODES} values"
                )
                raise DefinitionError(self.fault("yaml-too-large", f"the document is {what}", place))
            if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
                raise DefinitionError(
                    self.fault("yaml-anchor", "anchors and aliases are not accepted", place, "write the value out")
                )
            tag = getattr(event, "tag", None)
            if tag and tag != "!":
                raise DefinitionError(self.fault("yaml-tag", f"the tag {tag} is not accepted", place, "remove it"))
            node: Node
            if isinstance(event, yaml.ScalarEvent):
                quoted = bool(event.style)
                node = Scalar(place, event.value, _scalar_value(event.value, quoted), quoted)
            elif isinstance(event, yaml.SequenceStartEvent):
                node = Sequence(place, [])
            else:
                node = Mapping(place, {}, {})
            if not stack:
                root = node
            else:
                self._attach(stack, node)
            if not isinstance(node, Scalar):
                stack.append((node, None))

    def _attach(self, stack: list[tuple[Sequence | Mapping, Scalar | None]], node: Node) -> None:
        parent, key = stack[-1]
        if isinstance(parent, Sequence):
            parent.items.append(node)
            return
        if key is None:
            if not isinstance(node, Scalar) or node.value is None:
                raise DefinitionError(self.fault("yaml-key", "a key must be text", node.place))
            if node.text in parent.keys:
                first = parent.keys[node.text]
                self.fault(
                    "duplicate-key",
                    f"`{node.text}` is written twice",
                    node.place,
                    f"first written at line {first.line}",
                )
            stack[-1] = (parent, node)
            return
        if key.text not in parent.entries:
            parent.entries[key.text] = node
            parent.keys[key.text] = key.place
        stack[-1] = (parent, None)


def shortened(message: str) -> str:
    """A message that quotes what was written, which may be millions of characters long."""
    return message if len(message) <= MOST_TOLD else f"{message[: MOST_TOLD // 2]} … {message[-MOST_TOLD // 2 :]}"


def excerpt_of(lines: list[str], place: Place) -> str:
    """The line of a place, or '' when the file is shorter."""
    return lines[place.line - 1] if 0 < place.line <= len(lines) else ""


def parse(text: str, file: str) -> list[Document]:
    """Read every document of a YAML text.

    Raises:
        DefinitionError: not YAML, or YAML with anchors, tags, duplicate keys, or too deep or large.
    """
    import yaml

    lines = text.splitlines()
    if len(text) > MAX_BYTES:
        raise DefinitionError(
            Finding("yaml-too-large", f"the file is larger than {MAX_BYTES:,} characters", Place(file))
        )
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    builder = _Builder(file, lines)
    try:
        roots = list(builder.documents(yaml.parse(text, Loader=loader)))
    except yaml.YAMLError as error:
        raise DefinitionError(not_yaml(error, text, file)) from None
    if builder.findings:
        raise DefinitionError(builder.findings)
    return [Document(file, root, lines) for root in roots]


def read(path: Path, *, shown_as: str = "") -> list[Document]:
    """Read every document of a YAML file; `shown_as` is the name its places carry.

    Raises:
        DefinitionError: missing, not a file, not UTF-8, or anything `parse` refuses.
    """
    file = shown_as or str(path)
    try:
        with path.open("rb") as reading:
            content = reading.read(4 * MAX_BYTES + 1)  # a character takes 4 bytes at most
        if len(content) > 4 * MAX_BYTES:
            message = f"{file} is larger than {MAX_BYTES:,} characters"
            raise DefinitionError(Finding("yaml-too-large", message, Place(file)))
        text = decoded(content, file)
    except FileNotFoundError:
        raise DefinitionError(Finding("file-missing", f"no such file: {file}")) from None
    except IsADirectoryError:
        raise DefinitionError(Finding("file-missing", f"{file} is a folder, a YAML file was expected")) from None
    except OSError as error:
        raise DefinitionError(Finding("file-unreadable", f"{file}: {error.strerror}")) from None
    return parse(text, file)
