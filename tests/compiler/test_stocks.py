"""Stocks against rows followed one by one in Python: every bucket, cut and total, in zones whose clocks change, up to
what each source knows."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from asking import Asking, glossary_of

from omnictl.compiler.plan import Plan
from omnictl.compiler.question import Period
from omnictl.glossary.check import check_glossary

BACKLOG = """
kpi: backlog
rollup: stock
from: interactions
open: {since: queued_at, until: resolved_at}
where: direction = 'inbound'
variants:
  mean: {over_time: mean}
  peak: {over_time: max}
"""
CALLS = "kpi: calls\nrollup: sum\nfrom: interactions\nat: started_at\nvalue: count(*)"
BASE = """
kpi: clients
rollup: stock
from: base
at: period_start
value: sum(active)
over_time: mean
variants:
  last: {over_time: last}
  peak: {over_time: max}
"""
RATE = "kpi: rate\nrollup: ratio\nnumerator: kpi(calls)\ndenominator: kpi(clients)"
GLOSSARY = glossary_of(BACKLOG, CALLS, BASE, RATE)
ALL = ("backlog", "backlog@mean", "backlog@peak")
PARIS = "Europe/Paris"
HOUR = timedelta(hours=1)


class Rows:
    """Rows that stand open from one instant to another, as far as their sources are known."""

    def __init__(self, rows: Sequence[dict[str, Any]], caps: dict[str, datetime]) -> None:
        self.cap = max(caps.values(), default=None)
        self.lives: list[tuple[datetime, datetime | None]] = []
        self.unknown: list[tuple[datetime, datetime | None]] = []
        for row in rows:
            since = row["queued_at"] or row["started_at"]
            until, cap = row["resolved_at"], caps.get(row["source"], self.cap)
            if row["direction"] != "inbound" or (cap is not None and since > cap):
                continue
            known = row["queued_at"] is not None and (until is None or until >= since)
            until = max(until, since) if until is not None and (cap is None or until <= cap) else None
            (self.lives if known else self.unknown).append((since, until))

    def level(self, instant: datetime) -> int:
        return sum(since <= instant and (until is None or until > instant) for since, until in self.lives)

    def before(self, instant: datetime) -> int:
        return sum(since < instant and (until is None or until >= instant) for since, until in self.lives)

    def last(self, start: datetime, end: datetime) -> int:
        return self.before(end) if self.cap is None or end <= self.cap else self.level(self.cap)

    def moments(self, start: datetime, end: datetime) -> list[datetime]:
        """Where the level changes in a stretch."""
        moves = {each for life in self.lives for each in life if each is not None and start < each < end}
        return sorted({start, *moves})

    def mean(self, start: datetime, end: datetime) -> Fraction:
        instant = min(end, self.cap) if self.cap else end
        begun = start
        if instant <= begun:
            return Fraction(self.last(start, end))
        points = [*self.moments(begun, instant), instant]
        lengths = [(later - each) // timedelta(microseconds=1) for each, later in pairwise(points)]
        area = sum(self.level(each) * length for each, length in zip(points, lengths, strict=False))
        return Fraction(area, sum(lengths))

    def peak(self, start: datetime, end: datetime) -> int:
        stop = end if self.cap is None or end <= self.cap else self.cap + timedelta(microseconds=1)
        if stop <= start:
            return self.level(self.cap or end)
        return max(self.level(each) for each in self.moments(start, stop))

    def lost(self, start: datetime, end: datetime) -> int:
        return sum(since < end and (until is None or until > start or since >= start) for since, until in self.unknown)


def utc(local: date | datetime, zone: str) -> datetime:
    if not isinstance(local, datetime):
        local = datetime(local.year, local.month, local.day)
    aware = local if local.tzinfo else local.replace(tzinfo=ZoneInfo(zone))
    return aware.astimezone(ZoneInfo("UTC")).replace(tzinfo=None)


def made(draw: random.Random, count: int, start: datetime, days: int) -> list[dict[str, Any]]:
    """Rows full of gaps, many of them moving at the same instants."""
    found = []
    for _ in range(count):
        since = start + timedelta(minutes=30 * draw.randrange(-40, 48 * days + 40))
        until = draw.choice([None, since + timedelta(minutes=30 * draw.randrange(0, 150))])
        if draw.random() < 0.06:
            until = since - HOUR
        found.append(
            {
                "source": draw.choice(["late", "fresh", "fresh", "retired"]),
                "channel": draw.choice(["email", "social"]),
                "queue": draw.choice(["a", "b", None]),
                "direction": draw.choice(["inbound"] * 6 + ["outbound"]),
                "started_at": since - timedelta(minutes=draw.choice([0, 7])),
                "queued_at": None if draw.random() < 0.06 else since,
                "resolved_at": until,
            }
        )
    return found


def chosen(rows: Iterable[dict[str, Any]], row: dict[str, Any], by: Sequence[str]) -> list[dict[str, Any]]:
    """The rows that a row of the answer is about."""
    return [each for each in rows if row.get("total") or all(each[name] == row[name] for name in by)]


@pytest.mark.parametrize("by", [(), ("queue",), ("channel", "queue")])
@pytest.mark.parametrize(
    ("zone", "start", "every", "capped"),
    [
        ("UTC", datetime(2026, 3, 2), "day", False),
        (PARIS, datetime(2026, 10, 23), "day", True),
        (PARIS, datetime(2026, 10, 24), "hour", True),
        (PARIS, datetime(2026, 3, 28), "30min", False),
        ("America/New_York", datetime(2026, 2, 20), "month", True),
        ("Africa/Cairo", datetime(2026, 4, 22), "day", True),
        ("Asia/Kathmandu", datetime(2026, 3, 1), "week", True),
        (PARIS, datetime(2026, 10, 24), None, True),
    ],
)
def test_followed_row_by_row(zone: str, start: datetime, every: str | None, capped: bool, by: tuple[str, ...]) -> None:
    days = 2 if every in ("hour", "30min") else 10 if every == "month" else 5
    draw = random.Random(f"{zone}{every}{by}")
    rows = made(draw, 90, start, days)
    caps = (
        {"late": start + timedelta(days=2, hours=3), "fresh": start + timedelta(days=4, minutes=30)} if capped else {}
    )
    asking = Asking(GLOSSARY, zone, interactions=rows)
    for source, cap in caps.items():
        asking.complete_until(source, "interactions", cap)
    period = Period(start, start + timedelta(days=days))
    answered = asking.rows(*ALL, by=by, every=every, period=period, total=True, parts=True)
    assert len(answered) > 1
    for row in answered:
        followed = Rows(chosen(rows, row, by), caps)
        followed.cap = max(
            caps.values(), default=max(each for r in rows for each in (r["queued_at"], r["resolved_at"]) if each)
        )
        span = utc(row["period_start"], zone), utc(row["period_end"], zone)
        told = tuple(row[name] for name in ALL)
        wanted = (followed.last(*span), float(followed.mean(*span)), followed.peak(*span))
        if not capped:  # nothing tells up to when it is known but the data: all of it stands
            wanted = (followed.before(span[1]), *wanted[1:])
        assert told == pytest.approx(wanted, rel=1e-12), row
        assert row["backlog_unknown"] == followed.lost(*span), row
        assert row["backlog_n"] == row["backlog"]


def stated(start: str, end: str | None, active: float, segment: str = "", source: str = "t") -> dict[str, Any]:
    return {"source": source, "period_start": start, "period_end": end, "segment": segment, "active": active}


def clients(asking: Asking, **asked: Any) -> list[tuple[Any, ...]]:
    names = ("clients", "clients@last", "clients@peak")
    return [
        tuple(None if row[name] is None else float(row[name]) for name in names) for row in asking.rows(*names, **asked)
    ]


YEAR = Period(datetime(2026, 1, 1), datetime(2027, 1, 1))
QUARTERS = [
    stated("2026-01-01", "2026-04-01", 90, "home"),
    stated("2026-01-01", "2026-04-01", 10, "motor"),
    stated("2026-04-01", "2026-07-01", 200, "home"),
]


@pytest.mark.parametrize("zone", ["UTC", PARIS, "America/New_York", "Pacific/Auckland", "Africa/Cairo"])
def test_a_level_holds_for_the_local_days_it_is_stated_for(zone: str) -> None:
    asking = Asking(GLOSSARY, zone, base=QUARTERS)
    days = clients(asking, every="day", period=Period(datetime(2026, 3, 30), datetime(2026, 4, 3)))
    assert days == [(100, 100, 100)] * 2 + [(200, 200, 200)] * 2
    hours = clients(asking, every="hour", period=Period(datetime(2026, 3, 31, 22), datetime(2026, 4, 1, 2)))
    assert hours == [(100, 100, 100)] * 2 + [(200, 200, 200)] * 2
    (row,) = clients(asking, period=Period(datetime(2026, 3, 30), datetime(2026, 4, 2)))
    lengths = [utc(date(2026, 4, 1), zone) - utc(date(2026, 3, 30), zone), timedelta(days=1)]
    assert row == (pytest.approx((100 * lengths[0] + 200 * lengths[1]) / sum(lengths, timedelta())), 200, 200)


def test_levels_do_not_add_up_over_time_and_segments_do() -> None:
    asking = Asking(GLOSSARY, PARIS, base=QUARTERS)
    half = Period(datetime(2026, 1, 1), datetime(2026, 7, 1))
    months = clients(asking, every="month", period=half, total=True)
    spans = [utc(date(2026, month, 1), PARIS) for month in (1, 4, 7)]
    mean = (100 * (spans[1] - spans[0]) + 200 * (spans[2] - spans[1])) / (spans[2] - spans[0])
    assert months == [(100, 100, 100)] * 3 + [(200, 200, 200)] * 3 + [(pytest.approx(mean), 200, 200)]
    rows = asking.rows("clients", by=("segment",), period=half, total=True, parts=True)
    by_segment = {(row["segment"], row["total"]): row["clients"] for row in rows}
    assert by_segment["home", False] + by_segment["motor", False] == pytest.approx(by_segment[None, True])


def test_without_a_period_the_levels_give_it() -> None:
    asking = Asking(GLOSSARY, PARIS, base=QUARTERS)
    rows = asking.rows("clients", every="month")
    assert [row["period_start"].month for row in rows] == [1, 2, 3, 4, 5, 6]
    assert [row["clients"] for row in rows] == [100] * 3 + [200] * 3


def test_where_nothing_is_stated_there_is_no_level() -> None:
    rows = [stated("2026-01-01", "2026-02-01", 50), stated("2026-03-01", None, 70), stated("2026-05-01", None, 80)]
    asking = Asking(GLOSSARY, PARIS, base=rows)
    asking.complete_until("t", "base", datetime(2026, 4, 30, 22))
    found = asking.rows(
        "clients", "clients@last", every="month", period=Period(datetime(2025, 12, 1), datetime(2026, 7, 1))
    )
    told = [(row["clients"], row["clients_state"]) for row in found]
    # March goes on until May, where the next level is; June is after the last day that anything is said of
    assert told == [
        (None, "no_rows"), (50, None), (None, "no_rows"), (70, None), (70, None), (80, "partial"), (80, "partial"),
    ]  # fmt: skip
    assert [row["clients@last"] for row in found] == [None, 50, None, 70, 70, 80, 80]


def test_the_last_stated_period_is_complete_up_to_its_end() -> None:
    asking = Asking(GLOSSARY, "America/New_York", base=QUARTERS)
    asking.complete_until("t", "base", datetime(2026, 4, 1))  # the newest day a level is stated for
    table = asking.table("clients", every="month", period=Period(datetime(2026, 6, 1), datetime(2026, 8, 1)))
    names = [column.name for column in table.columns]
    states = [row[names.index("clients_state")] for row in table.rows]
    assert states == [None, "partial"]
    assert table.notes == ["source `t` is complete up to 2026-07-01 00:00: later figures are partial"]


def test_each_source_states_its_own() -> None:
    rows = [
        stated("2026-01-01", "2026-07-01", 1000, "private", "crm"),
        stated("2026-01-01", "2026-02-01", 10, "business", "erp"),
        stated("2026-02-01", "2026-03-01", 20, "business", "erp"),
        stated("2026-03-01", "2026-04-01", 30, "business", "erp"),
    ]
    asking = Asking(GLOSSARY, base=rows)
    found = clients(asking, every="month", period=Period(datetime(2026, 1, 1), datetime(2026, 4, 1)))
    assert [row[0] for row in found] == [1010, 1020, 1030]


def test_a_rate_over_the_base_is_recomputed_in_totals() -> None:
    calls = [{"started_at": datetime(2026, month, 10)} for month in (1, 2, 2, 4, 4, 4)]
    asking = Asking(GLOSSARY, interactions=calls, base=QUARTERS)
    rows = asking.rows("rate", every="quarter", period=Period(datetime(2026, 1, 1), datetime(2026, 7, 1)), total=True)
    mean = (100 * 90 + 200 * 91) / 181
    assert [row["rate"] for row in rows] == pytest.approx([3 / 100, 3 / 200, 6 / mean])
    daily = asking.rows("rate", "calls", every="day", period=Period(datetime(2026, 4, 9), datetime(2026, 4, 11)))
    assert [(row["rate"], row["calls"]) for row in daily] == [(0, 0), (3 / 200, 3)]


def test_nothing_is_known_of_an_empty_store() -> None:
    asking = Asking(GLOSSARY)
    for asked in ({}, {"by": ("queue",)}, {"period": YEAR}, {"period": YEAR, "by": ("queue",), "every": "month"}):
        told = [tuple(row[name] for name in ALL) for row in asking.rows(*ALL, **asked)]
        assert told == ([] if "by" in asked else [(0, 0, 0)])
    (row,) = asking.rows("clients", period=YEAR)
    assert (row["clients"], row["clients_state"]) == (None, "no_rows")
    assert asking.rows(*ALL, every="day") == []


def test_after_the_watermark_things_stand_as_they_stood_then() -> None:
    rows = [
        {"channel": "email", "queued_at": datetime(2026, 3, 2, 8), "resolved_at": datetime(2026, 3, 3, 8)},
        {"channel": "email", "queued_at": datetime(2026, 3, 2, 9), "resolved_at": datetime(2026, 3, 4, 9)},
        {"channel": "email", "queued_at": datetime(2026, 3, 5, 9)},
    ]
    asking = Asking(GLOSSARY, interactions=rows)
    asking.complete_until("t", "interactions", datetime(2026, 3, 4, 8))
    period = Period(datetime(2026, 3, 3), datetime(2026, 3, 7))
    found = asking.rows(*ALL, every="day", period=period)
    assert [tuple(row[name] for name in ALL) for row in found] == [(1, pytest.approx(4 / 3), 2), *[(1, 1, 1)] * 3]
    assert [row["backlog_state"] for row in found] == [None, "partial", "partial", "partial"]
    (whole,) = asking.rows(*ALL)
    assert (whole["backlog"], whole["backlog@peak"]) == (1, 2)


def test_the_hour_shown_twice_is_two_buckets() -> None:
    """On 25 October 2026 Paris shows 02:00 to 03:00 twice: something is open in the second one only."""
    rows = [{"queued_at": datetime(2026, 10, 25, 1, 15), "resolved_at": datetime(2026, 10, 25, 1, 45)}]
    asking = Asking(GLOSSARY, PARIS, interactions=rows)
    asking.complete_until("t", "interactions", datetime(2026, 10, 26))
    day = Period(datetime(2026, 10, 25), datetime(2026, 10, 26))
    hours = asking.rows("backlog@mean", "backlog@peak", every="hour", period=day)
    assert len(hours) == 25
    assert [(n, row["backlog@mean"]) for n, row in enumerate(hours) if row["backlog@peak"]] == [(3, 0.5)]
    (whole,) = asking.rows("backlog@mean", period=day)
    assert whole["backlog@mean"] == pytest.approx(0.5 / 25)


def test_a_channel_where_nothing_is_ever_closed_is_not_measured() -> None:
    rows = [
        {"channel": "email", "queued_at": datetime(2026, 3, 2), "resolved_at": datetime(2026, 3, 3)},
        {"channel": "phone", "queued_at": datetime(2026, 3, 2)},
    ]
    found = Asking(GLOSSARY, interactions=rows).rows("backlog", by=("channel",))
    assert [(row["channel"], row["backlog"], row["backlog_state"]) for row in found] == [
        ("email", 0, None),
        ("phone", None, "not_measured"),
    ]


MAILS = BACKLOG + "channels: [email]\n"


def test_a_stock_of_one_channel_is_not_defined_on_another() -> None:
    rows = [
        {"channel": "email", "queued_at": datetime(2026, 3, 2), "resolved_at": datetime(2026, 3, 3)},
        {"channel": "chat", "queued_at": datetime(2026, 3, 2), "resolved_at": datetime(2026, 3, 3)},
    ]
    asking = Asking(glossary_of(MAILS, CALLS), interactions=rows)
    assert asking.rows("backlog", where="channel = 'chat'")[0]["backlog_state"] == "not_defined"
    assert asking.value("backlog", where="channel = 'email'") == 0
    for period in (Period(), YEAR):
        alone = asking.rows("backlog", by=("channel",), period=period)
        together = asking.rows("backlog", "calls", by=("channel",), period=period)
        assert alone == [{key: value for key, value in row.items() if key != "calls"} for row in together]
        assert {row["channel"]: row["backlog_state"] for row in alone} == {"chat": "not_defined", "email": None}


def rows_made(plan: Plan, asking: Asking) -> int:
    """The most rows that any step of a plan hands on."""
    ((_, text), *_) = asking.con.execute(f"explain (analyze, format json) {plan.sql}").fetchall()
    most, nodes = 0, json.loads(text)["operator"]
    while nodes:
        node = nodes.pop()
        nodes += node.get("children", [])
        most = max(most, int(node["intermediate_rows"]))
    return most


def test_no_row_is_made_per_row_and_bucket() -> None:
    start = datetime(2025, 1, 1)
    asking = Asking(GLOSSARY, interactions=[{"queued_at": start, "resolved_at": datetime(2026, 6, 1)}])
    asking.con.execute(
        """
        insert into interactions by name
        select * exclude (n) replace ('n' || n as interaction_id) from interactions cross join range(4999) as copies(n)
        """
    )
    asking.count_fills()
    planned = asking.plan(*ALL, every="day", period=Period(start, datetime(2026, 1, 1)))
    assert 5_000 <= rows_made(planned, asking) <= 11_000


WORLDS = """
kpi: worlds
rollup: stock
from: interactions
open:
  since: {email: queued_at, default: started_at}
  until: {email: resolved_at, default: ended_at}
