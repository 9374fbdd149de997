"""The names and folders of the glossaries that lie over each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from omnictl.glossary.shipped import standard_folder

STANDARD = "standard"


def named_folders(folders: Sequence[str | Path]) -> Iterator[tuple[str, Path]]:
    """Each glossary's name and folder; of two folders of one name the second is told by its path."""
    taken: set[str] = set()
    for folder in folders:
        if str(folder) == STANDARD:
            name, path = STANDARD, standard_folder()
        else:
            path = Path(folder)
            name = path.name if path.name not in taken and path.name != STANDARD else path.as_posix()
        taken.add(name)
        yield name, path
