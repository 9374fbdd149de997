"""`omnictl explain`: the page of a finding."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner, Result

from omnictl.cli.main import omnictl
from omnictl.findings import CODES, PAGES


def explained(*arguments: str) -> Result:
    return CliRunner().invoke(omnictl, ["explain", *arguments])


def test_a_page_says_what_is_wrong_shows_it_and_mends_it() -> None:
    done = explained("yaml-key")
    assert (done.exit_code, done.stderr) == (0, "")
    page = PAGES["yaml-key"]
    assert done.stdout.startswith("yaml-key\n\n" + page.means)
    assert "    engine: {[memory, threads]: 2}\n" in done.stdout
    assert done.stdout.endswith(f"    {page.mend}\n")


def test_the_brackets_of_a_message_may_be_copied_too() -> None:
    assert explained("[yaml-key]").stdout == explained("yaml-key").stdout


def test_without_a_code_all_are_listed() -> None:
    done = explained("--format", "json")
    assert [row["code"] for row in json.loads(done.stdout)] == list(CODES) == sorted(CODES)
    assert "yaml-key" in explained().stdout


def test_programs_get_a_page_as_a_row() -> None:
    (row,) = json.loads(explained("yaml-key", "--format", "json").stdout)
    assert row["mend"] == PAGES["yaml-key"].mend
    assert row["example"] == PAGES["yaml-key"].example


@pytest.mark.parametrize(
    ("code", "hint"),
    [("rolup-contradicts", "did you mean `rollup-contradicts`?"), ("rollup", "did you mean `rollup-contradicts`?")],
)
def test_an_unknown_code_is_told_with_the_nearest(code: str, hint: str) -> None:
    done = explained(code)
    assert (done.exit_code, done.stdout) == (2, "")
    assert f"there is no finding `{code}`" in done.stderr
    assert hint in done.stderr
