"""Leakage of anonymous visits: against a count by hand, on visits and calls of known leakage, and by the oracle."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from portable import Listening, faults

from omnictl.calendars import holidays_of
from omnictl.compiler.question import Period, Question
from omnictl.errors import OmnictlError
from omnictl.journeys.leakage.answer import FORTNIGHT, SHIFTS, WEEK, Leakage, Sought, leakage
from omnictl.privacy import Privacy
from omnictl.referential import Intent, Referential
from omnictl.relations import RELATIONS
from omnictl.statistics import excess

PARIS = ZoneInfo("Europe/Paris")
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
Visit = tuple[datetime, str | None, tuple[str, ...]]  # its end, its intent, the articles read
Call = tuple[datetime, str | None]


def workspace(floor: int = 0, country: str = "") -> Any:
    intents = {"claim": Intent({}), "claim_new": Intent({}, parent="claim"), "bill": Intent({})}
    known = Referential(intents=intents)
    return SimpleNamespace(
        timezone="Europe/Paris", country=country, referential=known, privacy=Privacy("agent", floor), store=None
    )


def stored(visits: Sequence[Visit], calls: Sequence[Call], since: datetime, until: datetime) -> Any:
    """A database of them; calls are known from one instant to the other."""
    con = duckdb.connect(":memory:", config={"threads": 2})
    for name in ("interactions", "identities", "steps"):
        columns = ", ".join(f'"{column.name}" {column.type}' for column in RELATIONS[name].columns)
        con.execute(f"create table {name} ({columns})")
    con.execute("create table sources (source varchar, watermark timestamp, until date)")
    con.execute("insert into sources values ('calls', ?, null)", [until])
    rows = [
        ("site", f"v{n}", "visit", "web", end - HOUR / 12, end, intent) for n, (end, intent, _) in enumerate(visits)
    ]
    rows += [("calls", f"c{n}", "contact", "phone", at, None, intent) for n, (at, intent) in enumerate(calls)]
    rows.append(("calls", "mail", "contact", "email", since, None, None))
    steps = [("site", f"v{n}", article) for n, (_, _, read) in enumerate(visits) for article in read]
    con.execute(
        "create temp table given (a varchar, b varchar, c varchar, d varchar, e timestamp, f timestamp, g varchar)"
    )
    _insert(con, "given", rows)
    con.execute(
        "insert into interactions (source, interaction_id, kind, channel, direction, excluded, started_at, ended_at,"
        " intent) select a, b, c, d, 'inbound', '', e, f, g from given"
    )
    con.execute("create temp table read (a varchar, b varchar, c varchar)")
    _insert(con, "read", steps)
    con.execute("insert into steps (source, interaction_id, type, object) select a, b, 'article', c from read")
    return con


def _insert(con: Any, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
    def told(value: Any) -> str:
        return "null" if value is None else f"'{value}'"

    for first in range(0, len(rows), 5000):
        values = ", ".join(f"({', '.join(map(told, row))})" for row in rows[first : first + 5000])
        con.execute(f"insert into {table} values {values}")


def ask(con: Any, by: str | None = None, *, within: timedelta = HOUR, **further: Any) -> Leakage:
    at = workspace(further.pop("floor", 0), further.pop("country", ""))
    return leakage(at, Sought(by, within, **further), Question((), period=Period()), con)


# by hand


def local(instant: datetime) -> datetime:
    return instant.replace(tzinfo=ZoneInfo("UTC")).astimezone(PARIS).replace(tzinfo=None)


def midnight(day: date) -> datetime:
    at = datetime(day.year, day.month, day.day, tzinfo=PARIS)
    return at.astimezone(ZoneInfo("UTC")).replace(tzinfo=None)


def by_hand(
    visits: Sequence[Visit], calls: Sequence[Call], since: datetime, until: datetime, within: timedelta
) -> dict[str | None, tuple[int, int, float]]:
    """By article, None for all: visits compared, calls after them, the excess; call by call, world by world."""
    family = {"claim_new": "claim"}
    fit = {
        day
        for number in range((until - since).days + 3)
        for day in [local(since).date() + number * DAY]
        if midnight(day) >= since and midnight(day + DAY) + within <= until
    }
    found: dict[str | None, tuple[int, int, float]] = {}
    for cell in {None, *(article for _, _, read in visits for article in read)}:
        own = [(end, family.get(intent or "", intent)) for end, intent, read in visits if cell is None or cell in read]
        days = {local(end).date() for end, _ in own}
        shifts = {day: [each for each in SHIFTS if day + each * DAY in fit] for day in days & fit}
        shifts = {day: told for day, told in shifts.items() if set(told) & set(WEEK)}
        known = [(local(end), key, local(end).date()) for end, key in own if key is not None]
        if not any(day in shifts for _, _, day in known):
            continue
        counts: dict[int, Counter[date]] = {}
        for world in (0, *WEEK, *FORTNIGHT):
            counts[world] = Counter()
            for at, intent in calls:
                called = local(at)
                own_key = family.get(intent or "", intent)
                before = [each for each in known if each[1] == own_key and each[0] + world * DAY <= called]
                if before and called - (max(before)[0] + world * DAY) <= within:
                    counts[world][max(before)[2]] += 1
        beyond = 0.0
        for day, told in shifts.items():
            near = [counts[each][day] for each in told if each in WEEK]
            beyond += counts[0][day] - sum(near) / len(near)
        kept = sum(day in shifts for _, _, day in known)
        found[cell] = (kept, sum(counts[0][day] for day in shifts), beyond)
    return found


# a fortnight on both sides of the clock going forward on 29 March 2026, in steps of ten minutes
BEGIN = datetime(2026, 3, 14, 23, 0)
MOMENTS = st.integers(0, 30 * 144).map(lambda number: BEGIN + number * timedelta(minutes=10))
CLOSE = st.integers(0, 60).map(lambda number: datetime(2026, 3, 28, 20, 0) + number * timedelta(minutes=10))
INTENTS = st.sampled_from(("claim", "claim_new", "bill", None))


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.tuples(MOMENTS | CLOSE, INTENTS, st.sampled_from(((), ("a",), ("a", "b")))), min_size=1, max_size=12),
    st.lists(st.tuples(MOMENTS | CLOSE, INTENTS), min_size=1, max_size=12),
    st.lists(st.sampled_from((-14, -7, 0, 7, 14)), min_size=1, max_size=12),
    st.sampled_from((timedelta(minutes=20), timedelta(hours=5))),
)
def test_it_counts_as_by_hand(visits: list[Visit], calls: list[Call], shifts: list[int], within: timedelta) -> None:
    # calls near the visits, so that there is something to count
    calls += [(visit[0] + shift * DAY + within / 2, visit[1]) for visit, shift in zip(visits, shifts, strict=False)]
    calls.append((BEGIN, "bill"))
    visits.append((BEGIN + 15 * DAY, "bill", ("a",)))
    since, until = BEGIN, BEGIN + 32 * DAY
    calls = [call for call in calls if call[0] >= since]
    con = stored(visits, calls, since, until)
    found = ask(con, "article", within=within)
    told = {
        each.cell: (each.visits, each.calls, each.leaked or 0.0) for each in (*found.cells, found.whole) if each.visits
    }
    expected = by_hand(visits, calls, since, until, within)
    assert told.keys() == expected.keys()
    for cell, (visited, after, beyond) in expected.items():
        assert told[cell] == pytest.approx((visited, after, beyond))


# known leakage


def world(leaked: float, *, seed: int, weeks: int = 10) -> tuple[list[Visit], list[Call], datetime, datetime]:
    """Visits of working hours; calls with the hours and weekdays of their own, and a share of visits that lead to one.
    The calls' source begins a fortnight before the visits and goes on a fortnight after."""
    chance = random.Random(seed)
    since = midnight(date(2026, 5, 4))
    until = since + (weeks + 4) * 7 * DAY
    visits: list[Visit] = []
    calls: list[Call] = []
    for number in range((weeks + 4) * 7):
        day = since + number * DAY
        busy = 0.3 if number % 7 >= 5 else 1.0
        for _ in range(int(40 * busy) + chance.randrange(8)):
            calls.append((day + timedelta(seconds=int(chance.triangular(8, 20, 10) * 3600)), "bill"))
        for _ in range(int(6 * busy) if 14 <= number < (weeks + 2) * 7 else 0):
            end = day + timedelta(seconds=int(chance.triangular(8, 20, 10) * 3600))
            visits.append((end, "bill", ("/faq/bill",)))
            if chance.random() < leaked:
                calls.append((end + timedelta(seconds=chance.randrange(60, 1200)), "bill"))
    return visits, calls, since, until


