"""Figures of KPIs of every kind against SQL written by hand, on random rows full of gaps; and what must not change
whatever else is asked."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import pytest
from asking import Asking, glossary_of
from hypothesis import given, settings
from hypothesis import strategies as st

from omnictl.compiler.question import Period
from omnictl.render import Table

KPIS = [
    "kpi: calls\nrollup: sum\nfrom: interactions\nat: started_at\nwhere: direction = 'inbound'\nvalue: count(*)",
    """
kpi: reached
rollup: share
from: interactions
at: queued_at
where: direction = 'inbound' and queue <> 'test'
channels: [phone, chat]
parameters: {short: 5 s}
numerator: count_if(outcome = 'handled')
denominator: count_if(outcome = 'handled' or (outcome = 'abandoned' and wait_s >= :short))
""",
    """
kpi: talk
rollup: mean
unit: seconds
from: interactions
at: ended_at
numerator: sum(talk_s + coalesce(hold_s, 0)) filter (where outcome = 'handled')
denominator: count_if(outcome = 'handled')
""",
    """
kpi: teams
rollup: distinct
from: interactions
at: started_at
value: count(distinct team) filter (where outcome = 'handled')
""",
    """
kpi: waited
rollup: percentile
from: interactions
at: queued_at
channels: [phone, chat, email]
value: quantile_cont(wait_s, 0.75) filter (where outcome in ('handled', 'abandoned'))
""",
    """
kpi: served
rollup: sum
from: interactions
at: {email: answered_at, default: started_at}
where: {default: direction = 'inbound', chat: direction = 'inbound' and queue = 'a'}
value: {email: count(*), chat: count_if(consent), default: count_if(outcome = 'handled')}
""",
    """
kpi: pieces
rollup: sum
from: {phone: segments, default: interactions}
at: {phone: started_at, default: queued_at}
value: {phone: count_if(kind = 'queue'), default: count_if(wait_s > 10)}
""",
    """
kpi: mood
rollup: index
unit: score
from: surveys
at: answered_at
where: question = 'nps'
parts: {up: count_if(score >= 9), down: count_if(score <= 6), all: count_if(score between 0 and 10)}
formula: 100 * (up - down) / all
""",
    "kpi: pieces_per_call\nrollup: ratio\nnumerator: kpi(pieces) + 2 * kpi(calls)\ndenominator: kpi(calls)",
    """
kpi: busy_channels
rollup: percentile
from: interactions
at: {phone: queued_at, default: started_at}
value:
  phone: quantile_cont(wait_s, 0.5)
  default: quantile_cont(talk_s, 0.5)
