"""What the store knows of needs and levels besides their rows: how far each column is filled, from when to when."""

from __future__ import annotations

from typing import TYPE_CHECKING

from omnictl.engines.connection import named
from omnictl.relations import RELATIONS
from omnictl.relations.column import TIME

if TYPE_CHECKING:
    import duckdb

SOURCE_OF = {"needs": "first_source", "levels": "source"}


def fill_fills(connection: duckdb.DuckDBPyConnection) -> None:
    """Count the filled cells of both relations, by source, and by channel where the relation has one."""
    for name, source in SOURCE_OF.items():
        relation = RELATIONS[name]
        channel = "channel" if relation.column("channel") is not None else "cast(null as varchar)"
        counts = ", ".join(f"count({named(column.name)}) as c{n}" for n, column in enumerate(relation.columns))
        times = ", ".join(
            f"min({named(column.name)}) as l{n}, max({named(column.name)}) as h{n}"
            for n, column in enumerate(relation.columns)
            if column.type == TIME
        )
        lines = "\nunion all\n".join(
            f"select source, channel, '{column.name}', row_count, c{n}, "
            + (f"l{n}, h{n}" if column.type == TIME else "cast(null as timestamp), cast(null as timestamp)")
            + " from counted"
            for n, column in enumerate(relation.columns)
        )
        connection.execute(f"delete from fills where relation = '{name}'")
        connection.execute(
            f"""
            insert into fills (relation, source, channel, column_name, row_count, filled, lowest, highest)
            with counted as (
                select {source} as source, {channel} as channel, count(*) as row_count, {counts}, {times}
                from {name}
                group by {source}{", channel" if channel == "channel" else ""}
            )
            select '{name}', lines.* from ({lines}) as lines
            """
        )
