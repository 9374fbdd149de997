"""Whether a contact began inside opening hours: what its source says, else what the calendar says."""

from __future__ import annotations

import pytest
from ingest_bench import HEAD, Bench

OPEN = 'calendars: {support: {open: {mon-fri: "09:00-18:00"}, holidays: FR, closed: [2026-05-04]}}\n'
SOURCE = """
    calls:
      connector: table
      path: calls.csv
      columns: {interaction_id: id, channel: "'phone'", started_at: begun%s}
"""
SAYS = ", in_hours: \"said = 'yes'\""
CALLS = """id,begun,said
friday,2026-04-30 09:00:00,
early,2026-04-30 08:59:59,
late,2026-04-30 18:00:00,
holiday,2026-05-01 10:00:00,yes
sunday,2026-05-03 10:00:00,
closed,2026-05-04 10:00:00,
tuesday,2026-05-05 17:59:59,no
winter,2026-12-01 09:00:00,
wrong,20260-12-01 09:00:00,
"""


def inside(bench: Bench, referential: str, says: str = "") -> dict[str, bool | None]:
    bench.write("referential.yml", referential)
    bench.write("calls.csv", CALLS)
    bench.sources(SOURCE % says, head=HEAD + "referential: referential.yml\n")
    bench.load()
    return dict(bench.query("select interaction_id, in_hours from interactions"))


def test_the_calendar_says_it_where_the_source_does_not(bench: Bench) -> None:
    open_ones = {"friday", "tuesday", "winter"}
    found = inside(bench, OPEN)
    assert found.pop("wrong") is None  # a year no calendar reaches
    assert found == {name: name in open_ones for name in found}
    assert len(found) == 8
    longer = inside(bench, OPEN.replace("09:00-18:00", "08:00-18:30"))  # another calendar: the source is read anew
    assert {name for name, is_open in longer.items() if is_open} == open_ones | {"early", "late"}


def test_what_the_source_says_stays(bench: Bench) -> None:
    found = inside(bench, OPEN, SAYS)
    assert (found["holiday"], found["tuesday"], found["sunday"]) == (True, False, False)


@pytest.mark.parametrize("referential", ["{}\n", OPEN.replace("}}", "}, other: {open: {sat: '09:00-12:00'}}}")])
def test_without_a_calendar_that_is_meant_nothing_is_known(bench: Bench, referential: str) -> None:
    assert set(inside(bench, referential).values()) == {None}
