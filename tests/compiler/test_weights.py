"""Figures over probable links: every row weighs its links, the weights of one interaction are 1, and what has no weight
is refused."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from asking import Asking, glossary_of
from following import ended, followups, identities, nearest, probable
from hypothesis import given, settings
from hypothesis import strategies as st

from omnictl.compiler.answer import answer
from omnictl.compiler.catalog import read_catalog
from omnictl.compiler.dialects import translated
from omnictl.compiler.plan import Plan
from omnictl.compiler.planner import plan
from omnictl.compiler.question import Period, Question
from omnictl.errors import DefinitionError, EngineError
from omnictl.glossary import load_glossary
from omnictl.glossary.meaning import Meanings
from omnictl.relations.families import FAMILIES

FIRST, END = datetime(2026, 3, 2), datetime(2026, 3, 21)
SHIPPED = load_glossary(["standard"])
GLOSSARY = glossary_of(
    "kpi: calls\nrollup: sum\nfrom: interactions\nwhere: kind = 'contact'\nvalue: count(*)",
    "kpi: followed\nrollup: sum\nfrom: interactions\nwindow: J+3\nvalue: count_if(within(next_phone))",
    "kpi: talk_of_known\nunit: seconds\nrollup: mean\nfrom: interactions\n"
    "numerator: sum(case when person_id is not null then talk_s end)\ndenominator: count_if(person_id is not null)",
    "kpi: known\nunit: ratio\nrollup: share\nfrom: interactions\n"
    "numerator: count_if(person_id is not null)\ndenominator: count(*)",
    "kpi: people\nrollup: distinct\nfrom: interactions\nvalue: count(distinct person_id)",
    "kpi: queues\nrollup: distinct\nfrom: interactions\nvalue: count(distinct queue)",
    "kpi: gap\nunit: seconds\nrollup: percentile\nfrom: interactions\nwindow: J+3\n"
    "value: quantile_cont(next_phone_gap_s, 0.5)",
    "kpi: open_known\nrollup: stock\nfrom: interactions\nwhere: person_id is not null\n"
    "open: {since: started_at, until: resolved_at}",
    "kpi: chains\nrollup: sum\nfrom: needs\nvalue: count(*)",
    "kpi: waited\nunit: ratio\nrollup: share\nfrom: segments\nat: started_at\nwindow: J+3\n"
    "numerator: count_if(within(next_phone))\ndenominator: count(*)",
    "kpi: per_call\nunit: ratio\nrollup: ratio\nnumerator: kpi(followed)\ndenominator: kpi(calls)",
    "kpi: transition\nunit: ratio\nrollup: share\nfrom: interactions\nwindow: J+3\nnumerator: count(*)\n"
    "denominator: count(*)\nby: [channel, next_channel]\ndenominator_over: [next_channel]",
)  # fmt: skip
A, B, C, COOKIE = 1, 2, 3, 9


def row(number: int, person: int | None, channel: str, at: datetime, **more: Any) -> dict[str, Any]:
    key = {"source": "t", "interaction_id": f"i{number}"}
    return {**key, "person": person, "channel": channel, "started_at": at, "ended_at": at, **more}


def asking(
    rows: list[dict[str, Any]], candidates: list[tuple[int, int, float]], glossary: Any = GLOSSARY, **more: Any
) -> Asking:
    """`candidates`: place of the row, person, probability."""
    bare = [{key: value for key, value in each.items() if key != "person"} for each in rows]
    made = Asking(
        glossary, interactions=bare, identities=identities(rows), followups=followups(rows, FIRST, END), **more
    )
    made.con.execute("drop table if exists followups_probable")
    made.con.execute(
        "create table followups_probable as\n"
        "select * replace (cast(weight as decimal(7, 6)) as weight) from followups limit 0"
    )
    told = probable(rows, [(rows[place], person, weight) for place, person, weight in candidates], FIRST, END)
    if told:
        made._insert("followups_probable", told)
    return made


def visits() -> tuple[list[dict[str, Any]], list[tuple[int, int, float]]]:
    """Anne calls an hour after the first visit, Bea two days after it; Anne made a second visit herself.

    Nobody knows whose the first visit is: Anne's by 0.6, Bea's by 0.3. Of a third visit only the cookie is known, and
    it is Bea's by 0.25; a fourth is nobody's.
    """
    day = FIRST + timedelta(days=2, hours=10)
    rows = [
        row(0, None, "web", day),
        row(1, A, "phone", day + timedelta(hours=1)),
        row(2, B, "phone", day + timedelta(days=2)),
        row(3, A, "web", day + timedelta(days=3)),
        row(4, COOKIE, "web", day + timedelta(days=1, hours=12)),
        row(5, None, "web", day),
    ]
    return rows, [(0, A, 0.6), (0, B, 0.3), (4, B, 0.25)]


@pytest.fixture(scope="module")
def shipped() -> Asking:
    rows, candidates = visits()
    return asking(rows, candidates, SHIPPED)


@pytest.fixture(scope="module")
def data() -> Asking:
    rows, candidates = visits()
    for each in rows:
        each |= {"talk_s": 100 * int(each["interaction_id"][1:]), "queue": "help"}
    return asking(rows, candidates)


def test_a_visit_counts_for_each_candidate_by_its_weight(shipped: Asking) -> None:
    """Followed within 24 h: 0.6 of the first visit (Anne's call), 0.25 of the third (Bea's call 12 h later). Judged:
    0.9 of the first, all of Anne's own and of the cookie's. Without a person: 0.1 of the first, the whole fourth."""
    (found,) = shipped.rows("phone_after_web_rate", parts=True, links="probable")
    told = {name.removeprefix("phone_after_web_rate_"): value for name, value in found.items()}
    assert (told["numerator"], told["denominator"]) == (Decimal("0.85"), Decimal("2.9"))
    assert told["phone_after_web_rate"] == pytest.approx(0.85 / 2.9, rel=1e-12)
    assert (told["n"], told["unknown"], told["immature"]) == (Decimal("2.9"), 0, 0)
    assert told["unidentified"] == Decimal("1.1")
    assert told["probable"] == Decimal("1.15")


def test_over_certain_links_the_same_question_says_what_it_always_said(shipped: Asking) -> None:
    (found,) = shipped.rows("phone_after_web_rate", parts=True)
    told = [found[f"phone_after_web_rate_{part}"] for part in ("numerator", "denominator", "unidentified")]
    assert told == [0, 2, 2]
    assert "phone_after_web_rate_probable" not in found
    assert "followups_probable" not in shipped.plan("phone_after_web_rate", by=("channel",), interval=True).sql


def test_the_answer_says_what_it_rests_on(shipped: Asking) -> None:
    planned = shipped.plan("phone_after_web_rate", "visits", links="probable", long=True)
    after, visited = planned.kpis
    assert after.definition.endswith("; links: probable") and after.details["links"] == "probable"
    assert "links" not in visited.definition and "links" not in visited.details
    notes = shipped.table("phone_after_web_rate", links="probable").notes
    assert "phone_after_web_rate: by probable links: 39.7 % of 2.9 rows judged" in notes
    assert "phone_after_web_rate: rows left out: 1.1 without a person" in notes


def test_cut_by_what_followed_and_in_total(data: Asking) -> None:
    """Of six interactions, five have a person by some weight; what follows the first by 0.6 is Anne's call, and by 0.3
    Bea's two days later; the third is followed by 0.25. A denominator over all is the sum of its weights."""
    rows = data.rows("transition", parts=True, total=True, links="probable", where="channel = 'web'")
    told = {each["next_channel"]: each for each in rows if not each["total"]}
    assert told["phone"]["transition_numerator"] == Decimal("0.6") + Decimal("0.3") + Decimal("0.25")
    assert told[None]["transition_numerator"] == Decimal("0.75") + 1
    assert {each["transition_denominator"] for each in rows} == {Decimal("2.9")}
    assert sum(each["transition"] for each in told.values()) == pytest.approx(1)


