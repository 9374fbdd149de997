"""What is measured, by name: what it stands against, and what is aimed at."""

from __future__ import annotations

import csv
import io
import math
import shutil
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from benchmarks.build import build
from benchmarks.build_increment import build_increment
from benchmarks.call_records import call_records
from benchmarks.children import FLOORS, floor, omnictl, spend
from benchmarks.glossary import check, check_many, compile_
from benchmarks.link import link
from benchmarks.link_increment import link_increment
from benchmarks.link_wide import link_wide
from benchmarks.linkage import linkage
from benchmarks.pairs import Measure, Pair, compare
from benchmarks.peers import component_peers, repeat_peers
from benchmarks.probable import probable
from benchmarks.promises import flat, increment, records
from benchmarks.published import published
from benchmarks.queue_log import queue_log
from benchmarks.several import several
from benchmarks.tracking_check import tracking_check
from benchmarks.tracking_plan import tracking_plan
from benchmarks.workspaces import contacts_workspace, export_of, loaded

SMALL_ROWS = 20_000
INGEST_ROWS = 1_000_000
SHEET_ROWS = 100_000
GIGABYTE = 1e9
BY_HAND = "hand-written SQL"

TWO = ("answer_rate", "service_level")
TEN = (
    "contacts_received", "contacts_handled", "calls_offered", "answer_rate", "service_level", "abandonment_rate",
    "average_speed_of_answer", "average_handle_time", "transfer_rate", "visits",
)  # fmt: skip
# Of a store: what `floors/ingest.py` prints of its own.
FIGURES = """
select (select count(*) from interactions), (select count(*) from identifiers),
  (select count(distinct value) from identifiers), (select sum(wait_s) from interactions),
  (select sum(epoch(started_at)::bigint) from interactions), (select sum(epoch(ended_at)::bigint) from interactions),
  (select count(answered_at) from interactions), (select count_if(outcome = 'handled') from interactions)
"""


class Different(Exception):
    """Product and floor gave different figures: no ratio can be told."""


def figures_of(text: str) -> dict[tuple[str, str], list[float]]:
    """The CSV of a question by period and channel: the figures of each cell, one without any left out."""
    head, *rows = csv.reader(io.StringIO(text))
    period, channel = head.index("period_start"), head.index("channel")
    other = ("period_start", "period_end", "channel")
    told = [place for place, name in enumerate(head) if name not in other and not name.endswith("_state")]
    found = {}
    for row in rows:
        figures = [float(row[place] or 0) for place in told]
        if any(figures):
            found[row[period][:10], row[channel]] = figures
    return found


def same_figures(pair: Pair) -> None:
    """Raise `Different` unless both sides of a pair give the same figures to nine digits."""
    ours, theirs = figures_of(pair.product.output), figures_of(pair.floor.output)
    for cell in ours.keys() | theirs.keys():
        one, other = ours.get(cell, []), theirs.get(cell, [])
        if len(one) != len(other) or not all(math.isclose(a, b, rel_tol=1e-9) for a, b in zip(one, other, strict=True)):
            raise Different(f"{cell}: omnictl {one}, by hand {other}")


def help_(folder: Path, rows: int, pairs: int) -> Iterator[Measure]:
    """`omnictl --help` beside a Python that does nothing."""
    nothing = [sys.executable, "-c", "pass"]
    yield compare("--help", omnictl("--help"), nothing, pairs=max(pairs, 21), against="python -c pass", target=6)


def query(folder: Path, rows: int, pairs: int) -> Iterator[Measure]:
    """`kpi query` on a small store, its plan kept from an earlier call (warm) or made (cold)."""
    workspace = contacts_workspace(folder / "small", export_of(folder, SMALL_ROWS, "parquet"))
    by_hand = floor("ask.py", loaded(workspace), FLOORS / "two_kpis.sql")
    ask = omnictl("kpi", "query", *TWO, "--by", "channel", "--every", "month", "--format", "csv", workspace=workspace)
    forget = partial(shutil.rmtree, workspace / ".omnictl" / "cache", ignore_errors=True)
    beside = partial(
        compare, product=ask, floor=by_hand, pairs=max(pairs, 11), against="python + duckdb", same=same_figures
    )
    spend(ask)
    yield beside("kpi query, small store, warm", target=2)
    yield beside("kpi query, small store, cold", target=3.5, before=forget)


def ingest(folder: Path, rows: int, pairs: int) -> Iterator[Measure]:
    """`ingest` of a CSV and a Parquet export with three kinds of identifiers, into an empty store."""
    for format_ in ("csv", "parquet"):
        yield _ingest(folder, min(rows, INGEST_ROWS), format_, pairs, BY_HAND)


