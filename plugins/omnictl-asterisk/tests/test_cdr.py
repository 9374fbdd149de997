"""Call detail records by hand: what one call is, how it ended, and every form the file comes in.

Times are of Paris, where 2 November 2026 09:00:00 is 1793606400 seconds since 1970.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from omnictl_asterisk.cdr import Cdr

from omnictl.testing import Loaded, contract, load

NINE = 1793606400
CALLER = "0612345678"


def stamp(second: int) -> str:
    """A local time, so many seconds after 09:00:00."""
    return str(datetime(2026, 11, 2, 9) + timedelta(seconds=second))


def row(
    uid: int | str,
    channel: str,
    begun: int,
    ended: int,
    disposition: str = "ANSWERED",
    *,
    answered: int | None = None,
    to: str = "",
    app: str = "Dial",
    data: str = "",
    src: str = CALLER,
    dst: str = "0145670000",
    context: str = "from-trunk",
    clid: str = "",
    width: int = 18,
    linkedid: str = "",
    sequence: int = 0,
) -> str:
    """A line as `cdr_csv` writes it. `uid` is the channel's number, made at the beginning of the row."""
    uniqueid = uid if isinstance(uid, str) else f"{NINE + begun}.{uid}"
    talked = ended - answered if answered is not None else 0
    answer = stamp(answered) if answered is not None else ""
    clid = clid or f'"" <{src}>'
    texts = ["", src, dst, context, clid, channel, to, app, data, stamp(begun), answer, stamp(ended)]
    cells = ['"' + text.replace('"', '""') + '"' if text else "" for text in texts]
    cells += [str(ended - begun), str(talked), f'"{disposition}"', '"DOCUMENTATION"']
    cells += [f'"{uniqueid}"', '""', '""', f'"{linkedid}"', str(sequence)]
    return ",".join(cells[:width])


QUEUED = [
    # an agent on a Local channel answers after 20 s and talks 160 s, another one's telephone rings in vain
    row(
        9,
        "PJSIP/t-00000001",
        0,
        20,
        "NO ANSWER",
        answered=0,
        to="Local/22@agents-00000002;1",
        app="Queue",
        data="sales,tT",
    ),
    row(13, "Local/22@agents-00000002;2", 10, 20, "NO ANSWER", to="PJSIP/22-00000003"),
    row(11, "Local/21@agents-00000001;2", 10, 180, answered=20, to="PJSIP/21-00000002"),
    row(
        "1793606400.9",
        "PJSIP/t-00000001",
        1,
        180,
        answered=1,
        to="Local/21@agents-00000001;1",
        app="Queue",
        data="sales,tT",
    ),
]
DAY = [
    *QUEUED,
    row(20, "PJSIP/t-0000000a", 300, 330, "NO ANSWER", answered=300, to="PJSIP/21-0000000b", app="Queue", data="help"),
    row(30, "PJSIP/t-0000000c", 400, 420, "NO ANSWER", answered=400, to="PJSIP/21-0000000d", app="Queue", data="help"),
    row("1793606800.30", "PJSIP/t-0000000c", 420, 430, answered=420, app="Playback", data="bye"),
    row(40, "PJSIP/t-0000000e", 500, 520, answered=500, app="BackGround", data="menu"),
    row(50, "PJSIP/t-0000000f", 600, 668, answered=608, to="PJSIP/25-00000010", clid='"Zoé" <0612345678>'),
    row(60, "PJSIP/t-00000011", 700, 715, "NO ANSWER", to="PJSIP/25-00000012"),
    row(70, "PJSIP/t-00000013", 800, 801, "BUSY", to="PJSIP/25-00000014"),
    row(80, "PJSIP/t-00000015", 900, 901, "CONGESTION", to="PJSIP/25-00000016"),
    row(90, "PJSIP/t-00000017", 1000, 1001, "FAILED", to="PJSIP/25-00000018"),
    row(100, "PJSIP/t-00000019", 1100, 1120, "NO ANSWER", to="PJSIP/25-0000001a"),
    row("1793607500.100", "PJSIP/t-00000019", 1120, 1150, answered=1120, app="VoiceMail", data="25"),
    row(
        110,
        "PJSIP/25-0000001b",
        1200,
        1260,
        answered=1210,
        to="PJSIP/t-0000001c",
        src="2501",
        dst="0698765432",
        context="from-internal",
    ),
    row(
        120,
        "PJSIP/25-0000001d",
        1300,
        1330,
        answered=1305,
        to="PJSIP/26-0000001e",
        src="2501",
        dst="2601",
        context="from-internal",
    ),
    row(130, "PJSIP/t-0000001f", 1400, 1410, "NO ANSWER", to="PJSIP/25-00000020", src="anonymous"),
]
# channel, direction, outcome, disposition, queue, agent, seconds to the answer, seconds talked, seconds in all
CONTACTS = {
    9: ("phone", "inbound", "handled", "ANSWERED", "sales", "Local/21@agents", 20, 160, 180),
    20: ("phone", "inbound", "abandoned", "NO ANSWER", "help", None, None, None, 30),
    30: ("phone", "inbound", "flow_out", "NO ANSWER", "help", None, None, None, 30),
    40: ("ivr", "inbound", None, "ANSWERED", None, None, None, None, 20),
    50: ("phone", "inbound", "handled", "ANSWERED", None, "PJSIP/25", 8, 60, 68),
    60: ("phone", "inbound", "abandoned", "NO ANSWER", None, None, None, None, 15),
    70: ("phone", "inbound", "blocked", "BUSY", None, None, None, None, 1),
    80: ("phone", "inbound", "blocked", "CONGESTION", None, None, None, None, 1),
    90: ("phone", "inbound", None, "FAILED", None, None, None, None, 1),
    100: ("phone", "inbound", "flow_out", "NO ANSWER", None, None, None, None, 50),
    110: ("phone", "outbound", "handled", "ANSWERED", None, "PJSIP/t", 10, 50, 60),
    120: ("phone", "internal", "handled", "ANSWERED", None, "PJSIP/26", 5, 25, 30),
    130: ("phone", "inbound", "abandoned", "NO ANSWER", None, None, None, None, 10),
}


