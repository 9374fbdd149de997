"""Cuts a KPI is always asked with, denominators that leave a dimension aside, and what neither may change."""

from __future__ import annotations

import random
import re
from datetime import datetime, timedelta
from itertools import combinations
from typing import Any

import pytest
from asking import Asking, glossary_of

from omnictl.compiler.question import Period
from omnictl.errors import DefinitionError
from omnictl.glossary.check import check_glossary

SHARE = """
kpi: share
rollup: share
from: interactions
at: started_at
where: kind = 'contact' and direction = 'inbound'
numerator: count_if(wait_s > 10)
denominator: count(*)
by: [channel]
denominator_over: [channel]
"""
CALLS = "kpi: calls\nrollup: sum\nfrom: interactions\nat: started_at\nwhere: kind = 'contact'\nvalue: count(*)"
TALK = """
kpi: talk
rollup: mean
from: interactions
at: queued_at
where: kind = 'contact'
numerator: sum(wait_s)
denominator: count_if(wait_s is not null)
"""
TEAMS = "kpi: teams\nrollup: distinct\nfrom: interactions\nat: started_at\nvalue: count(distinct team)"
CLIENTS = "kpi: clients\nrollup: stock\nfrom: base\nvalue: sum(active)\nover_time: mean"
RATE = """
kpi: rate
rollup: ratio
numerator: kpi(calls)
denominator: kpi(clients)
denominator_over: [channel, queue]
"""
OPEN = "kpi: waiting\nrollup: stock\nfrom: interactions\nopen: {since: started_at, until: resolved_at}"
PER_OPEN = """
kpi: per_open
rollup: ratio
numerator: kpi(calls)
denominator: kpi(waiting)
denominator_over: [queue]
"""
MOOD = (
    "kpi: mood\nrollup: share\nfrom: surveys\nat: answered_at\nnumerator: count_if(score >= 4)\ndenominator: count(*)"
)
GLOSSARY = glossary_of(SHARE, CALLS, TALK, TEAMS, CLIENTS, RATE, OPEN, PER_OPEN, MOOD)
NAMES = ("share", "calls", "talk", "teams", "clients", "rate", "waiting", "per_open", "mood")
READS = re.compile(r"(?:from|join) (interactions|base)\b(?!_)")
MARCH = Period(datetime(2026, 3, 1), datetime(2026, 4, 1))
START = datetime(2026, 2, 20)


def contacts(count: int = 400) -> list[dict[str, Any]]:
    draw = random.Random(7)
    found = []
    for _ in range(count):
        begun = START + timedelta(minutes=draw.randrange(60 * 24 * 45))
        found.append(
            {
                "channel": draw.choice(["phone", "phone", "chat", "email", "web"]),
                "queue": draw.choice(["a", "b", None]),
                "team": draw.choice(["x", "y", None]),
                "direction": draw.choice(["inbound"] * 5 + ["outbound"]),
                "started_at": begun,
                "queued_at": draw.choice([None, begun + timedelta(minutes=40)]),
                "wait_s": draw.choice([None, 5, 20, 40]),
                "resolved_at": draw.choice([None, begun + timedelta(days=draw.randrange(1, 9))]),
            }
        )
    return found


BASE = [
    {"period_start": "2026-02-01", "segment": "", "period_end": "2026-03-01", "active": 100},
    {"period_start": "2026-03-01", "segment": "", "period_end": "2026-04-01", "active": 250},
]
SURVEYS = [
    {"question": "csat", "score": n % 6, "channel": "phone", "answered_at": START + timedelta(days=n)}
    for n in range(40)
]


@pytest.fixture(scope="module")
def asking() -> Asking:
    made = Asking(GLOSSARY, "Europe/Paris", interactions=contacts(), base=BASE, surveys=SURVEYS)
    made.complete_until("t", "interactions", datetime(2026, 3, 25, 7))
    made.complete_until("t", "base", datetime(2026, 3, 1))
    return made


def known(row: dict[str, Any], by: tuple[str, ...]) -> tuple[Any, ...]:
    return tuple(row[name] for name in ("period_start", "period_end", "total", *by))


