"""The queue_log: figures worked out by hand for every way a visit can go, and the forms a log comes in."""

from __future__ import annotations

import gzip
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from omnictl_asterisk.queue_log import QueueLog

from omnictl.testing import Loaded, contract, load

DATA = Path(__file__).parent / "data"
BLOCKED = ("FULL", "CLOSED", "JOINEMPTY", "DIVERT_HOLDTIME", "DIVERT_CA_RATIO")

# callid: outcome, what ended it, queue, agent, seconds waited and talked, transfers
CALLS = {
    "1793606000.90": (None, "COMPLETEAGENT", "sales", "PJSIP/1001", 20, 240, 0),
    "1793606399.1": ("handled", "COMPLETECALLER", "sales", "PJSIP/1001", 12, 178, 0),
    "1793606600.2": ("abandoned", "ABANDON", "sales", None, 5, None, 0),
    "1793606700.3": ("flow_out", "EXITWITHKEY", "sales", None, 9, None, 0),
    "1793606800.4": ("handled", "COMPLETEAGENT", "overflow", "PJSIP/3001", 36, 100, 0),
    "1793607000.5": ("handled", "BLINDTRANSFER", "sales", "PJSIP/1001", 10, 90, 2),
    "1793607200.6": ("flow_out", "EXITEMPTY", "sales", None, 15, None, 0),
    "1793607300.7": ("blocked", "FULL", "sales", None, None, None, 0),
    "1793607310.8": ("blocked", "CLOSED", "sales", None, None, None, 0),
    "1793607320.9": ("blocked", "JOINEMPTY", "sales", None, None, None, 0),
    "1793607330.10": ("blocked", "DIVERT_HOLDTIME", "sales", None, None, None, 0),
    "1793607340.11": ("blocked", "DIVERT_CA_RATIO", "sales", None, None, None, 0),
    "1793607400.12": ("flow_out", "LEAVEEMPTY", "sales", None, 7, None, 0),
    "1793607500.13": ("dropped", "SYSCOMPAT", "sales", None, 4, None, 0),
    "1793607600.14": ("handled", "COMPLETECALLER", "sales", "PJSIP/1002", 8, 10, 0),
    "1793607700.15": ("handled", "COMPLETEAGENT", "sales", "PJSIP/1001", 6, 20, 0),
    "1793607800.16": ("handled", "CONNECT", "sales", "PJSIP/1001", 3, None, 0),
    "1793607805.17": (None, None, "sales", None, None, None, 0),
}
FIGURES = ("outcome", "outcome_detail", "queue", "agent", "wait_s", "talk_s", "transfers")


def figures(loaded: Loaded) -> dict[str, tuple[Any, ...]]:
    return {row["interaction_id"]: tuple(row[name] for name in FIGURES) for row in loaded.rows["interactions"]}


def segments(loaded: Loaded, callid: str) -> list[tuple[Any, ...]]:
    names = ("seq", "kind", "queue", "agent", "outcome", "wait_s", "talk_s", "transfer_kind", "transfer_to")
    rows = [row for row in loaded.rows["segments"] if row["interaction_id"] == callid]
    return sorted(tuple(row[name] for name in names) for row in rows)


@pytest.fixture(scope="module")
def loaded() -> Loaded:
    # 20 visits, 8 of them with an agent; 10 calls with a number that is none of `anonymous` and `unknown`
    counts = {"interactions": 18, "segments": 28, "identifiers": 10}
    return contract(QueueLog, DATA / "queue_log", used=40, rejected=2, filtered=7, rows=counts)


def test_contacts(loaded: Loaded) -> None:
    assert figures(loaded) == CALLS


def test_what_is_no_line_is_rejected_with_its_place(loaded: Loaded) -> None:
    assert [(reject["line"], reject["column"]) for reject in loaded.rejects] == [
        (48, "started_at"),
        (49, "started_at"),
    ]


def test_times_of_a_contact(loaded: Loaded) -> None:
    (call,) = [row for row in loaded.rows["interactions"] if row["interaction_id"] == "1793606399.1"]
    assert [str(call[name]) for name in ("started_at", "queued_at", "answered_at", "ended_at")] == [
        "2026-11-02 08:00:00",
        "2026-11-02 08:00:00",
        "2026-11-02 08:00:12",
        "2026-11-02 08:03:10",
    ]
    assert call["entry_point"] == "0170000001"


