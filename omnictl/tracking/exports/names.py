"""Names for files and ids: what is left of a name where only letters, digits, `_` and `-` may stand."""

from __future__ import annotations

import hashlib
import re
import unicodedata
import uuid
from collections.abc import Hashable, Iterable
from typing import TypeVar

LONGEST = 100  # characters: file systems end at 255 bytes, and suffixes follow
_OTHER = re.compile(r"[^A-Za-z0-9_-]+")

Key = TypeVar("Key", bound=Hashable)


def plain(text: str, otherwise: str = "unnamed") -> str:
    """A text in A-Z, a-z, 0-9, `_` and `-`, accents taken off; `otherwise` where nothing is left."""
    bare = "".join(each for each in unicodedata.normalize("NFKD", text) if not unicodedata.combining(each))
    return _OTHER.sub("_", bare).strip("_-")[:LONGEST] or otherwise


def told_apart(wanted: Iterable[tuple[Key, str]]) -> dict[Key, str]:
    """Plain names for keys: the second that would have one, in whatever case, ends in `_2`."""
    found: dict[Key, str] = {}
    taken: set[str] = set()  # in lower case: file systems, and people, take `Call` and `call` for one
    for key, text in wanted:
        name = stem = plain(text)
        number = 1
        while name.lower() in taken:
            number += 1
            name = f"{stem}_{number}"
        taken.add(name.lower())
        found[key] = name
    return found


def stable_uuid(*parts: str) -> str:
    """A UUID for what is called so: of the form of version 4, from a SHA-256 of the parts instead of chance.

    The same parts have it for ever, so that an export of tomorrow updates what today's created.
    """
    digest = hashlib.sha256("\x1f".join(("omnictl", *parts)).encode()).digest()
    return str(uuid.UUID(bytes=digest[:16], version=4))
