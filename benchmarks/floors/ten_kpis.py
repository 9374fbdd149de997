"""Hand-written: ten KPIs by channel and local month, as CSV. The query is `ten_kpis.sql`.

python ten_kpis.py STORE
"""

import csv
import sys
from pathlib import Path

import duckdb

con = duckdb.connect(sys.argv[1], read_only=True)
con.execute("set enable_progress_bar = false")
answer = con.execute(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))
writer = csv.writer(sys.stdout)
writer.writerow(column[0] for column in answer.description)
writer.writerows(answer.fetchall())
