"""What a period is compared with: which dates, which buckets, and what stands where there is nothing to compare."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from asking import Asking, glossary_of

from omnictl.compiler.buckets import make_buckets
from omnictl.compiler.compare import Shift, aligned, shift_of
from omnictl.compiler.period import period_of
from omnictl.compiler.question import Period
from omnictl.errors import DefinitionError
from omnictl.fiscal import FiscalYear
from omnictl.zone import zone_of

GLOSSARY = glossary_of(
    "kpi: calls\nrollup: sum\nfrom: interactions\nvalue: count(*)",
    "kpi: answered\nunit: ratio\nrollup: share\nfrom: interactions\nnumerator: count_if(outcome = 'handled')\n"
    "denominator: count(*)",
    "kpi: queues\nrollup: distinct\nfrom: interactions\nvalue: count(distinct queue)",
    "kpi: kinds\nunit: ratio\nrollup: share\nfrom: interactions\nnumerator: count(*)\ndenominator: count(*)\n"
    "denominator_over: [channel]",
    "kpi: chats\nunit: ratio\nrollup: share\nfrom: interactions\nchannels: [chat]\nnumerator: count_if(outcome ="
    " 'handled')\ndenominator: count(*)",
)
NOW = datetime(2026, 11, 20, 9, 30)


def span(text: str) -> Period:
    return period_of(text, None, None, NOW)


@pytest.mark.parametrize(
    ("compare", "every", "period", "start", "end"),
    [
        ("previous", None, "2026-11", "2026-10-01", "2026-11-01"),
        ("previous", "month", "2026-Q3", "2026-04-01", "2026-07-01"),
        ("previous", "quarter", "2026-Q3", "2026-04-01", "2026-07-01"),
        ("previous", None, "2026", "2025-01-01", "2026-01-01"),
        ("previous", None, "2026-W47", "2026-11-09", "2026-11-16"),
        ("previous", "day", "2026-W47", "2026-11-09", "2026-11-16"),
        ("previous", "day", "2026-11", "2026-09-27", "2026-10-27"),  # 30 days: five weeks clear them
        ("previous", None, "yesterday", "2026-11-12", "2026-11-13"),
        ("previous", "30min", "2026-11-20", "2026-11-13", "2026-11-14"),
        ("year", None, "2026-11", "2025-11-01", "2025-12-01"),
        ("year", "day", "2026-11", "2025-11-02", "2025-12-02"),
        ("year", "week", "2026-W47", "2025-11-17", "2025-11-24"),
        ("year", None, "2027-W47", "2026-11-23", "2026-11-30"),  # week 48: 2026 has 53
        ("year", "month", "2024-02", "2023-02-01", "2023-03-01"),
        ("year", None, "2024-02-29", "2023-03-02", "2023-03-03"),
    ],
)
def test_the_dates_compared_with(compare: str, every: str | None, period: str, start: str, end: str) -> None:
    given = span(period)
    assert given.start is not None
    assert given.end is not None
    shift = shift_of(compare, every, given)
    assert (f"{shift.back(given.start):%Y-%m-%d}", f"{shift.back(given.end):%Y-%m-%d}") == (start, end)
    if shift.weeks:
        assert shift.back(given.start).weekday() == given.start.weekday()


def test_a_fiscal_quarter_is_compared_with_the_one_before() -> None:
    fiscal = FiscalYear(4, 6)
    given = period_of("FY2026-Q2", None, None, NOW, fiscal)
    assert (given.start, given.end) == (datetime(2025, 7, 6), datetime(2025, 10, 6))
    assert (
        shift_of("previous", None, given, fiscal) == shift_of("previous", "quarter", given, fiscal) == Shift(months=3)
    )


def test_months_cut_at_their_end_stay_as_many() -> None:
    given = Period(datetime(2026, 10, 31), datetime(2026, 12, 5))
    assert shift_of("previous", "month", given) == Shift(months=3)
    assert Shift(months=1).back(datetime(2026, 3, 31)) == datetime(2026, 2, 28)


def test_an_hour_shown_twice_is_compared_with_nothing() -> None:
    """2026-10-25 has 25 hours in Paris; the week before and the week after have 24."""
    zone = zone_of("Europe/Paris")
    long, other = (make_buckets("hour", span(day), zone, None) for day in ("2026-10-25", "2026-10-18"))
    assert long is not None
    assert other is not None
    pairs = aligned(long, other, Shift(weeks=1))
    assert [number for number in range(long.count) if number not in pairs] == [3]
    assert {number: pairs[number] for number in (2, 4, 24)} == {2: 2, 4: 3, 24: 23}
    back = aligned(other, long, Shift(weeks=-1))
    assert (back[2], back[3], len(back)) == (2, 4, 24)


def row(day: datetime, channel: str = "phone", outcome: str = "handled", queue: str = "a") -> dict[str, Any]:
    return {"started_at": day, "channel": channel, "outcome": outcome, "queue": queue}


MONDAY = datetime(2026, 3, 9, 10)


def weeks() -> Iterable[dict[str, Any]]:
    """Two weeks. Before: Monday 2 calls (1 handled), Tuesday 1 chat. Now: Monday 4 (3 handled), Wednesday 1 e-mail."""
    before = MONDAY - timedelta(weeks=1)
    yield from (row(before, outcome=each) for each in ("handled", "abandoned"))
    yield row(before + timedelta(days=1), "chat", queue="b")
    yield from (row(MONDAY, outcome=each) for each in ("handled", "handled", "handled", "abandoned"))
    yield row(MONDAY + timedelta(days=2), "email", queue="c")


@pytest.fixture(scope="module")
def data() -> Asking:
    return Asking(GLOSSARY, interactions=weeks())


WEEK = Period(datetime(2026, 3, 9), datetime(2026, 3, 16))


def test_figures_of_two_weeks_side_by_side(data: Asking) -> None:
    (found,) = data.rows("calls", "answered", "queues", period=WEEK, compare="previous")
    assert (found["calls"], found["calls_previous"], found["calls_change"]) == (5, 3, 2)
    assert found["answered_previous"] == pytest.approx(2 / 3)
    assert found["answered_change"] == pytest.approx(4 / 5 - 2 / 3)
    assert (found["queues"], found["queues_previous"], found["queues_change"]) == (2, 2, 0)
    table = data.table("calls", "answered", period=WEEK, compare="previous")
    assert {column.name: column.unit for column in table.columns}["answered_change"] == "pt"
    assert any(
        "previous is 2026-03-02 to 2026-03-09, not included: 1 week before, by weekday" in n for n in table.notes
    )


def test_a_monday_is_compared_with_a_monday_though_days_are_missing(data: Asking) -> None:
    rows = data.rows("calls", every="day", period=WEEK, compare="previous")
    told = {found["period_start"]: (found["calls"], found["calls_previous"]) for found in rows}
    assert told[date(2026, 3, 9)] == (4, 2)
    assert told[date(2026, 3, 10)] == (0, 1)
    assert told[date(2026, 3, 11)] == (1, 0)
    assert len(rows) == 7


def test_a_cut_seen_in_one_of_the_periods_only(data: Asking) -> None:
    rows = data.rows("calls", "answered", "chats", by=("channel",), period=WEEK, compare="previous", total=True)
    assert [found["channel"] for found in rows] == ["chat", "email", "phone", None]
    chat, email, phone, whole = rows
    assert (chat["calls"], chat["calls_previous"], chat["calls_change"]) == (0, 1, -1)
    assert "calls_state" not in chat
    assert (chat["answered"], chat["answered_previous"], chat["answered_state"]) == (None, 1.0, "no_rows")
    assert (email["calls"], email["calls_previous"]) == (1, 0)
    assert (email["answered_previous"], email["answered_previous_state"]) == (None, "no_rows")
    assert (phone["calls"], phone["calls_previous"]) == (4, 2)
    assert (whole["calls"], whole["calls_previous"], whole["calls_change"]) == (5, 3, 2)
    assert (chat["chats"], chat["chats_state"], chat["chats_previous"]) == (None, "no_rows", 1.0)
    assert {found["chats_state"] for found in (email, phone)} == {"not_defined"}
    assert {found["chats_previous_state"] for found in (email, phone)} == {"not_defined"}


def test_a_share_of_a_shared_denominator_that_is_not_seen_is_nothing(data: Asking) -> None:
    rows = data.rows("kinds", by=("channel",), period=WEEK, compare="previous")
    told = {found["channel"]: (found["kinds"], found["kinds_previous"]) for found in rows}
    assert told == {"chat": (0.0, 1 / 3), "email": (1 / 5, 0.0), "phone": (4 / 5, 2 / 3)}


def test_no_figure_is_changed_by_comparing(data: Asking) -> None:
    asked: dict[str, Any] = {"by": ("channel",), "every": "day", "period": WEEK, "total": True, "parts": True}
    kpis = ("calls", "answered", "queues", "kinds")
    alone = data.rows(*kpis, **asked)
    beside = data.rows(*kpis, **asked, compare="previous")
    keys = ("period_start", "period_end", "channel", "total")
    known = {tuple(found[name] for name in keys): found for found in beside}
    assert len(beside) == len(alone) + 7  # chat is seen the week before only
    for found in alone:
        other = known[tuple(found[name] for name in keys)]
        assert {name: other[name] for name in found} == found
    order = [tuple(found[name] for name in keys) for found in alone]
    assert [key for key in known if key[2] != "chat"] == order
    chats = [found for key, found in known.items() if key[2] == "chat"]
    assert [(each["kinds"], each["kinds_numerator"], each["kinds_denominator"]) for each in chats[:2]] == [
        (0.0, 0, 4),
        (None, 0, 0),
    ]


def test_what_lies_before_the_data_is_not_none(data: Asking) -> None:
    """No calls two weeks ago would be a lie: nothing is known of that week."""
    before = Period(datetime(2026, 3, 2), datetime(2026, 3, 9))
    table = data.table("calls", period=before, compare="previous")
    (found,) = data.rows("calls", period=before, compare="previous")
    assert (found["calls"], found["calls_previous"], found["calls_change"]) == (3, None, None)
    assert found["calls_previous_state"] == "no_rows"
    assert "calls: its data begins on 2026-03-02: what lies before is not known" in table.notes


def test_what_begins_within_the_data_is_partial(data: Asking) -> None:
    days = Period(datetime(2026, 3, 8), datetime(2026, 3, 15))
    (found,) = data.rows("calls", period=days, compare="previous")
    assert (found["calls_previous"], found["calls_previous_state"], found["calls_change"]) == (3, "partial", 2)


def test_an_unfinished_figure_says_so() -> None:
    data = Asking(GLOSSARY, interactions=weeks())
    data.complete_until("t", "interactions", datetime(2026, 3, 11))
    rows = data.rows("calls", every="day", period=WEEK, compare="previous", total=True)
    told = [(found["calls_state"], found["calls_previous"], found["calls_change"]) for found in rows[:3]]
    assert told == [(None, 2, 2), (None, 1, -1), ("partial", 0, 1)]
    assert (rows[-1]["calls_state"], rows[-1]["calls_previous"], rows[-1]["calls_change"]) == ("partial", 3, 2)
    notes = data.table("calls", every="day", period=WEEK, compare="previous").notes
    assert any(note.startswith("calls: 5 partial figures compared with whole ones") for note in notes)
    upto = Period(datetime(2026, 3, 9), datetime(2026, 3, 11))
    (found,) = data.rows("calls", period=upto, compare="previous")
    assert (found["calls"], found["calls_previous"], found["calls_change"]) == (4, 3, 1)


def test_long_rows_and_the_definition_say_it(data: Asking) -> None:
    rows = data.rows("calls", "answered", period=WEEK, compare="previous", long=True)
    assert [(found["kpi"], found["previous"]) for found in rows] == [("calls", 3), ("answered", pytest.approx(2 / 3))]
    assert rows[0]["definition"].endswith(
        "previous is 2026-03-02 to 2026-03-09, not included: 1 week before, by weekday"
    )
    plan = data.plan("calls", period=WEEK, compare="year")
    assert plan.kpis[0].details["compared_with"] == {
        "start": "2025-03-10 00:00:00",
        "end": "2025-03-17 00:00:00",
        "moved": "52 weeks before, by weekday",
    }


@pytest.mark.parametrize("period", [Period(), Period(start=datetime(2026, 3, 9))])
def test_comparing_needs_a_period(data: Asking, period: Period) -> None:
    with pytest.raises(DefinitionError) as error:
        data.plan("calls", period=period, compare="previous")
    assert error.value.findings[0].code == "compare-without-period"


def test_two_selects_are_run(data: Asking) -> None:
    told = [what for what, _ in data.plan("calls", period=WEEK, compare="previous").statements()]
    assert told == ["the figures", "the period compared with: the figures"]
