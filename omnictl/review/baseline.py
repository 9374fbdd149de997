"""A baseline: findings that were there when a check was brought in, and are not told again until they are mended.

A finding is known by its code, its file and the content of its line, so that lines may move. The same line may be known
several times over.
"""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from omnictl.errors import DefinitionError, Finding, Place
from omnictl.glossary.shipped import standard_folder
from omnictl.places import Reader, read

HEAD = "# Findings that a check with --baseline does not tell again. Written by --write-baseline.\n"
SHIPPED = "standard:"  # begins the name of a shipped file, which lies elsewhere on every machine
DIGITS = 12

Known = tuple[str, str, str]  # code, file, fingerprint


def fingerprint(finding: Finding) -> str:
    """What a finding's line says, spaces aside; of a finding without a line, what the finding says."""
    said = " ".join((finding.excerpt or finding.message).split())
    return hashlib.sha256(said.encode()).hexdigest()[:DIGITS]


def file_of(finding: Finding, folder: Path) -> str:
    """The file of a finding as seen from a folder; '' when it has none."""
    if finding.place is None:
        return ""
    file, shipped = Path(finding.place.file).resolve(), standard_folder().resolve()
    if file.is_relative_to(shipped):
        return SHIPPED + file.relative_to(shipped).as_posix()
    return Path(os.path.relpath(file, folder.resolve())).as_posix()


def known(finding: Finding, folder: Path) -> Known:
    return finding.code, file_of(finding, folder), fingerprint(finding)


def baseline_text(findings: Sequence[Finding], folder: Path) -> str:
    """The findings as the text of a baseline that lies in a folder: sorted, one to a line."""
    counts = Counter(known(each, folder) for each in findings)
    lines = [
        f"- {{code: {code}, file: {_quoted(file)}, line: '{print_}'" + (f", times: {times}}}\n" if times > 1 else "}\n")
        for (code, file, print_), times in sorted(counts.items())
    ]
    return HEAD + ("".join(lines) or "[]\n")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def beyond(findings: Sequence[Finding], file: Path, shown: str) -> list[Finding]:
    """The findings that a baseline does not know, and a finding for each of its entries that is no longer there.

    Raises:
        DefinitionError: the baseline cannot be read, or is none.
    """
    entries = _read(file, shown)
    left = Counter({key: times for key, (times, _) in entries.items()})
    kept = []
    for finding in findings:
        key = known(finding, file.parent)
        if left[key] > 0:
            left[key] -= 1
        else:
            kept.append(finding)
    for key, times in left.items():
        if times > 0:
            message = f"`{key[0]}` of {key[1] or 'the workspace'} is no longer there"
            hint = "write the baseline anew: --write-baseline"
            kept.append(Finding("baseline-gone", message, entries[key][1], hint, "warning"))
    return kept


def _read(file: Path, shown: str) -> dict[Known, tuple[int, Place]]:
    documents = read(file, shown_as=shown)
    if len(documents) != 1:
        raise DefinitionError(Finding("wrong-type", f"{shown} is no baseline: --write-baseline writes one"))
    reader = Reader(documents[0])
    found: dict[Known, tuple[int, Place]] = {}
    for item in reader.items(documents[0].root, "a baseline"):
        fields = reader.fields(item, "a known finding")
        key = tuple(fields.text(name, required=True) or "" for name in ("code", "file", "line"))
        times = fields.number("times")
        fields.done()
        found[key[0], key[1], key[2]] = (int(times) if times is not None else 1, item.place)
    reader.finish()
    return found
