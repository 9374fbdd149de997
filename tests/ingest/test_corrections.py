"""Corrections: changed files, rotated logs, vanished files, --forget, --replace and --full."""

from __future__ import annotations

import os

import pytest
from calls_connector import Calls, offer
from ingest_bench import Bench

from omnictl.ingest.ledger import Corrections

SOURCE = """
    log:
      connector: table
      path: logs/*
      format: csv
      columns:
        interaction_id: id
        channel: "'phone'"
        started_at: begun
        version_at: version
        queue: queue
      identifiers: {customer_id: id}
"""
HEADER = "id,begun,version,queue\n"
EVERYTHING = "id,begun,version,queue,talk,phone,page,score\n"


def lines(*ids: int, queue: str = "auto", version: int = 1) -> str:
    return HEADER + "".join(f"{n},2026-05-0{n % 9 + 1} 10:00,{version},{queue}\n" for n in ids)


def queues(bench: Bench) -> dict[str, str]:
    return dict(bench.query("select interaction_id, queue from interactions"))


def forget(*globs: str) -> Corrections:
    return Corrections(forget=globs)


def remove(bench: Bench, name: str) -> None:
    (bench.folder / name).unlink()


def test_rows_a_changed_file_no_longer_holds_go_with_all_that_hangs_on_them(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer(monkeypatch, Calls)
    bench.sources("tested: {connector: test_calls, path: calls*.csv}")
    call = "{n},2026-05-01 10:00,1,q{n},30,061234567{n},menu,9\n"
    bench.write("calls1.csv", EVERYTHING + call.format(n=1) + call.format(n=2))
    bench.write("calls2.csv", EVERYTHING + call.format(n=3), minutes=1)
    bench.load()
    counted = """
        select (select count(*) from interactions), (select count(*) from segments), (select count(*) from steps),
            (select count(*) from surveys), (select count(*) from identifiers)
    """
    assert bench.query(counted) == [(3, 3, 3, 3, 3)]
    bench.write("calls1.csv", EVERYTHING + call.format(n=2) + "4,2026-05-01 11:00,1,,,,,\n", minutes=2)
    row = bench.load()
    assert (row.files, row.records, row.used) == (1, 2, 2)
    assert row.message == "changed: calls1.csv"
    assert bench.query(counted) == [(3, 2, 2, 2, 2)]
    owners = """
        select interaction_id from segments union all select interaction_id from steps
        union all select survey_id from surveys union all select owner_id from identifiers order by 1
    """
    assert [owner for (owner,) in bench.query(owners)] == ["2"] * 4 + ["3"] * 4
    assert bench.query("select interaction_id from interactions order by 1") == [("2",), ("3",), ("4",)]
    columns = "relation = 'segments' and column_name = 'queue'"
    assert bench.query(f"select row_count, filled from fills where {columns}") == [(2, 2)]


def test_what_a_withdrawn_record_had_replaced_stands_again_with_what_hangs_on_it(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over three files: the second had replaced a record of the first, and the third one of the second."""
    offer(monkeypatch, Calls)
    bench.sources("tested: {connector: test_calls, path: calls*.csv}")
    call = "{n},2026-05-01 10:00,{v},q{v},30,061234567{v},menu,9\n"
    bench.write("calls1.csv", EVERYTHING + call.format(n=1, v=1))
    bench.load()
    first = bench.contents()
    bench.write("calls2.csv", EVERYTHING + call.format(n=1, v=2), minutes=1)
    bench.load()
    bench.write("calls3.csv", EVERYTHING + call.format(n=1, v=3), minutes=2)
    bench.load()
    assert bench.query("select path, used, superseded from files order by path") == [
        ("calls1.csv", 0, 1),
        ("calls2.csv", 0, 1),
        ("calls3.csv", 1, 0),
    ]
    remove(bench, "calls3.csv")
    bench.load(corrections=forget("calls3.csv"))
    assert bench.query("select path, used, superseded from files order by path") == [
        ("calls1.csv", 0, 1),
        ("calls2.csv", 1, 0),
    ]
    assert bench.query("select queue from segments") == [("q2",)]
    remove(bench, "calls2.csv")
    bench.load(corrections=forget("calls2.csv"))
    assert bench.contents() == first


@pytest.mark.parametrize("corrections", [None, Corrections(full=True)])
def test_vanished_files_keep_their_rows(bench: Bench, corrections: Corrections | None) -> None:
    bench.sources(SOURCE)
    bench.write("logs/1", lines(1, 2))
    bench.write("logs/2", lines(3), minutes=1)
    bench.load()
    before = bench.contents()
    remove(bench, "logs/1")
    report = bench.run(corrections=corrections)
    assert bench.contents() == before
    said = "log: 1 vanished file (logs/1): the rows stay as they were read; --forget withdraws them"
    assert (said in report.notes) == (corrections is not None)


def test_a_source_whose_files_have_all_vanished_is_missing_and_keeps_its_rows(bench: Bench) -> None:
    bench.sources(SOURCE)
    bench.write("logs/1", lines(1, 2))
    bench.load()
    remove(bench, "logs/1")
    report = bench.run(corrections=Corrections(full=True))
    assert [row.status for row in report.rows] == ["missing"]
    assert queues(bench) == {"1": "auto", "2": "auto"}
    assert bench.load(corrections=forget("*")).message == "forgotten: logs/1"
    assert queues(bench) == {}
    assert bench.value("select count(*) from identifiers") == 0
    assert bench.value("select count(*) from files") == 0
    bench.write("logs/1", lines(1, 2))
    assert bench.load().used == 2


@pytest.mark.parametrize("glob", ["logs/1", "1", "logs/*1*", "[1]"])
def test_a_forgotten_file_by_its_path_or_its_name(bench: Bench, glob: str) -> None:
    bench.sources(SOURCE)
    bench.write("logs/1", lines(1, 2))
    bench.write("logs/2", lines(3), minutes=1)
    bench.load()
    remove(bench, "logs/1")
    report = bench.run(corrections=forget(glob))
    assert queues(bench) == {"3": "auto"}
    assert not [note for note in report.notes if "names no file" in note]


def test_a_forgotten_file_that_is_still_there_comes_back_with_the_next_run(bench: Bench) -> None:
    bench.sources(SOURCE)
    bench.write("logs/1", lines(1, 2))
    bench.write("logs/2", lines(3), minutes=1)
    bench.load()
    before = bench.contents()
    report = bench.run(corrections=forget("1"))
    assert queues(bench) == {"3": "auto"}
    assert "log: logs/1 is forgotten but still there: the next run loads it; move it away" in report.notes
    assert bench.load().files == 1
    assert bench.contents() == before


def test_a_file_renamed_since_is_forgotten_by_its_new_name(bench: Bench) -> None:
    bench.sources(SOURCE)
    bench.write("logs/1", lines(1, 2))
    bench.write("logs/2", lines(3), minutes=1)
    bench.load()
    (bench.folder / "logs/1").rename(bench.folder / "logs/old")
    bench.run(corrections=forget("old"))
    assert queues(bench) == {"3": "auto"}


def test_forgotten_by_one_of_two_names_its_content_has(bench: Bench) -> None:
    """The twin still says the same; forgetting both withdraws it."""
    bench.sources(SOURCE)
    bench.write("logs/1", lines(1, 2))
    bench.write("logs/2", lines(1, 2), minutes=1)
    bench.load()
    bench.run(corrections=forget("1"))
    assert queues(bench) == {"1": "auto", "2": "auto"}
    assert bench.query("select path from files") == [("logs/2",)]
    bench.run(corrections=forget("logs/*"))
    assert queues(bench) == {}


def test_globs_that_name_no_file_are_told(bench: Bench) -> None:
    bench.sources(SOURCE + SOURCE.replace("log:", "other:").replace("logs", "others"))
    bench.write("logs/1", lines(1, 2))
    bench.write("others/9", lines(1, 2))
    bench.run()
    report = bench.run(corrections=Corrections(replace=("l*/1", "nowhere/*"), forget=("2025-*",)))
    assert [note for note in report.notes if "names no file" in note] == [
        "--replace nowhere/* names no file",
        "--forget 2025-* names no file",
    ]
    assert [(row.source, row.files) for row in report.rows] == [("log", 1), ("other", 0)]
    report = bench.run(only=["log"], corrections=forget("others/*"))  # of a source that is not asked
    assert "--forget others/* names no file" in report.notes
    assert bench.value("select count(*) from interactions") == 4


def test_source_limits_corrections(bench: Bench) -> None:
    bench.sources(SOURCE + SOURCE.replace("log:", "other:").replace("logs", "others"))
    bench.write("logs/1", lines(1, 2))
    bench.write("others/1", lines(1, 2))
    bench.run()
    report = bench.run(only=["other"], corrections=Corrections(full=True))
    assert [(row.source, row.records) for row in report.rows] == [("other", 2)]
    bench.run(only=["other"], corrections=forget("1"))
    assert bench.query("select source, count(*) from interactions group by 1") == [("log", 2)]


def test_replaced_files_are_read_again_and_no_others(bench: Bench) -> None:
    bench.sources(SOURCE)
    bench.write("logs/1", lines(1, 2))
    bench.write("logs/2", lines(3), minutes=1)
    bench.load()
    before = bench.contents()
    row = bench.load(corrections=Corrections(replace=("1",)))
    assert (row.files, row.records, row.message) == (1, 2, "replaced: logs/1")
    assert bench.contents() == before


def test_the_oldest_of_rotated_logs_keeps_its_rows(bench: Bench) -> None:
    """Names are handed down, and the last one is overwritten: its old log has vanished, it has not changed."""
    bench.sources(SOURCE)
    bench.write("logs/log.1", lines(1, 2))
    bench.write("logs/log", lines(3), minutes=10)
    bench.load()
    (bench.folder / "logs/log").rename(bench.folder / "logs/log.1")
    bench.write("logs/log", lines(4), minutes=20)
    row = bench.load()
    assert (row.files, row.records) == (1, 1)
    assert sorted(queues(bench)) == ["1", "2", "3", "4"]


def test_a_log_that_grew_before_it_was_rotated(bench: Bench) -> None:
    """What was read of it is replaced by the whole of it under its new name; the log before it has vanished."""
    bench.sources(SOURCE)
    bench.write("logs/log.1", lines(1, 2))
    bench.write("logs/log", lines(3), minutes=10)
    bench.load()
    bench.write("logs/log.1", lines(3, 4), minutes=15)
    bench.write("logs/log", lines(5), minutes=20)
    row = bench.load()
    assert (row.files, row.records) == (2, 3)
    assert sorted(queues(bench)) == ["1", "2", "3", "4", "5"]
    assert bench.query("select path, records from files order by all") == [
        ("logs/log", 1),
        ("logs/log.1", 2),
        ("logs/log.1", 2),
    ]


def test_a_renamed_file_that_changes_later_is_replaced(bench: Bench) -> None:
    """A run that reads nothing takes note of the new name all the same."""
    bench.sources(SOURCE)
    bench.write("logs/1", lines(1, 2))
    bench.load()
    (bench.folder / "logs/1").rename(bench.folder / "logs/2")
    assert bench.load().status == "unchanged"
    assert bench.query("select path from files") == [("logs/2",)]
    bench.write("logs/2", lines(7), minutes=5)
    assert bench.load().message == "changed: logs/2"
    assert queues(bench) == {"7": "auto"}


def test_a_touched_file_is_known_by_its_new_time(bench: Bench) -> None:
    """Of equal versions, the one in the file modified later stands: it is another one when times change."""
    bench.sources(SOURCE)
    bench.write("logs/1", lines(1, queue="auto"))
    bench.write("logs/2", lines(1, queue="vie"), minutes=10)
    bench.load()
    assert queues(bench) == {"1": "vie"}
    bench.write("logs/1", lines(1, queue="auto"), minutes=20)
    bench.load()
    assert queues(bench) == {"1": "auto"}
    assert bench.query("select path, used, superseded from files order by path") == [("logs/1", 1, 0), ("logs/2", 0, 1)]
    assert bench.load().status == "unchanged"


def test_a_file_that_was_away_when_its_records_were_wanted_back(bench: Bench) -> None:
    bench.sources(SOURCE)
    bench.write("logs/1", lines(1, 2, queue="auto"))
    bench.write("logs/2", lines(1, queue="vie", version=2), minutes=10)
    bench.load()
    os.rename(bench.folder / "logs/1", bench.folder / "away")
    bench.write("logs/2", lines(8), minutes=20)
    report = bench.run()
    assert (
        "log: logs/1 is gone: of its 1 records that newer ones had replaced, none can be brought back" in report.notes
    )
    assert sorted(queues(bench)) == ["2", "8"]
    os.rename(bench.folder / "away", bench.folder / "logs/1")
    assert bench.load().files == 1
    assert queues(bench) == {"1": "auto", "2": "auto", "8": "auto"}
    assert bench.load().status == "unchanged"


def test_rejects_of_a_changed_file_go_too(bench: Bench) -> None:
    bench.sources(SOURCE)
    bench.write("logs/1", lines(1) + "2,never,1,auto\n")
    bench.write("logs/2", lines(3) + "4,never,1,auto\n", minutes=1)
    bench.run()
    bench.write("logs/1", lines(1, 2), minutes=2)
    bench.load()
    assert bench.query("select file, record from rejects") == [("logs/2", 2)]
