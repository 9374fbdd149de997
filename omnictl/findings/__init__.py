"""Findings explained: one page per code, for `omnictl explain` and the reference. Plain text, nothing is imported."""

from __future__ import annotations

from omnictl.findings import expressions, files, glossary, questions, review, values, workspace
from omnictl.findings.page import Page

PAGES: dict[str, Page] = {
    page.code: page
    for page in sorted(
        (
            *files.PAGES,
            *workspace.PAGES,
            *glossary.PAGES,
            *expressions.PAGES,
            *questions.PAGES,
            *review.PAGES,
            *values.PAGES,
        ),
        key=lambda page: page.code,
    )
}
CODES = tuple(PAGES)

__all__ = ["CODES", "PAGES", "Page"]