def seconds(later: datetime | None, earlier: datetime) -> float | None:
    return (later - earlier).total_seconds() if later is not None else None


def contacts(loaded: Loaded) -> dict[int, tuple[Any, ...]]:
    """By the number of the channel that names the contact."""
    names = ("channel", "direction", "outcome", "outcome_detail", "queue", "agent")
    return {
        int(row["interaction_id"].split(".")[1]): (
            *(row[name] for name in names),
            seconds(row["answered_at"], row["started_at"]),
            row["talk_s"],
            seconds(row["ended_at"], row["started_at"]),
        )
        for row in loaded.rows.get("interactions", [])
    }


def master(folder: Path, lines: Sequence[str], name: str = "Master.csv", encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes("".join(f"{line}\n" for line in lines).encode(encoding))
    return path


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    # without a number for the host: the internal call and `anonymous`
    counts = {"interactions": 13, "segments": 4, "identifiers": 11}
    return contract(Cdr, master(tmp_path_factory.mktemp("day"), DAY), used=18, rows=counts)


def test_a_day(day: Loaded) -> None:
    assert contacts(day) == CONTACTS
    assert [row["excluded"] for row in day.rows["interactions"]].count("internal") == 1
    assert len({row["value"] for row in day.rows["identifiers"]}) == 2  # the caller, and the one who was called


def test_which_leg_comes_first_does_not_matter(day: Loaded, tmp_path: Path) -> None:
    assert load(Cdr, master(tmp_path, DAY[::-1])).rows == day.rows


@pytest.mark.parametrize("width", [16, 17, 19, 20, 21])  # the others are of 18
def test_widths(tmp_path: Path, width: int) -> None:
    """16 columns have no uniqueid, 20 and more a linkedid: one call each."""
    lines = [row(9, "PJSIP/t-00000001", 0, 20, to="PJSIP/21-00000002", answered=5, width=width, linkedid=f"{NINE}.9")]
    lines += [row(10, "PJSIP/t-00000003", 60, 90, to="PJSIP/21-00000004", width=width, linkedid=f"{NINE + 60}.10")]
    loaded = load(Cdr, master(tmp_path, lines))
    assert (loaded.account.used, len(loaded.rows["identifiers"])) == (2, 2)
    assert Counter(row["outcome"] for row in loaded.rows["interactions"]) == {"handled": 1, None: 1}


def test_records_that_grew_when_the_switch_was_renewed(tmp_path: Path) -> None:
    lines = [row(number, f"PJSIP/t-{number:08x}", number, number + 5, width=16 + number % 6) for number in range(1, 40)]
    loaded = load(Cdr, master(tmp_path, lines))
    assert (loaded.account.used, len(loaded.rows["interactions"])) == (39, 39)


def test_a_linkedid_joins_whatever_its_channels(tmp_path: Path) -> None:
    """Numbers compare as numbers: .9 was before .10."""
    more = {"width": 21, "linkedid": f"{NINE}.9"}
    lines = [
        row(f"{NINE}.10", "PJSIP/21-00000002", 5, 30, answered=6, to="PJSIP/26-00000007", **more),
        row(f"{NINE}.9", "DAHDI/1-1", 0, 30, answered=0, app="Playback", **more),
    ]
    loaded = load(Cdr, master(tmp_path, lines))
    assert [each["interaction_id"] for each in loaded.rows["interactions"]] == [f"{NINE}.9"]


def test_names_of_lines_join_nothing(tmp_path: Path) -> None:
    """A line's name comes again with the next call, and a channel's after the switch has started anew."""
    lines = [row(1, "DAHDI/1-1", 0, 20, to="DAHDI/2-1"), row(2, "DAHDI/1-1", 10, 40, to="DAHDI/2-1")]
    lines += [
        row(3, "SIP/t-00000001", 100, 140, to="SIP/2-00000002"),
        row(4, "SIP/t-00000001", 200, 240, to="SIP/2-00000002"),
    ]
    assert len(load(Cdr, master(tmp_path, lines)).rows["interactions"]) == 4


def test_an_originated_call_is_the_half_that_runs_the_dialplan(tmp_path: Path) -> None:
    """As a queue_log names it, if it enters a queue or is turned away before."""
    lines = [
        row(0, "Local/sales@in-00000000;1", 0, 9, app="Wait"),
        row(2, "Local/sales@in-00000000;2", 0, 9, app="Hangup"),
    ]
    loaded = load(Cdr, master(tmp_path, lines))
    assert [row["interaction_id"] for row in loaded.rows["interactions"]] == [f"{NINE}.2"]


def test_a_telephone_that_rang_is_no_contact(tmp_path: Path) -> None:
    """Its row stands alone where the one that dialled it is lost."""
    lines = [row(5, "Local/21@agents-00000009;2", 0, 9, "NO ANSWER", app="Wait")]
    loaded = load(Cdr, master(tmp_path, lines))
    assert (loaded.account.used, loaded.account.filtered, loaded.rows) == (0, 1, {})


def test_a_chain_of_channels_is_one_call(tmp_path: Path) -> None:
    """Each dials the next: the name of the first reaches the last."""
    lines = [
        row(number, f"Local/x@y-{number:08x};2", number, 60, answered=30, to=f"Local/x@y-{number + 1:08x};1")
        for number in range(2, 30)
    ]
    lines += [row(1, "PJSIP/t-000000ff", 1, 60, answered=30, to="Local/x@y-00000002;1")]
    loaded = load(Cdr, master(tmp_path, lines[::-1]))
    assert list(contacts(loaded)) == [1]


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "utf-8"])
def test_names_in_other_encodings(tmp_path: Path, encoding: str) -> None:
    lines = [row(1, "PJSIP/t-00000001", 0, 9, clid='"Lefèvre" <0612345678>'), row(2, "PJSIP/t-00000002", 20, 29)]
    loaded = load(Cdr, master(tmp_path, lines, encoding=encoding))
    assert (loaded.account.used, len(loaded.rows["identifiers"])) == (2, 2)


