"""The second speed: Arrow batches, for exports that come as columns or that a library reads into Arrow.

{"id": ["b1"], "agent": ["a.martin"], "reason": ["lunch"],
 "from": ["2026-11-02 12:00:00"], "to": ["2026-11-02 12:45:00"]}
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from omnictl.connectors import Connector, File, Option, Options
from omnictl.errors import SourceError

COLUMNS = {"id": "break_id", "agent": "agent", "from": "started_at", "to": "ended_at", "reason": "reason"}


class Breaks(Connector):
    """Cordeliane agent breaks: one JSON of columns per day."""

    name = "cordeliane_breaks"
    api = 1
    options = [Option("planned", str, "lunch", "the reasons that are planned, parted by commas")]

    def batches(self, file: File, options: Options) -> Iterator[tuple[str, Any]]:
        import pyarrow  # inside: `omnictl connectors list` should not pay for it
        import pyarrow.compute

        # `open` gives the bytes, unpacked when the file is compressed. A file that is none of ours is refused whole,
        # and nothing of it is kept.
        with file.open() as stream:
            try:
                given = json.load(stream)
                columns = {ours: pyarrow.array(given[theirs], pyarrow.string()) for theirs, ours in COLUMNS.items()}
                table = pyarrow.table(columns)
            except (ValueError, TypeError, KeyError, pyarrow.ArrowException) as error:
                raise SourceError(f"this is no export of breaks: {error}", file=file.shown) from error
        planned = [reason.strip() for reason in options.planned.split(",")]
        table = table.append_column("planned", pyarrow.compute.is_in(table["reason"], pyarrow.array(planned)))
        # A row is a record, unless a column `record` (from 1) says of which record of the file each row is made.
        # Texts are read as everywhere: a time without offset is local time of the source's zone.
        for batch in table.to_batches(max_chunksize=50_000):
            yield "agent_breaks", batch
