"""What several areas of the tests share."""

from __future__ import annotations

from pathlib import Path

import pytest
from workbench import Workbench


@pytest.fixture
def workbench(tmp_path: Path) -> Workbench:
    """An empty workspace to fill."""
    return Workbench(tmp_path)
