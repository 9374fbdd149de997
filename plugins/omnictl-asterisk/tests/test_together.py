"""A queue_log, the CDR and the CEL of the same calls: whichever are loaded, and in whatever order, the figures that the
queue_log gives stay, and what it does not tell is added."""

from __future__ import annotations

import itertools
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from omnictl.engines.store import Store
from omnictl.run import run
from omnictl.workspace import load_workspace

LIVE = Path(os.environ.get("OMNICTL_FORMATS", "/nowhere")) / "asterisk" / "live-run"

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

    def load(self, *names: str) -> None:
        lines = "".join(f"  {name}: {SOURCES[name]}\n" for name in names)
        (self.folder / "omnictl.yml").write_text(HEAD + lines, encoding="utf-8")
        workspace = load_workspace(self.folder / "omnictl.yml")
        for row in run(workspace, Store(workspace.store)).rows:
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


def histories() -> list[Sequence[Sequence[str]]]:
    """The sources there are in each of the runs that follow each other."""
    whole = list(SOURCES)
    at_once = [[["calls", *more]] for more in (["cdr"], ["cel"], ["cdr", "cel"], ["cel", "cdr"])]
    one_by_one = [[["calls"], ["calls", "cdr"], whole], [["calls"], ["calls", "cel"], ["calls", "cel", "cdr"]]]
    return [*at_once, *one_by_one]


@pytest.fixture
def live(tmp_path: Path) -> Centre:
    if not LIVE.is_dir():
        pytest.skip("OMNICTL_FORMATS names no folder with the files of a real switch (asterisk/live-run)")
    centre = Centre(tmp_path)
    files = {"queue_log": "queue_log", "cdr1": "cdr-Master.csv", "cel1": "cel-Master.csv"}
    centre.write(**{name: (LIVE / file).read_bytes() for name, file in files.items()})
    return centre


@pytest.mark.parametrize("history", histories(), ids=lambda history: " then ".join("+".join(each) for each in history))
def test_a_switch(live: Centre, history: Sequence[Sequence[str]]) -> None:
    live.load("calls")
    contacts, visits, agents = live.contacts(), live.visits(), live.agents()
    outcomes = [row[4] for row in contacts]
    assert (len(contacts), len(visits)) == (21, 24)
    assert (outcomes.count("handled"), outcomes.count("abandoned"), outcomes.count("flow_out")) == (12, 7, 2)
    for names in history:
        live.load(*names)
    assert live.contacts() == contacts
    assert live.visits() == visits
    assert live.agents() == agents
    assert live.rows("select count(*), min(entry_point) from interactions where channel = 'ivr'") == [(1, "menu")]
    assert live.rows("select count(*) from interactions") == [(22,)]
    # every caller but the one who withheld the number: 18 of them, on 21 calls
    assert live.rows("select count(distinct value), count(*) from identifiers") == [(18, 21)]
    assert live.rows("select count(*) from interactions where ended_at is null or entry_point is null") == [(0,)]
