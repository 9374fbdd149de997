"""What several areas of the tests share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from workbench import Workbench

from omnictl.plugins import LIMIT
from omnictl.relations import RELATIONS


@pytest.fixture(autouse=True)
def no_plugins(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What is installed beside omnictl is no part of a test, unless it asks for it; and no relation stays behind."""
    before = dict(RELATIONS)
    monkeypatch.setenv(LIMIT, "")
    yield
    RELATIONS.clear()
    RELATIONS.update(before)


@pytest.fixture
def workbench(tmp_path: Path) -> Workbench:
    """An empty workspace to fill."""
    return Workbench(tmp_path)
