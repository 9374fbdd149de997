"""Parameters that change on a day and differ by cut, and other values that are set for them."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from asking import Asking, Setting, glossary_of

from omnictl.compiler.catalog import Catalog
from omnictl.compiler.kept import key_of
from omnictl.compiler.planner import plan
from omnictl.compiler.question import Period, Question
from omnictl.errors import DefinitionError
from omnictl.glossary.check import check_glossary
from omnictl.glossary.meaning import Meanings
from omnictl.zone import zone_of

MINUTE = timedelta(minutes=1)


def in_time(limit: str, more: str = "") -> str:
    return f"""
kpi: in_time
unit: ratio
rollup: share
better: higher
from: interactions
at: started_at
parameters: {{limit: {limit}}}
numerator: count_if(wait_s <= :limit)
denominator: count(*)
{more}"""


def local_day(instant: datetime, zone: str) -> date:
    return instant.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).date()


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("UTC", date(2026, 3, 1)),
        ("Europe/Paris", date(2026, 3, 1)),
        ("Europe/Paris", date(2026, 3, 29)),  # 23 hours
        ("Europe/Paris", date(2026, 3, 30)),
        ("Europe/Paris", date(2026, 10, 25)),  # 25 hours
        ("Europe/Paris", date(2026, 10, 26)),
        ("America/Havana", date(2026, 3, 8)),  # has no midnight: the clock jumps from 0 to 1
        ("America/Havana", date(2026, 11, 1)),  # its first hour comes twice
        ("Pacific/Auckland", date(2026, 4, 5)),
    ],
)
def test_a_value_holds_from_the_first_instant_of_its_local_day(zone: str, day: date) -> None:
    """All who waited 25 s are in time from the day on, of every minute of three days around it."""
    start = datetime(day.year, day.month, day.day) - timedelta(days=1, hours=14)
    times = [start + number * 30 * MINUTE for number in range(2 * 24 * 3)]
    times += [each - timedelta(microseconds=1) for each in times]
    rows = [{"started_at": each, "wait_s": 25} for each in times]
    glossary = glossary_of(in_time(f"{{value: 20 s, changes: [{{from: {day}, value: 30 s}}]}}"))
    (row,) = Asking(glossary, zone, interactions=rows).rows("in_time", parts=True)
    since = [each for each in times if local_day(each, zone) >= day]
    assert 0 < len(since) < len(rows)
    assert (row["in_time_numerator"], row["in_time_denominator"]) == (len(since), len(rows))


def test_meanings_that_are_shared_know_where_a_day_begins() -> None:
    dated = in_time("{value: 20 s, changes: [{from: 2026-03-02, value: 30 s}]}")
    glossary = glossary_of(dated, "kpi: calls\nrollup: sum\nfrom: interactions\nvalue: count(*)")
    meanings = Meanings(glossary)

    def asked(kpi: str, zone: str) -> str:
        return plan(Question((kpi,)), glossary, Setting(zone), Catalog(), meanings).sql

    told = {"UTC": "2026-03-02 00:00:00", "Europe/Paris": "2026-03-01 23:00:00", "Asia/Tokyo": "2026-03-01 15:00:00"}
    for zone, begins in told.items():
        assert begins in asked("in_time", zone)
        assert asked("calls", zone) == asked("calls", "UTC")
    assert meanings.in_zone(zone_of("Asia/Tokyo")).of("calls") is meanings.of("calls")
    assert meanings.in_zone(zone_of("Asia/Tokyo")).of("in_time") is not meanings.of("in_time")


def test_the_buckets_of_a_day_agree_with_the_value_of_the_day() -> None:
    limit = "{value: 20 s, changes: [{from: 2026-03-29, value: 30 s}, {from: 2026-10-25, value: 10 s}]}"
    rows = [
        {"started_at": datetime(2026, month, day) + hour * timedelta(hours=1), "wait_s": 25}
        for month, day in ((3, 27), (3, 28), (3, 29), (10, 24), (10, 25))
        for hour in range(24)
    ]
    asking = Asking(glossary_of(in_time(limit)), "Europe/Paris", interactions=rows)
    told = {
        row["period_start"]: row["in_time"] for row in asking.rows("in_time", every="day") if row["in_time"] is not None
    }
    assert told == {day: float(date(2026, 3, 29) <= day < date(2026, 10, 25)) for day in sorted(told)}
    assert {date(2026, 3, 28), date(2026, 3, 29), date(2026, 10, 24), date(2026, 10, 25)} <= set(told)


def test_the_time_of_the_kpi_decides_and_not_another() -> None:
    """Begun before midnight, queued after it: the KPI is dated by the queue."""
    text = in_time("{value: 20 s, changes: [{from: 2026-03-02, value: 30 s}]}").replace(
        "at: started_at", "at: queued_at"
    )
    rows = [
        {"started_at": datetime(2026, 3, 1, 23, 59), "queued_at": datetime(2026, 3, 2, 0, 1), "wait_s": 25},
        {"started_at": datetime(2026, 3, 1, 23, 59), "queued_at": None, "wait_s": 25},
    ]
    (row,) = Asking(glossary_of(text), interactions=rows).rows("in_time", parts=True)
    assert (row["in_time"], row["in_time_n"], row["in_time_unknown"]) == (1.0, 1, 1)


def test_cuts_decide_in_the_order_written_and_null_takes_the_general_value() -> None:
    calls = [("phone", "vip"), ("phone", "std"), ("phone", None), ("chat", "vip"), ("chat", None)]
    rows = [{"channel": channel, "queue": queue, "wait_s": 15} for channel, queue in calls]
    first = "{value: 20 s, by: {channel: {chat: 45 s}, queue: {vip: 10 s}}}"
    second = "{value: 20 s, by: {queue: {vip: 10 s}, channel: {chat: 45 s}}}"
    none = "{value: 5 s, by: {queue: {vip: 20 s}}}"
    for limit, expected in ((first, [0, 1, 1, 1, 1]), (second, [0, 1, 1, 0, 1]), (none, [1, 0, 0, 1, 0])):
        asking = Asking(glossary_of(in_time(limit)), interactions=rows)
        found = {
            (row["channel"], row["queue"]): row["in_time"] for row in asking.rows("in_time", by=("channel", "queue"))
        }
        assert [found[call] for call in calls] == expected
        assert asking.value("in_time") == sum(expected) / 5
        (row,) = asking.rows("in_time", parts=True)
        assert row["in_time_unknown"] == 0


def test_a_column_that_nothing_fills_does_not_make_the_kpi_unmeasured() -> None:
    asking = Asking(glossary_of(in_time("{value: 20 s, by: {queue: {vip: 10 s}}}")), interactions=[{"wait_s": 15}])
    assert asking.rows("in_time")[0] | {"period_start": None, "period_end": None} == {
        "period_start": None, "period_end": None, "in_time": 1.0,
    }  # fmt: skip


def test_what_the_row_belongs_to_and_truths_and_numbers_can_be_cut_by() -> None:
    mood = """
