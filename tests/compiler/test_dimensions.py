"""Cuts that are no columns: what the referential says of a name, fields of `attributes`, columns of the interaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from asking import Asking, glossary_of

from omnictl.compiler.period import Period
from omnictl.errors import DefinitionError
from omnictl.referential import Channel, Intent, Referential, Solution, shipped_channels

CALLS = "kpi: calls\nrollup: sum\nfrom: interactions\nat: started_at\nvalue: count(*)\n"
WORTH = "kpi: worth\nrollup: sum\nfrom: interactions\nat: started_at\nvalue: sum(intent.value)\n"
DIGITAL = (
    "kpi: digital\nrollup: share\nunit: ratio\nfrom: interactions\nat: started_at\n"
    "numerator: count_if(solution.owner = 'digital')\ndenominator: count(*)\n"
)
PARTS = "kpi: parts\nrollup: sum\nfrom: segments\nvalue: count(*)\n"
ASKED = "kpi: asked\nrollup: sum\nfrom: surveys\nvalue: count(*)\n"
STAFFED = "kpi: staffed\nrollup: sum\nfrom: staffing\nvalue: sum(staffed_s)\n"
OPENED = "kpi: opened\nrollup: stock\nfrom: interactions\nopen: {since: started_at, until: ended_at}\n"
GLOSSARY = glossary_of(CALLS, WORTH, DIGITAL, PARTS, ASKED, STAFFED, OPENED)
REFERENTIAL = Referential(
    intents={
        "claim": Intent({"en": "Claim", "fr": "Sinistre"}, parent="home", value=Decimal("40.5")),
        "home": Intent({"en": "Home", "fr": "Habitation"}),
        "quote": Intent({"en": "It's a quote", "fr": "Devis"}, parent="home", value=Decimal(2)),
    },
    solutions={
        "faq": Solution({}, "faq", owner="digital", attributes={"brand": "north"}),
        "call": Solution({}, "phone", owner="care"),
    },
    channels=shipped_channels() | {"counter": Channel("assisted", "contact", attributes={"floor": "ground"})},
)


@dataclass(frozen=True)
class Setting:
    timezone: str = "UTC"
    language: str = "en"
    referential: Referential = REFERENTIAL


@pytest.fixture(scope="module")
def made() -> Asking:
    rows = [
        {"interaction_id": "1", "solution": "faq", "channel": "faq", "intent": "claim", "attributes": '{"brand": "n"}'},
        {"interaction_id": "2", "solution": "call", "intent": "claim", "ended_at": datetime(2026, 3, 2, 10, 5)},
        {"interaction_id": "3", "solution": "none such", "intent": "quote"},
        {"interaction_id": "4", "channel": "counter", "attributes": '{"brand": "s"}'},
    ]
    begun = {"started_at": datetime(2026, 3, 2, 10)}
    segments = [{"interaction_id": "1", "kind": "queue", "queue": "a"}, {"interaction_id": "2", "kind": "agent"}]
    segments = [each | begun for each in segments]
    surveys = [{"interaction_source": "t", "interaction_id": "2", "answered_at": datetime(2026, 3, 2, 12)}]
    made = Asking(GLOSSARY, interactions=rows, segments=segments, surveys=surveys)
    made.setting = Setting()  # type: ignore[assignment]
    return made


def by(made: Asking, kpi: str, cut: str, **asked: Any) -> dict[Any, Any]:
    return {row[cut]: row[kpi] for row in made.rows(kpi, by=(cut,), **asked)}


@pytest.mark.parametrize(
    ("cut", "expected"),
    [
        ("solution.owner", {"care": 1, "digital": 1, None: 2}),
        ("solution.brand", {"north": 1, None: 3}),
        ("solution.label", {"call": 1, "faq": 1, None: 2}),
        ("solution.channel", {"faq": 1, "phone": 1, None: 2}),
        ("intent.parent", {"home": 3, None: 1}),
        ("intent.label", {"Claim": 2, "It's a quote": 1, None: 1}),
        ("intent.value", {Decimal(2): 1, Decimal("40.5"): 2, None: 1}),
        ("intent.better_with", {None: 4}),
        ("channel.mode", {"assisted": 3, "self_service": 1}),
        ("channel.floor", {"ground": 1, None: 3}),
        ("Solution.Owner", {"care": 1, "digital": 1, None: 2}),
    ],
)
def test_what_the_referential_says(made: Asking, cut: str, expected: dict[Any, int]) -> None:
    assert by(made, "calls", cut) == expected


def test_labels_are_those_of_the_language(made: Asking) -> None:
    assert by(made, "calls", "intent.label", lang="fr") == {"Devis": 1, "Sinistre": 2, None: 1}


def test_expressions_and_conditions_name_them_too(made: Asking) -> None:
    row = made.rows("worth", "digital", parts=True)[0]
    assert (row["worth"], row["worth_unknown"]) == (Decimal(83), 1)
    assert (row["digital_numerator"], row["digital_denominator"], row["digital_unknown"]) == (1, 2, 2)
    assert made.value("calls", where="intent.parent = 'home' and solution.owner is null") == 1
    assert made.value("calls", where="channel.mode = 'assisted'") == 3


def test_rows_of_an_interaction_reach_them(made: Asking) -> None:
    period = Period(datetime(2026, 3, 2), datetime(2026, 3, 3))
    assert by(made, "parts", "solution.owner") == {"care": 1, "digital": 1}
    assert by(made, "asked", "intent.parent", period=period) == {"home": 1}
    assert by(made, "parts", "interaction('channel')") == {"faq": 1, "phone": 1}
    assert by(made, "parts", "interaction('queue')") == {None: 2}


def test_a_stock_is_cut_by_them(made: Asking) -> None:
    period = Period(datetime(2026, 3, 2), datetime(2026, 3, 3))
    # where nothing ever closes, nothing is measured: of the three that are open, one is on such a channel or more
    assert by(made, "opened", "solution.owner", period=period, total=True) == {"care": 0, "digital": 0, None: 1}


def test_a_field_of_the_attributes_is_personal(made: Asking) -> None:
    with pytest.raises(DefinitionError, match="personal"):
        made.rows("calls", by=("attribute('brand')",))
    assert by(made, "calls", "attribute('brand')", personal=True) == {"n": 1, "s": 1, None: 2}
    assert by(made, "parts", "attribute('brand')", personal=True) == {"n": 1, None: 1}


def test_a_kpi_whose_rows_lack_it_is_not_defined(made: Asking) -> None:
    rows = made.rows("calls", "staffed", by=("solution.owner",))
    assert {row["staffed_state"] for row in rows} == {"not_defined"}
    assert sum(row["calls"] for row in rows) == 4
    rows = made.rows("calls", "opened", by=("hour",), period=Period(datetime(2026, 3, 2), datetime(2026, 3, 3)))
    assert [(row["hour"], row["calls"], row["opened_state"]) for row in rows] == [(10, 4, "not_defined")]


@pytest.mark.parametrize(
    ("cut", "code", "hint"),
    [
        ("solution.ownr", "unknown-attribute", "owner"),
        ("channel.brand", "unknown-attribute", ""),
        ("solutions.owner", "unknown-cut", "solution.owner"),
        ("weekdy", "unknown-cut", "weekday"),
        ("agents.team", "unknown-cut", ""),
        ("interaction('chanel')", "unknown-cut", ""),
        ("hour(started_at)", "unknown-cut", ""),
        ("count(*)", "unknown-cut", ""),
        ("channel; drop table meta", "unknown-cut", ""),
        ("kpi(calls)", "unknown-cut", ""),
    ],
)
def test_cuts_that_are_none(made: Asking, cut: str, code: str, hint: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        made.rows("calls", by=(cut,))
    (finding,) = caught.value.findings
    assert finding.code == code
    assert hint in finding.hint


def test_adding_a_kpi_changes_no_figure(made: Asking) -> None:
    alone = by(made, "calls", "solution.owner")
    together = {
        row["solution.owner"]: row["calls"] for row in made.rows("calls", "parts", "worth", by=("solution.owner",))
    }
    assert together == alone


WAITS = "kpi: waits\nrollup: percentile\nfrom: interactions\nat: started_at\nvalue: quantile_cont(wait_s, 0.5)\n"
QUEUES = "kpi: queues\nrollup: distinct\nfrom: interactions\nat: answered_at\nvalue: count(distinct queue)\n"
HANDLED = (
    "kpi: handled\nrollup: share\nunit: ratio\nfrom: interactions\nat: started_at\n"
    "numerator: count_if(outcome = 'handled')\ndenominator: count(*)\n"
)


@pytest.fixture(scope="module")
def readers() -> Asking:
    """Three visits and what they read: one nothing, one a and b (a twice), one a."""
    at = {"answered_at": datetime(2026, 3, 2, 10, 1)}
    rows = [
        {"interaction_id": "1", "wait_s": 1, "outcome": "handled", "queue": "x", **at},
        {"interaction_id": "2", "wait_s": 2, "outcome": "handled", "queue": "y", **at},
        {"interaction_id": "3", "wait_s": 9, "outcome": "dropped", "queue": "y", **at},
    ]
    read = [
        ("2", "article", "a"),
        ("2", "article", "b"),
        ("2", "article", "a"),
        ("3", "article", "a"),
        ("3", "page", "p"),
    ]
    steps = [
        {
            "step_id": str(number),
            "interaction_id": owner,
            "type": kind,
            "object": what,
            "occurred_at": datetime(2026, 3, 2),
        }
        for number, (owner, kind, what) in enumerate(read)
    ]
    return Asking(glossary_of(CALLS, HANDLED, WAITS, QUEUES, OPENED, PARTS), interactions=rows, steps=steps)


def test_an_interaction_counts_once_for_each_article(readers: Asking) -> None:
    table = readers.table("calls", "handled", "waits", "queues", by=("step.article",), total=True)
    assert [row[2:] for row in table.rows] == [
        ("a", False, 2, 0.5, 5.5, 1),
        ("b", False, 1, 1.0, 2.0, 1),
        (None, False, 1, 1.0, 1.0, 1),
        (None, True, 3, 2 / 3, 2.0, 2),
    ]
    assert "by step.article an interaction counts once for each: the whole is less than the sum" in table.notes


def test_articles_by_day_and_channel(readers: Asking) -> None:
    period = Period(datetime(2026, 3, 2), datetime(2026, 3, 4))
    rows = readers.rows("calls", by=("channel", "step.article"), every="day", period=period, total=True)
    told = [(row["period_start"].day, row["step.article"], row["total"], row["calls"]) for row in rows]
    assert told == [
        (2, "a", False, 2), (2, "b", False, 1), (2, None, False, 1), (2, None, True, 3),
        (3, "a", False, 0), (3, "b", False, 0), (3, None, False, 0), (3, None, True, 0),
        (2, None, True, 3),
    ]  # fmt: skip


def test_what_has_no_articles_of_its_own(readers: Asking) -> None:
    rows = readers.rows("calls", "opened", by=("step.page",))
    assert {row["opened_state"] for row in rows} == {"not_defined"}
    assert {row["step.page"]: row["calls"] for row in rows} == {"p": 1, None: 2}
    for kpi, cut in (("parts", "step.article"), ("opened", "step.article"), ("calls", "step.articles")):
        with pytest.raises(DefinitionError, match="can be cut by"):
            readers.rows(kpi, by=(cut,))
    with pytest.raises(DefinitionError, match="no column"):
        readers.rows("calls", where="step.article = 'a'")


@pytest.mark.parametrize("cut", ["agent", "interaction('agent')", "Interaction( 'Agent' )"])
def test_agents_are_told_apart_in_no_other_words(made: Asking, cut: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        made.plan("parts", by=(cut,), agents="team")
    assert [finding.code for finding in caught.value.findings] == ["agent-cut"]


def test_small_cells_are_hidden_of_articles_too(readers: Asking) -> None:
    rows = readers.rows("calls", by=("step.article",), total=True, floor=2)
    assert {row["step.article"]: (row["calls"], row["calls_state"]) for row in rows if not row["total"]}["b"] == (
        None,
        "hidden",
    )
