"""Packed files: gzip, bzip2, xz, and ZIP archives of one file. How one is packed, and its bytes unpacked."""

from __future__ import annotations

import bz2
import gzip
import lzma
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path, PurePath
from typing import IO, TYPE_CHECKING, cast

from omnictl.errors import SourceError

if TYPE_CHECKING:
    from omnictl.connectors.files import ExportFile

ENDINGS = (".gz", ".gzip", ".bz2", ".xz", ".zip")  # of names, that say nothing of what is inside
DAMAGED = (EOFError, zlib.error, gzip.BadGzipFile, lzma.LZMAError, zipfile.BadZipFile)
LISTED = 5  # members named in a message
_SIGNATURES = {b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ\x00": "xz", b"PK\x03\x04": "zip"}
_WORKBOOKS = ("[Content_Types].xml", "mimetype")  # members by which Excel's and LibreOffice's archives are known
_LITTER = ("__MACOSX/", ".DS_Store")


def packing_of(path: Path, stream: IO[bytes], shown: str) -> tuple[str, str]:
    """How a file is packed: `gzip`, `bzip2`, `xz`, `zip` or ''; and the name of a ZIP archive's only member.

    `stream` is the file, open at its beginning, and is left there. A workbook is a ZIP archive too, and not packed.

    Raises:
        SourceError: it is a ZIP archive of several files or of none, or one under a password.
    """
    head = stream.read(6)
    stream.seek(0)
    packing = next((name for signature, name in _SIGNATURES.items() if head.startswith(signature)), "")
    if packing != "zip":
        return packing, ""
    try:
        with zipfile.ZipFile(stream) as archive:
            members = archive.infolist()
    except zipfile.BadZipFile:
        if path.suffix.lower() == ".zip":
            raise
        return "", ""  # whoever reads workbooks says what is wrong with this one
    finally:
        stream.seek(0)
    if any(member.filename in _WORKBOOKS for member in members):
        return "", ""
    files = [member for member in members if not member.is_dir() and not _is_litter(member.filename)]
    if len(files) != 1:
        names = ", ".join(member.filename for member in files[:LISTED]) + (" …" if len(files) > LISTED else "")
        told = f"it is a ZIP archive of {len(files)} files: {names}" if files else "it is a ZIP archive without files"
        hint = "unpack it, and name the files it holds by `path`; one archive may hold one file"
        raise SourceError(told, file=shown, hint=hint)
    if files[0].flag_bits & 1:
        raise SourceError("the ZIP archive is protected by a password", file=shown, hint="unpack it first")
    return "zip", files[0].filename


def _is_litter(name: str) -> bool:
    return name.startswith(_LITTER[0]) or PurePath(name).name == _LITTER[1]


@contextmanager
def bytes_of(source: Path | IO[bytes], packing: str, member: str = "") -> Iterator[IO[bytes]]:
    """A file as bytes, unpacked.

    Raises:
        DAMAGED: when it is read, it turns out to be damaged or cut off. bzip2 raises an OSError for damage.
    """
    if packing == "zip":
        with zipfile.ZipFile(source) as archive, archive.open(member) as stream:
            yield stream
        return
    if packing == "gzip":
        with gzip.open(source) as stream:
            yield cast(IO[bytes], stream)
    elif packing == "bzip2":
        with bz2.open(source) as stream:
            yield cast(IO[bytes], stream)
    elif packing == "xz":
        with lzma.open(source) as stream:
            yield cast(IO[bytes], stream)
    elif isinstance(source, Path):
        with source.open("rb") as stream:
            yield stream
    else:
        yield source


def inner_name(file: ExportFile) -> PurePath:
    """The name of what is in a file, in small letters: an archive's member, or the name without `.gz` and the like."""
    name = PurePath((PurePath(file.member).name or file.path.name).lower())
    return PurePath(name.stem) if file.packing and name.suffix in ENDINGS else name


def unpacked(file: ExportFile, scratch: Path) -> ExportFile:
    """The file itself, or a private copy of what is packed in it, for readers that need to move about in a file.

    Raises:
        SourceError: it cannot be read (any more).
    """
    if not file.packing:
        return file
    try:
        with (
            bytes_of(file.path, file.packing, file.member) as stream,
            tempfile.NamedTemporaryFile(dir=scratch, suffix=inner_name(file).suffix, delete=False) as out,  # mode 0600
        ):
            shutil.copyfileobj(stream, out, 1 << 20)
    except (OSError, *DAMAGED) as error:
        raise SourceError(f"it cannot be read or unpacked: {error}", file=file.shown) from None
    return replace(file, path=Path(out.name), packing="", member="")
