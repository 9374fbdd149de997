"""Texts of the workspace that are used later, each with where it stands.

They may hold `${VAR}` and `${VAR:-default}`, filled in when they are used, so that checking a glossary needs no secret
and no mounted share.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from decimal import Decimal

from omnictl.errors import DefinitionError, Finding, Place
from omnictl.places import Fields, Node, Reader, Scalar, excerpt_of

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}")


@dataclass(frozen=True)
class Text:
    """A text of the workspace that is used later, with where it stands."""

    text: str
    place: Place
    line: str = ""

    def finding(self, code: str, message: str, hint: str = "") -> Finding:
        """A finding at this text."""
        return Finding(code, message, self.place, hint, excerpt=self.line)

    def filled(self) -> str:
        """The text with its `${VAR}` filled in from the environment.

        Raises:
            DefinitionError: a variable without default is not set.
        """

        def value(found: re.Match[str]) -> str:
            name, default = found[1], found[2]
            if os.environ.get(name):
                return os.environ[name]
            if default is None:
                hint = f"set it, or write ${{{name}:-default}}"
                raise DefinitionError(self.finding("variable-unset", f"the variable {name} is not set", hint))
            return str(default)

        return _VARIABLE.sub(value, self.text)


@dataclass(frozen=True)
class Setting:
    """What the workspace says to a source's connector under a key of the connector's own.

    Attributes:
        value: what YAML makes of it: a text, a number, true or false; None for a list or a mapping.
    """

    key_place: Place
    place: Place
    value: str | int | bool | Decimal | None
    text: str
    quoted: bool = False
    line: str = ""
    key_line: str = ""

    def finding(self, code: str, message: str, hint: str = "", *, at_key: bool = False) -> Finding:
        """A finding at the value, or at its key."""
        place, line = (self.key_place, self.key_line) if at_key else (self.place, self.line)
        return Finding(code, message, place, hint, excerpt=line)

    def filled(self) -> str:
        """The text with its `${VAR}` filled in."""
        return Text(self.text, self.place, self.line).filled()


def read_text(reader: Reader, node: Node, what: str) -> Text | None:
    """A text with its place."""
    text = reader.text(node, what)
    return None if text is None else Text(text, node.place, excerpt_of(reader.document.lines, node.place))


def read_expression(reader: Reader, fields: Fields, key: str) -> Text | None:
    """The text under a key, with its place."""
    node = fields.take(key)
    return None if node is None else read_text(reader, node, f"`{key}` of {fields.what}")


def read_settings(reader: Reader, fields: Fields) -> dict[str, Setting]:
    """The keys that are the connector's own; what they may be is known when it is loaded."""
    found = {}
    for key, node in fields.node.entries.items():
        if key in fields.known:
            continue
        fields.known.append(key)
        place = fields.node.keys[key]
        found[key] = Setting(
            key_place=place,
            place=node.place,
            value=node.value if isinstance(node, Scalar) else None,
            text=node.text if isinstance(node, Scalar) else "",
            quoted=node.quoted if isinstance(node, Scalar) else False,
            line=excerpt_of(reader.document.lines, node.place),
            key_line=excerpt_of(reader.document.lines, place),
        )
        if not isinstance(node, Scalar):
            message = f"`{key}` of {fields.what} must be one value, not a list or a mapping"
            reader.fault("wrong-type", message, node.place)
    return found
