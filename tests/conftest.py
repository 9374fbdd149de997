"""What several areas of the tests share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from workbench import Workbench

from omnictl.plugins import LIMIT
from omnictl.relations import RELATIONS

HOUSE = dict(RELATIONS)  # before any plugin has brought one


@pytest.fixture(autouse=True)
def no_plugins(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What is installed beside omnictl is no part of a test, unless it asks for it; and no relation stays behind.

    Fixtures of a module or of the session run before this one, with the plugins that are installed.
    """
    monkeypatch.setenv(LIMIT, "")
    _leave_the_house()
    yield
    _leave_the_house()


def _leave_the_house() -> None:
    RELATIONS.clear()
    RELATIONS.update(HOUSE)


@pytest.fixture
def workbench(tmp_path: Path) -> Workbench:
    """An empty workspace to fill."""
    return Workbench(tmp_path)
