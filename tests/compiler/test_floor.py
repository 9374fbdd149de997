"""Figures about few people are hidden, and cannot be worked out from what is shown beside them."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import chain
from typing import Any
from zlib import crc32

import pytest
from asking import Asking, glossary_of
from following import identities
from hypothesis import example, given, settings
from hypothesis import strategies as st

from omnictl.compiler.floor import _closed, _lines
from omnictl.compiler.question import Period
from omnictl.errors import DefinitionError

GLOSSARY = glossary_of(
    "kpi: calls\nrollup: sum\nfrom: interactions\nvalue: count(*)",
    "kpi: answered\nunit: ratio\nrollup: share\nfrom: interactions\nnumerator: count_if(outcome = 'handled')\n"
    "denominator: count(*)\ntarget: {value: 0.9}",
    "kpi: open_calls\nrollup: stock\nfrom: interactions\nopen: {since: started_at, until: resolved_at}",
    "kpi: staffed\nrollup: stock\nfrom: base\nat: period_start\nvalue: sum(active)",
    "kpi: chats\nrollup: sum\nfrom: interactions\nchannels: [chat]\nvalue: count(*)",
)
AT = datetime(2026, 3, 2, 10)


def contacts(*, queue: str, people: int, each: int = 1, month: int = 3, known: bool = True) -> list[dict[str, Any]]:
    return [
        {
            "queue": queue,
            "person": crc32(f"{queue}{number}".encode()) if known else None,
            "started_at": AT.replace(month=month) + timedelta(minutes=number),
            "resolved_at": AT + timedelta(days=90),
            "outcome": "handled" if number % 2 else "abandoned",
        }
        for number in range(people)
        for _ in range(each)
    ]


def asking(*rows: list[dict[str, Any]], linked: bool = True, **others: list[dict[str, Any]]) -> Asking:
    whole = [{"source": "t", "interaction_id": f"i{n}"} | row for n, row in enumerate(chain(*rows))]
    shown = [{key: value for key, value in row.items() if key != "person"} for row in whole]
    return Asking(GLOSSARY, interactions=shown, **({"identities": identities(whole)} if linked else {}), **others)


@pytest.fixture(scope="module")
def data() -> Asking:
    """Queues of 30, 12, 4 and 20 people; the last is of 3 people who called ten times each."""
    return asking(
        contacts(queue="a", people=30),
        contacts(queue="b", people=12),
        contacts(queue="c", people=4),
        contacts(queue="d", people=20, known=False),
        contacts(queue="e", people=3, each=10),
    )


def test_people_are_counted_and_not_their_calls(data: Asking) -> None:
    rows = {row["queue"]: row for row in data.rows("calls", "answered", by=("queue",), floor=11, parts=True)}
    assert {queue: row["calls"] for queue, row in rows.items()} == {"a": 30, "b": None, "c": None, "d": 20, "e": None}
    assert {queue for queue, row in rows.items() if row["calls_state"] == "hidden"} == {"b", "c", "e"}
    assert {name: value for name, value in rows["e"].items() if "answered" in name} == {
        "answered": None,
        "answered_numerator": None,
        "answered_denominator": None,
        "answered_n": None,
        "answered_unknown": None,
        "answered_state": "hidden",
    }


def test_what_is_hidden_is_said(data: Asking) -> None:
    """3 and 4 people together are 7: the smallest beside them goes too."""
    notes = data.table("calls", by=("queue",), floor=11).notes
    assert "calls: 2 figures about fewer than 11 people hidden; 1 more so that they cannot be worked out" in notes


def test_no_floor_hides_nothing(data: Asking) -> None:
    assert all(row["calls"] for row in data.rows("calls", by=("queue",)))


def test_one_hidden_cell_takes_a_second_with_it() -> None:
    data = asking(contacts(queue="a", people=30), contacts(queue="b", people=15), contacts(queue="c", people=4))
    rows = data.rows("calls", by=("queue",), floor=11, total=True)
    assert [(row["queue"], row["calls"]) for row in rows] == [("a", 30), ("b", None), ("c", None), (None, 49)]
    asked = data.rows("calls", by=("queue",), floor=11)
    assert [row["calls"] for row in asked] == [30, None, None]  # a total asked apart tells as much


def test_the_only_cut_is_hidden_with_its_total() -> None:
    data = asking(contacts(queue="a", people=4))
    rows = data.rows("calls", by=("queue",), floor=11, total=True)
    assert [(row["calls"], row["calls_state"]) for row in rows] == [(None, "hidden"), (None, "hidden")]


def test_nobody_is_no_small_number() -> None:
    data = asking(contacts(queue="a", people=30), contacts(queue="b", people=30, month=4))
    rows = data.rows("calls", by=("queue",), every="month", floor=11)
    assert [row["calls"] for row in rows] == [30, 0, 0, 30]


def test_a_small_month_cannot_be_told_from_the_year() -> None:
    data = asking(
        contacts(queue="a", people=30), contacts(queue="a", people=25, month=4), contacts(queue="a", people=3, month=5)
    )
    assert [row["calls"] for row in data.rows("calls", every="month", floor=11)] == [30, None, None]
    by_queue = data.rows("calls", every="month", by=("queue",), floor=11, total=True)
    assert [row["calls"] for row in by_queue] == [30, 30, None, None, None, None, 58]


def test_without_links_rows_stand_for_people() -> None:
    data = asking(contacts(queue="a", people=30), contacts(queue="b", people=3, each=5), linked=False)
    assert [row["calls"] for row in data.rows("calls", by=("queue",), floor=11)] == [30, 15]
    assert [row["calls"] for row in data.rows("calls", by=("queue",), floor=16)] == [None, None]


def test_what_stands_open_is_hidden_by_its_rows(data: Asking) -> None:
    march = Period(datetime(2026, 3, 1), datetime(2026, 4, 1))
    found = data.rows("open_calls", by=("queue",), period=march, floor=11)
    rows = {row["queue"]: row["open_calls"] for row in found}
    assert rows == {"a": 30, "b": None, "c": None, "d": 20, "e": 30}


def test_what_is_about_nobody_stays() -> None:
    data = Asking(GLOSSARY, base=[{"period_start": AT.date(), "active": 3}])
    assert data.value("staffed", floor=11) == 3


def test_a_cut_that_says_nothing_is_not_hidden() -> None:
    data = asking(contacts(queue="a", people=4))
    (row,) = data.rows("chats", by=("channel",), floor=11)
    assert row["chats_state"] == "not_defined"


def test_the_period_compared_with_is_hidden_alike() -> None:
    data = asking(
        contacts(queue="a", people=3), contacts(queue="a", people=30, month=4), contacts(queue="a", people=9, month=2)
    )
    period = Period(datetime(2026, 4, 1), datetime(2026, 5, 1))
    (row,) = data.rows("calls", period=period, compare="previous", floor=11)
    assert (row["calls"], row["calls_previous"], row["calls_change"]) == (30, None, None)
    assert row["calls_previous_state"] == "hidden"


def test_intervals_and_targets_of_what_is_hidden(data: Asking) -> None:
    rows = data.rows("answered", by=("queue",), floor=11, interval=True, long=True)
    (hidden,) = [row for row in rows if row["queue"] == "c"]
    assert (hidden["value"], hidden["n"], hidden["low"], hidden["high"]) == (None, None, None, None)
    assert float(hidden["target"]) == 0.9


def test_adding_a_kpi_hides_no_more_of_another(data: Asking) -> None:
    asked: dict[str, Any] = {"by": ("queue",), "floor": 11, "total": True}
    alone = data.rows("answered", **asked)
    beside = data.rows("chats", "calls", "answered", **asked)
    assert [{name: row[name] for name in alone[0]} for row in beside] == alone


@pytest.mark.parametrize(
    "asked", [{"by": ("agent",)}, {"where": "agent = 'a7'"}, {"where": "coalesce(Agent, '') <> ''"}]
)
def test_agents_are_told_apart_by_team(data: Asking, asked: dict[str, Any]) -> None:
    with pytest.raises(DefinitionError) as error:
        data.plan("calls", **asked, agents="team")
    assert [finding.code for finding in error.value.findings] == ["agent-cut"]
    assert data.plan("calls", **asked, agents="agent").sql
    assert data.plan("calls", by=("team",), agents="team").sql


@given(
    st.dictionaries(st.tuples(st.integers(0, 2), st.integers(0, 2), st.integers(0, 1)), st.integers(0, 40), min_size=1)
)
@example({(0, 0, 1): 11, (0, 1, 0): 11, (0, 1, 1): 11, (1, 0, 0): 11, (2, 0, 0): 1})
@settings(max_examples=50, deadline=None)
def test_no_line_of_cells_tells_what_it_hides(cells: dict[tuple[int, int, int], int]) -> None:
    """Of every line whose total could be asked, what is hidden is nothing, or two cells and a crowd; or all of it."""
    behind = {(0, period, (one, other)): people for (period, one, other), people in cells.items()}
    few = {key for key, people in behind.items() if 0 < people < 11}
    hidden = _closed(behind, few, 11)
    assert few <= hidden
    for line in _lines(behind):
        gone = [key for key in line if key in hidden]
        crowd = len(gone) >= 2 and sum(behind[key] for key in gone) >= 11
        assert not gone or crowd or all(key in hidden or not behind[key] for key in line)


def test_what_one_cut_fewer_tells_protects_nothing() -> None:
    """A mailbox has no team: by queue it is told. So the 3 beside it would be the rest of those without a team."""
    cells = {("mail", None): 43, ("calls", None): 60, ("vip", None): 3, ("vip", "north"): 14, ("calls", "north"): 90}
    behind = {(0, 0, cuts): people for cuts, people in cells.items()}
    few = {key for key, people in behind.items() if people < 11}
    assert {cuts for _, _, cuts in _closed(behind, few, 11)} == {*cells} - {("mail", None)}


def test_what_fewer_cuts_hide_is_not_shown_by_more() -> None:
    """By queue the mailbox goes with the 7 beside it: 12 is the next smallest. Cut by channel too, 12 is not shown, nor
    are the 16 that with the 28 e-mails would tell it."""
    cells = {("mail", "email"): 12, ("calls", "phone"): 31, ("calls", "email"): 16, ("vip", "phone"): 7}
    behind = {(0, 0, cuts): people for cuts, people in cells.items()}
    by_queue = {(0, 0, (queue,)): people for queue, people in (("mail", 12), ("calls", 47), ("vip", 7))}
    assert {queue for _, _, (queue,) in _closed(by_queue, {(0, 0, ("vip",))}, 11)} == {"vip", "mail"}
    assert {cuts for _, _, cuts in _closed(behind, {(0, 0, ("vip", "phone"))}, 11)} == cells.keys()


def test_who_is_in_several_cuts_is_one_person_in_the_whole() -> None:
    """Six contacts that each read two articles: twelve rows in the cuts, six people in the whole."""
    rows = contacts(queue="a", people=6)
    steps = [
        {"interaction_id": f"i{number}", "seq": seq, "type": "article", "object": article, "occurred_at": AT}
        for number in range(6)
        for seq, article in enumerate(("x", "y"))
    ]
    data = asking(rows, steps=steps)
    asked: dict[str, Any] = {"by": ("step.article",), "total": True}
    shown = [(row["step.article"], row["calls"]) for row in data.rows("calls", **asked, floor=6)]
    assert shown == [("x", 6), ("y", 6), (None, 6)]
    assert {row["calls_state"] for row in data.rows("calls", **asked, floor=7)} == {"hidden"}
    (*_, whole) = data.rows("answered", **asked, interval=True)
    (alone,) = data.rows("answered", interval=True)
    assert (whole["answered_low"], whole["answered_high"]) == (alone["answered_low"], alone["answered_high"])
