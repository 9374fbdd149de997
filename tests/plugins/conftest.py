"""Distributions made on the fly: what `pip install` leaves behind, without pip."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from omnictl import plugins
from omnictl.plugins import LIMIT, Plugins


class Site:
    """A folder on `sys.path` in which packages are installed."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.monkeypatch = monkeypatch
        self.entries: list[str] = []
        self.modules: list[str] = []

    def install(
        self, entry: str, code: str, *, version: str = "1.2.3", distribution: str = "", module: str = ""
    ) -> None:
        """Install a distribution of one module, whose entry point is that module.

        Args:
            distribution: default: `omnictl-` and the entry.
        """
        distribution = distribution or f"omnictl-{entry}"
        module = module or f"{distribution.replace('-', '_')}"
        (self.folder / f"{module}.py").write_text(textwrap.dedent(code), encoding="utf-8")
        info = self.folder / f"{distribution.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n", encoding="utf-8"
        )
        (info / "entry_points.txt").write_text(f"[omnictl]\n{entry} = {module}\n", encoding="utf-8")
        self.modules.append(module)
        self.entries.append(entry)
        self.limit(",".join(self.entries))

    def limit(self, names: str) -> None:
        """Say OMNICTL_PLUGINS; by default it names what is installed here, and nothing else of the machine."""
        self.monkeypatch.setenv(LIMIT, names)
        plugins._installed.cache_clear()
        self.monkeypatch.syspath_prepend(str(self.folder))

    def modules_anew(self) -> None:
        """Forget what was imported, as a new process would."""
        for module in self.modules:
            sys.modules.pop(module, None)
        plugins._installed.cache_clear()

    def loaded(self) -> Plugins:
        return plugins.installed()


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    folder = tmp_path / "site"
    folder.mkdir()
    made = Site(folder, monkeypatch)
    yield made
    made.modules_anew()
