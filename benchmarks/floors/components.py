"""The components of edges, as `link` finds them: `python components.py EDGES`; prints how many there are."""

import sys

import duckdb

from omnictl.identity.components import connect

con = duckdb.connect()
con.execute(f"create temp table edges as from '{sys.argv[1]}'")
connect(con)
print(*con.execute("select count(distinct root) from components").fetchall()[0])
