"""Files are known by content: twins, renames, rotations, changes, vanishing."""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import closing

from ingest_bench import Bench

from omnictl.ingest.ledger import Corrections

SOURCE = """
    log:
      connector: table
      path: log*
      format: csv
      columns:
        interaction_id: id
        channel: "'phone'"
        started_at: begun
        version_at: version
        queue: queue
"""
HEADER = "id,begun,version,queue\n"


def lines(*ids: int, queue: str = "auto", version: int = 1) -> str:
    return HEADER + "".join(f"{n},2026-05-0{n % 9 + 1} 10:00,{version},{queue}\n" for n in ids)


def ids(bench: Bench) -> list[str]:
    return [row[0] for row in bench.query("select interaction_id from interactions order by interaction_id")]


def test_nothing_new_loads_and_publishes_nothing(bench: Bench) -> None:
    bench.sources(SOURCE)
    bench.write("log.csv", lines(1, 2))
    assert bench.run().published
    before = bench.store.published.stat().st_mtime_ns
    report = bench.run()
    assert [row.status for row in report.rows] == ["unchanged"]
    assert not report.published
    assert report.exit_code == 0
    assert bench.store.published.stat().st_mtime_ns == before


def test_the_same_content_twice_counts_once(bench: Bench) -> None:
    bench.sources(SOURCE)
    bench.write("log1.csv", lines(1, 2))
    bench.write("log2.csv", lines(1, 2))
    report = bench.run()
    (row,) = report.rows
    assert (row.files, row.records, row.used) == (1, 2, 2)
    assert "log: log2.csv has the content of log1.csv: it counts once" in report.notes


def test_known_content_under_another_name_is_known(bench: Bench) -> None:
    bench.sources(SOURCE)
    bench.write("log1.csv", lines(1, 2))
    bench.load()
    (bench.folder / "log1.csv").rename(bench.folder / "log9.csv")
    assert bench.load().status == "unchanged"
    bench.write("log2.csv", lines(3), minutes=5)
    row = bench.load()
    assert (row.files, row.used) == (1, 1)
    assert bench.query("select path, used from files order by path") == [("log2.csv", 1), ("log9.csv", 2)]


def test_a_touched_file_is_not_read_again(bench: Bench) -> None:
    bench.sources(SOURCE)
    path = bench.write("log.csv", lines(1, 2))
    bench.load()
    os.utime(path)
    assert bench.load().status == "unchanged"


def test_rotation_adds_the_new_content_only(bench: Bench) -> None:
    """log moves to log.1 and a new log begins: what was read stays read."""
    bench.sources(SOURCE)
    bench.write("log", lines(1, 2))
    bench.load()
    (bench.folder / "log").rename(bench.folder / "log.1")
    bench.write("log", lines(3, 4), minutes=60)
    row = bench.load()
    assert (row.files, row.records, row.used) == (1, 2, 2)
    assert ids(bench) == ["1", "2", "3", "4"]
    assert bench.query("select path from files order by path") == [("log",), ("log.1",)]


def test_a_changed_file_is_replaced_whole(bench: Bench) -> None:
    bench.sources(SOURCE)
    bench.write("log1.csv", lines(1, 2, 3))
    bench.write("log2.csv", lines(7), minutes=1)
    bench.load()
    bench.write("log1.csv", lines(2, 4), minutes=9)
    row = bench.load()
    assert (row.files, row.records) == (1, 2)  # the other file is not read again
    assert ids(bench) == ["2", "4", "7"]


def test_a_record_of_a_changed_file_gives_way_to_what_it_had_replaced(bench: Bench) -> None:
    bench.sources(SOURCE)
    bench.write("log1.csv", lines(1, queue="auto", version=1))
    bench.write("log2.csv", lines(1, queue="vie", version=2), minutes=1)
    row = bench.load()
    assert (row.used, row.superseded) == (1, 1)
    bench.write("log2.csv", lines(5), minutes=2)
    bench.load()
    assert bench.query("select interaction_id, queue from interactions order by 1") == [("1", "auto"), ("5", "auto")]


