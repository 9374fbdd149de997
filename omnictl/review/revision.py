"""The YAML files of a git revision, read without touching the working tree.

Trees and blobs are read with `git ls-tree` and `git cat-file`: neither runs a hook, honours attributes, or fetches.
Only `.yml` and `.yaml` files are written, into a folder of their own that is removed afterwards.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from omnictl.errors import OmnictlError
from omnictl.glossary.folders import SUFFIXES
from omnictl.review import git

MOST_BYTES = 64 * 2**20  # of YAML in one revision
MOST_FILES = 20_000
LEFT = "..."  # as in `git diff main...`

_ENTRY = re.compile(rb"([0-7]{6}) (blob|tree|commit) ([0-9a-f]{40,64})\s+(-|[0-9]+)\t(.*)\Z", re.S)
_FILES = (b"100644", b"100755")


@dataclass(frozen=True)
class Revision:
    """The files of a revision.

    Attributes:
        name: as it was asked for.
        commit: its full hash.
        folder: where its YAML files lie now, as they lie below the top of the repository.
        inside: where the folder that was asked about lies below the top.
        top: the top of the repository's working tree.
    """

    name: str
    commit: str
    folder: Path
    inside: PurePosixPath
    top: Path

    @property
    def told(self) -> str:
        """How people read it: the name, and the hash where that says more."""
        return self.name if self.commit.startswith(self.name) else f"{self.name} ({self.commit[:10]})"

    @property
    def here(self) -> Path:
        """The folder that was asked about, as the revision has it."""
        return self.folder / self.inside


@contextmanager
def revision(name: str, near: Path) -> Iterator[Revision]:
    """The YAML files of a revision of the repository that a folder lies in.

    Args:
        name: with `...` at its end, the commit at which the branch at hand left it.
        near: a folder of the working tree.

    Raises:
        OmnictlError: git is missing, the folder is in no repository, there is no such revision, or it is too large.
    """
    top = Path(git.told(near, "rev-parse", "--show-toplevel"))
    inside = PurePosixPath(git.told(near, "rev-parse", "--show-prefix"))
    commit = git.left(near, name.removesuffix(LEFT)) if name.endswith(LEFT) else git.commit_of(near, name)
    with tempfile.TemporaryDirectory(prefix="omnictl-revision-") as folder:
        _write(top, commit, Path(folder))
        yield Revision(name, commit, Path(folder), inside, top)


def _write(top: Path, commit: str, folder: Path) -> None:
    """Write the YAML files of a commit, and the folders that hold any file."""
    listed = git.answered(top, "ls-tree", "-r", "-z", "--long", "--full-tree", commit)
    wanted: list[tuple[str, PurePosixPath]] = []
    folders: set[PurePosixPath] = set()
    total = 0
    for line in listed.split(b"\0"):
        found = _ENTRY.match(line)
        if found is None or found[1] not in _FILES:
            continue  # links and submodules are no files of the revision
        path = PurePosixPath(os.fsdecode(found[5]))
        if path.is_absolute() or ".." in path.parts:
            continue
        folders.add(path.parent)
        if path.suffix.lower() in SUFFIXES and not any(part.startswith(".") for part in path.parts):
            wanted.append((found[3].decode(), path))
            total += int(found[4])
    if total > MOST_BYTES or len(wanted) > MOST_FILES:
        raise OmnictlError(f"the revision holds {len(wanted):,} YAML files of {total:,} bytes: too many to compare")
    for path in folders:
        (folder / path).mkdir(parents=True, exist_ok=True)
    for (_, path), content in zip(wanted, _contents(top, [blob for blob, _ in wanted]), strict=True):
        (folder / path).write_bytes(content)


def _contents(top: Path, blobs: Sequence[str]) -> Iterator[bytes]:
    """The bytes of each blob, from one process."""
    given = "".join(f"{blob}\n" for blob in blobs).encode()
    told = git.answered(top, "cat-file", "--batch", given=given)
    start = 0
    for blob in blobs:
        end = told.find(b"\n", start)
        words = told[start:end].split()
        if len(words) != 3:
            raise OmnictlError(f"git does not have the file {blob[:10]} of the revision", hint="`git fetch` brings it")
        size = int(words[2])
        yield told[end + 1 : end + 1 + size]
        start = end + 1 + size + 1
