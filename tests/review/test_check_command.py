"""`kpi check` as CI calls it: ignores, baselines, what fails, SARIF, the KPIs of a branch; and `kpi lock`."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from omnictl.cli.main import omnictl

KPI = """\
kpi: long_waits
label: {en: Long waits, fr: Attentes longues}
question: {en: How many?, fr: Combien ?}
owner: operations
unit: ratio
rollup: share
better: lower
from: interactions
at: started_at
where: direction = 'inbound' and excluded = ''
numerator: count_if(wait_s > 120)
denominator: count(*)
tests:
  - {given: {interactions: [{wait_s: 130}, {wait_s: 10}]}, expect: 1/2}
"""
COMPOSED = """\
kpi: thrice
label: {en: Thrice, fr: Trois fois}
question: {en: How much?, fr: Combien ?}
owner: operations
unit: score
rollup: index
better: lower
parts: {a: kpi(long_waits)}
formula: 3 * a
tests:
  - {given: {interactions: [{wait_s: 130}, {wait_s: 10}]}, expect: 1.5}
"""
UNOWNED = KPI.replace("owner: operations\n", "")


def call(folder: Path, *arguments: str, expect: int = 0) -> Result:
    done = CliRunner().invoke(omnictl, ["-C", str(folder), "kpi", *arguments])
    assert "Traceback" not in done.stderr, done.stderr
    assert done.exit_code == expect, (done.stdout, done.stderr)
    return done


def codes(folder: Path, *arguments: str, expect: int = 0) -> list[str]:
    rows = json.loads(call(folder, "check", *arguments, "--format", "json", expect=expect).stdout)
    return [row["code"] for row in rows]


@pytest.fixture
def centre(tmp_path: Path) -> Path:
    (tmp_path / "omnictl.yml").write_text("timezone: UTC\nglossary: [kpis/]\n", encoding="utf-8")
    (tmp_path / "kpis").mkdir()
    write(tmp_path, KPI)
    return tmp_path


def write(folder: Path, text: str, name: str = "k.yml") -> Path:
    file = folder / "kpis" / name
    file.write_text(text, encoding="utf-8")
    return file


# ignores


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (UNOWNED.replace("long_waits\n", "long_waits  # ignore missing-owner: the team is being formed\n"), []),
        ("# ignore missing-owner: the team is being formed\n" + UNOWNED, []),
        ("# ignore missing-owner, no-case: the team is being formed\n" + UNOWNED, []),
        ("# ignore no-case: none yet\n# ignore missing-owner: nobody yet\n" + UNOWNED, ["ignore-without-effect"]),
        ("# ignore missing-owner: nobody yet\n\n" + UNOWNED, ["ignore-without-effect", "missing-owner"]),
        ("# ignore missing-owner\n" + UNOWNED, ["ignore-without-reason", "missing-owner"]),
        ("# ignore missing-owner:   \n" + UNOWNED, ["ignore-without-reason", "missing-owner"]),
        ("# ignore: everything\n" + UNOWNED, ["ignore-without-reason", "missing-owner"]),
        ("# ignore missing-ownr: a mistake\n" + UNOWNED, ["ignore-without-effect", "missing-owner"]),
        (KPI.replace("rollup:", "# ignore missing-owner: it has one\nrollup:"), ["ignore-without-effect"]),
        (KPI.replace("> 120)", "> 120)  # ignore wrong-kind: fine"), ["ignore-without-effect"]),
        (
            KPI.replace("wait_s > 120)", "wiat_s > 120)  # ignore unknown-column: it will come"),
            ["ignore-not-accepted", "unknown-column"],
        ),
        (  # inside of a text there are no comments
            UNOWNED.replace("How many?", "How many # ignore missing-owner: x").replace("{en: How", '{en: "How')
            .replace(": x,", ': x",'), ["missing-owner"],
        ),
        (
            "kpi: long_waits\ndefinition:\n  en: |\n    # ignore missing-owner: x\n  fr: y\n"
            + UNOWNED.partition("\n")[2], ["missing-owner"],
        ),
        (  # what stands in a block text is ignored at its key
            KPI.replace("unit: ratio", "# ignore unused-parameter: for later\nunit: ratio")
            .replace("unit: ratio", "parameters: {p: 5 s}\nunit: ratio"), [],
        ),
        (
            KPI.replace("where: direction = 'inbound' and excluded = ''",
                        "# ignore unknown-channel: soon\nchannels: [phone, fax]").replace("unit: ", "unit: "), [],
        ),
    ],
)  # fmt: skip
def test_ignores(centre: Path, text: str, told: list[str]) -> None:
    write(centre, text)
    found = codes(centre, "--fail-on", "never")
    assert sorted(found) == told


def test_an_ignore_in_a_crowd(centre: Path) -> None:
    """Only the finding of its line and code is hidden; the other KPI of the file is told."""
    write(centre, "# ignore missing-owner: soon\n" + UNOWNED + "---\n" + COMPOSED.replace("owner: operations\n", ""))
    (row,) = json.loads(call(centre, "check", "--format", "json").stdout)
    assert (row["code"], row["line"]) == ("missing-owner", 16)


# what fails


@pytest.mark.parametrize(
    ("fail_on", "code"),
    [("error", 0), ("warning", 1), ("note", 1), ("missing-owner", 1), ("error,missing-owner", 1), ("no-case", 0)],
)
def test_what_fails_is_chosen(centre: Path, fail_on: str, code: int) -> None:
    write(centre, UNOWNED)
    call(centre, "check", "--fail-on", fail_on, expect=code)


def test_notes_are_for_those_who_ask(centre: Path) -> None:
    write(centre, KPI.partition("tests:")[0])
    quiet = call(centre, "check")
    assert quiet.stdout == ""
    assert "1 notes (-v tells them)" in quiet.stderr
    assert "note[no-case]" in call(centre, "check", "-v").stdout
    assert "::notice " in call(centre, "check", "-v", "--format", "github").stdout
    call(centre, "check", "--fail-on", "no-case", expect=1)


def test_a_mistyped_code_is_told(centre: Path) -> None:
    assert "did you mean `missing-owner`?" in call(centre, "check", "--fail-on", "missing-ownr", expect=2).stderr


# baselines


def test_a_baseline_hides_what_was_there_and_nothing_else(centre: Path) -> None:
    write(centre, UNOWNED.replace("wait_s > 120", "wiat_s > 120"))
    known = str(centre / "known.yml")
    assert "2 findings" in call(centre, "check", "--baseline", known, "--write-baseline").stderr
    assert codes(centre, "--baseline", known) == []
    moved = "# one line more\n\n" + UNOWNED.replace("wait_s > 120", "wiat_s > 120").replace("at: started_at\n", "")
    write(centre, moved)
    assert codes(centre, "--baseline", known) == []
    write(centre, moved.replace("denominator: count(*)", "denominator: count(wiat_s)"))
    assert codes(centre, "--baseline", known, expect=1) == ["unknown-column"]
    write(centre, KPI)
    assert codes(centre, "--baseline", known) == ["baseline-gone", "baseline-gone"]
    again = (centre / "known.yml").read_text(encoding="utf-8")
    assert again.count("\n- {code: ") == 2 and "kpis/k.yml" in again and str(centre) not in again


def test_the_same_line_twice_is_known_twice(centre: Path) -> None:
    write(centre, UNOWNED)
    write(centre, UNOWNED.replace("120", "90").replace("Long waits", "B").replace("Attentes", "C"), "l.yml")
    known = centre / "known.yml"
    call(centre, "check", "--baseline", str(known), "--write-baseline")
    written = known.read_text(encoding="utf-8")
    call(centre, "check", "--baseline", str(known), "--write-baseline")
    assert known.read_text(encoding="utf-8") == written


@pytest.mark.parametrize("text", ["a: 1", "- {code: x}", "[1]", "- &a {}", "", "- {code: a, file: b, line: c, x: 1}"])
def test_what_is_no_baseline_is_told(centre: Path, text: str) -> None:
    (centre / "known.yml").write_text(text, encoding="utf-8")
    assert "error" in call(centre, "check", "--baseline", str(centre / "known.yml"), expect=2).stderr


def test_a_baseline_is_written_of_everything(centre: Path) -> None:
    assert "--baseline FILE" in call(centre, "check", "--write-baseline", expect=2).stderr


# SARIF


def test_sarif_holds_what_the_schema_requires(centre: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Required properties and forms of sarif-schema-2.1.0: of log, run, tool, driver, rule, result and region."""
    write(centre, UNOWNED.replace("wait_s > 120", "wiat_s > 'é'").partition("tests:")[0], "à b.yml")
    (centre / "kpis" / "k.yml").unlink()
    monkeypatch.chdir(centre)
    out = centre / "found.sarif"
    call(Path("."), "check", "--format", "sarif", "--out", str(out), expect=1)
    log = json.loads(out.read_text(encoding="utf-8"))
    assert log["version"] == "2.1.0" and log["$schema"].endswith("sarif-2.1.0.json")
    (run,) = log["runs"]
    driver = run["tool"]["driver"]
    assert driver["name"] == "omnictl" and driver["version"]
    ids = [rule["id"] for rule in driver["rules"]]
    assert ids == sorted(set(ids)) and set(ids) == {"missing-owner", "no-case", "unknown-column"}
    for rule in driver["rules"]:
        assert rule["shortDescription"]["text"] and rule["fullDescription"]["text"]
        assert "To mend it" in rule["help"]["text"] and rule["help"]["markdown"]
    assert run["columnKind"] in ("utf16CodeUnits", "unicodeCodePoints")
    assert {result["level"] for result in run["results"]} == {"error", "warning", "note"}
    for result in run["results"]:
        assert ids[result["ruleIndex"]] == result["ruleId"]
        assert result["message"]["text"]
        physical = result["locations"][0]["physicalLocation"]
        assert physical["artifactLocation"] == {"uri": "kpis/%C3%A0%20b.yml", "uriBaseId": "SRCROOT"}
        region = physical["region"]
        assert 1 <= region["startLine"] <= 12 and 1 <= region["startColumn"] < region["endColumn"]
        assert all(isinstance(value, str) for value in result["partialFingerprints"].values())
    assert set(run["originalUriBaseIds"]) >= {"SRCROOT"}


