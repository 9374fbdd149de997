"""What tracking.yml has the rows of each source held to, for `omnictl run`: before any data is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from omnictl.errors import DefinitionError
from omnictl.tracking.enforcement import Enforced, rules_of
from omnictl.tracking.grammar import TrackingFile
from omnictl.tracking.load import load_plan, tracking_file

if TYPE_CHECKING:
    from omnictl.workspace import Workspace


def rules_for(workspace: Workspace) -> Enforced:
    """What the workspace's tracking.yml has rows held to. Where it enforces nothing, no plan is derived.

    Raises:
        DefinitionError: faults of the file, of what it says of events, or an enforcement that cannot be.
    """
    file = tracking_file(workspace)
    if file is None or not _enforces(file):
        return Enforced({})
    plan = load_plan(workspace)
    errors = [each for each in plan.findings if each.severity == "error"]
    if errors:
        raise DefinitionError(errors)
    return rules_of(plan, file)


def _enforces(file: TrackingFile) -> bool:
    return file.enforcement != "off" or any(words.enforcement not in (None, "off") for words in file.events.values())
