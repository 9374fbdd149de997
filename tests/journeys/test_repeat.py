"""`omnictl journey repeat` to its full depth: back and ahead, people, curves, stretches, calls given up."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from workbench import Workbench

# Local times of Paris. Data reach to the end of 20 March: the last row is of nobody, and begun by the company.
CONTACTS = """\
id,customer,channel,intent,start,end,outcome,direction,wait
2,A,phone,bill,2026-03-02 09:40:00,2026-03-02 09:46:00,handled,inbound,35
3,A,phone,bill,2026-03-05 11:00:00,2026-03-05 11:08:00,handled,inbound,10
4,B,phone,move,2026-03-03 10:00:00,2026-03-03 10:05:00,handled,inbound,
5,B,email,bill,2026-03-08 08:00:00,2026-03-08 08:00:00,handled,inbound,
6,C,chat,pay,2026-03-04 14:00:00,2026-03-04 14:12:00,handled,inbound,
7,C,phone,pay,2026-03-11 14:05:00,2026-03-11 14:10:00,handled,inbound,
8,D,form,pay,2026-03-06 16:00:00,2026-03-06 16:05:00,self_served,inbound,
9,D,phone,pay,2026-03-07 09:00:00,2026-03-07 09:06:00,handled,inbound,
10,E,phone,bill,2026-03-16 10:00:00,2026-03-16 10:07:00,handled,inbound,
11,,phone,bill,2026-03-09 10:00:00,2026-03-09 10:04:00,handled,inbound,
12,F,phone,bill,2026-03-10 09:00:00,2026-03-10 09:05:00,handled,inbound,
13,G,phone,move,2026-03-12 10:00:00,2026-03-12 10:01:00,abandoned,inbound,60
14,G,phone,move,2026-03-12 10:20:00,2026-03-12 10:25:00,handled,inbound,40
15,H,phone,move,2026-03-12 11:00:00,2026-03-12 11:00:30,abandoned,inbound,30
16,H,phone,move,2026-03-12 11:00:50,2026-03-12 11:05:00,handled,inbound,40
17,I,phone,move,2026-03-12 11:00:00,2026-03-12 11:00:03,abandoned,inbound,3
99,,phone,bill,2026-03-21 00:00:00,2026-03-21 00:00:00,handled,outbound,
"""
WORKSPACE = """\
workspace: small
timezone: Europe/Paris
country: FR
sources:
  desk:
    connector: table
    path: contacts.csv
    timezone: Europe/Paris
    columns: {interaction_id: id, channel: channel, intent: intent, outcome: outcome, direction: direction,
      started_at: "strptime(start, '%Y-%m-%d %H:%M:%S')", ended_at: "strptime(\\"end\\", '%Y-%m-%d %H:%M:%S')",
      queued_at: "strptime(start, '%Y-%m-%d %H:%M:%S')", wait_s: wait}
    identifiers: {customer_id: customer}
