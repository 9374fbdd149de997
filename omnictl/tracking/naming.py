"""How events and properties are called: one convention for the whole plan, and whether names keep to it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

DEFAULT_PATTERN = "{channel}_{object}_{action}"
PARTS = ("channel", "object", "action")

# relation → what it is about, and what happens; of kinds of rows below
_RELATIONS: dict[str, tuple[str, str]] = {
    "segments": ("segment", "ended"),
    "surveys": ("survey", "answered"),
    "decisions": ("contact_page", "displayed"),
    "offers": ("solution", "offered"),
    "staffing": ("staffing", "stated"),
    "base": ("customer_base", "stated"),
}
_STEPS: dict[str, tuple[str, str]] = {
    "page": ("page", "viewed"),
    "article": ("article", "read"),
    "search": ("search", "run"),
    "form_start": ("form", "started"),
    "form_field": ("form_field", "filled"),
    "form_submit": ("form", "submitted"),
    "form_error": ("form", "refused"),
    "login": ("login", "tried"),
    "ivr_node": ("menu_node", "entered"),
    "bot_turn": ("bot_turn", "taken"),
    "message": ("message", "sent"),
    "vote": ("vote", "cast"),
    "action": ("act", "completed"),
    "error": ("error", "shown"),
}
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_WORD = re.compile(r"[A-Za-z0-9]+")


def _snake(words: list[str]) -> str:
    return "_".join(words)


def _kebab(words: list[str]) -> str:
    return "-".join(words)


def _camel(words: list[str]) -> str:
    return words[0] + "".join(each.capitalize() for each in words[1:]) if words else ""


def _pascal(words: list[str]) -> str:
    return "".join(each.capitalize() for each in words)


def _title(words: list[str]) -> str:
    return " ".join(each.capitalize() for each in words)


_WRITTEN: dict[str, tuple[Callable[[list[str]], str], re.Pattern[str]]] = {
    "snake_case": (_snake, re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*\Z")),
    "kebab-case": (_kebab, re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*\Z")),
    "camelCase": (_camel, re.compile(r"[a-z][a-z0-9]*([A-Z][a-z0-9]*|[0-9]+)*\Z")),
    "PascalCase": (_pascal, re.compile(r"([A-Z][a-z0-9]*)+\Z")),
    "Title Case": (_title, re.compile(r"[A-Z][a-z0-9]*( [A-Z0-9][a-z0-9]*)*\Z")),
}
STYLES = tuple(_WRITTEN)


@dataclass(frozen=True)
class Convention:
    """How names are made.

    Attributes:
        pattern: of events, with `{channel}`, `{object}` and `{action}`.
        style: one of STYLES, of events and properties.
        longest: characters of a name.
    """

    pattern: str = DEFAULT_PATTERN
    style: str = "snake_case"
    longest: int = 64

    @property
    def told(self) -> str:
        """The convention in words."""
        return f"{self.pattern}, {self.style}, {self.longest} characters at most"

    def event(self, relation: str, channel: str | None, kind: str) -> str:
        """The name of an event."""
        told = {"channel": channel or "", **dict(zip(PARTS[1:], said(relation, kind), strict=True))}
        return self.written(_PLACEHOLDER.sub(lambda found: f" {told[found[1]]} ", self.pattern))

    def property(self, column: str) -> str:
        """The name of a property: that of our column, or of the kind of identifier."""
        return self.written(column.removeprefix("identifier."))

    def written(self, text: str) -> str:
        """The words of a text in the style, accents left out."""
        plain = unicodedata.normalize("NFKD", text.replace("œ", "oe").replace("æ", "ae"))
        plain = "".join(each for each in plain if not unicodedata.combining(each))
        words = [each.lower() for each in _WORD.findall(plain)]
        return _WRITTEN[self.style][0](words)

    def fault(self, name: str) -> str:
        """Why a name does not keep to the convention; '' when it does."""
        if len(name) > self.longest:
            return f"it has {len(name)} characters, {self.longest} are the most"
        if not _WRITTEN[self.style][1].match(name):
            return f"names are written in {self.style}"
        return ""

    def better(self, name: str) -> str:
        """The name as the convention writes it; '' where that is none."""
        found = self.written(re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name))
        return found if found and found != name and not self.fault(found) else ""


def said(relation: str, kind: str) -> tuple[str, str]:
    """What an event is about, and what happens to it."""
    if relation == "steps" and kind in _STEPS:
        return _STEPS[kind]
    if relation == "interactions":
        return "contact" if kind != "visit" else "visit", "ended"
    about, happens = _RELATIONS.get(relation, (relation, "recorded"))
    return f"{kind} {about}" if kind else about, happens


def fault_of_pattern(pattern: str) -> str:
    """Why a pattern cannot name events; '' when it can."""
    named = _PLACEHOLDER.findall(pattern)
    strange = [each for each in named if each not in PARTS]
    if strange:
        return f"`{{{strange[0]}}}` is no part of a name: {', '.join(f'{{{each}}}' for each in PARTS)}"
    lacking = [each for each in PARTS if each not in named]
    if lacking:
        return f"the pattern needs {', '.join(f'{{{each}}}' for each in lacking)}: two events would have one name"
    return ""
