"""What happens within a window after an interaction: who is judged, who is not yet, what is cut by what followed."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from itertools import combinations
from typing import Any

import pytest
from asking import Asking, glossary_of
from following import ended, followups, identities, nearest

from omnictl.compiler.dialects import translated
from omnictl.compiler.plan import Plan
from omnictl.compiler.question import Period
from omnictl.errors import DefinitionError, EngineError
from omnictl.glossary.check import check_glossary
from omnictl.relations.families import FAMILIES

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


def test_without_any_intent_nobody_knows_who_comes_back_for_the_same_one() -> None:
    """Nothing follows for the same intent where there is none: that is not measured, and not 0."""
    asked = asking([{**row, "intent": None} for row in thirteen()])
    (row,) = asked.rows("same_intent", "any_intent")
    assert (row["same_intent"], row["same_intent_state"]) == (None, "not_measured")
    assert row["any_intent"] is not None


def test_taking_what_is_seen_tells_too_little() -> None:
    """100 contacts a day for 30 days, one in five followed, after 1 to 7 days alike: 17.33 % as it is seen, 20 % of
    those whose seven days are observed."""
    rows, seen = [], []
    for day in range(30):
        for number in range(100):
            key = {"source": "t", "interaction_id": f"{day}-{number}"}
            rows.append({**key, "started_at": FIRST + timedelta(days=day), "outcome": "handled", "intent": "claim"})
            told = {**key, "person_id": day * 100 + number, "next_contact_same_intent_observed_days": 29 - day}
            later = (number + day) % 7 + 1
            if number < 20 and day + later < 30:
                told |= {"next_contact_same_intent_key": 1, "next_contact_same_intent_days": later}
            seen.append({"next_contact_same_intent_days": None, "next_contact_same_intent_key": None} | told)
    asked = Asking(GLOSSARY, interactions=rows, followups=seen)
    asked.con.execute(
        "insert into identities (source, interaction_id, person_id) select source, interaction_id, "
        "person_id from followups"
    )
    kpis = [f"{name}:window=J+7" for name in ("naive", "same_intent")]
    (row,) = asked.rows(*kpis, parts=True)
    parts = [[row[f"{name}_{part}"] for part in ("numerator", "denominator")] for name in kpis]
    assert parts == [[520, 3000], [460, 2300]]
    assert row[kpis[1]] == pytest.approx(0.2) and row[f"{kpis[1]}_immature"] == 700


def worked_out(rows: list[dict[str, Any]], family: str, window: timedelta | int, end: datetime) -> tuple[int, ...]:
    """Followed, judged, immature and unidentified rows, in plain Python."""
    order = sorted(rows, key=lambda row: (row["started_at"], row["source"], row["interaction_id"]))
    found = [0, 0, 0, 0]
    for row in rows:
        if row["kind"] != "contact" or row["excluded"]:
            continue
        if row["person"] is None:
            found[3] += 1
            continue
        back = FAMILIES[family].back
        if isinstance(window, int):
            edge = (row["started_at"].date() - FIRST.date()) if back else (end.date() - ended(row).date())
            whole = edge.days - (0 if back else 1) >= window
        else:
            whole = (row["started_at"] - FIRST if back else end - ended(row)) >= window
        if not whole:
            found[2] += 1
            continue
        found[1] += 1
        other = nearest(FAMILIES[family], row, order)
        if other is not None:
            earlier, later = (other, row) if back else (row, other)
            gap = max(timedelta(0), later["started_at"] - ended(earlier))
            days = (later["started_at"].date() - ended(earlier).date()).days
            found[0] += days <= window if isinstance(window, int) else gap <= window
    return tuple(found)


def random_rows(chance: random.Random) -> list[dict[str, Any]]:
    rows = []
    for number in range(120):
        at = FIRST + timedelta(minutes=chance.randrange(19 * 24 * 60))
        channel = chance.choice(["phone", "phone", "chat", "web", "email", "ivr"])
        rows.append(
            {
                "source": "t",
                "interaction_id": f"i{number}",
                "person": chance.choice([None, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]),
                "channel": channel,
                "kind": "visit" if channel == "web" else "contact",
                "intent": chance.choice(["bill", "move", None]),
                "started_at": at,
                "ended_at": chance.choice([None, at + timedelta(minutes=chance.randrange(300))]),
                "excluded": chance.choice(["", "", "", "", "robot"]),
                "outcome": chance.choice(["handled", "abandoned", None]),
            }
        )
    return rows


WINDOWS: dict[str, timedelta | int] = {
    "J+0": 0,
    "J+1": 1,
    "J+7": 7,
    "36h": timedelta(hours=36),
    "1h": timedelta(hours=1),
}


@pytest.mark.parametrize("seed", range(3))
def test_windows_at_random(seed: int) -> None:
    """Every family and window against a telling in plain Python; all of them asked in one question."""
    rows = random_rows(random.Random(seed))
    kpis = [repeat(f"k_{family}", family, where="kind = 'contact' and excluded = ''") for family in FAMILIES]
    asked = asking(rows)
    asked.glossary = glossary_of(*kpis)
    names = [f"k_{family}:window={window}" for family in FAMILIES for window in WINDOWS]
    (row,) = asked.rows(*names, parts=True)
    for family in FAMILIES:
        for text, window in WINDOWS.items():
            name = f"k_{family}:window={text}"
            parts = ("numerator", "denominator", "immature", "unidentified")
            told = tuple(row[f"{name}_{part}"] for part in parts)
            assert told == worked_out(rows, family, window, END), name
            assert row[f"{name}_n"] == row[f"{name}_denominator"] and row[f"{name}_unknown"] == 0
    plan = asked.plan(*names)
    assert plan.sql.count("from interactions as r") == 1 and plan.sql.count("join followups") == 1


NAMES = ("after", "later", "fcr", "followed", "calls", "people", "known", "twice", "same_intent")


@pytest.mark.parametrize("seed", range(2))
def test_a_window_never_changes_another_figure(seed: int) -> None:
    chance = random.Random(seed)
    asked = asking(random_rows(chance))
    for by, every, where in (
        ((), None, None),
        (("channel",), "week", "intent = 'bill'"),
        (("channel", "outcome"), None, None),
        (("person_id",), None, None),
        (("next_channel",), None, None),
        (("channel",), None, "next_channel = 'phone'"),
    ):
        alone: dict[str, dict[Any, Any]] = {}
        known = [each for each in NAMES if by != ("next_channel",) and not (where or "").startswith("next")]
        known = known or ["after", "later", "fcr", "followed", "same_intent"]
        for name in known:
            rows = asked.rows(name, by=by, every=every, where=where)
            alone[name] = {tuple(row[key] for key in ("period_start", *by)): row[name] for row in rows}
        for pair in chance.sample(list(combinations(known, 2)), 8):
            for row in asked.rows(*pair, by=by, every=every, where=where, parts=True):
                key = tuple(row[key] for key in ("period_start", *by))
                for name in pair:
                    if key in alone[name]:
                        assert row[name] == alone[name][key], (pair, by, key)
                    else:
                        assert not row[name]


def test_shares_of_what_comes_next_add_up(data: Asking) -> None:
    """For each channel the shares of the next channel, none included, make 1; also where the window differs."""
    for kpi in ("transition", "transition:window=72h", "transition:window=J+1"):
        shares: dict[str, float] = {}
        rows = data.rows(kpi)
        for row in rows:
            shares[row["channel"]] = shares.get(row["channel"], 0) + row[kpi]
        assert shares == pytest.approx(dict.fromkeys(shares, 1.0))
        assert any(row["next_channel"] is None for row in rows)
    cells = {(row["channel"], row["next_channel"]): row["transition"] for row in data.rows("transition")}
    assert cells["phone", "email"] == pytest.approx(1 / 6) and cells["phone", None] == pytest.approx(1 / 2)


def test_two_windows_cut_by_what_followed_are_read_apart(data: Asking) -> None:
    """Row 4 is followed by the e-mail after five days: within J+7 it is cut `email`, within J+2 it has none."""
    rows = {row["next_channel"]: row for row in data.rows("after", "later", by=("next_channel",), parts=True)}
    assert rows["email"]["after_n"] == 1 and rows["email"]["later_n"] == 0
    assert sum(row["after_n"] for row in rows.values()) == 9
    assert sum(row["later_n"] for row in rows.values()) == 10


def test_a_day_whose_window_is_not_over_is_immature(data: Asking) -> None:
    """Row 10 is of the 16th; the data ends with the 20th, so its seven days are not observed and its hour is."""
    period = Period(datetime(2026, 3, 16), datetime(2026, 3, 17))
    (row,) = data.rows("after", "followed:window=J+7", "after:window=1h", "twice", period=period)
    assert row["after"] is None and row["after_state"] == "immature"
    assert row["followed:window=J+7"] is None and row["followed:window=J+7_state"] == "immature"
    assert row["after:window=1h"] == 0


def test_what_is_left_out_is_told(data: Asking) -> None:
    data.complete_until("t", "interactions", END)
    notes = data.table("same_intent:window=J+7", by=("channel",)).notes
    data.con.execute("delete from sources")
    name = "same_intent:window=J+7"
    assert f"{name}: rows left out: 1 not observed to the end of their window, 1 without a person" in notes
    assert f"{name}: J+7 is observed of what ended up to 2026-03-13, that day included" in notes


def test_people(data: Asking) -> None:
    (row,) = data.rows("people", "known", parts=True)
    assert row["people"] == 6 and (row["known_numerator"], row["known_denominator"]) == (12, 13)
    rows = data.rows("calls", by=("person_id",), where="link = 'certain' and via = 'email'")
    assert [(row["person_id"], row["calls"]) for row in rows] == [
        (f"{ord(name):016x}", calls) for name, calls in zip("ABCDEF", (2, 2, 2, 2, 1, 1), strict=True)
    ]
    for where in (f"person_id = '{ord('E'):016x}'", f"person_id in ('{ord('E'):016X}', 'ffffffffffffffff')"):
        assert [row["calls"] for row in data.rows("calls", by=("person_id",), where=where)] == [1]
    assert data.rows("calls", by=("person_id",), where="person_id is null")[0]["calls"] == 1


def test_rows_of_an_interaction_follow_it() -> None:
    rows = thirteen()
    segments = [{"interaction_id": row["interaction_id"], "started_at": row["started_at"]} for row in rows] * 2
    segments = [{**row, "segment_id": str(number)} for number, row in enumerate(segments)]
    (row,) = asking(rows, segments=segments).rows("waited", parts=True)
    assert (row["waited_numerator"], row["waited_denominator"]) == (2 * 5, 2 * 11)
    assert (row["waited_immature"], row["waited_unidentified"]) == (2, 2)


ALL = CALLS.replace("kpi: calls", "kpi: x")
ONES = """
kpi: ones
rollup: distinct
from: interactions
at: started_at
where: kind = 'contact'
window: J+7
value:
  phone: count(distinct person_id) filter (where within(next_phone))
  default: count(distinct person_id) filter (where within(next_contact))
