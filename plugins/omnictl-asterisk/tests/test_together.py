"""A queue_log, the CDR and the CEL of the same calls: whichever are loaded, and in whatever order, the figures that the
queue_log gives stay, and what it does not tell is added."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from omnictl.engines.store import Store
from omnictl.run import run
from omnictl.workspace import load_workspace

BY_HAND = Path(__file__).parent / "data" / "together"

HEAD = """
timezone: Europe/Paris
country: FR
identity: {secret: 0123456789abcdef0123456789abcdef}
sources:
"""
SOURCES = {
    "calls": "{connector: asterisk_queue_log, path: queue_log*}",
    "cdr": "{connector: asterisk_cdr, path: cdr*, completes: calls, match: [interaction_id, {phone: 10 min}]}",
    "cel": "{connector: asterisk_cel, path: cel*, completes: calls, match: [interaction_id, {phone: 10 min}]}",
}
OWN = "started_at, queued_at, answered_at, outcome, outcome_detail, queue, agent, wait_s, talk_s, channel, direction"
VISITS = "interaction_id, queue, agent, started_at, ended_at, outcome, wait_s, talk_s"


class Centre:
    """A folder with the three files, of which some are loaded."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, **files: bytes) -> None:
        for name, content in files.items():
            (self.folder / name).write_bytes(content)

    def load(self, *names: str, afresh: bool = False) -> None:
        if afresh:
            shutil.rmtree(self.folder / ".omnictl", ignore_errors=True)
        lines = "".join(f"  {name}: {SOURCES[name]}\n" for name in names)
        (self.folder / "omnictl.yml").write_text(HEAD + lines, encoding="utf-8")
        workspace = load_workspace(self.folder / "omnictl.yml")
        for row in run(workspace, Store(workspace.store), stages=("ingest",)).rows:
            assert row.status in ("done", "unchanged", "missing"), row.message
            assert row.records == row.used + row.rejected + row.superseded + row.filtered

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        connection = Store(load_workspace(self.folder / "omnictl.yml").store).reader()
        try:
            return connection.execute(sql).fetchall()
        finally:
            connection.close()

    def contacts(self) -> list[tuple[Any, ...]]:
        """What the queue_log says of its contacts."""
        return self.rows(f"select interaction_id, {OWN} from interactions where channel = 'phone' order by all")

    def visits(self) -> list[tuple[Any, ...]]:
        return self.rows(f"select {VISITS} from segments where kind = 'queue' order by all")

    def agents(self) -> list[tuple[Any, ...]]:
        return self.rows(f"select {VISITS} from segments where kind = 'agent' order by all")


History = tuple[tuple[str, ...], ...]
Lived = Callable[[History], Centre]


def histories() -> list[History]:
    """The sources there are in each of the runs that follow each other; in the first, the queues' log alone."""
    alone = ("calls",)
    at_once = [(alone, ("calls", *more)) for more in (("cdr",), ("cel",), ("cdr", "cel"), ("cel", "cdr"))]
    one_by_one = [(alone, ("calls", one), ("calls", one, other)) for one, other in (("cdr", "cel"), ("cel", "cdr"))]
    return [*at_once, *one_by_one]


HISTORIES = pytest.mark.parametrize(
    "history", histories(), ids=lambda history: " then ".join("+".join(each) for each in history)
)


def by_hand(folder: Path) -> Centre:
    """Calls by hand, numbered as their channels: 1 talked to, with hold; 10 in the menu; 20 handed over to a number; 30
    gives up; 40 sent on; 60 waits when the log ends; 70 not let in; 80 called an extension; 90 handed over with notice,
    by a call (92) that went through another queue; 110 within the house."""
    centre = Centre(folder)
    centre.write(queue_log=(BY_HAND / "queue_log").read_bytes(), cdr1=(BY_HAND / "cdr.csv").read_bytes())
    centre.write(cel1=(BY_HAND / "cel.csv").read_bytes())
    return centre


@pytest.fixture
def centre(tmp_path: Path) -> Centre:
    return by_hand(tmp_path)


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Lived:
    """The calls by hand after any history. What histories have in common is loaded once."""
    known: dict[History, Centre] = {}

    def centre_after(history: History) -> Centre:
        if history not in known:
            folder = tmp_path_factory.mktemp("lived")
            if history[1:]:
                shutil.copytree(centre_after(history[:-1]).folder, folder, dirs_exist_ok=True)
            known[history] = Centre(folder) if history[1:] else by_hand(folder)
            known[history].load(*history[-1])
        return known[history]

    return centre_after


