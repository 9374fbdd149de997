"""The lines of call records as text columns in a table of a database file, and nothing made of them.

python call_records.py LOG STORE
"""

import sys
from pathlib import Path

import duckdb

COLUMNS = "{" + ", ".join(f"'c{number}': 'varchar'" for number in range(1, 22)) + "}"

log, store = sys.argv[1], Path(sys.argv[2])
store.unlink(missing_ok=True)
with duckdb.connect(str(store)) as con:
    con.execute(
        f"""
        create table lines as
        select * from read_csv('{log}', auto_detect = false, header = false, delim = ',', quote = '"', escape = '"',
            columns = {COLUMNS}, null_padding = true)
        """
    )
