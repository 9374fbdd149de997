"""`omnictl tracking init`: a plan drafted from what a store holds."""

from __future__ import annotations

from pathlib import Path

import pytest
from workbench import Workbench

from omnictl.tracking.grammar import read_tracking

WORKSPACE = """\
workspace: Petit Centre
timezone: Europe/Paris
country: FR
sources:
  calls:
    connector: table
    path: calls.csv
    retrieval: {method: sftp, every: 1 d, owner: telephony}
    columns:
      interaction_id: id
      channel: "'phone'"
      started_at: begun::timestamp
      queued_at: begun::timestamp
      outcome: state
      wait_s: waited
    identifiers: {phone: caller, ip: ip}
"""
CALLS = "id,begun,state,waited,caller,ip\n" + "".join(
    f"{n},2026-03-0{1 + n % 5} 10:00,{'abandoned' if n % 4 else 'handled'},{n if n % 3 else ''},+3361234567{n % 10},\n"
    for n in range(20)
)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    made = Workbench(tmp_path_factory.mktemp("draft"))
    made.workspace(WORKSPACE)
    made.write("calls.csv", CALLS)
    made.call("run", "-q")
    return made


def drafted(bench: Workbench, *args: str) -> str:
    return bench.call("tracking", "init", *args, "--out", "-").stdout


@pytest.fixture(scope="module")
def text(bench: Workbench) -> str:
    """What is drafted of the workspace's own store."""
    return drafted(bench, "--from")


def test_it_asks_what_the_data_can_answer(text: str, tmp_path: Path) -> None:
    (tmp_path / "tracking.yml").write_text(text, encoding="utf-8")
    found = read_tracking(tmp_path / "tracking.yml")
    asked = {kpi for need in found.needs for kpi in need.kpis}
    assert {"abandonment_rate", "contacts_received"} <= asked
    assert not {"csat", "average_handle_time", "faq_helpfulness_rate"} & asked
    assert all(need.question for need in found.needs)
    assert found.id == "petit-centre"
    assert "identifier.ip" in text  # personal, and no KPI needs it


def test_what_columns_lack_is_tolerated(bench: Workbench, text: str) -> None:
    """7 of 20 calls have no wait: 35 %."""
    assert "wait_s: {nulls: 35%}  # 35.0% lack it" in text
    file = bench.write("tracking.yml", text)
    bench.call("tracking", "plan", "-q")
    said = bench.try_("tracking", "check", "--format", "csv").stdout
    file.unlink()
    assert "property-nulls" not in said
    assert "plan-" not in said


def test_without_data_it_goes_by_what_the_sources_promise(bench: Workbench) -> None:
    text = drafted(bench)
    assert "what the sources promise" in text
    assert "abandonment_rate" in text
    assert "nulls" not in text


def test_another_store(bench: Workbench, text: str, tmp_path: Path) -> None:
    assert drafted(bench, "--from", str(bench.folder / ".omnictl")) == text
    assert "no data yet" in bench.call("tracking", "init", "--from", str(tmp_path / "nowhere"), expect=2).stderr


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    bench = Workbench(tmp_path)
    bench.workspace(WORKSPACE)
    bench.call("tracking", "init")
    written = (tmp_path / "tracking.yml").read_bytes()
    assert "is there already" in bench.call("tracking", "init", expect=2).stderr
    assert (tmp_path / "tracking.yml").read_bytes() == written
    bench.call("tracking", "plan", "-q")


def test_where_nothing_can_be_answered(tmp_path: Path) -> None:
    bench = Workbench(tmp_path)
    bench.workspace("timezone: UTC\nglossary: [kpis/]\n")
    (tmp_path / "kpis").mkdir()
    said = bench.call("tracking", "init")
    assert "a draft of 0 KPIs" in said.stderr
    bench.call("tracking", "plan", "-q")
