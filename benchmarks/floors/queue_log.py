"""The lines of a queue_log as text columns in a table of a database file, and nothing made of them.

python queue_log.py LOG STORE
"""

import sys
from pathlib import Path

import duckdb

NAMES = ("time", "callid", "queuename", "agent", "event", "data1", "data2", "data3", "data4", "data5")
COLUMNS = "{" + ", ".join(f"'{name}': 'varchar'" for name in NAMES) + "}"

log, store = sys.argv[1], Path(sys.argv[2])
store.unlink(missing_ok=True)
with duckdb.connect(str(store)) as con:
    con.execute(
        f"""
        create table lines as
        select * from read_csv('{log}', auto_detect = false, header = false, delim = '|', quote = '', escape = '',
            columns = {COLUMNS}, null_padding = true)
        """
    )
