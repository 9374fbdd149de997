"""The edges of a store's hubs, as `link` finds them, as Parquet: `python edges.py STORE FILE`."""

import sys

import duckdb

from omnictl.identity.bundles import bundle, loosen
from omnictl.identity.cuts import find_cuts
from omnictl.identity.people import find_edges
from omnictl.identity.rules import ranks_of
from omnictl.workspace import Identity

con = duckdb.connect(sys.argv[1], read_only=True)
identity = Identity()
ranks = ranks_of(identity)
bundle(con, identity, ranks)
find_cuts(con, ranks)
loosen(con, ranks)
find_edges(con, ranks)
con.execute(f"copy edges to '{sys.argv[2]}'")
