"""A plan as files: the page people read, the flat table, and the formats of others; written, or held against what is
there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

from omnictl.errors import OmnictlError
from omnictl.render import write
from omnictl.render.folder import Written, content
from omnictl.tracking.document import FORMS, document, owners_of, plan_table
from omnictl.tracking.exports import FORMS as EXPORTS
from omnictl.tracking.exports import Loss, export
from omnictl.tracking.plan import Plan

if TYPE_CHECKING:
    from omnictl.workspace import Workspace

TABLES = ("csv", "json", "jsonl")  # of the flat table, those that are text
KINDS = (*FORMS, *TABLES, *EXPORTS)
BY_SUFFIX = {".html": "html", ".htm": "html", ".md": "md", ".csv": "csv", ".json": "json", ".jsonl": "jsonl"}
_WRITTEN = Written("tracking plan", re.compile(r"[^/\\.][^\\]*\.(?:yaml|json)\Z"))


@dataclass(frozen=True)
class Published:
    """One document of a plan.

    Attributes:
        files: by path; one under '' where it is one file.
        losses: what its format cannot hold.
    """

    files: Mapping[str, str]
    losses: tuple[Loss, ...] = ()

    @property
    def text(self) -> str | None:
        """The text of what is one file; None of what is several."""
        return self.files.get("")

    def write(self, path: Path) -> int:
        """Write a folder's files; returns how many of an earlier run were taken away."""
        return _WRITTEN.write(self.files, path)

    def stale(self, path: Path) -> list[str]:
        """The files at a path that are not what they would be written as now, as they lie below it."""
        if self.text is not None:
            return [] if content(path) == self.text else [""]
        return _WRITTEN.stale(self.files, path)


def kind_of(path: Path) -> str:
    """What a path is named as; '' when its name does not tell."""
    return BY_SUFFIX.get(path.suffix.casefold(), "")


def publish(plan: Plan, workspace: Workspace, kind: str, lang: str, *, extensions: bool = True) -> Published:
    """A plan in one of KINDS.

    Args:
        extensions: whether keys of our own may stand where a format lets them.

    Raises:
        OmnictlError: there is no such kind; two events or properties have one name.
    """
    if kind in FORMS:
        owners = owners_of(plan, workspace)
        return Published({"": document(plan, lang=lang, form="html" if kind == "html" else "md", owners=owners)})
    if kind in TABLES:
        out = StringIO()
        write(plan_table(plan, lang), kind, out, lang=lang)
        return Published({"": out.getvalue()})
    if kind in EXPORTS:
        found = export(plan, kind, extensions=extensions, language=lang)
        return Published(found.files, tuple(found.losses))
    raise OmnictlError(f"a plan cannot be written as `{kind}`", hint=", ".join(KINDS))