def test_segments_of_transfers(loaded: Loaded) -> None:
    assert segments(loaded, "1793607000.5") == [
        (1, "queue", "sales", None, "handled", 3, None, None, None),
        (2, "agent", "sales", "PJSIP/1001", "handled", None, 60, "cold", "602"),
        (3, "queue", "support", None, "handled", 7, None, None, None),
        (4, "agent", "support", "PJSIP/2001", "handled", None, 30, "warm", None),
    ]


def test_segments_of_an_overflow(loaded: Loaded) -> None:
    assert segments(loaded, "1793606800.4") == [
        (1, "queue", "sales", None, "flow_out", 30, None, None, None),
        (2, "queue", "overflow", None, "handled", 6, None, None, None),
        (3, "agent", "overflow", "PJSIP/3001", "handled", None, 100, None, None),
    ]


def test_each_visit_keeps_the_event_that_ended_it(loaded: Loaded) -> None:
    visits = [row for row in loaded.rows["segments"] if row["kind"] == "queue"]
    blocked = [row["outcome_detail"] for row in visits if row["outcome"] == "blocked"]
    assert sorted(blocked) == sorted(BLOCKED)
    told = {row["interaction_id"]: [] for row in loaded.rows["segments"]}
    for row in sorted(loaded.rows["segments"], key=lambda row: row["seq"]):
        told[row["interaction_id"]].append((row["kind"], row["queue"], row["outcome_detail"]))
    assert told["1793606800.4"] == [
        ("queue", "sales", "EXITWITHTIMEOUT"),
        ("queue", "overflow", "COMPLETEAGENT"),
        ("agent", "overflow", "COMPLETEAGENT"),
    ]
    assert told["1793607800.16"] == [("queue", "sales", "CONNECT"), ("agent", "sales", "CONNECT")]
    assert told["1793607805.17"] == [("queue", "sales", None)]


def test_received_as_a_vendor_counts_it(tmp_path: Path) -> None:
    """Received = answered + abandoned + timeout + closed + empty; the answered rate leaves out the closed: 4 of 8."""
    ends = ["COMPLETEAGENT|4|60|1"] * 2 + ["COMPLETECALLER|4|30|1"] * 2 + ["ABANDON|1|1|9"] * 2
    ends += ["EXITWITHTIMEOUT|1|1|30", "LEAVEEMPTY|", "CLOSED|"]
    lines = []
    for number, end in enumerate(ends):
        head = f"{1000 + number}.{number}|q1|NONE"
        if end != "CLOSED|":
            lines.append(f"{1000 + number}|{head}|ENTERQUEUE||0612345678|1")
        if end.startswith("COMPLETE"):
            lines.append(f"{1004 + number}|{head}|CONNECT|4|x|2")
        lines.append(f"{1064 + number}|{head}|{end}")
    log = tmp_path / "queue_log"
    log.write_text("\n".join(lines) + "\n")
    loaded = load(QueueLog, log)
    visits = Counter(row["outcome"] for row in loaded.rows["segments"] if row["kind"] == "queue")
    assert visits == {"handled": 4, "abandoned": 2, "flow_out": 2, "blocked": 1}
    kinds = Counter(row["outcome_detail"] for row in loaded.rows["segments"] if row["outcome"] != "handled")
    assert kinds == {"ABANDON": 2, "EXITWITHTIMEOUT": 1, "LEAVEEMPTY": 1, "CLOSED": 1}
    assert visits["handled"] / (visits.total() - kinds["CLOSED"]) == 0.5


def test_a_queue_entered_again_after_an_answer_is_a_transfer(tmp_path: Path) -> None:
    """Some switches write COMPLETEAGENT and no transfer when an agent sends the caller on."""
    log = tmp_path / "queue_log"
    log.write_text(
        "100|99.1|q1|NONE|ENTERQUEUE||0612345678|1\n"
        "105|99.1|q1|SIP/1|CONNECT|5|x|2\n"
        "165|99.1|q1|SIP/1|COMPLETEAGENT|5|60|1\n"
        "165|99.1|q2|NONE|ENTERQUEUE||0612345678|1\n"
        "172|99.1|q2|NONE|ABANDON|1|1|7\n"
    )
    loaded = load(QueueLog, log)
    assert figures(loaded) == {"99.1": ("handled", "COMPLETEAGENT", "q1", "SIP/1", 12, 60, 1)}
    assert segments(loaded, "99.1")[1][-2:] == ("cold", "q2")


