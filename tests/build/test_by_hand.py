"""Follow-ups and needs worked out by hand."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from building import PARIS, WEEK, Row, all_of, at, built

# Thirteen interactions of six customers: person, channel, intent, start, end, outcome.
# The end of the data is 21 March 2026 00:00.
THIRTEEN = """
1 A web   bill 2026-03-02T09:00 2026-03-02T09:10 dropped
2 A phone bill 2026-03-02T09:40 2026-03-02T09:46 handled
3 A phone bill 2026-03-05T11:00 2026-03-05T11:08 handled
4 B phone move 2026-03-03T10:00 2026-03-03T10:05 handled
5 B email bill 2026-03-08T08:00 2026-03-08T08:00 handled
6 C chat  pay  2026-03-04T14:00 2026-03-04T14:12 handled
7 C phone pay  2026-03-11T14:05 2026-03-11T14:10 handled
8 D form  pay  2026-03-06T16:00 2026-03-06T16:05 self_served
9 D phone pay  2026-03-07T09:00 2026-03-07T09:06 handled
10 E phone bill 2026-03-16T10:00 2026-03-16T10:07 handled
11 - phone bill 2026-03-09T10:00 2026-03-09T10:04 handled
12 F phone bill 2026-03-10T09:00 2026-03-10T09:05 handled
13 F web  bill 2026-03-10T10:00 2026-03-10T10:05 dropped
"""
ASSISTED = ("phone", "chat", "email")


def thirteen() -> list[Row]:
    rows = []
    for line in THIRTEEN.strip().splitlines():
        number, person, channel, intent, start, end, outcome = line.split()
        who = None if person == "-" else ord(person)
        rows.append(Row(number, who, channel, at(start, PARIS), at(end, PARIS), intent, outcome=outcome))
    return rows


def followups_of(rows: list[Row], **told: Any) -> dict[str, dict[str, Any]]:
    """Follow-ups by id; the keys of others replaced by their ids."""
    found = all_of(built(rows, **told), "followups")
    names = {cells["key"]: cells["interaction_id"] for cells in found if cells["key"] is not None}
    for cells in found:
        for name in cells:
            if name.endswith("_key"):
                cells[name] = names.get(cells[name])
    return {cells["interaction_id"]: cells for cells in found}


def followed(rows: dict[str, dict[str, Any]], family: str, window: timedelta) -> tuple[int, int]:
    """Of the assisted contacts whose window lies inside the data: how many are followed within it, and how many."""
    channel = {row.id: row.channel for row in thirteen()}
    observed = [
        cells
        for id_, cells in rows.items()
        if channel[id_] in ASSISTED
        and cells["person_id"] is not None
        and cells[f"{family}_observed_s"] >= window.total_seconds()
    ]
    within = [cells for cells in observed if (cells[f"{family}_gap_s"] or 10**9) <= window.total_seconds()]
    return len(within), len(observed)


def test_thirteen_rows_contacts_that_are_followed() -> None:
    rows = followups_of(thirteen(), watermarks={"s": at("2026-03-21", PARIS)})
    assert followed(rows, "next_contact_same_intent", WEEK) == (2, 8)  # rows 2 and 6; row 10 is too late
    assert followed(rows, "next_contact", WEEK) == (3, 8)  # and row 4
    assert followed(rows, "next_same_channel_same_intent", WEEK) == (1, 8)  # row 2
    assert followed(rows, "next_contact_same_intent", timedelta(0)) == (0, 9)
    assert rows["1"]["next_phone_key"] == "2" and rows["1"]["next_phone_gap_s"] == 30 * 60
    assert rows["8"]["next_phone_same_intent_key"] == "9"
    assert rows["12"]["next_visit_key"] == "13" and rows["12"]["next_visit_channel"] == "web"
    assert rows["12"]["next_contact_key"] is None  # a visit is no contact
    assert rows["2"]["next_contact_days"] == 3  # J+3 though three days, one hour and 14 minutes
    assert rows["2"]["next_contact_gap_s"] == 3 * 86400 + 74 * 60
    assert rows["2"]["next_contact_channel"] == "phone" and rows["2"]["next_contact_mode"] == "assisted"


def test_thirteen_rows_contacts_that_repeat() -> None:
    rows = followups_of(thirteen(), watermarks={"s": at("2026-03-21", PARIS)})
    family = "previous_contact_same_intent"
    looked_back = [
        id_
        for id_, cells in rows.items()
        if cells["person_id"] is not None
        and cells[f"{family}_observed_s"] >= WEEK.total_seconds()
        and id_ in ("2", "3", "4", "5", "6", "7", "9", "10", "12")
    ]
    assert sorted(looked_back) == ["10", "12", "7"]
    assert [id_ for id_ in looked_back if rows[id_][f"{family}_key"]] == ["7"]
    assert rows["7"][f"{family}_channel"] == "chat"


def test_thirteen_rows_needs() -> None:
    needs = all_of(built(thirteen(), watermarks={"s": at("2026-03-21", PARIS)}), "needs")

    def figures(scope: str) -> tuple[int, int, int, int]:
        closed = [need for need in needs if need["scope"] == scope and need["closed"]]
        return (
            len(closed),
            sum(need["interactions"] for need in closed),
            sum(need["resolved_first"] for need in closed),
            sum(need["switched"] for need in closed),
        )

    assert figures("all") == (6, 11, 2, 4)  # first interaction resolution 33.3 %
    assert figures("assisted") == (6, 8, 4, 1)  # once and done 66.7 %
    first = next(need for need in needs if need["need_id"] == "all/s/1")
    assert (first["contacts"], first["channels"], first["modes"]) == (2, 2, 2)
    assert first["last_end"] == at("2026-03-05T11:08", PARIS) and first["resolved"] is True
    assert first["duration_s"] == 3 * 86400 + 2 * 3600 + 8 * 60


def test_nobody_and_excluded_rows_follow_nothing() -> None:
    begin = datetime(2026, 5, 4, 8)
    rows = [
        Row("a", 1, "phone", begin),
        Row("b", 1, "phone", begin + timedelta(hours=1), excluded="test"),
        Row("c", 1, "phone", begin + timedelta(hours=2)),
        Row("d", None, "phone", begin + timedelta(hours=3)),
    ]
    found = followups_of(rows)
    assert found["a"]["next_key"] == "c" and found["c"]["previous_contact_key"] == "a"
    assert [found[id_]["key"] for id_ in "abcd"] == [1, 2, 3, None]
    assert [found[id_]["weight"] for id_ in "abcd"] == [1.0, 1.0, 1.0, None]
    for id_ in "bd":
        empty = {name for name, cell in found[id_].items() if cell is None}
        assert {"next_key", "next_observed_s", "previous_visit_observed_days"} <= empty


def test_a_repeat_is_looked_for_by_nobody_and_does_not_find_what_it_repeats() -> None:
    begin = datetime(2026, 5, 4, 8)
    rows = [
        Row("old", 1, "chat", begin - timedelta(days=1)),
        Row("first", 1, "phone", begin, begin + timedelta(seconds=10)),
        Row("again", 1, "phone", begin + timedelta(seconds=60)),
        Row("thrice", 1, "phone", begin + timedelta(seconds=120)),
        Row("late", 1, "phone", begin + timedelta(seconds=181)),
        Row("other", 1, "chat", begin + timedelta(seconds=182)),
    ]
    found = followups_of(rows)
    assert found["first"]["next_key"] == "again"  # anything
    assert found["first"]["next_contact_key"] == "late"
    assert found["again"]["next_contact_key"] == "late"
    assert found["thrice"]["previous_contact_key"] == "old"
    assert found["late"]["previous_contact_key"] == "first"
    assert found["other"]["previous_phone_key"] == "late"


def test_relatives_are_stepped_over() -> None:
    begin = datetime(2026, 5, 4, 8)
    rows = [
        Row("bot", 1, "chatbot", begin, intent="bill"),
        Row("chat", 1, "chat", begin + timedelta(minutes=5), intent="bill", parent="bot"),
        Row("back", 1, "callback", begin + timedelta(hours=1), intent="bill", parent="bot"),
        Row("call", 1, "phone", begin + timedelta(hours=2), intent="bill"),
    ]
    found = followups_of(rows)
    assert found["bot"]["next_contact_key"] == "call"
    assert found["chat"]["next_contact_key"] == "back"  # of the same parent, but no parent of each other
    assert found["chat"]["previous_contact_key"] is None
    assert found["back"]["previous_contact_same_intent_key"] == "chat"
    assert found["call"]["previous_contact_key"] == "back"


def test_overlaps_and_visits_of_days() -> None:
    begin = datetime(2026, 5, 4, 8)
    rows = [
        Row("visit", 1, "web", begin, begin + timedelta(days=3)),
        Row("call", 1, "phone", begin + timedelta(days=1), begin + timedelta(days=1, minutes=5)),
        Row("mail", 1, "email", begin + timedelta(days=4)),
    ]
    found = followups_of(rows)
    assert found["visit"]["next_contact_overlap"] is True
    assert (found["visit"]["next_contact_gap_s"], found["visit"]["next_contact_days"]) == (0, 0)
    assert found["call"]["previous_visit_overlap"] is True
    assert found["call"]["next_key"] == "mail"  # what follows begins later, however long what was before lasts
    assert found["mail"]["previous_visit_gap_s"] == 86400
    assert found["mail"]["previous_visit_days"] == 1


def test_days_are_local_across_midnight_and_the_change_of_clocks() -> None:
    rows = [
        # the clock goes from 02:00 to 03:00 on 29 March
        Row("a", 1, "phone", at("2026-03-28T23:50", PARIS), at("2026-03-29T00:10", PARIS)),
        Row("b", 1, "phone", at("2026-03-29T23:50", PARIS), at("2026-03-29T23:58", PARIS)),
        Row("c", 1, "phone", at("2026-03-30T00:05", PARIS)),
    ]
    found = followups_of(rows)
    assert found["a"]["next_days"] == 0  # it ended on the day of the next one
    assert found["a"]["next_gap_s"] == 22 * 3600 + 40 * 60  # the day has 23 hours
    assert found["b"]["next_days"] == 1 and found["b"]["next_gap_s"] == 7 * 60


def test_seconds_keep_their_fractions() -> None:
    begin = datetime(2026, 5, 4, 8)
    rows = [
        Row("a", 1, "phone", begin, begin + timedelta(seconds=10.25)),
        Row("b", 1, "phone", begin + timedelta(seconds=100.5)),
    ]
    assert followups_of(rows)["a"]["next_gap_s"] == Decimal("90.250")


def two_sources() -> list[Row]:
    begin = datetime(2026, 5, 4, 8)
    return [
        Row("call", 1, "phone", begin, begin + timedelta(minutes=10), source="calls", intent="bill"),
        Row("chat", 2, "chat", begin + timedelta(days=2), source="chats", intent="bill"),
        Row("visit", 3, "web", begin + timedelta(days=1), source="site"),
        Row("out", 3, "phone", begin, source="dialler", direction="outbound"),
    ]


def test_observed_ends_with_the_first_source_that_feeds_the_family() -> None:
    marks = {
        "calls": datetime(2026, 5, 14, 8, 10),
        "chats": datetime(2026, 5, 9, 22),  # midnight in Paris
        "site": datetime(2026, 5, 5),
        "dialler": datetime(2026, 5, 1),
    }
    call = followups_of(two_sources(), watermarks=marks)["call"]
    assert call["next_observed_s"] == -(3 * 86400 + 8 * 3600 + 600)  # anything: the dialler's calls, too
    assert call["next_contact_observed_s"] == (datetime(2026, 5, 9, 22) - datetime(2026, 5, 4, 8, 10)).total_seconds()
    assert call["next_contact_observed_days"] == 5  # the rest of its day, and five whole days
    assert call["next_same_channel_observed_s"] == 10 * 86400
    assert call["next_phone_observed_days"] == 9
    assert call["next_visit_observed_s"] == (datetime(2026, 5, 5) - datetime(2026, 5, 4, 8, 10)).total_seconds()
    assert call["next_visit_observed_days"] == 0


def test_observed_before_begins_with_the_last_source() -> None:
    found = followups_of(two_sources())
    assert found["call"]["previous_contact_observed_s"] == -2 * 86400
    assert found["chat"]["previous_contact_observed_s"] == 0
    assert found["chat"]["previous_contact_observed_days"] == -1  # its day is not whole
    assert found["chat"]["previous_phone_observed_days"] == 1
    assert found["chat"]["previous_same_channel_same_intent_observed_s"] == 0


def test_a_retired_source_holds_nothing_back() -> None:
    marks = {"calls": datetime(2026, 5, 14), "chats": datetime(2026, 5, 6), "site": datetime(2026, 5, 20)}
    ended = {"chats": date(2026, 5, 7)}
    found = followups_of(two_sources(), watermarks=marks, retired=ended)
    assert found["call"]["next_contact_observed_days"] == 9  # as far as the calls go
    # only the retired source has chats: nothing more can come, as far as there are data at all
    assert found["chat"]["next_same_channel_observed_days"] == 13


def test_without_a_source_nothing_is_observed() -> None:
    (call,) = followups_of([Row("a", 1, "phone", datetime(2026, 5, 4))]).values()
    assert call["next_visit_observed_s"] is None and call["next_visit_observed_days"] is None


def test_a_need_is_cut_after_the_silence_since_the_latest_end() -> None:
    begin = datetime(2026, 5, 4, 8)
    rows = [
        Row("long", 1, "web", begin, begin + timedelta(days=9), intent="bill"),
        Row("call", 1, "phone", begin + timedelta(days=1), intent="bill"),
        Row("late", 1, "phone", begin + timedelta(days=16), intent="bill"),  # 7 days after the visit's end
        Row("new", 1, "phone", begin + timedelta(days=23, seconds=1), intent="bill"),
    ]
    needs = {need["need_id"]: need for need in all_of(built(rows), "needs")}
    assert {name: need["interactions"] for name, need in needs.items()} == {
        "all/s/long": 3,
        "all/s/new": 1,
        "assisted/s/call": 1,
        "assisted/s/late": 1,
        "assisted/s/new": 1,
    }
    assert needs["all/s/long"]["closed"] is True and needs["all/s/new"]["closed"] is False


def test_an_outcome_declared_or_unknown() -> None:
    begin = datetime(2026, 5, 4, 8)

    def need(outcome: str | None, resolved: bool | None) -> tuple[Any, Any]:
        rows = [Row("a", 1, "phone", begin, intent="bill", outcome=outcome, more={"resolved": resolved})]
        found = all_of(built(rows), "needs")[0]
        return found["resolved_first"], found["resolved"]

    assert need("handled", None) == (True, True)
    assert need("self_served", True) == (True, True)
    assert need("handled", False) == (False, False)
    assert need("abandoned", True) == (False, False)
    assert need(None, None) == (None, None)
    assert need(None, False) == (False, False)
