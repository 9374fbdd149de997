"""Texts of a glossary file that know where each of their characters stands, so that a fault inside an expression
is shown at its own line and column, also when YAML folded the text over several lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from omnictl.errors import Place
from omnictl.places import excerpt_of

_BLOCK = "|>"
_SKIPPED = "'\"\\"  # quotes and escapes, which stand in the file and not in the text


@dataclass(frozen=True)
class Written:
    """A text, the place of its YAML scalar, and the lines of the file it stands in."""

    text: str
    place: Place
    lines: Sequence[str] = field(default=(), repr=False, compare=False)

    def excerpt(self) -> str:
        return excerpt_of(list(self.lines), self.place)

    def at(self, offset: int, width: int = 1) -> tuple[Place, str]:
        """The place of one character of the text, and the line it stands in.

        Args:
            offset: position in `text`, from 0; one past the end stands right after the last character.
            width: how many characters are meant.
        """
        found = self._position(min(offset, len(self.text)))
        if found is None:
            return self.place, self.excerpt()
        line, column = found
        excerpt = self.lines[line]
        return Place(self.place.file, line + 1, column + 1, max(1, min(width, len(excerpt) - column))), excerpt

    def _position(self, offset: int) -> tuple[int, int] | None:
        """Line and column, from 0, of a character: the text is walked along the file's lines, where white space may
        be folded and quotes doubled."""
        line, column = self.place.line - 1, self.place.column - 1
        if line >= len(self.lines):
            return None
        if self.lines[line][column : column + 1] in _BLOCK:
            line, column = line + 1, 0
        last = None
        for character in self.text[: offset + 1]:
            if character.isspace():
                continue
            while line < len(self.lines):
                rest = self.lines[line]
                while (
                    column < len(rest)
                    and rest[column] != character
                    and (rest[column].isspace() or rest[column] in _SKIPPED)
                ):
                    column += 1
                if column < len(rest):
                    break
                line, column = line + 1, 0
            if line >= len(self.lines) or self.lines[line][column] != character:
                return None
            last = (line, column)
            column += 1
        if last is not None and (offset >= len(self.text) or self.text[offset].isspace()):
            return last[0], last[1] + 1
        return last