def test_a_visit_in_the_same_queue_in_the_same_second(tmp_path: Path) -> None:
    """Left by timeout and entered again: each line goes to the visit whose wait it states."""
    log = tmp_path / "queue_log"
    lines = [
        "100|99.1|q1|NONE|ENTERQUEUE||0612345678|1",
        "130|99.1|q1|NONE|EXITWITHTIMEOUT|1|1|30",
        "130|99.1|q1|NONE|ENTERQUEUE||0612345678|1",
        "130|99.1|q1|SIP/1|CONNECT|0|x|0",
        "150|99.1|q1|SIP/1|COMPLETEAGENT|0|20|1",
    ]
    for given in (lines, lines[::-1]):
        log.write_text("\n".join(given) + "\n")
        loaded = load(QueueLog, log)
        assert figures(loaded) == {"99.1": ("handled", "COMPLETEAGENT", "q1", "SIP/1", 30, 20, 0)}
        assert [part[4:7] for part in segments(loaded, "99.1")] == [
            ("flow_out", 30, None),
            ("handled", 0, None),
            ("handled", None, 20),
        ]


def test_a_log_that_begins_inside_a_visit_before_another_one(tmp_path: Path) -> None:
    """The first EXITWITHTIMEOUT states 30 s: it ends a visit that began before the log, not the one entered there."""
    log = tmp_path / "queue_log"
    log.write_text(
        "130|99.1|q1|NONE|EXITWITHTIMEOUT|1|1|30\n"
        "130|99.1|q1|NONE|ENTERQUEUE||0612345678|1\n"
        "138|99.1|q1|NONE|ABANDON|1|1|8\n"
    )
    loaded = load(QueueLog, log)
    assert figures(loaded) == {"99.1": ("abandoned", "ABANDON", "q1", None, 38, None, 0)}
    assert [part[4:6] for part in segments(loaded, "99.1")] == [("flow_out", 30), ("abandoned", 8)]


def test_hours_on_the_telephone(tmp_path: Path) -> None:
    """Longer than seconds of 32 bits are microseconds; a number no call lasts is unknown."""
    log = tmp_path / "queue_log"
    log.write_text(
        "1793606400|1793606400.1|sales|NONE|ENTERQUEUE||0160200001|1\n"
        "1793609400|1793606400.1|sales|PJSIP/1001|CONNECT|3000|1793609400.2|2\n"
        "1793619400|1793606400.1|sales|PJSIP/1001|COMPLETECALLER|3000|10000|1\n"
        "1793620000|1793620000.3|sales|NONE|ENTERQUEUE||0160200002|1\n"
        "1793620005|1793620000.3|sales|NONE|ABANDON|1|1|99999999999999\n"
    )
    assert figures(load(QueueLog, log)) == {
        "1793606400.1": ("handled", "COMPLETECALLER", "sales", "PJSIP/1001", 3000, 10000, 0),
        "1793620000.3": ("abandoned", "ABANDON", "sales", None, 5, None, 0),
    }


def test_site(loaded: Loaded) -> None:
    told = load(QueueLog, DATA / "queue_log", options={"site": "Lyon"})
    assert {row["site"] for row in told.rows["interactions"]} == {"Lyon"}
    assert {row["site"] for row in loaded.rows["interactions"]} == {None}


def test_bytes_that_are_no_utf_8(tmp_path: Path) -> None:
    """One broken name among sound ones costs no call, and the two lines of its queue still find each other."""
    log = tmp_path / "queue_log"
    log.write_bytes(
        "100|99.1|réclamations|NONE|ENTERQUEUE||0612345678|1|Zoé Çelik\n".encode()
        + "104|99.1|réclamations|NONE|ABANDON|1|1|4\n".encode()
        + b"200|99.2|d\xe9bord|NONE|ENTERQUEUE||0612345679|1\n"
        + b"207|99.2|d\xe9bord|NONE|ABANDON|1|1|7\n"
        + "300|99.3|réclamations|Zoé|ENTERQUEUE||0612345678|1|éééé\n".encode()
    )
    told = {callid: (row[0], row[2], row[4]) for callid, row in figures(load(QueueLog, log)).items()}
    assert told == {
        "99.1": ("abandoned", "réclamations", 4),
        "99.2": ("abandoned", "d\ufffdbord", 7),
        "99.3": (None, "réclamations", None),
    }


