"""Two definitions on the same rows: both figures, and what each rule in between moves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
from asking import Asking, Setting, glossary_of

from omnictl.calendars import Calendar
from omnictl.compiler.question import Period, Question
from omnictl.errors import OmnictlError
from omnictl.glossary import load_glossary
from omnictl.referential import Referential
from omnictl.review.explained import Explained, explain
from omnictl.review.hybrids import on_the_way, rules_between
from omnictl.review.membership import Shared
from omnictl.review.waterfall import sentences, table_of

QUEUED = datetime(2026, 3, 2, 10, 0)


@dataclass(frozen=True)
class Looking(Setting):
    referential: Referential = field(default_factory=Referential)


ALL = Question((), lang="en")
DAY = (  # one day of 1,000 calls: outcome, seconds waited, how many
    ("handled", 15, 760),
    ("handled", 40, 140),
    ("abandoned", 2, 30),
    ("abandoned", 12, 20),
    ("abandoned", 60, 40),
    ("flow_out", 10, 10),
)


def calls(*rows: tuple[str, int, int], **more: Any) -> Iterator[dict[str, Any]]:
    for outcome, wait, times in rows:
        for _ in range(times):
            yield {"outcome": outcome, "wait_s": wait, "direction": "inbound", "queued_at": QUEUED} | more


@pytest.fixture(scope="module")
def day() -> Asking:
    return Asking(load_glossary(["standard"]), interactions=calls(*DAY))


def explained(asking: Asking, one: str, other: str, question: Question = ALL) -> Explained:
    found = explain(asking.glossary, asking.setting, one, other, question, asking.con)
    assert sum((step.points for step in found.steps), Fraction(0)) == found.points
    return found


@pytest.mark.parametrize(
    ("variant", "numerator", "denominator"),
    [("v2", 760, 990), ("v3", 760, 1000), ("v4", 760, 900), ("v5", 820, 1000), ("v6", 760, 940), ("v7", 760, 970)],
)
def test_the_steps_lead_from_one_service_level_to_the_other(
    day: Asking, variant: str, numerator: int, denominator: int
) -> None:
    found = explained(day, "service_level", f"service_level@{variant}")
    assert found.first.exact == Fraction(760, 960)
    assert found.last.exact == Fraction(numerator, denominator)
    assert found.points == Fraction(numerator, denominator) - Fraction(760, 960)
    assert found.steps[-1].figure == found.last


def test_each_rule_moves_the_rows_that_one_counts_by_hand(day: Asking) -> None:
    found = explained(day, "service_level", "service_level@v5")
    first, second = found.steps
    assert [(rule.key, rule.old, rule.new) for rule in first.rules] == [("numerator", "outcome = 'handled'", None)]
    assert first.points == Fraction(820, 960) - Fraction(760, 960)  # 50 abandoned in time and 10 that flowed out
    assert first.rows == {"numerator": Shared(760, 0, 60), "denominator": Shared(960, 0, 0)}
    assert second.points == Fraction(820, 1000) - Fraction(820, 960)  # 30 short abandons and 10 that flowed out
    assert second.rows == {"numerator": Shared(820, 0, 0), "denominator": Shared(960, 0, 40)}
    assert found.rows == {"numerator": Shared(760, 0, 60), "denominator": Shared(960, 0, 40)}


def test_the_way_back_is_the_way_there_with_its_signs_turned(day: Asking) -> None:
    there = explained(day, "service_level", "service_level@v7")
    back = explained(day, "service_level@v7", "service_level")
    assert back.points == -there.points
    assert back.rows["denominator"] == Shared(960, 10, 0)


def test_a_parameter_is_a_rule(day: Asking) -> None:
    found = explained(day, "service_level", "service_level:answer_threshold=60s")
    (step,) = found.steps
    assert [(rule.key, rule.old, rule.new) for rule in step.rules] == [("parameters answer_threshold", "20 s", "60s")]
    assert (step.figure.numerator, step.rows["numerator"]) == (900, Shared(760, 0, 140))


def test_two_kpis_over_the_same_rows(day: Asking) -> None:
    found = explained(day, "answer_rate", "service_level")
    assert (found.first.exact, found.last.exact) == (Fraction(900, 960), Fraction(760, 960))
    assert found.rows["numerator"] == Shared(760, 140, 0)


def test_a_variant_may_count_rows_of_another_relation() -> None:
    visits = [{"channel": "web", "interaction_id": f"v{number}", "source": "w"} for number in range(3)]
    steps = [{"source": "w", "interaction_id": "v0", "type": "action", "occurred_at": QUEUED}]
    asking = Asking(
        load_glossary(["standard"]), interactions=[{**each, "direction": "inbound"} for each in visits], steps=steps
    )
    found = explained(asking, "visits", "visits@acted_by_steps")
    assert (found.first.value, found.last.value) == (3, 1)
    assert found.rows["counted"] == Shared(0, 3, 1)


def test_rows_that_cannot_be_judged_stand_on_neither_side() -> None:
    rows = [*calls(("handled", 10, 3)), *calls(("handled", 10, 2), wait_s=None)]
    asking = Asking(load_glossary(["standard"]), interactions=rows)
    found = explained(asking, "service_level", "service_level@v4")
    assert (found.first.denominator, found.first.unknown) == (3, 2)
    assert found.rows["denominator"] == Shared(3, 0, 0)


def test_the_period_and_the_condition_hold_on_both_sides() -> None:
    later = QUEUED + timedelta(days=1)
    rows = [
        *calls(("handled", 10, 4), ("abandoned", 2, 4)),
        *calls(("abandoned", 2, 7), queued_at=later, channel="chat"),
    ]
    asking = Asking(load_glossary(["standard"]), interactions=rows)
    one_day = Question((), period=Period(datetime(2026, 3, 2), datetime(2026, 3, 3)), lang="en")
    found = explained(asking, "service_level", "service_level@v2", one_day)
    assert (found.first.exact, found.last.exact) == (Fraction(1), Fraction(1, 2))
    assert found.rows["denominator"] == Shared(4, 0, 4)
    phone = explained(asking, "service_level", "service_level@v2", Question((), where="channel = 'phone'", lang="en"))
    assert phone.rows == found.rows


def test_another_time_moves_rows_between_days() -> None:
    kpis = (
        "kpi: begun\nrollup: sum\nbetter: neutral\nfrom: interactions\nat: started_at\nvalue: count(*)",
        "kpi: ended\nrollup: sum\nbetter: neutral\nfrom: interactions\nat: ended_at\nvalue: count(*)",
    )
    first, second = datetime(2026, 3, 2, 23, 50), datetime(2026, 3, 3, 0, 10)
    rows = [{"started_at": first, "ended_at": second}, {"started_at": second, "ended_at": second}]
    asking = Asking(glossary_of(*kpis), interactions=[*rows, rows[1]])
    one_day = Question((), period=Period(datetime(2026, 3, 3), datetime(2026, 3, 4)), lang="en")
    found = explained(asking, "begun", "ended", one_day)
    assert (found.first.value, found.last.value, found.rows["counted"]) == (2, 3, Shared(2, 0, 1))


def test_the_conditions_of_where_are_rules_of_their_own() -> None:
    head = "rollup: sum\nbetter: neutral\nfrom: interactions\nat: started_at\nvalue: count(*)\n"
    kpis = (
        f"kpi: a\n{head}where: direction = 'inbound' and excluded = '' and channel <> 'ivr'",
        f"kpi: b\n{head}where: excluded = '' and outcome = 'handled' and direction = 'outbound'",
    )
    glossary = glossary_of(*kpis)
    found = [(rule.old, rule.new) for rule in rules_between(glossary.resolve("a"), glossary.resolve("b"))]
    assert found == [
        ("direction = 'inbound'", "direction = 'outbound'"),
        ("channel <> 'ivr'", None),
        (None, "outcome = 'handled'"),
    ]


def test_a_rule_that_cannot_stand_alone_is_taken_with_the_next() -> None:
    head = "rollup: share\nunit: ratio\nbetter: neutral\nfrom: interactions\nat: started_at\ndenominator: count(*)\n"
    glossary = glossary_of(
        f"kpi: a\n{head}numerator: count_if(outcome = 'handled')",
        f"kpi: b\n{head}window: J+7\nnumerator: count_if(within(next_contact))",
    )
    way = on_the_way(glossary, glossary.resolve("a"), glossary.resolve("b"))
    assert [[rule.key for rule in each.rules] for each in way] == [[], ["window", "numerator"]]


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ("contacts_received", "cannot be compared: one is in ratio, the other in count"),
        ("csat", "not over the same rows: interactions against surveys"),
        ("channel_share", "is always cut by channel"),
    ],
)
def test_what_cannot_be_compared_is_refused(day: Asking, other: str, words: str) -> None:
    with pytest.raises(OmnictlError, match=words):
        explain(day.glossary, day.setting, "service_level", other, ALL, day.con)


def test_without_rows_there_is_nothing_to_explain(day: Asking) -> None:
    empty = Question((), period=Period(datetime(2025, 1, 1), datetime(2025, 1, 2)), lang="en")
    with pytest.raises(OmnictlError, match="service_level has no figure here: no_rows"):
        explain(day.glossary, day.setting, "service_level", "service_level@v2", empty, day.con)


def test_the_answer_in_words(day: Asking) -> None:
    found = explained(day, "service_level", "service_level@v5")
    said = list(sentences(found, "en"))
    assert said[0] == "service_level: 79.2%; service_level@v5: 82.0%: +2.8 pt."
    assert said[1] == "The rule that moves most: numerator: without outcome = 'handled' (+6.3 pt)."
    assert said[3] == "Denominator: 960 rows in both, 0 only in A, 40 only in B."
    table = table_of(found, "en")
    assert [row[0] for row in table.rows] == ["A", "1", "2", "B"]
    assert [row[4:6] for row in table.rows] == [(760, 960), (820, 960), (820, 1000), (820, 1000)]
    (alike,) = sentences(explained(day, "service_level@v5", "service_level@v5"), "fr")
    assert alike == "service_level@v5 et service_level@v5 comptent ici les mêmes lignes de la même façon."


def test_what_is_looked_up_is_looked_up_for_rows_too() -> None:
    weekday, sunday = datetime(2026, 3, 2, 10), datetime(2026, 3, 1, 10)
    rows = [*calls(("handled", 10, 3), started_at=weekday), *calls(("handled", 10, 2), started_at=sunday)]
    glossary = glossary_of(
        """
kpi: opened
unit: count
rollup: sum
better: neutral
from: interactions
at: started_at
value: count_if(channel.mode = 'assisted' and in_hours(started_at) and weekday(started_at) = 1)
variants: {by_tools: {value: "count_if(channel.mode = 'self_service')", note: {en: x, fr: x}}}
"""
    )
    asking = Asking(glossary, interactions=rows)
    hours = Calendar((((9 * 3600, 18 * 3600),),) * 5 + ((), ()))
    setting = Looking("UTC", "en", Referential(calendars={"support": hours}))
    found = explain(glossary, setting, "opened", "opened@by_tools", ALL, asking.con)
    assert (found.first.value, found.last.value, found.rows) == (3, 0, {"counted": Shared(0, 3, 0)})