"""
GAP = """
kpi: gap
rollup: percentile
from: interactions
at: started_at
where: kind = 'contact'
window: J+7
value: quantile_cont(next_contact_gap_s, 0.5) filter (where within(next_contact))
"""
FIRST_OF_CHANNEL = """
kpi: either
rollup: share
from: interactions
at: started_at
where: kind = 'contact'
window: J+7
numerator:
  phone: count_if(within(next_phone))
  default: count_if(within(next_contact) and within(next, as_seen))
denominator: count(*)
"""


def test_families_may_differ_by_channel() -> None:
    """Followed by a call: row 2 (A). By any contact: rows 6 (C) and 8 (D)."""
    asked = asking(thirteen())
    asked.glossary = glossary_of(ONES, GAP, FIRST_OF_CHANNEL)
    (row,) = asked.rows("ones", "gap", "either", parts=True)
    assert row["ones"] == 3
    assert (row["either_numerator"], row["either_denominator"], row["either_immature"]) == (3, 9, 1)
    gaps = sorted([3 * 86400 + 4440, 5 * 86400 - 7500, 7 * 86400 - 420, 16 * 3600 + 3300])
    assert row["gap"] == (gaps[1] + gaps[2]) / 2
    rows = {row["channel"]: row["ones"] for row in asked.rows("ones", by=("channel",))}
    assert rows == {"phone": 1, "chat": 1, "form": 1, "email": 0, "web": 0}


NEED = {"scope": "all", "intent": "bill", "first_at": datetime(2026, 3, 2, 9), "first_source": "t"}


def test_needs_that_are_open_are_not_mature() -> None:
    needs = [
        {**NEED, "need_id": "1", "first_interaction_id": "1", "interactions": 3, "closed": True},
        {**NEED, "need_id": "2", "first_interaction_id": "4", "interactions": 2, "closed": True},
        {**NEED, "need_id": "3", "first_interaction_id": "10", "interactions": 7, "closed": False},
        {**NEED, "need_id": "4", "first_interaction_id": "6", "interactions": 9, "closed": True, "scope": "assisted"},
    ]
    asked = asking(thirteen(), needs=needs)
    rows = {row["channel"]: row for row in asked.rows("length", by=("channel",), parts=True)}
    assert rows["web"]["length"] == 3 and rows["web"]["length_immature"] == 0
    assert rows["phone"]["length"] == 2 and rows["phone"]["length_immature"] == 1
    (row,) = asked.rows("length", where="intent = 'bill' and interaction('interaction_id') = '10'")
    assert row["length"] is None and row["length_state"] == "immature"


def test_a_store_whose_people_are_not_linked_says_so() -> None:
    rows = [{key: each for key, each in row.items() if key != "person"} for row in thirteen()]
    asked = Asking(GLOSSARY, interactions=rows)
    table = asked.table("after", "known", "people", "calls")
    (row,) = (dict(zip([column.name for column in table.columns], row, strict=True)) for row in table.rows)
    assert [row.get(f"{name}_state") for name in ("after", "known", "people", "calls")] == ["not_measured"] * 3 + [None]
    assert row["calls"] == 11
    assert "after: people are not linked yet: `omnictl link`, then `omnictl build`" in table.notes
    asked.con.execute("drop table followups")
    assert asked.value("calls") == 11
    with pytest.raises(EngineError, match="the store has no followups"):
        asked.value("after")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (repeat("x", "next_contacts"), "unknown-family"),
        (repeat("x", "next_contact, seen"), "not-accepted"),
        (repeat("x", "next_contact", "7"), "wrong-window"),
        (repeat("x", "next_contact", "0 s"), "wrong-window"),
        (repeat("x", "next_contact").replace("window: 7 d\n", ""), "window-missing"),
        (ALL + "\nwindow: J+7", "window-unused"),
        (ALL + "\nby: [next_channel]", "window-missing"),
        (LENGTH + "\nwindow: J+7", "window-not-accepted"),
        (LENGTH.replace("and closed", "and within(next)") + "\nwindow: J+7", "no-interaction"),
        ("kpi: x\nrollup: sum\nfrom: levels\nvalue: count_if(within(next))\nwindow: J+7", "no-interaction"),
        ("kpi: x\nrollup: sum\nfrom: levels\nvalue: count(*)\nwindow: J+7", "window-not-accepted"),
        (TWICE + "\nwindow: J+7", "composed-has-own"),
        (repeat("x", "next_contact") + "parameters: {window: 5 s}", "invalid-name"),
        (
            "kpi: x\nrollup: stock\nfrom: interactions\nwindow: J+1\nwhere: within(next)\n"
            "open: {since: started_at, until: ended_at}",
            "window-not-accepted",
        ),
    ],
)
def test_faults_of_windows(text: str, code: str) -> None:
    assert code in [finding.code for finding in check_glossary(glossary_of(text, FOLLOWED, CALLS))]


@pytest.mark.parametrize("asked", [("calls",), ("people", "known")])
def test_what_followed_is_no_cut_without_a_window(data: Asking, asked: tuple[str, ...]) -> None:
    with pytest.raises(DefinitionError, match="cut by next_channel"):
        data.rows(*asked, by=("next_channel",))
    rows = data.rows("after", *asked, by=("next_channel",))
    assert {row[f"{asked[0]}_state"] for row in rows} == {"not_defined"}


def test_an_address_with_a_window(data: Asking) -> None:
    kpi = GLOSSARY.resolve("same_intent:window=J+3")
    assert kpi.address == "same_intent:window=J+3" and kpi.labelled("en") == "x (window = J+3)"
    with pytest.raises(DefinitionError, match="no window"):
        GLOSSARY.resolve("same_intent:window=soon")
    with pytest.raises(DefinitionError, match="no parameter"):
        GLOSSARY.resolve("calls:window=J+3")


def test_a_window_said_for_spark(data: Asking) -> None:
    sql = translated(data.plan("same_intent", "fcr:window=J+3", by=("channel", "next_channel")).sql, "spark").sql
    assert "not verified" not in sql.splitlines()[0]
    assert "LEFT JOIN followups AS f" in sql


def test_a_plan_with_windows_is_kept_whole(data: Asking) -> None:
    plan = data.plan("transition", "same_intent:window=J+3", by=("channel", "next_channel"), long=True)
    assert Plan.from_json(plan.to_json()) == plan
    assert plan.kpis[0].split == (0,) and plan.kpis[1].apart == ("immature", "unidentified")
