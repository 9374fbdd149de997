"""Intervals of figures, against the sums worked out row by row in Python."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from asking import Asking, glossary_of
from following import followups, identities

from omnictl.statistics import Z95, Moments, clustered_share, nps_margin, wilson

FIRST, END = datetime(2026, 3, 2), datetime(2026, 6, 1)
CHANNELS = ("phone", "chat", "email")
GLOSSARY = glossary_of(
    "kpi: calls\nrollup: sum\nfrom: interactions\nvalue: count(*)",
    "kpi: people\nrollup: distinct\nfrom: interactions\nvalue: count(distinct queue)",
    "kpi: slowest\nunit: seconds\nrollup: percentile\nfrom: interactions\nvalue: quantile_cont(talk_s, 0.9)",
    "kpi: answered\nunit: ratio\nrollup: share\nfrom: interactions\nnumerator: count_if(outcome = 'handled')\n"
    "denominator: count(*)",
    "kpi: talk\nunit: seconds\nrollup: mean\nfrom: interactions\nnumerator: sum(talk_s)\ndenominator: count(*)",
    "kpi: talk_share\nunit: ratio\nrollup: share\nfrom: interactions\nnumerator: sum(talk_s) filter (where"
    " outcome = 'handled')\ndenominator: sum(talk_s)",
    "kpi: score\nunit: score\nrollup: index\nfrom: interactions\nparts:\n  up: count_if(talk_s >= 300)\n"
    "  middle: count_if(talk_s >= 100 and talk_s < 300)\n  down: count_if(talk_s < 100)\n"
    "formula: 100.0 * (up - down) / (up + middle + down)",
    "kpi: per_answered\nunit: score\nrollup: ratio\nnumerator: kpi(calls)\ndenominator: kpi(surveyed)",
    "kpi: several_queues\nunit: score\nrollup: ratio\nnumerator: kpi(people)\ndenominator: kpi(calls)",
    "kpi: surveyed\nrollup: sum\nfrom: surveys\nvalue: count(*)",
    below=[Path(__file__).parents[2] / "kpis"],
)


def rows_of_people() -> list[dict[str, Any]]:
    """120 contacts of 24 people, some of whom come back much; every ninth has no person."""
    return [
        {
            "source": "t",
            "interaction_id": f"i{number}",
            "person": None if number % 9 == 0 else (number * number) % 24 + 1,
            "channel": CHANNELS[number % 3],
            "started_at": FIRST + timedelta(hours=17 * number + number % 5),
            "ended_at": FIRST + timedelta(hours=17 * number + number % 5, minutes=4),
            "outcome": "abandoned" if number % 4 == 1 else "handled",
            "talk_s": (37 * number) % 500,
            "direction": "inbound",
            "queue": f"q{number % 2}",
        }
        for number in range(120)
    ]


ROWS = rows_of_people()


@pytest.fixture(scope="module")
def data() -> Asking:
    return Asking(
        GLOSSARY,
        interactions=[{key: value for key, value in row.items() if key != "person"} for row in ROWS],
        identities=identities(ROWS),
        followups=followups(ROWS, FIRST, END),
    )


def test_a_share_of_rows_is_wilsons(data: Asking) -> None:
    for found in data.rows("answered", by=("channel",), total=True, interval=True, parts=True):
        low, high = wilson(found["answered_numerator"], found["answered_denominator"]) or (0, 0)
        assert (found["answered_low"], found["answered_high"]) == (low, high)
        assert low < found["answered"] < high


def test_no_second_select_where_two_counts_tell_it(data: Asking) -> None:
    plan = data.plan("answered", "calls", interval=True)
    assert not plan.second
    assert (
        "calls: no interval: a count of all there is has no sampling error" in data.table("calls", interval=True).notes
    )


def test_a_mean_by_cut_bucket_and_total(data: Asking) -> None:
    """The variance of rows, over n."""
    found = data.rows("talk", by=("channel",), every="month", total=True, interval=True)
    assert len(found) > 12
    for each in found:
        own = [
            row["talk_s"]
            for row in ROWS
            if each["channel"] in (None, row["channel"]) and _within(row["started_at"], each)
        ]
        if len(own) < 2:
            continue
        mean = sum(own) / len(own)
        half = Z95 * (sum((value - mean) ** 2 for value in own) / len(own) ** 2) ** 0.5
        assert (each["talk_low"], each["talk_high"]) == (pytest.approx(mean - half), pytest.approx(mean + half))


def _within(moment: datetime, found: dict[str, Any]) -> bool:
    return bool(found["period_start"] <= moment.date() < found["period_end"])


def test_a_share_of_amounts_is_linearised(data: Asking) -> None:
    (found,) = data.rows("talk_share", interval=True)
    above = [row["talk_s"] if row["outcome"] == "handled" else 0 for row in ROWS]
    below = [row["talk_s"] for row in ROWS]
    share = sum(above) / sum(below)
    half = Z95 * sum((a - share * b) ** 2 for a, b in zip(above, below, strict=True)) ** 0.5 / sum(below)
    assert found["talk_share_low"] == pytest.approx(share - half)
    assert found["talk_share_high"] == pytest.approx(share + half)


def test_a_score_has_the_margin_of_its_three_counts(data: Asking) -> None:
    for found in data.rows("score", by=("channel",), total=True, interval=True, parts=True):
        margin = nps_margin(found["score_up"], found["score_middle"], found["score_down"])
        assert margin is not None
        assert found["score_high"] - found["score"] == pytest.approx(margin)
        assert found["score"] - found["score_low"] == pytest.approx(margin)


def clusters(rows: list[dict[str, Any]]) -> dict[int, tuple[int, int]]:
    """Of each person: contacts followed by another within J+7, and contacts; by plain looping."""
    found: dict[int, tuple[int, int]] = defaultdict(lambda: (0, 0))
    handled = [row for row in ROWS if row["person"] is not None]
    for row in rows:
        if row["person"] is None or row["outcome"] != "handled":
            continue
        last = row["ended_at"].date() + timedelta(days=7)
        if last >= END.date():
            continue
        later = [
            other for other in handled if other["person"] == row["person"] and other["started_at"] > row["started_at"]
        ]
        first = min((other["started_at"] for other in later), default=None)
        a, b = found[row["person"]]
        found[row["person"]] = a + (first is not None and first.date() <= last), b + 1
    return found


def test_a_follow_up_rate_is_clustered_by_person(data: Asking) -> None:
    found = data.rows("reiteration_rate", by=("channel",), total=True, interval=True, parts=True)
    assert len(found) == 4
    for each in found:
        own = clusters([row for row in ROWS if each["channel"] in (None, row["channel"])])
        a, b = sum(a for a, _ in own.values()), sum(b for _, b in own.values())
        assert (each["reiteration_rate_numerator"], each["reiteration_rate_denominator"]) == (a, b)
        sums = Moments(
            len(own),
            sum(a * a for a, _ in own.values()),
            sum(a * b for a, b in own.values()),
            sum(b * b for _, b in own.values()),
        )
        ends = clustered_share(a, b, sums)
        assert (each["reiteration_rate_low"], each["reiteration_rate_high"]) == pytest.approx(ends)
    plain = wilson(found[-1]["reiteration_rate_numerator"], found[-1]["reiteration_rate_denominator"]) or (0, 0)
    assert found[-1]["reiteration_rate_high"] - found[-1]["reiteration_rate_low"] > plain[1] - plain[0]


def test_cuts_that_share_a_denominator_are_clustered_over_it(data: Asking) -> None:
    """Where did people go next? Each cut's numerator by person, against all contacts of that person."""
    found = data.rows("channel_transition_rate", total=True, interval=True, parts=True)
    told = {each["next_channel"]: each for each in found if not each["total"]}
    numerators = data.con.execute(_NEXT).fetchall()
    below: dict[int, int] = defaultdict(int)
    for person, _, count in numerators:
        below[person] += count
    for channel, each in told.items():
        above = {person: count for person, went, count in numerators if went == channel}
        a, b = sum(above.values()), sum(below.values())
        assert (each["channel_transition_rate_numerator"], each["channel_transition_rate_denominator"]) == (a, b)
        sums = Moments(
            len(below),
            sum(count**2 for count in above.values()),
            sum(count * below[person] for person, count in above.items()),
            sum(count**2 for count in below.values()),
        )
        assert (each["channel_transition_rate_low"], each["channel_transition_rate_high"]) == pytest.approx(
            clustered_share(a, b, sums)
        )