def test_a_name_cut_within_a_character(tmp_path: Path) -> None:
    name = "Зоя Пет".encode()
    line = row(1, "PJSIP/t-00000001", 0, 9, clid="NAME").encode().replace(b"NAME", name[:-1])
    others = [row(number, f"PJSIP/t-0000000{number}", number * 20, number * 20 + 9, clid="Зоя") for number in (2, 3, 4)]
    path = tmp_path / "Master.csv"
    path.write_bytes(line + b"\n" + "".join(f"{each}\n" for each in others).encode())
    loaded = load(Cdr, path)
    assert (loaded.account.used, loaded.account.rejected) == (4, 0)


def test_bad_lines_are_told_with_their_place(tmp_path: Path) -> None:
    never = row(3, "PJSIP/t-00000003", 40, 49).replace(stamp(40), "2026-13-45 00:00:00")
    lines = [row(1, "PJSIP/t-00000001", 0, 9), "what is this", "", never, row(2, "PJSIP/t-00000002", 20, 29)]
    loaded = load(Cdr, master(tmp_path, lines))
    assert (loaded.account.records, loaded.account.used, loaded.account.rejected) == (4, 2, 2)
    assert sorted((reject["record"], reject["line"]) for reject in loaded.rejects) == [(2, 2), (3, 4)]


