"""A queue_log of a switch, made by set-based SQL, and what it costs to load it: needs plugins/omnictl-asterisk.

    python benchmarks/queue_log.py FOLDER LINES

Of a hundred calls, eighty are answered, thirteen abandoned, and seven leave by timeout for a second queue, where they
are abandoned. One call in four rings an agent in vain first, and one line in sixty is of no call.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.pairs import Measure, Pair

CALLS = """
create temp table calls as
select i, 1790000000 + i * 2 as t, (1790000000 + i * 2) || '.' || i * 7 as id,
    ['ventes', 'support', 'reclam', 'sav'][1 + (hash(i) % 4)::integer] as queue,
    'PJSIP/' || (1000 + hash(i + 1000000000) % 300) as agent, (hash(i + 2000000000) % 120)::integer as wait,
    30 + (hash(i + 3000000000) % 600)::integer as talk, hash(i + 4000000000) % 100 as u,
    '0' || (100000000 + hash(i + 5000000000) % 800000000) as number
from range({calls}) numbers(i)
"""
LINES = """
select t || '|' || id || '|' || queue || '|' || agent || '|' || event || '|' || parameters
from (
    select t, 0 as k, i, id, queue, 'NONE' as agent, 'ENTERQUEUE' as event, '|' || number || '|1' as parameters
    from calls
    union all select t + wait, 1, i, id, queue, agent, 'RINGNOANSWER', '15000' from calls where u % 4 = 0
    union all select t + wait, 2, i, id, queue, agent, 'CONNECT', wait || '|' || t + wait || '.' || i * 7 + 3 || '|3'
    from calls where u < 80
    union all select t + wait + talk, 3, i, id, queue, agent,
        case when u % 2 = 0 then 'COMPLETECALLER' else 'COMPLETEAGENT' end, wait || '|' || talk || '|1'
    from calls where u < 76
    union all select t + wait + talk, 3, i, id, queue, agent, 'BLINDTRANSFER',
        '602|default|' || wait || '|' || talk || '|1'
    from calls where u >= 76 and u < 80
    union all select t + wait, 2, i, id, queue, 'NONE', 'ABANDON', '1|1|' || wait from calls where u >= 80 and u < 93
    union all select t + wait, 2, i, id, queue, 'NONE', 'EXITWITHTIMEOUT', '1|1|' || wait from calls where u >= 93
    union all select t + wait, 3, i, id, 'debord', 'NONE', 'ENTERQUEUE', '|' || number || '|1' from calls where u >= 93
    union all select t + wait + 9, 4, i, id, 'debord', 'NONE', 'ABANDON', '1|1|9' from calls where u >= 93
    union all select t, 0, i, 'NONE', queue, agent, 'PAUSE', 'lunch' from calls where i % 20 = 0
)
order by t, i, k
limit {lines}
"""
WORKSPACE = """\
workspace: measured
timezone: Europe/Paris
country: FR
identity: {{secret: a key for measuring}}
sources:
  calls: {{connector: asterisk_queue_log, path: {log}}}
"""
OURS = """
select (select sum(records) from runs), (select count(*) from interactions),
    (select count(*) from segments where kind = 'agent'), (select sum(wait_s)::bigint from interactions)
"""
THEIRS = """
select count(*), count(distinct callid) filter (event = 'ENTERQUEUE'), count(*) filter (event = 'CONNECT'),
    sum(case event when 'CONNECT' then data1 when 'ABANDON' then data3 when 'EXITWITHTIMEOUT' then data3 end::bigint)
from lines
"""


def write_log(folder: Path, lines: int) -> Path:
    """Write so many lines of a log; returns its path."""
    import duckdb

    path = folder / "queue_log"
    con = duckdb.connect()
    con.execute(CALLS.format(calls=lines // 3 + 1))
    con.execute(f"copy ({LINES.format(lines=lines)}) to '{path}' (header false, quote '', delimiter '\x01')")
    return path


def queue_log(folder: Path, rows: int, pairs: int) -> Iterator[Measure]:
    """Whole `omnictl ingest` of a log, beside DuckDB that reads its lines as text into a table and no more."""
    from benchmarks.children import spend

    count = min(rows, 1_000_000)
    place = folder / f"queue-log-{count}"
    log = place / "queue_log"
    if not log.exists():
        place.mkdir(parents=True, exist_ok=True)
        spend([sys.executable, __file__, place, str(count)])
    (place / "omnictl.yml").write_text(WORKSPACE.format(log=log.name), encoding="utf-8")
    what = f"ingest, {count:,} lines of a queue_log"
    yield beside_text(what, log, "queue_log.py", OURS, THEIRS, pairs=pairs, target=2)


def beside_text(what: str, log: Path, reader: str, ours: str, theirs: str, *, pairs: int, target: float) -> Measure:
    """The ingest of a log in its workspace, beside DuckDB reading its lines as text into a table of a file.

    Args:
        reader: the script of `floors/` that reads it.
        ours, theirs: SELECTs of the same figures from either store.
    """
    from benchmarks.children import floor, omnictl, spend
    from benchmarks.measures import Different
    from benchmarks.pairs import compare

    place = log.parent
    state, by_hand = place / ".omnictl", place / "by-hand.duckdb"

    def same(pair: Pair) -> None:
        found = spend(floor("figures.py", state / "store.duckdb", ours)).output.split()
        wanted = spend(floor("figures.py", by_hand, theirs)).output.split()
        if found != wanted:
            raise Different(f"omnictl: {found}\nlines: {wanted}")

    return compare(
        what,
        omnictl("ingest", "--quiet", workspace=place),
        floor(reader, log, by_hand),
        pairs=pairs,
        against="DuckDB, lines as text",
        target=target,
        before=partial(shutil.rmtree, state, ignore_errors=True),
        same=same,
    )


if __name__ == "__main__":
    print(write_log(Path(sys.argv[1]), int(sys.argv[2])))