kpi: happy
rollup: share
from: surveys
parameters: {good: {value: 4, by: {queue: {vip: 5}}}}
numerator: count_if(score >= :good)
denominator: count(*)
"""
    about = {"interaction_source": "t", "question": "csat", "score": 4, "answered_at": datetime(2026, 3, 2)}
    surveys = [{"interaction_id": "i0", **about}, {"interaction_id": "i1", **about}]
    asking = Asking(glossary_of(mood), interactions=[{"queue": "vip"}, {"queue": "std"}], surveys=surveys)
    assert asking.value("happy") == 0.5
    limit = "{value: 20 s, by: {authenticated: {true: 5 s}, transfers: {3: 40 s}}}"
    rows = [
        {"wait_s": 15, "authenticated": True},
        {"wait_s": 15, "authenticated": False},
        {"wait_s": 30, "transfers": 3},
    ]
    assert Asking(glossary_of(in_time(limit)), interactions=rows).value("in_time") == pytest.approx(2 / 3)


LIMIT = """{value: 20 s, changes: [{from: 2026-03-28, value: 30 s}, {from: 2026-03-30, value: 25 s}],
  by: {channel: {chat: {value: 45 s, changes: [{from: 2026-03-29, value: 60 s}]}}, queue: {vip: 10 s}}}"""


def expected_limit(row: dict[str, Any]) -> int:
    """LIMIT by hand."""
    day = local_day(row["started_at"], "Europe/Paris")
    if row["channel"] == "chat":
        return 60 if day >= date(2026, 3, 29) else 45
    if row["queue"] == "vip":
        return 10
    return 25 if day >= date(2026, 3, 30) else 30 if day >= date(2026, 3, 28) else 20


def test_days_and_cuts_together_as_worked_out_row_by_row() -> None:
    draw = random.Random(4)
    rows: list[dict[str, Any]] = [
        {
            "channel": draw.choice(["phone", "chat", "email"]),
            "queue": draw.choice(["vip", "std", None]),
            "started_at": datetime(2026, 3, 27, 20) + timedelta(minutes=draw.randrange(60 * 80)),
            "wait_s": draw.choice([None, *range(5, 75, 5)]),
        }
        for _ in range(900)
    ]
    text = in_time(LIMIT) + "variants: {slow: {numerator: count_if(wait_s > :limit / 2), note: {en: x, fr: x}}}"
    asking = Asking(glossary_of(text), "Europe/Paris", interactions=rows)
    for by, name in ((("channel",), "in_time"), (("queue", "channel"), "in_time"), ((), "in_time@slow")):
        for told in asking.rows(name, by=by, every="day", parts=True):
            mine = [
                row
                for row in rows
                if local_day(row["started_at"], "Europe/Paris") == told["period_start"]
                and all(row[cut] == told[cut] for cut in by)
            ]
            known = [row for row in mine if row["wait_s"] is not None]
            if name == "in_time":
                above = sum(row["wait_s"] <= expected_limit(row) for row in known)
            else:
                above = sum(row["wait_s"] > expected_limit(row) / 2 for row in known)
            assert told[f"{name}_unknown"] == len(mine) - len(known)
            assert (told[f"{name}_numerator"] or 0, told[f"{name}_denominator"] or 0) == (above, len(known))


def test_the_rows_are_read_once_and_nothing_is_joined() -> None:
    question = Question(
        ("in_time",), by=("team",), every="day", period=Period(datetime(2026, 3, 1), datetime(2026, 4, 1))
    )
    sql = plan(question, glossary_of(in_time(LIMIT)), Setting("Europe/Paris"), Catalog()).sql
    assert sql.count("from interactions\n") == 1 and " join interactions" not in sql and "left join" not in sql


def test_a_plain_parameter_is_the_number_itself() -> None:
    """As if the number stood in the expression: nothing is paid for what others may vary."""
    question = Question(
        ("in_time",), by=("team",), every="day", period=Period(datetime(2026, 3, 1), datetime(2026, 4, 1))
    )
    written = in_time("20 s").replace(":limit", "20")
    sqls = {
        plan(question, glossary_of(text), Setting("Europe/Paris"), Catalog()).sql
        for text in (in_time("20 s"), in_time("{value: 20 s}"), written)
    }
    assert len(sqls) == 1


def test_sums_percentiles_and_stocks_take_the_value_of_each_row() -> None:
    rate = "{value: 2, changes: [{from: 2026-03-02, value: 3}], by: {channel: {chat: 10}}}"
    head = f"from: interactions\nat: started_at\nparameters: {{rate: {rate}}}\n"
    cost = f"kpi: cost\nrollup: sum\n{head}value: sum(talk_s * :rate)"
    middle = f"kpi: middle\nrollup: percentile\n{head}value: quantile_cont(talk_s * :rate, 0.5)"
    waiting = (
        "kpi: waiting\nrollup: stock\nfrom: interactions\nopen: {since: started_at, until: ended_at}\n"
        "where: wait_s > :limit\nparameters: {limit: {value: 10, changes: [{from: 2026-03-02, value: 100}]}}"
    )
    days = (datetime(2026, 3, 1, 12), datetime(2026, 3, 2, 12), datetime(2026, 3, 2, 13))
    rows = [
        {"started_at": at, "channel": channel, "talk_s": 7, "wait_s": 50, "ended_at": datetime(2026, 3, 5)}
        for at, channel in zip(days, ("phone", "phone", "chat"), strict=True)
    ]
    asking = Asking(glossary_of(cost, middle, waiting), interactions=rows)
    assert asking.value("cost") == 7 * (2 + 3 + 10)
    assert asking.value("middle") == 21
    period = Period(datetime(2026, 3, 1), datetime(2026, 3, 5))
    assert [row["waiting"] for row in asking.rows("waiting", every="day", period=period)] == [1, 1, 1, 1]


@pytest.mark.parametrize(
    ("keys", "code"),
    [
        ("value: sum(talk_s) * :rate", "parameter-varies"),
        ("value: sum(talk_s) / :rate", "parameter-varies"),
        ("value: count(*) + :rate", "parameter-varies"),
        ("value: sum(talk_s * :rate)", None),
        ("value: sum(talk_s / :rate)", None),
        ("value: count_if(talk_s > :rate)", None),
        ("at: case when wait_s > :rate then queued_at else started_at end\nvalue: count(*)", "parameter-varies"),
    ],
)
def test_where_one_number_is_needed_none_that_varies_is_taken(keys: str, code: str | None) -> None:
    at = "" if keys.startswith("at:") else "at: started_at\n"
    rate = "parameters: {rate: {value: 2, changes: [{from: 2026-03-02, value: 3}]}}\n"
    text = f"kpi: cost\nowner: x\nrollup: sum\nfrom: interactions\n{at}{rate}{keys}"
    codes = [finding.code for finding in check_glossary(glossary_of(text)) if finding.severity == "error"]
    assert codes == ([code] if code else [])


def test_a_formula_and_a_percentile_share_take_one_number() -> None:
    share = "parameters: {p: {value: 0.5, by: {channel: {chat: 0.9}}}}"
    index = (
        f"kpi: index\nrollup: index\nfrom: interactions\nat: started_at\n{share}\n"
        "parts: {good: count_if(wait_s < 20), all: count(*)}\nformula: good / all * :p"
    )
    high = f"kpi: high\nrollup: percentile\nfrom: interactions\n{share}\nvalue: quantile_cont(wait_s, :p)"
    zeros = "parameters: {p: {value: 1, by: {queue: {vip: 0}}}}"
    zero = f"kpi: zero\nrollup: sum\nfrom: interactions\n{zeros}\nvalue: sum(wait_s / :p)"
    for text, code in ((index, "parameter-varies"), (high, "parameter-varies"), (zero, "division-by-zero")):
        assert [finding.code for finding in check_glossary(glossary_of(text)) if finding.severity == "error"] == [code]


# what is set


VARIANTS = """variants:
  fixed: {parameters: {limit: 15 s}, note: {en: x, fr: x}}
  other: {denominator: count_if(wait_s < 1000), note: {en: x, fr: x}}
