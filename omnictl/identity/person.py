"""How a person is written, and which interaction is asked about."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from omnictl.errors import OmnictlError, did_you_mean


def shown(value: int | None) -> str | None:
    """A person, or any other pseudonym, as 16 hex digits."""
    return None if value is None else f"{value & 0xFFFF_FFFF_FFFF_FFFF:016x}"


@dataclass(frozen=True)
class Key:
    """One interaction, as `SOURCE/ID`."""

    source: str
    id: str

    @classmethod
    def of(cls, text: str, sources: Collection[str]) -> Key:
        """Read `SOURCE/ID`; an id may hold further slashes.

        Raises:
            OmnictlError: it has no slash, or there is no such source.
        """
        source, slash, id_ = text.partition("/")
        if not slash or not id_:
            raise OmnictlError(f"`{text}` is not SOURCE/ID", hint="calls/4711 is interaction 4711 of the source calls")
        if source not in sources:
            raise OmnictlError(f"`{source}` is not a source", hint=did_you_mean(source, sources))
        return cls(source, id_)

    def __str__(self) -> str:
        return f"{self.source}/{self.id}"
