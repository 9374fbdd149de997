"""What happens within a window after an interaction: who is judged, who is not yet, and what is cut by what followed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from asking import Asking, glossary_of
from following import followups, identities

FIRST, END = datetime(2026, 3, 2), datetime(2026, 3, 21)
ASSISTED = "channel in ('phone', 'chat', 'email') and kind = 'contact' and excluded = '' and outcome = 'handled'"

THIRTEEN = """
1,A,web,bill,2026-03-02 09:00,2026-03-02 09:10,dropped
2,A,phone,bill,2026-03-02 09:40,2026-03-02 09:46,handled
3,A,phone,bill,2026-03-05 11:00,2026-03-05 11:08,handled
4,B,phone,move,2026-03-03 10:00,2026-03-03 10:05,handled
5,B,email,bill,2026-03-08 08:00,2026-03-08 08:00,handled
6,C,chat,pay,2026-03-04 14:00,2026-03-04 14:12,handled
7,C,phone,pay,2026-03-11 14:05,2026-03-11 14:10,handled
8,D,form,pay,2026-03-06 16:00,2026-03-06 16:05,self_served
9,D,phone,pay,2026-03-07 09:00,2026-03-07 09:06,handled
10,E,phone,bill,2026-03-16 10:00,2026-03-16 10:07,handled
11,,phone,bill,2026-03-09 10:00,2026-03-09 10:04,handled
12,F,phone,bill,2026-03-10 09:00,2026-03-10 09:05,handled
13,F,web,bill,2026-03-10 10:00,2026-03-10 10:05,
"""


def repeat(name: str, family: str, window: str = "7 d", *, where: str = ASSISTED, more: str = "") -> str:
    return (
        f"kpi: {name}\nrollup: share\nfrom: interactions\nat: started_at\nwindow: {window}\nwhere: {where}\n"
        f"numerator: count_if(within({family}))\ndenominator: count(*)\n{more}"
    )


SAME = repeat("same_intent", "next_contact_same_intent")
ANY = repeat("any_intent", "next_contact")
SAME_CHANNEL = repeat("same_channel", "next_same_channel_same_intent")
NAIVE = repeat("naive", "next_contact_same_intent, as_seen")
BACK = repeat("back", "previous_contact_same_intent")
FCR = """
kpi: fcr
rollup: share
from: interactions
at: started_at
window: 7 d
where: channel = 'phone' and outcome = 'handled' and not within(previous_same_channel_same_intent, as_seen)
numerator: count_if(not within(next_same_channel_same_intent))
denominator: count(*)
"""
TRANSITION = """
kpi: transition
rollup: share
from: interactions
at: started_at
window: J+7
numerator: count(*)
denominator: count(*)
by: [channel, next_channel]
denominator_over: [next_channel]
"""
AFTER = repeat("after", "next_contact", "J+7", where="kind = 'contact'")
LATER = repeat("later", "next_contact", "J+2", where="kind = 'contact'")
FOLLOWED = "kpi: followed\nrollup: sum\nfrom: interactions\nat: started_at\nwindow: 72 h\n" + (
    "value: count_if(within(next) and next_channel = 'phone')"
)
CALLS = "kpi: calls\nrollup: sum\nfrom: interactions\nat: started_at\nwhere: kind = 'contact'\nvalue: count(*)"
PEOPLE = "kpi: people\nrollup: distinct\nfrom: interactions\nat: started_at\nvalue: count(distinct person_id)"
KNOWN = (
    "kpi: known\nrollup: share\nfrom: interactions\nat: started_at\n"
    "numerator: count_if(person_id is not null)\ndenominator: count(*)"
)
LENGTH = (
    "kpi: length\nrollup: mean\nfrom: needs\nat: first_at\nwhere: scope = 'all' and closed\n"
    "numerator: sum(interactions)\ndenominator: count(*)"
)
TWICE = "kpi: twice\nrollup: ratio\nnumerator: kpi(followed)\ndenominator: kpi(calls)"
WAITED = (
    "kpi: waited\nrollup: share\nfrom: segments\nat: started_at\nwindow: J+7\n"
    "numerator: count_if(within(next_contact))\ndenominator: count(*)"
)
GLOSSARY = glossary_of(
    SAME, ANY, SAME_CHANNEL, NAIVE, BACK, FCR, TRANSITION, AFTER, LATER, FOLLOWED, CALLS, PEOPLE, KNOWN, LENGTH,
    TWICE, WAITED,
)  # fmt: skip


def asking(rows: list[dict[str, Any]], first: datetime = FIRST, end: datetime = END, **more: Any) -> Asking:
    rows = [{"source": "t", **row} for row in rows]
    for number, row in enumerate(rows):
        row.setdefault("interaction_id", f"i{number}")
    bare = [{key: value for key, value in row.items() if key != "person"} for row in rows]
    return Asking(
        GLOSSARY, interactions=bare, identities=identities(rows), followups=followups(rows, first, end), **more
    )


def thirteen() -> list[dict[str, Any]]:
    rows = []
    for line in THIRTEEN.strip().splitlines():
        number, person, channel, intent, start, end, outcome = line.split(",")
        rows.append(
            {
                "interaction_id": number,
                "person": ord(person) if person else None,
                "channel": channel,
                "intent": intent,
                "started_at": datetime.fromisoformat(start),
                "ended_at": datetime.fromisoformat(end),
                "outcome": outcome or None,
            }
        )
    return rows


@pytest.fixture(scope="module")
def data() -> Asking:
    return asking(thirteen())


@pytest.mark.parametrize(
    ("kpi", "above", "below", "immature", "unidentified"),
    [
        ("same_intent", 2, 8, 1, 1),
        ("any_intent", 3, 8, 1, 1),
        ("same_channel", 1, 8, 1, 1),
        ("naive", 2, 9, None, 1),
        ("same_intent:window=intra-day", 0, 9, 0, 1),
        ("same_intent:window=72h", 0, 9, 0, 1),
        ("same_intent:window=J+3", 1, 9, 0, 1),
        ("back", 1, 3, 6, 1),
        ("fcr", 4, 5, 1, 1),
    ],
)
def test_thirteen_rows(data: Asking, kpi: str, above: int, below: int, immature: int | None, unidentified: int) -> None:
    """The worked numbers of repeat contact: row 10 is censored, row 11 has no person."""
    (row,) = data.rows(kpi, parts=True)
    assert (row[f"{kpi}_numerator"], row[f"{kpi}_denominator"]) == (above, below)
    assert row[f"{kpi}_unidentified"] == unidentified
    assert row.get(f"{kpi}_immature") == immature