def test_a_vanished_file_keeps_its_rows(bench: Bench) -> None:
    bench.sources(SOURCE)
    bench.write("log1.csv", lines(1, 2))
    bench.write("log2.csv", lines(3))
    bench.load()
    (bench.folder / "log1.csv").unlink()
    assert bench.load().status == "unchanged"
    assert ids(bench) == ["1", "2", "3"]


def test_read_anew_a_source_keeps_the_rows_of_vanished_files(bench: Bench) -> None:
    bench.sources(SOURCE)
    bench.write("log1.csv", lines(1, 2))
    bench.write("log2.csv", lines(3), minutes=1)
    bench.load()
    (bench.folder / "log1.csv").unlink()
    bench.sources(SOURCE.replace("queue: queue", "queue: upper(queue)"))
    report = bench.run()
    assert bench.query("select interaction_id, queue from interactions order by 1") == [
        ("1", "auto"),
        ("2", "auto"),
        ("3", "AUTO"),
    ]
    assert any("vanished" in note and "log1.csv" in note for note in report.notes)


def test_another_mapping_reads_the_source_anew(bench: Bench) -> None:
    bench.sources(SOURCE)
    bench.write("log.csv", lines(1))
    bench.load()
    bench.sources(SOURCE.replace("'phone'", "'chat'"))
    assert bench.load().used == 1
    assert bench.value("select channel from interactions") == "chat"
    bench.sources(SOURCE.replace("'phone'", "'chat'"), head="workspace: x\ntimezone: Asia/Tokyo\ncountry: FR\n")
    bench.load()
    assert str(bench.value("select started_at from interactions")) == "2026-05-02 01:00:00"


def test_full_reads_every_file_again(bench: Bench) -> None:
    bench.sources(SOURCE)
    bench.write("log1.csv", lines(1))
    bench.write("log2.csv", lines(2))
    bench.load()
    row = bench.load(corrections=Corrections(full=True))
    assert (row.files, row.records, row.used) == (2, 2, 2)
    assert ids(bench) == ["1", "2"]


def test_a_newer_version_corrects_the_account_of_the_older_file(bench: Bench) -> None:
    bench.sources(SOURCE)
    bench.write("log1.csv", lines(1, 2, 3))
    bench.load()
    bench.write("log2.csv", lines(2, 4, version=2), minutes=1)
    row = bench.load()
    assert (row.records, row.used, row.superseded) == (2, 2, 0)
    assert bench.query("select path, records, used, superseded from files order by path") == [
        ("log1.csv", 3, 2, 1),
        ("log2.csv", 2, 2, 0),
    ]


def test_many_small_files(bench: Bench) -> None:
    """More than are landed in one statement, one of them of another shape, and records counted within each."""
    bench.sources(SOURCE)
    for number in range(120):
        bench.write(f"log{number:03}.csv", HEADER + f"{number},2026-05-01,1,q\n,2026-05-01,1,q\n", minutes=number)
    bench.write("log060.csv", "begun,id,queue,version\n2026-05-01,60,q,1\n2026-05-01,,q,1\n", minutes=60)
    row = bench.load()
    assert (row.files, row.records, row.used, row.rejected) == (120, 240, 120, 120)
    assert bench.query("select distinct record, line from rejects") == [(2, 3)]
    assert bench.query("select distinct _record from interactions") == [(1,)]
    assert bench.value("select count(distinct _file) from interactions") == 120


def test_two_sources_of_one_file(bench: Bench) -> None:
    bench.write("log.csv", "id,begun,score\n1,2026-05-01,9\n2,2026-05-02,\n")
    bench.sources(
        """
        calls:
          connector: table
          path: log.csv
          columns: {interaction_id: id, channel: "'phone'", started_at: begun}
        votes:
          connector: table
          path: log.csv
          relation: surveys
          columns: {survey_id: id, question: "'nps'", score: score, interaction_id: id, interaction_source: "'calls'"}
          where: score is not null
        """
    )
    report = bench.run()
    assert [(row.source, row.records, row.used, row.filtered) for row in report.rows] == [
        ("calls", 2, 2, 0),
        ("votes", 2, 1, 1),
    ]
    assert bench.query("select distinct channel from fills where relation = 'surveys'") == [("phone",)]


