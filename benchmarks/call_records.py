"""Call detail records and channel events of a switch, made by set-based SQL, and what it costs to load them: needs
plugins/omnictl-asterisk.

    python -m benchmarks.call_records FOLDER KIND LINES

The calls are those of `queue_log`, and beside one in three a telephone of the house calls out. Half of the calls that
are answered reach their agent through a Local channel. The first half of the detail records has 18 columns and no
linkedid, as from before a switch was renewed; the events are as cel_custom writes them.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.queue_log import CALLS, beside_text

if TYPE_CHECKING:
    from benchmarks.pairs import Measure

LARGEST = 1_000_000
# The channels of a call: the caller's, one that rings in vain, both halves of a Local one, the agent's; and of a call
# out beside it, the telephone's and the other end's.
CHANNELS = """
create temp table channels as
select *, u < 80 as answered, u < 80 and hash(i + 6000000000) % 2 = 0 as by_local, u % 4 = 0 as in_vain,
    i % 3 = 0 as calls_out, printf('PJSIP/trunk-%08x', i * 8) as caller, agent || printf('-%08x', i * 8 + 1) as vain,
    'Local/' || split_part(agent, '/', 2) || printf('@agents-%08x', i * 8 + 2) as half,
    agent || printf('-%08x', i * 8 + 3) as answerer, phone || printf('-%08x', i * 8 + 4) as inside,
    printf('PJSIP/trunk-%08x', i * 8 + 5) as outside,
    t || '.' || i * 7 + 1 as vain_id, t || '.' || i * 7 + 2 as half_id, t || '.' || i * 7 + 4 as half_2_id,
    t + wait || '.' || i * 7 + 3 as answerer_id, t || '.' || i * 7 + 5 as inside_id, t || '.' || i * 7 + 6 as outside_id
from (select *, 'PJSIP/' || 1000 + hash(i + 7000000000) % 300 as phone from calls)
"""
# Of both SELECTs, `last` is the number of a call's last line.
CDR = """
with legs as (
    select i, 1 as k, id as uniqueid, id as linkedid, number as src, '600' as dst, 'from-trunk' as context,
        caller as channel, vain as dialled, 'Queue' as app, queue || ',tT' as data,
        t as begun, t as picked_up, t + wait as ended, 'NO ANSWER' as disposition
    from channels where in_vain
    union all
    select i, 2, id, id, number, '600', 'from-trunk', caller,
        case when by_local then half || ';1' when answered then answerer else '' end, 'Queue', queue || ',tT',
        t, t, t + wait + case when answered then talk else 0 end,
        case when answered then 'ANSWERED' else 'NO ANSWER' end
    from channels
    union all
    select i, 3, half_2_id, id, number, split_part(agent, '/', 2), 'agents', half || ';2', answerer,
        'Dial', agent, t + wait - least(wait, 5), t + wait, t + wait + talk, 'ANSWERED'
    from channels where by_local
    union all
    select i, 4, inside_id, inside_id, split_part(phone, '/', 2), number, 'from-internal', inside, outside,
        'Dial', 'PJSIP/' || number || '@trunk', t, t + 7, t + 7 + talk, 'ANSWERED'
    from channels where calls_out
)
select concat_ws(',', '""', quoted(src), quoted(dst), quoted(context), quoted('"" <' || src || '>'), quoted(channel),
    quoted(dialled), quoted(app), quoted(data), quoted(make_timestamp(begun * 1000000)),
    quoted(make_timestamp(picked_up * 1000000)), quoted(make_timestamp(ended * 1000000)), ended - begun,
    case when disposition = 'ANSWERED' then ended - picked_up else 0 end, quoted(disposition), '"DOCUMENTATION"',
    quoted(uniqueid), '""', case when n * 2 > {lines} then '"",' || quoted(linkedid) || ',' || n end)
