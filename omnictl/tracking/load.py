"""The plan of a workspace: its file, its glossary, its sources, put together."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from omnictl.tracking.derive import derive
from omnictl.tracking.giving import given_by
from omnictl.tracking.grammar import FILE_NAME, TrackingFile, read_tracking
from omnictl.tracking.plan import Plan

if TYPE_CHECKING:
    from omnictl.glossary.glossary import Glossary
    from omnictl.glossary.meaning import Meanings
    from omnictl.workspace import Workspace


def tracking_file(workspace: Workspace, shown: str = "") -> TrackingFile | None:
    """The workspace's tracking.yml; None when it has none.

    Args:
        shown: how its places name it; as omnictl.yml is named, unless said.

    Raises:
        DefinitionError: every fault of the file, each with its place.
    """
    file = workspace.root / FILE_NAME
    shown = shown or Path(workspace.file).with_name(FILE_NAME).as_posix()
    return read_tracking(file, shown) if file.exists() else None


def load_plan(
    workspace: Workspace,
    addresses: Sequence[str] = (),
    by: Sequence[str] = (),
    *,
    glossary: Glossary | None = None,
    seen: Sequence[str] = (),
    shown: str = "",
    meanings: Meanings | None = None,
) -> Plan:
    """The plan of KPIs, or of the needs of tracking.yml, or of the whole glossary.

    Args:
        addresses, by: KPIs and cuts that are named instead of needs.
        seen: channels that the data have.
        shown: how places name tracking.yml, where not as omnictl.yml is named.
        meanings: of the glossary, where some are known already.

    Raises:
        DefinitionError: faults of the file, of a KPI, or of what the file says of events that there are not.
    """
    from omnictl.connectors.registry import registry
    from omnictl.glossary.house import house_glossary
    from omnictl.plugins import installed

    file = tracking_file(workspace, shown)
    givens = given_by(workspace, registry(installed()))
    return derive(workspace, glossary or house_glossary(workspace), givens, file, addresses, by, seen, meanings)
