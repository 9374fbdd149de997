"""The error tree, and findings: what is wrong, where, and what to do.

    OmnictlError
    ├── DefinitionError   your YAML: place, excerpt, hint; carries every finding at once
    ├── SourceError       your data: file, record, column, what was expected
    ├── PluginError       a plugin: distribution, version, hook
    └── EngineError       the database: what was asked, its words

Anything else that escapes is a bug and keeps its traceback. Only the command line catches.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

EXCERPT_WIDTH = 120  # characters of a line shown under a finding

Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")  # the gravest first


@dataclass(frozen=True, order=True)
class Place:
    """Where something is written: a file, its 1-based line and column, and how wide it is."""

    file: str
    line: int = 1
    column: int = 1
    width: int = field(default=1, compare=False)

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True)
class Finding:
    """One fault of a definition. `code` is stable, in kebab-case, and may be matched by scripts."""

    code: str
    message: str
    place: Place | None = None
    hint: str = ""
    severity: Severity = "error"
    excerpt: str = ""  # the line of the file, when it is known

    def text(self) -> str:
        """The finding as it is shown: place, message, the line with a caret, the hint."""
        where = f"{self.place}: " if self.place else ""
        lines = [f"{where}{self.severity}[{self.code}]: {self.message}"]
        if self.excerpt and self.place:
            gutter = f"{self.place.line:>5} | "
            start = max(0, self.place.column - 1 - EXCERPT_WIDTH // 2) if len(self.excerpt) > EXCERPT_WIDTH else 0
            shown = self.excerpt[start : start + EXCERPT_WIDTH]
            before = shown[: self.place.column - 1 - start]
            lead = "".join("\t" if character == "\t" else " " for character in before)
            carets = "^" * max(1, min(self.place.width, len(shown) - len(before)))
            lines.append(gutter + shown)
            lines.append(" " * (len(gutter) - 2) + "| " + lead + carets)
        if self.hint:
            lines += [f"      = {line}" for line in self.hint.splitlines()]
        return "\n".join(lines)


def _reading_order(finding: Finding) -> tuple[str, int, int]:
    place = finding.place
    return (place.file, place.line, place.column) if place else ("", 0, 0)


class OmnictlError(Exception):
    """Anything the user can act on. `hint` says what to do; exit code 2 unless a command says otherwise."""

    exit_code = 2

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def text(self) -> str:
        """The error as the command line prints it, without colour."""
        return f"error: {self.message}" + (f"\n      = {self.hint}" if self.hint else "")


class DefinitionError(OmnictlError):
    """Faults of a workspace, a referential or a glossary, all of them at once."""

    def __init__(self, findings: Sequence[Finding] | Finding) -> None:
        self.findings = sorted([findings] if isinstance(findings, Finding) else findings, key=_reading_order)
        super().__init__(self.findings[0].message)

    def text(self) -> str:
        return "\n".join(finding.text() for finding in self.findings)


class SourceError(OmnictlError):
    """An export that cannot be read: says the file, the record and the column where they are known."""

    def __init__(self, message: str, *, source: str = "", file: str = "", hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.source = source
        self.file = file

    def text(self) -> str:
        where = ": ".join(part for part in (self.source, self.file) if part)
        return f"error: {where + ': ' if where else ''}{self.message}" + (f"\n      = {self.hint}" if self.hint else "")


class PluginError(OmnictlError):
    """A plugin that cannot be loaded or breaks its contract."""


class EngineError(OmnictlError):
    """The database refused. The message holds what was asked and the database's own words."""


LONGEST_NAME = 100  # characters; what is longer is no name somebody mistyped


def cropped(name: str) -> str:
    """A name as a message shows it."""
    return name if len(name) <= LONGEST_NAME else f"{name[:LONGEST_NAME]}…"


def nearest(name: str, known: Iterable[str]) -> str:
    """The known name closest to a mistaken one, or '' when nothing is close."""
    import difflib  # only who mistypes waits for it

    if len(name) > LONGEST_NAME:
        return ""
    by_folded = {candidate.casefold(): candidate for candidate in known if len(candidate) <= LONGEST_NAME}
    found = difflib.get_close_matches(name.casefold(), by_folded, n=1, cutoff=0.6)
    return by_folded[found[0]] if found else ""


def did_you_mean(name: str, known: Iterable[str], *, most: int = 12) -> str:
    """A hint for a mistaken name: the nearest one, else the names there are."""
    names = sorted(set(known))
    close = nearest(name, names)
    if close:
        return f"did you mean `{close}`?"
    if not names:
        return ""
    shown = ", ".join(map(cropped, names[:most]))
    return f"known: {shown}" + (f" and {len(names) - most} more" if len(names) > most else "")
