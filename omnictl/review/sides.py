"""The two glossaries of a comparison: the one at hand, and that of a git revision or of another folder.

Each is read with its own omnictl.yml. The shipped glossary is that of the omnictl that runs, on both sides, unless it
is part of the repository that is compared: then the revision has its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from omnictl.errors import DefinitionError, Finding, OmnictlError, Place
from omnictl.glossary.folders import read_layer
from omnictl.glossary.glossary import Glossary, load_glossary
from omnictl.glossary.house import house_glossary
from omnictl.glossary.layers import STANDARD
from omnictl.glossary.shipped import standard_folder
from omnictl.plugins import extended, installed
from omnictl.review.git import REVISIONS
from omnictl.review.revision import Revision, revision
from omnictl.workspace import FILE_NAME, load_workspace

if TYPE_CHECKING:
    from omnictl.workspace import Workspace


@dataclass(frozen=True)
class Side:
    """One glossary of a comparison.

    Attributes:
        name: how people read it.
        folder: where its omnictl.yml lies, or its files; None for the shipped glossary alone.
        workspace: None where there is no omnictl.yml.
    """

    name: str
    glossary: Glossary
    folder: Path | None
    workspace: Workspace | None


def glossary_of(workspace: Workspace) -> Glossary:
    """The KPIs of a workspace, as it uses them."""
    return house_glossary(workspace)


def side_at_hand(workspace: Workspace | None) -> Side:
    """The glossary of the working tree; the shipped one outside of a workspace."""
    if workspace is None:
        return Side("now", load_glossary([STANDARD]), None, None)
    return Side("now", glossary_of(workspace), workspace.root, workspace)


@contextmanager
def other_side(named: str, near: Path, at_hand: Workspace | None = None) -> Iterator[Side]:
    """The glossary of a folder, or of a git revision; a folder of that name wins.

    Args:
        named: as the user says it; a folder is taken from where the user stands.
        near: the workspace's folder, or that of the user where there is none.
        at_hand: the workspace it is compared with; a folder without omnictl.yml is laid over what lies below its own.

    Raises:
        OmnictlError: there is no such folder or revision.
        DefinitionError: its omnictl.yml or its glossary has faults.
    """
    if not named.strip():  # Path("") is where the user stands, which would be compared with itself
        raise OmnictlError("nothing is named to compare with", hint=REVISIONS)
    folder = Path(named)
    if folder.is_dir():
        yield _of_folder(folder, at_hand)
        return
    if folder.exists():
        raise OmnictlError(f"{named} is a file", hint=REVISIONS)
    with revision(named, near) as found:
        yield _of_revision(found)


def _of_folder(folder: Path, at_hand: Workspace | None) -> Side:
    file = folder / FILE_NAME
    if file.is_file():
        workspace = extended(load_workspace(file), installed(built_in=False))
        return Side(str(folder), glossary_of(workspace), folder, workspace)
    return Side(str(folder), _glossary_in(folder, at_hand), folder, None)


def _glossary_in(folder: Path, at_hand: Workspace | None) -> Glossary:
    """The KPIs of a folder: a whole glossary where it holds KPIs of shipped names without a word on them, else laid
    over the shipped one."""
    alone, shipped = load_glossary([folder]), load_glossary([STANDARD])
    own = alone.layers[0]
    both = [entry for name in set(own.names()) & set(shipped.names) for entry in own.entries(name)]
    if any(not {"extends", "replaces"} & set(entry.node.entries) for entry in both):
        return alone
    if at_hand is None:
        return load_glossary([STANDARD, folder])
    found = load_glossary([STANDARD, *installed(built_in=False).glossaries(), folder], at_hand.referential)
    return found.under(glossary_of(at_hand).local)


def _of_revision(found: Revision) -> Side:
    standard = _shipped_then(found)
    file = found.here / FILE_NAME
    workspace = None
    with _places_of(found):
        if file.is_file():
            workspace = extended(load_workspace(file), installed(built_in=False))
            glossary = glossary_of(workspace)
        elif standard is not None:
            glossary = load_glossary([STANDARD])
        else:
            raise OmnictlError(
                f"{found.told} has no {FILE_NAME} in {found.inside}", hint="a later revision, or a folder"
            )
    layers = [
        read_layer(STANDARD, standard) if layer.name == STANDARD and standard is not None else layer
        for layer in glossary.layers
    ]
    local = glossary.local
    local = replace(local, findings=tuple(_placed(finding, found) for finding in local.findings))
    glossary = Glossary(layers, glossary.channels, local)
    for layer in layers:
        for each in layer.files:
            each.shown = _named(each.path, found) or each.shown
    return Side(found.told, glossary, found.here, workspace)


def _shipped_then(found: Revision) -> Path | None:
    """The shipped glossary as the revision has it; None where it is no part of the repository."""
    shipped, top = standard_folder().resolve(), found.top.resolve()
    if not shipped.is_relative_to(top):
        return None
    folder = found.folder / shipped.relative_to(top)
    return folder if folder.is_dir() else None


def _named(path: Path, found: Revision) -> str | None:
    """A file of the revision as git names it; None for other files."""
    if not path.is_relative_to(found.folder):
        return None
    return f"{found.name}:{path.relative_to(found.folder).as_posix()}"


@contextmanager
def _places_of(found: Revision) -> Iterator[None]:
    """Tell the faults of the revision's files at the names git has for them."""
    try:
        yield
    except DefinitionError as error:
        raise DefinitionError([_placed(finding, found) for finding in error.findings]) from None


def _placed(finding: Finding, found: Revision) -> Finding:
    place = finding.place
    shown = _named(Path(place.file).absolute(), found) if place is not None else None
    if place is None or shown is None:
        return finding
    return replace(finding, place=Place(shown, place.line, place.column, place.width))
