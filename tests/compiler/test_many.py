"""Many KPIs in one question: what it takes of memory, and that each figure is the one it is alone."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from asking import Asking
from following import followups, identities
from sqlglot import exp

from omnictl.compiler.conditions import AT_ONCE, SPELLED, compared
from omnictl.compiler.question import Period
from omnictl.engines.connection import READER_MEMORY
from omnictl.glossary import load_glossary
from omnictl.glossary.expressions import DIALECT, parse_expression

FIRST, END = datetime(2026, 3, 2), datetime(2026, 5, 4)
VARIANTS = ("", "@same_intent", "@same_channel", "@same_channel_same_intent", "@then_phone", "@then_phone_same_intent",
            "@as_seen")  # fmt: skip
WINDOWS = ("intra-day", "J+1", "J+3", "J+7", "J+14", "J+30")
REPEATS = [f"reiteration_rate{variant}:window={window}" for variant in VARIANTS for window in WINDOWS]
CHANNELS = ("phone", "chat", "email", "web")


@pytest.fixture(scope="module")
def data() -> Asking:
    rows: list[dict[str, Any]] = [
        {
            "source": "t",
            "interaction_id": f"i{number}",
            "person": number % 11 or None,
            "channel": CHANNELS[number % 4],
            "intent": ("bill", "move")[number % 2],
            "started_at": FIRST + timedelta(hours=13 * number),
            "ended_at": FIRST + timedelta(hours=13 * number, minutes=5),
            "outcome": "handled",
        }
        for number in range(80)
    ]
    found = Asking(
        load_glossary([Path(__file__).parents[2] / "kpis"]),
        interactions=[{key: value for key, value in row.items() if key != "person"} for row in rows],
        identities=identities(rows),
        followups=followups(rows, FIRST, END),
    )
    found.con.execute(f"set memory_limit = '{READER_MEMORY}'")
    return found


def test_forty_windows_in_one_question(data: Asking) -> None:
    """A condition on channels that is planned as a join takes some 20 MB, wherever it is written."""
    asked: dict[str, Any] = {"by": ("channel",), "total": True, "parts": True}
    together = data.rows(*REPEATS, **asked)
    judged = 0
    for kpi in REPEATS[::5]:
        alone = data.rows(kpi, **asked)
        assert [{name: row.get(name) for name in alone[0]} for row in together] == alone
        judged += sum(row[f"{kpi}_denominator"] or 0 for row in alone)
    assert judged


def test_every_shipped_kpi_in_one_question(data: Asking) -> None:
    asked = [name for name, kpi in data.glossary.kpis.items() if not kpi.by]  # those that are not always cut
    rows = data.rows(*asked, by=("channel",), total=True, parts=True)
    assert {row["channel"] for row in rows} == {*CHANNELS, None}
    assert len(rows[0]) > 4 * len(asked)


def test_conditions_on_channels_are_no_joins(data: Asking) -> None:
    plan = data.plan(*REPEATS[:6], by=("channel",), total=True)
    ((_, told),) = data.con.execute(f"explain (format json) {plan.sql}").fetchall()
    assert told.count('"HASH_JOIN"') == 1  # with followups


@pytest.mark.parametrize("every", [None, "week"])
def test_cuts_are_seen_though_their_rows_are_left_out_early(data: Asking, every: str | None) -> None:
    """Nothing is handled on the web: the KPI judges none of its rows, and shows the channel none the less."""
    period = Period(FIRST, FIRST + timedelta(weeks=4)) if every else Period()
    asked: dict[str, Any] = {"by": ("channel",), "every": every, "period": period, "parts": True}
    plan = data.plan("reiteration_rate", **asked)
    assert "interactions_seen as" in plan.sql
    rows = data.rows("reiteration_rate", **asked)
    both = data.rows("reiteration_rate", "contacts_received", **asked)
    assert [{name: row[name] for name in rows[0]} for row in both] == rows
    assert {row["channel"] for row in rows} == set(CHANNELS)
    by_channel = {
        name: sum(row["reiteration_rate_n"] or 0 for row in rows if row["channel"] == name) for name in CHANNELS
    }
    assert not by_channel.pop("web")
    assert all(by_channel.values())


@pytest.mark.parametrize("number", [AT_ONCE + 1, SPELLED])
def test_a_list_is_compared_one_by_one(data: Asking, number: int) -> None:
    among = ", ".join(f"'{each}'" for each in range(number))
    condition = _parsed(f"not queue in ({among})")
    written = compared(condition)
    assert not written.find(exp.In)
    both = f"({condition.sql(DIALECT)}) is not distinct from ({written.sql(DIALECT)}), {written.sql(DIALECT)}"
    rows = data.con.execute(f"select {both} from (values ('0'), ('x'), (null)) as t(queue)").fetchall()
    assert rows == [(True, False), (True, True), (True, None)]


@pytest.mark.parametrize(
    "text",
    [
        "queue in ('a', 'b', 'c', 'd')",
        "talk_s in (1, 2, 3, 4, 5, 6)",
        "lower(queue) in ('a', 'b', 'c', 'd', 'e')",
        "queue in (" + ", ".join(f"'{number}'" for number in range(SPELLED + 1)) + ")",
    ],
)
def test_other_lists_stay(text: str) -> None:
    condition = _parsed(text)
    assert compared(condition) == condition


def _parsed(text: str) -> exp.Expression:
    tree = parse_expression(text, [])
    assert tree is not None
    return tree
