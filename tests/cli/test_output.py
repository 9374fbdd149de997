"""Where data goes: stdout, a file that is whole or not there, and nothing else on stdout."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from omnictl.cli.base import Session
from omnictl.cli.output import Output, replacing
from omnictl.errors import OmnictlError
from omnictl.render import Col, Table

TABLE = Table([Col("a"), Col("b", "ratio", "Taux")], [("x", 0.5)], title="Title", notes=["mind the gap"])


def test_one_table_has_no_title_and_its_notes_go_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    Output("csv", None, Session()).write(TABLE, lang="fr")
    told = capsys.readouterr()
    assert told.out == "a,b\nx,0.5\n"
    assert told.err == "note: mind the gap\n"


def test_several_tables_stand_under_their_titles(capsys: pytest.CaptureFixture[str]) -> None:
    Output("md", None, Session(quiet=True)).write(TABLE, TABLE, lang="fr")
    told = capsys.readouterr()
    assert told.out.count("## Title\n\n| a | Taux |\n") == 2
    assert "50,0\u202f%" in told.out
    assert told.err == ""


def test_a_file_appears_whole(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "answer.csv"
    Output("csv", target, Session(quiet=True)).write(TABLE, lang="en")
    assert target.read_bytes() == b"a,b\nx,0.5\n"
    assert capsys.readouterr().out == ""
    assert os.listdir(tmp_path) == ["answer.csv"]


def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    target = tmp_path / "answer.csv"
    target.write_text("old")

    def interrupted() -> None:
        with replacing(target) as out:
            out.write("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert target.read_text() == "old"
    assert os.listdir(tmp_path) == ["answer.csv"]


def test_a_replaced_file_keeps_its_rights_and_a_link_stays_a_link(tmp_path: Path) -> None:
    real = tmp_path / "real.csv"
    real.write_text("old")
    real.chmod(0o640)
    link = tmp_path / "link.csv"
    link.symlink_to(real)
    with replacing(link) as out:
        out.write("new")
    assert link.is_symlink()
    assert real.read_text() == "new"
    assert stat.S_IMODE(real.stat().st_mode) == 0o640


def test_a_new_file_gets_the_rights_of_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        with replacing(tmp_path / "new.csv") as out:
            out.write("x")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "new.csv").stat().st_mode) == 0o640


def test_a_device_is_written_as_it_is() -> None:
    with replacing(Path(os.devnull)) as out:
        out.write("x")
    assert stat.S_ISCHR(os.stat(os.devnull).st_mode)


@pytest.mark.parametrize("name", ["", "no/such/folder.csv"])
def test_a_place_that_cannot_be_written_is_an_error(tmp_path: Path, name: str) -> None:
    with pytest.raises(OmnictlError), replacing(tmp_path / name):
        pass