identity: {link_on: [customer_id]}
"""


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    bench = Workbench(tmp_path_factory.mktemp("repeat"))
    bench.write("contacts.csv", CONTACTS)
    bench.workspace(WORKSPACE)
    bench.call("run")
    return bench


@pytest.mark.parametrize(
    ("options", "window", "figure", "address"),
    [
        # since 10 March the seven days before lie in the data: 7, 10, 12 to 17, of which 7 and 14 repeat another;
        # 16 is made within a minute of 15, and does not find the contact that it repeats
        (("--backward",), "J+7", (2, 8), "repeat_share"),
        (("--backward", "--intent", "same"), "J+7", (2, 8), "repeat_share@same_intent"),
        (
            ("--backward", "--intent", "same", "--channel", "same"),
            "J+7",
            (1, 8),
            "repeat_share@same_channel_same_intent",
        ),
        # A, B, C, D, G come back; F, H and I do not, E is not known yet
        (("--count", "customers"), "J+7", (5, 8), "repeat_customer_rate@any_intent"),
        # not B
        (("--count", "customers", "--intent", "same"), "J+7", (4, 8), "repeat_customer_rate"),
        (("--retries",), "15min", (1, 2), "retry_rate"),  # H; I gave up at once
        (("--retries",), "1h", (2, 2), "retry_rate"),  # G too
        (("--channel", "other"), "J+7", (2, 10), "reiteration_rate@on_other_channel"),  # B and C
        (("--channel", "other", "--intent", "same"), "J+7", (1, 10), "reiteration_rate@on_other_channel_same_intent"),
        (("--then", "assisted"), "J+7", (3, 10), "reiteration_rate@then_assisted"),
        (("--channel", "other", "--backward"), "J+7", (1, 8), "repeat_share@on_other_channel"),
        (("--channel", "same"), "J+7", (1, 10), "reiteration_rate@same_channel"),
        (("--then", "same-channel"), "J+7", (1, 10), "reiteration_rate@same_channel"),
    ],
)
def test_a_figure_is_that_of_the_kpi(
    small: Workbench, options: tuple[str, ...], window: str, figure: tuple[int, int], address: str
) -> None:
    (told,) = small.rows("journey", "repeat", *options, "--within", window)
    assert (told["numerator"], told["denominator"]) == figure
    (asked,) = small.rows("kpi", "query", f"{address}:window={window}", "--long")
    assert {name: told[name] for name in asked} == asked


def test_windows_of_retries_are_short(small: Workbench) -> None:
    rows = small.rows("journey", "repeat", "--retries")
    assert [(row["window"], row["numerator"]) for row in rows] == [("15min", 1), ("1h", 2), ("4h", 2), ("24h", 2)]
    listed = small.rows("journey", "repeat", "--retries", "--within", "1h", "--list")
    told = [(row["interaction_id"], row["next_interaction_id"], row["gap_s"]) for row in listed]
    assert told == [("13", "14", 19 * 60), ("15", "16", 20)], "a call within a minute is a retry, too"


def test_stretches_between_windows_add_up(small: Workbench) -> None:
    rows = small.rows("journey", "repeat", "--increments", "--within", "intra-day,J+1,J+3,J+7", "--to", "2026-03-10")
    assert [row["window"] for row in rows] == ["intra-day", "]J+0;J+1]", "]J+1;J+3]", "]J+3;J+7]"]
    assert [(row["numerator"], row["denominator"]) for row in rows] == [(0, 6), (0, 6), (1, 6), (2, 6)]
    (whole,) = small.rows("journey", "repeat", "--within", "J+7", "--to", "2026-03-10")
    assert sum(row["numerator"] for row in rows) == whole["numerator"]
    (asked,) = small.rows(
        "kpi", "query", "reiteration_rate@beyond_the_first_day:days=3:window=J+7", "--to", "2026-03-10", "--long"
    )
    assert {name: rows[3][name] for name in asked} == asked
    assert "local calendar days" in small.call("journey", "repeat", "--increments", "--within", "J+1,J+7").stderr


@pytest.mark.parametrize("options", [(), ("--intent", "same"), ("--backward",)])
def test_where_every_window_is_over_the_curve_is_the_kpi(small: Workbench, options: tuple[str, ...]) -> None:
    """Contacts before 13 March have all of J+7; looking back, those since the 10th."""
    dates = ("--from", "2026-03-10") if "--backward" in options else ("--to", "2026-03-13")
    curve = small.rows("journey", "repeat", "--curve", "--within", "J+7", *options, *dates)
    windows = ",".join(row["within"] for row in curve)
    fixed = small.rows("journey", "repeat", "--within", windows, *options, *dates)
    assert [row["immature"] for row in fixed] == [0] * 8
    assert [row["share"] for row in curve] == pytest.approx([row["value"] for row in fixed])
    assert curve[0]["at_risk"] == fixed[0]["denominator"]
    if options:
        return
    hours = small.rows("journey", "repeat", "--curve", "--within", "72h", *options, *dates)
    (rolling,) = small.rows("journey", "repeat", "--within", "72h", *options, *dates)
    assert (hours[-1]["within"], hours[-1]["share"]) == ("72h", pytest.approx(rolling["value"]))


def test_a_curve_goes_on_where_windows_are_not_over(small: Workbench) -> None:
    curve = small.rows("journey", "repeat", "--curve")
    assert len(curve) == 31
    # 11 contacts were handled; followed after 3, 5 and 7 days: 10 is observed up to J+4, those of the 12th to J+8
    assert [curve[day]["at_risk"] for day in (0, 3, 4, 5, 7, 8)] == [11, 11, 10, 9, 8, 7]
    share = 1 - 10 / 11 * 8 / 9 * 7 / 8
    assert curve[7]["share"] == pytest.approx(share)
    assert curve[7]["low"] < share < curve[7]["high"]
    assert (curve[30]["share"], curve[30]["at_risk"], curve[30]["state"]) == (None, 0, "immature")
    assert small.rows("journey", "repeat", "--within", "J+30")[0]["state"] == "immature"


def test_curves_of_cuts_are_compared(small: Workbench) -> None:
    said = small.call("journey", "repeat", "--curve", "--by", "channel", "--total", "--within", "J+7")
    assert "log-rank" in said.stderr and "2 degrees of freedom" in said.stderr
    assert said.stdout.splitlines()[0].split() == ["Day", "chat", "email", "phone", "Total"]
    assert len(said.stdout.splitlines()) == 2 + 8
    alone = small.call("journey", "repeat", "--curve", "--within", "J+7", "--lang", "fr")
    assert "log-rank" not in alone.stderr
    assert "courbe :     jusqu'à J+7, selon Kaplan-Meier" in alone.stderr


def test_a_curve_under_a_floor(small: Workbench) -> None:
    """Chats and e-mails are of one person each: nothing of them is told, nor what the phone's curve would tell."""
    small.workspace(WORKSPACE + "privacy: {floor: 5}\n")
    try:
        rows = small.rows("journey", "repeat", "--curve", "--by", "channel", "--within", "J+7")
        whole = small.rows("journey", "repeat", "--curve", "--within", "J+14")
    finally:
        small.workspace(WORKSPACE)
    states = {(row["channel"], row["within"]): row["state"] for row in rows}
    assert {states["chat", f"J+{day}"] for day in range(1, 8)} == {"hidden"}
    assert states["phone", "J+1"] == "hidden", "two of one person each are too few to hide each other"
    assert all(row["share"] is None and row["at_risk"] is None for row in rows if row["state"] == "hidden")
    hidden = [row["within"] for row in whole if row["state"] == "hidden"]
    assert whole[7]["state"] is None and hidden == [f"J+{day}" for day in range(10, 15)]


