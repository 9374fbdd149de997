"""What is aimed at in a row, and how a figure stands to it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from asking import Asking, glossary_of

from omnictl.compiler.question import Period
from omnictl.compiler.status import status_of


def in_time(better: str = "higher", more: str = "") -> str:
    return f"""
kpi: in_time
unit: ratio
rollup: share
better: {better}
from: interactions
at: started_at
numerator: count_if(wait_s <= 20)
denominator: count(*)
{more}
"""


def aimed(target: str, better: str = "higher") -> str:
    return in_time(better, f"target: {target}")


@pytest.mark.parametrize(
    ("better", "target", "told"),
    [  # of 10 calls 0 to 9 are in time: ok from, watch from
        ("higher", "0.8", "off off off off off off off off ok ok"),
        ("higher", "{value: 0.8, watch: 0.1}", "off off off off off off off watch ok ok"),
        ("higher", "{value: 0.8, watch: 0.2}", "off off off off off off watch watch ok ok"),
        ("higher", "{value: 0.55}", "off off off off off watch ok ok ok ok"),  # a tenth: 0.495
        ("lower", "0.5", "ok ok ok ok ok ok off off off off"),
        ("lower", "{value: 0.5, watch: 0.1}", "ok ok ok ok ok ok watch off off off"),
        ("[0.3, 0.5]", "{watch: 0.1, value: [0.3, 0.5]}", "off off watch ok ok ok watch off off off"),
        ("neutral", "{watch: 0.2, value: [0.5, null]}", "off off off watch watch ok ok ok ok ok"),
        ("higher", "{watch: 0.2, value: [null, 0.5]}", "ok ok ok ok ok ok watch watch off off"),
        ("neutral", "0.5", "None None None None None None None None None None"),
    ],
)
def test_status_goes_by_the_direction(better: str, target: str, told: str) -> None:
    rows = [{"queue": str(number), "wait_s": 10 if call < number else 50} for number in range(10) for call in range(10)]
    asking = Asking(glossary_of(aimed(target, better)), interactions=rows)
    found = [row["in_time_status"] for row in asking.rows("in_time", by=("queue",), status=True)]
    assert " ".join(map(str, found)) == told
    assert [row["status"] for row in asking.rows("in_time", by=("queue",), long=True)] == found


def test_what_is_met_is_met_whatever_doubles_lose() -> None:
    assert status_of(0.1 + 0.2 - 1e-17, 0.3, None, 0) == "ok"
    assert status_of(3 * 0.1, None, 0.3, 0) == "ok"  # 0.30000000000000004
    assert status_of(0.3001, None, 0.3, 0) == "off"
    assert status_of(Decimal("0.79"), Decimal("0.8"), None, Decimal("0.01")) == "watch"
    assert [status_of(None, 1, None, 1), status_of(1, None, None, 1), status_of(1, 1, None, None)] == [None] * 3


def test_the_band_that_is_better_is_the_target_when_nothing_else_is() -> None:
    asking = Asking(glossary_of(in_time("[0.4, 0.6]")), interactions=[{"wait_s": 10}, {"wait_s": 50}])
    (row,) = asking.rows("in_time", status=True)
    assert (row["in_time_target"], row["in_time_target_high"], row["in_time_status"]) == (
        Decimal("0.4"),
        Decimal("0.6"),
        "ok",
    )


def test_a_target_by_day_is_that_of_the_day_the_bucket_begins() -> None:
    target = "{value: 0.8, changes: [{from: 2026-03-29, value: 0.9}, {from: 2026-04-15, value: 0.95}]}"
    rows = [{"started_at": datetime(2026, 3, 1) + timedelta(days=day), "wait_s": 10} for day in range(60)]
    asking = Asking(glossary_of(aimed(target)), "Europe/Paris", interactions=rows)
    days = {row["period_start"]: row["in_time_target"] for row in asking.rows("in_time", every="day", status=True)}
    for day, found in days.items():
        assert float(found) == (0.8 if day < date(2026, 3, 29) else 0.9 if day < date(2026, 4, 15) else 0.95)
    months = [float(row["in_time_target"]) for row in asking.rows("in_time", every="month", status=True)]
    assert months == [0.8, 0.9]
    period = Period(datetime(2026, 4, 1), datetime(2026, 5, 1))
    whole = [float(row["in_time_target"]) for row in asking.rows("in_time", period=period, status=True, total=True)]
    assert whole == [0.9, 0.9]
    hours = asking.rows(
        "in_time", every="hour", period=Period(datetime(2026, 3, 28, 23), datetime(2026, 3, 29, 4)), status=True
    )
    assert [float(row["in_time_target"]) for row in hours] == [0.8, 0.9, 0.9, 0.9]


def test_the_most_specific_cut_decides_and_totals_take_the_general() -> None:
    target = """
  - {value: 0.8, by: {channel: {chat: 0.7}, partner: {acme: 0.85}}}
  - {where: {channel: chat, partner: acme}, value: 0.6, changes: [{from: 2026-03-02, value: 0.65}]}"""
    rows = [
        {"channel": channel, "partner": partner} for channel in ("chat", "phone") for partner in ("acme", "own", None)
    ]
    asking = Asking(glossary_of(aimed(target)), interactions=rows)

    def told(*by: str) -> dict[tuple[Any, ...], float]:
        found = asking.rows("in_time", by=by, status=True, total=True)
        return {(row["total"], *(row[name] for name in by)): float(row["in_time_target"]) for row in found}

    assert told("channel") == {(False, "chat"): 0.7, (False, "phone"): 0.8, (True, None): 0.8}
    assert told("partner") == {(False, "acme"): 0.85, (False, "own"): 0.8, (False, None): 0.8, (True, None): 0.8}
    assert told("channel", "partner") == {
        (False, "chat", "acme"): 0.65, (False, "chat", "own"): 0.7, (False, "chat", None): 0.7,
        (False, "phone", "acme"): 0.85, (False, "phone", "own"): 0.8, (False, "phone", None): 0.8,
        (True, None, None): 0.8,
    }  # fmt: skip


def test_without_figure_or_target_there_is_no_status() -> None:
    plainly = in_time().replace("kpi: in_time", "kpi: free")
    chats = aimed("0.8") + "channels: [chat]\n"
    asking = Asking(glossary_of(chats, plainly), interactions=[{"channel": "chat"}, {"channel": "phone", "wait_s": 1}])
    rows = {row["channel"]: row for row in asking.rows("in_time", "free", by=("channel",), status=True)}
    chat, phone = rows["chat"], rows["phone"]
    assert (float(chat["in_time_target"]), chat["in_time_status"]) == (0.8, None)  # its wait is unknown
    assert (phone["in_time_target"], phone["in_time_status"], phone["in_time_state"]) == (None, None, "not_defined")
    assert (phone["free"], phone["free_target"], phone["free_status"]) == (1.0, None, None)
