"""A loaded workspace that hostile texts are let loose on."""

from __future__ import annotations

from pathlib import Path

import pytest
from workbench import Workbench

WORKSPACE = """
timezone: UTC
country: FR
identity: {secret: of no importance}
glossary: [standard, kpis/]
sources:
  calls:
    connector: table
    path: calls*.csv
    columns: {interaction_id: id, channel: "'phone'", started_at: begun, queue: queue, wait_s: wait, attributes: note}
    identifiers: {phone: phone}
"""


@pytest.fixture(scope="module")
def victim(tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    bench = Workbench(tmp_path_factory.mktemp("victim"))
    (bench.folder / "kpis").mkdir()
    bench.workspace(WORKSPACE)
    rows = "".join(f"{n},2026-05-01 10:{n % 60:02},q{n % 3},{n},{{}},06{n:08}\n" for n in range(500))
    bench.write("calls.csv", "id,begun,queue,wait,note,phone\n" + rows)
    bench.write("secret.csv", "a\nnobody may read this\n")
    bench.call("run")
    return bench


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder is empty, so that whatever is written there shows."""
    monkeypatch.chdir(tmp_path)
    return tmp_path
