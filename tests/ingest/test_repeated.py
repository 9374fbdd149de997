"""Exports of the day that has 25 hours, and of the one that has 23."""

from __future__ import annotations

import pytest
from ingest_bench import Bench

HEAD = "id,begun,ended\n"
SOURCE = """
    calls:
      connector: table
      path: calls*.csv
      max_rejects: 50%
      columns: {interaction_id: id, channel: "'phone'", started_at: begun, ended_at: ended}
"""


def started(bench: Bench, *files: str, source: str = SOURCE) -> dict[str, str]:
    """When each call began, in UTC: `25 00:10` is the 25th of October 2026 at ten past midnight."""
    for number, text in enumerate(files):
        bench.write(f"calls{number}.csv", HEAD + text)
    bench.sources(source)
    bench.load()
    rows = bench.query("select interaction_id, strftime(started_at, '%d %H:%M') from interactions order by 1")
    return dict(rows)


def night(*times: str) -> str:
    """Calls numbered from 1 that began at these times of that night, as clocks in Paris showed them."""
    return "".join(f"{number},2026-10-25 {time}:00,\n" for number, time in enumerate(times, 1))


FIRST, SECOND = "25 00:10", "25 01:10"  # the two instants at which clocks in Paris showed ten past two


@pytest.mark.parametrize(
    ("times", "instants"),
    [
        # forwards, with one step back: from there on it is the second
        (("01:30", "02:10", "02:50", "02:10", "02:20", "03:05"),
         ("24 23:30", FIRST, "25 00:50", SECOND, "25 01:20", "25 02:05")),
        # backwards, with one step forwards: until there it is the second
        (("03:05", "02:20", "02:10", "02:50", "02:10", "01:30"),
         ("25 02:05", "25 01:20", SECOND, "25 00:50", FIRST, "24 23:30")),
        # nothing shows it: the first
        (("01:30", "02:10", "02:50", "03:05"), ("24 23:30", FIRST, "25 00:50", "25 02:05")),
        (("02:50", "02:10"), ("25 00:50", FIRST)),
        # in no order: the first
        (("02:10", "01:30", "02:50", "02:10", "02:40", "02:20"),
         (FIRST, "24 23:30", "25 00:50", FIRST, "25 00:40", "25 00:20")),
        (("09:00", "02:50", "02:10", "03:05"), ("25 08:00", "25 00:50", FIRST, "25 02:05")),
    ],
)  # fmt: skip
def test_the_order_of_the_file_shows_the_second(
    bench: Bench, times: tuple[str, ...], instants: tuple[str, ...]
) -> None:
    assert tuple(started(bench, night(*times)).values()) == instants


def test_each_file_has_an_order_of_its_own(bench: Bench) -> None:
    other = "a,2026-10-25 01:31:00,\nb,2026-10-25 02:10:00,\n"
    found = started(bench, night("01:30", "02:40", "02:10"), other)
    assert (found["3"], found["b"]) == (SECOND, FIRST)


def test_a_call_does_not_end_before_it_begins(bench: Bench) -> None:
    lines = "1,2026-10-25 02:50:00,2026-10-25 02:10:00\n2,2026-10-25 02:10:00,2026-10-25 02:20:00\n"
    started(bench, lines)
    ends = bench.query("select strftime(started_at, '%H:%M'), strftime(ended_at, '%H:%M') from interactions order by 1")
    assert ends == [("00:10", "00:20"), ("00:50", "01:10")]


def test_a_call_of_the_second_hour_ends_in_it(bench: Bench) -> None:
    lines = (
        "1,2026-10-25 01:50:00,\n2,2026-10-25 02:50:00,\n"
        "3,2026-10-25 02:10:00,2026-10-25 02:20:00\n4,2026-10-25 03:00:00,\n"
    )
    started(bench, lines)
    ((began, ended),) = bench.query(
        "select strftime(started_at, '%H:%M'), strftime(ended_at, '%H:%M') from interactions where interaction_id = '3'"
    )
    assert (began, ended) == ("01:10", "01:20")


def test_times_with_their_offset_stay_what_they_say(bench: Bench) -> None:
    times = ("02:10:00+02:00", "02:50:00+02:00", "02:10:00+01:00", "02:20:00+01:00")
    lines = "".join(f"{number},2026-10-25 {time},\n" for number, time in enumerate(times, 1))
    assert list(started(bench, lines).values()) == [FIRST, "25 00:50", SECOND, "25 01:20"]


def test_half_an_hour_repeated(bench: Bench) -> None:
    """On Lord Howe Island the clocks go back from 02:00 to 01:30 on 5 April 2026: from +11:00 to +10:30."""
    lines = "".join(
        f"{number},2026-04-05 {time}:00,\n" for number, time in enumerate(("01:00", "01:40", "01:35", "02:10"), 1)
    )
    source = SOURCE.replace("path:", "timezone: Australia/Lord_Howe\n      path:")
    assert list(started(bench, lines, source=source).values()) == ["04 14:00", "04 14:40", "04 15:05", "04 15:40"]


def test_a_time_that_the_clock_skipped_is_a_reject(bench: Bench) -> None:
    bench.write("calls.csv", HEAD + "1,2026-03-29 01:59:59,\n2,2026-03-29 02:30:00,\n3,2026-03-29 03:00:00,\n")
    bench.sources(SOURCE)
    row = bench.load()
    assert (row.used, row.rejected) == (2, 1)
    assert "skipped" in row.message
    found = bench.query("select strftime(started_at, '%H:%M:%S') from interactions order by 1")
    assert found == [("00:59:59",), ("01:00:00",)]
