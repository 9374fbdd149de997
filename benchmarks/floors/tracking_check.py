"""Hand-written: one scan per relation that counts what a careful engineer would ask of these contacts.

    python tracking_check.py STORE

Per channel: the rows without each column that one needs, those of answered contacts where only these have it, durations
below zero, times out of order; the days that have data; and the identifiers of each kind, though not of each channel.
Prints JSON: for each channel its figures by name.
"""

import json
import sys

import duckdb

ANSWERED = "(answered_at is not null or outcome is not distinct from 'handled')"
WAITED = "(answered_at is not null or coalesce(outcome in ('handled', 'abandoned'), false))"
EVERYWHERE = ("direction", "excluded", "kind", "started_at", "ended_at", "outcome", "queue", "version_at")
OF_ANSWERED = ("answered_at", "talk_s", "hold_s", "acw_s", "transfers")
DURATIONS = ("wait_s", "talk_s", "hold_s", "acw_s", "transfers")
TIMES = ("ended_at", "queued_at", "answered_at")

con = duckdb.connect(sys.argv[1], read_only=True)
con.execute("set enable_progress_bar = false")
figures = {"rows": "count(*)", "expected wait_s": f"count_if({WAITED})", "expected answered": f"count_if({ANSWERED})"}
figures |= {f"nulls {name}": f"count_if({name} is null)" for name in EVERYWHERE}
figures |= {f"nulls {name}": f"count_if({ANSWERED} and {name} is null)" for name in OF_ANSWERED}
figures |= {"nulls wait_s": f"count_if({WAITED} and wait_s is null)"}
figures |= {f"filled {name}": f"count({name})" for name in (*OF_ANSWERED, "wait_s")}
figures |= {f"range {name}": f"count_if({name} < 0)" for name in DURATIONS}
figures |= {f"order {name}": f"count_if({name} < started_at)" for name in TIMES}
figures |= {"future": "count_if(started_at > (select max(modified) from files) + interval 5 minute)"}
found = {}
counted = con.execute(f"select channel, {', '.join(figures.values())} from interactions group by channel order by all")
for channel, *row in counted.fetchall():
    found[channel] = dict(zip(figures, row, strict=True))
days = con.execute("select started_at::date, count(*) from interactions group by all").fetchall()
kinds = con.execute("select source, kind, count(*) from identifiers group by all order by all").fetchall()
print(json.dumps({"channels": found, "days": len(days), "identifiers": kinds}))
