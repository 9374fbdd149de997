"""The stage `build` on a store as it stands, without the publishing that follows: what hand-written windows do.

python -m benchmarks.derived STORE
"""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path

from omnictl.build import derive
from omnictl.engines.connection import open_writer, transaction
from omnictl.referential import Referential


def main(store: Path) -> None:
    connection = open_writer(store, memory="3500MB", threads=2, scratch=store.with_suffix(".tmp"))
    with transaction(connection):
        derive(connection, timezone="Europe/Paris", silence=timedelta(days=7), referential=Referential())
    connection.execute("checkpoint")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
