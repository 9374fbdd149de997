"""A log in files: any cut, loaded in any order, gives the rows and the accounts of the whole."""

from __future__ import annotations

import itertools
import tempfile
from pathlib import Path

import pytest
from connector_bench import ConnectorBench, connector_of, four
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from omnictl.connectors import Connector, Csv

START = 1_793_606_400  # 2 November 2026, 08:00 UTC
EVENTS = ("ENTER", "CONNECT", "END", "NOISE", "RATED")
RELATIONS = {
    "interactions": """
        select column1 as interaction_id, 'phone' as channel, to_timestamp(min(column0::bigint)) as started_at,
            to_timestamp(max(column0::bigint)) as ended_at, count(*)::varchar as queue,
            case when bool_or(column2 = 'CONNECT') then 'handled' else 'abandoned' end as outcome,
            list(record) as record
        from file where column2 in ('ENTER', 'CONNECT', 'END') group by column1
    """,
    "segments": """
        select column1 || '-' || column0 || '-' || n as segment_id, column1 as interaction_id, 'queue' as kind,
            to_timestamp(column0::bigint) as started_at, n as seq, record
        from (
            select *, row_number() over (partition by column1 order by column0::bigint, record) as n
            from file where column2 = 'ENTER'
        )
    """,
    "steps": """
        select row_id(column0, column1, column2) as step_id, column1 as interaction_id, 'vote' as type,
            to_timestamp(column0::bigint) as occurred_at
        from file where column2 = 'RATED'
    """,
}


def log_connector(**attributes: object) -> type[Connector]:
    reads = Csv(header=False, delimiter="|")
    given = {"reads": reads, "look_back": "1h", "at": "column0::bigint", "relations": RELATIONS}
    return connector_of(**(given | attributes))


Line = tuple[int, int, str]


def text_of(lines: list[Line]) -> str:
    return "".join(f"{START + second}|c{call}|{event}\n" for second, call, event in lines)


@st.composite
def logs(draw: st.DrawFn) -> list[Line]:
    """Events in the order of time, no two in one second. No call has a silence longer than the hour of `look_back`;
    between calls there may be days."""
    gaps = draw(st.lists(st.sampled_from([1, 60, 600, 1500, 4000, 100_000]), min_size=1, max_size=14))
    lines: list[Line] = []
    last: dict[int, int] = {}
    second = 0
    for gap in gaps:
        second += gap
        call = draw(st.integers(0, 3))
        while call in last and second - last[call] > 3600:  # a call that was silent for longer is over
            call += 4
        last[call] = second
        lines.append((second, call, draw(st.sampled_from(EVENTS))))
    return lines


@st.composite
def cut_logs(draw: st.DrawFn) -> tuple[list[Line], list[int], list[int], list[int]]:
    """A log, where it is cut, the order in which its parts come, and how many come at a time."""
    lines = draw(logs())
    cuts = sorted(draw(st.sets(st.integers(1, max(1, len(lines) - 1)), max_size=4)) - {len(lines)})
    order = draw(st.permutations(range(len(cuts) + 1)))
    return lines, cuts, list(order), draw(st.lists(st.integers(1, 3), min_size=1, max_size=6))


def parts_of(lines: list[Line], cuts: list[int]) -> list[list[Line]]:
    bounds = [0, *cuts, len(lines)]
    return [lines[start:end] for start, end in itertools.pairwise(bounds)]


def shown(bench: ConnectorBench) -> dict[str, list[tuple[object, ...]]]:
    """The rows without what depends on the files: which one, and the number in it."""
    names = list(RELATIONS)
    return {name: bench.query(f"select * exclude (_file, _record) from {name} order by all") for name in names}


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(cut_logs())
def test_any_cut_in_any_order_gives_the_whole(case: tuple[list[Line], list[int], list[int], list[int]]) -> None:
    lines, cuts, order, sizes = case
    with tempfile.TemporaryDirectory() as folder:
        whole = ConnectorBench(Path(folder) / "whole", log_connector())
        whole.write("data/log", text_of(lines))
        assert whole.ingest().status in ("done", "too_many_rejects")

        cut = ConnectorBench(Path(folder) / "cut", log_connector())
        parts = parts_of(lines, cuts)
        waiting, sizes = list(order), list(sizes)
        while waiting:
            size = sizes.pop(0) if sizes else len(waiting)
            now, waiting = waiting[:size], waiting[size:]
            for number in now:
                cut.write(f"data/log.{number:02}", text_of(parts[number]), minutes=number)
            row = cut.ingest()
            assert row.status == "done", row.message
        assert shown(cut) == shown(whole)
        assert cut.counts() == whole.counts()
        assert cut.ingest().status == "unchanged"


