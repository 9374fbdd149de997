"""Where the shipped glossary lies: inside the package when installed, at the top of the repository when developed."""

from __future__ import annotations

from pathlib import Path

import omnictl
from omnictl.errors import OmnictlError


def standard_folder() -> Path:
    """The folder of the shipped KPIs.

    Raises:
        OmnictlError: the installation is not whole.
    """
    package = Path(omnictl.__file__).parent
    for folder in (package / "kpis", package.parent / "kpis"):
        if folder.is_dir():
            return folder
    raise OmnictlError("the shipped glossary is missing", hint="install omnictl anew")
