"""How often a store's interactions are read by a kept plan of omnictl and by a query, as EXPLAIN tells it.

python scans.py STORE PLAN QUERY
"""

import json
import sys
from pathlib import Path

import duckdb


def scans(con: duckdb.DuckDBPyConnection, select: str) -> int:
    """The table scans of a query, sub-queries and common tables included."""
    (_, text), *_ = con.execute(f"explain (format json) {select}").fetchall()
    found, nodes = 0, json.loads(text)
    while nodes:
        node = nodes.pop()
        nodes.extend(node["children"])
        found += str(node["extra_info"].get("Table", "")).endswith(".interactions")
    return found


store = duckdb.connect(sys.argv[1], read_only=True)
plan = json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))
print(scans(store, plan["sql"]), scans(store, Path(sys.argv[3]).read_text(encoding="utf-8")))