@pytest.mark.parametrize("by", [("channel",), ("channel", "queue")])
@pytest.mark.parametrize("every", [None, "week"])
def test_shares_add_up_to_the_share_of_all(asking: Asking, by: tuple[str, ...], every: str | None) -> None:
    rows = asking.rows("share", by=by, every=every, period=MARCH, total=True, parts=True)
    told = [row for row in rows if not row["total"]]
    for key in {(row["period_start"], *(row[name] for name in by[1:])) for row in told}:
        some = [row for row in told if (row["period_start"], *(row[name] for name in by[1:])) == key]
        assert len({row["share_denominator"] for row in some}) == 1
        assert some[0]["share_denominator"] == some[0]["share_n"]
    for row in rows:
        if row["total"] and (row["period_end"] - row["period_start"]).days == 7:
            mine = [each for each in told if each["period_start"] == row["period_start"]]
            assert sum(each["share_numerator"] for each in mine) == row["share_numerator"]
    ((above, below),) = asking.con.execute(
        """
        select count_if(wait_s > 10), count(*) from interactions where kind = 'contact' and direction = 'inbound'
        and wait_s is not null and started_at between '2026-02-28 23:00' and '2026-03-31 21:59:59'
        """
    ).fetchall()
    (whole,) = [row for row in rows if row["total"] and (row["period_end"] - row["period_start"]).days == 31]
    assert (whole["share_numerator"], whole["share_denominator"]) == (above, below)


def test_a_condition_on_the_dimension_reaches_the_numerator_only(asking: Asking) -> None:
    everything = {row["channel"]: row for row in asking.rows("share", by=("channel",), period=MARCH, parts=True)}
    for condition in ("channel = 'phone'", "channel = 'phone' and wait_s is not null", "Channel in ('phone')"):
        table = asking.table("share", "calls", by=("channel",), period=MARCH, where=condition, parts=True)
        row = dict(zip([column.name for column in table.columns], table.rows[0], strict=True))
        assert len(table.rows) == 1
        assert row["share_denominator"] == everything["phone"]["share_denominator"]
        assert row["share_numerator"] == everything["phone"]["share_numerator"]
        assert "share: the condition on channel reaches the numerator only" in table.notes
        (plain,) = asking.rows("calls", by=("channel",), period=MARCH, where=condition)
        assert row["calls"] == plain["calls"]


def test_a_condition_on_something_else_reaches_both(asking: Asking) -> None:
    rows = asking.rows("share", period=MARCH, where="queue = 'a' and channel <> 'web'", parts=True)
    ((below,),) = asking.con.execute(
        """
        select count(*) from interactions where kind = 'contact' and direction = 'inbound' and queue = 'a'
        and wait_s is not null and started_at between '2026-02-28 23:00' and '2026-03-31 21:59:59'
        """
    ).fetchall()
    assert {row["share_denominator"] for row in rows} == {below}


def test_a_base_without_the_dimension_is_one_for_all(asking: Asking) -> None:
    rows = asking.rows("rate", "calls", "clients", by=("channel", "queue"), period=MARCH, total=True, every="month")
    for row in rows:
        assert row["rate"] == pytest.approx(row["calls"] / 250)
        assert row["clients"] == (250 if row["total"] else None)
    table = asking.table("rate", by=("channel",), period=MARCH)
    assert "rate: the denominator is not split by channel" in table.notes
    (row,) = asking.rows("rate", "calls", period=MARCH, where="queue = 'a'")
    assert row["rate"] == pytest.approx(row["calls"] / 250)
    with pytest.raises(DefinitionError):
        asking.rows("rate", period=MARCH, where="team = 'x'")


def test_a_stock_below_is_split_by_the_other_cuts(asking: Asking) -> None:
    rows = asking.rows("per_open", "calls", by=("channel", "queue"), period=MARCH, parts=True)
    stood = {row["channel"]: row["waiting"] for row in asking.rows("waiting", by=("channel",), period=MARCH)}
    for row in rows:
        assert row["per_open_denominator"] == stood[row["channel"]]
        assert row["per_open"] == pytest.approx(row["calls"] / stood[row["channel"]])


def test_the_cut_is_added_when_nothing_else_is_asked(asking: Asking) -> None:
    table = asking.table("share", period=MARCH)
    assert [column.name for column in table.columns][2:4] == ["channel", "share"]
    assert "cut by channel, as share always is" in table.notes
    by_queue = asking.table("share", by=("queue",), period=MARCH)
    assert [column.name for column in by_queue.columns][2:4] == ["queue", "channel"]


def test_with_others_the_cut_must_be_asked_for(asking: Asking) -> None:
    with pytest.raises(DefinitionError) as caught:
        asking.rows("calls", "share", by=("queue",))
    (finding,) = caught.value.findings
    assert (finding.code, finding.hint) == ("cut-missing", "--by channel, or ask it alone")