def test_the_card_tells_what_is_counted(small: Workbench) -> None:
    ahead = small.call("journey", "repeat", "--within", "J+7").stderr
    assert "counts:    contacts, looking ahead; certain links" in ahead
    assert "retries:   apart: 100.0% of 2 calls given up are tried again within the hour (retry_rate)" in ahead
    assert "data:      known up to 2026-03-21 00:00" in ahead
    back = small.call("journey", "repeat", "--backward", "--within", "J+7").stderr
    assert "index:     contacts received, from their start (repeat_share)" in back
    assert "follow-up: an inbound contact of the same person, before it" in back
    assert "whose J+7 before is not all in the data" in back
    assert "data:      known from 2026-03-02 09:40" in back
    assert "retries" not in back
    people = small.call("journey", "repeat", "--count", "customers", "--within", "J+7")
    assert "counts:    people, looking ahead" in people.stderr
    assert people.stdout.splitlines()[0].split()[0] == "People"
    assert people.stdout.splitlines()[2].split()[0] == "8"
    assert "appels abandonnés" in small.call("journey", "repeat", "--retries", "--lang", "fr").stderr


def test_the_card_travels_with_the_figures(small: Workbench, tmp_path: Path) -> None:
    import json

    import pyarrow.parquet as pq

    for options in ((), ("--curve",)):
        file = tmp_path / "repeat.parquet"
        small.call("journey", "repeat", "--within", "J+7", *options, "--out", str(file))
        metadata = pq.read_table(file).schema.metadata
        (told,) = json.loads(metadata[b"omnictl.definitions"])
        card: dict[str, Any] = told["card"]
        assert told["kpi"] == "reiteration_rate:window=J+7"
        assert (card["direction"], card["counts"], card["links"]) == ("ahead", "contacts", "certain")
        assert card["known_until"] == "2026-03-21T00:00:00"
        assert card["coverage"]["judged"] == 10 and card["coverage"]["immature"] == 1
        assert card["clock"] == {"timezone": "Europe/Paris", "windows": "calendar"}
        assert ("curve" in card) == bool(options)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--count", "customers", "--backward"), "looking ahead"),
        (("--count", "customers", "--curve"), "no curve"),
        (("--count", "customers", "--list"), "counts people"),
        (("--retries", "--intent", "same"), "retries are calls"),
        (("--retries", "--curve"), "no curve"),
        (("--backward", "--then", "visit"), "previous_contact_channel"),
        (("--backward", "--channel", "same"), "--intent same"),
        (("--then", "phone", "--channel", "other"), "names the channels already"),
        (("--then", "same-channel", "--channel", "other"), "exclude each other"),
        (("--curve", "--within", "J+3,J+7"), "one window"),
        (("--curve", "--within", "90min"), "no curve is drawn"),
        (("--curve", "--within", "J+999"), "no curve is drawn"),
        (("--curve", "--every", "week"), "--period chooses it"),
        (("--curve", "--by", "next_channel"), "not cut by"),
        (("--curve", "--where", "next_channel = 'phone'"), "not cut by"),
        (("--curve", "--list"), "three answers"),
        (("--increments", "--intent", "same"), "--curve has the rest"),
        (("--increments", "--within", "J+7,J+3"), "grow"),
        (("--increments", "--within", "24h,48h"), "calendar days"),
    ],
)
def test_what_has_no_definition_is_refused(small: Workbench, options: tuple[str, ...], said: str) -> None:
    done = small.call("journey", "repeat", *options, expect=2)
    assert done.stdout == ""
    assert said in done.stderr
