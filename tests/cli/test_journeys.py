"""`omnictl journey`: repeat contact, the matrix and one person's story, on contacts and visits worked out by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from desk_and_site import HEAD, LINKED, SITE, desk, loaded
from workbench import Workbench

# Local times of Paris. Data reaches to the end of 20 March: the last row is of nobody, and begun by the company.
CONTACTS = """\
id,customer,channel,intent,start,end,outcome,direction,wait,talk
2,A,phone,bill,2026-03-02 09:40,2026-03-02 09:46,handled,inbound,35,325
3,A,phone,bill,2026-03-05 11:00,2026-03-05 11:08,handled,inbound,10,470
4,B,phone,move,2026-03-03 10:00,2026-03-03 10:05,handled,inbound,,
5,B,email,bill,2026-03-08 08:00,2026-03-08 08:00,handled,inbound,,
6,C,chat,pay,2026-03-04 14:00,2026-03-04 14:12,handled,inbound,,
7,C,phone,pay,2026-03-11 14:05,2026-03-11 14:10,handled,inbound,,
8,D,form,pay,2026-03-06 16:00,2026-03-06 16:05,self_served,inbound,,
9,D,phone,pay,2026-03-07 09:00,2026-03-07 09:06,handled,inbound,,
10,E,phone,bill,2026-03-16 10:00,2026-03-16 10:07,handled,inbound,,
11,,phone,bill,2026-03-09 10:00,2026-03-09 10:04,handled,inbound,,
12,F,phone,bill,2026-03-10 09:00,2026-03-10 09:05,handled,inbound,,
13,,phone,bill,2026-03-21 00:00,2026-03-21 00:00,handled,outbound,,
"""
VISITS = """\
id,customer,intent,start,end
1,A,bill,2026-03-02 09:00,2026-03-02 09:10
13,F,bill,2026-03-10 10:00,2026-03-10 10:05
14,,,2026-03-21 00:00,2026-03-21 00:00
"""
PAGES = """\
id,visit,seen,type,page
a,1,2026-03-02 09:00,page,/
b,1,2026-03-02 09:02,page,/bill
c,1,2026-03-02 09:05,search,too high
d,13,2026-03-10 10:00,page,/bill
"""
ALONE = HEAD + "sources:\n" + desk("wait_s: wait", "talk_s: talk")
WORKSPACE = ALONE + SITE + LINKED


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    return loaded(tmp_path_factory.mktemp("journeys"), WORKSPACE, contacts=CONTACTS, visits=VISITS, pages=PAGES)


def person(bench: Workbench, interaction: str = "desk/2") -> str:
    rows = bench.rows("journey", "show", "--interaction", interaction)
    found: str = rows[0]["person_id"]
    return found


def shares(rows: list[dict[str, Any]]) -> dict[str, tuple[float, float] | str]:
    """By window: numerator and denominator, or why there is none."""
    return {row["window"]: row["state"] or (row["numerator"], row["denominator"]) for row in rows}


def test_an_end_before_the_start_is_told_as_it_is_counted(tmp_path: Path) -> None:
    bench = Workbench(tmp_path)
    bench.workspace(WORKSPACE)
    odd = CONTACTS.replace("09:40,2026-03-02 09:46", "09:40,2026-03-01 09:46")
    for name, text in (("contacts.csv", odd), ("visits.csv", VISITS), ("pages.csv", PAGES)):
        bench.write(name, text)
    bench.call("run")
    (listed,) = bench.rows("journey", "repeat", "--list", "--within", "J+3")
    assert (listed["ended_at"], listed["gap_s"]) == ("2026-03-02T09:40:00", 3 * 86_400 + 80 * 60)
    assert bench.rows("journey", "show", "--interaction", "desk/2")[2]["gap_s"] == listed["gap_s"]


def test_six_windows_in_one_pass(small: Workbench) -> None:
    """Rows 2, 4 and 6 come back after 3, 5 and 7 days; 10 is too young at J+7, five at J+14, all at J+30."""
    rows = small.rows("journey", "repeat")
    assert shares(rows) == {
        "intra-day": (0, 9), "J+1": (0, 9), "J+3": (1, 9), "J+7": (3, 8), "J+14": (3, 4), "J+30": "immature",
    }  # fmt: skip
    assert [row["immature"] for row in rows] == [0, 0, 0, 1, 5, 9]
    assert [row["unidentified"] for row in rows] == [1] * 6


@pytest.mark.parametrize(
    ("options", "seven", "address"),
    [
        ((), (3, 8), "reiteration_rate"),
        (("--intent", "same"), (2, 8), "reiteration_rate@same_intent"),
        (("--then", "same-channel"), (1, 8), "reiteration_rate@same_channel"),
        (("--then", "same-channel", "--intent", "same"), (1, 8), "reiteration_rate@same_channel_same_intent"),
        (("--then", "phone"), (2, 8), "reiteration_rate@then_phone"),
        (("--then", "phone", "--intent", "same"), (2, 8), "reiteration_rate@then_phone_same_intent"),
        (("--then", "visit"), (1, 8), "web_rebound_rate"),
    ],
)
def test_a_window_is_that_of_the_kpi(
    small: Workbench, options: tuple[str, ...], seven: tuple[int, int], address: str
) -> None:
    (told,) = small.rows("journey", "repeat", *options, "--within", "J+7")
    assert (told["numerator"], told["denominator"]) == seven
    (asked,) = small.rows("kpi", "query", f"{address}:window=J+7", "--long")
    assert {name: told[name] for name in asked} == asked


def test_by_a_cut_with_a_condition_and_a_total(small: Workbench) -> None:
    rows = small.rows(
        "journey", "repeat", "--by", "channel", "--total", "--where", "intent <> 'move'", "--within", "J+7"
    )
    asked = small.rows(
        "kpi",
        "query",
        "reiteration_rate:window=J+7",
        "--by",
        "channel",
        "--total",
        "--where",
        "intent <> 'move'",
        "--long",
    )
    assert [{name: row[name] for name in asked[0]} for row in rows] == asked
    judged = {(row["channel"], row["total"]): (row["numerator"], row["denominator"]) for row in rows}
    assert judged["phone", False] == (1, 5)
    assert judged["chat", False] == (1, 1)
    assert judged[None, True] == (2, 7)


def test_who_calls_within_seven_days_of_a_chat_about_the_same_intent(small: Workbench) -> None:
    asked = ("journey", "repeat", "--after", "chat", "--then", "phone", "--intent", "same", "--within", "J+7")
    (told,) = small.rows(*asked)
    assert (told["numerator"], told["denominator"], told["n"]) == (1, 1, 1)
    (listed,) = small.rows(*asked, "--list")
    assert listed["person_id"] == person(small, "desk/6")
    expected = {
        "source": "desk", "interaction_id": "6", "channel": "chat", "intent": "pay", "ended_at": "2026-03-04T14:12:00",
        "next_source": "desk", "next_interaction_id": "7", "next_channel": "phone", "next_intent": "pay",
        "next_started_at": "2026-03-11T14:05:00", "gap_s": 7 * 86400 - 7 * 60,
    }  # fmt: skip
    assert {name: listed[name] for name in expected} == expected


@pytest.mark.parametrize("options", [(), ("--intent", "same"), ("--then", "visit"), ("--then", "same-channel")])
@pytest.mark.parametrize("window", ["intra-day", "72h", "J+7"])
def test_the_list_holds_as_many_as_the_figure_counts(small: Workbench, options: tuple[str, ...], window: str) -> None:
    (told,) = small.rows("journey", "repeat", *options, "--within", window)
    assert len(small.rows("journey", "repeat", *options, "--within", window, "--list")) == told["numerator"]


def test_a_list_may_be_cut_short(small: Workbench) -> None:
    said = small.call("journey", "repeat", "--list", "--limit", "2", "--format", "json")
    assert [row["interaction_id"] for row in json.loads(said.stdout)] == ["2", "4"]
    assert "3 contacts are followed within J+7" in said.stderr
    assert "--limit all" in said.stderr


def test_calls_after_visits(small: Workbench) -> None:
    (told,) = small.rows("journey", "repeat", "--after", "web", "--then", "phone", "--within", "24h")
    assert (told["kpi"], told["numerator"], told["denominator"]) == ("phone_after_web_rate:window=24h", 1, 2)


def test_the_card_is_told_before_the_figures(small: Workbench) -> None:
    said = small.call("journey", "repeat", "--after", "phone,chat", "--intent", "same")
    assert "known up to 2026-03-21 00:00" in said.stderr
    assert "J+14 is observed" not in said.stderr, "what is told of every window is told of the last one"
    assert "J+30 is observed" in said.stderr
    assert "is about" not in said.stderr and "left out" not in said.stderr, "the card says it already"
    assert "on phone, chat (reiteration_rate@same_intent)" in said.stderr
    assert "an inbound contact of the same person, for the same intent" in said.stderr
    assert "local calendar days, Europe/Paris" in said.stderr
    assert "88.9% identified: 8 contacts of known people, 1 of nobody known" in said.stderr
    head, _, row = said.stdout.splitlines()
    assert head.split()[:3] == ["Contacts", "intra-day", "J+1"]
    assert row.split()[:3] == ["8", "0.0%", "0.0%"]
    french = small.call("journey", "repeat", "--lang", "fr").stderr
    assert "contacts entrants traités" in french
    assert small.call("journey", "repeat", "-q").stderr == ""


def test_contacts_without_an_intent_do_not_lower_the_share_of_known_people(tmp_path: Path) -> None:
    """Ten calls and chats, nine of known people; G's call has no intent, and cannot be judged for the same one."""
    contacts = CONTACTS + "16,G,phone,,2026-03-02 10:00,2026-03-02 10:05,handled,inbound,,\n"
    bench = loaded(tmp_path, ALONE, contacts=contacts)
    said = bench.call("journey", "repeat", "--after", "phone,chat", "--intent", "same", "--within", "J+3").stderr
    known = "90.0% identified: 9 contacts of known people, 1 of nobody known"
    assert f"{known}; not judged: 0 whose J+3 is not over in the data, 1 unknown" in said


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--after", "chta"), "did you mean `chat`?"),
        (("--after", "web"), "--then phone"),
        (("--then", "visit", "--intent", "same"), "without --intent same"),
        (("--within", "J+7,J+14", "--list"), "one window"),
        (("--within", "soon"), "wrong-window"),
        (("--by", "chanel"), "channel"),
        (("--from", "chat"), "--after chat names a channel"),
    ],
)
def test_what_cannot_be_asked(small: Workbench, options: tuple[str, ...], said: str) -> None:
    done = small.call("journey", "repeat", *options, expect=2)
    assert done.stdout == ""
    assert said in done.stderr