def test_a_call_over_three_files_that_come_backwards(tmp_path: Path) -> None:
    bench = ConnectorBench(tmp_path, log_connector())
    files = ["0|c1|ENTER", "3000|c1|CONNECT", "6000|c1|END"]
    for number in (2, 1, 0):
        second, call, event = files[number].split("|")
        bench.write(f"data/log.{number}", f"{START + int(second)}|{call}|{event}\n", minutes=number)
        bench.ingest()
    assert bench.query("select queue, outcome, epoch(ended_at - started_at)::int from interactions") == [
        ("3", "handled", 6000)
    ]
    assert bench.counts() == {"used": 3, "rejected": 0, "superseded": 0, "filtered": 0}


def test_a_file_between_two_others_joins_what_was_cut(tmp_path: Path) -> None:
    bench = ConnectorBench(tmp_path, log_connector())
    bench.write("data/a", f"{START}|c1|ENTER\n")
    bench.write("data/c", f"{START + 5000}|c1|END\n", minutes=2)
    bench.ingest()
    bench.write("data/b", f"{START + 2500}|c1|CONNECT\n", minutes=1)
    bench.ingest()
    assert bench.query("select queue, outcome from interactions") == [("3", "handled")]


def test_what_lies_further_apart_is_not_read_again(tmp_path: Path) -> None:
    bench = ConnectorBench(tmp_path, log_connector())
    for number in range(6):
        bench.write(f"data/log.{number}", f"{START + number * 86_400}|c{number}|ENTER\n", minutes=number)
    bench.ingest()
    bench.write("data/log.9", f"{START + 3 * 86_400 + 60}|c3|END\n", minutes=9)
    row = bench.ingest()
    assert row.files == 2  # the new one, and the one it goes on from
    assert bench.query("select queue from interactions where interaction_id = 'c3'") == [("2",)]
    assert bench.counts() == {"used": 7, "rejected": 0, "superseded": 0, "filtered": 0}


def test_a_vanished_neighbour_is_said_and_keeps_its_rows(tmp_path: Path) -> None:
    bench = ConnectorBench(tmp_path, log_connector())
    bench.write("data/a", f"{START}|c1|ENTER\n{START + 5}|c2|ENTER\n")
    bench.ingest()
    (tmp_path / "data" / "a").unlink()
    bench.write("data/b", f"{START + 60}|c1|CONNECT\n", minutes=1)
    row = bench.ingest()
    assert row.status == "done"
    assert any("data/a is gone" in note for note in bench.notes), bench.notes
    assert bench.query("select interaction_id from interactions order by 1") == [("c1",), ("c2",)]


def test_a_changed_part_changes_the_calls_of_its_neighbours(tmp_path: Path) -> None:
    bench = ConnectorBench(tmp_path, log_connector())
    bench.write("data/a", f"{START}|c1|ENTER\n")
    bench.write("data/b", f"{START + 60}|c1|CONNECT\n", minutes=1)
    bench.ingest()
    bench.write("data/b", f"{START + 60}|c1|NOISE\n", minutes=2)
    bench.ingest()
    assert bench.query("select outcome, queue from interactions") == [("abandoned", "1")]
    assert bench.counts() == {"used": 1, "rejected": 0, "superseded": 0, "filtered": 1}


def test_a_part_that_grows_is_read_again_with_what_goes_on_in_it(tmp_path: Path) -> None:
    """The tool still writes its last file: each run sees more of it."""
    bench = ConnectorBench(tmp_path, log_connector())
    bench.write("data/a", f"{START}|c1|ENTER\n")
    lines = [
        f"{START + 10}|c2|ENTER\n",
        f"{START + 20}|c1|CONNECT\n",
        f"{START + 30}|c2|END\n",
        f"{START + 40}|c1|END\n",
    ]
    for count in range(1, 5):
        bench.write("data/b", "".join(lines[:count]), minutes=count)
        bench.ingest()
        assert bench.notes == []
    assert bench.query("select interaction_id, queue, outcome from interactions order by 1") == [
        ("c1", "3", "handled"),
        ("c2", "2", "abandoned"),
    ]
    assert bench.counts() == {"used": 5, "rejected": 0, "superseded": 0, "filtered": 0}


