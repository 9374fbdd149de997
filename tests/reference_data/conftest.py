"""Real exports with published or independently computed figures.

They are no part of this repository. Their folder is named by the variable OMNICTL_REFERENCE, or lies beside the
repository as `shared`; where it is absent these tests are skipped and say so.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from workbench import Workbench

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder that holds one folder per data set."""
    named = os.environ.get("OMNICTL_REFERENCE", "")
    root = Path(named) if named else REPOSITORY.parent / "shared"
    if not (root / "data").is_dir():
        pytest.skip(f"no reference data in {root}: set OMNICTL_REFERENCE to the folder that holds data/")
    return root / "data"


@pytest.fixture
def workbench(tmp_path: Path) -> Workbench:
    """An empty workspace whose commands run as the installed script does."""
    return Workbench(tmp_path, as_script=True)


@pytest.fixture
def bring(data: Path, workbench: Workbench) -> Callable[..., Path]:
    """Copy one file of a data set into the workspace, under a name of one's choice."""

    def copy(name: str, into: str) -> Path:
        source = data / name
        if not source.is_file():
            pytest.skip(f"the reference data hold no {name}")
        target = workbench.folder / into
        shutil.copyfile(source, target)
        return target

    return copy