def test_rows_of_the_matrix_add_up(small: Workbench) -> None:
    rows = small.rows("journey", "matrix")
    channels = {row["channel"] for row in rows if row["of"]}
    assert channels == {"phone", "email", "chat", "form", "web"}
    for channel in channels:
        assert sum(row["share"] for row in rows if row["channel"] == channel and row["of"]) == pytest.approx(1)
        own = [row for row in rows if row["channel"] == channel]
        assert {row["of"] for row in own} == {sum(row["interactions"] for row in own)}
    told = {(row["channel"], row["next_channel"]): (row["interactions"], row["of"]) for row in rows}
    assert told["phone", "web"] == (1, 6)
    assert told["phone", None] == (3, 6)
    assert told["web", "phone"] == (1, 2)
    asked = small.rows("kpi", "query", "channel_transition_rate", "--by", "channel,next_channel")
    figures = {(row["channel"], row["next_channel"]): row["channel_transition_rate"] for row in asked}
    assert all(figures[row["channel"], row["next_channel"]] == row["share"] for row in rows)


def test_the_matrix_for_people(small: Workbench) -> None:
    table = small.call("journey", "matrix", "--format", "md").stdout.splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in table]
    assert cells[0] == ["From", "email", "phone", "web", "nothing", "Interactions"]
    by_channel = {row[0]: row[1:] for row in cells[2:]}
    assert by_channel["phone"] == ["16.7%", "16.7%", "16.7%", "50.0%", "6"]
    assert by_channel["chat"] == ["0.0%", "100.0%", "0.0%", "0.0%", "1"]
    counted = small.call("journey", "matrix", "--counts", "--within", "24h", "--format", "md").stdout
    assert "| web " in counted
    assert small.call("journey", "matrix", "--within", "soon", expect=2).stdout == ""


