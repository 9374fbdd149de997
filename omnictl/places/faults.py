"""What is wrong with a file before its YAML is understood: bytes that are no text, and text that is no YAML."""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING

from omnictl.errors import DefinitionError, Finding, Place

if TYPE_CHECKING:
    import yaml

_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_HINTS = (
    (
        "mapping values are not allowed",
        "a text with `: ` stands in quotes; keys of one mapping begin in one column",
    ),
    ("could not find expected ':'", "a key is followed by `: `; a text of several lines is indented"),
    ("did not find expected key", "keys of one mapping begin in one column; `'` inside of '…' is doubled"),
    ("did not find expected ',' or", "`{` and `[` are closed; a text with a comma in it stands in quotes there"),
    ("did not find expected '-'", "items of one list begin in one column"),
    ("unexpected end of stream", "a quote or a bracket is not closed"),
)


def decoded(content: bytes, file: str) -> str:
    """The text of a file.

    Raises:
        DefinitionError: it is not UTF-8; the place is that of the first byte that is not.
    """
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        start = error.start
    before = content[:start]
    begin = before.rfind(b"\n") + 1
    wide = content.startswith(_UTF_16)
    place = Place(file, before.count(b"\n") + 1, len(before[begin:].decode("utf-8", "replace")) + 1)
    excerpt = "" if wide else content[begin:].split(b"\n", 1)[0].rstrip(b"\r").decode("cp1252", "replace")
    hint = "the file is UTF-16; save it as UTF-8" if wide else "save the file as UTF-8"
    message = f"{file} is not UTF-8 (byte {start + 1})"
    raise DefinitionError(Finding("yaml-encoding", message, place, hint, excerpt=excerpt))


def not_yaml(error: yaml.YAMLError, text: str, file: str) -> Finding:
    """Why a text is not YAML, where, and how that is usually mended."""
    mark = getattr(error, "problem_mark", None)
    line, column = (mark.line, mark.column) if mark else (0, 0)
    if mark is None and (found := _UNPRINTABLE.search(text)) is not None:
        line = text.count("\n", 0, found.start())
        column = found.start() - (text.rfind("\n", 0, found.start()) + 1)
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
    written = text.split("\n")[line].rstrip("\r") if line <= text.count("\n") else ""
    hint = next((hint for words, hint in _HINTS if words in problem), "")
    if "cannot start any token" in problem:
        first = written[column : column + 1]
        hint = (
            "indent with spaces: YAML takes no tabs"
            if first == "\t"
            else f"a text that begins with {first} stands in quotes"
        )
    return Finding("yaml-syntax", f"not YAML: {problem}", Place(file, line + 1, column + 1), hint, excerpt=written)
