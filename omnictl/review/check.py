"""The check of a glossary: the faults of its definitions, and what is wrong though it can be worked out."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from omnictl.errors import SEVERITIES, Finding
from omnictl.glossary.check import check_glossary
from omnictl.glossary.glossary import Glossary
from omnictl.glossary.layers import STANDARD
from omnictl.glossary.meaning import Meanings
from omnictl.review.figures import check_figures
from omnictl.review.ignores import without_ignored
from omnictl.review.lock import Lock, check_lock
from omnictl.review.owners import check_owners
from omnictl.review.portions import check_portions
from omnictl.review.sameness import check_sameness
from omnictl.review.texts import check_languages, check_names
from omnictl.review.traps import check_wording
from omnictl.review.whole import Whole, read_whole
from omnictl.review.worked import check_cases


@dataclass(frozen=True)
class Rules:
    """What a workspace asks of its glossary.

    Attributes:
        owners: who may own a KPI; () for anybody.
        own: the names of the glossaries that are the workspace's own.
        lock: what was accepted; None where nothing is locked.
        lock_shown: the lock's file as messages name it.
    """

    owners: Sequence[str] = ()
    own: Collection[str] = ()
    lock: Lock | None = None
    lock_shown: str = ""


def check(glossary: Glossary, rules: Rules | None = None) -> tuple[list[Finding], Whole]:
    """Everything there is to say about a glossary, in reading order, the gravest first; what comments ignore is left
    out. And the glossary as it was understood."""
    rules = rules or Rules()
    meanings = Meanings(glossary.plain)
    found = check_glossary(glossary, meanings)
    whole = read_whole(glossary.plain, meanings)
    for lint in (
        check_names,
        check_languages,
        check_sameness,
        check_cases,
        check_figures,
        check_portions,
        check_wording,
    ):
        found += lint(whole)
    found += check_owners(whole, rules.owners, rules.own)
    if rules.lock is not None:
        found += check_lock(read_whole(glossary) if glossary.local.said else whole, rules.lock, rules.lock_shown)
    files = [
        file.shown
        for layer in glossary.layers
        if layer.name != STANDARD
        for file in layer.files
        if b"ignore" in file.content
    ]
    kept, faults = without_ignored(dict.fromkeys(found), glossary.lines(), files)
    return ordered([*kept, *faults]), whole


def ordered(findings: Sequence[Finding]) -> list[Finding]:
    """The gravest first, then by place."""
    gravity = {severity: number for number, severity in enumerate(SEVERITIES)}
    return sorted(
        findings,
        key=lambda each: (gravity[each.severity], each.place is None, each.place or 0, each.code, each.message),
    )
