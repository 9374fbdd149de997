"""Export files on disk: which ones a path means, and what their bytes are.

A file is read once from end to end before any of it is used: for the hash by which it is known, and for the encoding
of its text. Compressed files are hashed as they lie on disk and looked into.
"""

from __future__ import annotations

import glob
import gzip
import hashlib
import io
import os
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from omnictl.connectors.counting import CHUNK, Lines
from omnictl.connectors.encodings import ByteEvidence
from omnictl.errors import SourceError, did_you_mean

GZIP = b"\x1f\x8b"


class MissingFiles(SourceError):
    """No file matches a path of a source: it may come later, so a run names the source as missing and goes on."""


@dataclass(frozen=True)
class ExportFile:
    """One export file and what its bytes say.

    Attributes:
        shown: its name as the workspace gives it: relative to it, with forward slashes.
        size: bytes on disk.
        sha256: hexadecimal, of the bytes on disk.
        modified: naive UTC.
        encoding: `utf-8`, `utf-8-sig`, `utf-16`, `cp1252`, `utf-8-broken` (UTF-8 but for some bytes), `binary`.
        compressed: whether it is a gzip file.
        nul_bytes: NUL bytes in a text.
        lines: of its text; of UTF-16 they are not counted.
    """

    path: Path
    shown: str
    size: int
    sha256: str
    modified: datetime
    encoding: str
    compressed: bool = False
    nul_bytes: int = 0
    lines: Lines = field(default_factory=Lines)


def matching(root: Path, globs: Sequence[str]) -> list[Path]:
    """The files that the paths of a source mean, sorted by name, each once.

    A path that exists is taken as it is, whatever characters it holds; else `*`, `?`, `[…]` and `**` are patterns.
    Hidden files and the lock files of office programs are left out.

    Raises:
        MissingFiles: a path means no file.
        SourceError: a path is a folder.
    """
    found: set[Path] = set()
    for pattern in globs:
        found.update(_matching(root, pattern))
    return sorted(found, key=lambda path: path.as_posix())


def shown_name(root: Path, path: Path) -> str:
    """A file's name as the workspace gives it."""
    return (path.relative_to(root) if path.is_relative_to(root) else path).as_posix()


def _matching(root: Path, pattern: str) -> list[Path]:
    exact = root / pattern
    if exact.is_dir():
        hint = f"name its files, such as `{pattern.rstrip('/')}/*.csv`"
        raise SourceError(f"`{pattern}` is a folder, not a file", hint=hint)
    if exact.is_file():
        return [exact]
    names = glob.glob(pattern, root_dir=root, recursive=True)
    paths = [root / name for name in names if not os.path.basename(name).startswith("~$")]
    files = [path for path in paths if path.is_file()]
    if files:
        return files
    if paths:
        raise MissingFiles(f"`{pattern}` matches folders only", hint=f"name their files: `{pattern.rstrip('/')}/*`")
    raise MissingFiles(f"no file matches `{pattern}`", hint=_nearby(exact))


def _nearby(path: Path) -> str:
    """What is there instead of a path that is not: the first missing folder, or the names beside it."""
    for parent in reversed(path.parents):
        if not glob.has_magic(str(parent)) and not parent.is_dir():
            return f"there is no folder {parent}"
    if glob.has_magic(str(path)):
        return f"looked in {next(p for p in path.parents if not glob.has_magic(str(p)))}"
    return did_you_mean(path.name, (entry.name for entry in path.parent.iterdir() if not entry.name.startswith(".")))


def examine(path: Path, shown: str) -> ExportFile:
    """Read a file once, in pieces: its hash, and the encoding of its text.

    Raises:
        SourceError: it cannot be read; it is compressed and broken or cut off.
    """
    try:
        with path.open("rb") as stream:
            status = os.fstat(stream.fileno())
            compressed = stream.read(len(GZIP)) == GZIP
            stream.seek(0)
            hashed = _Hashed(stream)
            evidence = ByteEvidence()
            content = gzip.GzipFile(fileobj=hashed) if compressed else hashed
            while piece := content.read(CHUNK):
                evidence.add(piece)
            while hashed.read(CHUNK):
                pass
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        cut = isinstance(error, EOFError)
        message = "it is compressed and ends too early" if cut else f"it is compressed and damaged: {error}"
        raise SourceError(message, file=shown, hint="fetch it again") from None
    except OSError as error:
        raise SourceError(f"it cannot be read: {error.strerror or error}", file=shown) from None
    return ExportFile(
        path=path,
        shown=shown,
        size=hashed.size,
        sha256=hashed.digest.hexdigest(),
        modified=datetime.fromtimestamp(status.st_mtime, UTC).replace(tzinfo=None),
        encoding=evidence.encoding(),
        compressed=compressed,
        nul_bytes=evidence.nul_bytes,
        lines=evidence.count.lines(),
    )


class _Hashed(io.RawIOBase):
    """A file that hashes and counts what is read from it."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.stream = stream
        self.size = 0
        self.digest = hashlib.sha256()

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        piece = self.stream.read(size)
        self.digest.update(piece)
        self.size += len(piece)
        return piece
