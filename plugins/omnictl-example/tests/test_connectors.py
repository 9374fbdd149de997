"""One line per connector: `contract` loads the file and sees that every record is accounted for, that the same file
again changes nothing, that bad files are refused by name, and that a log may be cut anywhere."""

from __future__ import annotations

from pathlib import Path

from omnictl_example.breaks import Breaks
from omnictl_example.calls import Calls
from omnictl_example.chats import Chats
from omnictl_example.events import Events
from omnictl_example.relations import AGENT_BREAKS

from omnictl.testing import contract

DATA = Path(__file__).parent / "data"


def test_calls() -> None:
    contract(
        Calls,
        DATA / "calls.csv",
        used=5,
        rejected=1,
        unreadable=1,
        filtered=1,
        rows={"interactions": 5, "identifiers": 4},
    )


def test_events() -> None:
    contract(Events, DATA / "events.log", used=8, filtered=1, rows={"interactions": 3, "steps": 1})


def test_breaks() -> None:
    contract(Breaks, DATA / "breaks.json", used=3, rejected=1, rows={"agent_breaks": 3}, relations=[AGENT_BREAKS])


def test_chats() -> None:
    contract(Chats, DATA / "chats.txt", used=3, rejected=1, rows={"interactions": 3, "steps": 5, "identifiers": 1})