def test_sarif_of_nothing_is_a_log_too(centre: Path) -> None:
    assert json.loads(call(centre, "check", "--format", "sarif").stdout)["runs"][0]["results"] == []


# the lock


def test_the_lock_follows_the_meaning_alone(centre: Path) -> None:
    write(centre, COMPOSED, "c.yml")
    assert "2 KPIs, 2 meanings accepted" in call(centre, "lock").stderr
    lock = (centre / "omnictl.lock").read_text(encoding="utf-8")
    write(centre, "# a comment\n" + KPI.replace("Long waits", "Waits").replace("wait_s > 120", "120 < wait_s"))
    call(centre, "lock", "--check")
    call(centre, "lock")
    assert (centre / "omnictl.lock").read_text(encoding="utf-8") == lock
    assert codes(centre) == []


def test_a_changed_meaning_is_told_until_it_is_accepted(centre: Path) -> None:
    write(centre, COMPOSED, "c.yml")
    call(centre, "lock")
    write(centre, KPI.replace("wait_s > 120", "wait_s > 90"))
    told = call(centre, "check", expect=1).stdout
    assert "k.yml:1:1: error[meaning-changed]" in told
    assert "numerator: count_if(wait_s > 120)  →  count_if(wait_s > 90)" in told
    assert "`thrice` no longer means what it did when it was accepted, by way of long_waits" in told
    assert call(centre, "lock", "--check", expect=1).stdout.count("meaning-changed") == 2
    assert call(centre, "lock", "long_waits", "--check", expect=1).stdout.count("meaning-changed") == 1
    call(centre, "lock", "long_waits")
    assert codes(centre, expect=1) == ["meaning-changed"]
    call(centre, "lock")
    assert call(centre, "lock", "--check").stdout == ""
    assert codes(centre) == []


