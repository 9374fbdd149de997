"""Findings explained: one page per code, for `omnictl explain` and the reference. Plain text, nothing is imported."""

from __future__ import annotations

from omnictl.findings import (
    expressions,
    files,
    glossary,
    plans,
    questions,
    review,
    tracking,
    values,
    wording,
    workspace,
)
from omnictl.findings.page import Page

MODULES = (expressions, files, glossary, plans, questions, review, tracking, values, wording, workspace)
PAGES: dict[str, Page] = {
    page.code: page
    for page in sorted((page for module in MODULES for page in module.PAGES), key=lambda page: page.code)
}
CODES = tuple(PAGES)

__all__ = ["CODES", "PAGES", "Page"]
