"""One question over four relations beside the four queries one would write by hand."""

from __future__ import annotations

import csv
import io
import math
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.children import FLOORS, floor, omnictl, spend
from benchmarks.pairs import Measure, Pair, compare
from benchmarks.workspaces import contacts_workspace, export_of, loaded

ROWS = 1_000_000
KPIS = ("answer_rate", "nps", "empty_searches", "queue_wait")  # over interactions, surveys, steps, segments
SOURCES = """\
glossary: [standard, kpis/]
  surveys:
    connector: table
    path: surveys.parquet
    relation: surveys
    columns: {survey_id: survey_id, interaction_source: "'contacts'", interaction_id: ticket, answered_at: answered,
      question: "'nps'", scale: "'nps_0_10'", scope: "'transactional'", score: score}
  steps:
    connector: table
    path: steps.parquet
    relation: steps
    completes: contacts
    columns: {step_id: step_id, interaction_id: ticket, occurred_at: occurred, seq: seq, type: type, value: results}
  segments:
    connector: table
    path: segments.parquet
    relation: segments
    completes: contacts
    columns: {segment_id: segment_id, interaction_id: ticket, seq: seq, kind: "'queue'", queue: queue,
      started_at: begun, wait_s: wait, outcome: outcome}
"""
OWN = """\
kpi: empty_searches
label: {en: Empty searches, fr: Recherches vides}
question: {en: How many searches find nothing?, fr: Combien de recherches ne trouvent rien ?}
unit: ratio
rollup: share
better: lower
from: steps
at: occurred_at
where: type = 'search' and excluded = ''
numerator: count_if(value = 0)
denominator: count(*)
---
kpi: queue_wait
label: {en: Wait in a queue, fr: Attente en file}
question: {en: How long is the wait in a queue?, fr: Combien attend-on en file ?}
unit: seconds
rollup: mean
better: lower
from: segments
at: started_at
where: kind = 'queue' and excluded = '' and outcome = 'handled'
numerator: sum(wait_s)
denominator: count(*)
"""


def several(folder: Path, rows: int, pairs: int) -> Iterator[Measure]:
    """Four KPIs over four relations by channel and month, beside four hand-written queries in one process."""
    count = min(rows, ROWS)
    workspace = _workspace(folder, count)
    store = loaded(workspace)
    asked = ("kpi", "query", *KPIS, "--by", "channel", "--every", "month", "--format", "csv")
    product = omnictl(*asked, workspace=workspace)
    queries = [FLOORS / "relations" / f"{name}.sql" for name in KPIS]
    spend(product)  # keeps its plan, and no result
    yield compare(
        f"four KPIs over four relations, {count:,} contacts",
        product,
        floor("ask_each.py", store, *queries),
        pairs=max(pairs, 21),
        against="four hand-written queries",
        target=1.1,
        same=_same,
    )


def _workspace(folder: Path, count: int) -> Path:
    export = export_of(folder, count, "parquet")
    workspace = contacts_workspace(folder / "several", export)
    if not (workspace / "segments.parquet").exists():
        spend([sys.executable, Path(__file__).parent / "around.py", export, workspace])
    (workspace / "kpis").mkdir(exist_ok=True)
    (workspace / "kpis" / "own.yml").write_text(OWN, encoding="utf-8")
    glossary, further = SOURCES.split("\n", 1)
    text = (workspace / "omnictl.yml").read_text(encoding="utf-8")
    (workspace / "omnictl.yml").write_text(f"{glossary}\n{text}{further}", encoding="utf-8")
    return workspace


def _same(pair: Pair) -> None:
    """Raise unless each figure of the four queries is the one omnictl gives."""
    rows = list(csv.DictReader(io.StringIO(pair.product.output)))
    ours = {(name, row["period_start"][:10], row["channel"]): row[name] for row in rows for name in KPIS}
    found = {key for key, figure in ours.items() if figure}
    for name, month, channel, figure in csv.reader(io.StringIO(pair.floor.output)):
        if not figure:
            continue
        own = ours.get((name, month, channel))
        if not own or not math.isclose(float(own), float(figure), rel_tol=1e-9):
            raise ValueError(f"{name}, {month}, {channel}: omnictl {own}, by hand {figure}")
        found.discard((name, month, channel))
    if found:
        raise ValueError(f"not found by hand: {sorted(found)[:5]}")
