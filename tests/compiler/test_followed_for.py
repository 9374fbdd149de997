"""Rows that nobody can judge yet: `followed_for` waits until their source reaches so far beyond a time."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from asking import Asking, glossary_of

from omnictl.compiler.question import Period
from omnictl.glossary.check import check_glossary

ANSWERED = """
kpi: answered
rollup: share
from: interactions
at: started_at
where: kind = 'contact' and followed_for(started_at, :within)
parameters: {within: 24 h}
numerator: count_if(answered_at is not null and date_diff('second', started_at, answered_at) <= :within)
denominator: count(*)
"""
ALL = "kpi: contacts\nrollup: sum\nfrom: interactions\nat: started_at\nwhere: kind = 'contact'\nvalue: count(*)"
SETTLED = ANSWERED.replace("kpi: answered", "kpi: settled").replace("(started_at, :", "(resolved_at, :")
STANDING = (
    "kpi: waiting\nrollup: stock\nfrom: interactions\nopen: {since: started_at, until: resolved_at}\n"
    "where: followed_for(started_at, 86400)"
)
PROMISED = ANSWERED.replace("kpi: answered", "kpi: promised").replace(
    "{within: 24 h}", "{within: {value: 24 h, by: {channel: {social: 72 h}}}}"
)
GLOSSARY = glossary_of(ANSWERED, ALL, SETTLED, STANDING, PROMISED)
MARCH = Period(datetime(2026, 3, 1), datetime(2026, 4, 1))


def request(day: int, source: str = "desk", **cells: Any) -> dict[str, Any]:
    return {"channel": "email", "source": source, "started_at": datetime(2026, 3, day, 10), **cells}


def test_each_source_is_followed_up_to_its_own_watermark() -> None:
    answer = {"answered_at": datetime(2026, 3, 2, 12)}
    asking = Asking(
        GLOSSARY,
        interactions=[
            request(2, **answer),
            request(3),
            request(4),
            request(4, "web"),
            request(9, "web", channel="social", answered_at=datetime(2026, 3, 9, 12)),
            request(9, "letters"),
            request(9, "unheard_of"),
        ],
    )
    asking.complete_until("desk", "interactions", datetime(2026, 3, 5, 9, 59, 59))
    asking.complete_until("web", "interactions", datetime(2026, 3, 10, 9, 59, 59))
    asking.complete_until("letters", "interactions", datetime(2026, 3, 9, 12), until=datetime(2026, 3, 9, 12))
    (row,) = asking.rows("answered", "contacts", parts=True, period=MARCH)
    # the second of the 4th and the social one of the 9th are a second short; a retired source is complete, and one that
    # says nothing of how far it goes keeps nobody waiting
    assert (row["answered_numerator"], row["answered_denominator"]) == (1, 5)
    assert (row["answered_immature"], row["answered_unknown"], row["contacts"]) == (2, 0, 7)
    by_channel = {row["channel"]: row for row in asking.rows("answered", by=("channel",), period=MARCH)}
    assert by_channel["email"]["answered"] == pytest.approx(1 / 5)
    assert (by_channel["social"]["answered"], by_channel["social"]["answered_state"]) == (None, "immature")
    (short,) = asking.rows("answered:within=1h", parts=True, period=MARCH)
    assert (short["answered:within=1h_denominator"], short["answered:within=1h_numerator"]) == (7, 0)


def test_a_promise_that_differs_by_channel_waits_as_long_as_each() -> None:
    late = {"answered_at": datetime(2026, 3, 4, 10)}
    rows = [request(2, **late), request(2, channel="social", **late), request(3), request(3, channel="social", **late)]
    asking = Asking(GLOSSARY, interactions=rows)
    asking.complete_until("desk", "interactions", datetime(2026, 3, 5, 12))
    found = {row["channel"]: row for row in asking.rows("promised", by=("channel",), parts=True, period=MARCH)}
    assert [found["email"][f"promised_{part}"] for part in ("numerator", "denominator", "immature")] == [0, 2, 0]
    assert [found["social"][f"promised_{part}"] for part in ("numerator", "denominator", "immature")] == [1, 1, 1]


def test_a_row_without_the_time_is_unknown() -> None:
    resolved = {"resolved_at": datetime(2026, 3, 3), "answered_at": datetime(2026, 3, 2, 12)}
    asking = Asking(GLOSSARY, interactions=[request(2, **resolved), request(2)])
    asking.complete_until("desk", "interactions", datetime(2026, 3, 5))
    (row,) = asking.rows("settled", parts=True, period=MARCH)
    assert (row["settled"], row["settled_unknown"], row["settled_immature"]) == (1, 1, 0)


def test_what_stands_open_takes_it_as_a_plain_condition() -> None:
    asking = Asking(GLOSSARY, interactions=[request(2), request(2, resolved_at=datetime(2026, 3, 3)), request(4)])
    asking.complete_until("desk", "interactions", datetime(2026, 3, 5))
    assert asking.value("waiting", period=MARCH) == 1


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("followed_for(started_at)", "not-accepted"),
        ("followed_for(started_at, 1, 2)", "not-accepted"),
        ("followed_for(wait_s, 60)", "wrong-kind"),
        ("followed_for(started_at, queue)", "wrong-kind"),
        ("followed_for(started_att, 60)", "unknown-column"),
        ("followed_for((select 1), 60)", "not-accepted"),
        ("followed_four(started_at, 60)", "not-accepted"),
    ],
)
def test_what_it_takes(written: str, code: str) -> None:
    wrong = ANSWERED.replace("followed_for(started_at, :within)", written)
    assert [finding.code for finding in check_glossary(glossary_of(wrong))] == [code]
