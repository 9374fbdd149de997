"""The stages `link` and `build`, one after the other, on the store in a file:
`python link_and_build.py STORE MEMORY [again | increment]`.

Everything is made anew, or what the log of changes names. It prints how many follow-ups there are.
"""

from __future__ import annotations

import sys
from pathlib import Path

from omnictl.build import build
from omnictl.engines.connection import open_writer
from omnictl.identity import link
from omnictl.referential import Referential
from omnictl.workspace import Identity, Workspace


def main() -> None:
    file = Path(sys.argv[1])
    workspace = Workspace(
        root=file.parent, file="omnictl.yml", name="measured", timezone="UTC", country="FR", language="en",
        store=file.parent, glossary=(), referential=Referential(), sources={}, identity=Identity(probable=False),
    )  # fmt: skip
    connection = open_writer(file, memory=sys.argv[2], threads=2, scratch=Path(f"{file}.tmp"))
    full = sys.argv[3] != "increment"
    link(workspace, connection, run_id="run-8", full=full)
    build(workspace, connection, run_id="run-9", full=full)
    print(*connection.execute("select count(*), count(key) from followups").fetchall()[0])
    connection.close()


if __name__ == "__main__":
    main()
