"""Rejects: all counted, the first listed with place and raw text, which lies beside the store."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

from ingest_bench import Bench

SOURCE = """
    calls:
      connector: table
      path: {path}
      columns: {{interaction_id: id, channel: "'phone'", started_at: begun}}
"""


def raws(bench: Bench) -> list[dict[str, Any]]:
    folder = bench.folder / ".omnictl" / "rejects"
    texts = [path.read_text() for path in sorted(folder.glob("*.jsonl"))]
    return [json.loads(line) for text in texts for line in text.splitlines()]


def test_place_and_raw_text_of_csv(bench: Bench) -> None:
    bench.write("calls.csv", 'id,begun,who\n1,2026-01-01,"Jane\nRoe"\n,2026-01-02,"x, y"\n3,yesterday,"a ""b"""\n')
    bench.sources(SOURCE.format(path="calls.csv"))
    bench.load()
    assert bench.query("select * exclude (_file) from rejects order by record") == [
        ("calls", "calls.csv", 2, 4, "interaction_id", "interaction_id: it is empty"),
        ("calls", "calls.csv", 3, 5, "started_at", "started_at: it cannot be read as TIMESTAMP"),
    ]
    assert [(reject["record"], reject["raw"].strip()) for reject in raws(bench)] == [
        (2, ',2026-01-02,"x, y"'),
        (3, '3,yesterday,"a ""b"""'),
    ]


def test_place_and_raw_text_of_json_lines(bench: Bench) -> None:
    bench.write("calls.jsonl", '{"id": 1, "begun": "2026-01-01"}\n{"id": 2, "begun": null}\n{"id": 3,\n')
    bench.sources(SOURCE.format(path="calls.jsonl"))
    row = bench.run().rows[0]
    assert (row.records, row.used, row.rejected) == (3, 1, 2)
    assert bench.query("select record, line from rejects order by 1") == [(2, 2), (3, 3)]
    assert [reject["raw"] for reject in raws(bench)] == ['{"id": 2, "begun": null}', '{"id": 3,']


def test_records_after_unparsed_ones_keep_their_number(bench: Bench) -> None:
    good = '{"id": %d, "begun": "2026-01-01"}\n'
    text = good % 1 + "{broken\n" + good % 3 + '{"id": 4}\n' + "also broken}\n" + good % 6 + '{"id": 7}\n'
    bench.write("calls.jsonl", text)
    bench.sources(SOURCE.format(path="calls.jsonl"))
    row = bench.run().rows[0]
    assert (row.records, row.used, row.rejected) == (7, 3, 4)
    assert bench.query("select record, line from rejects order by 1") == [(2, 2), (4, 4), (5, 5), (7, 7)]
    assert bench.query("select interaction_id, _record from interactions order by 1") == [("1", 1), ("3", 3), ("6", 6)]


def test_a_thousand_of_a_file_are_listed(bench: Bench) -> None:
    bench.write("calls.csv", "id,begun\n" + "1,never\n" * 1500 + "2,2026-01-01\n")
    bench.sources(SOURCE.format(path="calls.csv"))
    row = bench.load()
    assert row.rejected == 1500
    assert "500 rejects beyond 1,000 of a file are counted, not listed" in row.message
    assert bench.query("select count(*), max(record) from rejects") == [(1000, 1000)]
    assert len(raws(bench)) == 1000


def test_raw_texts_are_private_and_go_after_a_month(bench: Bench) -> None:
    bench.write("calls.csv", "id,begun\n1,never SECRETWORD\n2,2026-01-01\n")
    bench.sources(SOURCE.format(path="calls.csv"))
    bench.load()
    folder = bench.folder / ".omnictl" / "rejects"
    (path,) = folder.iterdir()
    assert path.stat().st_mode & 0o777 == 0o600
    assert "SECRETWORD" in path.read_text()
    for store in (bench.store.published, bench.store.work):
        assert b"SECRETWORD" not in store.read_bytes()
    old = time.time() - 31 * 86400
    os.utime(path, (old, old))
    bench.run()
    assert list(folder.iterdir()) == []


def test_rejects_go_with_their_file(bench: Bench) -> None:
    bench.write("calls.csv", "id,begun\n1,never\n2,2026-01-01\n")
    bench.sources(SOURCE.format(path="calls.csv"))
    bench.load()
    bench.write("calls.csv", "id,begun\n1,2026-01-01\n2,2026-01-01\n", minutes=3)
    bench.load()
    assert bench.value("select count(*) from rejects") == 0


def test_the_first_reject_is_told(bench: Bench) -> None:
    bench.write("calls.csv", "id,begun\n2,2026-01-01\n1,2026-03-29 02:15:00\n")
    bench.sources(SOURCE.format(path="calls.csv"))
    row = bench.load()
    words = "started_at: the local time does not exist in Europe/Paris: the clock skipped it"
    assert row.message == f"rejects begin at calls.csv:3: {words}"


def test_names_of_runs_make_file_names(bench: Bench) -> None:
    bench.write("calls.csv", "id,begun\n1,never\n2,2026-01-01\n")
    bench.sources(SOURCE.format(path="calls.csv"))
    row = bench.load()
    (path,) = Path(bench.folder / ".omnictl" / "rejects").iterdir()
    assert path.name == f"calls-{row.run_id.replace(':', '')}.jsonl"