where: {chat: direction = 'inbound', default: excluded = ''}
over_time: max
variants:
  last: {over_time: last}
  mean: {over_time: mean}
"""


def test_the_peak_of_several_worlds_is_taken_over_all_of_them() -> None:
    """E-mails and calls are open at different times: at most three together, not two and two."""
    day = datetime(2026, 3, 2)
    rows = [
        {"channel": "email", "queued_at": day, "resolved_at": day + 2 * HOUR},
        {"channel": "email", "queued_at": day + HOUR, "resolved_at": day + 3 * HOUR},
        {"channel": "phone", "started_at": day + HOUR, "ended_at": day + 5 * HOUR},
        {"channel": "chat", "started_at": day + 2 * HOUR, "ended_at": day + 5 * HOUR},
        {"channel": "chat", "started_at": day, "ended_at": day + 9 * HOUR, "direction": "outbound"},
        {"channel": "phone", "started_at": day, "ended_at": day + 9 * HOUR, "excluded": "test"},
    ]
    asking = Asking(glossary_of(WORLDS), interactions=rows)
    period = Period(day, day + timedelta(days=1))
    asking.complete_until("t", "interactions", day + timedelta(days=2))
    (row,) = asking.rows("worlds", "worlds@last", "worlds@mean", period=period)
    assert (row["worlds"], row["worlds@last"], row["worlds@mean"]) == (3, 0, pytest.approx((2 + 2 + 4 + 3) / 24))
    hours = asking.rows("worlds", every="hour", period=Period(day, day + 5 * HOUR))
    assert [each["worlds"] for each in hours] == [1, 3, 3, 2, 2]
    by_channel = asking.rows("worlds", by=("channel",), period=period, total=True)
    assert {each["channel"]: each["worlds"] for each in by_channel} == {"chat": 1, "email": 2, "phone": 1, None: 3}


def test_a_stock_of_two_relations_is_refused() -> None:
    kpi = WORLDS.replace("from: interactions", "from: {email: interactions, default: segments}")
    codes = [finding.code for finding in check_glossary(glossary_of(kpi.replace("excluded = ''", "talk_s > 0")))]
    assert "rollup-contradicts" in codes
    level = "kpi: x\nrollup: stock\nfrom: surveys\nat: interaction('ended_at')\nvalue: count(*)"
    assert [finding.code for finding in check_glossary(glossary_of(level))] == ["not-accepted"]