def test_new_and_removed_kpis_are_told_together(centre: Path) -> None:
    call(centre, "lock")
    write(centre, COMPOSED, "c.yml")
    strict = "variants: {strict: {numerator: count_if(wait_s > 200), note: {en: x, fr: y}}}\ntests:\n"
    write(centre, KPI.replace("tests:\n", strict))
    (row,) = json.loads(call(centre, "check", "--format", "json").stdout)
    assert (row["code"], row["severity"]) == ("not-locked", "warning")
    assert "long_waits@strict, thrice" in row["message"]
    call(centre, "lock")
    told = (centre / "omnictl.lock").read_text(encoding="utf-8").partition("@strict")[2].partition("thrice")[0]
    assert "numerator: count_if(wait_s > 200)" in told and "denominator" not in told
    (centre / "kpis" / "c.yml").unlink()
    assert codes(centre) == ["locked-and-gone"]
    call(centre, "lock", "thrice")
    assert codes(centre) == []


def test_a_kpi_with_faults_keeps_what_was_accepted(centre: Path) -> None:
    write(centre, COMPOSED, "c.yml")
    call(centre, "lock")
    before = (centre / "omnictl.lock").read_text(encoding="utf-8")
    write(centre, KPI.replace("wait_s >", "wiat_s >"))
    assert codes(centre, expect=1) == ["unknown-column"]
    assert "left as they were" in call(centre, "lock", expect=1).stderr
    assert (centre / "omnictl.lock").read_text(encoding="utf-8") == before