def test_a_source_renamed_does_not_count_twice(bench: Bench) -> None:
    bench.sources(SOURCE)
    bench.write("log.csv", lines(1, 2))
    bench.load()
    bench.sources(SOURCE.replace("    log:", "    journal:"))
    report = bench.run()
    assert bench.query("select source, count(*) from interactions group by 1") == [("journal", 2)]
    assert any(note.startswith("log: no longer in") and "withdrawn" in note for note in report.notes)


def test_an_undeclared_source_whose_files_are_gone_stays(bench: Bench) -> None:
    bench.sources(SOURCE)
    bench.write("log.csv", lines(1, 2))
    bench.load()
    (bench.folder / "log.csv").rename(bench.folder / "other.csv")
    bench.sources(SOURCE.replace("    log:", "    journal:").replace("log*", "other.csv"))
    report = bench.run()
    assert bench.value("select count(distinct source) from interactions") == 2
    assert any("its rows stay" in note for note in report.notes)


def test_a_file_that_is_still_being_written_waits(bench: Bench) -> None:
    bench.sources(SOURCE + "      ready: '*.done'\n")
    bench.write("log1.csv", lines(1))
    bench.write("log2.csv", lines(2))
    bench.write("log1.csv.done", "")
    report = bench.run()
    assert ids(bench) == ["1"]
    assert "log: log2.csv is left for the next run: there is no log2.csv.done or log2.done yet" in report.notes
    report = bench.run()
    assert [row.status for row in report.rows] == ["unchanged"]
    assert any("log2.csv is left for the next run" in note for note in report.notes)
    bench.write("log2.done", "")
    bench.load()
    assert ids(bench) == ["1", "2"]


def test_a_file_settles_before_it_is_read(bench: Bench) -> None:
    bench.sources(SOURCE + "      settle: 1 h\n")
    bench.write("log1.csv", lines(1), minutes=-90)
    bench.write("log2.csv", lines(2))
    now = time.time()
    os.utime(bench.folder / "log1.csv", (now - 7200, now - 7200))
    os.utime(bench.folder / "log2.csv", (now - 60, now - 60))
    report = bench.run()
    assert ids(bench) == ["1"]
    assert any("log2.csv is left for the next run: it changed 6" in note for note in report.notes)


def test_a_known_file_that_is_written_to_again_keeps_its_rows_meanwhile(bench: Bench) -> None:
    bench.sources(SOURCE)
    bench.write("log1.csv", lines(1))
    bench.load()
    bench.sources(SOURCE + "      settle: 1 h\n")
    bench.write("log1.csv", lines(1, 2))
    now = time.time()
    os.utime(bench.folder / "log1.csv", (now, now))
    bench.load()
    assert ids(bench) == ["1"]
    os.utime(bench.folder / "log1.csv", (now - 7200, now - 7200))
    bench.load()
    assert ids(bench) == ["1", "2"]


def test_a_database_is_changed_by_what_lies_beside_it(bench: Bench) -> None:
    bench.sources(SOURCE.replace("path: log*", "path: log.db").replace("format: csv", "format: sqlite"))
    with closing(sqlite3.connect(bench.folder / "log.db")) as writer:
        writer.executescript("pragma journal_mode = wal; create table log (id, begun, version, queue)")
        writer.execute("insert into log values (1, '2026-05-01 10:00', 1, 'auto')")
        writer.commit()
        bench.load()
        assert ids(bench) == ["1"]
        writer.execute("insert into log values (2, '2026-05-01 10:00', 1, 'auto')")
        writer.commit()
        bench.load()
        assert ids(bench) == ["1", "2"]
        assert bench.load().status == "unchanged"