def test_known_leakage_lies_in_the_interval() -> None:
    visits, calls, since, until = world(0.5, seed=4)
    found = ask(stored(visits, calls, since, until), "article", within=timedelta(minutes=20))
    (cell,) = found.cells
    assert cell.visits == len(visits)
    assert cell.rate is not None and cell.covered is not None
    assert cell.rate.value > 0.3
    # what other visits' callers leave in shifted windows is missing: that part is told
    assert cell.rate.low < 0.5 * (1 - cell.covered) < cell.rate.high
    assert found.whole.rate == cell.rate


def test_without_leakage_it_is_about_nothing_and_so_is_the_placebo() -> None:
    found = ask(stored(*world(0.0, seed=11)), within=timedelta(minutes=20)).whole
    assert found.rate is not None and found.placebo is not None
    assert found.rate.low < 0 < found.rate.high
    assert found.placebo.low < 0 < found.placebo.high


def test_the_oracle() -> None:
    """10,000 visits, 1,150 calls within the hour, 930 and 950 in the shifted ones: 2.10 %, from 1.31 to 2.89 %."""
    found = excess([(1150, (930, 950))])
    assert found.value == 210
    assert (round(found.low / 100, 2), round(found.high / 100, 2)) == (1.31, 2.89)


def test_the_oracle_in_rows() -> None:
    """A hundredth of it, call by call: visits a day apart are followed by 12, and 9 and 10 when shifted."""
    since = midnight(date(2026, 6, 1))
    visits: list[Visit] = [(since + (14 + n % 7) * DAY + (n // 7) * HOUR * 2, "bill", ()) for n in range(70)]
    ends = [end for end, _, _ in visits]
    calls: list[Call] = [(end + HOUR / 2, "bill") for end in ends[:12]]
    calls += [(end - 7 * DAY + HOUR / 2, "bill") for end in ends[20:29]]
    calls += [(end + 7 * DAY + HOUR / 2, "bill") for end in ends[40:50]]
    found = ask(stored(visits, calls, since, since + 40 * DAY)).whole
    assert (found.visits, found.calls, found.expected, found.leaked) == (70, 12, 9.5, 2.5)
    assert found.rate is not None
    assert found.rate.value == pytest.approx(2.5 / 70)
    assert found.rate.high - found.rate.value == pytest.approx(1.959964 * (12 + 19 / 4) ** 0.5 / 70)


# what cannot be compared


def test_holidays_and_the_ends_of_the_data_are_left_out() -> None:
    """14 July is a holiday: its visits are left out, and those of 7 and 21 July have one week to be compared with."""
    since = midnight(date(2026, 6, 30))
    until = midnight(date(2026, 7, 29)) + HOUR
    visits: list[Visit] = [(midnight(date(2026, 7, day)) + 10 * HOUR, "bill", ()) for day in (7, 14, 21)]
    calls: list[Call] = [(end + HOUR / 2, "bill") for end, _, _ in visits]
    found = ask(stored(visits, calls, since, until), country="FR")
    assert date(2026, 7, 14) in holidays_of("FR", 2026)
    assert (found.whole.visits, found.whole.calls, found.uncompared, found.holidays) == (2, 2, 1, "FR")
    told = ask(stored(visits, calls, since, until), without=frozenset([date(2026, 7, 21)]), country="FR")
    assert (told.whole.visits, told.uncompared) == (1, 2)


def test_few_calls_tell_no_rate_and_few_people_nothing() -> None:
    visits, calls, since, until = world(0.5, seed=4)
    visits[0] = (visits[0][0], "bill", ("/faq/bill", "/faq/rare"))
    con = stored(visits, calls, since, until)
    rare = next(each for each in ask(con, "article", within=HOUR / 3).cells if each.cell == "/faq/rare")
    assert (rare.visits, rare.state, rare.rate) == (1, "too_few", None)
    # hidden alone it would be told by the whole: the other goes too
    assert {each.state for each in ask(con, "article", floor=5).cells} == {"hidden"}


def test_visits_unlike_any_call_are_counted_apart() -> None:
    visits, calls, since, until = world(0.1, seed=5, weeks=2)
    con = stored([*visits, (visits[0][0], None, ())], calls, since, until)
    assert ask(con).unlike == 1
    assert ask(con, match=()).unlike == 0
    with pytest.raises(OmnictlError, match="do not both have `area`"):
        ask(con, match=("area",))


def test_without_visits_or_calls_it_says_so() -> None:
    visits, calls, since, until = world(0.1, seed=5, weeks=1)
    with pytest.raises(OmnictlError, match="no such visits"):
        ask(stored([], calls, since, until))
    with pytest.raises(OmnictlError, match="no calls"):
        ask(stored(visits, [], since, until))


def test_its_sql_is_portable() -> None:
    visits, calls, since, until = world(0.1, seed=5, weeks=1)
    con = stored(visits, calls, since, until)
    listening = Listening(con)
    for by in ("article", "intent"):
        ask(listening, by)
    assert [faults(sql) for sql in listening.heard if "leak_" in sql] == [[], []]
