"""Components of the shared values by Splink: `python splink_clusters.py EDGES`; prints how many there are.

EDGES is Parquet (a, b): hubs that share a value which links, as `link` finds them. Splink is given what is the dearer
half of its work done: pairs that certainly match.
"""

import sys

import duckdb
from splink import DuckDBAPI
from splink.clustering import cluster_pairwise_predictions_at_threshold

con = duckdb.connect()
con.execute(f"create table edges as select a as node_l, b as node_r, 1.0 as match_probability from '{sys.argv[1]}'")
con.execute("create table nodes as select node_l as node from edges union select node_r from edges")
found = cluster_pairwise_predictions_at_threshold(
    nodes=con.table("nodes"),
    edges=con.table("edges"),
    db_api=DuckDBAPI(con),
    node_id_column_name="node",
    edge_id_column_name_left="node_l",
    edge_id_column_name_right="node_r",
    threshold_match_probability=0.5,
)
print(len(set(found.as_duckdbpyrelation().project("cluster_id").distinct().fetchall())))
