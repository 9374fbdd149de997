"""Landing: what the database loses without a word is found by counting, and read the slow way."""

from __future__ import annotations

import pytest
from ingest_bench import Bench

from omnictl.connectors import delimited

SOURCE = """
    log:
      connector: table
      path: log*
      format: csv
      columns: {interaction_id: id, channel: "'phone'", started_at: begun}
"""
RECORDS = "".join(f"{n},2026-05-0{n} 10:00\n" for n in range(1, 8))


def lossy(name: str, *, records: int) -> str:
    """A scan of the file that leaves out all but some records, as a database that errs would."""
    return f"select * from ({name}) limit {records}"


def test_records_the_database_loses_are_read_the_slow_way(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    scan = delimited.csv_select
    lost: list[str] = []

    def once(path: object, *given: object, **options: object) -> str:
        select = scan(path, *given, **options)  # type: ignore[arg-type]
        if str(path).endswith("log-b.csv") and not lost:
            lost.append(select)
            return lossy(select, records=3)
        return select

    monkeypatch.setattr(delimited, "csv_select", once)
    bench.sources(SOURCE)
    bench.write("log-a.csv", "id,begun\n0,2026-05-01 09:00\n")
    bench.write("log-b.csv", "id,begun\n" + RECORDS, minutes=1)
    row = bench.load()
    assert lost
    assert (row.records, row.used, row.rejected) == (8, 8, 0)
    places = bench.query("select interaction_id, _record from interactions order by interaction_id")
    assert places == [("0", 1), *((str(n), n) for n in range(1, 8))]
