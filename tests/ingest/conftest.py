"""What the tests of ingest share."""

from __future__ import annotations

from pathlib import Path

import pytest
from ingest_bench import Bench


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """An empty workspace to fill."""
    return Bench(tmp_path)
