"""`omnictl init`: a workspace that loads and runs, and nothing overwritten."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from omnictl.cli.main import omnictl
from omnictl.workspace import load_workspace

CALLS = """\
Call Id;Opened;Kind;Caller;E-mail;Note
1;14/03/2026 09:00;Phone;0612345678;a@example.org;x
2;15/03/2026 09:01;Live Chat;0140000001;;y
"""
ODD_NAMES = '"it\'s ""quoted"" #1: x",b: c\n1,2\n'


def call(*arguments: object, expect: int = 0) -> Result:
    done = CliRunner().invoke(omnictl, [str(argument) for argument in arguments])
    assert "Traceback" not in done.stderr, done.stderr
    assert done.exit_code == expect, (done.stdout, done.stderr)
    return done


def test_an_empty_workspace_loads(tmp_path: Path) -> None:
    done = call("init", tmp_path / "centre")
    assert done.stdout == ""
    assert "describe your sources" in done.stderr
    workspace = load_workspace(tmp_path / "centre" / "omnictl.yml")
    assert workspace.name == "centre"
    assert workspace.sources == {}
    assert workspace.warnings == ()
    call("-C", tmp_path / "centre", "kpi", "list")


def test_the_secret_is_its_owners_only(tmp_path: Path) -> None:
    call("init", tmp_path / "centre")
    secret = tmp_path / "centre" / ".omnictl" / "secret"
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    assert len(secret.read_text().strip()) == 64
    assert ".omnictl/" in (tmp_path / "centre" / ".gitignore").read_text()
    call("init", tmp_path / "other")
    assert secret.read_text() != (tmp_path / "other" / ".omnictl" / "secret").read_text()


def test_a_drafted_source_runs(tmp_path: Path) -> None:
    (tmp_path / "calls.csv").write_text(CALLS, encoding="utf-8")
    call("init", tmp_path / "centre", "--from", tmp_path / "calls.csv")
    text = (tmp_path / "centre" / "omnictl.yml").read_text(encoding="utf-8")
    assert text.count("# guess: ") == 5
    assert "#   Note: 100% filled" in text
    assert "0612345678" not in text
    source = load_workspace(tmp_path / "centre" / "omnictl.yml").sources["calls"]
    assert source.paths == ("../calls.csv",)
    assert {name: text.text for name, text in (source.columns | source.identifiers).items()} == {
        "interaction_id": '"Call Id"',
        "channel": "case Kind when 'Live Chat' then 'chat' else lower(Kind) end",
        "started_at": "strptime(Opened, '%d/%m/%Y %H:%M')",
        "email": '"E-mail"',
        "phone": "Caller",
    }
    call("-C", tmp_path / "centre", "run")
    done = call("-C", tmp_path / "centre", "sql", "select channel from interactions order by all", "--format", "csv")
    assert done.stdout == "channel\nchat\nphone\n"


def test_each_file_gets_a_source_of_its_own_name(tmp_path: Path) -> None:
    for name in ("a/calls.csv", "b/calls.csv", "b/2026 [x].csv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(CALLS, encoding="utf-8")
    exports = [tmp_path / "a" / "calls.csv", tmp_path / "b" / "calls.csv", tmp_path / "b" / "2026 [x].csv"]
    call("init", tmp_path, "--from", *exports)
    sources = load_workspace(tmp_path / "omnictl.yml").sources
    assert [(name, source.paths) for name, source in sources.items()] == [
        ("calls", ("a/calls.csv",)), ("calls_2", ("b/calls.csv",)), ("x", ("b/2026 [x].csv",)),
    ]  # fmt: skip
    call("-C", tmp_path, "run")


def test_names_that_yaml_and_sql_trip_over_still_load(tmp_path: Path) -> None:
    (tmp_path / "odd.csv").write_text(ODD_NAMES, encoding="utf-8")
    call("init", tmp_path / "true", "--from", tmp_path / "odd.csv")
    source = load_workspace(tmp_path / "true" / "omnictl.yml").sources["odd"]
    assert "it's" in source.columns["interaction_id"].text


def test_nothing_is_ever_overwritten(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("mine\n")
    (tmp_path / "kpis").mkdir()
    done = call("init", tmp_path)
    assert "stays as it is" in done.stderr
    assert (tmp_path / ".gitignore").read_text() == "mine\n"
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert "holds omnictl.yml already" in call("init", tmp_path, expect=2).stderr
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("name", ["nothing.csv", "empty.csv", "folder"])
def test_an_export_that_cannot_be_read_leaves_no_workspace(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty.csv").write_text("")
    (tmp_path / "folder").mkdir()
    done = call("init", tmp_path / "centre", "--from", tmp_path / name, expect=2)
    assert "error: " in done.stderr
    assert not (tmp_path / "centre").exists()


def test_files_without_from_are_a_mistyped_line(tmp_path: Path) -> None:
    assert "follow --from" in call("init", tmp_path / "centre", tmp_path / "calls.csv", expect=2).stderr
    (tmp_path / "calls.csv").write_text(CALLS)
    assert "is a file" in call("init", tmp_path / "calls.csv", expect=2).stderr