"""
SET = [
    in_time("{value: 20 s, by: {queue: {vip: 10 s}}}", VARIANTS),
    in_time("20 s").replace("kpi: in_time", "kpi: too"),
    "kpi: both\nrollup: ratio\nnumerator: kpi(calls)\ndenominator: kpi(slow)",
    "kpi: calls\nrollup: sum\nfrom: interactions\nvalue: count(*)",
    "kpi: slow\nrollup: sum\nfrom: interactions\nparameters: {limit: 20 s}\nvalue: count_if(wait_s > :limit)",
]
WAITS = [{"wait_s": wait, "queue": "vip"} for wait in (12, 18, 28, 38)]


@pytest.fixture(scope="module")
def asking() -> Asking:
    return Asking(glossary_of(*SET), interactions=WAITS)


@pytest.mark.parametrize(
    ("kpi", "settings", "expected"),
    [
        ("in_time", {}, 0.0),
        ("in_time", {"limit": "30s"}, 0.75),
        ("in_time", {"limit": "30"}, 0.75),
        ("in_time", {"in_time.limit": "30s"}, 0.75),
        ("in_time", {"limit": "15s", "in_time.limit": "30s"}, 0.75),
        ("in_time", {"in_time.limit": "30s", "limit": "15s"}, 0.75),
        ("in_time:limit=13s", {"limit": "30s"}, 0.25),
        ("in_time@fixed", {}, 0.25),
        ("in_time@fixed", {"limit": "30s"}, 0.75),
        ("in_time@fixed", {"in_time@fixed.limit": "40s", "limit": "15s"}, 1.0),
        ("in_time@other", {"in_time.limit": "20s"}, 0.5),
        ("both", {"limit": "37s"}, 4.0),
        ("both", {"slow.limit": "25s"}, 2.0),
    ],
)
def test_what_is_set_on_the_command_line(asking: Asking, kpi: str, settings: dict[str, str], expected: float) -> None:
    table = asking.table(kpi, settings=tuple(settings.items()))
    assert table.rows[0][-1] == expected
    assert (len([note for note in table.notes if note.endswith("--set")]) == 1) == (bool(settings) and ":" not in kpi)


@pytest.mark.parametrize(
    ("settings", "code", "hint"),
    [
        ([("limt", "30s")], "unknown-parameter", "`limit`"),
        ([("in_time.limt", "30s")], "unknown-parameter", "limit"),
        ([("to.limit", "30s")], "unknown-kpi", "in_time"),
        ([("calls.limit", "30s")], "unknown-kpi", "in_time"),
        ([("limit", "soon")], "wrong-parameter", ""),
        ([("limit", "3s"), ("limit", "4s")], "asked-twice", ""),
        ([("a.b.c", "3s")], "unknown-parameter", "--set"),
        ([("window", "J+3")], "unknown-parameter", "limit"),
    ],
)
def test_what_cannot_be_set(asking: Asking, settings: list[tuple[str, str]], code: str, hint: str) -> None:
    with pytest.raises(DefinitionError) as raised:
        asking.table("in_time", settings=tuple(settings))
    (finding,) = raised.value.findings
    assert finding.code == code and hint in finding.hint
    assert finding.place is not None and finding.place.file == "--set"


def test_the_answer_says_which_values_made_it(asking: Asking) -> None:
    made = asking.plan("in_time", long=True)
    words = "limit = 20 s, by queue (vip: 10 s)"
    assert words in made.kpis[0].definition and f"in_time: {words}" in made.notes
    assert made.kpis[0].details["parameters"] == {"limit": {"value": "20 s", "by": {"queue": {"vip": "10 s"}}}}
    assert "set_by" not in made.kpis[0].details
    other = asking.plan("in_time", settings=(("limit", "30 s"),))
    assert "limit = 30 s, --set" in other.kpis[0].definition
    assert (other.kpis[0].details["parameters"], other.kpis[0].details["set_by"]) == (
        {"limit": "30 s"},
        {"limit": "--set"},
    )
    assert other.kpis[0].details["digest"] != made.kpis[0].details["digest"]
    dated = Asking(glossary_of(in_time(LIMIT)), interactions=WAITS).plan("in_time").notes
    words = "limit = 20 s, 30 s since 2026-03-28, 25 s since 2026-03-30, by channel (chat: 45 s, 60 s since 2026-03-29)"
    assert f"in_time: {words}, by queue (vip: 10 s)" in dated
    assert not [
        note for note in asking.plan("too").notes if "limit" in note
    ]  # one plain value stands in the definition


def test_kept_plans_know_what_was_set_and_whether_status_is_asked() -> None:
    questions = [
        Question(("a",)),
        Question(("a",), settings=(("x", "1"),)),
        Question(("a",), settings=(("x", "2"),)),
        Question(("a",), status=True),
    ]
    assert len({key_of(question, "state") for question in questions}) == len(questions)