def test_sums_of_amounts_are_weighted(data: Asking) -> None:
    """Talk of 100 s times the number of the row: the first visit says 0, the cookie's is known wholly either way."""
    (found,) = data.rows("talk_of_known", "known", parts=True, links="probable")
    assert found["talk_of_known_numerator"] == 100 + 200 + 300 + 400
    assert found["talk_of_known_denominator"] == Decimal("4.9")
    assert (found["known_numerator"], found["known_denominator"]) == (Decimal("4.9"), 6)


def test_cut_by_the_link_itself(data: Asking) -> None:
    found = data.rows("calls", by=("link",), links="probable", where="channel = 'phone' or true")
    assert {each["link"]: each["calls"] for each in found} == {"certain": 2, "none": 0, "probable": 0}
    known = data.rows("known", by=("link",), links="probable", parts=True)
    told = {each["link"]: each["known_denominator"] for each in known}
    assert told == {"certain": Decimal("3.75"), "none": Decimal("1.1"), "probable": Decimal("1.15")}


@pytest.mark.parametrize("kpi", ["people", "gap", "open_known", "chains"])
def test_what_has_no_weight_is_refused(data: Asking, kpi: str) -> None:
    with pytest.raises(DefinitionError) as error:
        data.rows("calls", kpi, links="probable")
    (finding,) = error.value.findings
    assert finding.code == "links-not-weighed" and f"`{kpi}`" in finding.message
    assert finding.place is not None and finding.place.line > 1 and "--links" in finding.hint


