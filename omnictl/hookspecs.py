"""What a plugin may give: the three hooks of the entry-point group `omnictl`. Each returns a list."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pluggy

GROUP = "omnictl"

hookspec = pluggy.HookspecMarker(GROUP)
hookimpl = pluggy.HookimplMarker(GROUP)


@hookspec
def omnictl_connectors() -> Sequence[Any]:  # type: ignore[empty-body]
    """Subclasses of `omnictl.connectors.Connector`, or texts `name = package.module:Class`, imported when used."""


@hookspec
def omnictl_relations() -> Sequence[Any]:  # type: ignore[empty-body]
    """Objects of `omnictl.relations.Relation`: more rows for KPIs to judge."""


@hookspec
def omnictl_glossaries() -> Sequence[Path]:  # type: ignore[empty-body]
    """Folders of KPIs, laid between the shipped glossary and the workspace's own."""
