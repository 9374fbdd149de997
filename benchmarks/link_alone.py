"""The stage `link`, without probable links unless they are asked for, on the store in a file:
`python link_alone.py STORE MEMORY [again | increment [probable]]`.

Everybody is linked for the first time; or again, which tells who changed; or those only whom the log of changes names.
It prints what the floor prints: interactions, people, interactions of people.
"""

from __future__ import annotations

import sys
from pathlib import Path

from omnictl.engines.connection import open_writer
from omnictl.identity import link
from omnictl.referential import Referential
from omnictl.workspace import Identity, Workspace


def main() -> None:
    file = Path(sys.argv[1])
    workspace = Workspace(
        root=file.parent, file="omnictl.yml", name="measured", timezone="UTC", country="FR", language="en",
        store=file.parent, glossary=(), referential=Referential(), sources={},
        identity=Identity(probable="probable" in sys.argv[4:]),
    )  # fmt: skip
    connection = open_writer(file, memory=sys.argv[2], threads=None, scratch=Path(f"{file}.tmp"))
    how = sys.argv[3] if len(sys.argv) > 3 else "first"
    if how == "first":
        connection.execute("delete from meta where key = 'inputs of link'")  # each time
    link(workspace, connection, run_id="run-9", full=how != "increment")
    asked = "select count(*), count(distinct person_id), count(person_id) from identities"
    print(*connection.execute(asked).fetchall()[0])
    connection.close()


if __name__ == "__main__":
    main()
