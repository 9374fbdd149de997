"""What `build` has to make anew because of what was linked: written in the transaction of `link`, emptied in that of
`build`.

    unbuilt_interactions  source, interaction_id  that changed, or belong to somebody else, since the last `build`
    unbuilt_people        person_id               whose they were and are

Where everything is to be built anew, the store says so under the key UNBUILT of its meta, and both are empty.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from omnictl.engines.store import read_meta, write_meta
from omnictl.stages import EVERYTHING, UNBUILT, forget_unbuilt

if TYPE_CHECKING:
    import duckdb


def everything_unbuilt(connection: duckdb.DuckDBPyConnection) -> None:
    """Have everything built anew."""
    forget_unbuilt(connection)
    write_meta(connection, UNBUILT, EVERYTHING)


def add_unbuilt(connection: duckdb.DuckDBPyConnection) -> None:
    """Add the interactions that changed, or changed hands, and whose they were and are.

    Reads `was`, `now` and `stale` of the increment.
    """
    if read_meta(connection, UNBUILT) is not None:
        return
    connection.execute(
        """
        create or replace temp table touched as
        select source, interaction_id from changed_interactions
        union
        select source, interaction_id from stale
        union
        select n.source, n.interaction_id
        from now n left join was w on w.source = n.source and w.interaction_id = n.interaction_id
        where w.source is null
        """
    )
    add_unbuilt_interactions(connection, "touched")
    connection.execute(
        """
        insert into unbuilt_people
        select distinct p.person_id
        from (
            select w.person_id from was w
            join touched t on t.source = w.source and t.interaction_id = w.interaction_id
            union all
            select n.person_id from now n
            join touched t on t.source = n.source and t.interaction_id = n.interaction_id
        ) as p
        left join unbuilt_people u on u.person_id = p.person_id
        where p.person_id is not null and u.person_id is null
        """
    )
    connection.execute("drop table touched")


def add_unbuilt_interactions(connection: duckdb.DuckDBPyConnection, table: str) -> None:
    """Add the interactions of a table, where not everything is to be built anew anyway."""
    if read_meta(connection, UNBUILT) is not None:
        return
    connection.execute(
        f"""
        insert into unbuilt_interactions
        select distinct t.source, t.interaction_id from {table} t
        left join unbuilt_interactions u on u.source = t.source and u.interaction_id = t.interaction_id
        where u.source is null
        """
    )