@pytest.mark.parametrize("where", [None, "channel in ('phone', 'email')", "queue = 'a'"])
@pytest.mark.parametrize(("by", "every", "total"), [(("channel",), None, True), (("queue", "channel"), "week", True),
                                                    (("channel",), "day", False)])  # fmt: skip
def test_figures_and_rows_are_the_same_alone_and_together(
    asking: Asking, by: tuple[str, ...], every: str | None, total: bool, where: str | None
) -> None:
    asked: dict[str, Any] = {"by": by, "every": every, "total": total, "period": MARCH, "parts": True, "where": where}
    names = [name for name in NAMES if not (name == "clients" and where)]
    together = {known({"total": False, **row}, by): row for row in asking.rows(*names, **asked)}
    of_rows = ("calls", "talk", "teams", "share")
    for name in names:
        if name == "clients":
            continue  # it has none of the cuts: alone it cannot be asked
        alone = {known({"total": False, **row}, by): row for row in asking.rows(name, **asked)}
        for key, row in alone.items():
            for column, value in row.items():
                if column.startswith(name) and not column.endswith("_state"):
                    assert together[key][column] == value, (name, key, column)
        if name in of_rows:
            rest = [asking.rows(name, other, **asked) for other in of_rows if other != name]
            assert all(len(rows) == len(alone) for rows in rest)
    for one, other in combinations(of_rows, 2):
        pair = asking.rows(one, other, **asked)
        for row in pair:
            key = known({"total": False, **row}, by)
            assert (row[one], row[other]) == (together[key][one], together[key][other])


def test_one_scan_does_unless_a_condition_names_the_dimension() -> None:
    one = Asking(GLOSSARY, interactions=contacts(20), base=BASE)
    assert READS.findall(one.plan("share", "calls", "talk", by=("channel",)).sql) == ["interactions"]
    assert READS.findall(one.plan("share", by=("channel",), where="channel = 'phone'").sql) == ["interactions"] * 2
    assert READS.findall(one.plan("calls", "rate", by=("channel",), period=MARCH).sql).count("interactions") == 1


@pytest.mark.parametrize(
    ("kpi", "code"),
    [
        (SHARE.replace("denominator: count(*)", "denominator: count(distinct team)"), "rollup-contradicts"),
        ("kpi: x\nrollup: ratio\nnumerator: kpi(calls)\ndenominator: kpi(teams)\ndenominator_over: [channel]",
         "rollup-contradicts"),
        ("kpi: x\nrollup: ratio\nnumerator: kpi(calls)\ndenominator: kpi(clients)\nby: [channel]", "unknown-column"),
        ("kpi: x\nrollup: sum\nvalue: kpi(clients) + kpi(calls)", "rollup-contradicts"),
        ("kpi: x\nrollup: stock\nvalue: kpi(calls)", "rollup-contradicts"),
        ("kpi: x\nrollup: index\nparts: {a: kpi(calls)}\nformula: a\ndenominator_over: channel", "rollup-contradicts"),
    ],
)  # fmt: skip
def test_what_cannot_be_spread_is_refused(kpi: str, code: str) -> None:
    below = [each for each in (CALLS, TEAMS, CLIENTS, SHARE) if each.split()[1] not in kpi.split()[1]]
    assert {finding.code for finding in check_glossary(glossary_of(kpi, *below))} == {code}


def test_an_id_is_told_apart_by_its_source() -> None:
    distinct = "kpi: touched\nrollup: distinct\nfrom: steps\nvalue: count(distinct interaction_id)"
    steps = [
        {"source": source, "interaction_id": visit, "type": "page", "occurred_at": START}
        for source in ("web", "app")
        for visit in ("1", "1", "2")
    ]
    assert Asking(glossary_of(distinct), steps=steps).value("touched") == 4


def test_a_part_is_told_apart_within_its_interaction() -> None:
    distinct = "kpi: forms\nrollup: distinct\nfrom: steps\nvalue: count(distinct part_id)"
    steps = [
        {"source": source, "interaction_id": visit, "type": "page", "occurred_at": START, "part_id": part}
        for source in ("web", "app")
        for visit in ("1", "2")
        for part in ("a", "a", "b", None)
    ]
    assert Asking(glossary_of(distinct), steps=steps).value("forms") == 8
