"""Findings explained: one page per code, for `omnictl explain` and the reference. Plain text, nothing is imported."""

from __future__ import annotations

from omnictl.findings import (
    coverage,
    enforcement,
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

MODULES = (
    coverage,
    enforcement,
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
PAGES: dict[str, Page] = {
    page.code: page
    for page in sorted((page for module in MODULES for page in module.PAGES), key=lambda page: page.code)
}
CODES = tuple(PAGES)
REASONS: dict[str, Page] = {page.code: page for page in coverage.PAGES}  # of coverage: C01 to C13

__all__ = ["CODES", "PAGES", "REASONS", "Page"]
