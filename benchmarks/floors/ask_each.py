"""Ask a store several hand-written queries, one after the other, and write their rows as CSV: query, month, channel,
value.

python ask_each.py STORE QUERY.sql …
"""

import csv
import sys
from pathlib import Path

import duckdb

con = duckdb.connect(sys.argv[1], read_only=True)
con.execute("set enable_progress_bar = false")
writer = csv.writer(sys.stdout)
for query in map(Path, sys.argv[2:]):
    writer.writerows((query.stem, *row) for row in con.execute(query.read_text(encoding="utf-8")).fetchall())
