"""Sources the store holds and omnictl.yml no longer names.

Renamed, a source would count twice. So its rows are withdrawn when every file they came from is still there to be read
again, and stay, with a note, when one is not: what cannot be had back is not thrown away.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from omnictl.engines.connection import transaction
from omnictl.ingest.schema import held_tables, stored, stored_relations
from omnictl.ingest.touched import rows_go
from omnictl.stages import loaded
from omnictl.workspace import Workspace

if TYPE_CHECKING:
    import duckdb


# What is kept of a source besides its rows.
BESIDES = ("rejects", "stamps", "files", "sources", "feeds", "fills", "unmapped")


def withdraw_undeclared(connection: duckdb.DuckDBPyConnection, workspace: Workspace, stamp: str) -> list[str]:
    """Withdraw the rows of sources that are no longer declared; returns what was done, in words."""
    notes = []
    known = connection.execute("select source from sources order by source").fetchall()
    for (source,) in known:
        if source in workspace.sources:
            continue
        paths = connection.execute("select path from files where source = $source", {"source": source}).fetchall()
        if all((workspace.root / path).is_file() for (path,) in paths):
            with transaction(connection):
                for table in (*_tables(connection, source), *BESIDES):
                    rows_go(connection, table, "source = $source", {"source": source})
                    connection.execute(f"delete from {table} where source = $source", {"source": source})
                # rows of other sources may have leant on these
                connection.execute("update sources set _touched = true")
                loaded(connection, stamp)
            notes.append(f"{source}: no longer in {workspace.file}; its rows were withdrawn")
        else:
            notes.append(f"{source}: no longer in {workspace.file}; its rows stay, for some of their files are gone")
    return notes


def _tables(connection: duckdb.DuckDBPyConnection, source: str) -> list[str]:
    """The tables that hold rows of a source."""
    waiting = held_tables(connection)
    names = sorted({*stored_relations(connection, source), "identifiers"})
    return [*names, *(stored(name, held=True) for name in names if name in waiting)]
