"""Channel events by hand: what one call is, who was talked to and when, and every form the log comes in.

2 November 2026, 09:00:00 in Paris is 1793606400 seconds since 1970.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from omnictl_asterisk.cel import Cel

from omnictl.testing import Loaded, contract, load

NINE = 1793606400
NAMES = (
    "eventtype eventtime cid_name cid_num cid_ani cid_rdnis cid_dnid exten context channame appname appdata amaflags"
)
NAMES += " accountcode uniqueid linkedid peer userfield userdeftype extra"
Event = dict[str, str]


class Log:
    """Events of channels, so many seconds after 09:00:00."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def call(self, linkedid: int, *events: tuple[Any, ...]) -> None:
        """Events as (second, type, channel's number, further cells)."""
        for second, kind, number, *more in events:
            cells = {
                "eventtype": kind,
                "eventtime": f"{NINE + second}.500000",
                "channame": f"PJSIP/{'t' if number == linkedid else 21}-{number:08x}",
                "uniqueid": f"{NINE}.{number}",
                "linkedid": f"{NINE}.{linkedid}",
                "exten": "0145670000",
                "context": "from-trunk",
                "cid_num": "0612345678" if number == linkedid else "21",
            }
            self.events.append(cells | (more[0] if more else {}))


def in_app(name: str, data: str = "", **more: str) -> Event:
    return {"appname": name, "appdata": data, **more}


def day() -> list[Event]:
    log = Log()
    menu = {"exten": "s", "context": "menu"}
    log.call(  # menu 2 to 10, queue 10 to 21, talk 21 to 81 of which 10 on hold
        1,
        (0, "CHAN_START", 1),
        (1, "ANSWER", 1),
        (2, "APP_START", 1, in_app("BackGround", "welcome", **menu)),
        (10, "APP_START", 1, in_app("Queue", "sales,tT")),
        (12, "CHAN_START", 3),
        (20, "ANSWER", 3),
        (20, "BRIDGE_ENTER", 3, {"extra": '{"bridge_id":"b1"}'}),
        (21, "BRIDGE_ENTER", 1, in_app("Queue", "sales,tT", peer="PJSIP/21-00000003", extra='{"bridge_id":"b1"}')),
        (50, "HOLD", 3),
        (60, "UNHOLD", 3),
        (81, "BRIDGE_EXIT", 1, in_app("Queue", "sales,tT")),
        (81, "HANGUP", 3),
        (81, "CHAN_END", 3),
        (82, "HANGUP", 1),
        (82, "CHAN_END", 1),
        (82, "LINKEDID_END", 1),
    )
    log.call(  # ends in the menu
        10,
        (100, "CHAN_START", 10),
        (101, "ANSWER", 10),
        (101, "APP_START", 10, in_app("Playback", "welcome", **menu)),
        (105, "APP_START", 10, in_app("Read", "digits", exten="2", context="menu")),
        (130, "HANGUP", 10),
        (130, "CHAN_END", 10),
        (130, "LINKEDID_END", 10),
    )
    told = '{"extension":"26","context":"agents","bridge_id":"b2"}'
    log.call(  # answered in the queue, handed over to 26, who answers after 5 s and talks 30 s
        20,
        (200, "CHAN_START", 20),
        (201, "ANSWER", 20),
        (202, "APP_START", 20, in_app("Queue", "help")),
        (203, "CHAN_START", 23),
        (210, "ANSWER", 23),
        (210, "BRIDGE_ENTER", 23, {"extra": '{"bridge_id":"b2"}'}),
        (210, "BRIDGE_ENTER", 20, in_app("Queue", "help", extra='{"bridge_id":"b2"}')),
        (240, "BLINDTRANSFER", 23, {"extra": told}),
        (240, "BRIDGE_EXIT", 20, in_app("Queue", "help")),
        (240, "HANGUP", 23),
        (240, "CHAN_END", 23),
        (240, "APP_START", 20, in_app("Dial", "PJSIP/26", exten="26", context="agents")),
        (241, "CHAN_START", 26, {"channame": "PJSIP/26-0000001a"}),
        (245, "BRIDGE_ENTER", 26, {"channame": "PJSIP/26-0000001a", "extra": '{"bridge_id":"b3"}'}),
        (245, "BRIDGE_ENTER", 20, in_app("Dial", "PJSIP/26", extra='{"bridge_id":"b3"}')),
        (275, "BRIDGE_EXIT", 20, in_app("Dial", "PJSIP/26")),
        (275, "HANGUP", 26),
        (275, "CHAN_END", 26),
        (275, "HANGUP", 20),
        (275, "CHAN_END", 20),
        (275, "LINKEDID_END", 20),
    )
    log.call(  # gives up after 8 s in the queue
        30,
        (300, "CHAN_START", 30),
        (301, "ANSWER", 30),
        (302, "APP_START", 30, in_app("Queue", "help")),
        (310, "APP_END", 30, in_app("Queue", "help")),
        (310, "HANGUP", 30),
        (310, "CHAN_END", 30),
        (310, "LINKEDID_END", 30),
    )
    log.call(  # is sent on after 9 s, hears that all are busy
        40,
        (400, "CHAN_START", 40),
        (401, "APP_START", 40, in_app("Queue", "help")),
        (410, "APP_END", 40, in_app("Queue", "help")),
        (420, "HANGUP", 40, {"exten": "busy", "extra": '{"hangupsource":"dialplan/builtin","dialstatus":""}'}),
        (420, "CHAN_END", 40),
        (420, "LINKEDID_END", 40),
    )
    log.call(  # parked in a bridge of one, nobody comes
        50,
        (500, "CHAN_START", 50),
        (501, "ANSWER", 50),
        (502, "BRIDGE_ENTER", 50, {"extra": '{"bridge_id":"p","bridge_technology":"holding_bridge"}'}),
        (530, "HANGUP", 50),
        (530, "CHAN_END", 50),
        (530, "LINKEDID_END", 50),
    )
    return log.events