def test_a_forgotten_part_is_cut_out_of_its_neighbours(tmp_path: Path) -> None:
    bench = ConnectorBench(tmp_path, log_connector())
    bench.write("data/a", f"{START}|c1|ENTER\n")
    bench.write("data/b", f"{START + 60}|c1|CONNECT\n", minutes=1)
    bench.ingest()
    (tmp_path / "data" / "b").unlink()
    bench.ingest(forget=("data/b",))
    assert bench.query("select outcome, queue from interactions") == [("abandoned", "1")]
    assert bench.counts() == {"used": 1, "rejected": 0, "superseded": 0, "filtered": 0}


@pytest.mark.parametrize("bad", ["never|c1|END", "|c1|END", "", "99999999999999999999|c1|END"])
def test_a_line_without_a_time_stops_nothing(tmp_path: Path, bad: str) -> None:
    tried = {name: text.replace("column0::bigint", "try_cast(column0 as bigint)") for name, text in RELATIONS.items()}
    bench = ConnectorBench(tmp_path, log_connector(at="to_timestamp(try_cast(column0 as bigint))", relations=tried))
    bench.write("data/a", f"{START}|c1|ENTER\n{bad}\n{START + 5}|c2|ENTER\n")
    bench.write("data/b", f"{START + 60}|c1|CONNECT\n", minutes=1)
    row = bench.ingest()
    assert row.status == "done", row.message
    assert bench.query("select interaction_id, outcome from interactions order by 1") == [
        ("c1", "handled"),
        ("c2", "abandoned"),
    ]


@pytest.mark.parametrize(("at", "words"), [("columm0", "columm0"), ("column0 +", "syntax")])
def test_a_time_that_cannot_be_evaluated_is_told(tmp_path: Path, at: str, words: str) -> None:
    bench = ConnectorBench(tmp_path, log_connector(at=at))
    bench.write("data/a", f"{START}|c1|ENTER\n")
    row = bench.ingest()
    assert row.status == "failed"
    assert "connector vocalia" in row.message
    assert "`at`" in row.message
    assert words in row.message


def test_a_file_without_any_time_is_said(tmp_path: Path) -> None:
    bench = ConnectorBench(tmp_path, log_connector(at="column1::bigint"))
    bench.write("data/a", f"{START}|c1|ENTER\n")
    assert bench.ingest().status == "done"
    assert any("data/a: no record has a time by `at`" in note for note in bench.notes)


def test_a_part_that_moves_in_time_leaves_its_old_neighbours(tmp_path: Path) -> None:
    bench = ConnectorBench(tmp_path, log_connector())
    bench.write("data/a", f"{START}|c1|ENTER\n")
    bench.write("data/b", f"{START + 60}|c1|CONNECT\n", minutes=1)
    bench.ingest()
    bench.write("data/b", f"{START + 900_000}|c2|CONNECT\n", minutes=2)
    bench.ingest()
    assert bench.query("select interaction_id, outcome, queue from interactions order by 1") == [
        ("c1", "abandoned", "1"),
        ("c2", "handled", "1"),
    ]
    assert not any("is gone" in note for note in bench.notes), bench.notes


def test_rejects_of_a_neighbour_are_listed_once_with_their_place(tmp_path: Path) -> None:
    connector = log_connector(
        relations={
            "interactions": "select column1 as interaction_id, 'phone' as channel, column2 as started_at from file",
        },
        at="to_timestamp(column0::bigint)",
    )
    bench = ConnectorBench(tmp_path, connector)
    bench.write("data/a", f"{START}|c1|2026-11-02 09:00:00\n{START + 1}|c2|never\n")
    bench.ingest()
    bench.write("data/b", f"{START + 60}|c3|2026-11-02 09:00:00\n{START + 61}|c4|never\n", minutes=1)
    bench.ingest()
    assert bench.query("select file, record, line from rejects order by 1") == [("data/a", 2, 2), ("data/b", 2, 2)]
    assert bench.counts() == {"used": 2, "rejected": 2, "superseded": 0, "filtered": 0}


def test_three_runs_of_a_day_each_read_only_the_last_day_again(tmp_path: Path) -> None:
    """The work of a run does not grow with the history."""
    bench = ConnectorBench(tmp_path, log_connector(look_back="2h"))
    for day in range(5):
        start = START + day * 86_400
        bench.write(
            f"data/{day}",
            f"{start}|c{day}|ENTER\n{start + 86_300}|d{day}|ENTER\n{start + 86_350}|c{day}x|ENTER\n",
            minutes=day,
        )
        row = bench.ingest()
        assert row.files <= 2
    assert four(bench.ingest()) == (0, 0, 0, 0)
    assert bench.query("select count(*) from interactions") == [(15,)]
