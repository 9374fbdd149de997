"""`kpi diff`, `kpi explain` and `kpi why` as a user calls them, in a workspace under git with a published store."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from workbench import Workbench

from omnictl.review import sides

GIT = {
    "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b",
    "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b",
}  # fmt: skip
WORKSPACE = """\
timezone: Europe/Paris
glossary: [standard, kpis/]
sources:
  calls:
    connector: table
    path: data/calls*.csv
    columns:
      interaction_id: id
      channel: channel
      started_at: begun
      queued_at: begun
      direction: "'inbound'"
      outcome: result
      wait_s: wait
"""
KPI = """\
kpi: long_waits
label: {en: Long waits, fr: Attentes longues}
question: {en: How many wait long?, fr: Combien attendent longtemps ?}
owner: operations
unit: ratio
rollup: share
better: lower
from: interactions
at: queued_at
where: excluded = ''
numerator: count_if(wait_s > 20)
denominator: count(*)
"""
CALLS = [  # id, channel, begun, result, wait
    *[f"a{n},phone,2026-03-02T10:00:00Z,handled,{10 if n < 6 else 40}" for n in range(8)],
    *[f"b{n},chat,2026-03-02T10:00:00Z,abandoned,2" for n in range(2)],
    *[f"c{n},phone,2026-03-09T10:00:00Z,handled,10" for n in range(3)],
]


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", "-C", str(folder), *arguments], check=True, capture_output=True, env=os.environ | GIT)


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    """A workspace whose `long_waits` meant 20 s in the first commit and means 60 s in the working tree."""
    bench = Workbench(tmp_path_factory.mktemp("centre"))
    folder = bench.folder
    bench.workspace(WORKSPACE)
    bench.write("data/calls.csv", "id,channel,begun,result,wait\n" + "\n".join(CALLS) + "\n")
    bench.write("kpis/long_waits.yml", KPI)
    bench.write("targets.yml", "# long_waits was 0.1\nlong_waits: 0.2\n")
    bench.write(".gitignore", ".omnictl/\ndata/\n")
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "one")
    bench.call("run", "-q")
    bench.write("kpis/long_waits.yml", KPI.replace("> 20", "> 60").replace("Long waits", "Very long waits"))
    return bench


def test_a_pull_request_is_told_what_it_changes_with_the_figures(centre: Workbench) -> None:
    said = centre.call("kpi", "diff", "main", expect=1)
    lines = said.stdout.splitlines()
    assert lines[0].startswith("main (") and lines[0].endswith("→ now: 1 meaning changed; 1 breaking")
    for line in ("long_waits: meaning changed, breaking", "    - count_if(wait_s > 20)", "    + count_if(wait_s > 60)"):
        assert line in lines
    assert "  used by: targets.yml:2" in lines
    found = json.loads(centre.call("kpi", "diff", "main", "--format", "json", "--fail-on", "none").stdout)
    (difference,) = found["differences"]
    figures = {each["channel"]: (each["old"], each["new"]) for each in difference["figures"]}
    assert figures == {None: (pytest.approx(2 / 13), 0.0), "phone": (pytest.approx(2 / 11), 0.0), "chat": (0.0, 0.0)}
    march = centre.call("kpi", "diff", "main...", "--period", "2026-03-09", "--format", "md", expect=1).stdout
    assert "| all | 0.0% partial | 0.0% partial | 0.0 pt |" in march and "```diff\n@@ numerator @@" in march


def test_a_kpi_that_is_always_cut_is_told_by_its_cuts(centre: Workbench, tmp_path: Path) -> None:
    """Figures by hand: of 11 telephone calls 2 waited 40 s, of 8 handled in the first week 2."""
    cut = KPI.replace("kpi: long_waits", "kpi: cut_waits").replace("denominator", "by: [outcome]\ndenominator")
    cut = cut.replace("Long waits", "Cut").replace("Attentes longues", "Coupe")
    (tmp_path / "k.yml").write_text(cut.replace("> 20", "> 60"), encoding="utf-8")
    file = centre.folder / "kpis/cut_waits.yml"
    file.write_text(cut, encoding="utf-8")
    try:
        said = centre.call("kpi", "diff", str(tmp_path), "--format", "json", "--fail-on", "none").stdout
        text = centre.call("kpi", "diff", str(tmp_path), "--fail-on", "none").stdout
        file.write_text(cut.replace("by: [outcome]\n", ""), encoding="utf-8")
        other = centre.call("kpi", "diff", str(tmp_path), "--format", "json", "--fail-on", "none").stdout
    finally:
        file.unlink()
    (difference,) = [each for each in json.loads(said)["differences"] if each["kpi"] == "cut_waits"]
    figures = {
        (each["channel"], each["cut"].get("outcome")): (each["old"], each["new"]) for each in difference["figures"]
    }
    assert figures == {
        (None, None): (0.0, pytest.approx(2 / 13)),
        ("phone", "handled"): (0.0, pytest.approx(2 / 11)),
        ("chat", "abandoned"): (0.0, 0.0),
    }
    assert any(line.split()[:2] == ["phone", "handled"] for line in text.splitlines())
    (difference,) = [each for each in json.loads(other)["differences"] if each["kpi"] == "cut_waits"]
    assert [each["channel"] for each in difference["figures"]] == [None], "a cut and none have no rows alike"


def test_the_revision_has_its_own_workspace(centre: Workbench) -> None:
    """The glossary of a revision is what its own omnictl.yml says."""
    file = centre.folder / "omnictl.yml"
    file.write_text(WORKSPACE.replace("[standard, kpis/]", "[standard]"), encoding="utf-8")
    try:
        said = centre.call("kpi", "diff", "main", "--no-figures", expect=1).stdout
        assert "long_waits: removed, breaking" in said
        assert centre.call("kpi", "diff", "main", "--fail-on", "none").code == 0
    finally:
        file.write_text(WORKSPACE, encoding="utf-8")


def test_a_repository_that_ships_the_glossary_has_its_own(centre: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sides, "standard_folder", lambda: centre.folder / "kpis")
    with sides.other_side("main", centre.folder) as found:
        (standard, own) = found.glossary.layers
        assert (standard.name, standard.names()) == ("standard", ["long_waits"])
        assert [file.shown for file in own.files] == ["main:kpis/long_waits.yml"]
        assert not standard.folder.is_relative_to(centre.folder)
    assert not standard.folder.exists()


def test_what_omnictl_yml_says_over_kpis_is_a_difference_too(centre: Workbench) -> None:
    file = centre.folder / "omnictl.yml"
    file.write_text(f"{WORKSPACE}parameters: {{service_level: {{answer_threshold: 30 s}}}}\n", encoding="utf-8")
    try:
        said = centre.call("kpi", "diff", "main", "--format", "json", "--no-figures", expect=1).stdout
    finally:
        file.write_text(WORKSPACE, encoding="utf-8")
    found = {each["kpi"]: each for each in json.loads(said)["differences"]}
    assert found["service_level"]["also"] == ["v2", "v3", "v4", "v5", "v6", "v7"]
    assert found["service_level"]["keys"][0]["old"] == "20 s"
    assert found["service_level"]["keys"][0]["new"] == "30 s"


def test_what_fails_is_said(centre: Workbench) -> None:
    for option, code in (("breaking", 1), ("meaning", 1), ("any", 1), ("none", 0)):
        centre.call("kpi", "diff", "main", "--no-figures", "--fail-on", option, expect=code)


def test_a_folder_is_compared_like_a_revision(centre: Workbench, tmp_path: Path) -> None:
    (tmp_path / "long_waits.yml").write_text(KPI, encoding="utf-8")
    said = centre.call("kpi", "diff", str(tmp_path), "--no-figures", expect=1).stdout
    assert "+ count_if(wait_s > 60)" in said
    centre.write("elsewhere/omnictl.yml", f"{WORKSPACE.replace('kpis/', '../kpis')}targets: ../targets.yml\n")
    assert "no difference" in centre.call("kpi", "diff", str(centre.folder / "elsewhere")).stdout


@pytest.mark.parametrize(
    ("named", "words"),
    [
        ("no-such-branch", "git knows no revision `no-such-branch`"),
        ("HEAD:kpis", "git knows no revision `HEAD:kpis`"),
        ("a b", "git knows no revision `a b`"),
        ("--output=/tmp/x", "git knows no revision `--output=/tmp/x`"),
    ],
)
def test_what_is_no_revision_is_refused(centre: Workbench, named: str, words: str) -> None:
    said = centre.call("kpi", "diff", "--", named, expect=2)
    assert words in said.stderr and "takes a folder" in said.stderr


def test_outside_of_a_repository_there_is_no_revision(workbench: Workbench) -> None:
    workbench.workspace("timezone: UTC\n")
    assert "not a git repository" in workbench.call("kpi", "diff", "main", expect=2).stderr


def test_a_shallow_clone_says_how_to_deepen_it(centre: Workbench, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{centre.folder}", "clone")
    bench = Workbench(tmp_path / "clone")
    assert "fetch-depth: 0" in bench.call("kpi", "diff", "HEAD~1", expect=2).stderr
    assert "no difference" in bench.call("kpi", "diff", "HEAD").stdout


def test_a_fault_of_a_revision_is_told_at_its_place(centre: Workbench) -> None:
    file = centre.folder / "omnictl.yml"
    file.write_text(WORKSPACE.replace("timezone", "timezon"), encoding="utf-8")
    git(centre.folder, "checkout", "-q", "-b", "broken")
    git(centre.folder, "commit", "-qm", "broken", "omnictl.yml")
    file.write_text(WORKSPACE, encoding="utf-8")
    said = centre.call("kpi", "diff", "broken", expect=2)
    assert "broken:omnictl.yml:1:1: error[unknown-key]" in said.stderr


def test_two_reports_are_explained_in_one_command(centre: Workbench) -> None:
    said = centre.call("kpi", "explain", "service_level", "@v5", "--lang", "fr")
    first = said.stderr.splitlines()[0].replace("\u202f", " ")
    assert first == "service_level : 81,8 % ; service_level@v5 : 84,6 % : +2,8 pt."
    rows = centre.rows("kpi", "explain", "service_level", "@v5")
    assert [(row["numerator"], row["denominator"]) for row in rows] == [(9, 11), (11, 11), (11, 13), (11, 13)]
    assert sum(row["points"] for row in rows[1:-1]) == pytest.approx(rows[-1]["points"])
    assert (
        "another --period" in centre.call("kpi", "explain", "service_level", "@v5", "--period", "2025", expect=2).stderr
    )


def test_a_change_is_told_with_its_events(centre: Workbench) -> None:
    centre.write("events.yml", "- {from: 2026-03-09, label: {en: Strike, fr: Grève}}\n")
    try:
        said = centre.call("kpi", "why", "calls_offered", "--period", "2026-03-09", "--against", "1 same weekday")
    finally:
        (centre.folder / "events.yml").unlink()
    assert "against 10 (2026-03-02): -7 (-70.0%)" in said.stdout
    assert "Strike" in said.stdout and "By channel" in said.stdout
    rows = centre.rows("kpi", "why", "calls_offered", "--period", "2026-03-09", "--against", "1 same weekday")
    assert [(row["value"], row["change"]) for row in rows if row["section"] == "cut"] == [
        ("phone", -5.0),
        ("chat", -2.0),
    ]
    assert "needs a period" in centre.call("kpi", "why", "calls_offered", expect=2).stderr
    assert "days.yml" in _with_events_named(centre, "days.yml")


def _with_events_named(centre: Workbench, name: str) -> str:
    (centre.folder / "omnictl.yml").write_text(f"{WORKSPACE}events: {name}\n", encoding="utf-8")
    try:
        return centre.call("kpi", "list", expect=2).stderr
    finally:
        (centre.folder / "omnictl.yml").write_text(WORKSPACE, encoding="utf-8")