def test_journeys_under_a_floor(small: Workbench) -> None:
    """Three people visit or chat at most, four write or call: what is hidden is never told as 0."""
    small.workspace(WORKSPACE + "privacy: {floor: 4}\n")
    try:
        card = small.call("journey", "repeat", "--by", "channel", "--within", "J+1,J+7", "--where", "channel = 'chat'")
        table = small.call("journey", "matrix", "--format", "md").stdout.splitlines()
        rows = small.rows("journey", "matrix")
    finally:
        small.workspace(WORKSPACE)
    assert "coverage:  about too few people to be told" in card.stderr
    assert card.stdout.splitlines()[-1].split() == ["chat"] + ["hidden"] * 4
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in table]
    assert cells[0] == ["From", "email", "phone", "web", "nothing", "Interactions"]
    by_channel = {row[0]: row[1:] for row in cells[2:]}
    assert by_channel["phone"] == ["hidden"] * 4 + ["hidden"]
    assert by_channel["chat"] == ["", "hidden", "", "", "hidden"]
    told = {(row["channel"], row["next_channel"]): row for row in rows}
    assert told["phone", "web"]["state"] == "hidden"
    assert told["phone", "web"]["share"] is None


def test_the_story_of_a_person(small: Workbench) -> None:
    who = person(small)
    rows = small.rows("journey", "show", who)
    assert [(row["source"], row["interaction_id"]) for row in rows] == [("site", "1"), ("desk", "2"), ("desk", "3")]
    assert [row["started_at"] for row in rows] == ["2026-03-02T09:00:00", "2026-03-02T09:40:00", "2026-03-05T11:00:00"]
    assert [row["gap_s"] for row in rows] == [None, 30 * 60, 3 * 86400 + 74 * 60]
    assert [row["need"] for row in rows] == [1, 1, 1]
    assert rows[0]["need_id"] == "all/site/1"
    assert rows[0]["steps"] == "page ×2 /bill, search too high"
    assert [row["wait_s"] for row in rows] == [None, 35, 10]