def test_what_is_cut_by_people_is_refused_too(data: Asking) -> None:
    assert data.value("queues", links="probable") == 1
    with pytest.raises(DefinitionError) as error:
        data.rows("queues", links="probable", where="person_id is not null")
    assert [each.code for each in error.value.findings] == ["links-not-weighed"]


def test_what_reads_no_people_is_read_as_ever(data: Asking) -> None:
    asked: dict[str, Any] = {"by": ("channel",), "every": "day", "total": True}
    assert data.plan("calls", links="probable", **asked).sql == data.plan("calls", parts=True, **asked).sql
    (note,) = [each for each in data.table("calls", links="probable").notes if "links" in each]
    assert "certain links" in note


def test_a_kpi_made_of_both_kinds(data: Asking) -> None:
    (found,) = data.rows("per_call", parts=True, links="probable")
    assert (found["per_call_numerator"], found["per_call_denominator"]) == (Decimal("1.15"), 2)


def test_rows_of_an_interaction_weigh_what_it_does() -> None:
    rows, candidates = visits()
    segments = [{"interaction_id": each, "started_at": FIRST + timedelta(days=2)} for each in ("i0", "i0", "i3")]
    numbered = [{"segment_id": f"s{n}", "source": "t", **each} for n, each in enumerate(segments)]
    (found,) = asking(rows, candidates, segments=numbered).rows("waited", parts=True, links="probable")
    assert (found["waited_numerator"], found["waited_denominator"]) == (Decimal("1.8"), Decimal("2.8"))
    assert found["waited_unidentified"] == Decimal("0.2")


def test_no_interval_is_told_of_what_may_be_linked_wrongly(shipped: Asking) -> None:
    table = shipped.table("phone_after_web_rate", "visits", links="probable", interval=True)
    names = [each.name for each in table.columns]
    assert table.rows[0][names.index("phone_after_web_rate_low")] is None
    assert any("no interval" in note and "probable links" in note for note in table.notes)


def test_against_the_period_before(data: Asking) -> None:
    """All that is followed lies in the week before."""
    period = Period(FIRST + timedelta(days=7), FIRST + timedelta(days=14))
    (found,) = data.rows("followed", links="probable", compare="previous", period=period)
    assert (found["followed"], found["followed_previous"]) == (0, Decimal("1.15"))


def floored(candidates: list[tuple[int, int, float]]) -> Asking:
    """Four known people call after a visit; one more visit is nobody's."""
    rows = []
    for number in range(4):
        rows.append(row(number, 10 + number, "web", FIRST + timedelta(days=1, minutes=number), queue="a"))
    rows.append(row(4, None, "web", FIRST + timedelta(days=1), queue="a"))
    rows.append(row(5, None, "web", FIRST + timedelta(days=1), queue="b"))
    return asking(rows, candidates)


