"""Export files on disk: which ones a path means, and what their bytes are.

A file is read once from end to end before any of it is used: for the hash by which it is known, and for the encoding
of its text. Packed files are hashed as they lie on disk and looked into. What a database keeps beside its file (`-wal`,
`-journal`, `.wal`) belongs to it: rows may be there that are not in the file yet.
"""

from __future__ import annotations

import glob
import hashlib
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, cast

from omnictl.connectors.counting import CHUNK, Lines
from omnictl.connectors.encodings import ByteEvidence
from omnictl.connectors.packing import DAMAGED, bytes_of, packing_of
from omnictl.errors import SourceError, did_you_mean

COMPANIONS = ("-wal", "-journal", ".wal")  # of SQLite, of SQLite, of DuckDB
BESIDE = (*COMPANIONS, "-shm")  # what is no export by itself; the last holds nothing that lasts
# Names of files whose lines are of no use to their readers, and costly to count: one quote in four bytes.
UNCOUNTED = (".json", ".jsonl", ".ndjson")


class MissingFiles(SourceError):
    """No file matches a path of a source: it may come later, so a run names the source as missing and goes on."""


class ChangingFile(SourceError):
    """A file was written to while it was read: it is left for the next run."""


@dataclass(frozen=True)
class ExportFile:
    """One export file and what its bytes say.

    Attributes:
        shown: its name as the workspace gives it: relative to it, with forward slashes.
        size: bytes on disk, companions of a database included.
        sha256: hexadecimal, of the bytes on disk, companions of a database included.
        modified: naive UTC, the latest.
        encoding: `utf-8`, `utf-8-sig`, `utf-16`, `cp1252`, `utf-8-broken` (UTF-8 but for some bytes), `binary`.
        packing: `gzip`, `bzip2`, `xz`, `zip`, or '' for none.
        member: the name of the file in a ZIP archive.
        nul_bytes: NUL bytes in a text.
        ends: the last byte that is no blank.
        lines: of its text; of UTF-16 and JSON they are not counted.
    """

    path: Path
    shown: str
    size: int
    sha256: str
    modified: datetime
    encoding: str
    packing: str = ""
    member: str = ""
    nul_bytes: int = 0
    ends: bytes = b""
    lines: Lines = field(default_factory=Lines)


def matching(root: Path, globs: Sequence[str]) -> list[Path]:
    """The files that the paths of a source mean, sorted by name, each once.

    A path that exists is taken as it is, whatever characters it holds; else `*`, `?`, `[…]` and `**` are patterns.
    Hidden files, the lock files of office programs and what databases keep beside their files are left out.

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
    paths = [root / name for name in names if not _is_beside(root / name)]
    files = [path for path in paths if path.is_file()]
    if files:
        return files
    if paths:
        raise MissingFiles(f"`{pattern}` matches folders only", hint=f"name their files: `{pattern.rstrip('/')}/*`")
    raise MissingFiles(f"no file matches `{pattern}`", hint=_nearby(exact))


def _is_beside(path: Path) -> bool:
    if path.name.startswith("~$"):
        return True
    return any(path.name.endswith(end) and path.with_name(path.name.removesuffix(end)).is_file() for end in BESIDE)


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
        ChangingFile: it is being written to.
        SourceError: it cannot be read; it is packed and broken, cut off, or an archive of several files.
    """
    packing = ""
    try:
        with path.open("rb") as stream:
            before = on_disk(path)
            packing, member = packing_of(path, stream, shown)
            hashed = _Hashed(stream)
            evidence = ByteEvidence(lines=not path.name.lower().endswith(UNCOUNTED))
            with _content(stream, hashed, packing, member) as content:
                while piece := content.read(CHUNK):
                    evidence.add(piece)
            for companion in companions(path):
                hashed.add(companion)
            after = on_disk(path)
    except DAMAGED as error:
        raise _broken(error, shown) from None
    except OSError as error:
        if packing and error.errno is None:  # how bzip2 tells damage
            raise _broken(error, shown) from None
        raise SourceError(f"it cannot be read: {error.strerror or error}", file=shown) from None
    if before != after or hashed.size != before[0]:
        raise _changing(shown)
    return ExportFile(
        path=path,
        shown=shown,
        size=hashed.size,
        sha256=hashed.digest.hexdigest(),
        modified=before[1],
        encoding=evidence.encoding(),
        packing=packing,
        member=member,
        nul_bytes=evidence.nul_bytes,
        ends=evidence.ends,
        lines=evidence.count.lines(),
    )


def on_disk(path: Path) -> tuple[int, datetime]:
    """Size and time of change (naive UTC) of a file with its companions: as of `ExportFile`.

    Raises:
        OSError: it is not there, or may not be looked at.
    """
    status = [path.stat(), *(companion.stat() for companion in companions(path))]
    latest = max(one.st_mtime for one in status)
    return sum(one.st_size for one in status), datetime.fromtimestamp(latest, UTC).replace(tzinfo=None)


def check_unchanged(file: ExportFile) -> None:
    """Raise `ChangingFile` when a file is no longer as it was examined: what was read of it may be half of it."""
    try:
        same = on_disk(file.path) == (file.size, file.modified)
    except OSError:
        same = False
    if not same:
        raise _changing(file.shown)


def companions(path: Path) -> list[Path]:
    """What a database keeps beside its file and has not written into it."""
    beside = [path.with_name(path.name + ending) for ending in COMPANIONS]
    return [companion for companion in beside if companion.is_file() and companion.stat().st_size]


@contextmanager
def _content(stream: IO[bytes], hashed: _Hashed, packing: str, member: str) -> Iterator[IO[bytes]]:
    """A file's unpacked bytes; at the end of it all of the file is hashed, also what is behind a packed content."""
    if packing == "zip":  # which is read from its end
        hashed.rest()
        stream.seek(0)
        with bytes_of(stream, packing, member) as content:
            yield content
    elif packing:
        with bytes_of(cast(IO[bytes], hashed), packing) as content:
            yield content
        hashed.rest()
    else:
        yield cast(IO[bytes], hashed)


def _broken(error: Exception, shown: str) -> SourceError:
    cut = isinstance(error, EOFError)
    message = "it is compressed and ends too early" if cut else f"it is compressed and damaged: {error}"
    return SourceError(message, file=shown, hint="fetch it again")


def _changing(shown: str) -> ChangingFile:
    hint = 'the next run takes it; `settle: 30 s` or `ready: "*.done"` on the source lets files be finished first'
    return ChangingFile("it changed while it was being read", file=shown, hint=hint)


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

    def rest(self) -> None:
        while self.read(CHUNK):
            pass

    def add(self, path: Path) -> None:
        """Hash another file behind this one."""
        with path.open("rb") as stream:
            while piece := stream.read(CHUNK):
                self.digest.update(piece)
                self.size += len(piece)
