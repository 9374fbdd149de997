"""Levels against counting the conversations that are open, second by second."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from building import Row, all_of, built
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

BEGIN = datetime(2026, 3, 29, 0, 40)
SECOND = timedelta(seconds=1)
QUARTER = timedelta(minutes=15)


def contact(id_: str, start: int, end: int | None, *, channel: str = "chat", **more: Any) -> Row:
    """A contact answered so many seconds after the beginning."""
    answered = BEGIN + start * SECOND
    ended = None if end is None else BEGIN + end * SECOND
    return Row(id_, None, channel, answered - SECOND, ended, more={"answered_at": answered, **more})


def part(id_: str, start: int, end: int | None, **more: Any) -> dict[str, Any]:
    """An agent's part of contact `c`."""
    ended = None if end is None else BEGIN + end * SECOND
    cells = {"source": "s", "segment_id": id_, "interaction_id": "c", "kind": "agent"}
    return {**cells, "started_at": BEGIN + start * SECOND, "ended_at": ended, **more}


def told(level: dict[str, Any]) -> tuple[Any, ...]:
    start, end = ((level[name] - BEGIN) // SECOND for name in ("started_at", "ended_at"))
    return (level["scope"], level["queue"] or level["agent"], start, end, level["open"])


SPANS = st.tuples(st.integers(0, 4000), st.integers(0, 2500), st.sampled_from("ab"), st.sampled_from("qr"))


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(SPANS, min_size=1, max_size=12))
def test_levels_are_those_counted_second_by_second(spans: list[tuple[int, int, str, str]]) -> None:
    rows = [
        contact(f"c{number}", start, start + length, agent=agent, queue=queue)
        for number, (start, length, agent, queue) in enumerate(spans)
    ]
    levels = all_of(built(rows), "levels")
    found: dict[tuple[str, str, int], int] = {}
    for level in levels:
        scope, line, start, end, count = told(level)
        assert count > 0 and level["duration_s"] == end - start > 0
        quarter = (level["started_at"] - datetime(1970, 1, 1)) // QUARTER
        assert (level["ended_at"] - SECOND - datetime(1970, 1, 1)) // QUARTER == quarter
        for second in range(start, end):
            assert (scope, line, second) not in found
            found[scope, line, second] = count
    expected: dict[tuple[str, str, int], int] = {}
    for start, length, agent, queue in spans:
        for line in (("agent", agent), ("queue", queue)):
            for second in range(start, start + length):
                expected[(*line, second)] = expected.get((*line, second), 0) + 1
    assert found == expected


def test_a_stretch_is_cut_where_the_number_changes_and_at_quarter_hours_only() -> None:
    rows = [
        contact("c1", 0, 600, agent="a"),  # until 00:50
        contact("c2", 600, 1800, agent="a"),  # from then on to 01:10: still one
        contact("c3", 1500, 1500, agent="a"),  # of no length
    ]
    levels = sorted(map(told, all_of(built(rows), "levels")))
    # quarter-hours of UTC, though the clock of Paris jumps at 01:00
    assert levels == [("agent", "a", 0, 300, 1), ("agent", "a", 300, 1200, 1), ("agent", "a", 1200, 1800, 1)]


def test_agents_parts_count_where_a_source_tells_them() -> None:
    rows = [contact("c", 0, 200, agent="x", queue="x"), contact("untold", 0, 200, agent="x", queue="x")]
    segments = [
        part("1", 0, 100, agent="a", queue="q"),
        part("2", 100, 150, agent="b", queue="q"),
        part("3", 0, 150, agent=None, queue="q", kind="queue"),
    ]
    levels = sorted(map(told, all_of(built(rows, segments=segments), "levels")))
    assert levels == [("agent", "a", 0, 100, 1), ("agent", "b", 100, 150, 1), ("queue", "q", 0, 150, 1)]


def test_an_open_conversation_lasts_until_the_watermark() -> None:
    rows = [contact("c", 0, 10, agent="a"), contact("open", 20, None, agent="b")]
    marks = {"s": BEGIN + 300 * SECOND}
    levels = sorted(map(told, all_of(built(rows, watermarks=marks), "levels")))
    assert levels == [("agent", "a", 0, 10, 1), ("agent", "b", 20, 300, 1)]


def test_where_no_end_is_ever_told_nothing_is_open() -> None:
    rows = [contact("c", 0, None, agent="a", channel="email"), contact("later", 9000, 9001, agent="b")]
    assert [told(level)[:2] for level in all_of(built(rows), "levels")] == [("agent", "b")]


def test_self_service_and_excluded_contacts_are_not_counted() -> None:
    rows = [contact("bot", 0, 100, agent="a", channel="chatbot"), contact("test", 0, 100, agent="a")]
    rows[1].excluded = "test"
    rows.append(contact("chat", 200, 260, agent="a"))
    assert [told(level) for level in all_of(built(rows), "levels")] == [("agent", "a", 200, 260, 1)]


def test_a_conversation_open_for_a_year_is_cut_at_every_quarter_hour() -> None:
    year = 365 * 86400
    rows = [contact("c", 300, year + 300, queue="q"), contact("d", 600, 660, queue="q")]
    levels = all_of(built(rows), "levels")
    assert len(levels) == 365 * 96 + 2
    assert sum(level["duration_s"] * level["open"] for level in levels) == year + 60


def test_an_end_that_stands_for_none_lasts_until_the_watermark() -> None:
    """Tools write 9999-12-31 for what is not over; in quarter-hours that would be millions of rows."""
    never = datetime(9999, 12, 31)
    rows = [
        contact("a", 0, 60, agent="x"),
        Row("b", None, "chat", BEGIN - SECOND, never, more={"answered_at": BEGIN, "agent": "y"}),
        contact("c", 120, 180, agent="x"),
    ]
    marks = {"s": BEGIN + 300 * SECOND}
    levels = [told(level) for level in all_of(built(rows, watermarks=marks), "levels") if level["agent"] == "y"]
    assert levels == [("agent", "y", 0, 300, 1)]