def test_as_cdr_custom_writes_it(tmp_path: Path) -> None:
    """Without the account in front, and with the sequence behind."""
    cells = ['""" <0612345678>"', '"0612345678"', '"0145670000"', '"from-trunk"', '"PJSIP/t-00000001"']
    cells += ['"PJSIP/21-00000002"', '"Dial"', '"PJSIP/21"', f'"{stamp(0)}"', f'"{stamp(8)}"', f'"{stamp(68)}"', '"68"']
    cells += ['"60"', '"ANSWERED"', '"DOCUMENTATION"', '""', f'"{NINE}.50"', '""', "7"]
    loaded = contract(Cdr, master(tmp_path, [",".join(cells)]), used=1, rows={"interactions": 1})
    assert contacts(loaded)[50] == ("phone", "inbound", "handled", "ANSWERED", None, "PJSIP/21", 8, 60, 68)


def test_the_table(tmp_path: Path) -> None:
    """As FreePBX keeps it: no end, no time of the answer, the number dialled in a column of its own."""
    head = "calldate,clid,src,dst,dcontext,channel,dstchannel,lastapp,lastdata,duration,billsec,disposition,"
    head += "amaflags,accountcode,uniqueid,userfield,did,linkedid"
    common = (
        f",,0612345678,600,ext-group,PJSIP/t-00000001,PJSIP/21-00000002,Dial,PJSIP/21,68,60,ANSWERED,3,,{NINE}.50,,"
    )
    lines = [head, f"{stamp(0)}{common}0145670000,{NINE}.50"]
    loaded = load(Cdr, master(tmp_path, lines, "cdr.csv"))
    assert contacts(loaded)[50] == ("phone", "inbound", "handled", "ANSWERED", None, "PJSIP/21", 8, 60, 68)
    assert loaded.rows["interactions"][0]["entry_point"] == "0145670000"


def test_the_hour_that_comes_twice(tmp_path: Path) -> None:
    """25 October 2026, 02:30 in Paris: 00:30 UTC, and 01:30 again. What a call's channel was made at tells which."""
    first, again = 1792888200, 1792891800
    lines = []
    for number, made in enumerate((first, again)):
        line = row(f"{made}.{number}", f"PJSIP/t-0000000{number}", 0, 600, answered=60, to=f"PJSIP/2-0000001{number}")
        for second, text in ((0, "02:30:00"), (60, "02:31:00"), (600, "02:40:00")):
            line = line.replace(stamp(second), f"2026-10-25 {text}")
        lines.append(line)
    # begun before the clock is set back, ended after it: one hour and five minutes later, though it shows 02:00 again
    crossing = row(f"{first}.7", "PJSIP/t-000000aa", 0, 3900, answered=60, to="PJSIP/2-000000ab")
    for second, text in ((0, "02:30:00"), (60, "02:31:00"), (3900, "02:35:00")):
        crossing = crossing.replace(stamp(second), f"2026-10-25 {text}")
    rows = load(Cdr, master(tmp_path, [*lines, crossing])).rows["interactions"]
    found = {
        row["interaction_id"]: (
            row["started_at"],
            seconds(row["answered_at"], row["started_at"]),
            seconds(row["ended_at"], row["started_at"]),
        )
        for row in rows
    }
    assert found == {
        f"{first}.0": (datetime(2026, 10, 25, 0, 30), 60, 600),
        f"{again}.1": (datetime(2026, 10, 25, 1, 30), 60, 600),
        f"{first}.7": (datetime(2026, 10, 25, 0, 30), 60, 3900),
    }


def test_times_in_utc(tmp_path: Path) -> None:
    lines = [row(1, "PJSIP/t-00000001", 0, 9)]
    local, utc = (load(Cdr, master(tmp_path, lines), options={"utc": said}) for said in (False, True))
    assert [each.rows["interactions"][0]["started_at"].hour for each in (local, utc)] == [8, 9]


