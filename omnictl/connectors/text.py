"""Text files: opening one in its encoding, compressed or not, and writing private clean copies of it."""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from omnictl.connectors.counting import CHUNK, LineCount, Lines
from omnictl.connectors.encodings import signature_of
from omnictl.connectors.files import ExportFile
from omnictl.connectors.packing import DAMAGED, bytes_of
from omnictl.errors import SourceError

LONGEST = 8_000_000  # characters of the longest line, and of the longest cell, that is read
REPLACEMENT = "\ufffd"  # stands for bytes that are no text
_HINTS = {
    "a ZIP archive or an Excel workbook": "for a workbook set `format: excel`; unpack an archive first",
    "a Parquet file": "set `format: parquet`",
    "a SQLite database": "set `format: sqlite`",
    "a DuckDB database": "set `format: duckdb`",
}
_FETCH_AGAIN = "fetch it again as text; for UTF-16 without byte order mark set `encoding: utf-16-le`"
_CODECS = {"utf-8": "utf-8-sig", "utf-8-broken": "utf-8-sig"}  # one decoder takes UTF-8 with and without its mark


def encoding_of(file: ExportFile, given: str) -> str:
    """The encoding a file is read in: the given one, else the one found.

    Raises:
        SourceError: it is not text.
    """
    if file.encoding == "binary":
        kind = kind_of(file)
        if kind or not given:
            looks = f"it looks like {kind}" if kind else "it holds bytes no text has"
            raise SourceError(f"this is no text file: {looks}", file=file.shown, hint=_HINTS.get(kind, _FETCH_AGAIN))
    name = (given or file.encoding).lower().replace("_", "-")
    return file.encoding if name in ("utf-8", "utf8") and file.encoding.startswith("utf-8") else name


def kind_of(file: ExportFile) -> str:
    """What a file is by its first bytes, unpacked, when it is of a known kind that is no text; else ''."""
    with bytes_of(file.path, file.packing, file.member) as stream:
        return signature_of(stream.read(16))


def is_plain_utf_8(file: ExportFile, encoding: str) -> bool:
    """Whether DuckDB can read the file as it lies there."""
    known = ("utf-8", "utf-8-sig")
    return encoding in known and file.encoding in known and file.packing in ("", "gzip")


@contextmanager
def text_of(file: ExportFile, encoding: str, newline: str = "") -> Iterator[TextIO]:
    """The file as text, without byte order mark; bytes that are no text become U+FFFD.

    Args:
        newline: as `open` takes it. '' ends lines at any kind of line end, and keeps it as it is.

    Raises:
        SourceError: it cannot be read (any more), or is no text in this encoding at all.
    """
    codec = _CODECS.get(encoding, encoding)
    try:
        with (
            bytes_of(file.path, file.packing, file.member) as stream,
            io.TextIOWrapper(stream, encoding=codec, errors="replace", newline=newline) as text,
        ):
            yield text
    except (UnicodeError, LookupError) as error:
        raise SourceError(f"it is not text in {encoding}: {error}", file=file.shown) from None
    except (OSError, *DAMAGED) as error:
        raise SourceError(f"it cannot be read or copied: {error}", file=file.shown) from None


def lines_of(text: TextIO) -> Iterator[str]:
    """The lines with their ends. One longer than LONGEST comes cut to that length, without its end."""
    while line := text.readline(LONGEST):
        yield line
        while len(line) == LONGEST and not line.endswith(("\n", "\r")):
            line = text.readline(LONGEST)


@contextmanager
def clean_copy(scratch: Path, suffix: str) -> Iterator[tuple[Path, TextIO]]:
    """A new UTF-8 file in `scratch` that only its owner may read, open for writing; line ends are written as given."""
    handle, name = tempfile.mkstemp(dir=scratch, suffix=suffix)  # mode 0600
    with os.fdopen(handle, "w", encoding="utf-8", errors="replace", newline="") as out:
        yield Path(name), out


def copy_rest(text: TextIO, out: TextIO) -> tuple[bool, Lines]:
    """Copy what is left of a text; whether it is damaged (U+FFFD for bytes that are no text, or NUL), and its lines."""
    damaged, count = False, LineCount()
    while piece := text.read(CHUNK):
        damaged = damaged or REPLACEMENT in piece or "\0" in piece
        count.add(piece.encode("utf-8", "replace"))
        out.write(piece)
    return damaged, count.lines()
