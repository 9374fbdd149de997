"""One line of figures of a store, to see that two stores hold the same.

python figures.py STORE "SELECT …"
"""

import sys

import duckdb

con = duckdb.connect(sys.argv[1], read_only=True)
print(*con.execute(sys.argv[2]).fetchall()[0], sep="\t")