from (select *, max(n) over (partition by i) as last from (select *, row_number() over (order by i, k) as n from legs))
where last <= {lines} order by n
"""


def _event(kind: str, second: str, of: str, more: str = "", where: str = "true") -> str:
    """Events of one kind, a row for each call: `of` names the channel (`caller`), its id and call; `more` the cells."""
    channel, uniqueid, number, context = {
        "caller": ("caller", "id", "number", "from-trunk"),
        "vain": ("vain", "vain_id", "''", "agents"),
        "half": ("half || ';1'", "half_id", "''", "agents"),
        "half_2": ("half || ';2'", "half_2_id", "number", "agents"),
        "answerer": ("answerer", "answerer_id", "split_part(agent, '/', 2)", "agents"),
        "inside": ("inside", "inside_id", "split_part(phone, '/', 2)", "from-internal"),
        "outside": ("outside", "outside_id", "number", "from-trunk"),
    }[of]
    linkedid, exten = ("inside_id", "number") if of in ("inside", "outside") else ("id", "'600'")
    cells = {"app": "''", "data": "''", "extra": "''"} | dict(
        each.split(" as ")[::-1] for each in more.split("; ") if each
    )
    return f"""select i, '{kind}' as kind, {second} as second, {channel} as channel, {uniqueid} as uniqueid,
        {number} as number, '{context}' as context, {linkedid} as linkedid, {exten} as exten, {cells["app"]} as app,
        {cells["data"]} as data, {cells["extra"]} as extra
        from channels where {where}"""


def _ends(second: str, of: str, where: str = "true") -> list[str]:
    return [_event(kind, second, of, where=where) for kind in ("HANGUP", "CHAN_END")]


QUEUED = "'Queue' as app; queue || ',tT' as data"
BRIDGE = """'{"bridge_id":"' || md5(i::varchar) || '","bridge_technology":"simple_bridge"}' as extra"""
DIALLED = "'Dial' as app; 'PJSIP/' || number || '@trunk' as data"
OVER = "t + wait + 1 + case when answered then talk else 0 end"
EVENTS = [
    *(_event("CHAN_START", "t", "caller"), _event("ANSWER", "t + 0.1", "caller")),
    _event("APP_START", "t + 0.2", "caller", "'BackGround' as app; 'welcome' as data", "u % 2 = 0"),
    _event("APP_START", "t + 0.3", "caller", QUEUED),
    *(_event("CHAN_START", "t + 0.4", "vain", where="in_vain"), *_ends("t + wait + 1", "vain", "in_vain")),
    _event("CHAN_START", "t + 0.5", "half", where="by_local"),
    _event("CHAN_START", "t + 0.5", "half_2", where="by_local"),
    _event("CHAN_START", "t + wait + 0.8", "answerer", where="answered"),
    _event("ANSWER", "t + wait + 1", "answerer", where="answered"),
    _event("ANSWER", "t + wait + 1", "half", where="by_local"),
    _event("BRIDGE_ENTER", "t + wait + 1.1", "answerer", BRIDGE, "answered"),
    _event("BRIDGE_ENTER", "t + wait + 1.1", "caller", f"{QUEUED}; {BRIDGE}", "answered"),
    _event("HOLD", "t + wait + 6", "answerer", where="answered and u % 5 = 0"),
    _event("UNHOLD", "t + wait + 16", "answerer", where="answered and u % 5 = 0"),
    _event("BRIDGE_EXIT", OVER, "caller", f"{QUEUED}; {BRIDGE}", "answered"),
    _event("BRIDGE_EXIT", OVER, "answerer", BRIDGE, "answered"),
    *(*_ends(OVER, "half", "by_local"), *_ends(OVER, "half_2", "by_local"), *_ends(OVER, "answerer", "answered")),
    _event("APP_END", OVER, "caller", QUEUED),
    *(*_ends(OVER, "caller"), _event("LINKEDID_END", OVER, "caller")),
    *(
        _event("CHAN_START", "t", "inside", where="calls_out"),
        _event("CHAN_START", "t + 1", "outside", where="calls_out"),
    ),
    _event("APP_START", "t + 0.5", "inside", DIALLED, "calls_out"),
    *(_event("ANSWER", f"t + {at}", of, where="calls_out") for at, of in ((7, "outside"), (7.1, "inside"))),
    _event("BRIDGE_ENTER", "t + 7.2", "inside", f"{DIALLED}; {BRIDGE}", "calls_out"),
    _event("BRIDGE_ENTER", "t + 7.2", "outside", BRIDGE, "calls_out"),
    _event("BRIDGE_EXIT", "t + 7 + talk", "inside", f"{DIALLED}; {BRIDGE}", "calls_out"),
    _event("BRIDGE_EXIT", "t + 7 + talk", "outside", BRIDGE, "calls_out"),
    *(*_ends("t + 7 + talk", "outside", "calls_out"), *_ends("t + 7 + talk", "inside", "calls_out")),
    _event("LINKEDID_END", "t + 7 + talk", "inside", where="calls_out"),
]
CEL = f"""
select concat_ws(',', quoted(kind), quoted(second::decimal(18, 6)), '""', quoted(number), quoted(number), '""', '""',
    quoted(exten), quoted(context), quoted(channel), quoted(app), quoted(data), '"3"', '""', quoted(uniqueid),
    quoted(linkedid), '""', '""', '""', quoted(extra))
