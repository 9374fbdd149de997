"""What is wrong with an export is said; what is sound of a run is published."""

from __future__ import annotations

import pytest
from ingest_bench import Bench

from omnictl.errors import OmnictlError

COLUMNS = "{interaction_id: id, channel: \"'phone'\", started_at: begun}"
GOOD = "id,begun\n1,2026-05-01 10:00\n2,2026-05-01 11:00\n"


def declare(bench: Bench, **paths: str) -> None:
    sources = [f"{name}: {{connector: table, path: '{path}', columns: {COLUMNS}}}" for name, path in paths.items()]
    bench.sources("\n".join(sources))


@pytest.mark.parametrize(
    ("path", "content", "status", "words"),
    [
        ("none*.csv", None, "missing", "no file matches `none*.csv`"),
        ("none.csv", None, "missing", "no file matches `none.csv`"),
        (".", None, "failed", "is a folder"),
        ("bad.csv", b"", "failed", "it is empty"),
        ("bad.csv", bytes(range(256)) * 40, "failed", "bad.csv"),
        ("bad.csv", b"ID_NO,begun\n1,2026-05-01\n", "failed", "there is no column `id`"),
        ("bad.parquet", b"PAR1 and then nothing", "failed", "bad.parquet"),
        ("bad.xlsx", b"PK\x03\x04 cut off", "failed", "bad.xlsx"),
    ],
)
def test_a_bad_source_does_not_stop_the_others(
    bench: Bench, path: str, content: bytes | None, status: str, words: str
) -> None:
    if content is not None:
        bench.write(path, content)
    bench.write("good.csv", GOOD)
    declare(bench, bad=path, good="good.csv")
    report = bench.run()
    bad, good = report.rows
    assert (bad.status, good.status, good.used) == (status, "done", 2)
    assert words in bad.message
    assert report.exit_code == 1
    assert report.published
    assert bench.query("select source, status from runs order by 1") == [("bad", status), ("good", "done")]


def test_nothing_sound_is_exit_2(bench: Bench) -> None:
    declare(bench, bad="none.csv")
    report = bench.run()
    assert report.exit_code == 2


def test_a_failing_source_keeps_its_rows(bench: Bench) -> None:
    bench.write("a.csv", GOOD)
    declare(bench, a="a*.csv")
    bench.run()
    bench.write("a2.csv", b"\x00\x01\x02" * 1000)
    report = bench.run()
    assert report.rows[0].status == "failed"
    assert bench.value("select count(*) from interactions") == 2
    bench.write("a2.csv", "id,begun\n3,2026-05-02\n")
    bench.run()
    assert bench.value("select count(*) from interactions") == 3
    assert bench.query("select status from runs order by run_id") == [("done",), ("failed",), ("done",)]


def test_only_some_sources(bench: Bench) -> None:
    bench.write("a.csv", GOOD)
    bench.write("b.csv", GOOD)
    declare(bench, a="a.csv", b="b.csv")
    assert [row.source for row in bench.run(only=["b"]).rows] == ["b"]
    assert bench.query("select distinct source from interactions") == [("b",)]
    with pytest.raises(OmnictlError, match="`c` is not a source"):
        bench.run(only=["c"])


def test_a_workspace_without_sources(bench: Bench) -> None:
    bench.write("omnictl.yml", "workspace: empty\ntimezone: UTC\n")
    assert bench.run().rows == []


def test_cells_of_megabytes_and_names_of_sql(bench: Bench) -> None:
    """Nothing of an export or its header is ever taken for SQL."""
    bench.write("a.csv", f'"id","begun","x""; drop table interactions; --"\n1,2026-05-01,{"x" * 3_000_000}\n')
    bench.sources(
        """
        a:
          connector: table
          path: a.csv
          columns:
            interaction_id: id
            channel: "'phone'"
            started_at: begun
            queue: '"x""; drop table interactions; --"'
        """
    )
    assert bench.load().used == 1
    assert bench.value("select length(queue) from interactions") == 3_000_000


def test_a_zone_of_the_workspace_is_told_when_it_is_used(bench: Bench) -> None:
    bench.write("a.csv", GOOD)
    bench.write("b.csv", "id,begun\n1,2026-05-01T10:00:00Z\n")
    declare(bench, a="a.csv")
    assert "a: times without offset are read as Europe/Paris, the workspace's zone" in bench.run().notes
    assert not any("offset" in note for note in bench.run().notes)
