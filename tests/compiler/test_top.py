"""The largest cuts of an answer, the same in every bucket; totals hold all cuts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from asking import Asking, glossary_of

from omnictl.compiler.question import Period

GLOSSARY = glossary_of(
    "kpi: calls\nrollup: sum\nfrom: interactions\nvalue: count(*)",
    "kpi: answered\nunit: ratio\nrollup: share\nfrom: interactions\nnumerator: count_if(outcome = 'handled')\n"
    "denominator: count(*)",
    "kpi: talk\nunit: seconds\nrollup: sum\nfrom: interactions\nvalue: sum(talk_s)",
)
# queue: calls in March, in April, seconds of talk each; None has no queue
QUEUES: dict[str | None, tuple[int, int, int]] = {
    "d": (1, 6, 10), "a": (3, 1, 100), "b": (2, 2, 5), "c": (3, 1, 1), None: (2, 2, 1)
}  # fmt: skip


@pytest.fixture(scope="module")
def data() -> Asking:
    return Asking(
        GLOSSARY,
        interactions=[
            {"queue": queue, "started_at": datetime(2026, month, 1, 12), "outcome": "handled", "talk_s": talk}
            for queue, (march, april, talk) in QUEUES.items()
            for month, count in ((3, march), (4, april))
            for _ in range(count)
        ],
    )


def test_the_largest_over_all_buckets_in_every_bucket(data: Asking) -> None:
    """d has 7 calls, all others 4: of these the first of the answer is kept."""
    rows = data.rows("calls", by=("queue",), every="month", top=2, total=True)
    told = [(f"{row['period_start']:%m}", row["queue"], row["calls"]) for row in rows]
    assert told == [
        ("03", "a", 3), ("03", "d", 1), ("03", None, 11),
        ("04", "a", 1), ("04", "d", 6), ("04", None, 12), ("03", None, 23),
    ]  # fmt: skip
    notes = data.table("calls", by=("queue",), every="month", top=2).notes
    assert "the 2 largest of 5 cuts by value of calls; 3 left out, which totals hold" in notes


def test_shares_are_ranked_by_their_rows_and_amounts_by_their_value(data: Asking) -> None:
    assert [row["queue"] for row in data.rows("answered", "talk", by=("queue",), top=1)] == ["d"]
    assert [row["queue"] for row in data.rows("talk", "answered", by=("queue",), top=2)] == ["a", "d"]
    notes = data.table("answered", by=("queue",), top=1).notes
    assert "the 1 largest of 5 cuts by rows judged by answered; 4 left out, which totals hold" in notes


def test_no_queue_is_a_cut_like_others_and_the_last_of_equal_ones(data: Asking) -> None:
    assert [row["queue"] for row in data.rows("calls", by=("queue",), top=4)] == ["a", "b", "c", "d"]
    assert [row["queue"] for row in data.rows("calls", by=("queue",), top=5)] == ["a", "b", "c", "d", None]
    assert not [note for note in data.table("calls", by=("queue",), top=9).notes if "largest" in note]


def test_what_is_kept_is_as_without(data: Asking) -> None:
    asked: dict[str, Any] = {"by": ("queue",), "every": "month", "total": True}
    kept, whole = data.rows("calls", "answered", **asked, top=3), data.rows("calls", "answered", **asked)
    assert kept == [row for row in whole if row in kept]
    assert [column.name for column in data.table("calls", **asked, top=3).columns] == list(whole[0])[:5]


def test_what_is_compared_is_ranked_by_the_figures_of_now(data: Asking) -> None:
    april = Period(datetime(2026, 4, 1), datetime(2026, 5, 1))
    (row,) = data.rows("calls", by=("queue",), period=april, compare="previous", top=1)
    assert (row["queue"], row["calls"], row["calls_previous"], row["calls_change"]) == ("d", 6, 1, 5)
