"""What an interaction costs: made of the rate card, reached by whatever belongs to it, not measured without a rate."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from asking import Asking, glossary_of

from omnictl.build.costs import fill_costs
from omnictl.errors import Place
from omnictl.referential import Rate
from omnictl.zone import zone_of

RATES = (
    Rate(Place(""), "phone", per_contact=Decimal("0.40"), per_second=Decimal("0.012")),
    Rate(Place(""), "faq", solution="guide", per_contact=Decimal("0.10")),
)
COST = "kpi: cost\nrollup: mean\nfrom: interactions\nat: started_at\nnumerator: sum(cost)\ndenominator: count(*)"
BY_PARTS = "kpi: by_parts\nrollup: sum\nfrom: segments\nat: started_at\nvalue: sum(cost)"
LENIENT = "kpi: lenient\nrollup: sum\nfrom: interactions\nvalue: sum(coalesce(cost, 0))"
CALLS: list[dict[str, Any]] = [
    {"interaction_id": "a", "outcome": "handled", "talk_s": 100, "acw_s": 25},
    {"interaction_id": "b", "outcome": "abandoned"},
    {"interaction_id": "c", "outcome": "handled"},
    {"interaction_id": "d", "channel": "faq", "solution": "guide"},
    {"interaction_id": "e", "channel": "faq"},
    {"interaction_id": "f", "channel": "chat", "outcome": "handled", "talk_s": 60},
]


def asking(*rates: Rate, **more: Any) -> Asking:
    found = Asking(glossary_of(COST, BY_PARTS, LENIENT), interactions=CALLS, **more)
    fill_costs(found.con, rates, zone_of("UTC"))
    return found


def test_one_row_for_each_that_a_rate_covers() -> None:
    store = asking(*RATES)
    rows = store.con.execute("select interaction_id, cost from costs order by 1").fetchall()
    # 0.40 + 125 x 0.012; nobody talked to b; how long c talked is unknown; e used no solution that has a rate
    assert rows == [("a", Decimal("1.900")), ("b", Decimal("0.400")), ("d", Decimal("0.100"))]


def test_a_channel_without_a_rate_is_not_measured_and_an_interaction_without_one_is_unknown() -> None:
    rows = asking(*RATES).rows("cost", by=("channel",), parts=True)
    assert {row["channel"]: (row["cost"], row["cost_n"], row["cost_unknown"], row["cost_state"]) for row in rows} == {
        "phone": (pytest.approx(1.15), 2, 1, None),
        "faq": (pytest.approx(0.1), 1, 1, None),
        "chat": (None, 0, 1, "not_measured"),
    }


def test_without_rates_nothing_is_measured() -> None:
    (row,) = asking().rows("cost", "lenient")
    assert (row["cost"], row["cost_state"], row["lenient"]) == (None, "not_measured", 0)


def test_a_part_reaches_the_cost_of_its_contact() -> None:
    parts = [
        {"interaction_id": name, "kind": "agent", "started_at": datetime(2026, 3, 2, 10)} for name in ("a", "a", "d")
    ]
    assert asking(*RATES, segments=parts).value("by_parts") == Decimal("3.900")


def test_the_relation_is_made_anew() -> None:
    found = asking(*RATES)
    fill_costs(found.con, RATES[1:], zone_of("UTC"))
    assert found.con.execute("select count(*) from costs").fetchall() == [(1,)]
    counted = found.con.execute(
        "select channel, row_count, filled from fills where relation = 'costs' order by channel"
    ).fetchall()
    assert counted == [("chat", 1, 0), ("faq", 2, 1), ("phone", 3, 0)]
