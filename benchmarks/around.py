"""What lies around contacts: their surveys, steps and segments, made by set-based SQL of a Parquet export of contacts.

python benchmarks/around.py CONTACTS.parquet FOLDER
"""

from __future__ import annotations

import sys
from pathlib import Path

FIRST = "(select * from '{contacts}' where right(ticket, 1) in ({digits}))"
SURVEYS = """
select 's' || ticket as survey_id, ticket, any_value(fin) + interval 1 hour as answered, hash(ticket) % 11 as score
from {some} group by ticket
"""
STEPS = """
select ticket || '-' || n as step_id, ticket, any_value(debut) + to_seconds(n * 20) as occurred, n as seq,
  case when n % 2 = 0 then 'search' else 'page' end as type, hash(ticket || n) % 6 as results
from {some}, range(6) as steps(n) where canal in ('WEB', 'FAQ') group by ticket, n
"""
SEGMENTS = """
select ticket || '/' || n as segment_id, ticket, n as seq, any_value(file) as queue,
  any_value(entree_file) + to_seconds(n * 60) as begun, hash(ticket || n) % 120 as wait,
  case when hash(n || ticket) % 10 = 0 then 'abandoned' else 'handled' end as outcome
from {some}, range(2) as visits(n) where canal in ('TEL', 'CHAT') group by ticket, n
"""


def around(contacts: Path, folder: Path) -> None:
    """Write surveys.parquet (a fifth of the contacts), steps.parquet (six a visit), segments.parquet (two a call)."""
    import duckdb

    con = duckdb.connect()
    every = ", ".join(f"'{digit}'" for digit in range(10))
    for name, text, digits in (
        ("surveys", SURVEYS, "'3', '7'"),
        ("steps", STEPS, every),
        ("segments", SEGMENTS, every),
    ):
        rows = text.format(some=FIRST.format(contacts=contacts, digits=digits))
        con.execute(f"copy (select * from ({rows}) order by all) to '{folder / name}.parquet' (format parquet)")


if __name__ == "__main__":
    around(Path(sys.argv[1]), Path(sys.argv[2]))