def json_(folder: Path, rows: int, pairs: int) -> Iterator[Measure]:
    """`ingest` of JSON: an object with its rows under a key. The floor finds types, as omnictl does, or has them."""
    count = min(rows, INGEST_ROWS)
    yield _ingest(folder, count, "json", pairs, "DuckDB, types found", "types-found")
    yield _ingest(folder, count, "json", pairs, "DuckDB, types given")


def excel(folder: Path, rows: int, pairs: int) -> Iterator[Measure]:
    """`ingest` of a workbook."""
    yield _ingest(folder, min(rows, SHEET_ROWS), "xlsx", pairs, "python-calamine, CSV, DuckDB")


def _ingest(folder: Path, count: int, format_: str, pairs: int, against: str, *how: str) -> Measure:
    export = export_of(folder, count, format_)
    workspace = contacts_workspace(folder / f"ingest-{format_}", export)
    state = workspace / ".omnictl"

    def same(pair: Pair) -> None:
        ours = spend(floor("figures.py", state / "store.duckdb", FIGURES)).output.split()
        if ours != pair.floor.output.split():
            raise Different(f"omnictl: {ours}\nby hand: {pair.floor.output.split()}")

    return compare(
        f"ingest, {count:,} rows of {format_}",
        omnictl("ingest", "--quiet", workspace=workspace),
        floor("ingest.py", export, folder / "by-hand.duckdb", *how),
        pairs=pairs,
        against=against,
        target=1.5,
        before=partial(shutil.rmtree, state, ignore_errors=True),
        same=same,
    )


def memory(folder: Path, rows: int, pairs: int) -> Iterator[Measure]:
    """The greatest memory of one ingest, as the kernel counts it."""
    for format_ in ("csv", "parquet"):
        workspace = contacts_workspace(folder / f"large-{format_}", export_of(folder, rows, format_))
        shutil.rmtree(workspace / ".omnictl", ignore_errors=True)
        peak = spend(omnictl("ingest", "--quiet", workspace=workspace)).peak_bytes / GIGABYTE
        yield Measure.once(f"memory of ingest, {rows:,} rows of {format_}", peak, "GB", against="", target=1)


def kpis(folder: Path, rows: int, pairs: int) -> Iterator[Measure]:
    """Ten KPIs by channel and month over many interactions; and local days beside days of UTC."""
    export = export_of(folder, rows, "parquet")
    workspace = contacts_workspace(folder / "large-parquet", export)
    store = workspace / ".omnictl" / "store.duckdb"
    if not store.exists():
        loaded(workspace)
    ask = ("kpi", "query", *TEN, "--by", "channel", "--format", "csv", "--every")
    monthly, daily = (omnictl(*ask, every, workspace=workspace) for every in ("month", "day"))
    by_hand, by_hand_utc = (floor("ask.py", store, FLOORS / name) for name in ("ten_kpis.sql", "ten_kpis_utc_days.sql"))
    plans = store.parent / "cache"
    shutil.rmtree(plans, ignore_errors=True)
    spend(monthly)  # keeps its plan, and no result
    counted = spend(floor("scans.py", store, next(plans.glob("*.json")), FLOORS / "ten_kpis.sql")).output.split()
    scans = int(counted[0]) / int(counted[1])
    yield Measure.once("ten KPIs by month, scans of the table", scans, "x", against=BY_HAND, target=1)
    yield compare(
        f"ten KPIs by month, {rows:,} rows",
        monthly,
        by_hand,
        pairs=max(pairs, 21),
        against=BY_HAND,
        target=1.1,
        same=same_figures,
    )
    utc = contacts_workspace(folder / "large-utc", export, zone="UTC", store=store.parent)
    daily_utc = omnictl(*ask, "day", workspace=utc)
    same_figures(Pair(spend(daily_utc), spend(by_hand_utc)))
    spend(daily)
    beside = partial(compare, f"ten KPIs by local day, {rows:,} rows", daily, pairs=max(pairs, 11), target=1.2)
    yield beside(daily_utc, against="its own days of UTC")
    yield beside(by_hand_utc, against="hand-written days of UTC")


MEASURES: dict[str, Callable[[Path, int, int], Iterator[Measure]]] = {
    "help": help_,
    "query": query,
    "ingest": ingest,
    "json": json_,
    "excel": excel,
    "queue_log": queue_log,
    "call_records": call_records,
    "memory": memory,  # leaves the large store that `kpis` asks
    "kpis": kpis,
    "several": several,
    "build": build,
    "build_increment": build_increment,
    "records": records,
    "increment": increment,
    "flat": flat,
    "link": link,
    "link_wide": link_wide,
    "link_increment": link_increment,
    "linkage": linkage,
    "probable": probable,
    "published": published,
    "repeat_peers": repeat_peers,
    "component_peers": component_peers,
    "check": check,
    "check_many": check_many,
    "compile": compile_,
    "tracking_check": tracking_check,
    "tracking_plan": tracking_plan,
}