DAY = day()
# channel, outcome, queue, agent, seconds waited, talked, on hold, to the answer and in all, transfers, menu nodes
CONTACTS = {
    1: ("phone", "handled", "sales", "PJSIP/21", 11, 50, 10, 21, 82, None, ["s@menu"]),
    10: ("ivr", None, None, None, None, None, None, None, 30, None, ["s@menu", "2@menu"]),
    20: ("phone", "handled", "help", "PJSIP/21", 8, 60, None, 10, 75, 1, []),
    30: ("phone", "abandoned", "help", None, 8, None, None, None, 10, None, []),
    40: ("phone", "flow_out", "help", None, 9, None, None, None, 20, None, []),
    50: ("ivr", None, None, None, None, None, None, None, 30, None, []),
}


def number(uniqueid: str) -> int:
    return int(uniqueid.split(".")[1])


def contacts(loaded: Loaded) -> dict[int, tuple[Any, ...]]:
    found = {}
    steps = sorted(loaded.rows.get("steps", ()), key=lambda row: row["occurred_at"])
    for row in loaded.rows["interactions"]:
        answered = (row["answered_at"] - row["started_at"]).total_seconds() if row["answered_at"] else None
        found[number(row["interaction_id"])] = (
            *(row[name] for name in ("channel", "outcome", "queue", "agent", "wait_s", "talk_s", "hold_s")),
            answered,
            (row["ended_at"] - row["started_at"]).total_seconds(),
            row["transfers"],
            [step["object"] for step in steps if step["interaction_id"] == row["interaction_id"]],
        )
    return found


def custom(events: Sequence[Event]) -> str:
    """As cel_custom writes it."""
    lines = ([event.get(name, "") for name in NAMES.split()] for event in events)
    return "".join(",".join('"' + cell.replace('"', '""') + '"' for cell in line) + "\n" for line in lines)


def local(event: Event, more: str = "") -> Event:
    moment = datetime(2026, 11, 2, 9) + timedelta(seconds=float(event["eventtime"]) - NINE)
    return event | {"eventtime": f"{moment}{more}"}


