"""Ingest without publishing: what an increment costs up to the published store's copy.

python benchmarks/unpublished.py WORKSPACE
"""

from __future__ import annotations

import sys
from pathlib import Path

from omnictl.engines.store import Store
from omnictl.ingest import ingest
from omnictl.workspace import load_workspace


def main() -> int:
    workspace = load_workspace(Path(sys.argv[1]) / "omnictl.yml")
    store = Store(workspace.store, memory=workspace.memory, threads=workspace.threads)
    with store.writer() as connection:
        rows = ingest(workspace, connection, store)
    for row in rows:
        print(row.source, row.status, row.records, row.used, row.superseded)
    return 0 if all(row.status in ("done", "unchanged") for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