def test_a_gzipped_part_and_a_carriage_return_at_the_line_ends(tmp_path: Path) -> None:
    lines = (DATA / "queue_log").read_bytes().splitlines(keepends=True)
    packed, rest = tmp_path / "queue_log-20261102.gz", tmp_path / "queue_log"
    packed.write_bytes(gzip.compress(b"".join(lines[:17])))
    rest.write_bytes(b"".join(lines[17:]).replace(b"\n", b"\r\n"))
    assert figures(load(QueueLog, rest, packed)) == CALLS


def test_an_attended_transfer_to_another_bridge(tmp_path: Path) -> None:
    """LINK names two channels, so that its seconds stand one parameter later than those of BRIDGE and APP."""
    begun = "100|{0}|q1|NONE|ENTERQUEUE||0612345678|1\n104|{0}|q1|SIP/1|CONNECT|4|x|2\n"
    told = {"1.1": "BRIDGE|2f-7a|4|30|1", "1.2": "APP|Queue|4|30|1", "1.3": "LINK|SIP/1-a|SIP/2-b|4|30|1"}
    log = tmp_path / "queue_log"
    log.write_text(
        "".join(
            begun.format(callid) + f"134|{callid}|q1|SIP/1|ATTENDEDTRANSFER|{parameters}\n"
            for callid, parameters in told.items()
        )
    )
    expected = ("handled", "ATTENDEDTRANSFER", "q1", "SIP/1", 4, 30, 1)
    assert figures(load(QueueLog, log)) == dict.fromkeys(told, expected)


def test_a_caller_withdrawn_from_the_queue(tmp_path: Path) -> None:
    """By another system: the caller goes on in the dialplan."""
    log = tmp_path / "queue_log"
    log.write_text("100|99.1|q1|NONE|ENTERQUEUE||0612345678|1\n130|99.1|q1|NONE|WITHDRAW|1|1|29|to 602\n")
    assert figures(load(QueueLog, log)) == {"99.1": ("flow_out", "WITHDRAW", "q1", None, 29, None, 0)}


def test_a_clock_set_back_while_the_caller_waits(tmp_path: Path) -> None:
    """One ENTERQUEUE, CONNECT and COMPLETE are one visit, also when they stand twice: it begins when it was entered."""
    lines = [
        "3600|99.1|q1|NONE|ENTERQUEUE||0612345678|1",
        "3|99.1|q1|SIP/1|CONNECT|3|x|1",
        "8|99.1|q1|SIP/1|COMPLETEAGENT|3|5|1",
    ]
    log = tmp_path / "queue_log"
    for given in (lines, lines[::-1], lines * 2):
        log.write_text("\n".join(given) + "\n")
        loaded = load(QueueLog, log)
        assert figures(loaded) == {"99.1": ("handled", "COMPLETEAGENT", "q1", "SIP/1", 3, 5, 0)}
        assert len(segments(loaded, "99.1")) == 2
        (call,) = loaded.rows["interactions"]
        assert [str(call[name])[11:] for name in ("started_at", "answered_at", "ended_at")] == [
            "01:00:00",
            "01:00:03",
            "01:00:08",
        ]


def test_a_queue_renamed_while_a_call_is_in_it(tmp_path: Path) -> None:
    """The call begins in the log, so its answer is counted; one that began before the log stays unknown."""
    log = tmp_path / "queue_log"
    log.write_text(
        "100|99.1|old|NONE|ENTERQUEUE||0612345678|1\n"
        "118|99.1|new|SIP/1|COMPLETEAGENT|12|6|1\n"
        "200|99.2|new|SIP/1|COMPLETEAGENT|7|9|1\n"
    )
    loaded = load(QueueLog, log)
    assert figures(loaded) == {
        "99.1": ("handled", "COMPLETEAGENT", "new", "SIP/1", 12, 6, 0),
        "99.2": (None, "COMPLETEAGENT", "new", "SIP/1", 7, 9, 0),
    }
    assert [part[2:7] for part in segments(loaded, "99.1")] == [
        ("old", None, None, None, None),
        ("new", None, "handled", 12, None),
        ("new", "SIP/1", "handled", None, 6),
    ]


@pytest.mark.parametrize("content", [b"", b"\n\n", gzip.compress(b"")], ids=["empty", "blank", "packed"])
def test_a_log_that_was_rotated_and_has_no_line_yet(tmp_path: Path, content: bytes) -> None:
    log = tmp_path / "queue_log"
    log.write_bytes(content)
    loaded = load(QueueLog, DATA / "queue_log", log)
    assert figures(loaded) == CALLS
    assert (loaded.account.used, loaded.account.rejected) == (40, 2)
    assert load(QueueLog, log).account.records == 0
