"""A store that grows: most of its interactions are linked, then a hundredth of all that come later, and another
hundredth is there that the log of changes names and that is not linked yet:

    python later.py STORE MEMORY [probable | built]

STORE is one of `people.py`; it is changed. Nine in ten of the interactions that come later are the latest ones; the
others are of any time, as a source that is late would bring them. Probable links are made where that is said; with
`built`, what is linked is built as well.
"""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb

from omnictl.build import build
from omnictl.engines.connection import open_writer, transaction
from omnictl.identity import link
from omnictl.ingest.touched import files_came
from omnictl.referential import Referential
from omnictl.stages import forget_unbuilt, loaded
from omnictl.workspace import Identity, Workspace

LATER = """
    create temp table later as
    with numbered as (
        select source, interaction_id, row_number() over (order by started_at desc, source, interaction_id) as place,
            hash(interaction_id || source) as draw, count(*) over () as n
        from interactions
    )
    select source, interaction_id,
        case when place <= n * 18 // 1000 then if(place * 2 <= n * 18 // 1000, 2, 1) else 1 + draw % 500 end as day
    from numbered where place <= n * 18 // 1000 or draw % 500 < 2
"""
TABLES = {"interactions": "interaction_id", "identifiers": "owner_id"}


def main() -> None:
    file = Path(sys.argv[1])
    workspace = Workspace(
        root=file.parent, file="omnictl.yml", name="measured", timezone="UTC", country="FR", language="en",
        store=file.parent, glossary=(), referential=Referential(), sources={},
        identity=Identity(probable="probable" in sys.argv[3:]),
    )  # fmt: skip
    connection = open_writer(file, memory=sys.argv[2], threads=None, scratch=Path(f"{file}.tmp"))
    connection.execute(LATER)
    for table, key in TABLES.items():
        connection.execute(
            f"""
            create temp table more_{table} as
            select t.*, day from {table} t join later l on l.source = t.source and l.interaction_id = t.{key}
            """
        )
        of_later = f"(source, {key}) in (select (source, interaction_id) from later)"
        connection.execute(f"delete from {table} where {of_later}")
    loaded(connection, "made-2")
    link(workspace, connection, run_id="run-1", full=True)
    forget_unbuilt(connection)
    _come(connection, 1)
    link(workspace, connection, run_id="run-2")
    if sys.argv[3:] == ["built"]:
        build(workspace, connection, run_id="run-3", full=True)
    else:
        forget_unbuilt(connection)
    _come(connection, 2)
    connection.close()


def _come(connection: duckdb.DuckDBPyConnection, day: int) -> None:
    """The interactions of a day, as ingest would write and log them."""
    with transaction(connection):
        for table in TABLES:
            rows = f"select * exclude (day) replace ({day + 1} as _file) from more_{table} where day = {day}"
            connection.execute(f"insert into {table} by name {rows}")
        files_came(connection, [day + 1], TABLES)
        loaded(connection, f"made-{day + 2}")


if __name__ == "__main__":
    main()
