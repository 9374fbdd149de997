"""`tracking check` beside one hand-written scan per relation, over contacts of seven channels with identifiers."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

from benchmarks.children import floor, omnictl, spend
from benchmarks.pairs import Measure, Pair, compare
from benchmarks.workspaces import contacts_workspace, export_of

PLAN = """\
plan: {id: measured, version: 1.0.0}
needs:
  - id: answering
    question: {en: How well are contacts answered?}
    decision: {en: how many agents}
    kpis: [answer_rate, service_level, abandonment_rate, average_speed_of_answer, average_handle_time, transfer_rate]
    by: [channel, queue]
  - id: coming
    question: {en: Who comes?}
    decision: {en: what to open}
    kpis: [contacts_received, contacts_handled, visits]
    by: [channel]
"""
RHYTHM = "    retrieval: {every: 1 d, lateness: 2 h, owner: telephony}\n"
# Finding and column: the figure of the floor that must be the same.
FIGURES = {"property-nulls": "nulls", "value-out-of-range": "range", "clock-drift": "order"}


class Different(Exception):
    """Product and floor counted otherwise: no ratio can be told."""


def tracking_check(folder: Path, rows: int, pairs: int) -> Iterator[Measure]:
    """The check of a store whose contacts were loaded from one export."""
    export = export_of(folder, rows, "parquet")
    workspace = contacts_workspace(folder / f"checked-{rows}", export)
    file = workspace / "omnictl.yml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("    columns:\n", f"{RHYTHM}    columns:\n", 1), encoding="utf-8")
    (workspace / "tracking.yml").write_text(PLAN, encoding="utf-8")
    store = workspace / ".omnictl" / "store.duckdb"
    if not store.exists():
        spend(omnictl("ingest", "--quiet", workspace=workspace))
    yield compare(
        f"tracking check, {rows:,} contacts",
        omnictl("tracking", "check", "--fail-on", "never", "--format", "json", workspace=workspace),
        floor("tracking_check.py", store),
        pairs=max(pairs, 5),
        against="one scan per relation by hand",
        target=2,
        same=same_counts,
    )
    shutil.rmtree(workspace / ".omnictl" / "cache", ignore_errors=True)


def same_counts(pair: Pair) -> None:
    """Raise `Different` unless the findings have the counts of the floor, and none that the floor counts is lacking."""
    channels = json.loads(pair.floor.output)["channels"]
    for row in json.loads(pair.product.output):
        name = f"{FIGURES.get(row['code'], '')} {row['column']}"
        counted = channels.get((row["event"] or "").partition(".")[2], {})
        if name in counted and counted[name] != row["count"]:
            raise Different(f"{row['event']} {name}: omnictl {row['count']}, by hand {counted[name]}")
    told = {(row["event"], row["column"]) for row in json.loads(pair.product.output) if row["code"] == "clock-drift"}
    for channel, counted in channels.items():
        for name, count in counted.items():
            what, _, column = name.partition(" ")
            if what == "order" and bool(count) != ((f"interactions.{channel}", column) in told):
                raise Different(f"{channel}: {count} `{column}` before the beginning, and omnictl does not agree")