@pytest.mark.parametrize("spoilt", ["<<<<<<< HEAD\n", "omnictl lock 2\n", "long_waits  0000000000000000  kpis\n"])
def test_a_damaged_lock_is_told(centre: Path, spoilt: str) -> None:
    call(centre, "lock")
    file = centre / "omnictl.lock"
    file.write_text(spoilt + file.read_text(encoding="utf-8"), encoding="utf-8")
    assert "lock-damaged" in call(centre, "check", expect=2).stderr
    assert "lock-damaged" in call(centre, "lock", "long_waits", expect=2).stderr
    call(centre, "lock")
    assert codes(centre) == []


def test_an_edited_lock_is_told(centre: Path) -> None:
    call(centre, "lock")
    file = centre / "omnictl.lock"
    file.write_text(file.read_text(encoding="utf-8").replace("wait_s > 120", "wait_s > 1"), encoding="utf-8")
    assert "lock-damaged" in call(centre, "check", expect=2).stderr


def test_a_damaged_lock_is_told_at_its_entry(centre: Path) -> None:
    write(centre, COMPOSED, "c.yml")
    call(centre, "lock")
    file = centre / "omnictl.lock"
    text = file.read_text(encoding="utf-8")
    line = text.splitlines().index(next(each for each in text.splitlines() if each.startswith("thrice "))) + 1
    file.write_text(text.replace("formula: ", "formula: 2 * "), encoding="utf-8")
    assert f"omnictl.lock:{line}:1: error[lock-damaged]" in call(centre, "check", expect=2).stderr
    file.write_text("", encoding="utf-8")
    assert "omnictl.lock:1:1: error[lock-damaged]" in call(centre, "check", expect=2).stderr


def test_there_is_nothing_to_lock_without_a_workspace(tmp_path: Path) -> None:
    call(tmp_path, "lock", expect=2)
    (tmp_path / "omnictl.yml").write_text("timezone: UTC\nglossary: []\n", encoding="utf-8")
    assert "lock-missing" in call(tmp_path, "lock", "--check", expect=2).stderr
    assert "there is no KPI" in call(tmp_path, "lock", "nothing", expect=2).stderr


# the KPIs of a branch


