"""Conversations at once against counting them instant by instant: by queue, agent and channel, of any stretch."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from asking import Asking
from building import Row, built

from omnictl.build.fills import fill_fills
from omnictl.compiler.question import Period
from omnictl.glossary import load_glossary

PARIS = ZoneInfo("Europe/Paris")
BEGIN = datetime(2026, 3, 29, 0, 40)  # the clock changes at 01:00 UTC
SECOND = timedelta(seconds=1)
END = 9000
Span = tuple[str, str, str, int, int]  # channel, queue, agent, first second, last
KPIS = ("concurrent_conversations", "concurrent_conversations@peak")
OF_AGENTS = ("concurrent_conversations@of_agents", "concurrent_conversations@of_agents_peak")
LINES = {"channel": 0, "queue": 1, "agent": 2}


def spans_of(seed: int) -> list[Span]:
    draw = random.Random(seed)
    found = []
    for _ in range(draw.randint(5, 40)):
        start = draw.randint(0, 7000)
        line = draw.choice(["chat", "phone"]), draw.choice("qrs"), draw.choice("ab")
        found.append((*line, start, min(END, start + draw.randint(1, 2500))))
    return found


def asking(spans: list[Span]) -> Asking:
    rows = []
    for number, (channel, queue, agent, start, end) in enumerate(spans):
        answered = BEGIN + start * SECOND
        more = {"answered_at": answered, "queue": queue, "agent": agent}
        rows.append(Row(f"c{number}", None, channel, answered - SECOND, BEGIN + end * SECOND, more=more))
    asked = Asking(load_glossary(["standard"]), "Europe/Paris")
    asked.con = built(rows, watermarks={"s": BEGIN + END * SECOND})
    asked.con.execute("create table if not exists meta (key varchar primary key, value varchar)")
    asked.count_fills()
    fill_fills(asked.con)
    return asked


def local(second: int) -> datetime:
    return (BEGIN + second * SECOND).replace(tzinfo=ZoneInfo("UTC")).astimezone(PARIS).replace(tzinfo=None)


def counted(spans: list[Span], first: int, last: int) -> tuple[float, int]:
    """The mean and the peak of the conversations open from one second to another."""
    open_ = [sum(start <= second < end for *_, start, end in spans) for second in range(first, last)]
    return sum(open_) / len(open_), max(open_)


@pytest.mark.parametrize("seed", range(2))
def test_mean_and_peak_of_any_stretch(seed: int) -> None:
    spans = spans_of(seed)
    asked = asking(spans)
    draw = random.Random(seed)
    first = draw.randint(0, 4000)
    last = draw.randint(first + 1, 8000)
    period = Period(local(first), local(last))
    for cut, kpis in (("queue", KPIS), ("agent", OF_AGENTS), ("channel", KPIS), ("channel", OF_AGENTS)):
        rows = asked.rows(*kpis, by=(cut,), period=period, total=True)
        told: dict[Any, tuple[float, int]] = {
            None if row["total"] else row[cut]: tuple(row[kpi] for kpi in kpis)
            for row in rows
            if row["total"] or row[cut] is not None
        }
        assert told.pop(None) == pytest.approx(counted(spans, first, last))
        present = {span[LINES[cut]] for span in spans}
        assert set(told) <= present
        for line in present:
            of_line = [span for span in spans if span[LINES[cut]] == line]
            assert told.get(line, (0, 0)) == pytest.approx(counted(of_line, first, last)), (cut, line)


@pytest.mark.parametrize(
    ("kpi", "line", "channels"),
    [
        ("chat_concurrency", "agent", ("chat",)),
        ("chat_concurrency@any_channel", "agent", ("chat", "phone")),
        ("chat_concurrency@of_the_queue_any_channel", "queue", ("chat", "phone")),
    ],
)
def test_mean_over_the_time_that_somebody_talks(kpi: str, line: str, channels: tuple[str, ...]) -> None:
    """The time without any is left out; of all agents or queues, each weighs the time of its own on a channel."""
    spans = spans_of(7)
    busy = talking = 0
    for whose in {(span[0], span[LINES[line]]) for span in spans if span[0] in channels}:
        own = [span for span in spans if (span[0], span[LINES[line]]) == whose]
        open_ = [sum(start <= second < end for *_, start, end in own) for second in range(END)]
        busy += sum(count > 0 for count in open_)
        talking += sum(open_)
    assert asking(spans).value(kpi) == pytest.approx(talking / busy)
