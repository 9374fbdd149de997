"""Two workspaces that tests only look at: everybody is there, and one has been erased."""

from __future__ import annotations

import shutil

import pytest
from erasable import centre
from workbench import Workbench


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    """Everybody is there."""
    return centre(tmp_path_factory.mktemp("full"))


@pytest.fixture(scope="module")
def erased(full: Workbench, tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    """Ann has been erased by her number."""
    folder = tmp_path_factory.mktemp("erased") / "centre"
    shutil.copytree(full.folder, folder)
    bench = Workbench(folder)
    bench.call("identity", "erase", "phone=0612345678", "--yes")
    return bench
