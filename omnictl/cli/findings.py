"""Findings on their way out of a check: what fails it, and how GitHub and programs take them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

import click

from omnictl.render import Col, Table

if TYPE_CHECKING:
    from omnictl.errors import Finding

NEVER = "never"
LEVELS = {"error": "error", "warning": "warning", "note": "notice"}
FAIL_ON = "What exits with 1: error (default), warning, note, or codes, with commas; or never."


class Grave(Protocol):
    """Whatever has a severity."""

    @property
    def severity(self) -> str: ...


def failing_of(text: str) -> set[str]:
    """The severities and codes that --fail-on names; a severity stands for the graver ones too."""
    from omnictl.errors import SEVERITIES, did_you_mean
    from omnictl.findings import CODES

    found: set[str] = set()
    for word in (each.strip().casefold() for each in text.split(",")):
        if word == NEVER:
            continue
        if word in SEVERITIES:
            found.update(SEVERITIES[: SEVERITIES.index(word) + 1])
        elif word in CODES:
            found.add(word)
        else:
            hint = did_you_mean(word, [*SEVERITIES, NEVER, *CODES], most=3)
            raise click.UsageError(f"--fail-on takes error, warning, note, never or codes, not `{word}`; {hint}")
    return found


def counted(findings: Sequence[Grave]) -> str:
    """How many findings of each severity there are, in words."""
    counts = {level: sum(finding.severity == level for finding in findings) for level in LEVELS}
    told = f"{counts['error']} errors, {counts['warning']} warnings"
    return told + (f", {counts['note']} notes (-v tells them)" if counts["note"] else "")


def as_table(findings: Sequence[Finding]) -> Table:
    """One row per finding, for programs."""
    names = ["code", "severity", "message", "hint", "file", "line", "column"]
    rows = []
    for finding in findings:
        place = finding.place
        where = (place.file, place.line, place.column) if place else (None, None, None)
        rows.append((finding.code, finding.severity, finding.message, finding.hint or None, *where))
    return Table([Col(name) for name in names], rows)


def annotation(finding: Finding) -> str:
    """A finding as GitHub's workflow command."""
    place = finding.place
    where = f"file={_property(place.file)},line={place.line},col={place.column}," if place else ""
    message = finding.message + (f" ({finding.hint})" if finding.hint else "")
    return f"::{LEVELS[finding.severity]} {where}title={_property(finding.code)}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
