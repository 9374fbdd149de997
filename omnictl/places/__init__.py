"""Strict YAML whose values know where they stand."""

from __future__ import annotations

from omnictl.places.nodes import (
    Document,
    Mapping,
    Node,
    Scalar,
    Sequence,
    excerpt_of,
    kind_of,
    parse,
    plain,
    read,
)
from omnictl.places.reader import Fields, Reader, duration

__all__ = [
    "Document",
    "Fields",
    "Mapping",
    "Node",
    "Reader",
    "Scalar",
    "Sequence",
    "duration",
    "excerpt_of",
    "kind_of",
    "parse",
    "plain",
    "read",
]