from (
    select *, max(n) over (partition by i) as last from (
        select *, row_number() over (order by i, second, channel, kind) as n from ({" union all ".join(EVENTS)})
    )
)
where last <= {{lines}} order by n
"""
KINDS = {"cdr": (CDR, 1.9), "cel": (CEL, 15)}  # the SELECT, and how many lines a call makes at least

WORKSPACE = """\
workspace: measured
timezone: UTC
country: FR
identity: {{secret: a key for measuring}}
sources:
  calls: {{connector: asterisk_{kind}, path: {log}}}
"""
TOGETHER = """\
workspace: measured
timezone: UTC
country: FR
identity: {secret: a key for measuring}
sources:
  calls: {connector: asterisk_queue_log, path: queue_log}
  cdr: {connector: asterisk_cdr, path: cdr.csv, completes: calls, match: [interaction_id, {phone: 10 min}]}
  cel: {connector: asterisk_cel, path: cel.csv, completes: calls, match: [interaction_id, {phone: 10 min}]}
"""

OURS = """
select (select sum(records) from runs), count(*), count_if(outcome = 'handled'), round(sum(talk_s))::bigint
from interactions
"""
THEIRS = {  # of the lines, whose cells are numbered from 1
    "cdr": """
        select count(*), count(distinct case when c4 <> 'agents' then c6 end),
            count(distinct case when c4 <> 'agents' and c15 = 'ANSWERED' then c6 end),
            sum(case when c8 = 'Dial' then c14::bigint end)
        from lines
    """,
    "cel": """
        select count(*), count(distinct c16), count(distinct case when c1 = 'BRIDGE_ENTER' then c16 end),
            round(sum(c2::decimal(18, 6) * case when c1 = 'HOLD' then 1 when c1 = 'UNHOLD' then -1
                when c15 <> c16 then 0 when c1 = 'BRIDGE_EXIT' then 1 when c1 = 'BRIDGE_ENTER' then -1 else 0 end
            ))::bigint
        from lines
    """,
}


def write_lines(folder: Path, kind: str, lines: int) -> Path:
    """Write so many lines of the records of one kind, or a few less: whole calls. Returns their path."""
    import duckdb

    sql, least = KINDS[kind]
    path = folder / f"{kind}.csv"
    con = duckdb.connect()
    con.execute(CALLS.format(calls=int(lines / least) + 100))
    con.execute(CHANNELS)
    con.execute("""create macro quoted(cell) as '"' || replace(cell::varchar, '"', '""') || '"'""")
    con.execute(f"copy ({sql.replace('{lines}', str(lines))}) to '{path}' (header false, quote '', delimiter '\x01')")
    return path


def call_records(folder: Path, rows: int, pairs: int) -> Iterator[Measure]:
    """Whole `omnictl ingest` of each kind, beside DuckDB that reads its lines as text into a table and no more."""
    for kind in KINDS:
        yield _one(folder, kind, min(rows, LARGEST), pairs)


def _one(folder: Path, kind: str, count: int, pairs: int) -> Measure:
    from benchmarks.children import spend

    place = folder / f"{kind}-{count}"
    log = place / f"{kind}.csv"
    if not log.exists():
        place.mkdir(parents=True, exist_ok=True)
        spend([sys.executable, "-m", "benchmarks.call_records", place, kind, str(count)])
    (place / "omnictl.yml").write_text(WORKSPACE.format(kind=kind, log=log.name), encoding="utf-8")
    what = f"ingest, {count:,} lines of a {kind.upper()}"
    return beside_text(what, log, "call_records.py", OURS, THEIRS[kind], pairs=pairs, target=10)


if __name__ == "__main__":
    print(write_lines(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