@pytest.mark.parametrize("links", ["certain", "probable"])
def test_candidates_do_not_make_a_cell_visible(links: str) -> None:
    """Four certain people are fewer than five, whatever candidates stand beside them; and candidates alone are few."""
    data = floored([(4, person, 0.2) for person in (20, 21, 22, 23, 24)] + [(5, 20, 0.9)])
    found = {each["queue"]: each for each in data.rows("followed", by=("queue",), links=links, floor=5)}
    assert found["a"]["followed_state"] == "hidden"
    if links == "probable":
        assert found["b"]["followed_state"] == "hidden"
    (shown,) = data.rows("followed", links=links, floor=4, where="queue = 'a'")
    assert shown["followed"] == 0 and shown.get("followed_state") is None


def test_a_store_of_an_earlier_version_is_told_so() -> None:
    data = asking(*visits())
    data.con.execute("drop table followups_probable")
    assert data.value("followed") == 0
    with pytest.raises(EngineError, match="followups_probable"):
        data.value("followed", links="probable")


def test_the_text_for_spark(shipped: Asking) -> None:
    planned = shipped.plan("phone_after_web_rate", by=("channel",), total=True, links="probable")
    found = translated(planned.sql, "spark")
    assert not found.remarks and "compiled, not verified" not in found.sql


# against Python


@st.composite
def worlds(draw: st.DrawFn) -> tuple[list[dict[str, Any]], list[tuple[int, int, float]]]:
    channels = st.sampled_from(["web", "phone", "chat"])
    rows = [row(0, 7, "web", END - timedelta(days=1), talk_s=1)]  # somebody is known
    for number in range(1, draw(st.integers(2, 9))):
        at = FIRST + timedelta(hours=draw(st.integers(0, 24 * 19 - 1)))
        rows.append(
            row(number, draw(st.sampled_from([None, A, B, C])), draw(channels), at, talk_s=draw(st.integers(0, 9)))
        )
    candidates = []
    for place in range(len(rows)):
        people = draw(st.lists(st.sampled_from([A, B, C, 4]), unique=True, max_size=3))
        left = 1_000_000
        for person in people:
            if person != rows[place]["person"] and left:
                share = draw(st.integers(1, left))
                left -= share
                candidates.append((place, person, share / 1_000_000))
    return rows, candidates


def links_of(
    rows: list[dict[str, Any]], candidates: list[tuple[int, int, float]]
) -> list[tuple[dict[str, Any], int | None, Fraction]]:
    found = []
    for place, each in enumerate(rows):
        own = [
            (person, Fraction(round(share * 1_000_000), 1_000_000)) for at, person, share in candidates if at == place
        ]
        rest = 1 - sum((share for _, share in own), Fraction(0))
        found += [(each, person, share) for person, share in [(each["person"], rest), *own]]
    return found


@settings(max_examples=20, deadline=None)
@given(worlds())
def test_figures_are_sums_over_all_links(world: tuple[list[dict[str, Any]], list[tuple[int, int, float]]]) -> None:
    rows, candidates = world
    counts = dict.fromkeys(("followed", "judged", "immature", "nobody", "known", "talk"), Fraction(0))
    ahead: dict[str | None, Fraction] = {}
    for each, person, weight in links_of(rows, candidates):
        if person is None:
            counts["nobody"] += weight
            continue
        counts["known"] += weight
        counts["talk"] += weight * each["talk_s"]
        if (END.date() - ended(each).date()).days - 1 < 3:
            counts["immature"] += weight
            continue
        counts["judged"] += weight
        theirs = {**each, "person": person}
        order = sorted(
            [*(other for other in rows if other is not each), theirs],
            key=lambda one: (one["started_at"], one["source"], one["interaction_id"]),
        )

        def soon(family: str, theirs: dict[str, Any] = theirs, order: Any = order) -> dict[str, Any] | None:
            other = nearest(FAMILIES[family], theirs, order)
            near = other is not None and (other["started_at"].date() - ended(theirs).date()).days <= 3
            return other if near else None

        counts["followed"] += weight if soon("next_phone") else 0
        channel = after["channel"] if (after := soon("next")) is not None else None
        ahead[channel] = ahead.get(channel, Fraction(0)) + weight
    data = asking(rows, candidates)
    (found,) = data.rows("followed", "known", "talk_of_known", "calls", parts=True, links="probable")
    exact = {name: Fraction(value) for name, value in found.items() if isinstance(value, (int, Decimal))}
    assert exact.get("followed", 0) == counts["followed"]  # empty where nothing is mature
    assert exact["followed_n"] == counts["judged"]
    assert exact["followed_immature"] == counts["immature"]
    assert exact["followed_unidentified"] == counts["nobody"]
    assert exact["known_numerator"] == counts["known"]
    assert exact["known_denominator"] == len(rows)
    assert exact.get("talk_of_known_numerator", 0) == counts["talk"]
    assert exact["calls"] == sum(each["channel"] != "web" for each in rows)
    told: dict[str | None, Fraction] = {}
    for each in data.rows("transition", parts=True, links="probable"):
        told[each["next_channel"]] = told.get(each["next_channel"], Fraction(0)) + Fraction(
            each["transition_numerator"] or 0
        )
    assert {name: share for name, share in told.items() if share} == {name: s for name, s in ahead.items() if s}


