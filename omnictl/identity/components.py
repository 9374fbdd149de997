"""Connected components by contraction: each node takes its smallest neighbour, chains of these are shortened to their
ends, and what is left is a smaller graph of the ends.

Hooking to the smallest neighbour leaves no cycle, so every chain ends at a node smaller than all of its neighbours;
each round at least halves the nodes that still have an edge. Shortening takes as many steps as the longest chain has
bits. After E. G. Boruvka; the shortening is that of Shiloach and Vishkin, "An O(log n) parallel connectivity
algorithm", Journal of Algorithms 3 (1982).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb


def connect(connection: duckdb.DuckDBPyConnection) -> int:
    """Make `components` (node, root) of `edges` (a, b); returns the number of rounds.

    `root` is the smallest node of the component. Nodes without an edge are in none.
    """
    connection.execute("create or replace temp table components (node bigint, root bigint)")
    rounds = 0
    while _any(connection, "edges"):
        _hook(connection)
        _shorten(connection)
        if rounds == 0:
            connection.execute("create or replace temp table components as select node, parent as root from hooks")
        else:
            connection.execute(
                """
                create or replace temp table components as
                select c.node, coalesce(h.parent, c.root) as root
                from components c left join hooks h on h.node = c.root
                """
            )
        connection.execute(
            """
            create or replace temp table edges as
            select distinct case when x.parent < y.parent then x.parent else y.parent end as a,
                case when x.parent < y.parent then y.parent else x.parent end as b
            from edges e join hooks x on x.node = e.a join hooks y on y.node = e.b
            where x.parent <> y.parent
            """
        )
        rounds += 1
    return rounds


def _hook(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(
        """
        create or replace temp table hooks as
        select node, case when min(neighbour) < node then min(neighbour) else node end as parent
        from (select a as node, b as neighbour from edges union all select b, a from edges) as both_ways
        group by node
        """
    )


def _shorten(connection: duckdb.DuckDBPyConnection) -> None:
    while True:
        connection.execute(
            """
            create or replace temp table further as
            select x.node, y.parent, x.parent <> y.parent as moved
            from hooks x join hooks y on y.node = x.parent
            """
        )
        ((moved,),) = connection.execute("select count(*) from further where moved").fetchall()
        if not moved:
            return
        connection.execute("create or replace temp table hooks as select node, parent from further")


def _any(connection: duckdb.DuckDBPyConnection, table: str) -> bool:
    ((rows,),) = connection.execute(f"select count(*) from {table}").fetchall()
    return bool(rows)