@HISTORIES
def test_calls_by_hand(lived: Lived, history: History) -> None:
    centre = lived((("calls",),))
    of_queues = centre.rows(f"select interaction_id, {OWN} from interactions order by all")
    visits, agents = centre.visits(), centre.agents()
    assert [row[4] for row in of_queues] == [
        *("handled", "handled", "abandoned", "flow_out", None, "blocked", "handled", "handled")
    ]
    assert (len(visits), len(agents)) == (8, 4)
    centre = lived(history)
    first = history[-1][1]  # of the sources that complete: contacts of both are its
    of_calls = "from interactions where source = 'calls'"
    assert centre.rows(f"select interaction_id, {OWN} {of_calls} order by all") == of_queues
    others = "select source, split_part(interaction_id, '.', 2)::int as number, channel, direction, excluded, outcome"
    assert centre.rows(f"{others} from interactions where source <> 'calls' order by number") == [
        (first, 10, "ivr", "inbound", "", None),
        (first, 80, "phone", "inbound", "", "handled"),
        (first, 110, "phone", "internal", "internal", "handled"),
    ]
    assert centre.visits() == visits
    added = [row for row in centre.agents() if row not in agents]
    assert [(int(row[0].split(".")[1]), row[2], row[5], int(row[7])) for row in added] == [
        (110, "PJSIP/26", "handled", 25),
        (20, "PJSIP/26", "handled", 30),
        (80, "PJSIP/25", "handled", 60),
    ] + ([(90, "PJSIP/31", "handled", 50)] if "cel" in history[-1] else [])
    assert len(centre.agents()) == len(agents) + len(added)
    assert centre.rows(f"select count(*) {of_calls} and hold_s is not null") == [(0,)]  # it is in the talk
    points = centre.rows(f"select entry_point {of_calls} and entry_point is not null")
    assert set(points) <= {("0145670000",), ("help",)}
    assert len(points) == (8 if "cel" in history[-1] else 7)  # of the CDR, 92 is a leg of 90
    nodes = centre.rows("select source, object from steps order by occurred_at")
    assert nodes == ([("calls", "s@menu"), (first, "s@menu"), (first, "2@menu")] if "cel" in history[-1] else [])
    # 0612345678, 0698765432 and 0145670001; not who withheld it, nor the extensions
    assert centre.rows("select count(distinct value) from identifiers") == [(3,)]


def test_hold_is_filled_where_it_is_asked_for(centre: Centre, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SOURCES, "cel", SOURCES["cel"].replace("path", "hold: true, path"))
    centre.load("calls", "cel")
    held = "select split_part(interaction_id, '.', 2), talk_s::int, hold_s::int from interactions where hold_s > 0"
    assert centre.rows(f"{held} order by all") == [("1", 60, 10), ("90", 35, 20)]


def test_alone_they_tell_of_queues_too(centre: Centre, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is completed is read anew when it is no longer."""
    alone = {name: text.split(", completes")[0] + "}" for name, text in SOURCES.items()}
    centre.load("calls", "cdr")
    monkeypatch.setitem(SOURCES, "cdr", alone["cdr"])
    centre.load("calls", "cdr")
    outcomes = "select outcome, count(*) from interactions where source = 'cdr' group by all order by all"
    # 30 and 40 leave no trace of their end but where they were; 60 is answered; 92 is a leg of 90
    assert centre.rows(outcomes) == [("abandoned", 1), ("handled", 6), (None, 3)]


@pytest.mark.parametrize("names", [["calls", "cdr", "cel"], ["cel", "cdr", "calls"]], ids="+".join)
def test_which_file_comes_last_changes_nothing(centre: Centre, names: list[str]) -> None:
    """Contacts of both the CDR and the CEL take their cells from the source named first, not the one read first.

    What is named last and comes last is a history of the calls by hand.
    """
    found = []
    for last in ("queue_log", next(f"{name}1" for name in names if name != "calls")):
        (centre.folder / last).rename(centre.folder / "later")
        centre.load(*names, afresh=True)
        (centre.folder / "later").rename(centre.folder / last)
        centre.load(*names)
        found.append((centre.contacts(), centre.visits(), centre.agents()))
    assert all(each == found[0] for each in found)


@pytest.fixture
def live(tmp_path: Path) -> Centre:
    named = os.environ.get("OMNICTL_REFERENCE", "")
    root = Path(named) if named else Path(__file__).resolve().parents[4] / "shared"
    folder = root / "formats" / "asterisk" / "live-run"
    if not folder.is_dir():
        pytest.skip(f"no files of real switches in {root}: set OMNICTL_REFERENCE to the folder that holds formats/")
    centre = Centre(tmp_path)
    files = {"queue_log": "queue_log", "cdr1": "cdr-Master.csv", "cel1": "cel-Master.csv"}
    centre.write(**{name: (folder / file).read_bytes() for name, file in files.items()})
    return centre


@HISTORIES
def test_a_switch(live: Centre, history: History) -> None:
    live.load("calls")
    contacts, visits, agents = live.contacts(), live.visits(), live.agents()
    outcomes = [row[4] for row in contacts]
    assert (len(contacts), len(visits)) == (21, 24)
    assert (outcomes.count("handled"), outcomes.count("abandoned"), outcomes.count("flow_out")) == (12, 7, 2)
    for names in history[1:]:
        live.load(*names)
    assert live.contacts() == contacts
    assert live.visits() == visits
    assert live.agents() == agents
    assert live.rows("select count(*), min(entry_point) from interactions where channel = 'ivr'") == [(1, "menu")]
    assert live.rows("select count(*) from interactions") == [(22,)]
    # every caller but the one who withheld the number: 18 of them, on 21 calls
    assert live.rows("select count(distinct value), count(*) from identifiers") == [(18, 21)]
    assert live.rows("select count(*) from interactions where ended_at is null or entry_point is null") == [(0,)]