""",
]


@dataclass(frozen=True)
class Hand:
    """A KPI by hand. `asked` and `known` are never NULL."""

    rows: str
    asked: str
    known: str
    value: str
    empty: Any = None


CALLS = "(select *, started_at as at_ from interactions)"
QUEUED = "(select *, coalesce(queued_at, started_at) as at_ from interactions)"
PIECES = """(
  select i.channel, s.queue, s.started_at as at_, s.kind = 'queue' as good, i.channel is not null as known
  from segments s left join interactions i on i.interaction_id = s.interaction_id
  where i.channel is null or i.channel = 'phone'
  union all
  select channel, queue, coalesce(queued_at, started_at), wait_s > 10, queued_at is not null and wait_s is not null
  from interactions where channel <> 'phone'
)"""
SURVEYS = """(
  select coalesce(s.channel, i.channel) as channel, i.queue, coalesce(s.answered_at, s.invited_at) as at_,
    s.answered_at, s.score, s.question
  from surveys s left join interactions i on i.source = s.interaction_source and i.interaction_id = s.interaction_id
)"""
SERVED = """(
  select *, case when channel = 'email' then coalesce(answered_at, started_at) else started_at end as at_,
    direction = 'inbound' and (channel <> 'chat' or queue = 'a' or queue is null) as asked_,
    case when channel = 'email' then answered_at is not null when channel = 'chat'
      then consent is not null and queue is not null else outcome is not null end as known_,
    case when channel = 'email' then true when channel = 'chat' then consent else outcome = 'handled' end as good
  from interactions
)"""
BUSY = """(
  select *, case when channel = 'phone' then coalesce(queued_at, started_at) else started_at end as at_,
    case when channel = 'phone' then wait_s else talk_s end as amount,
    channel <> 'phone' or queued_at is not null as placed
  from interactions
)"""
DEN = "(sum((outcome = 'handled')::int) + sum((outcome = 'abandoned' and wait_s >= 5)::int))"
HANDS = {
    "calls": Hand(CALLS, "direction = 'inbound'", "true", "count(*)", 0),
    "reached": Hand(
        QUEUED, "direction = 'inbound' and queue is distinct from 'test' and channel in ('phone', 'chat')",
        "queue is not null and queued_at is not null and outcome is not null"
        " and (outcome <> 'abandoned' or wait_s is not null)",
        f"sum((outcome = 'handled')::int)::double / nullif({DEN}, 0)",
    ),
    "talk": Hand(
        "(select *, coalesce(ended_at, started_at) as at_ from interactions)", "true",
        "ended_at is not null and outcome is not null and (outcome <> 'handled' or talk_s is not null)",
        "sum(case when outcome = 'handled' then talk_s + coalesce(hold_s, 0) end)::double"
        " / nullif(sum((outcome = 'handled')::int), 0)",
    ),
    "teams": Hand(
        CALLS, "true",
        "outcome is not null and (outcome <> 'handled' or team is not null)"
        " and (channel is null or channel in (select channel from interactions where team is not null))",
        "count(distinct case when outcome = 'handled' then team end)", 0,
    ),
    "waited": Hand(
        QUEUED, "channel in ('phone', 'chat', 'email')",
        "queued_at is not null and outcome is not null"
        " and (outcome not in ('handled', 'abandoned') or wait_s is not null)"
        " and channel in (select channel from interactions where wait_s is not null)",
        "quantile_cont(case when outcome in ('handled', 'abandoned') then wait_s::double end, 0.75)",
    ),
    "served": Hand(SERVED, "asked_", "known_", "sum(good::int)", 0),
    "pieces": Hand(PIECES, "true", "known", "sum(good::int)", 0),
    "mood": Hand(
        SURVEYS, "question = 'nps'", "answered_at is not null and score is not null",
        "100.0 * (sum((score >= 9)::int) - sum((score <= 6)::int))::double / nullif(count(*), 0)",
    ),
    "busy_channels": Hand(BUSY, "true", "placed and amount is not null", "quantile_cont(amount::double, 0.5)"),
}  # fmt: skip
NAMES = [*HANDS, "pieces_per_call"]
FROM, TO = datetime(2026, 3, 28, 12), datetime(2026, 4, 2)
BOUNDS = "at_ >= timestamp '2026-03-28 11:00:00' and at_ < timestamp '2026-04-01 22:00:00'"  # those of Paris, in UTC


@cache
def asking(seed: int) -> Asking:
    """Random rows in the days around a change of the clocks; the seed says how many, and how full of gaps."""
    draw = random.Random(seed)
    gap = draw.choice([0.0, 0.1, 0.4])

    def maybe(value: Any) -> Any:
        return None if draw.random() < gap else value

    def moment() -> datetime:
        return datetime(2026, 3, 27) + timedelta(seconds=draw.randrange(7 * 86400))

    contacts = []
    for _ in range(draw.choice([0, 1, 30, 120])):
        begun = moment()
        contacts.append(
            {
                "channel": draw.choice(["phone", "phone", "chat", "email", "web"]),
                "direction": draw.choice(["inbound", "inbound", "inbound", "outbound"]),
                "started_at": begun,
                "queued_at": maybe(begun + timedelta(seconds=draw.randrange(90))),
                "answered_at": maybe(begun + timedelta(seconds=draw.randrange(7200))),
                "ended_at": maybe(begun + timedelta(seconds=draw.randrange(7200))),
                "outcome": maybe(draw.choice(["handled", "handled", "abandoned", "flow_out"])),
                "queue": maybe(draw.choice(["a", "b", "test"])),
                "team": maybe(draw.choice(["red", "blue", "green"])),
                "wait_s": maybe(draw.choice([0, 4.999, 5, 60.25])),
                "talk_s": maybe(draw.randrange(1000) / 8),
                "hold_s": maybe(draw.randrange(50)),
                "consent": maybe(draw.random() < 0.5),
            }
        )
    segments = [
        {
            "interaction_id": f"i{draw.randrange(len(contacts) + 3)}",
            "kind": draw.choice(["queue", "agent"]),
            "queue": maybe(draw.choice(["a", "z"])),
            "started_at": moment(),
        }
        for _ in range(draw.choice([0, 60]))
    ]
    surveys = [
        {
            "interaction_source": maybe("t"), "interaction_id": f"i{draw.randrange(len(contacts) + 3)}",
            "channel": maybe(draw.choice(["phone", "web"])) if draw.random() < 0.5 else None,
            "question": draw.choice(["nps", "csat"]), "score": maybe(draw.randrange(0, 11)),
            "answered_at": maybe(moment()), "invited_at": moment(),
        }
        for _ in range(draw.choice([0, 60]))
    ]  # fmt: skip
    return Asking(glossary_of(*KPIS), "Europe/Paris", interactions=contacts, segments=segments, surveys=surveys)


Key = tuple[Any, ...]


def by_hand(store: Asking, name: str, by: tuple[str, ...], bounds: str) -> dict[Key, tuple[Any, int, int]]:
    """Value, judged and unknown rows by cut, and in total (key of Nones with True last)."""
    hand = HANDS[name]
    asked = f"({hand.asked}) and {bounds}"
    cuts = "".join(f"{column}, " for column in by)
    found: dict[Key, tuple[Any, int, int]] = {}
    for total in (False, True) if by else (True,):
        group = "" if total or not by else f" group by {', '.join(by)}"
        shown = "".join("null, " for _ in by) if total else cuts
        values = store.con.execute(
            f"select {shown}{hand.value}, count(*) from {hand.rows} where {asked} and {hand.known}{group}"
        ).fetchall()
        unknown = store.con.execute(
            f"select {shown}count_if(not ({hand.known})) from {hand.rows} where {asked}{group}"
        ).fetchall()
        missing = {(*row[:-1], total): row[-1] or 0 for row in unknown}  # count_if of no row is NULL
        judged = {(*row[:-2], total): row[-2:] for row in values}
        for key in missing.keys() | judged.keys():
            value, n = judged.get(key, (None, 0))
            found[key] = (hand.empty if value is None else value, n, missing.get(key, 0))
    return found


def ours(store: Asking, names: tuple[str, ...], by: tuple[str, ...], **asked: Any) -> dict[Key, dict[str, Any]]:
    rows = store.rows(*names, by=by, total=True, parts=True, **asked)
    return {(*(row[column] for column in by), row["total"]): row for row in rows if row["total"] or by}


seeds = st.integers(0, 40)
cuts = st.sampled_from([(), ("channel",), ("queue",), ("channel", "queue")])


@settings(max_examples=25, deadline=None)
@given(seeds, cuts, st.booleans())
def test_figures_by_hand(seed: int, by: tuple[str, ...], named: bool) -> None:
    store = asking(seed)
    bounds, period = (BOUNDS, Period(FROM, TO)) if named else ("true", Period())
    found = ours(store, tuple(NAMES), by, period=period)
    for name in HANDS:
        expected = by_hand(store, name, by, bounds)
        for key, (value, n, unknown) in expected.items():
            if key not in found and not n and not unknown:
                continue  # nothing to say of an empty store
            row = found[key]
            if row.get(f"{name}_state") == "not_defined":
                assert (n, unknown, row[f"{name}_n"]) == (0, 0, None)
                continue
            assert (row[f"{name}_n"], row[f"{name}_unknown"]) == (n, unknown), (name, key)
            if row.get(f"{name}_state") == "not_measured" or value is None:
                assert row[name] is None
            else:
                assert float(row[name]) == pytest.approx(float(value), rel=1e-12), (name, key)
        for key, row in found.items():
            if key not in expected:
                assert not row[name]
                assert not row[f"{name}_n"]
                assert not row[f"{name}_unknown"]
    for row in found.values():
        if row["pieces_per_call"] is not None:
            ratio = (row["pieces"] + 2 * row["calls"]) / row["calls"]
            assert row["pieces_per_call"] == pytest.approx(ratio)


def _relations(names: Iterable[str]) -> set[str]:
    found = {
        "mood": {"surveys"},
        "pieces": {"segments", "interactions"},
        "pieces_per_call": {"segments", "interactions"},
    }
    return set().union(*(found.get(name, {"interactions"}) for name in names))


@settings(max_examples=25, deadline=None)
@given(
    seeds, cuts, st.lists(st.sampled_from(NAMES), min_size=2, unique=True), st.integers(1, 9), st.booleans(),
    st.sampled_from([None, "hour", "day", "month"]), st.booleans(), st.booleans(),
)  # fmt: skip
def test_asking_for_more_changes_no_figure_no_row_and_no_order(
    seed: int, by: tuple[str, ...], names: list[str], few: int, total: bool, every: str | None, parts: bool, named: bool
) -> None:
    store, period = asking(seed), Period(FROM, TO) if named else Period()
    some = tuple(names[:few])
    more = store.table(*names, by=by, every=every, period=period, total=total, parts=parts)
    less = store.table(*some, by=by, every=every, period=period, total=total)
    first = 0 if named or every else 2  # without a period it is that of all that is asked about

    def rows(table: Table) -> dict[Key, dict[str, Any]]:
        names = [column.name for column in table.columns]
        found = (dict(zip(names, row, strict=True)) for row in table.rows)
        keys = [*names[first : 2 + len(by)], *(["total"] if total else [])]
        return {tuple(row[key] for key in keys): row for row in found if named or first or not row.get("total")}

    all_rows, some_rows = rows(more), rows(less)
    assert [column.name for column in more.columns if column.name in names] == names
    assert [key for key in all_rows if key in some_rows] == list(some_rows)
    for key, row in some_rows.items():
        for name, value in row.items():
            if not name.startswith("period_") and (named or not name.endswith("_state")):
                assert all_rows[key].get(name) == value, (name, key)
    if _relations(some) == _relations(names) and not named and every is None:
        assert list(all_rows) == list(some_rows)


@settings(max_examples=12, deadline=None)
@given(seeds, cuts, st.sampled_from(["30min", "hour", "day", "week"]))
def test_buckets_make_the_whole(seed: int, by: tuple[str, ...], every: str) -> None:
    """Additive figures add up over buckets and cuts; the total is the figure asked without them."""
    store, period = asking(seed), Period(FROM, TO)
    rows = store.rows(*NAMES, by=by, every=every, period=period, total=True, parts=True)
    (whole,) = store.rows(*NAMES, period=period, parts=True)
    last = rows[-1]
    assert last["total"]
    assert (last["period_start"], last["period_end"]) == (whole["period_start"], whole["period_end"])
    for name, value in whole.items():
        if not name.endswith("_state"):
            assert last.get(name) == value, name
    details = [row for row in rows if not row["total"]]
    for name in ("calls", "served", "pieces"):
        assert sum(row[name] or 0 for row in details) == (last[name] or 0)
    if by:
        totals = {row["period_start"]: row for row in rows if row["total"]}
        for start, total in totals.items():
            if total is not last:
                own = [row["calls"] for row in details if row["period_start"] == start]
                assert sum(own) == total["calls"], start


@settings(max_examples=8, deadline=None)
@given(seeds, cuts)
def test_long_says_the_same_as_wide(seed: int, by: tuple[str, ...]) -> None:
    store = asking(seed)
    wide = store.rows(*NAMES, by=by, total=True, parts=True)
    long = store.rows(*NAMES, by=by, total=True, long=True)
    assert [row["kpi"] for row in long] == NAMES * len(wide)
    for number, row in enumerate(long):
        beside = wide[number // len(NAMES)]
        name = row["kpi"]
        assert row["value"] == beside[name]
        for part in ("numerator", "denominator", "n", "unknown"):
            assert row[part] == beside[f"{name}_{part}"]
        assert row["state"] == beside.get(f"{name}_state")
        assert row["definition"]