def git(folder: Path, *arguments: str) -> str:
    quiet = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    line = ["git", "-c", "user.name=n", "-c", "user.email=e@example.org", "-C", str(folder), *arguments]
    return subprocess.run(line, capture_output=True, text=True, check=True, env=os.environ | quiet).stdout


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository whose three KPIs all lack something; the workspace lies below its top."""
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    top = tmp_path_factory.mktemp("repository")
    centre = top / "analytics"
    (centre / "kpis").mkdir(parents=True)
    columns = "{interaction_id: x, channel: c, started_at: s}"
    source = f'sources: {{a: {{connector: table, path: "${{NOT_SET}}", columns: {columns}}}}}\n'
    (centre / "omnictl.yml").write_text("timezone: UTC\nglossary: [kpis/]\n" + source, encoding="utf-8")
    write(centre, UNOWNED)
    write(centre, COMPOSED.replace("owner: operations\n", ""), "c.yml")
    third = (
        UNOWNED.replace("long_waits", "third").replace("Long waits", "T").replace("Attentes", "U").replace("120", "9")
    )
    write(centre, third, "t.yml")
    git(top, "init", "-q", "-b", "main")
    git(top, "add", "-A")
    git(top, "commit", "-q", "-m", "start")
    git(top, "checkout", "-q", "-b", "branch")
    return top


@pytest.fixture
def repository(original: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(original, tmp_path / "repository"))


def files(folder: Path, *arguments: str) -> list[str]:
    rows = json.loads(call(folder, "check", "--changed", *arguments, "--format", "json").stdout)
    return sorted(Path(row["file"]).name for row in rows)


def test_only_the_kpis_of_a_branch_are_told(repository: Path) -> None:
    centre = repository / "analytics"
    assert files(centre, "main") == []
    write(centre, UNOWNED.replace("120", "130"))
    assert files(centre, "main") == ["c.yml", "k.yml"]  # the other is made of it
    git(repository, "commit", "-q", "-a", "-m", "change")
    assert files(centre, "main") == ["c.yml", "k.yml"]
    assert files(centre, "HEAD~1") == ["c.yml", "k.yml"]
    assert files(centre, "HEAD") == []
    (centre / "kpis" / "t.yml").rename(centre / "kpis" / "new.yml")
    assert files(centre, "HEAD") == ["new.yml"]


def test_what_others_did_since_is_not_the_branchs(repository: Path) -> None:
    centre = repository / "analytics"
    git(repository, "checkout", "-q", "main")
    write(centre, UNOWNED.replace("120", "140"))
    git(repository, "commit", "-q", "-a", "-m", "theirs")
    git(repository, "checkout", "-q", "branch")
    assert files(centre, "main") == []


def test_a_kpi_that_is_gone_is_told_where_it_is_missed(repository: Path) -> None:
    centre = repository / "analytics"
    (centre / "kpis" / "k.yml").unlink()
    rows = json.loads(call(centre, "check", "--changed", "main", "--format", "json", expect=1).stdout)
    assert {(row["code"], Path(row["file"]).name) for row in rows} >= {("unknown-kpi", "c.yml")}
    assert "t.yml" not in {Path(row["file"]).name for row in rows}


def test_a_changed_workspace_changes_every_kpi(repository: Path) -> None:
    centre = repository / "analytics"
    with (centre / "omnictl.yml").open("a", encoding="utf-8") as file:
        file.write("language: fr\n")
    assert files(centre, "main") == ["c.yml", "k.yml", "t.yml"]


@pytest.mark.parametrize(
    "revision", ["nowhere", "--output=owned", "-p", "main..branch", "", "main; touch owned", "@{u}"]
)
def test_a_revision_that_is_none(repository: Path, revision: str) -> None:
    said = call(repository / "analytics", "check", f"--changed={revision}", expect=2).stderr
    assert "git knows no revision" in said
    assert not list(repository.rglob("owned"))


def test_a_shallow_clone_is_told(repository: Path, tmp_path: Path) -> None:
    git(repository, "commit", "-q", "--allow-empty", "-m", "one more")
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{repository}", "shallow")
    said = call(tmp_path / "shallow" / "analytics", "check", "--changed", "HEAD~1", expect=2).stderr
    assert "fetch-depth: 0" in said


def test_outside_of_a_repository_it_is_told(centre: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(centre.parent))
    assert "git repository" in call(centre, "check", "--changed", "main", expect=2).stderr
    monkeypatch.setenv("PATH", str(centre))
    assert "git is not installed" in call(centre, "check", "--changed", "main", expect=2).stderr
