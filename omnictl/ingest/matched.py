"""Which held record belongs to which contact. Nobody keeps it: it follows from what is held."""

from __future__ import annotations

from typing import TYPE_CHECKING

from omnictl.engines.connection import quoted
from omnictl.ingest.completing import by_target, matched_parts
from omnictl.ingest.schema import make_held
from omnictl.workspace import Workspace

if TYPE_CHECKING:
    import duckdb


def match_records(connection: duckdb.DuckDBPyConnection, workspace: Workspace) -> None:
    """Make the temporary table `matched_records`: source, owner (interaction or survey), id, our_source, our_id."""
    connection.execute(
        """
        create or replace temp table matched_records (
            source varchar, owner varchar, id varchar, our_source varchar, our_id varchar)
        """
    )
    for target, sources in by_target(workspace).items():
        make_held(connection, ["interactions"])
        for part in matched_parts(connection, target, sources):
            owner = "survey" if part.by_survey else "interaction"
            connection.execute(
                f"""
                insert into matched_records
                select {quoted(part.source.name)}, {quoted(owner)}, their_id, our_source, our_id from {part.matched}
                """
            )
            connection.execute(f"drop table temp.{part.matched}")
