"""Findings as SARIF 2.1.0, the form in which code hosts take the results of checks (OASIS, sarif-schema-2.1.0)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import omnictl
from omnictl.errors import Finding
from omnictl.findings import PAGES
from omnictl.glossary.shipped import standard_folder
from omnictl.review.baseline import fingerprint

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
HERE = "SRCROOT"  # where the check was called, the top of the checkout in CI
SHIPPED = "GLOSSARY"  # the shipped glossary, wherever it is installed
FINGERPRINT = "omnictlLine/v1"


def sarif(findings: Sequence[Finding]) -> dict[str, Any]:
    """A log of one run: a rule for each code that was found, with its page, and a result for each finding."""
    codes = sorted({finding.code for finding in findings})
    driver = {"name": "omnictl", "version": omnictl.__version__, "rules": [_rule(code) for code in codes]}
    bases = {
        HERE: {"description": {"text": "The folder the check was called from."}},
        SHIPPED: {"description": {"text": "The folder of the shipped glossary."}},
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": bases,
        "results": [_result(finding, codes.index(finding.code)) for finding in findings],
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(code: str) -> dict[str, Any]:
    page = PAGES.get(code)
    if page is None:
        return {"id": code}
    means = " ".join(page.means.split())
    mend = " ".join(page.mend.split())
    first, stop, _ = means.partition(". ")
    example = "\n".join(f"    {line}" for line in page.example.splitlines())
    return {
        "id": code,
        "shortDescription": {"text": first + stop.strip()},
        "fullDescription": {"text": means},
        "help": {
            "text": f"{means}\n\nExample:\n\n{example}\n\nTo mend it: {mend}",
            "markdown": f"{means}\n\nExample:\n\n{example}\n\n**To mend it:** {mend}",
        },
    }


def _result(finding: Finding, rule: int) -> dict[str, Any]:
    told = finding.message + (f" ({' '.join(finding.hint.split())})" if finding.hint else "")
    found: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": rule,
        "level": finding.severity,
        "message": {"text": told},
        "partialFingerprints": {FINGERPRINT: f"{finding.code}:{fingerprint(finding)}"},
    }
    place = finding.place
    if place is not None:
        region = {"startLine": place.line, "startColumn": place.column, "endColumn": place.column + place.width}
        found["locations"] = [{"physicalLocation": {"artifactLocation": _location(place.file), "region": region}}]
    return found


def _location(file: str) -> dict[str, str]:
    """Where a file is: relative to the folder of the call, or to the shipped glossary; else its whole address."""
    path, shipped = Path(file), standard_folder()
    if not path.is_absolute():
        return {"uri": quote(path.as_posix()), "uriBaseId": HERE}
    if path.is_relative_to(shipped):
        return {"uri": quote(path.relative_to(shipped).as_posix()), "uriBaseId": SHIPPED}
    if path.is_relative_to(Path.cwd()):
        return {"uri": quote(path.relative_to(Path.cwd()).as_posix()), "uriBaseId": HERE}
    return {"uri": path.as_uri()}
