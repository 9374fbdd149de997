"""How a KPI is asked for: `service_level`, `service_level@v5`, `service_level:answer_threshold=30s`, or both."""

from __future__ import annotations

import re
from dataclasses import dataclass

_ADDRESS = re.compile(r"([a-z][a-z0-9_]*)(?:@([a-z0-9][a-z0-9_]*))?((?::[a-z][a-z0-9_]*=[^:]+)*)\Z")


@dataclass(frozen=True)
class Address:
    """An id, a variant ('' for none) and the texts of overridden parameters."""

    id: str
    variant: str = ""
    parameters: tuple[tuple[str, str], ...] = ()


def parse_address(text: str) -> Address | None:
    """The parts of an address; None when it is not written like one."""
    found = _ADDRESS.match(text.strip())
    if found is None:
        return None
    pairs = [pair.partition("=") for pair in found[3].split(":") if pair]
    return Address(found[1], found[2] or "", tuple((name, value.strip()) for name, _, value in pairs))
