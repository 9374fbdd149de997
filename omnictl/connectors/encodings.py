"""What the bytes of a file say about its text: which encoding it is in, or that it is no text."""

from __future__ import annotations

import codecs

from omnictl.connectors.counting import LineCount

_CONTROLS = bytes(code for code in range(32) if code not in b"\t\n\v\f\r\x1a\x1b")
_HEAD = 1 << 16  # bytes by which a file is judged to be text or not
_CONTROLS_OF_TEXT = 20  # one control character in so many is more than any text holds
_REPLACEMENT = "\ufffd"

# What files that are no text begin with, and what to call them.
SIGNATURES = {
    b"PK\x03\x04": "a ZIP archive or an Excel workbook",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook, or one protected by a password",
    b"PAR1": "a Parquet file",
    b"%PDF": "a PDF",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
    b"BZh": "compressed by bzip2",
    b"\xfd7zXZ": "compressed by xz",
    b"\x28\xb5\x2f\xfd": "compressed by zstd",
    b"7z\xbc\xaf": "a 7z archive",
    b"Rar!": "a RAR archive",
    b"SQLite format 3": "a SQLite database",
}


class ByteEvidence:
    """Takes a file's bytes piece by piece, tells its encoding at the end, and counts its lines on the way.

    Bytes that are plain ASCII, the bulk of most exports, cost one look. The others are decoded as UTF-8; from the
    first fault on, valid and broken bytes are counted against each other.
    """

    def __init__(self, *, lines: bool = True) -> None:
        self._lines = lines  # whether they are counted
        self.nul_bytes = 0
        self.ends = b""  # the last byte that is no blank
        self.count = LineCount()
        self._marked = ""  # the encoding a byte order mark tells
        self._binary = False
        self._begun = False
        self._high_characters = 0  # other than ASCII, those that stand for broken bytes among them
        self._broken = 0
        self._decoder = codecs.getincrementaldecoder("utf-8")("strict")
        self._strict = True

    def add(self, piece: bytes) -> None:
        """The next bytes of the file."""
        self.ends = piece[-64:].rstrip()[-1:] or piece.rstrip()[-1:] or self.ends
        if not self._begun:
            self._begun = True
            self._begin(piece)
        if self._binary:
            return
        if self._marked == "utf-16":
            return
        if self._lines:
            self.count.add(piece)
        self.nul_bytes += piece.count(0)
        if piece.isascii() and not self._decoder.getstate()[0]:
            return
        self._decode(piece)

    def encoding(self) -> str:
        """The encoding of what was added, as `ExportFile.encoding` names it."""
        if self._binary:
            return "binary"
        if self._marked == "utf-16":
            return "utf-16"
        self._decode(b"", final=True)
        if not self._broken:
            return self._marked or "utf-8"
        # What is valid UTF-8 beyond ASCII is hardly so by chance.
        mostly_utf_8 = self._marked or self._high_characters >= 2 * self._broken
        return "utf-8-broken" if mostly_utf_8 else "cp1252"

    def _begin(self, piece: bytes) -> None:
        if piece.startswith(codecs.BOM_UTF8):
            self._marked = "utf-8-sig"
        elif piece.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            self._marked = "utf-16"
        head = piece[:_HEAD]
        controls = len(head) - len(head.translate(None, _CONTROLS))
        crowded = controls >= 4 and controls * _CONTROLS_OF_TEXT > len(head)
        self._binary = self._marked != "utf-16" and (crowded or bool(signature_of(piece)))

    def _decode(self, piece: bytes, *, final: bool = False) -> None:
        if self._strict:
            state = self._decoder.getstate()
            try:
                self._high_characters += _beyond_ascii(self._decoder.decode(piece, final))
                return
            except UnicodeDecodeError:
                self._strict = False
                self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
                self._decoder.setstate(state)
        text = self._decoder.decode(piece, final)
        self._high_characters += _beyond_ascii(text)
        self._broken += max(0, text.count(_REPLACEMENT) - piece.count(_REPLACEMENT.encode()))


def _beyond_ascii(text: str) -> int:
    return len(text) - len(text.encode("ascii", "ignore"))


def signature_of(head: bytes) -> str:
    """What a file that begins with these bytes is, when it is one of the known kinds that are no text; else ''."""
    if head[8:12] == b"DUCK":  # behind a checksum
        return "a DuckDB database"
    return next((kind for signature, kind in SIGNATURES.items() if head.startswith(signature)), "")