def test_directions_are_told_by_contexts(tmp_path: Path) -> None:
    lines = [
        row(1, "PJSIP/a-00000001", 0, 9, context="door", src="0612345678", dst="0145670000"),
        row(2, "PJSIP/a-00000002", 0, 9, context="trunk-out-2", src="2501", dst="15"),
        row(3, "PJSIP/a-00000003", 0, 9, context="lift", src="0612345678", dst="0145670000"),
    ]
    options = {"inbound": "door*, gate", "outbound": "trunk-out-?", "internal": "lift"}
    found = contacts(load(Cdr, master(tmp_path, lines), options=options))
    assert [found[number][1] for number in (1, 2, 3)] == ["inbound", "outbound", "internal"]
    assert [contacts(load(Cdr, master(tmp_path, lines)))[number][1] for number in (1, 2, 3)] == [
        "inbound",
        "internal",
        "inbound",
    ]


@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_cut_gives_the_rows_of_the_whole(
    day: Loaded, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Also pieces that overlap, in any order of lines and of files."""
    folder = tmp_path_factory.mktemp("cuts")
    lines = data.draw(st.permutations(DAY))
    cuts = sorted(data.draw(st.lists(st.integers(1, len(lines) - 1), max_size=4, unique=True)))
    overlap = data.draw(st.integers(0, 3))
    bounds = list(zip([0, *cuts], [*cuts, len(lines)], strict=True))
    pieces = [lines[max(0, begin - overlap) : end] for begin, end in bounds]
    paths = [master(folder, piece, f"part{number}.csv") for number, piece in enumerate(pieces)]
    assert load(Cdr, *data.draw(st.permutations(paths))).rows == day.rows


@pytest.fixture(scope="module")
def samples() -> Path:
    """Files of real switches, which are no part of this repository."""
    named = os.environ.get("OMNICTL_REFERENCE", "")
    root = Path(named) if named else Path(__file__).resolve().parents[4] / "shared"
    if not (root / "formats" / "asterisk").is_dir():
        pytest.skip(f"no files of real switches in {root}: set OMNICTL_REFERENCE to the folder that holds formats/")
    return root


def test_a_switch_without_linkedid(samples: Path) -> None:
    loaded = contract(Cdr, samples / "formats/asterisk/live-run/cdr-Master.csv", used=81, rows={"interactions": 22})
    found = Counter((row["channel"], row["outcome"]) for row in loaded.rows["interactions"])
    assert found == {("phone", "handled"): 12, ("phone", "abandoned"): 7, ("phone", "flow_out"): 2, ("ivr", None): 1}


def test_a_small_site(samples: Path) -> None:
    """84 rows are 36 calls; 31 have an answered leg, of these 6 in the menu only and one only after nobody had come."""
    loaded = contract(Cdr, samples / "data/asterisk-cdr/Master.csv", used=84, rows={"interactions": 36})
    found = Counter((row["channel"], row["outcome"]) for row in loaded.rows["interactions"])
    assert found[("phone", "handled")] == 24
    assert found[("ivr", None)] == 6
    assert sum(found.values()) == 36


@pytest.mark.parametrize(("name", "rows"), [("pjsip-calls-Master.csv", 14), ("testsuite-Master.csv", 2)])
def test_small_samples(samples: Path, name: str, rows: int) -> None:
    loaded = load(Cdr, samples / "formats/asterisk" / name)
    assert (loaded.account.used, len(loaded.rows["interactions"])) == (rows, rows)


def test_an_agents_leg_whose_call_is_not_there_is_no_contact(tmp_path: Path) -> None:
    """The dialplan half of an agent's Local channel, whose telephone rings in vain, and which no row says was dialled.
    A call that comes in, or goes out, by such a half is one."""
    legs = [
        row(number, f"Local/22@{context}-{number:08x};2", number, number + 9, "NO ANSWER", **where)
        for number, context, where in (
            (12, "agents", {"to": "PJSIP/22-00000013", "context": "agents"}),
            (22, "inbound", {"to": "PJSIP/22-00000023", "context": "inbound"}),
            (32, "outbound", {"to": "PJSIP/t-00000033", "context": "outbound"}),
            (42, "agents", {"context": "agents", "app": "Wait"}),
        )
    ]
    path = tmp_path / "Master.csv"
    path.write_text("\n".join(legs) + "\n")
    loaded = load(Cdr, path)
    assert {number: told[:3] for number, told in contacts(loaded).items()} == {
        22: ("phone", "inbound", "abandoned"),
        32: ("phone", "outbound", None),
    }
    assert (loaded.account.used, loaded.account.filtered) == (2, 2)
