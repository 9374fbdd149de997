"""How often a store's interactions are read by a kept plan, and by the hand-written query, as EXPLAIN tells it.

    python scans.py STORE PLAN
"""

import json
import sys
from pathlib import Path

import duckdb
from kpis import TEN


def scans(con: duckdb.DuckDBPyConnection, select: str) -> int:
    """The table scans of a query, sub-queries and common tables included."""
    (_, text), *_ = con.execute(f"explain (format json) {select}").fetchall()
    found, nodes = 0, json.loads(text)
    while nodes:
        node = nodes.pop()
        nodes.extend(node["children"])
        found += "SCAN" in node["name"].upper() and "interactions" in json.dumps(node["extra_info"])
    return found


store = duckdb.connect(sys.argv[1], read_only=True)
plan = json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))
print(scans(store, plan["sql"]), scans(store, TEN))
