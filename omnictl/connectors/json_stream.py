"""JSON documents of any size, read piece by piece: the records in their arrays, each with its line.

The standard library decodes one record at a time; what is around the records is walked through. A record that is no
JSON is left out by its brackets, and where these do not add up, by the next place where a record begins.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NoReturn, TextIO

from omnictl.connectors.counting import CHUNK
from omnictl.connectors.text import LONGEST
from omnictl.errors import SourceError

Path = tuple[str, ...]  # keys from the document's object down to an array

_BLANK = re.compile(r"[ \t\r\n]*")
_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{},"]', re.DOTALL)
_NEXT_RECORD = re.compile(r"\}[ \t\r\n]*,[ \t\r\n]*(?=\{)")
_LITERAL = 12  # characters of the longest literal or escape that the end of a piece can cut
_decode = json.JSONDecoder(strict=True).raw_decode


@dataclass(slots=True)
class Element:
    """One record: its text as it stands, the line where it begins, and why it is none."""

    line: int
    raw: str
    fault: str = ""


@dataclass
class Outline:
    """What an object holds besides its records.

    Attributes:
        keys: its own.
        arrays: path → keys of the first record, of each array of objects that is reached by keys alone.
        empty: paths of empty arrays.
    """

    keys: list[str] = field(default_factory=list)
    arrays: dict[Path, list[str]] = field(default_factory=dict)
    empty: list[Path] = field(default_factory=list)


class _Feed:
    """A text that is read piece by piece, with the place in it."""

    def __init__(self, text: TextIO) -> None:
        self.text = text
        self.held = ""
        self.at = 0
        self.gone = 0  # characters held no more
        self.ended = False
        self._line, self._counted = 1, 0  # lines up to a place of `held`
        self._line_begins = 0  # counted like `at`; below 0 when it is held no more

    def more(self) -> bool:
        """Hold more text, twice as much each time; False at the end."""
        if self.ended:
            return False
        if self.at > CHUNK:
            self.line()
            self.held = self.held[self.at :]
            self._counted -= self.at
            self._line_begins -= self.at
            self.gone += self.at
            self.at = 0
        piece = self.text.read(max(CHUNK, len(self.held) - self.at))
        self.ended = not piece
        self.held += piece
        return not self.ended

    def peek(self) -> str:
        """The next character that is no blank; '' at the end."""
        while True:
            found = _BLANK.match(self.held, self.at)
            self.at = found.end() if found else self.at
            if self.at < len(self.held):
                return self.held[self.at]
            if not self.more():
                return ""

    def line(self) -> int:
        """The line the place is on, from 1."""
        self._line += self.held.count("\n", self._counted, self.at)
        begins = self.held.rfind("\n", self._counted, self.at)
        if begins >= 0:
            self._line_begins = begins + 1
        self._counted = self.at
        return self._line

    def place(self) -> str:
        return f"line {self.line()}, column {self.at - self._line_begins + 1}"


class JsonWalk:
    """Goes through the documents of a text.

    Attributes:
        outline: of the document gone through last, as far as it was.
        first: the first array of objects that was met: its path, and its place in the text.
    """

    def __init__(self, text: TextIO, shown: str) -> None:
        self.feed = _Feed(text)
        self.shown = shown
        self.outline = Outline()
        self.first: tuple[Path, int] | None = None
        self._outlining: Iterator[Element] | None = None

    def records(self, kind: str, wanted: Path = ()) -> Iterator[Element]:
        """The records of all documents.

        Args:
            kind: `array`: each document is an array of them; `objects`: each document is one; `path`: each is an
                object with an array of them under the path `wanted`.

        Raises:
            SourceError: a document is cut off, or broken so that what follows cannot be told.
        """
        try:
            while begin := self.feed.peek():
                if kind == "objects" and begin in "{[":
                    yield self._element()
                elif begin == "[" and kind == "array":
                    yield from self._array((), ())
                elif begin == "{" and kind == "path":
                    yield from self._document(wanted)
                else:
                    self._broken(f"an {'array' if kind == 'array' else 'object'} was expected")
        except RecursionError:
            self._broken("nested too deeply")

    def outlined(self, most: int | None = None) -> bool:
        """Go through the first document, an object; whether its end has come within `most` characters.

        Called again, it goes on from there.
        """
        if self._outlining is None:
            self.feed.peek()
            self._outlining = self._object((), None)
        try:
            for _ in self._outlining:
                if most is not None and self.feed.gone + self.feed.at > most:
                    return False
        except RecursionError:
            self._broken("nested too deeply")
        return True

    def _document(self, wanted: Path) -> Iterator[Element]:
        """The records of one object; when it has no array where they should be, it is a faulty record itself."""
        self.outline = Outline()
        line = self.feed.line()
        yield from self._object((), wanted)
        if wanted not in self.outline.arrays and wanted not in self.outline.empty:
            there = [".".join(path) for path in (*self.outline.arrays, *self.outline.empty)]
            besides = f"; there is {', '.join(f'`{path}`' for path in there)}" if there else ""
            yield Element(line, "", f"there is no array `{'.'.join(wanted)}`{besides}")

    def _object(self, path: Path, wanted: Path | None) -> Iterator[Element]:
        """Go through an object. Without `wanted` the elements of all arrays of objects come, to be counted."""
        self.feed.at += 1
        if self._peek(path) == "}":
            self.feed.at += 1
            return
        while True:
            if self._peek(path) != '"':
                self._broken("a key was expected")
            key = self._scalar(path)
            if not path:
                self.outline.keys.append(key)
            self._take(":", path)
            inner = (*path, key)
            begin = self._peek(path)
            if begin == "{":
                yield from self._object(inner, wanted)
            elif begin == "[":
                yield from self._array(inner, wanted)
            else:
                self._scalar(path)
            if self._either(",", "}", path) == "}":
                return

    def _array(self, path: Path, wanted: Path | None) -> Iterator[Element]:
        opened = self.feed.gone + self.feed.at
        self.feed.at += 1
        begin = self._peek(path)
        if begin == "]":
            self.feed.at += 1
            self.outline.empty.append(path)
            return
        told = wanted is None or path == wanted
        if self.first is None and begin == "{":
            self.first = (path, opened)
        while True:
            self._peek(path)
            element = self._element(path)
            if path not in self.outline.arrays and (begin == "{" or path == wanted):
                self.outline.arrays[path] = _keys(element.raw)
            if told:
                yield element
            elif element.fault:
                self._broken(element.fault)
            if self._either(",", "]", path) == "]":
                return

    def _element(self, path: Path = ()) -> Element:
        """The value at the place, whatever it is."""
        feed = self.feed
        line = feed.line()
        while True:
            fault, incomplete = "", False
            try:
                value, end = _decode(feed.held, feed.at)
                incomplete = end == len(feed.held) and not isinstance(value, (dict, list, str))
            except json.JSONDecodeError as error:
                unclosed = error.msg.startswith("Unterminated string")
                incomplete = unclosed or error.pos >= len(feed.held) - _LITERAL
                fault = f"not JSON: {said(error)} at character {error.pos - feed.at + 1}"
            except RecursionError:
                fault = "nested too deeply"
            if not incomplete:
                break
            if len(feed.held) - feed.at > LONGEST:
                fault = f"a record of more than {LONGEST:,} characters"
                break
            if not feed.more():
                break
        if fault:
            end = self._end_of_broken(fault, path)
        raw = feed.held[feed.at : end]
        feed.at = end
        return Element(line, raw, fault)

    def _end_of_broken(self, fault: str, path: Path) -> int:
        """Where a record that is no JSON ends."""
        feed = self.feed
        while True:
            end = _balanced(feed.held, feed.at)
            if end is not None:
                return end
            if len(feed.held) - feed.at > LONGEST or not feed.more():
                break
        for found in _NEXT_RECORD.finditer(feed.held, feed.at):
            try:
                _decode(feed.held, found.end())
            except (json.JSONDecodeError, RecursionError):
                continue
            return found.start() + 1
        if feed.ended:
            self._cut(path)
        self._broken(fault)

    def _scalar(self, path: Path) -> Any:
        while True:
            try:
                value, end = _decode(self.feed.held, self.feed.at)
            except json.JSONDecodeError as error:
                if len(self.feed.held) - self.feed.at > LONGEST or not self.feed.more():
                    if error.msg.startswith("Unterminated"):
                        self._cut(path)
                    self._broken(said(error))
                continue
            if end < len(self.feed.held) or isinstance(value, str) or not self.feed.more():
                self.feed.at = end
                return value

    def _peek(self, path: Path) -> str:
        return self.feed.peek() or self._cut(path)

    def _take(self, character: str, path: Path) -> None:
        if self._peek(path) != character:
            self._broken(f"`{character}` was expected")
        self.feed.at += 1

    def _either(self, one: str, other: str, path: Path) -> str:
        found = self._peek(path)
        if found not in (one, other):
            self._broken(f"`{one}` or `{other}` was expected")
        self.feed.at += 1
        return found

    def _cut(self, path: Path) -> NoReturn:
        where = f" inside `{'.'.join(path)}`" if path else ""
        message = f"the JSON ends too early{where}: {self.feed.place()}"
        raise SourceError(message, file=self.shown, hint="it is cut off: fetch it again")

    def _broken(self, why: str) -> NoReturn:
        hint = "what follows cannot be told apart: fetch it again, or have it written anew"
        raise SourceError(f"this is no sound JSON: {self.feed.place()}: {why}", file=self.shown, hint=hint)


def said(error: json.JSONDecodeError) -> str:
    """What the decoder found, without its place."""
    return error.msg[:1].lower() + error.msg[1:].removesuffix(" at")


def _balanced(text: str, start: int) -> int | None:
    """The end of a value by its brackets: before the next comma or closing bracket outside of it."""
    depth = 0
    for token in _TOKEN.finditer(text, start):
        mark = token[0]
        if mark == '"':  # never closed
            return None
        if mark in "[{":
            depth += 1
        elif mark in "]}":
            depth -= 1
            if depth <= 0:
                return token.start() if depth else token.end()
        elif mark == "," and not depth:
            return token.start()
    return None


def _keys(raw: str) -> list[str]:
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError):
        return []
    return list(value) if isinstance(value, dict) else []
