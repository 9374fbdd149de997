"""Ask a store one hand-written query and write the answer as CSV.

python ask.py STORE QUERY.sql
"""

import csv
import sys
from pathlib import Path

import duckdb

con = duckdb.connect(sys.argv[1], read_only=True)
con.execute("set enable_progress_bar = false")
answer = con.execute(Path(sys.argv[2]).read_text(encoding="utf-8"))
writer = csv.writer(sys.stdout)
writer.writerow(column[0] for column in answer.description)
writer.writerows(answer.fetchall())