def table(events: Sequence[Event]) -> str:
    """As a database's table is exported."""
    return NAMES.replace(" ", ",").replace("extra", "eventextra") + "\n" + custom([local(each) for each in events])


def printed(events: Sequence[Event]) -> str:
    """As psql prints a table of times with offset."""
    lines = [NAMES.split()] + [[local(each, "+01").get(name, "") for name in NAMES.split()] for each in events]
    drawn = [" | ".join(f"{cell:<14}" for cell in line) + "\n" for line in lines]
    ruler = "+".join(["-" * 16] * len(NAMES.split())) + "\n"
    return "".join([drawn[0], ruler, *drawn[1:], f"({len(events)} rows)\n\n"])


def write(folder: Path, text: str, name: str = "Master.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    counts = {"interactions": 6, "segments": 4 + 3, "steps": 3, "identifiers": 6}
    return contract(Cel, write(tmp_path_factory.mktemp("day"), custom(DAY)), used=len(DAY), rows=counts)


def test_a_day(day: Loaded) -> None:
    assert contacts(day) == CONTACTS
    names = ("kind", "queue", "agent", "outcome", "wait_s", "talk_s", "transfer_kind", "transfer_to")
    parts = sorted(day.rows["segments"], key=lambda row: row["started_at"])
    of_one = [tuple(row[name] for name in names) for row in parts if number(row["interaction_id"]) == 20]
    assert of_one == [
        ("queue", "help", None, "handled", 8, None, None, None),
        ("agent", "help", "PJSIP/21", "handled", None, 30, "cold", "26"),
        ("agent", None, "PJSIP/26", "handled", None, 30, None, None),
    ]


@pytest.mark.parametrize(
    ("form", "name", "filtered"), [(table, "cel.csv", 0), (printed, "cel.psql.txt", 2)], ids=["table", "psql"]
)
def test_other_forms(
    day: Loaded, tmp_path: Path, form: Callable[[Sequence[Event]], str], name: str, filtered: int
) -> None:
    loaded = load(Cel, write(tmp_path, form(DAY), name))
    assert (loaded.account.used, loaded.account.filtered, loaded.account.rejected) == (len(DAY), filtered, 0)
    assert loaded.rows == day.rows


def test_older_switches_say_bridge_start(tmp_path: Path) -> None:
    """On the caller's channel alone."""
    older = {"BRIDGE_ENTER": "BRIDGE_START", "BRIDGE_EXIT": "BRIDGE_END"}
    events = [each | {"eventtype": older.get(each["eventtype"], each["eventtype"])} for each in DAY[:16]]
    events = [each for each in events if each["uniqueid"] == f"{NINE}.1" or each["eventtype"] != "BRIDGE_START"]
    assert contacts(load(Cel, write(tmp_path, custom(events)))) == {1: CONTACTS[1]}


def test_the_hour_that_comes_twice(tmp_path: Path) -> None:
    """25 October 2026, 02:30 in Paris: 00:30 UTC, and 01:30 again."""
    events = []
    for made in (1792888200, 1792891800):
        names = {"uniqueid": f"{made}.1", "linkedid": f"{made}.1", "channame": "PJSIP/t-00000001", "exten": "s"}
        for kind, time in (
            ("CHAN_START", "02:30:00"),
            ("HANGUP", "02:31:00"),
            ("CHAN_END", "02:31:00"),
            ("LINKEDID_END", "02:31:00"),
        ):
            events.append({"eventtype": kind, "eventtime": f"2026-10-25 {time}.25", **names})
    rows = load(Cel, write(tmp_path, custom(events))).rows["interactions"]
    assert [row["started_at"] for row in rows] == [datetime(2026, 10, 25, hour, 30, 0, 250_000) for hour in (0, 1)]
    assert [row["ended_at"] - row["started_at"] for row in rows] == [timedelta(seconds=60)] * 2


def test_bad_lines_are_told_with_their_place(tmp_path: Path) -> None:
    bad = [DAY[0] | {"eventtime": "noon"}, DAY[0] | {"eventtype": "what?"}]
    loaded = load(Cel, write(tmp_path, custom([DAY[0], *bad, *DAY[1:16]])))
    assert (loaded.account.used, loaded.account.rejected) == (16, 2)
    assert sorted(reject["line"] for reject in loaded.rejects) == [2, 3]


def test_a_call_that_began_before_the_log(tmp_path: Path) -> None:
    """Its linkedid tells when; one that has not ended has no end."""
    rows = load(Cel, write(tmp_path, custom(DAY[3:12]))).rows["interactions"]
    assert [(row["started_at"], row["ended_at"]) for row in rows] == [(datetime(2026, 11, 2, 8, 0, 12, 500_000), None)]


def test_an_internal_call_is_left_out_of_figures(tmp_path: Path) -> None:
    inside = {"exten": "2601", "context": "from-internal", "cid_num": "2501"}
    events = [each | inside for each in DAY[-6:]]
    loaded = load(Cel, write(tmp_path, custom(events)))
    assert [(row["direction"], row["excluded"]) for row in loaded.rows["interactions"]] == [("internal", "internal")]
    assert "identifiers" not in loaded.rows


@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_cut_gives_the_rows_of_the_whole(
    day: Loaded, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Also pieces that overlap, in any order of lines and of files."""
    folder = tmp_path_factory.mktemp("cuts")
    events = data.draw(st.permutations(DAY))
    cuts = sorted(data.draw(st.lists(st.integers(1, len(events) - 1), max_size=4, unique=True)))
    overlap = data.draw(st.integers(0, 3))
    bounds = list(zip([0, *cuts], [*cuts, len(events)], strict=True))
    pieces = [custom(events[max(0, begin - overlap) : end]) for begin, end in bounds]
    paths = [write(folder, piece, f"part{place}.csv") for place, piece in enumerate(pieces)]
    assert load(Cel, *data.draw(st.permutations(paths))).rows == day.rows


@pytest.fixture(scope="module")
def samples() -> Path:
    """Files of real switches, which are no part of this repository."""
    named = os.environ.get("OMNICTL_REFERENCE", "")
    root = Path(named) if named else Path(__file__).resolve().parents[4] / "shared"
    if not (root / "formats" / "asterisk").is_dir():
        pytest.skip(f"no files of real switches in {root}: set OMNICTL_REFERENCE to the folder that holds formats/")
    return root / "formats" / "asterisk"


def test_a_switch(samples: Path) -> None:
    loaded = contract(Cel, samples / "live-run/cel-Master.csv", used=480, rows={"interactions": 22})
    found = Counter((row["channel"], row["outcome"]) for row in loaded.rows["interactions"])
    assert found == {("phone", "handled"): 12, ("phone", "abandoned"): 7, ("phone", "flow_out"): 2, ("ivr", None): 1}
    visits = Counter((row["queue"], row["outcome"]) for row in loaded.rows["segments"] if row["kind"] == "queue")
    assert visits == {
        ("ventes", "handled"): 8,
        ("ventes", "abandoned"): 4,
        ("ventes", "flow_out"): 1,
        ("support", "abandoned"): 3,
        ("support", "flow_out"): 4,
        ("reclam", "handled"): 4,
    }


@pytest.mark.parametrize(
    ("name", "direction", "outcome", "talked"),
    [
        ("cel-answered_internal.psql.txt", "internal", "handled", 2.390),
        ("cel-answered_outgoing_call.psql.txt", "outbound", "handled", 4.339),
        ("cel-internal_no_answer.psql.txt", "internal", None, None),
        ("testsuite-CELMaster1.csv", "inbound", "handled", 17.190),
    ],
)
def test_small_samples(samples: Path, name: str, direction: str, outcome: str | None, talked: float | None) -> None:
    (row,) = load(Cel, samples / name).rows["interactions"]
    assert (row["direction"], row["outcome"]) == (direction, outcome)
    assert (float(row["talk_s"]) if row["talk_s"] is not None else None) == talked
