"""Files that go on from what a known file held: a log that grew, and perhaps was renamed since.

A log is read, grows, and is rotated: its name then belongs to another log, and its rows must go when the whole of it is
read under its new name, while the log that had this name before has merely vanished. Bytes tell which is which.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from omnictl.connectors.files import ExportFile

if TYPE_CHECKING:
    from omnictl.ingest.ledger import KnownFile

CHUNK = 1 << 20


def grown(lost: Collection[KnownFile], new: Collection[ExportFile]) -> Mapping[int, ExportFile]:
    """Which known files, whose content is nowhere any more, begin which new file: file number → the new one.

    A file that cannot be read begins nothing: its reader is the one to complain.
    """
    found: dict[int, ExportFile] = {}
    for file in new:
        lengths = sorted({known.bytes for known in lost if 0 < known.bytes < file.size})
        digests = _digests(file, lengths) if lengths else {}
        for known in lost:
            if digests.get(known.bytes) == known.sha256:
                found.setdefault(known.file_id, file)
    return found


def _digests(file: ExportFile, lengths: list[int]) -> dict[int, str]:
    """The digest of a file's first bytes, for each of some lengths, in one reading."""
    digest, at, digests = hashlib.sha256(), 0, {}
    try:
        with file.path.open("rb") as reading:
            for length in lengths:
                while at < length and (piece := reading.read(min(CHUNK, length - at))):
                    digest.update(piece)
                    at += len(piece)
                if at == length:
                    digests[length] = digest.hexdigest()
    except OSError:
        return {}
    return digests
