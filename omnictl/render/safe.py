"""Texts made harmless for a terminal: whatever a cell or an error quotes, it cannot move the cursor, recolour the
screen or turn the reading direction."""

from __future__ import annotations

import re

# DEL and C1 controls; line and paragraph separators; marks and overrides of the writing direction; surrogates
_MARKS = "\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff"
_UNSAFE = re.compile(f"[\x00-\x1f{_MARKS}]")
_UNSAFE_BUT_LINES = re.compile(f"[\x00-\x08\x0b-\x1f{_MARKS}]")
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def _escaped(found: re.Match[str]) -> str:
    character = found[0]
    code = ord(character)
    return _SHORT.get(character) or (f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}")


def one_line(text: str) -> str:
    """The text with every control character written out (`\\n`, `\\x1b`)."""
    return _UNSAFE.sub(_escaped, text)


def lines(text: str) -> str:
    """The same, but line feeds and tabs stay."""
    return _UNSAFE_BUT_LINES.sub(_escaped, text)