_NEXT = """
select person_id, went, count(*)
from (
  select i.interaction_id, p.person_id, i.ended_at,
    case when cast(min(o.started_at) as date) <= cast(i.ended_at as date) + 7
      then arg_min(o.channel, o.started_at) end as went
  from interactions as i
  join identities as p using (source, interaction_id)
  left join (select * from interactions join identities using (source, interaction_id)) as o
    on o.person_id = p.person_id and o.started_at > i.started_at
  where p.person_id is not null and cast(i.ended_at as date) + 7 < date '2026-06-01'
  group by i.interaction_id, p.person_id, i.ended_at
) as each_contact
group by all
"""


@pytest.mark.parametrize(
    ("kpi", "why"),
    [
        ("calls", "a count of all there is has no sampling error"),
        ("people", "a count of all there is has no sampling error"),
        ("slowest", "a percentile is told without one"),
        ("backlog", "what stands at an instant is no sample"),
        ("chat_concurrency", "its rows are stretches of time, and no sample"),
        ("several_queues", "its parts are not all counts or sums of rows"),
        ("per_answered", "its parts are of different rows"),
    ],
)
def test_what_has_no_interval_says_why(data: Asking, kpi: str, why: str) -> None:
    table = data.table(kpi, interval=True)
    assert f"{kpi}: no interval: {why}" in table.notes
    (found,) = data.rows(kpi, interval=True)
    assert (found[f"{kpi}_low"], found[f"{kpi}_high"]) == (None, None)


def test_intervals_change_no_figure(data: Asking) -> None:
    asked: dict[str, Any] = {"by": ("channel",), "every": "month", "total": True}
    kpis = ("reiteration_rate", "talk", "score", "calls", "people")
    alone, beside = data.rows(*kpis, **asked), data.rows(*kpis, **asked, interval=True)
    assert [{name: row[name] for name in alone[0]} for row in beside] == alone
    assert data.plan(*kpis, **asked, parts=True).sql == data.plan(*kpis, **asked, interval=True).sql


def test_long_rows_have_both_ends(data: Asking) -> None:
    found = data.rows("answered", "calls", interval=True, long=True)
    assert [row["kpi"] for row in found] == ["answered", "calls"]
    assert found[0]["low"] < found[0]["value"] < found[0]["high"]
    assert found[1]["low"] is None
