"""`# ignore CODE: reason`: findings that somebody looked at and lets stand, in a comment on their line or above it.

YAML comments are not part of what the parser tells, so they are looked for in the lines, outside of quotes and of block
texts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from omnictl.errors import Finding, Place, did_you_mean
from omnictl.findings import CODES

# Errors that leave the figure as it is: the definition can be used, and somebody may know better. All others say that
# there is no figure, and stand.
LINTS = frozenset({
    "ambiguous-wording", "direction-contradicts", "division-without-meaning", "missing-language", "missing-owner",
    "target-out-of-range", "unbound-channel", "unit-contradicts", "unknown-owner", "wording-twice",
})  # fmt: skip
WORD = "# ignore"

_COMMENT = re.compile(r"#\s*ignore\b\s*(?P<codes>[a-z, -]*?)\s*(?::(?P<reason>.*))?$")
_BLOCK = re.compile(r"(?:^|[:\-?])\s*[|>][+-]?[0-9]?[+-]?\s*(?:#.*)?$")


@dataclass(frozen=True)
class Ignore:
    """One comment: what it hides, why, where it stands and whether nothing else stands on its line."""

    codes: tuple[str, ...]
    reason: str
    place: Place
    alone: bool
    line: str


def ignores_of(file: str, lines: Sequence[str]) -> Iterator[Ignore]:
    """The comments of a file."""
    for number, line in enumerate(lines, 1):
        if WORD not in line.replace("#ignore", WORD):
            continue
        column = comment_at(line)
        found = _COMMENT.match(line[column:]) if column >= 0 else None
        if found is None or _header(lines, number) != number:
            continue
        codes = tuple(code for code in re.split(r"[ ,]+", found["codes"]) if code)
        place = Place(file, number, column + 1, len(line) - column)
        yield Ignore(codes, (found["reason"] or "").strip(), place, not line[:column].strip(), line)


def comment_at(line: str) -> int:
    """Where the comment of a line begins, from 0; -1 when it has none."""
    quote = ""
    for column, character in enumerate(line):
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'" and (column == 0 or line[column - 1] in " \t[{,:("):
            quote = character
        elif character == "#" and (column == 0 or line[column - 1] in " \t"):
            return column
    return -1


def _header(lines: Sequence[str], number: int) -> int:
    """The line of the key whose block text (`|`, `>`) a line belongs to; the line itself when it is in none."""
    indent = _indent(lines[number - 1])
    for above in range(number - 1, 0, -1):
        line = lines[above - 1]
        if not line.strip():
            continue
        if _indent(line) < indent:
            if _BLOCK.search(line):
                return above
            indent = _indent(line)
        if indent == 0:
            break
    return number


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def without_ignored(
    findings: Iterable[Finding], lines: Mapping[str, Sequence[str]], files: Iterable[str]
) -> tuple[list[Finding], list[Finding]]:
    """Leave out what comments hide.

    Args:
        lines: of each file that was read.
        files: those whose comments count.

    Returns:
        What remains; and what is wrong with the comments: without a reason, of a code there is none of, hiding nothing,
        or hiding what cannot be ignored.
    """
    comments = {file: list(ignores_of(file, lines.get(file, ()))) for file in files}
    used: set[Ignore] = set()
    kept, faults = [], []
    for finding in findings:
        found = _hiding(finding, comments, lines)
        if found is None or not found.reason:
            kept.append(finding)
        elif finding.severity == "error" and finding.code not in LINTS:
            kept.append(finding)
            message = f"`{finding.code}` cannot be ignored: there is no figure as long as it stands"
            faults.append(Finding("ignore-not-accepted", message, found.place, "mend it", "error", found.line))
        if found is not None:
            used.add(found)
    for each in (each for found in comments.values() for each in found):
        faults += _wrong(each, each in used)
    return kept, list(dict.fromkeys(faults))


def _hiding(
    finding: Finding, comments: Mapping[str, Sequence[Ignore]], lines: Mapping[str, Sequence[str]]
) -> Ignore | None:
    """The comment that hides a finding: on its line or alone above it, or so at the key of its block text."""
    place = finding.place
    if place is None or not comments.get(place.file) or place.line > len(lines[place.file]):
        return None
    by_line = {each.place.line: each for each in comments[place.file]}
    for number in dict.fromkeys((place.line, _header(lines[place.file], place.line))):
        on_the_line = by_line.get(number)
        if on_the_line is not None and finding.code in on_the_line.codes:
            return on_the_line
        above = number - 1
        while (found := by_line.get(above)) is not None and found.alone:
            if finding.code in found.codes:
                return found
            above -= 1
    return None


def _wrong(ignore: Ignore, used: bool) -> Iterator[Finding]:
    if not ignore.reason or not ignore.codes:
        message = "an ignore says what it ignores, and why"
        hint = f"# ignore {', '.join(ignore.codes) or 'CODE'}: the reason"
        yield Finding("ignore-without-reason", message, ignore.place, hint, "error", ignore.line)
        return
    unknown = next((code for code in ignore.codes if code not in CODES), None)
    if unknown is not None:
        message = f"there is no finding `{unknown}` to ignore"
        hint = did_you_mean(unknown, CODES)
        yield Finding("ignore-without-effect", message, ignore.place, hint, "warning", ignore.line)
    elif not used:
        message = f"nothing here is told as {' or '.join(f'`{code}`' for code in ignore.codes)}"
        yield Finding("ignore-without-effect", message, ignore.place, "remove it", "warning", ignore.line)