def test_the_story_for_people(small: Workbench) -> None:
    said = small.call("journey", "show", person(small))
    assert "3 interactions, told by customer_id (3)" in said.stderr
    assert "3 d 1 h 14 min" in said.stdout
    assert "5 min 25 s" in said.stdout
    assert "Needs" in said.stdout
    french = small.call("journey", "show", "--interaction", "desk/2", "--lang", "fr")
    assert "recherche too high" in french.stdout
    assert "Besoins" in french.stdout
    of_needs = {  # how each person's need stands: the last interaction tells
        "desk/2": "settled", "desk/4": "settled at once", "desk/10": "going on", "desk/12": "not known",
    }  # fmt: skip
    for interaction, state in of_needs.items():
        rows = small.call("journey", "show", "--interaction", interaction).stdout.partition("Needs")[2].splitlines()
        assert rows[4].endswith(f"  {state}")
    latest = small.call("journey", "show", "--interaction", "desk/2", "--limit", "1", "--format", "csv")
    assert latest.stdout.count("\n") == 2
    assert "259200" in latest.stdout or "263640" in latest.stdout, "the gap to the one that is not shown stays"
    assert "the latest 1" in latest.stderr


def test_a_person_nobody_is(small: Workbench) -> None:
    who = person(small)
    digit = "0" if who[5] != "0" else "1"
    typo = small.call("journey", "show", who[:5] + digit + who[6:], expect=2)
    assert f"did you mean `{who}`?" in typo.stderr
    assert "16 hex digits" in small.call("journey", "show", "Jane", expect=2).stderr
    far = small.call("journey", "show", "0" * 16, expect=2)
    assert "--interaction SOURCE/ID" in far.stderr
    assert "name a PERSON" in small.call("journey", "show", expect=2).stderr


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("desk/11", "nobody knows whose"),
        ("desk/99", "`desk` has no interaction `99`"),
        ("nowhere/2", "`nowhere` is not a source"),
        ("desc/2", "did you mean `desk`?"),
        ("desk", "SOURCE/ID"),
    ],
)
def test_an_interaction_of_nobody(small: Workbench, name: str, said: str) -> None:
    assert said in small.call("journey", "show", "--interaction", name, expect=2).stderr


@pytest.mark.parametrize("command", [("repeat",), ("repeat", "--list"), ("matrix",), ("show", "0" * 16)])
def test_before_there_is_anything(tmp_path: Path, command: tuple[str, ...]) -> None:
    bench = Workbench(tmp_path)
    bench.write("contacts.csv", CONTACTS)
    bench.write("visits.csv", VISITS)
    bench.write("pages.csv", PAGES)
    bench.workspace(WORKSPACE)
    assert "there is no data yet" in bench.call("journey", *command, expect=2).stderr
    bench.call("ingest")
    said = bench.call("journey", *command, expect=2)
    assert "nothing has been linked" in said.stderr
    assert "omnictl run" in said.stderr


@pytest.mark.parametrize("command", [("repeat",), ("matrix",), ("show", "0" * 16)])
def test_a_run_that_gave_no_interactions_is_not_asked_for_again(tmp_path: Path, command: tuple[str, ...]) -> None:
    bench = loaded(tmp_path, ALONE, contacts=CONTACTS.partition("\n")[0] + "\n")
    said = bench.call("journey", *command, expect=2).stderr
    assert "there are no interactions" in said
    assert "omnictl run" not in said


def test_figures_of_settings_that_have_changed_since_are_told(tmp_path: Path) -> None:
    """A silence said anew is not yet that of the needs; the next run makes them."""
    bench = loaded(tmp_path, ALONE, contacts=CONTACTS)
    assert "stale" not in bench.call("journey", "repeat").stderr
    bench.workspace(ALONE + "needs: {silence: 3 d}\n")
    for command in (
        ("repeat",),
        ("repeat", "--within", "J+7", "--list"),
        ("matrix",),
        ("show", "--interaction", "desk/2"),
    ):
        assert "note: build is stale: " in bench.call("journey", *command).stderr
    bench.call("run")
    assert "stale" not in bench.call("journey", "show", "--interaction", "desk/2").stderr
