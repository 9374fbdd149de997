"""Why a value is empty, and what is said beside the figures."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from asking import Asking, glossary_of

from omnictl.compiler.question import Period
from omnictl.errors import DefinitionError

RATE = """
kpi: rate
rollup: share
unit: ratio
from: interactions
at: queued_at
channels: [phone, chat]
numerator: count_if(outcome = 'handled' and wait_s <= 20)
denominator: count_if(outcome in ('handled', 'abandoned'))
target: {value: 0.8, by: {channel: {chat: 0.7}}}
"""
CALLS = "kpi: calls\nrollup: sum\nfrom: interactions\nvalue: count(*)"
MOOD = "kpi: mood\nrollup: share\nfrom: surveys\nnumerator: count_if(score >= 4)\ndenominator: count(*)"
STAFF = "kpi: staffed\nrollup: sum\nunit: seconds\nfrom: staffing\nvalue: sum(staffed_s)"
BOTH = "kpi: load\nrollup: ratio\nnumerator: kpi(staffed)\ndenominator: kpi(calls)"
GLOSSARY = glossary_of(RATE, CALLS, MOOD, STAFF, BOTH)
DAY = Period(datetime(2026, 3, 2), datetime(2026, 3, 3))


def call(
    channel: str = "phone", outcome: str | None = "handled", wait: float | None = 5, **more: Any
) -> dict[str, Any]:
    return {"channel": channel, "outcome": outcome, "wait_s": wait, "queued_at": datetime(2026, 3, 2, 10), **more}


def by_channel(asking: Asking, name: str, **asked: Any) -> dict[str | None, tuple[Any, str | None]]:
    rows = asking.rows(name, "calls", by=("channel",), **asked)
    return {row["channel"]: (row[name], row.get(f"{name}_state")) for row in rows}


def test_a_channel_the_kpi_is_not_about_is_not_defined() -> None:
    asking = Asking(GLOSSARY, interactions=[call(), call("email")])
    assert by_channel(asking, "rate") == {"phone": (1.0, None), "email": (None, "not_defined")}
    (row,) = asking.rows("rate", where="channel = 'email'")
    assert (row["rate"], row["rate_state"]) == (None, "not_defined")
    (row,) = asking.rows("rate", where="channel = 'mail'")
    assert row["rate_state"] == "not_defined"
    (row,) = asking.rows("rate", where="channel in ('email', 'phone')")
    assert row["rate"] == 1.0


@pytest.mark.parametrize(
    "where", ["channel = 'web'", "'web' = channel and direction = 'inbound'", "(channel in ('web', 'email'))"]
)
def test_a_condition_on_other_channels_is_not_defined_though_no_row_has_the_kpis_time(where: str) -> None:
    """A visit never queues: by the time of the KPI there is no row of it, and that is no 0 and no `no_rows`."""
    asking = Asking(GLOSSARY, interactions=[call(), {"channel": "web", "started_at": datetime(2026, 3, 2, 9)}])
    for asked in ({}, {"by": ("queue",)}, {"by": ("channel",), "total": True}):
        rows = asking.rows("rate", where=where, period=DAY, **asked)
        assert rows
        assert {(row["rate"], row["rate_state"]) for row in rows} == {(None, "not_defined")}


def test_which_cuts_are_seen_does_not_depend_on_the_time_of_the_kpi() -> None:
    """Web visits never queue: they are seen by the time they began, and the rate is not defined for them."""
    asking = Asking(GLOSSARY, interactions=[call(), {"channel": "web", "started_at": datetime(2026, 3, 2, 9)}])
    for asked in ({"period": DAY}, {"period": DAY, "every": "day"}, {"every": "month"}, {}):
        rows = asking.rows("rate", by=("channel",), **asked)
        assert [(row["channel"], row["rate"], row["rate_state"]) for row in rows] == [
            ("phone", 1.0, None), ("web", None, "not_defined"),
        ]  # fmt: skip


def test_a_total_says_which_channels_it_holds() -> None:
    asking = Asking(GLOSSARY, interactions=[call(), call("email")])
    assert asking.table("rate").notes == ["rate is about phone, chat"]
    assert asking.table("rate", by=("channel",)).notes == []


def test_nothing_that_fills_a_column_it_needs_is_not_measured() -> None:
    rows = [call(), call("chat", wait=None), call("chat", wait=None)]
    asking = Asking(GLOSSARY, interactions=rows)
    assert by_channel(asking, "rate") == {"phone": (1.0, None), "chat": (None, "not_measured")}
    assert asking.value("rate") == 1.0
    assert any("not measured on chat" in note for note in asking.table("rate").notes)
    alone = Asking(GLOSSARY, interactions=rows[1:])
    (row,) = alone.rows("rate")
    assert (row["rate"], row["rate_state"]) == (None, "not_measured")


def test_a_column_that_may_be_empty_by_its_own_word_is_not_needed() -> None:
    glossary = glossary_of(
        "kpi: own\nrollup: sum\nfrom: interactions\nvalue: count(*)\n"
        "where: parent_kind is null or parent_kind = 'within'",
        "kpi: same\nrollup: sum\nfrom: interactions\nwhere: coalesce(parent_kind, '') <> 'answer'\nvalue: count(*)",
        "kpi: other\nrollup: sum\nfrom: interactions\nvalue: count_if(answered_at is not null)",
    )
    asking = Asking(glossary, interactions=[{}, {}])
    (row,) = asking.rows("own", "same", "other")
    assert (row["own"], row["same"], row["other"], row["other_state"]) == (2, 2, None, "not_measured")


def test_parts_of_a_sum_that_no_source_fills_are_named() -> None:
    text = "kpi: work\nrollup: mean\nfrom: interactions\ndenominator: count(*)\n"
    text += "numerator: sum(talk_s + coalesce(hold_s, 0))"
    asking = Asking(glossary_of(text), interactions=[{"talk_s": 60}, {"talk_s": 30, "channel": "chat", "hold_s": 5}])
    assert asking.value("work") == 47.5
    assert asking.table("work").notes == [
        "work: no source fills hold_s on phone; what the definition says for NULL is taken"
    ]


def test_where_a_contact_of_several_queues_counts_is_told() -> None:
    glossary = glossary_of(
        "kpi: calls\nrollup: sum\nfrom: interactions\nvalue: count(*)",
        "kpi: stays\nrollup: sum\nfrom: segments\nvalue: count(*)",
    )
    stay = {"interaction_id": "1", "kind": "queue", "started_at": "2026-03-02 09:00:00"}
    asking = Asking(
        glossary,
        interactions=[{"interaction_id": "1", "queue": "home"}],
        segments=[{**stay, "segment_id": queue, "queue": queue} for queue in ("home", "car")],
    )
    said = "by queue a contact counts once, at the queue that answered first, else the last"
    told = {
        name: [note for note in asking.table(name, by=["queue"]).notes if note.startswith(said)]
        for name in ("calls", "stays")
    }
    assert (len(told["calls"]), told["stays"]) == (1, [])
    assert not [note for note in asking.table("calls").notes if note.startswith(said)]
    assert {row["queue"]: row["stays"] for row in asking.rows("stays", by=["queue"])} == {"home": 1, "car": 1}


def test_no_rows_and_a_divisor_of_zero_are_told_apart() -> None:
    asking = Asking(GLOSSARY, interactions=[call(), call("chat", "flow_out")])
    assert by_channel(asking, "rate") == {"phone": (1.0, None), "chat": (None, "undefined")}
    period = Period(datetime(2026, 3, 3), datetime(2026, 3, 4))
    (row,) = asking.rows("rate", "calls", period=period)
    assert (row["rate"], row["rate_state"], row["calls"]) == (None, "no_rows", 0)
    assert "calls_state" not in row


def test_what_comes_after_the_watermark_is_partial_and_its_source_is_named() -> None:
    rows = [call(started_at=datetime(2026, 3, day, 10)) for day in (1, 2, 3)]
    rows.append(call("chat", source="web", started_at=datetime(2026, 3, 1, 10)))
    asking = Asking(GLOSSARY, interactions=rows)
    asking.complete_until("t", "interactions", datetime(2026, 3, 3, 12))
    asking.complete_until("web", "interactions", datetime(2026, 3, 2))
    period = Period(datetime(2026, 3, 1), datetime(2026, 3, 4))
    states = [row.get("calls_state") for row in asking.rows("calls", every="day", period=period)]
    assert states == [None, "partial", "partial"]
    cut = asking.rows("calls", every="day", by=("channel",), period=period)
    told = {(row["channel"], row["period_start"].day): row["calls_state"] for row in cut}
    assert told == {
        ("chat", 1): None, ("chat", 2): "partial", ("chat", 3): "partial",
        ("phone", 1): None, ("phone", 2): None, ("phone", 3): "partial",
    }  # fmt: skip
    notes = asking.table("calls", every="day", period=period).notes
    assert [note.split("`")[1] for note in notes] == ["t", "web"]
    assert "2026-03-02 00:00" in notes[1]
    (whole,) = asking.rows("calls")
    assert "calls_state" not in whole, "the period of the data is whole by definition"


def test_a_relation_without_a_channel_waits_for_its_source_on_every_channel() -> None:
    text = "kpi: parts\nrollup: sum\nfrom: segments\nchannels: [phone]\nvalue: count(*)"
    segments = [{"interaction_id": "i0", "kind": "queue", "started_at": datetime(2026, 3, 2, 10)}]
    asking = Asking(glossary_of(text), interactions=[call()], segments=segments)
    asking.complete_until("t", "segments", datetime(2026, 3, 2, 12))
    (row,) = asking.rows("parts", by=("channel",), period=DAY)
    assert (row["channel"], row["parts"], row["parts_state"]) == ("phone", 1, "partial")


def test_a_retired_source_is_complete() -> None:
    asking = Asking(GLOSSARY, interactions=[call()])
    asking.complete_until("t", "interactions", datetime(2026, 3, 2, 10), until=date(2026, 3, 2))
    (row,) = asking.rows("calls", period=DAY)
    assert "calls_state" not in row


def test_a_cut_that_the_rows_do_not_have_is_not_defined_and_the_total_is() -> None:
    staffing = [{"queue": "a", "interval_start": datetime(2026, 3, 2, 10), "staffed_s": 1800}]
    asking = Asking(GLOSSARY, interactions=[call(), call("chat")], staffing=staffing)
    rows = asking.rows("staffed", "load", "calls", by=("channel",), total=True)
    told = [(row["channel"], row["staffed"], row["staffed_state"], row["load"], row["load_state"]) for row in rows]
    assert told == [
        ("chat", None, "not_defined", None, "not_defined"),
        ("phone", None, "not_defined", None, "not_defined"),
        (None, Decimal(1800), None, 900.0, None),
    ]
    assert [row["calls"] for row in rows] == [1, 1, 2]
    (row,) = asking.rows("staffed", "load", "calls", where="channel = 'phone'")
    assert (row["staffed_state"], row["load_state"], row["calls"]) == ("not_defined", "not_defined", 1)


def test_cuts_and_conditions_reach_the_interaction_of_a_row() -> None:
    surveys = [
        {"interaction_source": "t", "interaction_id": "i0", "score": 5, "answered_at": datetime(2026, 3, 2)},
        {"interaction_source": "t", "interaction_id": "i1", "score": 1, "answered_at": datetime(2026, 3, 2)},
        {"channel": "web", "score": 4, "answered_at": datetime(2026, 3, 2)},
        {"score": 2, "answered_at": datetime(2026, 3, 2)},
    ]
    rows = [call(queue="a"), call("chat", queue="b")]
    asking = Asking(GLOSSARY, interactions=rows, surveys=surveys)
    assert by_channel(asking, "mood") == {
        "chat": (0.0, None), "phone": (1.0, None), "web": (1.0, None), None: (0.0, None),
    }  # fmt: skip
    cut = {row["queue"]: row["mood"] for row in asking.rows("mood", by=("queue",))}
    assert cut == {"a": 1.0, "b": 0.0, None: 0.5}
    assert asking.value("mood", where="queue = 'a'") == 1.0
    assert asking.value("mood", where="interaction('channel') = 'chat'") == 0.0


def test_offers_see_the_display_they_were_shown_in() -> None:
    text = "kpi: choices\nrollup: share\nfrom: offers\nnumerator: count_if(chosen)\ndenominator: count(*)"
    asking = Asking(
        glossary_of(text),
        decisions=[{"decision_id": "d", "occurred_at": datetime(2026, 3, 2), "scenario": "s"}],
        offers=[
            {"decision_id": "d", "solution": "faq", "chosen": True},
            {"decision_id": "d", "solution": "call", "chosen": False},
        ],
    )
    assert asking.value("choices", period=DAY) == 0.5
    assert [row["choices"] for row in asking.rows("choices", by=("scenario",), period=DAY)] == [0.5]


def test_local_days_of_a_base_lie_in_that_day_in_any_zone() -> None:
    text = "kpi: clients\nrollup: sum\nfrom: base\nvalue: sum(active)"
    rows = [{"period_start": date(2026, 3, day), "segment": "", "active": day} for day in (1, 2, 3)]
    for zone in ("Europe/Paris", "Pacific/Auckland", "America/Los_Angeles"):
        asking = Asking(glossary_of(text), zone, base=rows)
        period = Period(datetime(2026, 3, 1), datetime(2026, 3, 4))
        for by in ((), ("segment",)):
            rows_ = asking.rows("clients", every="day", period=period, by=by)
            assert [row["clients"] for row in rows_] == [1, 2, 3]


def test_targets_follow_the_cut() -> None:
    asking = Asking(GLOSSARY, interactions=[call(), call("chat")])
    rows = asking.rows("rate", by=("channel",), total=True, long=True)
    assert [(row["channel"], row["target"]) for row in rows] == [
        ("chat", Decimal("0.7")), ("phone", Decimal("0.8")), (None, Decimal("0.8")),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"by": ("chanel",)}, "unknown-cut"),
        ({"by": ("channel", "channel")}, "asked-twice"),
        ({"by": ("attributes",)}, "personal-cut"),
        ({"where": "queu = 'x'"}, "unknown-column"),
        ({"where": "queue = "}, "expression-syntax"),
        ({"where": "queue = 5"}, "wrong-kind"),
        ({"where": "count(*) > 1"}, "aggregate-in-row"),
        ({"where": "1=1; drop table interactions"}, "expression-syntax"),
        ({"every": "fortnight"}, "unknown-value"),
    ],
)
def test_a_question_that_cannot_be_asked(asked: dict[str, Any], code: str) -> None:
    asking = Asking(GLOSSARY, interactions=[call()])
    with pytest.raises(DefinitionError) as raised:
        asking.rows("calls", **asked)
    assert [finding.code for finding in raised.value.findings] == [code]


def test_unknown_kpis_are_all_named() -> None:
    asking = Asking(GLOSSARY)
    with pytest.raises(DefinitionError) as raised:
        asking.rows("cals", "rate", "moood")
    assert [finding.hint for finding in raised.value.findings] == ["did you mean `calls`?", "did you mean `mood`?"]


def test_a_cut_of_some_kpis_only_is_no_cut_when_none_has_all() -> None:
    asking = Asking(
        GLOSSARY, interactions=[call()], staffing=[{"interval_start": datetime(2026, 3, 2), "staffed_s": 1}]
    )
    with pytest.raises(DefinitionError, match="can be cut by interval_s, channel"):
        asking.rows("calls", "staffed", by=("interval_s", "channel"))


def test_a_kpi_made_of_others_must_be_cut_and_filtered_whole() -> None:
    asking = Asking(
        GLOSSARY, interactions=[call()], staffing=[{"interval_start": datetime(2026, 3, 2), "staffed_s": 9}]
    )
    for asked in ({"by": ("channel",)}, {"where": "channel = 'phone'"}, {"where": "staffed_s > 1"}):
        with pytest.raises(DefinitionError):
            asking.rows("load", **asked)
    (row,) = asking.rows("load", "calls", where="channel = 'phone'")
    assert (row["load"], row["load_state"], row["calls"]) == (None, "not_defined", 1)


def test_every_bucket_is_given_for_each_cut_seen_nulls_and_totals_last() -> None:
    rows = [call(queue="b"), call(queue=None, started_at=datetime(2026, 3, 3, 10)), call(queue="a", excluded="test")]
    asking = Asking(GLOSSARY, interactions=rows)
    found = asking.rows(
        "calls", by=("queue",), every="day", total=True, period=Period(datetime(2026, 3, 2), datetime(2026, 3, 4))
    )
    assert [(row["period_start"].day, row["queue"], row["total"], row["calls"]) for row in found] == [
        (2, "a", False, 1), (2, "b", False, 1), (2, None, False, 0), (2, None, True, 2),
        (3, "a", False, 0), (3, "b", False, 0), (3, None, False, 1), (3, None, True, 1),
        (2, None, True, 3),
    ]  # fmt: skip


def test_amounts_stay_decimals_until_the_last_division() -> None:
    text = "kpi: spent\nrollup: sum\nunit: eur\nfrom: interactions\nvalue: sum(value)"
    mean = "kpi: average\nrollup: mean\nunit: eur\nfrom: interactions\nnumerator: sum(value)\ndenominator: count(*)"
    asking = Asking(glossary_of(text, mean), interactions=[{"value": Decimal("0.1")}] * 3)
    (row,) = asking.rows("spent", "average", parts=True)
    assert row["spent"] == Decimal("0.3")
    assert isinstance(row["spent"], Decimal)
    assert isinstance(row["average_numerator"], Decimal)
    assert row["average"] == 0.3 / 3 or row["average"] == pytest.approx(0.1, rel=1e-15)


ANSWERED = """
kpi: unanswered
rollup: share
unit: ratio
from: interactions
at: queued_at
channels: [phone, chat, email]
where: {default: direction = 'inbound', email: direction = 'inbound' and resolved_at is not null}
numerator: count_if(outcome = 'handled' or wait_s > 20)
denominator: count(*)
"""
OPEN = "kpi: waiting\nrollup: stock\nunit: count\nfrom: interactions\nopen: {since: queued_at, until: resolved_at}"


def test_the_whole_holds_nothing_of_a_channel_where_it_is_not_measured() -> None:
    """A handled chat is known without its wait; its channel is not measured all the same,
    and the whole is that of the telephone. A channel of expressions of its own is left out alike."""
    rows = [call(), call(outcome="abandoned"), call("chat", wait=None), call("chat", wait=None)]
    rows += [call("email", wait=None, resolved_at=datetime(2026, 3, 2, 11))]
    asking = Asking(glossary_of(ANSWERED, CALLS), interactions=rows)
    found = by_channel(asking, "unanswered", total=True)
    assert found == {
        "phone": (0.5, None),
        "chat": (None, "not_measured"),
        "email": (None, "not_measured"),
        None: (0.5, None),
    }
    (row,) = asking.rows("unanswered", parts=True)
    assert (row["unanswered"], row["unanswered_n"], row["unanswered_unknown"]) == (0.5, 2, 3)
    (row,) = asking.rows("unanswered", where="channel = 'chat'")
    assert row["unanswered"] is None


def test_what_never_closes_does_not_stand_open_in_the_whole() -> None:
    rows = [
        call("email", resolved_at=datetime(2026, 3, 4)),
        call("email", resolved_at=datetime(2026, 3, 2, 11)),
        call(),
    ]
    asking = Asking(glossary_of(OPEN, CALLS), interactions=rows)
    found = asking.rows("waiting", by=("channel",), total=True, period=DAY)
    assert [(row["channel"], row["waiting"]) for row in found] == [("email", 1), ("phone", None), (None, 1)]


MERGED = """
kpi: asked
rollup: distinct
from: interactions
at: queued_at
channels: [phone, chat, email]
value: {default: count(distinct queue) filter (where outcome = 'handled' or wait_s > 20), email: count(distinct area)}
"""


def test_of_expressions_merged_each_channel_needs_its_own_columns() -> None:
    """No e-mail has a wait and no call an area: that is no lack. No chat has a wait, and that is one."""
    rows = [call(queue="a"), call("email", wait=None, area="75"), call("chat", wait=None, queue="b")]
    found = by_channel(Asking(glossary_of(MERGED, CALLS), interactions=rows), "asked", total=True)
    assert found == {"phone": (1, None), "email": (1, None), "chat": (None, "not_measured"), None: (2, None)}
