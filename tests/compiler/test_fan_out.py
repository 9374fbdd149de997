"""Several KPIs over several relations in one question: none changes another's figures, rows or order, whatever else is
asked; and every total is worked out of the rows, never of figures."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from asking import Asking
from following import followups, identities
from hypothesis import given, settings
from hypothesis import strategies as st

from omnictl.compiler.question import Period
from omnictl.glossary import load_glossary

FIRST, END = datetime(2026, 3, 2), datetime(2026, 4, 27)
PERIOD = Period(datetime(2026, 3, 30), datetime(2026, 4, 13))
CHANNELS = ("phone", "chat", "email", "web")
KPIS = (
    "contacts_received", "answer_rate", "service_level", "average_handle_time", "wait_time_p90", "nps", "csat",
    "reiteration_rate", "repeat_share", "backlog", "unique_contacting_customers", "chat_concurrency", "contact_rate",
)  # fmt: skip
EMPTY = (None, 0)  # of a cut that only another KPI's rows have


def contacts() -> list[dict[str, Any]]:
    return [
        {
            "source": "t",
            "interaction_id": f"i{number}",
            "person": number % 13 or None,
            "channel": CHANNELS[number * 7 % 11 % 4],
            "direction": "inbound",
            "queue": f"q{number % 3}",
            "intent": ("bill", "move", None)[number % 3],
            "started_at": (start := FIRST + timedelta(hours=11 * number, minutes=number % 7)),
            "queued_at": start,
            "ended_at": start + timedelta(minutes=5 + number % 9),
            "resolved_at": start + timedelta(days=number % 5) if number % 6 else None,
            "wait_s": number * 13 % 90,
            "talk_s": number * 31 % 400,
            "hold_s": number % 20,
            "acw_s": 30,
            "outcome": "abandoned" if number % 5 == 2 else "handled",
        }
        for number in range(110)
    ]


def surveys(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            "survey_id": f"s{number}",
            "question": question,
            "scale": scale,
            "score": number * 7 % top + low,
            "answered_at": row["started_at"] + timedelta(hours=30),
            "interaction_source": "t",
            "interaction_id": row["interaction_id"],
        }
        for number, row in enumerate(rows)
        for question, scale, low, top in (("nps", "nps_0_10", 0, 11), ("csat", "csat_1_5", 1, 5))
        if number % 2 == (question == "nps")
    ]


@pytest.fixture(scope="module")
def data() -> Asking:
    rows = contacts()
    levels = [
        {"channel": "chat", "scope": "agent", "agent": f"a{n % 3}", "started_at": FIRST + timedelta(hours=9 * n),
         "ended_at": FIRST + timedelta(hours=9 * n + 4), "open": 1 + n % 4, "duration_s": 14400}
        for n in range(60)
    ]  # fmt: skip
    return Asking(
        load_glossary([Path(__file__).parents[2] / "kpis"]),
        interactions=[{key: value for key, value in row.items() if key != "person"} for row in rows],
        identities=identities(rows),
        followups=followups(rows, FIRST, END),
        surveys=surveys(rows),
        levels=levels,
        base=[{"period_start": date(2026, month, 1), "active": 1000 * month} for month in (3, 4)],
    )


@given(
    kpis=st.lists(st.sampled_from(KPIS), min_size=2, max_size=5, unique=True),
    by=st.sampled_from([(), ("channel",), ("channel", "queue"), ("intent",)]),
    every=st.sampled_from([None, "week", "day"]),
    further=st.fixed_dictionaries(
        {}, optional={"compare": st.sampled_from(["previous", "year"]), "interval": st.just(True), "floor": st.just(4)}
    ),
    total=st.booleans(),
)
@settings(max_examples=12, deadline=None, derandomize=True)
def test_a_kpi_is_what_it_is_alone(
    data: Asking, kpis: list[str], by: tuple[str, ...], every: str | None, further: dict[str, Any], total: bool
) -> None:
    asked: dict[str, Any] = {"by": by, "every": every, "period": PERIOD, "total": total, "parts": True} | further
    try:
        alone = data.rows(kpis[0], **asked)
    except Exception as error:  # this one cannot be cut so
        assert "unknown-cut" in str(error) or "cut by" in str(error)
        return
    together = data.rows(*kpis, **asked)
    keys = ["period_start", "period_end", *by, *(["total"] if total else [])]
    known = {tuple(row[name] for name in keys): row for row in alone}
    met = [row for row in together if tuple(row[name] for name in keys) in known]
    if not alone:  # nothing of it lies in the period
        assert all(row[kpis[0]] in EMPTY for row in together)
        return
    own = [name for name in alone[0] if not name.endswith("_state")]
    assert [{name: row[name] for name in own} for row in met] == [{name: row[name] for name in own} for row in alone]
    states = [name for name in alone[0] if name.endswith("_state")]
    assert [{name: row[name] for name in states} for row in met] == [
        {name: row[name] for name in states} for row in alone
    ]
    for row in together:
        if tuple(row[name] for name in keys) not in known:
            assert row[kpis[0]] in EMPTY


def test_totals_are_of_rows(data: Asking) -> None:
    """Of all channels and weeks: the share of all rows, the 90th of all waits, all people once."""
    kpis = ("answer_rate", "wait_time_p90", "unique_contacting_customers", "contacts_received", "nps")
    rows = data.rows(*kpis, by=("channel",), every="week", period=PERIOD, total=True)
    (share, waits, people, count) = data.con.execute(_WHOLE).fetchall()[0]
    (score,) = data.con.execute(_SCORE).fetchall()[0]
    whole = rows[-1]
    assert (whole["period_start"], whole["period_end"]) == (date(2026, 3, 30), date(2026, 4, 13))
    assert whole["answer_rate"] == pytest.approx(share)
    assert float(whole["wait_time_p90"]) == pytest.approx(float(waits))
    assert (whole["unique_contacting_customers"], whole["contacts_received"]) == (people, count)
    assert whole["nps"] == pytest.approx(score)
    weeks = [row for row in rows[:-1] if row["total"]]
    assert len(weeks) == 2
    assert sum(row["contacts_received"] for row in weeks) == count
    assert sum(row["unique_contacting_customers"] for row in weeks) > people


_WHOLE = """
select
  count_if(outcome = 'handled' and channel in ('phone', 'chat'))
    / count_if(channel in ('phone', 'chat') and (outcome = 'handled' or wait_s >= 5)),
  quantile_cont(wait_s, 0.9) filter (where (outcome <> 'abandoned' or wait_s >= 5) and channel in ('phone', 'chat')),
  count(distinct person_id) filter (where channel <> 'web'),
  count_if(channel <> 'web')
from interactions
join identities using (source, interaction_id)
where started_at >= timestamp '2026-03-30' and started_at < timestamp '2026-04-13'
"""
_SCORE = """
select 100.0 * (count_if(score >= 9) - count_if(score < 7)) / count(*)
from surveys
where question = 'nps' and answered_at >= timestamp '2026-03-30' and answered_at < timestamp '2026-04-13'
"""