# the shipped glossary


def many() -> Asking:
    """Contacts and visits of a few people over two weeks, steps and surveys of some, and candidates of the unknown."""
    draw = random.Random(7)
    rows = []
    for number in range(80):
        at = FIRST + timedelta(minutes=draw.randrange(14 * 24 * 60))
        channel = draw.choice(["web", "faq", "phone", "phone", "chat", "email", "form"])
        told: dict[str, Any] = {
            "intent": draw.choice(["bill", "move"]),
            "outcome": draw.choice(["handled", "abandoned"]),
        }
        told |= {"ended_at": at + timedelta(minutes=5), "answered_at": at, "talk_s": 60 + number, "wait_s": number}
        rows.append(row(number, draw.choice([None, A, B, C, 4]), channel, at, **told))
    places = [place for place, each in enumerate(rows) if each["person"] is None]
    candidates = [(place, person, 0.25) for place in places for person in draw.sample([A, B, C], draw.randrange(3))]
    surveys = [
        {"survey_id": f"v{n}", "interaction_source": "t", "interaction_id": f"i{n}", "question": "csat",
         "scale": "good_bad", "score": n % 2, "answered_at": FIRST + timedelta(days=3)}
        for n in range(0, 80, 5)
    ]  # fmt: skip
    return asking(rows, candidates, SHIPPED, surveys=surveys)


def test_every_shipped_kpi_is_the_same_or_weighed_or_refused() -> None:
    """Where nobody has candidates, what is weighed is what is counted."""
    data, meanings = many(), Meanings(SHIPPED)
    catalog = read_catalog(data.con)

    def planned(kpi: str, links: str) -> Plan:
        return plan(Question((kpi,), parts=True, links=links), SHIPPED, data.setting, catalog, meanings)

    def told(asked: Plan) -> tuple[str, dict[str, Any]]:
        table = answer(asked, data.con)
        return asked.kpis[0].name, {each.name: [row[n] for row in table.rows] for n, each in enumerate(table.columns)}

    weighed, refused = [], []
    for name, each in SHIPPED.kpis.items():
        of_people = each.window is not None or "customer" in name
        for kpi in (name, *(f"{name}@{variant}" for variant in each.variants if of_people)):
            certain = planned(kpi, "certain")
            try:
                probable = planned(kpi, "probable")
            except DefinitionError as error:
                assert {finding.code for finding in error.findings} == {"links-not-weighed"}, kpi
                refused.append(kpi)
                continue
            if "followups_probable" not in probable.sql:
                assert probable.sql == certain.sql, kpi
                continue
            weighed.append((certain, probable))
    for _, probable in weighed:
        assert answer(probable, data.con).rows
    data.con.execute("delete from followups_probable")
    for certain, probable in weighed:
        (_, one), (name, other) = told(certain), told(probable)
        assert {column: value for column, value in other.items() if column != f"{name}_probable"} == one, name
    names = {certain.kpis[0].name for certain, _ in weighed}
    assert {"phone_after_web_rate", "reiteration_rate@same_intent", "identification_rate"} <= names
    assert {"unique_contacting_customers", "chain_length", "repeat_customer_rate@as_seen"} <= set(refused)
